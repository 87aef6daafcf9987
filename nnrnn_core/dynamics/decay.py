"""How long to look: a horizon after which the transient is over."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from .continuous import exponential_growth, propagator
from .form import Matrix, Time, check_time, form_of
from .growth import transient_growth
from .growth_estimate import estimate_growth, growth_powers
from .spectrum import spectral_abscissa, spectral_radius

HORIZONS = {"discrete": (10, 20, 30, 50, 75, 100, 150, 200), "continuous": (1, 2, 5, 10, 20, 50)}
USUAL = {"discrete": 100, "continuous": 10}  # for what never decays
EXACT_SIZE = 32  # rows: up to here exact growth costs no more than an estimate
POINTS = 100  # times between 0 and a horizon at which growth is looked at
LAST = 0.8  # the part of a horizon after which nothing may be longer than at first


def decay_horizon(V: Matrix, time: Time = "discrete") -> float:
    """The least of a few horizons K with ‖V^k‖₂ < 1 for all k from 0.8 K to K: the transient is over by then.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    time : {"discrete", "continuous"}
        Whether the horizon is a number of steps k or a time t, with ‖e^{tV}‖₂ in place of ‖V^k‖₂.

    Returns
    -------
    float
        One of 10, 20, 30, 50, 75, 100, 150, 200 steps, or of 1, 2, 5, 10, 20, 50 in time, the largest where none is
        enough. 100 steps, or 10 in time, where the spectrum says that V never decays.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or time is neither.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.decay_horizon(dynamics.gallery["delay_line"](size=25, alpha=1.0))
    50
    >>> dynamics.decay_horizon([[0.0, -1.0], [1.0, 0.0]])
    100
    """
    discrete = check_time(time) == "discrete"
    if (spectral_radius(V) >= 1) if discrete else (spectral_abscissa(V) >= 0):
        return USUAL[time]
    for horizon in HORIZONS[time]:
        at, growth = _growth(V, horizon, discrete)
        if (growth[at >= LAST * at[-1]] < 1).all():
            break
    return horizon


def _growth(
    V: Matrix, horizon: int, discrete: bool
) -> tuple[Float64[np.ndarray, " times"], Float64[np.ndarray, " times"]]:
    """Steps, and the growth after them, up to the horizon; of a wide V an estimate."""
    count = horizon if discrete else POINTS
    if len(form_of(V)) > EXACT_SIZE:
        step = V if discrete else propagator(V, horizon / POINTS)
        estimate = estimate_growth(step, growth_powers(count, 30))
        return np.array(estimate.powers, float), estimate.transient
    steps = np.arange(count + 1.0)
    return steps, transient_growth(V, count) if discrete else exponential_growth(V, horizon / POINTS * steps)
