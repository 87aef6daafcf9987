"""The answers of notebook 04 beside the grid of levels: a bound from one point, a disc, a matrix of one's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nnrnn_core import dynamics

from ..figures.numbers import fixed, short
from .verdict import READ, Verdict, as_number, asked, first_match, missing, without_torch

AWAY, LEVEL = 0.2, 0.01  # of the warm-up's point
ROWS, RADIUS, RATIO, STEPS = 10, 0.9, 4, 400  # of the open question


def bound_of_a_point(largest_power: Any) -> Verdict:
    """Whether it is (|z| − 1)/σ_min at |z| = 1.2 and σ_min = 0.01, which is 20."""
    if (empty := missing(largest_power=largest_power)) is not None:
        return empty
    number = as_number(largest_power, "largest_power is one number")
    if isinstance(number, str):
        return Verdict(number)
    mistakes = (
        (1 / LEVEL, "That is the norm of the resolvent, 1/σ_min. The distance from the circle is still to come in."),
        ((1 + AWAY) / LEVEL, "That is |z|/σ_min. What counts is how far the point lies outside the circle, |z| − 1."),
        (AWAY * LEVEL, "You multiplied by σ_min: the smaller σ_min is, the more the point proves. Divide by it."),
        (LEVEL / AWAY, "That is one over the bound: the distance from the circle is divided by σ_min."),
        (AWAY, "That is |z| − 1 alone: divide it by σ_min."),
        (1 + AWAY, "That is |z|. The bound is (|z| − 1)/σ_min."),
        (math.e * AWAY / LEVEL, "That has a factor e, which belongs to the bound from above."),
    )
    if abs(number - AWAY / LEVEL) > READ:
        words = first_match(number, mistakes, 0, READ / 100)
        return Verdict(words or f"It should be (1.2 − 1)/0.01; yours is {short(number, 4)}.")
    return Verdict("Right: 0.2/0.01 = 20. Some power of this matrix has a norm of 20 or more.", True)


def radius_of_a_link(function: Callable[[float, float], Any]) -> Verdict:
    """Whether `function(c, eps)` is √(ε (ε + c)): how far the ε-pseudospectrum of [[0, 0], [c, 0]] reaches."""
    for c, eps in ((3.0, 0.25), (0.5, 0.1), (0.0, 0.2)):
        answer = asked("radius_of_a_link", function, c, eps)
        if isinstance(answer, Verdict):
            return answer
        number = as_number(answer, "return one number, the radius")
        if isinstance(number, str):
            return Verdict(number)
        right = math.sqrt(eps * (eps + c))
        if not math.isclose(number, right, rel_tol=1e-9):
            words = first_match(number, _mistakes_of_a_link(c, eps), 1e-9)
            found = f"it should be {fixed(right, 4)}; yours is {fixed(number, 4)}. Write r² = σ₁σ₂ with σ₁ = σ₂ + c."
            return Verdict(f"For c = {c:g}, ε = {eps:g}: {words or found}")
    return Verdict("Right: √(ε (ε + c)). For c = 0 it is ε, and for small ε about √(c ε), which is much more.", True)


def _mistakes_of_a_link(c: float, eps: float) -> list[tuple[float, str]]:
    return [
        (eps, "that is the disc of a normal matrix. The link c makes it larger."),
        (eps * (eps + c), "that is r², the product of the two singular values. Take the root."),
        (math.sqrt(eps * c), "that is the largest term alone, for ε much smaller than c. The other one is ε²."),
        (eps + c, "that is σ₁, the larger singular value on the edge. The radius is √(σ₁σ₂)."),
        (
            math.sqrt(eps**2 + c**2),
            "you took the root of ε² + c². From the determinant, r² is the product σ₁σ₂, not a sum of squares.",
        ),
        (math.sqrt(eps), "that is √ε, the answer for c = 1 and small ε: c is missing."),
        (math.sqrt(eps * (eps - c)) if eps > c else math.nan, "look at the sign: σ₁ is larger than σ₂ by c."),
        (
            (math.sqrt(c**2 + 4 * eps**2) - c) / 2,
            "that is σ_min at distance ε from 0. Asked is the distance at which σ_min is ε.",
        ),
    ]


def far_above_kreiss(V: Any) -> Verdict:
    """Whether V has at most 10 rows, ρ ≤ 0.9, and a peak of growth of at least 4 K."""
    if (empty := missing(V=V)) is not None:
        return empty
    try:
        V = np.asarray(without_torch(V), float)
        steady = dynamics.spectral_radius(V)
    except (TypeError, ValueError) as problem:
        return Verdict(f"V must be a square matrix of real numbers: {problem}.")
    if len(V) > ROWS:
        return Verdict(f"Your matrix has {len(V)} rows, and may have {ROWS}: with many rows it would be easy.")
    if steady > RADIUS * (1 + 1e-9):
        return Verdict(f"The spectral radius is {short(steady, 4)}, and may be {RADIUS}: scale V, or its diagonal.")
    K, peak = dynamics.kreiss_constant(V), float(dynamics.transient_growth(V, STEPS).max())
    if peak <= 1 + 1e-6:
        return Verdict("Its powers never rise above 1: the peak is 1, and so is K. Stronger links make them grow.")
    found = f"K = {short(K)}, the peak is {short(peak)}, {fixed(peak / K, 2)} times K"
    if peak < RATIO * K:
        return Verdict(f"{found}; asked for is {RATIO} times. More rows in a chain give more room, up to e n.")
    return Verdict(f"Right: {found}. The bound from above, e n K, would allow {short(np.e * len(V), 3)} times.", True)
