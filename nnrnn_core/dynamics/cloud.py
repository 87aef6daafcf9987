"""What V^k does to single inputs: the one it stretches most, and a cloud of random ones (paper, fig. 1b)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from .continuous import exponential, number
from .form import Matrix, Time, as_real, check_time, whole

Vector = Float64[np.ndarray, " n"]
TIE = 1e-6  # entries this close to the largest modulus count as equal to it, so that rounding turns no sign


class OptimalInput(NamedTuple):
    """A unit vector `input`, its `response` after k steps, and the `gain` ‖response‖."""

    input: Vector
    response: Vector
    gain: float


class Cloud(NamedTuple):
    """`norms` ‖V^k x‖ of every start x, and the standard deviation `spread` of every unit over them, k = 0…horizon."""

    norms: Float64[np.ndarray, "steps count"]
    spread: Float64[np.ndarray, "steps n"]


def optimal_input(V: Matrix, k: float, time: Time = "discrete") -> OptimalInput:
    """The unit x with the largest ‖V^k x‖, with V^k x and the gain ‖V^k‖₂: the leading singular vectors and value.

    k     whole, at least 0; in continuous time any time t ≥ 0, and e^{tV} takes the place of V^k
    In V's own basis. x and −x serve equally: its entry of largest modulus (the first, where several are) is positive.
    Where a whole subspace is stretched equally, one vector of it. Errors: V^k or e^{tV} leaves float64.
    """
    P, form = as_real(V)
    if check_time(time) == "continuous":
        M = exponential(form, number(k, "k", 0.0))
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            M = np.linalg.matrix_power(form, whole(k, 0, "k"))
    if not np.isfinite(M).all():
        raise ValueError(f"what V does in k = {k:g} leaves float64: choose a smaller k, or scale V down")
    _, values, directions = np.linalg.svd(M)
    x = directions[0]
    own = P @ x
    size = np.abs(own)
    sign = 1.0 if own[np.flatnonzero(size >= (1 - TIE) * size.max())[0]] > 0 else -1.0
    return OptimalInput(sign * own, sign * (P @ (M @ x)), float(values[0]))


def cloud_growth(V: Matrix, horizon: int, count: int = 1000, seed: int = 0) -> Cloud:
    """‖V^k x‖ for `count` random x, uniform on the unit sphere, and each unit's spread over them, k = 0…horizon.

    The mean of the squared norms tends to `typical_growth` squared, their largest stays below `transient_growth`. The
    same starts for the same seed, in V's own basis. ∞ where a state leaves float64.
    """
    P, form = as_real(V)
    n, steps = len(form), whole(horizon, 0, "horizon") + 1
    starts = np.random.default_rng(whole(seed, 0, "seed")).standard_normal((n, whole(count, 1, "count")))
    X = P.T @ (starts / np.linalg.norm(starts, axis=0))
    norms, spread = np.empty((steps, X.shape[1])), np.empty((steps, n))
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(steps):
            if k:
                X = form @ X
            norms[k], spread[k] = _sizes(X, 0, np.linalg.norm), _sizes(P @ X, 1, np.std)
    return Cloud(norms, spread)


def _sizes(X: Float64[np.ndarray, "n count"], axis: int, measure: Callable[..., np.ndarray]) -> np.ndarray:
    """`measure` along an axis, of numbers whose squares may leave float64; ∞ where they hold infinite or NaN ones."""
    scale = np.abs(X).max(axis=axis, keepdims=True)
    finite = np.isfinite(scale)
    unit = X / np.where(finite & (scale > 0), scale, 1.0)
    return np.where(finite, scale * measure(unit, axis=axis, keepdims=True), np.inf).squeeze(axis)
