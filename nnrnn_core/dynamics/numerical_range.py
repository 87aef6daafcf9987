"""The numerical range W(V) = {x*Vx: ‖x‖ = 1}, a convex set around the spectrum, and how far it reaches.

Its largest modulus, the numerical radius r, bounds all powers: ‖V^k‖₂ ≤ 2 r^k (Berger 1965). Its largest real part, the
numerical abscissa, is how fast ‖e^{tA}‖₂ can begin to grow (Trefethen & Embree 2005, section 17).
"""

from __future__ import annotations

import numpy as np
import scipy  # loads what is asked of it when it is first asked
from jaxtyping import Complex128, Float64

from ..checks import whole_number
from .form import ComplexMatrix, Matrix, real_form

ANGLES = 64  # directions in which the numerical radius is first looked for


def numerical_range(V: Matrix, n_angles: int = 128) -> Complex128[np.ndarray, " points"]:
    """The boundary of W(V) = {x*Vx : ‖x‖ = 1}, a convex set that holds the spectrum.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Real and finite.
    n_angles : int, at least 4
        Number of directions φ, evenly spaced.

    Returns
    -------
    ndarray of complex, (n_angles + 1,)
        A closed curve, anticlockwise: in each direction the point that lies farthest.

    Raises
    ------
    ValueError
        If V is not a real, finite, square matrix, or n_angles is out of range.

    Notes
    -----
    The farthest point is x*Vx for the top eigenvector x of the Hermitian part of e^{−iφ}V.

    References
    ----------
    Johnson (1978), SIAM Journal on Numerical Analysis 15.

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> boundary = dynamics.numerical_range([[0.0, 0.0], [1.0, 0.0]])
    >>> len(boundary), bool(np.allclose(abs(boundary), 0.5))
    (129, True)
    """
    form, count = real_form(V), whole_number("n_angles", n_angles, 4)
    boundary = np.empty(count, complex)
    for i, angle in enumerate(2 * np.pi * np.arange(count) / count):
        mirrored = count - i
        if mirrored < i:  # V is real, so W(V) is symmetric about the real axis
            boundary[i] = boundary[mirrored].conj()
            continue
        x = _top(form, angle)
        boundary[i] = x.conj() @ form @ x
    return np.append(boundary, boundary[0])


def numerical_radius(V: Matrix) -> float:
    """r(V) = max |x*Vx| over unit x: ‖V‖₂/2 ≤ r ≤ ‖V‖₂, r ≥ ρ, and ‖V^k‖₂ ≤ 2 r^k.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Real and finite.

    Returns
    -------
    float
        To about 10⁻¹⁰, relatively.

    Raises
    ------
    ValueError
        If V is not a real, finite, square matrix.

    References
    ----------
    Berger (1965), Notices of the AMS 12; Trefethen & Embree (2005), Spectra and Pseudospectra, section 17.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> round(dynamics.numerical_radius([[0.0, 0.0], [1.0, 0.0]]), 9)
    0.5
    """
    form = real_form(V)
    angles = np.linspace(0, np.pi, ANGLES + 1)
    reach = np.array([_reach(form, angle) for angle in angles])
    best = float(reach.max())
    for i in np.argsort(reach)[-3:]:
        bounds = (angles[max(i - 1, 0)], angles[min(i + 1, ANGLES)])
        found = scipy.optimize.minimize_scalar(
            lambda angle: -_reach(form, angle), bounds=bounds, method="bounded", options={"xatol": 1e-10}
        )
        best = max(best, float(-found.fun))
    return best


def numerical_abscissa(A: Matrix) -> float:
    """ω(A) = max Re x*Ax over unit x = λ_max((A + Aᵀ)/2): the slope of ‖e^{tA}‖₂ at t = 0.

    Parameters
    ----------
    A : array_like, tensor or SchurMatrix, (n, n)
        Of x' = A x, real and finite.

    Returns
    -------
    float
        At least the spectral abscissa, and equal to it for normal A. ‖e^{tA}‖₂ ≤ e^{ωt} for all t ≥ 0.

    Raises
    ------
    ValueError
        If A is not a real, finite, square matrix.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, section 17.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> round(dynamics.numerical_abscissa([[-1.0, 0.0], [10.0, -1.0]]), 9)
    4.0
    """
    return _reach(real_form(A), 0.0)


def _hermitian_part(form: Float64[np.ndarray, "n n"], angle: float) -> ComplexMatrix:
    turned = np.exp(-1j * angle) * form
    part: ComplexMatrix = (turned + turned.conj().T) / 2
    return part


def _top(form: Float64[np.ndarray, "n n"], angle: float) -> np.ndarray:
    top: np.ndarray = np.linalg.eigh(_hermitian_part(form, angle))[1][:, -1]
    return top


def _reach(form: Float64[np.ndarray, "n n"], angle: float) -> float:
    return float(np.linalg.eigvalsh(_hermitian_part(form, angle))[-1])
