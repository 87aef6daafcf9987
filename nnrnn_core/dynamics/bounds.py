"""What frames ‖V^k‖₂: bounds from the spectrum, the eigenvectors, the numerical range, the pseudospectra.

In continuous time, x' = A x, the same for ‖e^{tA}‖₂: the half plane Re z > 0 takes the place of |z| > 1.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import scipy  # loads what is asked of it when it is first asked
from jaxtyping import Float64

from .form import Matrix, Time, as_schur, check_time, whole
from .numerical_range import numerical_abscissa, numerical_radius
from .pseudospectra import levels, resolvent_level
from .spectrum import eigenvector_condition, spectral_abscissa, spectral_radius

Curve = Float64[np.ndarray, " times"]
NEAREST, FARTHEST = 1e-8, 1e2  # distances from the circle between which the Kreiss constant is looked for
DISTANCES, PLACES, STARTS = 41, 49, 3  # of the grid it is looked for on, and of the searches from its best points
SEARCH = 1e-6  # relative error of a level in the search
STABLE = 1e-12  # by which rounding may carry an eigenvalue past the edge


class GrowthBounds(NamedTuple):
    """Bounds on ‖V^k‖₂ at `times` k: `spectral` ρ^k from below; `eigenvector` κ ρ^k and `numerical` 2 r^k from above.
    On its peak over all k: `kreiss` K from below, `kreiss_above` e n K from above."""

    times: Curve
    spectral: Curve
    eigenvector: Curve
    numerical: Curve
    kreiss: float
    kreiss_above: float


class PointBound(NamedTuple):
    """What a point z outside the unit circle says about growth: see `bound_from_point`."""

    level: float
    limit: float
    curve: Curve


def growth_bounds(V: Matrix, horizon: int, time: Time = "discrete", step: float = 1.0) -> GrowthBounds:
    """The bounds at k = 0…horizon: κ is the condition of the eigenvectors, r the numerical radius (Berger 1965), K the
    Kreiss constant. ∞ stands where a bound says nothing (a defective V; ρ > 1).

    Continuous time, at t = 0, step, … horizon · step: e^{αt} ≤ ‖e^{tA}‖₂ ≤ κ e^{αt} and e^{ωt}, with α the spectral
    and ω the numerical abscissa.
    """
    times = _times(horizon, time, step)
    condition, K = eigenvector_condition(V), kreiss_constant(V, time)
    with np.errstate(over="ignore"):
        if time == "discrete":
            spectral = spectral_radius(V) ** times
            numerical = np.minimum(2.0, np.where(times > 0, np.inf, 1.0)) * numerical_radius(V) ** times
        else:
            spectral = np.exp(spectral_abscissa(V) * times)
            numerical = np.exp(numerical_abscissa(V) * times)
        eigenvector = np.full(len(times), np.inf) if math.isinf(condition) else condition * spectral
    return GrowthBounds(times, spectral, eigenvector, numerical, K, math.e * len(as_schur(V)[1]) * K)


def kreiss_constant(V: Matrix, time: Time = "discrete") -> float:
    """K(V) = sup_{|z| > 1} (|z| − 1)/σ_min(zI − V), so that K ≤ sup_k ‖V^k‖₂ ≤ e n K (Kreiss 1962; Spijker 1991).

    Continuous time: K(A) = sup_{Re z > 0} Re z/σ_min(zI − A) for ‖e^{tA}‖₂. 1 for normal V with ρ ≤ 1, ∞ where ρ > 1.
    Found on a grid and by a search from its best points, so never above the true value but for rounding. At ρ = 1 the
    search ends at |z| − 1 = 10⁻⁸.
    """
    discrete = check_time(time) == "discrete"
    form = as_schur(V)[1]
    edge = np.abs(np.diag(form)).max() - 1 if discrete else np.diag(form).real.max()
    if edge > STABLE:
        return math.inf
    size = 1.0 if discrete else float(np.linalg.norm(form, 2)) or 1.0  # the unit of length in the half plane

    def ratio(log_distance: np.ndarray, place: np.ndarray) -> np.ndarray:
        away = size * 10.0**log_distance
        z = (1 + away) * np.exp(1j * place) if discrete else away + 1j * size * place
        level = levels(form, z, SEARCH)
        with np.errstate(divide="ignore"):
            return np.where(level > 0, away / level, np.inf)

    far = np.linspace(math.log10(NEAREST), math.log10(FARTHEST), DISTANCES)
    along = np.linspace(0, np.pi if discrete else 1.5, PLACES)  # the rest mirrors it: V is real
    grid = ratio(far[:, None], along[None, :])
    best = float(grid.max())
    if math.isinf(best):
        return best
    for i, j in zip(*np.unravel_index(np.argsort(grid, axis=None)[-STARTS:], grid.shape), strict=True):
        found = scipy.optimize.minimize(
            lambda p: -float(ratio(np.clip(p[:1], far[0], far[-1]), p[1:])[0]),
            (far[i], along[j]),
            method="Nelder-Mead",
            options={"xatol": 1e-6, "fatol": 1e-9 * best, "maxiter": 200},
        )
        best = max(best, float(-found.fun))
    return max(best, 1.0)  # its limit as |z| → ∞


def bound_from_point(V: Matrix, z: complex, horizon: int, time: Time = "discrete", step: float = 1.0) -> PointBound:
    """The growth that one point z, |z| = r > 1, implies: with K = (r − 1)/σ_min(zI − V) > 1

        sup_k ‖V^k‖₂ ≥ K,    max_{k ≤ τ} ‖V^k‖₂ ≥ r^τ / (1 + (r^τ − 1)/K)    (Trefethen & Embree 2005, section 15),

    `limit` and `curve` (τ = 0…horizon); where K ≤ 1 the point says nothing and both are 1. Continuous time: with
    Re z = a > 0, K = a/σ_min and e^{aτ} in place of r^τ, for ‖e^{tA}‖₂ at τ = 0, step, … horizon · step.
    """
    z = complex(z)
    times = _times(horizon, time, step)
    discrete = time == "discrete"
    away = abs(z) - 1 if discrete else z.real
    if not math.isfinite(abs(z)) or away <= 0:
        where = "outside the unit circle" if discrete else "right of the imaginary axis"
        raise ValueError(f"z must lie {where}, or it implies no growth; got {z:.6g}")
    level = float(resolvent_level(V, z))
    K = away / level if level > 0 else math.inf
    if K <= 1:
        return PointBound(level, 1.0, np.ones(len(times)))
    rate = math.log1p(away) if discrete else away
    fraction = np.exp(-rate * times)  # r^{−τ}, by which the bound is divided through: r^τ may leave float64
    with np.errstate(divide="ignore", over="ignore"):
        return PointBound(level, K, 1 / (fraction + (1 - fraction) / K))


def _times(horizon: int, time: Time, step: float) -> Curve:
    steps = np.arange(whole(horizon, 0, "horizon") + 1, dtype=float)
    if check_time(time) == "discrete":
        if step != 1:
            raise ValueError(f"step is for continuous time, a power k goes up by 1; got {step!r}")
        return steps
    if not (step > 0 and math.isfinite(step)):
        raise ValueError(f"step must be a finite time greater than 0; got {step!r}")
    return step * steps
