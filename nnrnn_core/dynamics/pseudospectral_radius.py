"""How far a pseudospectrum reaches: past the unit circle by more than ε, and V^k must grow.

Note [Criss-cross]. σ_min(z − F) = ε says (z − F) v = ε u and (z − F)* u = ε v. On a ray, or a horizontal line,
these are an eigenvalue problem of twice the size for the place on it, and the largest real eigenvalue is where that
line leaves the pseudospectrum for good. Across, on a circle or a vertical line, they are one for all crossings with the
boundary. Alternating, out along the line through the middle of each arc, then across again, converges to the farthest
point of all, quadratically (Burke, Lewis, Overton 2003; Mengi, Overton 2005).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
from jaxtyping import Float64

from ..checks import number
from .form import ComplexMatrix, Matrix, triangle_of
from .inverse_lanczos import is_normal, levels, unit_of

Places = Float64[np.ndarray, " places"]
ROUNDS = 30  # five are common
ENOUGH = 1e-12  # a round that gains less than this, relatively, is the last
PLACES, CLOSER = 64, 33  # that are tried where the criss-cross has ended too early
HALVINGS = 45  # of what lies between there and the norm
BEYOND, SURE = 1e-6, 1 - 1e-3  # just outside, levels below this share of ε say that it has
TOLERANCE = 1e-6  # of levels
ROUNDING = 1e-7  # how far rounding may move an eigenvalue off the real axis or the circle, where two of them meet


def pseudospectral_radius(V: Matrix, eps: float) -> float:
    """ρ_ε(V) = max {|z| : σ_min(zI − V) ≤ ε} ≥ ρ(V) + ε, with equality for normal V; sup_k ‖V^k‖₂ ≥ (ρ_ε − 1)/ε.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    eps : float, at least 0
        Size of the perturbations.

    Returns
    -------
    float
        To about 10⁻¹⁵ ‖V‖/ε, relatively.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or eps is out of range.

    References
    ----------
    Mengi & Overton (2005), IMA Journal of Numerical Analysis 25; Note [Criss-cross] in the source.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> round(dynamics.pseudospectral_radius([[0.5, 0.0], [0.0, -0.5]], 0.1), 9)
    0.6
    >>> round(dynamics.pseudospectral_radius([[0.5, 0.0], [9.0, -0.5]], 0.1), 3)
    1.08
    """
    unit, form, eps = _in_a_unit(V, eps)
    farthest = np.diag(form)[np.abs(np.diag(form)).argmax()]
    reach, angles = float(np.abs(farthest)) + eps, np.array([np.angle(farthest)])
    for round_number in range(0 if is_normal(form) or not eps else ROUNDS):
        best = max([reach, *(_along_ray(form, eps, angle) for angle in angles)])
        if best - reach <= ENOUGH * best and round_number > 0:
            break
        reach = best
        angles = middles(_on_circle(form, eps, reach), 2 * np.pi)
    places = np.concatenate([np.angle(np.diag(form)), np.linspace(-np.pi, np.pi, PLACES, endpoint=False)])
    return unit * _searched(form, eps, reach, places, lambda r, angle: r * np.exp(1j * angle))


def pseudospectral_abscissa(A: Matrix, eps: float) -> float:
    """α_ε(A) = max {Re z : σ_min(zI − A) ≤ ε} ≥ α(A) + ε, with equality for normal A; sup_t ‖e^{tA}‖₂ ≥ α_ε/ε.

    Parameters
    ----------
    A : array_like, tensor or SchurMatrix, (n, n)
        Of x' = A x, finite, real or complex.
    eps : float, at least 0
        Size of the perturbations.

    Returns
    -------
    float
        To about 10⁻¹⁵ ‖A‖/ε, relatively.

    Raises
    ------
    ValueError
        If A is not a finite, square matrix, or eps is out of range.

    References
    ----------
    Burke, Lewis & Overton (2003), IMA Journal of Numerical Analysis 23; Note [Criss-cross] in the source.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> round(dynamics.pseudospectral_abscissa([[-1.0, 0.0], [0.0, -2.0]], 0.1), 9)
    -0.9
    """
    unit, form, eps = _in_a_unit(A, eps)
    farthest = np.diag(form)[np.diag(form).real.argmax()]
    reach, heights, size = float(farthest.real) + eps, np.array([farthest.imag]), float(np.abs(form).max())
    for round_number in range(0 if is_normal(form) or not eps else ROUNDS):
        best = max([reach, *(_along_line(form, eps, height) for height in heights)])
        if best - reach <= ENOUGH * max(abs(best), min(size, 1 / unit)) and round_number > 0:
            break
        reach = best
        heights = middles(_on_vertical(form, eps, reach))
    imag = np.diag(form).imag
    places = np.concatenate([imag, np.linspace(imag.min() - size, imag.max() + size, PLACES)])
    return unit * _searched(form, eps, reach, places, lambda x, height: x + 1j * height)


def _in_a_unit(V: Matrix, eps: float) -> tuple[float, ComplexMatrix, float]:
    """A power of two, and the triangular form and ε divided by it, so that no entry is beyond 1: in other units LAPACK
    does not find all eigenvalues."""
    form, eps = triangle_of(V), number("eps", eps, 0)
    unit = unit_of(max(float(np.abs(form).max()), eps))
    return unit, form / unit, eps / unit


def _searched(form: ComplexMatrix, eps: float, reach: float, places: Places, z: Callable[[Any, Any], Any]) -> float:
    """How far the pseudospectrum reaches by its levels, where they are too low beyond `reach`: if ε is near to the
    rounding of the criss-cross, its eigenvalues do not show the crossings.

    z: of a radius and an angle, or of x and y; tried at all these places, and then more closely around the best.
    """
    end = float(np.linalg.norm(form, 2)) + eps
    for _ in range(2 if eps else 0):
        beyond = reach + BEYOND * max(abs(reach), eps)
        if beyond >= end or not (levels(form, z(beyond, places), TOLERANCE, False) < SURE * eps).any():
            break
        places, low, high = np.sort(places), np.full(len(places), reach), np.full(len(places), end)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            inside = levels(form, z(middle, places), TOLERANCE, False) <= eps
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        best, reach = int(low.argmax()), float(low.max())
        places = np.linspace(places[max(best - 1, 0)], places[min(best + 1, len(places) - 1)], CLOSER)
    return reach


def _along_ray(form: ComplexMatrix, eps: float, angle: float) -> float:
    """The largest r with σ_min(r e^{iθ} − form) = ε; −∞ if there is none."""
    turn, ones = np.exp(-1j * angle), eps * np.eye(len(form))
    return _largest_real(np.block([[turn * form, turn * ones], [ones / turn, form.conj().T / turn]]))


def _along_line(form: ComplexMatrix, eps: float, height: float) -> float:
    """The largest x with σ_min(x + iy − form) = ε; −∞ if there is none."""
    up, ones = 1j * height * np.eye(len(form)), eps * np.eye(len(form))
    return _largest_real(np.block([[form - up, ones], [ones, form.conj().T + up]]))


def _on_circle(form: ComplexMatrix, eps: float, radius: float) -> Places:
    """The angles θ at which ε is a singular value of r e^{iθ} − form."""
    one, zero = np.eye(len(form)), np.zeros_like(form)
    left = np.block([[form, eps * one], [zero, radius * one]])
    right = np.block([[radius * one, zero], [eps * one, form.conj().T]])
    with np.errstate(all="ignore"):
        turns = scipy.linalg.eigvals(left, right)
        angles: Places = np.angle(turns[np.abs(np.abs(turns) - 1) <= ROUNDING])
    return angles


def _on_vertical(form: ComplexMatrix, eps: float, x: float) -> Places:
    """The heights y at which ε is a singular value of x + iy − form."""
    right, ones = form - x * np.eye(len(form)), eps * np.eye(len(form))
    found = np.linalg.eigvals(np.block([[right, ones], [-ones, -right.conj().T]]))
    heights: Places = found.imag[np.abs(found.real) <= ROUNDING * np.abs(found).max()]
    return heights


def _largest_real(M: ComplexMatrix) -> float:
    found = np.linalg.eigvals(M)
    real = found.real[np.abs(found.imag) <= ROUNDING * np.abs(found).max()]
    return float(real.max(initial=-np.inf))


def middles(places: Places, period: float | None = None) -> Float64[np.ndarray, " middles"]:
    """The middle of every arc between neighbours, inside or not: to find out costs as much as to try."""
    places = np.sort(places)
    if period is not None and len(places):
        places = np.append(places, places[0] + period)
    between: np.ndarray = (places[1:] + places[:-1]) / 2
    return between if len(between) else places
