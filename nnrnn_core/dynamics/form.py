"""What every function of a matrix starts from: V as a checked array, or in a form orthogonally similar to it.

A `SchurMatrix` knows its own form: its Λ + s T, whose spectrum is exact, is handed over as it stands. The numbers of a
strongly non-normal V do not survive a detour through its dense entries (the eigenvalues of a rotated delay line of 64
units come out wrong by 0.6).
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, cast, get_args

import numpy as np
import scipy.linalg
import torch
from jaxtyping import Complex128, Float64
from numpy.typing import ArrayLike

from ..matrices import SchurMatrix

Matrix: TypeAlias = SchurMatrix | torch.Tensor | ArrayLike
RealMatrix: TypeAlias = Float64[np.ndarray, "n n"]
Time: TypeAlias = Literal["discrete", "continuous"]  # h_t = V h_{t−1}, or x' = A x
ComplexMatrix: TypeAlias = Complex128[np.ndarray, "n n"]


def as_real(V: Matrix) -> tuple[RealMatrix, RealMatrix]:
    """V = P form Pᵀ with P orthogonal and form real, at no cost: what Fisher memory needs.

    A `SchurMatrix` gives its P and Λ + s T (lower triangular but for the 2×2 blocks); anything else is its own form,
    with P = I. Errors: `array`.
    """
    form = real_form(V)
    if isinstance(V, SchurMatrix):
        with torch.no_grad():
            return array(V.P, "V.P"), form
    return np.eye(len(form)), form


def real_form(V: Matrix) -> RealMatrix:
    """The form of `as_real` without its P, for what does not see P."""
    if isinstance(V, SchurMatrix):
        with torch.no_grad():
            return array(V.schur_form(), "V")
    return array(V, "V")


def as_schur(V: Matrix) -> tuple[ComplexMatrix, ComplexMatrix]:
    """V = P form P* with P unitary and form *lower* triangular (the paper's side): what spectral questions need.

    A block of a `SchurMatrix` is diagonal in the basis (1, ∓i)/√2, so its form becomes triangular at no cost, with
    γ e^{±iθ} on the diagonal whatever T is. A matrix that is lower triangular already is its own form. Anything else
    goes through `scipy.linalg.schur`. Errors: `array`.
    """
    P, form = as_real(V)
    if np.array_equal(form, np.tril(form)):
        return P.astype(complex), form.astype(complex)
    if isinstance(V, SchurMatrix) and V.mask == "block":
        # column 2i carries e^{+iθ}, column 2i + 1 its conjugate
        basis = np.kron(np.eye(len(form) // 2), np.array([[1, 1], [-1j, 1j]]) / math.sqrt(2))
        # what rounding leaves above the diagonal is inside the blocks; exactly, it is 0
        return P @ basis, np.tril(basis.conj().T @ form @ basis)
    upper, Q = scipy.linalg.schur(form.T, output="complex")  # formᵀ = Q upper Q*, so form = conj(Q) upperᵀ Qᵀ
    return P @ Q.conj(), upper.T.copy()


def array(V: torch.Tensor | ArrayLike, name: str) -> RealMatrix:
    """A real, finite, square matrix as a float64 array; ValueError that says what is wrong, otherwise."""
    M = _numpy(V, name)
    if M.ndim != 2 or M.shape[0] != M.shape[1] or not M.size:
        raise ValueError(f"{name} must be a square matrix; its shape is {M.shape}")
    return M


def vector(v: torch.Tensor | ArrayLike, size: int, name: str) -> Float64[np.ndarray, " n"]:
    """A real, finite vector of `size` entries as a float64 array; ValueError otherwise."""
    x = _numpy(v, name)
    if x.shape != (size,):
        raise ValueError(f"{name} must be a vector of {size} entries, as V has rows; its shape is {x.shape}")
    return x


def whole(value: object, low: int, name: str) -> int:
    """A whole number of at least `low`; ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ValueError(f"{name} must be a whole number of at least {low}; got {value!r}")
    return int(value)


def check_time(time: object) -> Time:
    """ "discrete" or "continuous"; ValueError otherwise."""
    if time not in get_args(Time):
        raise ValueError(f'time must be "discrete" or "continuous"; got {time!r}')
    return cast("Time", time)


def _numpy(x: torch.Tensor | ArrayLike, name: str) -> Float64[np.ndarray, "..."]:
    a = x.detach().cpu().resolve_conj().resolve_neg() if isinstance(x, torch.Tensor) else np.asarray(x)
    if isinstance(a, torch.Tensor):
        a = (a if a.is_complex() else a.double()).numpy()
    if a.dtype.kind not in "biuf":
        remedy = "pass its real part, if that is what is meant" if a.dtype.kind == "c" else "pass numbers"
        raise ValueError(f"{name} must be real; its dtype is {a.dtype}: {remedy}")
    a = a.astype(np.float64)
    if not np.isfinite(a).all():
        raise ValueError(f"{name} must be finite; it holds {np.count_nonzero(~np.isfinite(a))} infinite or NaN entries")
    return a
