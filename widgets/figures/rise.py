"""What a curve of growth does as far as it is drawn: it falls, stays at 1, peaks, or still rises at its end."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from nnrnn_core import dynamics
from nnrnn_core.dynamics.form import form_of

from .numbers import moment, short

NEAR = 1e-3  # relative: a peak so near to the one drawn is the same to the reader


class Rise(NamedTuple):
    """height: the largest value, inf beyond float64. when: where it is first reached. kind: what the curve does."""

    height: float
    when: float
    kind: Literal["falls", "stays", "peaks", "rises"]

    @property
    def text(self) -> str:
        """The height, in digits that tell it from 1."""
        return factor(self.height)


def rise_of(times: np.ndarray, curve: np.ndarray, rounding: float) -> Rise:
    """What a curve that begins at 1 does. rounding: a relative difference of which nothing is said; see `rounding`."""
    lost = ~np.isfinite(curve)
    if lost.any():
        return Rise(np.inf, float(times[lost][0]), "rises")
    height = float(curve.max())
    when = float(times[curve >= (1 - rounding) * height][0])
    if height > 1 + rounding:
        return Rise(height, when, "rises" if when >= times[-1] else "peaks")
    return Rise(height, when, "stays" if curve.min() >= 1 - rounding else "falls")


def rounding(V: dynamics.Matrix, steps: float, time: dynamics.Time = "discrete", given: float = 0.0) -> float:
    """How far rounding can move ‖V^k‖ for k ≤ steps, or ‖e^{tA}‖ for t ≤ steps, where it is about 1, to first order.

    A product of n×n matrices is wrong by at most n u ‖·‖_F ‖·‖_F ≤ n² u ‖·‖ ‖·‖ (Higham, Accuracy and Stability of
    Numerical Algorithms, 2nd ed., (3.13); u = 2⁻⁵³), and V^k takes k of them. The Schur form is exact for a V that is
    wrong by about as much, once. e^{tA} of an A that is wrong by n² u ‖A‖ is wrong by t times that. given: relative
    error of V as it came, which k steps multiply by k.
    """
    form = form_of(V)
    factors = steps if time == "discrete" else steps * float(np.linalg.norm(form))
    return float((len(form) ** 2 * np.finfo(float).eps / 2 + given) * (1 + factors))


def said_of(rise: Rise, time: dynamics.Time) -> str:
    """What a norm does, as the rest of a sentence that begins with it."""
    here = f"{rise.text} at {moment(rise.when, time)}"
    return {
        "falls": "never rises above 1",
        "stays": "stays at 1",
        "peaks": f"rises to {here}",
        "rises": f"is {here} and has not come down",
    }[rise.kind]


def peak_sentence(rise: Rise, peak: dynamics.GrowthPeak | None, ended: bool, end: float, time: dynamics.Time) -> str:
    """Whether what is said of a curve drawn up to `end` holds for all time. peak: what a search has found so far, and
    ended: whether it is over."""
    grows = rise.kind in ("peaks", "rises")
    if peak is not None and peak.proven:
        return _proven(rise, peak, end, time)
    if peak is None or not ended:
        return f"The largest so far is {rise.text}." if grows else "That is so as far as it is drawn."
    highest = max(peak.value, rise.height)
    why = "rounding hides it, or the search would take too long"
    return f"Whether more comes later is undecided ({why}): the peak is at least {factor(highest)}."


def _proven(rise: Rise, peak: dynamics.GrowthPeak, end: float, time: dynamics.Time) -> str:
    if np.isinf(peak.value):
        return "Growth goes on without end."
    if rise.kind in ("falls", "stays") and peak.value <= 1 + NEAR:
        return f"That is proven for all {'k' if time == 'discrete' else 't'}."
    if np.isinf(peak.at):
        most, k = factor(peak.value), "k" if time == "discrete" else "t"
        return (
            f"It is proven that no {k} gives more than {most}, and that some give almost {most} however large {k} is."
        )
    there = f"{factor(peak.value)} at {moment(peak.at, time)}"
    if peak.at > end:
        return f"The largest of all, proven, is {there}, beyond what is drawn."
    if peak.value > (1 + NEAR) * rise.height:  # between two points of the curve
        return f"The largest of all, proven, is {there}."
    return f"The peak of {rise.text} is proven to be the largest."


def factor(value: float) -> str:
    """A growth as a number that is never "1" for what is more or less than 1: 2,470, or 1 + 3·10⁻⁵."""
    if value != 1 and short(value) == "1":
        return f"1 {'+' if value > 1 else '−'} {short(abs(value - 1), 1)}"
    return short(value)
