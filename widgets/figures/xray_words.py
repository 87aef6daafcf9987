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


class Taken(NamedTuple):
    """What is taken from T: percent of its entries, in a way; a share of ‖T‖_F², NaN where T = 0. growth: ‖V^k‖ of what
    is left."""

    percent: float
    way: str
    scaled: bool
    share: float
    growth: np.ndarray


class Outcome(NamedTuple):
    """The loss of the network as it is and with a part of T taken, and of each draw of the control (NaN: not measured
    yet); and the task's baseline."""

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


def ablation_sentence(taken: Taken, outcome: Outcome | None) -> str:
    """What the ablation does, beside its control. outcome: None for a matrix alone."""
    what = _taken(taken)
    if outcome is None:
        return f"{what}. A matrix alone has no task, and no loss."
    whole, guess = _number(outcome.whole), f"(best guess without memory {short(outcome.baseline)})"
    if not taken.share > 0:
        return f"{what}: the loss is {whole} {guess}."
    if math.isnan(outcome.loss):
        return f"{what}; the loss is being measured."
    says = f"{what}, and the loss goes from {whole} to {_number(outcome.loss)}"
    drawn = outcome.draws[~np.isnan(outcome.draws)]
    if not len(drawn):
        return f"{says} {guess}."
    low, high = _number(float(drawn.min())), _number(float(drawn.max()))
    between = low if low == high else f"{low} to {high} in {len(drawn)} draws"
    return f"{says}; with as much {outcome.control} it is {between} {guess}."


def _taken(taken: Taken) -> str:
    if math.isnan(taken.share):
        return "T = 0, there is nothing to take away"
    if taken.share == 0:
        return "Nothing is taken away"
    energy = f"{100 * taken.share:.3g} % of its energy"
    if taken.scaled:
        what = f"With all of T scaled to {100 - taken.percent:.0f} % ({energy} taken)"
    else:
        what = f"Without {taken.percent:.0f} % of T's entries, {taken.way.replace(' entries', '')} ({energy})"
    return f"{what} the largest ‖Vᵏ‖ is {_peak(taken.growth)}"


def _number(loss: float) -> str:
    return "not measured yet" if math.isnan(loss) else "beyond all bounds" if loss > 1e6 else short(loss)
