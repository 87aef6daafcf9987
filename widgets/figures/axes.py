"""From curves to axes: fewer points than pixels, gaps where a log axis has nothing, ranges that seldom change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

POINTS = 400  # at most so many for a curve on the screen: more than its pixels would only cost time


def thinned(values: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """(abscissae, means) of a curve at 0, 1, 2, … over equal bins, at most POINTS of them. The last point is the
    curve's own last; one NaN for an empty curve."""
    y = np.asarray(values, float)
    if not len(y):
        return np.array([math.nan]), np.array([math.nan])
    last = len(y) - 1
    if not last:
        return np.zeros(1), y
    starts = np.arange(0, last, -(-last // (POINTS - 1)))
    counts = np.diff([*starts, last])
    return np.append(starts + (counts - 1) / 2, last), np.append(np.add.reduceat(y[:-1], starts) / counts, y[-1])


def positive(values: np.ndarray) -> np.ndarray:
    """For a log axis: NaN where there is nothing to draw."""
    y = filled(values)
    return np.where(np.isfinite(y) & (y > 0), y, np.nan)


def filled(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, float) if len(values) else np.array([math.nan])


def decades(curves: Sequence[Any], step: float, span: float = 12) -> list[float]:
    """A range for a log axis around all values, in multiples of `step` decades so that it seldom changes; the top
    `span` decades of them."""
    values = np.concatenate([positive(np.asarray(curve, float)) for curve in curves])
    low, high = np.log10(np.nanmin(values)), np.log10(np.nanmax(values))
    top = math.ceil(min(high, 30) / step + 0.1) * step
    return [max(math.floor(low / step - 0.1) * step, top - span), top]


def nice_end(value: float, least: float = 100) -> float:
    """The end of an axis from 0: a round number that changes a few times a decade."""
    if value <= least:
        return least
    scale = 10.0 ** math.floor(math.log10(value))
    return next(scale * m for m in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if scale * m >= value)
