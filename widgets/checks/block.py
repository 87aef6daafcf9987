"""Two answers of notebook 07 that need no torch: how many numbers V has, and where an entry inside a block moves λ."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..figures.numbers import fixed, short
from .verdict import Verdict, as_number, asked, first_match

SIZES = (6, 2, 10)  # the first tells the mistakes apart
BLOCKS = ((0.9, 0.7, 0.35), (1.2, 2.0, -0.4), (0.8, 4.0, 0.3))  # γ, θ, t; the pair is complex


def free_parameters(function: Callable[[int], Any]) -> Verdict:
    """Whether `function(n)` is the number of parameters of an n×n nnRNN matrix: n(n−1)/2 of P, n(n−2)/2 of T, n/2 each
    of γ and θ."""
    for n in SIZES:
        answer = asked(f"free_parameters({n})", function, n)
        if isinstance(answer, Verdict):
            return answer
        number = as_number(answer, "return one number")
        if isinstance(number, str):
            return Verdict(number)
        right = n * (n - 1) // 2 + n * (n - 2) // 2 + n
        if not math.isclose(number, right):
            return Verdict(_count_diagnosis(number, n, right))
    return Verdict("Right: n² − n/2, which is n/2 less than a matrix without any structure has.", True)


def _count_diagnosis(number: float, n: int, right: int) -> str:
    half, triangle = n // 2, n * (n - 1) // 2
    mistakes = {
        n * n: "n² is what a free matrix has, and T's entry mask; T is not free inside the n/2 blocks.",
        right + triangle + n: "P has n² entries, but A is free above its diagonal only: n(n − 1)/2 numbers.",
        right - triangle: "P is missing: n(n − 1)/2 numbers, the entries of A above its diagonal.",
        right - n: "γ and θ are missing: one of each for each of the n/2 blocks.",
        right - half: "A block has two numbers, γ and θ, and there are n/2 blocks.",
        right + n: "γ and θ are counted for each unit: there is one of each for each block of two.",
        right - (triangle - half): "T is missing: it is free strictly below the blocks.",
        right + half + n: "T is not free on the diagonal or inside the blocks: n(n − 2)/2 entries.",
        right + triangle - half: "T is counted on both sides of the blocks: it is free below them.",
    }
    words = first_match(number, mistakes.items(), 1e-9)
    return words or f"For n = {n} it should be {right}; yours is {short(number)}. Count P, T, γ and θ one by one."


def squared_modulus(function: Callable[[float, float, float], Any]) -> Verdict:
    """Whether `function(gamma, theta, t)` is |λ|² = γ² + γ t sin θ, of a block with t in its lower left corner whose
    pair is complex."""
    for gamma, theta, t in BLOCKS:
        call = f"squared_modulus({short(gamma)}, {short(theta)}, {short(t)})"
        answer = asked(call, function, gamma, theta, t)
        if isinstance(answer, Verdict):
            return answer
        number = as_number(answer, "return one number, |λ|²")
        if isinstance(number, str):
            return Verdict(number)
        right = gamma**2 + gamma * t * math.sin(theta)
        if not math.isclose(number, right, rel_tol=1e-6):
            return Verdict(_block_diagnosis(number, gamma, theta, t, f"{call} should be {fixed(right, 4)}"))
    return Verdict("Right: |λ|² is the determinant of the block, while the pair is complex.", True)


def _block_diagnosis(number: float, gamma: float, theta: float, t: float, wanted: str) -> str:
    sine, cosine = math.sin(theta), math.cos(theta)
    right = gamma**2 + gamma * t * sine
    mistakes = {
        math.sqrt(right): "That is |λ|, not its square.",
        gamma**2
        - gamma * t * sine: "The sign is that of the authors' code, where t stands above the diagonal. Here it "
        "stands below, and the product of the two corners is −γ sin θ (γ sin θ + t).",
        gamma**2: "That is without t: expand the determinant with γ sin θ + t in the lower corner.",
        gamma**2 + t * sine: "A factor γ is missing in the second term: it stands at −γ sin θ, too.",
        gamma**2 + gamma * t * cosine: "t is multiplied by the entry across from it, −γ sin θ, not by cos θ.",
        gamma**2 + gamma * t: "sin θ is missing: t is multiplied by the entry across from it, −γ sin θ.",
        gamma**2 + t: "t is multiplied by the entry across from it, −γ sin θ.",
        gamma**2 + 2 * gamma * t * sine: "The second term is twice too large: t stands in one corner only.",
        (gamma**2) * cosine**2 - gamma * sine * (gamma * sine + t): "In the determinant the product of the corners is "
        "taken off: − (−γ sin θ)(γ sin θ + t), which is a plus.",
        2 * gamma * cosine: "That is the trace: the sum of the two eigenvalues, not their product.",
        (gamma * cosine) ** 2: "That is the square of their real part: the imaginary part is missing.",
    }
    words = first_match(number, mistakes.items())
    return words or f"{wanted}; yours is {fixed(number, 4)}. Multiply the two eigenvalues: that is the determinant."
