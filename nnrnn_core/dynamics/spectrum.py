"""What the spectrum says, and how far it can be trusted."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from jaxtyping import Complex128, Float64

from .form import HoldsSchurForm, Matrix, as_real, as_schur, numpy_array
from .inverse_lanczos import is_normal

EPS = float(np.finfo(float).eps)


def eigenvalues(V: Matrix) -> Complex128[np.ndarray, " n"]:
    """λ with V w = λ w.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Real and finite.

    Returns
    -------
    ndarray of complex, (n,)
        Read off the parameters of a `SchurMatrix`, exactly; off a triangular form otherwise.

    Raises
    ------
    ValueError
        If V is not a real, finite, square matrix.

    Notes
    -----
    The computed eigenvalues of a strongly non-normal V in dense form may be wrong by tenths: they are those of a
    matrix 10⁻¹⁶ away. `eigenvalue_errors` says how far.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.eigenvalues([[0.9, 0.0], [5.0, 0.8]]).real
    array([0.9, 0.8])
    """
    if isinstance(V, HoldsSchurForm):
        return numpy_array(V.eigenvalues())
    return np.diag(as_schur(V)[1]).copy()


def spectral_radius(V: Matrix) -> float:
    """ρ(V) = max |λ|: whether V^k dies out in the end.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Real and finite.

    Returns
    -------
    float
        At least 0; V^k → 0 where it is below 1.

    Raises
    ------
    ValueError
        If V is not a real, finite, square matrix.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.spectral_radius([[0.9, 0.0], [5.0, 0.8]])
    0.9
    """
    return float(np.abs(eigenvalues(V)).max())


def spectral_abscissa(A: Matrix) -> float:
    """α(A) = max Re λ: whether e^{tA} dies out in the end.

    Parameters
    ----------
    A : array_like, tensor or SchurMatrix, (n, n)
        Of x' = A x, real and finite.

    Returns
    -------
    float
        e^{tA} → 0 where it is below 0.

    Raises
    ------
    ValueError
        If A is not a real, finite, square matrix.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.spectral_abscissa([[-1.0, 0.0], [5.0, -2.0]])
    -1.0
    """
    return float(eigenvalues(A).real.max())


def eigenvalue_conditions(V: Matrix) -> Float64[np.ndarray, " n"]:
    """κ(λ) = ‖w‖ ‖u‖ / |u*w| for right and left eigenvectors w, u: by how much a disturbance of V moves λ.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Real and finite.

    Returns
    -------
    ndarray, (n,)
        In the order of `eigenvalues`; at least 1, all 1 for normal V, ∞ for a defective λ.

    Raises
    ------
    ValueError
        If V is not a real, finite, square matrix.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, section 52.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.eigenvalue_conditions([[0.9, 0.0], [1.0, 0.8]]).round(3)
    array([10.05, 10.05])
    """
    _, form = as_schur(V)
    _, left, right = scipy.linalg.eig(form[::-1, ::-1], left=True, right=True)
    overlap = np.abs(np.einsum("ij,ij->j", left.conj(), right))[::-1]
    with np.errstate(divide="ignore"):
        return np.maximum(np.where(overlap > 0, 1 / overlap, np.inf), 1.0)


def eigenvalue_errors(V: Matrix) -> Float64[np.ndarray, " n"]:
    """ε ‖V‖₂ κ(λ): how far, to first order, rounding the entries of V may move each eigenvalue (ε = 2.2·10⁻¹⁶).

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Real and finite. Of a `SchurMatrix` it is the dense entries P form Pᵀ that are rounded.

    Returns
    -------
    ndarray, (n,)
        In the order of `eigenvalues`; 0 where V is lower triangular, for it holds its eigenvalues as entries. ∞ for a
        defective λ. A number that is not small says that first order no longer holds: the eigenvalue is lost.

    Raises
    ------
    ValueError
        If V is not a real, finite, square matrix.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, section 52.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> bool(dynamics.eigenvalue_errors(dynamics.gallery["random"]()).max() < 1e-13)
    True
    >>> bool(dynamics.eigenvalue_errors(dynamics.gallery["dense_delay_line"]()).max() > 0.01)
    True
    """
    P, form = as_real(V)
    dense = P @ form @ P.T
    if np.array_equal(dense, np.tril(dense)):
        return np.zeros(len(dense))
    return np.asarray(EPS * np.linalg.norm(form, 2) * eigenvalue_conditions(V))


def eigenvector_condition(V: Matrix) -> float:
    """κ(W) = ‖W‖₂ ‖W⁻¹‖₂ for V = W diag(λ) W⁻¹ with unit columns: ‖V^k‖₂ ≤ κ ρ^k.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Real and finite.

    Returns
    -------
    float
        1 for normal V, ∞ if V is defective. Beyond about 10¹⁶ only its being huge means anything.

    Raises
    ------
    ValueError
        If V is not a real, finite, square matrix.

    References
    ----------
    Bauer & Fike (1960), Numerische Mathematik 2.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.eigenvector_condition([[0.0, -1.0], [1.0, 0.0]])
    1.0
    >>> round(dynamics.eigenvector_condition([[0.9, 0.0], [1.0, 0.8]]), 2)
    20.05
    """
    _, form = as_schur(V)
    if is_normal(form):
        return 1.0  # where eigenvalues coincide any basis of their space will do, and we take the unitary one
    # LAPACK reads the eigenvalues of an upper triangular matrix off its diagonal; reversing both axes makes it so
    _, W = scipy.linalg.eig(form[::-1, ::-1])
    singular = scipy.linalg.svdvals(W)
    return float(singular[0] / singular[-1]) if singular[-1] > 0 else float("inf")
