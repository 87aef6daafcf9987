"""The last panel of an XrayLab: the loss as a part of T is taken away, beside its control."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .axes import decades, log_ticks, positive
from .band import band
from .training import Push

LARGEST = 1e30  # stands for a loss beyond all bounds
WAY, RANGE, MIDDLE = "ablation", "control draws, median dashed", "control, median"
BASELINE, HERE = "best guess without memory", "the slider"
OF_LOSSES = (WAY, RANGE, MIDDLE, BASELINE, HERE)


class Losses(NamedTuple):
    """Over shares of ‖T‖_F²: the loss of the ablation, and of each draw of its control (shares, draws); NaN where not
    measured. here: the slider's share and its loss. baseline: the task's."""

    shares: np.ndarray
    way: np.ndarray
    control: np.ndarray
    here: tuple[float, float]
    baseline: float


def losses_push(losses: Losses | None) -> Push:
    """The ablation, its control, and where the slider stands. None: a matrix without a task."""
    nothing = {"x": np.array([math.nan]), "y": np.array([math.nan])}
    if losses is None:
        return dict.fromkeys(OF_LOSSES, nothing), {
            "annotations[5].text": "No task: nothing to evaluate",
            "yaxis6.range": [-1, 1],
        }
    seen = ~np.isnan(losses.control).any(axis=1)
    x, draws = losses.shares[seen], np.minimum(losses.control[seen], LARGEST)
    low, high = draws.min(axis=1, initial=LARGEST), draws.max(axis=1, initial=0.0)
    measured = np.isfinite(losses.way)
    shown = measured & (len(losses.shares) > 1)  # one share: nothing is taken away, and no curve is drawn
    traces = {
        WAY: {"x": losses.shares[shown], "y": positive(losses.way[shown])} if shown.any() else nothing,
        RANGE: band(x, low, high) if len(x) > 1 else nothing,
        MIDDLE: {"x": x, "y": positive(np.median(draws, axis=1))} if len(x) > 1 else nothing,
        BASELINE: {"x": np.array([0.0, 1.0]), "y": np.array([losses.baseline] * 2)},
        HERE: {"x": np.array([losses.here[0]]), "y": positive(np.array([losses.here[1]]))},
    }
    known = np.concatenate([losses.way[measured], [losses.baseline, 0.9 * losses.baseline]])
    top = np.minimum(high, 30 * known[np.isfinite(known)].max())
    bottom, end = decades([known, top, low], 0.5, span=8)
    return traces, {
        "yaxis6.range": [bottom, end],
        **log_ticks("yaxis6", bottom, end, 8),
        "annotations[5].text": "Loss without a part of T",
    }
