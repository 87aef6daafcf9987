"""The numerical range W(V) = {x*Vx: ‖x‖ = 1}, a convex set around the spectrum, and how far it reaches.

Its largest modulus, the numerical radius r, bounds all powers: ‖V^k‖₂ ≤ 2 r^k (Berger 1965). Its largest real part, the
numerical abscissa, is how fast ‖e^{tA}‖₂ can begin to grow (Trefethen & Embree 2005, section 17).
"""

from __future__ import annotations

import math

import numpy as np
import scipy  # loads what is asked of it when it is first asked
from jaxtyping import Complex128, Float64

from ..checks import whole_number
from .form import ComplexMatrix, Matrix, SquareMatrix, form_of
from .pseudospectral_radius import middles

ANGLES = 64  # directions in which the numerical radius is first looked for
PROOF = 1e-10  # relative: what the numerical radius may exceed the largest reach found by, unseen
OFF_CIRCLE = 1e-5  # how far from the circle rounding may carry an eigenvalue
ROUNDS = 20  # of raising the level; two are common


def numerical_range(V: Matrix, n_angles: int = 128) -> Complex128[np.ndarray, " points"]:
    """The boundary of W(V) = {x*Vx : ‖x‖ = 1}, a convex set that holds the spectrum.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    n_angles : int, at least 4
        Number of directions φ, evenly spaced.

    Returns
    -------
    ndarray of complex, (n_angles + 1,)
        A closed curve, anticlockwise: in each direction the point that lies farthest.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or n_angles is out of range.

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
    form, count = form_of(V), whole_number("n_angles", n_angles, 4)
    boundary = np.empty(count, complex)
    for i, angle in enumerate(2 * np.pi * np.arange(count) / count):
        mirrored = count - i
        if mirrored < i and np.isrealobj(form):  # W(V) is symmetric about the real axis
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
        Finite, real or complex.

    Returns
    -------
    float
        To about 10⁻¹⁰, relatively: no direction is missed.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix.

    References
    ----------
    Berger (1965), Notices of the AMS 12; Mengi & Overton (2005), IMA Journal of Numerical Analysis 25.

    Notes
    -----
    r(V) = max_φ λ_max(H(φ)), H(φ) the Hermitian part of e^{−iφ}V. Found on a grid of directions, and raised until no
    H(φ) has an eigenvalue just above it: the e^{iφ} where one has are eigenvalues of a quadratic problem.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> round(dynamics.numerical_radius([[0.0, 0.0], [1.0, 0.0]]), 9)
    0.5
    """
    form = form_of(V)
    scale = 2.0 ** math.frexp(float(np.abs(form).max()))[1]  # a power of two: no rounding
    if scale == 1 and not form.any():
        return 0.0
    form = form / scale
    angles = np.linspace(0, 2 * np.pi, 2 * ANGLES, endpoint=False)
    reach = np.array([_reach(form, angle) for angle in angles[: ANGLES + 1 if np.isrealobj(form) else None]])
    least = angles[int(reach.argmin())]
    best = _farthest(form, angles[int(reach.argmax())], np.pi / ANGLES)
    for _ in range(ROUNDS):
        level = best * (1 + PROOF)
        middle = middles(_at_level(form, level, least + np.pi), 2 * np.pi)
        reach = np.array([_reach(form, angle) for angle in middle])
        if not (reach > level).any():
            break
        best = _farthest(form, float(middle[reach.argmax()]), np.pi / ANGLES)
    return scale * best


def numerical_abscissa(A: Matrix) -> float:
    """ω(A) = max Re x*Ax over unit x = λ_max((A + A*)/2): the slope of ‖e^{tA}‖₂ at t = 0.

    Parameters
    ----------
    A : array_like, tensor or SchurMatrix, (n, n)
        Of x' = A x, finite, real or complex.

    Returns
    -------
    float
        At least the spectral abscissa, and equal to it for normal A. ‖e^{tA}‖₂ ≤ e^{ωt} for all t ≥ 0.

    Raises
    ------
    ValueError
        If A is not a finite, square matrix.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, section 17.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> round(dynamics.numerical_abscissa([[-1.0, 0.0], [10.0, -1.0]]), 9)
    4.0
    """
    return _reach(form_of(A), 0.0)


def _farthest(form: SquareMatrix, angle: float, width: float) -> float:
    """The largest reach that a search near the angle comes to."""
    found = scipy.optimize.minimize_scalar(
        lambda turned: -_reach(form, turned),
        bounds=(angle - width, angle + width),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return max(_reach(form, angle), float(-found.fun))


def _at_level(form: SquareMatrix, level: float, base: float) -> Float64[np.ndarray, " places"]:
    """Candidates for the φ at which H(φ) has the eigenvalue `level`, with H(base + π) far below it: with
    e^{iφ} = e^{i base} (1 + w)/(1 − w) they are the imaginary w of a quadratic eigenvalue problem."""
    turned = np.exp(-1j * base) * form
    middle, one, zero = _hermitian_part(form, base), np.eye(len(form)), np.zeros_like(turned)
    down = np.linalg.solve(level * one + middle, np.hstack([level * one - middle, turned - turned.conj().T]))
    with np.errstate(all="ignore"):
        w = np.linalg.eigvals(np.block([[zero, one], [down]]))
        turns = (1 + w) / (1 - w)
    return np.asarray(base + np.angle(turns[np.abs(np.abs(turns) - 1) <= OFF_CIRCLE]))


def _hermitian_part(form: SquareMatrix, angle: float) -> ComplexMatrix:
    turned = np.exp(-1j * angle) * form
    part: ComplexMatrix = (turned + turned.conj().T) / 2
    return part


def _top(form: SquareMatrix, angle: float) -> np.ndarray:
    top: np.ndarray = np.linalg.eigh(_hermitian_part(form, angle))[1][:, -1]
    return top


def _reach(form: SquareMatrix, angle: float) -> float:
    return float(np.linalg.eigvalsh(_hermitian_part(form, angle))[-1])
