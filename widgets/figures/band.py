"""An area between two curves, drawn as one line with gaps: the page draws lines fast, and areas slowly."""

from __future__ import annotations

from typing import Any

import numpy as np

CLOUD = "#BBE1F6"  # a light SKY: where strips overlap, transparent ones would show
WIDE = 900  # pixels of a panel, in which the strips must not part
STRIPS = 150  # that a band is drawn in, a little wider than their distance
STRIP = 1.1 * WIDE / STRIPS  # the width of their line
LOWEST = 1e-30  # stands for 0 on a log axis


def band(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    """The area between low and high over x, an increasing abscissa, on a log axis."""
    at = np.linspace(x[0], x[-1], STRIPS)
    logs = [np.log(np.clip(edge, LOWEST, 1 / LOWEST)) for edge in (low, high)]
    below, above = (np.exp(np.interp(at, x, edge)) for edge in logs)
    alive = np.interp(at, x, high > LOWEST) == 1  # and not on the way to 0
    return strokes(at, below, np.where(alive, above, np.nan))


def strokes(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    """Upright lines from low to high at every x, as one line with gaps."""
    gap = np.full(len(x), np.nan)
    return {"x": np.column_stack([x, x, gap]).ravel(), "y": np.column_stack([low, high, gap]).ravel()}
