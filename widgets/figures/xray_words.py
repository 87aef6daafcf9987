"""What an XrayLab's figures show, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from .numbers import short, total


class Facts(NamedTuple):
    """Of a matrix: the share of ‖V‖_F² that is no eigenvalue's, henrici² / ‖V‖_F²; Henrici's number, spectral radius,
    ‖V^k‖, and Σ J(k). All are the same for every order of the modes."""

    share: float
    henrici: float
    radius: float
    growth: np.ndarray
    memory: float


class Outcome(NamedTuple):
    """What is taken away: percent of the entries in a way, a share of ‖T‖_F²; the loss before, with it, and of each
    draw of the control (NaN: not measured yet), and the task's baseline."""

    percent: float
    way: str
    scaled: bool
    share: float
    whole: float
    loss: float
    control: str
    draws: np.ndarray
    baseline: float


def matrix_sentence(title: str, size: int, facts: Mapping[str, Facts]) -> str:
    """facts: by "before" and "after", of which the first may be missing."""

    def said(value: str) -> str:
        both = list(dict.fromkeys(value.split(" → ")))
        return " → ".join(both)

    found = [facts[when] for when in ("before", "after") if when in facts]
    heads = [
        ("share of T in ‖V‖²", [f"{100 * one.share:.0f} %" for one in found]),
        ("Henrici's number", [short(0 if one.henrici < 1e-6 else one.henrici) for one in found]),
        ("spectral radius", [short(one.radius) for one in found]),
        ("largest ‖Vᵏ‖", [_peak(one.growth) for one in found]),
        ("Σ J(k)", [total(one.memory) for one in found]),
    ]
    numbers = ", ".join(f"{head} {said(' → '.join(values))}" for head, values in heads)
    return f"{title}, {size} units{', before → after training' if len(found) > 1 else ''}: {numbers}."


def _peak(growth: np.ndarray) -> str:
    heights = np.where(np.isfinite(growth), growth, np.inf)
    height = float(heights.max())
    if height <= 1 + 1e-4:
        return "1"
    end = " and rising" if int(heights.argmax()) == len(heights) - 1 else f" (k = {int(heights.argmax())})"
    return f"{short(height)}{end}"


def ablation_sentence(outcome: Outcome | None) -> str:
    """What the ablation does, beside its control."""
    if outcome is None:
        return "A matrix alone has no task: its loss without a part of T cannot be measured."
    whole = _number(outcome.whole)
    if math.isnan(outcome.share):
        return f"T = 0: there is nothing to take away. The loss is {whole} (best guess without memory {_baseline(outcome)})."
    if outcome.share == 0:
        return f"Nothing is taken away: the loss is {whole} (best guess without memory {_baseline(outcome)})."
    what = (
        f"With all of T scaled to {100 - outcome.percent:.0f} %"
        if outcome.scaled
        else f"Without {outcome.percent:.0f} % of T's entries, {outcome.way.replace(' entries', '')}"
    )
    energy = f"{100 * outcome.share:.3g} % of its energy"
    if math.isnan(outcome.loss):
        return f"{what} ({energy}), the loss is being measured."
    says = f"{what} ({energy}), the loss goes from {whole} to {_number(outcome.loss)}"
    if np.isnan(outcome.draws).all():
        return f"{says}; as much {outcome.control} is more than there is or is being measured."
    low, high = _number(float(np.nanmin(outcome.draws))), _number(float(np.nanmax(outcome.draws)))
    between = low if low == high else f"{low} to {high} in {np.sum(~np.isnan(outcome.draws))} draws"
    return f"{says}; with as much {outcome.control} it is {between} (best guess without memory {_baseline(outcome)})."


def _number(loss: float) -> str:
    return "not measured yet" if math.isnan(loss) else "beyond all bounds" if loss > 1e6 else short(loss)


def _baseline(outcome: Outcome) -> str:
    return short(outcome.baseline)
