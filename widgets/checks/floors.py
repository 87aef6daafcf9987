"""The answers of notebook 08 that need no training: a floor, and an entry that moves eigenvalues."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..figures.numbers import fixed
from .verdict import Verdict, as_number, asked, first_match, missing

NOISE, DELAYS = 0.4, 10  # of the warm-up


def floor_of_normals(floor: Any) -> Verdict:
    """Whether it is 1/(1 + 1/(ε m)) for noise of standard deviation 0.4 and m = 10 delays, two decimals."""
    if (empty := missing(floor=floor)) is not None:
        return empty
    number = as_number(floor, "floor is one number")
    if isinstance(number, str):
        return Verdict(number)
    variance = NOISE**2
    right = 1 / (1 + 1 / (variance * DELAYS))
    mistakes = (
        (1 / (1 + 4 / 20), "That is the floor of act I. Here the noise is weaker, and there are fewer delays."),
        (1 / (1 + 1 / (NOISE * DELAYS)), "You took the standard deviation 0.4; ε is the variance, its square."),
        (1 / (1 + 1 / variance), "That is for one delay which holds all of the memory; ten have to share 1/ε."),
        (
            1 / (1 + variance * DELAYS),
            "That is upside down: the mean of the J(k) is 1/(10 ε), and not 10 ε.",
        ),
        (1 / (variance * DELAYS), "That is the mean of the J(k). The error is 1/(1 + that)."),
        (1 / variance, "That is the sum of all J(k). Ten delays share it, and the error is 1/(1 + J)."),
        (
            (variance / (1 + variance) + DELAYS - 1) / DELAYS,
            "That is the error of a network without memory, which knows the present input alone.",
        ),
    )
    if abs(number - right) > 0.006:
        words = first_match(number, mistakes, 0, 0.006)
        return Verdict(words or f"It should be near {fixed(right, 3)}; yours is {fixed(number, 3)}.")
    return Verdict("Right: the sum of the J(k) is at most 1/0.16 = 6.25, so 1/(1 + 6.25/10) = 0.615.", True)


def entry_for(function: Callable[[float, float, float], Any]) -> Verdict:
    """Whether `function(modulus, gamma, theta)` is the t with |λ|² = γ² − γ t sin θ for a complex pair."""
    for modulus, gamma, theta in ((0.9, 1.1, 1.2), (1.05, 1.0, 0.7), (1.0, 1.0, 1.0)):
        answer = asked("entry_for", function, modulus, gamma, theta)
        if isinstance(answer, Verdict):
            return answer
        number = as_number(answer, "return one number, the entry t")
        if isinstance(number, str):
            return Verdict(number)
        right = (gamma**2 - modulus**2) / (gamma * math.sin(theta))
        if not math.isclose(number, right, rel_tol=1e-9, abs_tol=1e-12):
            words = first_match(number, _mistakes_of_an_entry(modulus, gamma, theta), 1e-9)
            found = f"it should be {fixed(right, 4)}; yours is {fixed(number, 4)}. |λ|² of a complex pair is det."
            return Verdict(f"For |λ| = {modulus:g}, γ = {gamma:g}, θ = {theta:g}: {words or found}")
    return Verdict("Right: t = (γ² − |λ|²)/(γ sin θ). A negative t makes the eigenvalues larger.", True)


def _mistakes_of_an_entry(modulus: float, gamma: float, theta: float) -> list[tuple[float, str]]:
    s, c = math.sin(theta), math.cos(theta)
    return [
        ((modulus**2 - gamma**2) / (gamma * s), "the sign is wrong: a positive t makes the determinant smaller."),
        ((gamma - modulus) / s, "you took |λ| = γ − t sin θ. The determinant gives the square, |λ|²."),
        ((gamma**2 - modulus**2) / s, "the lower entry is γ sin θ, so γ stands in the denominator too."),
        ((gamma**2 - modulus**2) / gamma, "sin θ is missing: t is multiplied by the lower entry, γ sin θ."),
        ((gamma**2 - modulus**2) / (gamma * c), "that has cos θ: t stands opposite γ sin θ in the determinant."),
        ((gamma**2 - modulus) / (gamma * s), "|λ| is not squared: the determinant is the product of the pair."),
        ((gamma**2 - modulus**2) * gamma * s, "you multiplied by γ sin θ; it belongs into the denominator."),
    ]
