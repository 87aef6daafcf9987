"""The answers of notebook 05 beside J(k) from C: a normal network, an input further down, a network of one's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nnrnn_core import dynamics

from ..figures.numbers import fixed, short
from .verdict import Verdict, as_number, as_square, asked, first_match, missing

GAMMA, DELAY = 0.8, 2  # of the warm-up
UNITS, RANGE, TOTAL, HORIZON = 10, 5.0, 6.0, 400  # of the open question


def memory_of_a_normal(J_2: Any) -> Verdict:
    """Whether it is J(2) of 0.8 times an orthogonal matrix: (1 − 0.8²) 0.8⁴."""
    if (empty := missing(J_2=J_2)) is not None:
        return empty
    number = as_number(J_2, "J_2 is one number")
    if isinstance(number, str):
        return Verdict(number)
    signal, noise = GAMMA ** (2 * DELAY), 1 / (1 - GAMMA**2)
    right = signal / noise
    mistakes = (
        (signal, "That is the power of the signal alone, γ⁴. Divide it by the variance of the noise, 1/(1 − γ²)."),
        (GAMMA**DELAY / noise, "The signal has the length γ² after two steps; its power is the square of that, γ⁴."),
        (GAMMA**DELAY * (1 - GAMMA), "Both the signal and the noise go with γ², their power, and not with γ."),
        (signal * (1 - GAMMA), "The noise sums to 1/(1 − γ²): its power falls by γ², and not by γ, at each step."),
        (signal * noise, "You multiplied by the variance of the noise: the more noise there is, the less is known."),
        (1 - GAMMA**2, "That is J(0), of the input of this moment. Two steps later its power is γ⁴."),
        (GAMMA**2 * (1 - GAMMA**2), "That is J(1): after two steps the power is γ⁴."),
        (1.0, "That is the sum of all J(k). Asked is the one of k = 2."),
        (
            (1 - GAMMA**2) * sum(GAMMA ** (2 * k) for k in range(DELAY + 1)),
            "You added J(0), J(1) and J(2) up: asked is J(2).",
        ),
    )
    if abs(number - right) > 6e-4:
        words = first_match(number, mistakes, 0, 6e-4)
        return Verdict(words or f"It should be (1 − γ²) γ⁴ = {fixed(right, 4)}; yours is {fixed(number, 4)}.")
    return Verdict("Right: (1 − 0.64) · 0.64² = 0.147.", True)


def total_from_unit(function: Callable[[int, int], Any]) -> Verdict:
    """Whether `function(m, N)` is 1/m + … + 1/N: the total of a delay line with α = 1 whose input enters at unit m."""
    for m, N in ((3, 8), (1, 5), (6, 6)):
        answer = asked("total_from_unit", function, m, N)
        if isinstance(answer, Verdict):
            return answer
        number = as_number(answer, "return one number, the total")
        if isinstance(number, str):
            return Verdict(number)
        right = _harmonic(m, N)
        if not math.isclose(number, right, rel_tol=1e-9):
            words = first_match(number, _mistakes_of_a_line(m, N), 1e-9)
            found = f"it should be {fixed(right, 4)}; yours is {fixed(number, 4)}. Write down J(0) first."
            return Verdict(f"For m = {m}, N = {N}: {words or found}")
    return Verdict("Right: 1/m + … + 1/N. Added up over all m each 1/j is counted j times, which gives N.", True)


def _harmonic(first: int, last: int) -> float:
    return sum(1 / j for j in range(first, last + 1))


def _mistakes_of_a_line(m: int, N: int) -> list[tuple[float, str]]:
    return [
        (_harmonic(1, N), "that is the total of an input at unit 1; m has no effect."),
        (
            _harmonic(1, N - m + 1),
            "that counts the noise of the units from m on. What entered before unit m has arrived there as well.",
        ),
        (_harmonic(m + 1, N), "J(0) is missing: at k = 0 the signal stands in unit m, with the noise of m units."),
        (_harmonic(m, N - 1), "the last unit is missing: after N − m steps the signal stands in unit N."),
        (_harmonic(m, N + m), "the line has only N units: after unit N the signal has left."),
        (1 / m, "that is J(0) alone: add those of the units that the signal still reaches."),
        (1 / N, "that is the last J(k) alone, of the signal in unit N."),
        (_harmonic(1, m), "you added up to m: the signal moves from unit m on to unit N."),
        ((N - m + 1) / m, "the noise grows on the way: in unit j it has come in at j places."),
    ]


def memory_within_range(V: Any) -> Verdict:
    """Whether V, of 10 units, holds 6 or more of an input at unit 1 while noise drives no unit beyond an rms of 5."""
    if (empty := missing(V=V)) is not None:
        return empty
    V = as_square(V, UNITS)
    if isinstance(V, str):
        return Verdict(V)
    radius = dynamics.spectral_radius(V)
    if radius >= 1:
        return Verdict(f"The spectral radius is {short(radius, 4)}: with 1 or more the noise grows without bound.")
    try:
        held = float(dynamics.fisher_memory(V, np.eye(UNITS)[0], HORIZON).sum())
        reach = float(dynamics.activity(V).max())
    except ValueError as problem:
        return Verdict(f"This matrix cannot be judged: {problem}")
    found = f"It holds {fixed(held, 2)} and noise drives the largest unit to {fixed(reach, 2)}"
    if reach > RANGE * (1 + 1e-6):
        return Verdict(f"{found}, beyond {RANGE:g}. Amplify at fewer links, or by less.")
    if held < 1 - 1e-6:
        return Verdict(f"{found}. That is less than a normal network holds: unit 1 must stand before the others.")
    if held <= 1 + 1e-6:
        return Verdict(f"{found}, as every normal network does. Which part has to come in?")
    if held < TOTAL:
        return Verdict(f"{found}; {TOTAL:g} is asked for. At which link is the signal amplified with the least noise?")
    return Verdict(f"Right. {found}.", True)
