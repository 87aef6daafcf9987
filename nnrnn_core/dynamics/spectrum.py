"""What the spectrum says, and how far it can be trusted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Complex128, Float64

from ..matrices import SchurMatrix
from .form import Matrix, as_real, as_schur, real_form


def eigenvalues(V: Matrix) -> Complex128[np.ndarray, " n"]:
    """λ with V w = λ w. Read off the parameters of a `SchurMatrix` (exact), off a triangular form otherwise.

    The computed eigenvalues of a strongly non-normal V in dense form may be wrong by tenths: they are those of a
    matrix 10⁻¹⁶ away.
    """
    if isinstance(V, SchurMatrix):
        exact: Complex128[np.ndarray, " n"] = V.eigenvalues().cpu().numpy()
        return exact
    return np.diag(as_schur(V)[1]).copy()


def spectral_radius(V: Matrix) -> float:
    """ρ(V) = max |λ|: whether V^k dies out in the end."""
    return float(np.abs(eigenvalues(V)).max())


def spectral_abscissa(A: Matrix) -> float:
    """α(A) = max Re λ: whether e^{tA} dies out in the end."""
    return float(eigenvalues(A).real.max())


def henrici(V: Matrix, relative: bool = False) -> float:
    """Henrici's departure from normality √(‖V‖_F² − Σ|λ|²): the Frobenius norm of V's strictly triangular Schur part.

    0 exactly for normal matrices. Summed from that part, not from the difference, which cancels. relative: divided by
    ‖V‖_F, so that it lies between 0 and 1 (0 for V = 0).
    """
    _, form = as_schur(V)
    departure = float(np.linalg.norm(np.tril(form, -1)))
    return departure / float(np.linalg.norm(form)) if relative and departure > 0 else departure


class SchurParts(NamedTuple):
    """V = P (Λ + T) P*: `eigenvalue_part` Λ, `feed_forward` T strictly below it."""

    P: np.ndarray
    eigenvalue_part: np.ndarray
    feed_forward: np.ndarray


def schur_parts(V: Matrix, real: bool = True) -> SchurParts:
    """The Schur form of V taken apart, on the paper's side: T is strictly lower.

    real     P orthogonal, Λ with 2×2 blocks on its diagonal for pairs of complex eigenvalues
    complex  P unitary, Λ diagonal
    A `SchurMatrix` gives its own (real: P, Λ, s T); other matrices go through `scipy.linalg.schur`. The form is unique
    only up to the order of the eigenvalues; ‖T‖_F of the complex form is Henrici's number in every order. A real 2×2
    block [[a, b], [c, a]] with b ≠ −c is not normal by itself, and keeps that departure: then ‖T‖_F is smaller.
    """
    if not real:
        P, form = as_schur(V)
        return SchurParts(P, np.diag(np.diag(form)), np.tril(form, -1))
    if isinstance(V, SchurMatrix):
        orthogonal, form = as_real(V)
        blocks = np.arange(len(form)) // 2
        inside = blocks[:, None] == blocks[None, :]
        return SchurParts(orthogonal, np.where(inside, form, 0.0), np.where(inside, 0.0, form))
    matrix = real_form(V)
    if np.array_equal(matrix, np.tril(matrix)):
        return SchurParts(np.eye(len(matrix)), np.diag(np.diag(matrix)), np.tril(matrix, -1))
    upper, Q = scipy.linalg.schur(matrix.T, output="real")
    form = upper.T
    block = np.zeros_like(form, dtype=bool)
    np.fill_diagonal(block, True)
    for i in np.flatnonzero(np.diag(form, 1)):  # what stands above the diagonal belongs to a 2×2 block
        block[i : i + 2, i : i + 2] = True
    return SchurParts(Q, np.where(block, form, 0.0), np.where(block, 0.0, form))


def eigenvalue_conditions(V: Matrix) -> Float64[np.ndarray, " n"]:
    """κ(λ) = ‖w‖ ‖u‖ / |u*w| for left and right eigenvectors u, w: by how much a disturbance moves λ (1 for normal V, ∞
    for a defective λ). In the order of `eigenvalues` (Trefethen & Embree 2005, section 52)."""
    _, form = as_schur(V)
    _, left, right = scipy.linalg.eig(form[::-1, ::-1], left=True, right=True)
    overlap = np.abs(np.einsum("ij,ij->j", left.conj(), right))[::-1]
    with np.errstate(divide="ignore"):
        return np.maximum(np.where(overlap > 0, 1 / overlap, np.inf), 1.0)


def eigenvector_condition(V: Matrix) -> float:
    """κ(W) = ‖W‖₂ ‖W⁻¹‖₂ for V = W diag(λ) W⁻¹ with unit columns: ‖V^k‖₂ ≤ κ ρ^k. 1 for normal V, ∞ if V is defective.

    Beyond about 10¹⁶ only its being huge means anything.
    """
    _, form = as_schur(V)
    if np.linalg.norm(np.tril(form, -1)) <= len(form) * np.finfo(float).eps * np.linalg.norm(form):
        return 1.0  # normal: where eigenvalues coincide any basis of their space will do, and we take the unitary one
    # LAPACK reads the eigenvalues of an upper triangular matrix off its diagonal; reversing both axes makes it so
    _, W = scipy.linalg.eig(form[::-1, ::-1])
    singular = scipy.linalg.svdvals(W)
    return float(singular[0] / singular[-1]) if singular[-1] > 0 else float("inf")
