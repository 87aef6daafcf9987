"""x' = A x: the propagator e^{tA}, and how large it becomes before the spectral abscissa decides."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import scipy.linalg
import torch
from jaxtyping import Float64
from numpy.typing import ArrayLike

from .form import Matrix, RealMatrix, as_real, real_form, vector

Times = Float64[np.ndarray, " times"]
SPACING = 8 * np.finfo(float).eps  # relative to the last time: what rounding does to equally spaced ones


def exponential_growth(A: Matrix, times: torch.Tensor | ArrayLike) -> Times:
    """‖e^{tA}‖₂ at the given times t ≥ 0: the growth of the worst direction, `transient_growth` in continuous time.

    e^{α t} for normal A (α the spectral abscissa); the slope at t = 0 is the numerical abscissa. ∞ where e^{tA} leaves
    float64. Times that increase by equal steps cost one exponential and a product each, others an exponential each.
    Errors: times that are not a list of finite numbers of at least 0; t A beyond float64.
    """
    return np.array([_norm(E, 2) for E in _exponentials(A, times)], dtype=float)


def typical_exponential_growth(A: Matrix, times: torch.Tensor | ArrayLike) -> Times:
    """‖e^{tA}‖_F / √n at the given times t ≥ 0: the root mean square of ‖e^{tA} x‖ over random unit x.

    Otherwise as `exponential_growth`.
    """
    return np.array([_norm(E, "fro") / math.sqrt(len(E)) for E in _exponentials(A, times)], dtype=float)


def propagator(A: Matrix, t: float) -> RealMatrix:
    """e^{tA}, (n, n), in A's own basis: what x' = A x does to a state in the time t, which may be negative.

    P e^{t form} Pᵀ with the form of `as_real`, which does not go through A's dense entries (scaling and squaring,
    Al-Mohy & Higham 2009). Every entry is ∞ where e^{tA} leaves float64. Errors: t not finite; t A beyond float64.
    """
    P, form = as_real(A)
    E = exponential(form, number(t, "t"))
    return P @ E @ P.T if np.isfinite(E).all() else E


def exponential(form: RealMatrix, t: float) -> RealMatrix:
    """e^{t form}; every entry ∞ where one of them leaves float64. ValueError where t · form itself does."""
    with np.errstate(all="ignore"):
        exponent = t * form
        if not np.isfinite(exponent).all():
            raise ValueError(f"t A leaves float64 at t = {t:g}: choose smaller times, or scale A down")
        E: RealMatrix = scipy.linalg.expm(exponent)
    return E if np.isfinite(E).all() else np.full_like(form, np.inf)


def number(value: object, name: str, low: float = -math.inf) -> float:
    """A finite real number of at least `low`; ValueError otherwise."""
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not real or not math.isfinite(float(value)) or float(value) < low:  # type: ignore[arg-type]
        least = f" of at least {low:g}" if math.isfinite(low) else ""
        raise ValueError(f"{name} must be a finite number{least}; got {value!r}")
    return float(value)  # type: ignore[arg-type]


def _exponentials(A: Matrix, times: torch.Tensor | ArrayLike) -> Iterator[RealMatrix]:
    """e^{t form} at each of the times; with an infinite or NaN entry where it leaves float64."""
    form, ts = real_form(A), _checked(times)
    step = (ts[-1] - ts[0]) / (len(ts) - 1) if len(ts) > 2 else 0.0
    even = ts[0] + step * np.arange(len(ts)) if len(ts) else ts
    # a negative step would need e^{−tA}, which can be far larger than e^{tA}
    if step <= 0 or np.abs(ts - even).max() > SPACING * ts[-1]:
        yield from (exponential(form, float(t)) for t in ts)
        return
    E, once = exponential(form, float(ts[0])), exponential(form, float(step))
    for i in range(len(ts)):
        if i:
            with np.errstate(over="ignore", invalid="ignore"):
                E = E @ once
        yield E


def _norm(E: RealMatrix, order: int | str) -> float:
    """A norm by LAPACK, which scales where squares would leave float64; ∞ where the entries have left it."""
    return float(scipy.linalg.norm(E, order)) if np.isfinite(E).all() else math.inf


def _checked(times: torch.Tensor | ArrayLike) -> Times:
    shape = np.shape(times)
    if len(shape) != 1:
        raise ValueError(f"times must be a list of numbers; its shape is {tuple(shape)}")
    ts = vector(times, shape[0], "times")
    if (ts < 0).any():
        raise ValueError(f"times must be at least 0; got {ts.min():g}")
    return ts
