"""What the spectrum says, and how far it can be trusted.

Note [Balancing]. With a diagonal D whose entries are powers of 2, D⁻¹ V D has the eigenvalues of V, and computing it
rounds nothing. An eigenvalue solver moves its matrix by about ε times the norm, and the entries of a badly scaled V may
all be far below its norm. So where D makes the norm less than half, eigenvalues are those of D⁻¹ V D. Rounding the
entries of V, each relatively, is rounding those of D⁻¹ V D: the smaller error is the right one for both.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from jaxtyping import Complex128, Float64

from .form import (
    ComplexMatrix,
    HoldsSchurForm,
    Matrix,
    as_form,
    as_schur,
    form_of,
    frobenius,
    is_lower,
    numpy_array,
    triangle_of,
)
from .inverse_lanczos import is_normal

EPS = float(np.finfo(float).eps)
WORTHWHILE = 0.5  # by how much balancing must make the norm smaller: otherwise the matrix is taken as it stands
SOLVER = 16.0  # times ε ‖V‖_F: what the steps of a solver move a matrix by, at most, with room to spare


def eigenvalues(V: Matrix) -> Complex128[np.ndarray, " n"]:
    """λ with V w = λ w.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.

    Returns
    -------
    ndarray of complex, (n,)
        Read off the parameters of a `SchurMatrix` or off a triangular matrix, exactly; off the Schur form of the
        balanced matrix otherwise.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix.

    Notes
    -----
    The computed eigenvalues of a strongly non-normal V in dense form may be wrong by tenths: they are those of a
    matrix 10⁻¹⁶ away. `eigenvalue_uncertainty` says how far.

    References
    ----------
    Parlett & Reinsch (1969), Numerische Mathematik 13; Note [Balancing] in the source.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.eigenvalues([[0.9, 0.0], [5.0, 0.8]]).real
    array([0.9, 0.8])
    """
    if isinstance(V, HoldsSchurForm):
        return numpy_array(V.eigenvalues())
    return np.diag(_balanced_form(V)[0]).copy()


def spectral_radius(V: Matrix) -> float:
    """ρ(V) = max |λ|: whether V^k dies out in the end.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.

    Returns
    -------
    float
        At least 0; V^k → 0 where it is below 1.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix.

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
        Of x' = A x, finite, real or complex.

    Returns
    -------
    float
        e^{tA} → 0 where it is below 0.

    Raises
    ------
    ValueError
        If A is not a finite, square matrix.

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
        Finite, real or complex.

    Returns
    -------
    ndarray, (n,)
        In the order of `eigenvalues`; at least 1, all 1 for normal V, ∞ for a defective λ.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, section 52.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.eigenvalue_conditions([[0.9, 0.0], [1.0, 0.8]]).round(3)
    array([10.05, 10.05])
    """
    form, columns, rows = _balanced_form(V)
    left, right = _eigenvectors(form)
    return _conditions(rows @ left, columns @ right)


def eigenvalue_uncertainty(V: Matrix) -> Float64[np.ndarray, " n"]:
    """16 ε ‖V‖_F κ(λ) of the balanced V: how far, to first order, what `eigenvalues` gives may be from the true λ.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.

    Returns
    -------
    ndarray, (n,)
        In the order of `eigenvalues`. 0 for a `SchurMatrix` and for a triangular V, whose eigenvalues are not computed.
        Where it is as large as the gaps between eigenvalues, or as what is drawn, they are not to be trusted.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix.

    Notes
    -----
    The QR algorithm gives the exact eigenvalues of a V + E with ‖E‖_F ≤ p(n) ε ‖V‖_F, and to first order λ moves by at
    most κ(λ) ‖E‖₂. The p(n) of the proofs is a low power of n; what is met in practice is below 16. κ itself is
    computed from V + E: of a p-fold defective λ it comes out near ε^{1/p − 1}, and the product near the ε^{1/p}
    by which such a λ does move.

    References
    ----------
    Golub & Van Loan (2013), Matrix Computations, sections 7.2.2 and 7.5.6; Elsner (1985), Linear Algebra and its
    Applications 71, for (2‖V‖)^{1 − 1/n} ‖E‖^{1/n}, beyond which no eigenvalue moves; Note [Balancing] in the source.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> bool(dynamics.eigenvalue_uncertainty(dynamics.gallery["random"]()).max() < 1e-12)
    True
    >>> bool(dynamics.eigenvalue_uncertainty(dynamics.gallery["dense_delay_line"]()).max() > 0.01)
    True
    """
    if isinstance(V, HoldsSchurForm) or _is_triangular(form_of(V)):
        return np.zeros(len(form_of(V)))
    form = _balanced_form(V)[0]
    moved, size = SOLVER * EPS * frobenius(form), frobenius(form)
    whatever = (2 * size) ** (1 - 1 / len(form)) * moved ** (1 / len(form))  # Elsner's bound, for any κ
    return np.asarray(np.minimum(moved * _conditions(*_eigenvectors(form)), whatever))


def eigenvector_condition(V: Matrix) -> float:
    """κ(W) = ‖W‖₂ ‖W⁻¹‖₂ for V = W diag(λ) W⁻¹ with unit columns: ‖V^k‖₂ ≤ κ ρ^k.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.

    Returns
    -------
    float
        1 for normal V, ∞ if V is defective. Beyond about 10¹⁶ only its being huge means anything.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix.

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
    form = triangle_of(V)
    if is_normal(form):
        return 1.0  # where eigenvalues coincide any basis of their space will do, and we take the unitary one
    singular = scipy.linalg.svdvals(_eigenvectors(form)[1])
    return float(singular[0] / singular[-1]) if singular[-1] > 0 else float("inf")


def _balanced_form(V: Matrix) -> tuple[ComplexMatrix, np.ndarray, np.ndarray]:
    """A lower triangular form with the eigenvalues of V, and the matrices that take its right and its left eigenvectors
    to those of V. See Note [Balancing]."""
    P, form = as_form(V)
    if isinstance(V, HoldsSchurForm) or is_lower(form):
        P, form = as_schur(V)
        return form, P, P
    if _is_triangular(form):  # upper: turned around it is lower
        turned = np.eye(len(form))[::-1]
        return form[::-1, ::-1].astype(complex), turned, turned
    with np.errstate(all="ignore"):
        balanced, (scale, _) = scipy.linalg.matrix_balance(form, permute=False, separate=True)
        worthwhile = np.isfinite(balanced).all() and frobenius(balanced) <= WORTHWHILE * frobenius(form)
    if not worthwhile:
        P, form = as_schur(form)
        return form, P, P
    P, form = as_schur(balanced)
    return form, scale[:, None] * P, P / scale[:, None]


def _is_triangular(form: np.ndarray) -> bool:
    return is_lower(form) or is_lower(form.T)


def _eigenvectors(form: ComplexMatrix) -> tuple[ComplexMatrix, ComplexMatrix]:
    """Left and right eigenvectors of a lower triangular form, in the order of its diagonal."""
    # LAPACK reads the eigenvalues of an upper triangular matrix off its diagonal; reversing both axes makes it so
    _, left, right = scipy.linalg.eig(form[::-1, ::-1], left=True, right=True)
    return left[::-1, ::-1], right[::-1, ::-1]


def _conditions(left: ComplexMatrix, right: ComplexMatrix) -> Float64[np.ndarray, " n"]:
    """‖w‖ ‖u‖ / |u*w| for the columns."""
    left, right = (X / np.linalg.norm(X, axis=0) for X in (left, right))
    overlap = np.abs(np.einsum("ij,ij->j", left.conj(), right))
    with np.errstate(divide="ignore"):
        return np.maximum(np.where(overlap > 0, 1 / overlap, np.inf), 1.0)
