"""What the spectrum says, and how far it can be trusted."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from jaxtyping import Complex128

from ..schur import SchurMatrix
from .form import Matrix, as_schur


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


def henrici(V: Matrix) -> float:
    """Henrici's departure from normality √(‖V‖_F² − Σ|λ|²): the Frobenius norm of V's strictly triangular Schur part.

    0 exactly for normal matrices. Summed from that part, not from the difference, which cancels.
    """
    return float(np.linalg.norm(np.tril(as_schur(V)[1], -1)))


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
