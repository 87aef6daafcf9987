"""The answers of notebook 01 beside the growth by hand: a warm-up, a curve, a matrix of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnrnn_core import dynamics

from ..figures.numbers import fixed, short
from ..figures.shear import shear
from .verdict import READ, Verdict, as_number, as_square, asked, first_match, missing

C = 2.0  # of the warm-up
SIZE, RADIUS, ENTRY, FAR = 3, 0.9, 2.0, 100.0  # of the open question
ROUNDING = 1e-4  # a threefold eigenvalue is computed to about the third root of 1e-16


def radius_and_norm(radius: Any, longest: Any) -> Verdict:
    """Whether they are the spectral radius and the norm of V = [[0.9, 2], [0, 0.8]], to two decimals."""
    if (empty := missing(radius=radius, longest=longest)) is not None:
        return empty
    V = shear(C)
    norm = float(np.linalg.norm(V, 2))
    numbers = [as_number(answer, "give one real number") for answer in (radius, longest)]
    for name, number in zip(("radius", "longest"), numbers, strict=True):
        if isinstance(number, str):
            return Verdict(f"{name}: {number}")
    if first_match(numbers, [((norm, RADIUS), "")], 0, READ) is not None:
        return Verdict("You have the two in each other's place: the spectral radius is the smaller one.")
    of_radius = (
        (0.8, "That is the smaller eigenvalue: the spectral radius is the largest modulus."),
        (norm, "radius is the largest singular value here. The spectral radius is made of eigenvalues."),
        (1.7, "That is the sum of the eigenvalues; the spectral radius is the largest modulus."),
        (0.72, "That is the determinant, the product of the eigenvalues."),
    )
    of_norm = (
        (0.9, "That is how long V h is for the eigenvector (1, 0). Other h get farther."),
        (float(np.linalg.norm(V)), "That is the Frobenius norm, np.linalg.norm(V): it needs ord=2."),
        (float(np.linalg.norm(V[:, 1])), "That is the length of V (0, 1). A vector near it gets a little farther."),
        (C, "That is the largest entry. Take the largest singular value."),
        (norm**2, "That is the largest eigenvalue of Vᵀ V; the length is its root."),
    )
    for name, number, right, mistakes in (
        ("radius", numbers[0], RADIUS, of_radius), ("longest", numbers[1], norm, of_norm),
    ):  # fmt: skip
        if abs(float(number) - right) > READ:
            words = first_match(number, mistakes, 0, READ)
            return Verdict(words or f"{name} should be near {fixed(right, 2)}; yours is {short(float(number), 4)}.")
    return Verdict("Right: ρ = 0.9, and one step makes some vector 2.31 times as long.", True)


def growth_curve(function: Callable[[np.ndarray, int], Any]) -> Verdict:
    """Whether `function(V, steps)` is ‖V^k‖₂ for k = 0 … steps."""
    for V, steps in ((shear(C), 8), (np.random.default_rng(4).standard_normal((4, 4)) / 2, 5)):
        answer = asked("growth_curve", function, V.copy(), steps)
        if isinstance(answer, Verdict):
            return answer
        wanted = f"return the {steps + 1} numbers ‖V^k‖₂ for k = 0 … {steps}"
        try:
            curve = np.asarray(answer, float)
        except (TypeError, ValueError):
            return Verdict(f"You returned {answer!r:.80}: {wanted}.")
        right = dynamics.transient_growth(V, steps)
        if curve.shape != right.shape or not np.allclose(curve, right, rtol=1e-6):
            words = first_match(curve, _mistakes_of_a_curve(V, steps, right))
            if words is None and curve.shape != right.shape:
                words = f"You returned an array of shape {curve.shape}: {wanted}."
            return Verdict(words or f"‖V^2‖₂ should be {fixed(right[2], 4)}; yours is {fixed(curve[2], 4)}.")
    return Verdict("Right: the largest singular value of each power. It begins at 1, where k = 0.", True)


def _mistakes_of_a_curve(V: np.ndarray, steps: int, right: np.ndarray) -> list[tuple[Any, str]]:
    powers = [np.linalg.matrix_power(V, k) for k in range(steps + 2)]
    k = np.arange(steps + 1)
    radius, norm = dynamics.spectral_radius(V), np.linalg.norm(V, 2)
    return [
        (right[:-1], "The last one is missing: range(steps) ends before steps."),
        ([np.linalg.norm(M, 2) for M in powers[1:-1]], "Yours begins at k = 1. V⁰ is the identity matrix, of norm 1."),
        ([np.linalg.norm(M, 2) for M in powers[1:]], "Yours runs from k = 1 to steps + 1; it should begin with V⁰."),
        (right[-1], "That is the last one alone: return all of them, k = 0 … steps."),
        (right.max(), "That is the peak alone: return the whole curve."),
        ([np.linalg.norm(V**i, 2) for i in k], "V**k raises each entry to the power k: np.linalg.matrix_power(V, k)."),
        ([np.linalg.norm(M) for M in powers[:-1]], "That is the Frobenius norm: np.linalg.norm needs ord=2."),
        (norm**k, "‖V‖₂^k is only an upper bound: the best vector of one step need not be the best of the next."),
        (radius**k, "That is ρ^k, the dotted curve: eigenvalues of V^k. Take singular values."),
    ]


def grows_far(matrix: Any) -> Verdict:
    """Whether a 3×3 matrix with |λ| ≤ 0.9 and entries of at most 2 in modulus has a power with a norm above 100."""
    if (empty := missing(mine=matrix)) is not None:
        return empty
    V = as_square(matrix, SIZE)
    if isinstance(V, str):
        return Verdict(V)
    if np.abs(V).max() > ENTRY:
        return Verdict(
            f"One entry is {short(float(np.abs(V).max()), 4)} in modulus; at most {short(ENTRY)} is allowed."
        )
    radius = dynamics.spectral_radius(V)
    if radius > RADIUS + ROUNDING:
        return Verdict(f"One eigenvalue has the modulus {fixed(radius, 4)}; at most {short(RADIUS)} is allowed.")
    growth = dynamics.transient_growth(V, 200)
    reached = f"Yours reaches {fixed(float(growth.max()), 1)} at k = {growth.argmax()}"
    if growth.max() > FAR:
        return Verdict(f"Right. {reached}. How much farther can you get?", True)
    return Verdict(f"{reached}, and {short(FAR)} is asked for. {_advice(V, float(growth.max()))}")


def _advice(V: np.ndarray, reached: float) -> str:
    if dynamics.henrici(V) < 1e-9:
        return "It is normal, so its powers are as long as its eigenvalues say."
    if reached <= 1 + 1e-9:
        return "No vector becomes longer: the entries off the diagonal are too small."
    off = V[~np.eye(SIZE, dtype=bool)]
    if np.count_nonzero(off) < 2:
        return "Only one unit drives another. Let the third one take part."
    if np.ptp(np.diag(V)) > 1e-9 and np.allclose(np.tril(V, -1), 0):
        return "The smaller eigenvalues end the growth early: all three may be 0.9."
    return "Let the first unit be driven by the second, and the second by the third, as strongly as is allowed."
