"""From curves to axes: fewer points than pixels, gaps where a log axis has nothing, ranges that seldom change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

PART = 0.8  # of a decade
POINTS = 400  # at most so many for a curve on the screen: more than its pixels would only cost time


def thinned(values: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """(abscissae, values) of a curve at 0, 1, 2, …, at most POINTS of them: of each of many equal bins the smallest
    and the largest, and the last point. So no peak is lost, however short. One NaN for an empty curve."""
    y = np.asarray(values, float)
    if not len(y):
        return np.array([math.nan]), np.array([math.nan])
    last = len(y) - 1
    if last < POINTS:
        return np.arange(last + 1.0), y
    size = -(-last // ((POINTS - 1) // 2))
    bins = np.pad(y[:-1], (0, -last % size), mode="edge").reshape(-1, size)
    starts = size * np.arange(len(bins))
    kept = np.unique(np.append(np.concatenate([starts + bins.argmin(1), starts + bins.argmax(1)]), last))
    return kept.astype(float), y[kept]


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


def log_axis(axis: str, values: np.ndarray, labels: int, floor: float) -> dict[str, Any]:
    """What a layout says of a log axis that holds all that is not below `floor`, with about so many labels."""
    low, high = decades([np.maximum(positive(values), floor)], 0.5, span=40)
    return {f"{axis}.range": [low, high], **log_ticks(axis, low, high, labels)}


def log_ticks(axis: str, low: float, high: float, labels: int) -> dict[str, Any]:
    """Where the numbers of a log axis stand, and how they are written: 0.1, 0.2, 0.5, 1 … on less than two decades (by
    itself plotly writes the 2 and the 5 small, without their decade), powers of ten on more, about so many; at equal
    steps on a part of a decade, which may hold only one of 1, 2 and 5."""
    few = high - low < 2
    apart: Any = "D2" if few else math.ceil((high - low) / labels)
    if high - low < PART:
        most = (10**high - 10**low) / 2
        unit = 10.0 ** math.floor(math.log10(most))
        apart = f"L{unit * next(m for m in (5, 2, 1) if unit * m <= most or m == 1):g}"
    return {f"{axis}.dtick": apart, f"{axis}.tickformat": "~g" if few else ""}


def around(values: np.ndarray) -> list[float]:
    """A range around numbers, with a little room."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    return [low - room, high + room]


def nice_end(value: float, least: float = 100) -> float:
    """The end of an axis from 0: a round number that changes a few times a decade."""
    if value <= least:
        return least
    scale = 10.0 ** math.floor(math.log10(value))
    # a subnormal number has so few digits that none of these may be as large as it
    return next((scale * m for m in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if scale * m >= value), 2 * value)
