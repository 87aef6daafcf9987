"""The answers of notebook 03 beside the best start: two gains, the time of a peak, a network of one's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nnrnn_core import dynamics

from ..figures.numbers import fixed, short
from ..figures.shear import shear
from .verdict import READ, Verdict, as_number, as_square, asked, first_match, missing

K = 6  # of the warm-up
SIZE, RADIUS, ONE_STEP = 10, 0.9, 1.2  # of the open question


def two_gains(first: Any, second: Any) -> Verdict:
    """Whether they are ‖V⁶ (1, 0)‖ and ‖V⁶ (0, 1)‖ of V = [[0.9, 2], [0, 0.8]], to two decimals."""
    if (empty := missing(first=first, second=second)) is not None:
        return empty
    V, M = shear(2.0), np.linalg.matrix_power(shear(2.0), K)
    for i, (name, answer) in enumerate((("first", first), ("second", second))):
        number = as_number(answer, f"{name} is a length, one number")
        if isinstance(number, str):
            return Verdict(number)
        right = float(np.linalg.norm(M[:, i]))
        if abs(number - right) > READ:
            mistakes = (
                (np.linalg.norm(V[:, i]), "That is the length after one step; six are asked for."),
                (np.linalg.norm((V**K)[:, i]), "V**6 raises each entry to the power 6: np.linalg.matrix_power(V, 6)."),
                (np.linalg.norm(K * V[:, i]), "That is 6 V. Multiply V by itself six times."),
                (
                    np.linalg.norm(M[i]),
                    "That is the length of a row of V⁶. V⁶ takes (1, 0) to its first column, and (0, 1) to its second.",
                ),
                (np.linalg.norm(M, 2), "That is ‖V⁶‖₂, the gain of the best start."),
                (right**2, "That is the squared length: take its root."),
                (M[:, i].sum(), "That is the sum of the entries; the length is the root of the sum of their squares."),
                (
                    np.linalg.norm(V[:, i]) ** K,
                    "A length to the power 6 will not do: the direction changes at each step.",
                ),
            )
            words = first_match(number, mistakes, 0, READ)
            return Verdict(words or f"{name} should be near {fixed(right, 2)}; yours is {short(number, 4)}.")
    return Verdict("Right: one start shrinks to 0.53, and the other grows to 5.39. The best one grows to 5.42.", True)


def peak_time(function: Callable[[float, float], Any]) -> Verdict:
    """Whether `function(a, b)` is the t at which (e^{−at} − e^{−bt})/(b − a) is largest: ln(b/a)/(b − a)."""
    for a, b in ((1.0, 1.43), (0.5, 2.0), (3.0, 1.0)):
        answer = asked(f"peak_time({short(a)}, {short(b)})", function, a, b)
        if isinstance(answer, Verdict):
            return answer
        number = as_number(answer, "return one number, the time of the peak")
        if isinstance(number, str):
            return Verdict(number)
        right = math.log(b / a) / (b - a)
        if not math.isclose(number, right, rel_tol=1e-6):
            words = first_match(number, _mistakes_of_a_time(a, b, right))
            found = f"peak_time({short(a)}, {short(b)}) should be {fixed(right, 4)}; yours is {fixed(number, 4)}."
            return Verdict(words or f"{found} Set the derivative of e^(−at) − e^(−bt) to zero.")
    return Verdict("Right: t = ln(b/a)/(b − a), whatever the weight is. For 1 and 1.43 it is 0.83.", True)


def _mistakes_of_a_time(a: float, b: float, right: float) -> list[tuple[float, str]]:
    return [
        (-right, "The sign is wrong: a time after the start is positive."),
        (right * (b - a), "Divide by b − a: the exponents are at and bt."),
        (1 / right, "You divided the other way round: the logarithm stands above, and b − a below."),
        (right / math.log(10), "np.log10 is the logarithm to base 10: take np.log."),
        ((math.exp(-a * right) - math.exp(-b * right)) / (b - a), "That is how high the peak is; asked is when."),
        (1 / (b - a), "The logarithm of b/a is missing."),
        (1 / a, "That is how long the first mode takes to decay; the peak depends on both rates."),
        (1 / b, "That is how long the second mode takes to decay; the peak depends on both rates."),
        (2 / (a + b), "That would be so if both rates were equal to their mean."),
    ]


def beats_the_chain(matrix: Any) -> Verdict:
    """Whether a 10×10 V with ‖V‖₂ ≤ 1.2 and ρ ≤ 0.9 grows farther than the delay line of links 1.2, to 1.2⁹."""
    if (empty := missing(mine=matrix)) is not None:
        return empty
    V = as_square(matrix, SIZE)
    if isinstance(V, str):
        return Verdict(V)
    norm, radius = float(np.linalg.norm(V, 2)), dynamics.spectral_radius(V)
    if norm > ONE_STEP + 1e-6:
        return Verdict(f"One step stretches {fixed(norm, 4)}-fold; at most {short(ONE_STEP)} is allowed.")
    if radius > RADIUS + 1e-6:
        return Verdict(f"The spectral radius is {fixed(radius, 4)}; at most {short(RADIUS)} is allowed.{_doubt(V)}")
    growth = dynamics.transient_growth(V, 1000)
    chain = ONE_STEP ** (SIZE - 1)
    reached = f"Yours reaches {fixed(float(growth.max()), 2)} at k = {growth.argmax()}"
    if growth.max() > chain * (1 + 1e-6):
        return Verdict(f"Right. {reached}; the delay line reaches {fixed(chain, 2)}.", True)
    return Verdict(f"{reached}, and more than {fixed(chain, 2)} is asked for. {_advice(V, norm, float(growth.max()))}")


def _doubt(V: np.ndarray) -> str:
    """What to do where rounding may have moved the largest eigenvalue so far."""
    values, off = dynamics.eigenvalues(V), dynamics.eigenvalue_uncertainty(V)
    if np.abs(values).max() - off[np.abs(values).argmax()] > RADIUS + 1e-6:
        return ""
    return (
        " But these entries determine it to no more than a few digits (notebook 02, section 5), so it may be smaller: "
        "give the same network in its Schur form, as a triangular matrix."
    )


def _advice(V: np.ndarray, norm: float, reached: float) -> str:
    if norm <= 1 + 1e-9:
        return "A norm of at most 1 never makes a vector longer."
    if dynamics.henrici(V) < 1e-9:
        return "It is normal, and the norm of a normal matrix is its spectral radius."
    if math.isclose(reached, ONE_STEP ** (SIZE - 1), rel_tol=1e-6):
        return "A chain ends after nine links. Let each unit also keep a part of its own state."
    if norm < ONE_STEP - 1e-3:
        return f"One step stretches only {fixed(norm, 3)}-fold; {short(ONE_STEP)} is allowed."
    return "Let each unit drive the next one, and keep a part of its own state: d on the diagonal, a below it."
