"""The real Schur form taken apart, and its other orders."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Bool, Int
from scipy.linalg.lapack import dtrexc, ztrexc

from ..checks import one_of
from .form import (
    HoldsSchurForm,
    Matrix,
    Numbers,
    RealMatrix,
    SquareMatrix,
    as_real,
    as_schur,
    form_of,
    real_form,
    square,
    triangle_of,
)

ORDERS = ("as computed", "largest real part first", "smallest real part first")


class SchurParts(NamedTuple):
    """V = P (Λ + T) P*, as `schur_parts` gives it.

    Attributes
    ----------
    P : ndarray, (n, n)
        Orthogonal or unitary.
    eigenvalue_part : ndarray, (n, n)
        Λ, diagonal except for 2×2 blocks in the real form.
    feed_forward : ndarray, (n, n)
        T, strictly below Λ.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> parts = dynamics.schur_parts([[0.5, 0.0], [2.0, 0.5]])
    >>> parts.feed_forward
    array([[0., 0.],
           [2., 0.]])
    """

    P: np.ndarray
    eigenvalue_part: np.ndarray
    feed_forward: np.ndarray


def schur_parts(V: Matrix, real: bool = True) -> SchurParts:
    """V = P (Λ + T) P*, the Schur form of V taken apart on the paper's side: T is strictly lower.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite; complex only with real=False.
    real : bool
        True: P is orthogonal, and Λ has a 2×2 block on its diagonal for each pair of complex eigenvalues. False: P is
        unitary and Λ diagonal.

    Returns
    -------
    SchurParts
        A `SchurMatrix` gives its own (real: P, Λ, s T), and a matrix that is a lower Schur form already is its own.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or is complex where the real form is asked for.

    Notes
    -----
    Other matrices go through `scipy.linalg.schur`. The form is unique only up to the order of the eigenvalues; ‖T‖_F of
    the complex form is Henrici's number in every order. A real 2×2 block [[a, b], [c, a]] with b ≠ −c is not normal by
    itself, and keeps that departure: then ‖T‖_F of the real form is smaller (see `departure_parts`).

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> V = dynamics.gallery["random"](size=6)
    >>> P, blocks, T = dynamics.schur_parts(V)
    >>> bool(np.allclose(P @ (blocks + T) @ P.T, V)), bool(np.triu(T).any())
    (True, False)
    """
    if not real:
        P, form = as_schur(V)
        return SchurParts(P, np.diag(np.diag(form)), np.tril(form, -1))
    if isinstance(V, HoldsSchurForm):
        orthogonal, form = as_real(V)
        inside = _pairs(len(form))
    else:
        given = form_of(V)
        if np.iscomplexobj(given):
            raise ValueError("a complex V has no real Schur form: ask for the complex one, real=False")
        orthogonal, form = _numerical_form(given)
        inside = _inside(form)
    return SchurParts(orthogonal, np.where(inside, form, 0.0), np.where(inside, 0.0, form))


def block_rows(form: Matrix) -> Int[np.ndarray, " blocks"]:
    """The first row of each 2×2 block of a lower real Schur form: where something stands above the diagonal.

    Parameters
    ----------
    form : array_like, tensor or SchurMatrix, (n, n)
        Lower triangular except for 2×2 blocks on its diagonal.

    Returns
    -------
    ndarray of int, (blocks,)
        In increasing order.

    Raises
    ------
    ValueError
        If form is not a finite, square matrix.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.block_rows([[0.5, 0, 0], [1, 0, -1], [1, 1, 0]])
    array([1])
    """
    return np.flatnonzero(np.diag(real_form(form), 1))


def reordered(P: Numbers, form: Numbers, order: str = ORDERS[1]) -> tuple[SquareMatrix, SquareMatrix]:
    """Another Schur form of V = P form P*: its eigenvalues, from top to bottom, in the order wished for.

    Parameters
    ----------
    P : array_like or tensor, (n, n)
        Orthogonal or unitary.
    form : array_like or tensor, (n, n)
        A lower Schur form, real or complex, such as the sum of the last two of `schur_parts`.
    order : {"as computed", "largest real part first", "smallest real part first"}
        "as computed" leaves everything as it is.

    Returns
    -------
    P, form : ndarray, (n, n)
        The same V to rounding.

    Raises
    ------
    ValueError
        If order is none of these, or P or form is not a finite, square matrix.

    Notes
    -----
    Neighbouring blocks are swapped by rotations (LAPACK's trexc). Two whose eigenvalues are too close to be told apart
    stay as they are.

    References
    ----------
    Bai & Demmel (1993), Linear Algebra and its Applications 186.

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> P, form = dynamics.reordered(np.eye(2), [[0.8, 0.0], [1.0, 0.9]], "largest real part first")
    >>> np.diag(form).round(12)
    array([0.9, 0.8])
    """
    one_of("order", order, ORDERS)
    P, form = square(P, "P"), square(form, "form")
    if order == ORDERS[0]:
        return P, form
    sign = 1 if order == ORDERS[1] else -1
    real = np.isrealobj(form)
    upper, Q = scipy.linalg.schur(form.T, output="real" if real else "complex")
    exchange = dtrexc if real else ztrexc
    start = 0
    while start < len(upper):
        best = start + int(np.argmax(sign * np.diag(upper).real[start:]))  # both rows of a 2×2 block hold its real part
        if best != start:
            upper, Q, _ = exchange(upper, Q, best + 1, start + 1)
        start += 2 if start + 1 < len(upper) and upper[start + 1, start] else 1
    return P @ Q.conj(), upper.T.copy()


def form_and_blocks(V: Matrix) -> tuple[SquareMatrix, Bool[np.ndarray, "n n"]]:
    """The real Schur form of V, or the complex one of a complex V, and where its diagonal blocks are. (P would cost
    an exponential.)"""
    if isinstance(V, HoldsSchurForm):
        form = real_form(V)
        return form, _pairs(len(form))
    form = form_of(V)
    if np.iscomplexobj(form):
        return triangle_of(form), np.eye(len(form), dtype=bool)
    form = _numerical_form(form)[1]
    return form, _inside(form)


def _pairs(size: int) -> Bool[np.ndarray, "n n"]:
    """Where the 2×2 blocks of a `SchurMatrix` are."""
    pair = np.arange(size) // 2
    return np.asarray(pair[:, None] == pair[None, :])


def _inside(form: RealMatrix) -> Bool[np.ndarray, "n n"]:
    """Where the diagonal blocks of a lower real Schur form are, 1×1 and 2×2."""
    inside = np.eye(len(form), dtype=bool)
    for i in block_rows(form):
        inside[i : i + 2, i : i + 2] = True
    return inside


def _numerical_form(V: RealMatrix) -> tuple[RealMatrix, RealMatrix]:
    """V = P form Pᵀ, form a lower real Schur form."""
    if _is_schur_form(V):
        return np.eye(len(V)), V
    upper, Q = scipy.linalg.schur(V.T, output="real")  # Vᵀ = Q upper Qᵀ
    return Q, upper.T.copy()


def _is_schur_form(V: RealMatrix) -> bool:
    """Whether V is a lower real Schur form as LAPACK has it: blocks [[a, b], [c, a]], b c < 0, for complex pairs."""
    i = np.flatnonzero(np.diag(V, 1))
    apart = bool((np.diff(i) > 1).all()) and not np.triu(V, 2).any()
    above, below = np.sign(V[i, i + 1]), np.sign(V[i + 1, i])
    return apart and bool((V[i, i] == V[i + 1, i + 1]).all()) and bool((above * below < 0).all())
