"""What V^k does to single inputs: the one it stretches most, and a cloud of random ones (paper, fig. 1b)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Inexact

from ..checks import number, whole_number
from .continuous import exponential
from .form import HoldsSchurForm, Matrix, Time, as_form, check_time

Vector = Inexact[np.ndarray, " n"]
TIE = 1e-6  # entries this close to the largest modulus count as equal to it, so that rounding turns no sign


class OptimalInput(NamedTuple):
    """response = V^k input and gain = ‖response‖, as `optimal_input` gives them.

    Attributes
    ----------
    input : ndarray, (n,)
        Of length 1.
    response : ndarray, (n,)
        What becomes of it.
    gain : float
        How long that is.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.optimal_input([[0.5]], 2).gain
    0.25
    """

    input: Vector
    response: Vector
    gain: float


class Cloud(NamedTuple):
    """‖V^k x‖ of every start x, and the standard deviation of every unit over them, as `cloud_growth` gives them.

    Attributes
    ----------
    norms : ndarray, (horizon + 1, count)
        ‖V^k x‖, a row for each k.
    spread : ndarray, (horizon + 1, n)
        The standard deviation of each entry of V^k x over the starts.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.cloud_growth([[0.5]], 2, count=4).norms[:, 0]
    array([1.  , 0.5 , 0.25])
    """

    norms: Float64[np.ndarray, "steps count"]
    spread: Float64[np.ndarray, "steps n"]


def optimal_input(V: Matrix, k: float, time: Time = "discrete") -> OptimalInput:
    """The unit x with the largest ‖V^k x‖, with V^k x and the gain ‖V^k‖₂: the leading singular vectors and value.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    k : int, at least 0
        In continuous time any time t ≥ 0, and e^{tV} takes the place of V^k.
    time : {"discrete", "continuous"}
        Whether V^k or e^{tV} stretches.

    Returns
    -------
    OptimalInput
        In V's own basis. x and −x serve equally: its entry of largest modulus (the first, where several are) is
        positive. They are complex where V is. Where a whole subspace is stretched equally, one vector of it.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, k or time is out of range, or V^k or e^{tV} leaves float64.

    References
    ----------
    Farrell & Ioannou (1996), Journal of the Atmospheric Sciences 53.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> best = dynamics.optimal_input([[0.0, 0.0], [3.0, 0.0]], 1)
    >>> abs(best.input), abs(best.response), best.gain
    (array([1., 0.]), array([0., 3.]), 3.0)
    """
    P, form = as_form(V)
    if check_time(time) == "continuous":
        M = exponential(form, number("k", k, 0))
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            M = np.linalg.matrix_power(form, whole_number("k", k, 0))
    if not np.isfinite(M).all():
        raise ValueError(f"what V does in k = {k:g} leaves float64: choose a smaller k, or scale V down")
    _, values, directions = np.linalg.svd(M)
    x = directions[0].conj()
    own = P @ x
    size = np.abs(own)
    largest = own[np.flatnonzero(size >= (1 - TIE) * size.max())[0]]
    sign = np.sign(largest).conj()  # of a complex number z/|z|
    return OptimalInput(sign * own, sign * (P @ (M @ x)), float(values[0]))


def cloud_growth(V: Matrix, horizon: int, count: int = 1000, seed: int = 0) -> Cloud:
    """‖V^k x‖ for random x, uniform on the unit sphere, and each unit's spread over them, k = 0…horizon.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    horizon : int, at least 0
        The last k.
    count : int, at least 1
        How many x.
    seed : int, at least 0
        The same seed gives the same starts, in V's own basis. They are complex where V is.

    Returns
    -------
    Cloud
        The mean of the squared norms tends to `typical_growth` squared, their largest stays below `transient_growth`. ∞
        where a state leaves float64.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or horizon, count or seed is out of range.

    References
    ----------
    Kerg et al. (2019), figure 1b.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> V = dynamics.gallery["gentle"]()
    >>> cloud = dynamics.cloud_growth(V, 6, count=50)
    >>> cloud.norms.shape, cloud.spread.shape
    ((7, 50), (7, 2))
    >>> bool((cloud.norms.max(axis=1) <= 1.0001 * dynamics.transient_growth(V, 6)).all())
    True
    """
    P, form = as_form(V)
    n, steps = len(form), whole_number("horizon", horizon, 0) + 1
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    starts = rng.standard_normal((n, whole_number("count", count, 1)))
    if np.iscomplexobj(form):
        starts = starts + 1j * rng.standard_normal(starts.shape)
    X = P.T @ (starts / np.linalg.norm(starts, axis=0))
    norms, spread = np.empty((steps, X.shape[1])), np.empty((steps, n))
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(steps):
            if k:
                X = form @ X
            own = P @ X if isinstance(V, HoldsSchurForm) else X  # P is I for any other V
            norms[k], spread[k] = _sizes(X, 0, np.linalg.norm), _sizes(own, 1, np.std)
    return Cloud(norms, spread)


def _sizes(X: Inexact[np.ndarray, "n count"], axis: int, measure: Callable[..., np.ndarray]) -> np.ndarray:
    """`measure` along an axis, of numbers whose squares may leave float64; ∞ where they hold infinite or NaN ones."""
    scale = np.abs(X).max(axis=axis, keepdims=True)
    finite = np.isfinite(scale)
    unit = X / np.where(finite & (scale > 0), scale, 1.0)
    return np.where(finite, scale * measure(unit, axis=axis, keepdims=True), np.inf).squeeze(axis)
