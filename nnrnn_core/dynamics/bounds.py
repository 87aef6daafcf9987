"""What frames ‖V^k‖₂: bounds from the spectrum, the eigenvectors, the numerical range, the pseudospectra.

In continuous time, x' = A x, the same for ‖e^{tA}‖₂: the half plane Re z > 0 takes the place of |z| > 1.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from ..checks import number, whole_number
from .form import Matrix, Time, check_time, form_of, points
from .inverse_lanczos import TOLD_APART
from .kreiss import kreiss_bounds
from .numerical_range import numerical_abscissa, numerical_radius
from .pseudospectra import resolvent_level
from .spectrum import eigenvalues, eigenvector_condition, spectral_abscissa, spectral_radius

Curve = Float64[np.ndarray, " times"]


class GrowthBounds(NamedTuple):
    """ρ^k ≤ ‖V^k‖₂ ≤ min(κ ρ^k, 2 r^k), and K ≤ max_k ‖V^k‖₂ ≤ e n K, as `growth_bounds` gives them.

    Attributes
    ----------
    times : ndarray, (times,)
        k, or t in continuous time.
    spectral : ndarray, (times,)
        From below, by the eigenvalues: ρ^k, or e^{αt}.
    eigenvector : ndarray, (times,)
        From above, by the condition κ of the eigenvectors: κ ρ^k, or κ e^{αt}.
    numerical : ndarray, (times,)
        From above, by the numerical range: 2 r^k, or e^{ωt}.
    kreiss : float
        On the peak over all times, from below: K, or the largest lower bound on K that was found.
    kreiss_above : float
        On the peak over all times, from above: e n times the upper bound on K, ∞ where there is none.
    certified : bool
        Whether K is known to the tolerance of `kreiss_bounds`.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.growth_bounds([[0.5]], 2).spectral
    array([1.  , 0.5 , 0.25])
    """

    times: Curve
    spectral: Curve
    eigenvector: Curve
    numerical: Curve
    kreiss: float
    kreiss_above: float
    certified: bool


class PointBound(NamedTuple):
    """What a point z outside the unit circle says about growth, as `bound_from_point` gives it.

    Attributes
    ----------
    level : float
        σ_min(zI − V).
    limit : float
        A lower bound on the peak over all times.
    curve : ndarray, (times,)
        A lower bound on the largest growth up to each time.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.bound_from_point([[0.0]], 2.0, 1).level
    2.0
    """

    level: float
    limit: float
    curve: Curve


def growth_bounds(
    V: Matrix, horizon: int, time: Time = "discrete", step: float = 1.0, budget: int = 400
) -> GrowthBounds:
    """ρ^k ≤ ‖V^k‖₂ ≤ min(κ ρ^k, 2 r^k), and K ≤ max_k ‖V^k‖₂ ≤ e n K.

    ρ is the spectral radius, κ the condition of the eigenvectors, r the numerical radius, K the Kreiss constant.
    Continuous time: e^{αt} ≤ ‖e^{tA}‖₂ ≤ min(κ e^{αt}, e^{ωt}), with α the spectral and ω the numerical abscissa.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    horizon : int, at least 0
        The last k, or the number of steps of time.
    time : {"discrete", "continuous"}
        Whether V^k or e^{tV} is bounded.
    step : float, above 0
        In continuous time the bounds are at t = 0, step, … horizon · step.
    budget : int, at least 1
        For the Kreiss constant: see `kreiss_bounds`.

    Returns
    -------
    GrowthBounds
        ∞ stands where a bound says nothing (a defective V; ρ > 1).

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or horizon, time or step is out of range.

    References
    ----------
    Berger (1965), Notices of the AMS 12; Trefethen & Embree (2005), Spectra and Pseudospectra, sections 14 to 18.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> V = dynamics.gallery["gentle"]()
    >>> bounds, growth = dynamics.growth_bounds(V, 20), dynamics.transient_growth(V, 20)
    >>> bool((bounds.spectral <= growth).all() and (growth <= bounds.eigenvector).all())
    True
    >>> bool(bounds.kreiss <= growth.max() <= bounds.kreiss_above)
    True
    """
    times = _times(horizon, time, step)
    condition, kreiss = eigenvector_condition(V), kreiss_bounds(V, time, budget=budget)
    with np.errstate(over="ignore"):
        if time == "discrete":
            spectral = spectral_radius(V) ** times
            numerical = np.minimum(2.0, np.where(times > 0, np.inf, 1.0)) * numerical_radius(V) ** times
        else:
            spectral = np.exp(spectral_abscissa(V) * times)
            numerical = np.exp(numerical_abscissa(V) * times)
        eigenvector = np.full(len(times), np.inf) if math.isinf(condition) else condition * spectral
    above = math.e * len(form_of(V)) * kreiss.above
    return GrowthBounds(times, spectral, eigenvector, numerical, kreiss.value, above, kreiss.certified)


def _of_no_level(V: Matrix, z: complex, away: float) -> float:
    """(|z| − 1)/σ_min, from below, where σ_min is too small to be told from 0; ∞ at an eigenvalue."""
    values, form = eigenvalues(V), form_of(V)
    return math.inf if (values == z).any() else away / (TOLD_APART * max(float(np.abs(form).max()), abs(z)))


def bound_from_point(V: Matrix, z: complex, horizon: int, time: Time = "discrete", step: float = 1.0) -> PointBound:
    """sup_k ‖V^k‖₂ ≥ K and max_{k ≤ τ} ‖V^k‖₂ ≥ r^τ/(1 + (r^τ − 1)/K), K = (|z| − 1)/σ_min(zI − V), r = |z|.

    Continuous time: the same for ‖e^{tA}‖₂ with K = a/σ_min and e^{aτ} in place of r^τ, where Re z = a > 0.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    z : complex
        Outside the unit circle; in continuous time right of the imaginary axis.
    horizon : int, at least 0
        The last τ, or the number of steps of time.
    time : {"discrete", "continuous"}
        Whether V^k or e^{tV} is bounded.
    step : float, above 0
        In continuous time τ = 0, step, … horizon · step.

    Returns
    -------
    PointBound
        `limit` K and `curve` over τ; where K ≤ 1 the point says nothing and both are 1.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, z lies on the wrong side, or horizon, time or step is out of range.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, sections 15 (continuous time) and 16 (there with a maximum
    that leaves k = 0 out).

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> V = [[0.9, 0.0], [5.0, 0.8]]
    >>> found = dynamics.bound_from_point(V, 1.2, 30)
    >>> bool(1 < found.curve[-1] <= found.limit <= dynamics.transient_growth(V, 30).max())
    True
    """
    point = points(z, "z")
    if point.ndim:
        raise ValueError(f"z must be one complex number; its shape is {point.shape}")
    z = complex(point)
    times = _times(horizon, time, step)
    discrete = time == "discrete"
    away = abs(z) - 1 if discrete else z.real
    if not math.isfinite(abs(z)) or away <= 0:
        where = "outside the unit circle" if discrete else "right of the imaginary axis"
        raise ValueError(f"z must lie {where}, or it implies no growth; got {z:.6g}")
    level = float(resolvent_level(V, z))
    K = away / level if level > 0 else _of_no_level(V, z, away)
    if K <= 1:
        return PointBound(level, 1.0, np.ones(len(times)))
    rate = math.log1p(away) if discrete else away
    fraction = np.exp(-rate * times)  # r^{−τ}, by which the bound is divided through: r^τ may leave float64
    with np.errstate(divide="ignore", over="ignore"):
        return PointBound(level, K, 1 / (fraction + (1 - fraction) / K))


def _times(horizon: int, time: Time, step: float) -> Curve:
    steps = np.arange(whole_number("horizon", horizon, 0) + 1, dtype=float)
    if check_time(time) == "discrete":
        if step != 1:
            raise ValueError(f"step is for continuous time only, a power k goes up by 1: leave it out; got {step!r}")
        return steps
    return number("step", step, 0, above=True) * steps
