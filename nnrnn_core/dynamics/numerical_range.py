"""The numerical range W(V) = {x*Vx: ‖x‖ = 1}, a convex set around the spectrum, and how far it reaches.

Its largest modulus, the numerical radius r, bounds all powers: ‖V^k‖₂ ≤ 2 r^k (Berger 1965). Its largest real part, the
numerical abscissa, is how fast ‖e^{tA}‖₂ can begin to grow (Trefethen & Embree 2005, section 17).
"""

from __future__ import annotations

import numpy as np
import scipy  # loads what is asked of it when it is first asked
from jaxtyping import Complex128, Float64

from .form import ComplexMatrix, Matrix, real_form, whole

ANGLES = 64  # directions in which the numerical radius is looked for at first


def numerical_range(V: Matrix, n_angles: int = 128) -> Complex128[np.ndarray, " points"]:
    """The boundary of W(V), a closed curve of n_angles + 1 points, anticlockwise: in each direction the point that
    lies farthest, x*Vx for the top eigenvector x of the Hermitian part of e^{−iφ}V (Johnson 1978)."""
    form, count = real_form(V), whole(n_angles, 4, "n_angles")
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
    """r(V) = max |x*Vx| over unit x: ‖V‖₂/2 ≤ r ≤ ‖V‖₂, and r ≥ ρ. To about 10⁻¹⁰, relatively."""
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
    """ω(A) = max Re x*Ax over unit x = λ_max((A + Aᵀ)/2): the slope of ‖e^{tA}‖₂ at t = 0."""
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
