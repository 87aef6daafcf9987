"""The answers of notebook 02 beside Henrici's number in two ways: a form to read, a pair, a T of one's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nnrnn_core import dynamics

from ..figures.numbers import fixed, short
from .verdict import READ, Verdict, as_number, as_square, asked, first_match, missing

FORM = np.array([[0, -0.9, 0, 0], [0.9, 0, 0, 0], [3, 0, 0.8, 0], [0, 4, 0, 0.8]])  # the warm-up's
SIZE, VALUE, SPENT = 4, 0.9, 2.0  # of the open question


def read_form(radius: Any, departure: Any) -> Verdict:
    """Whether they are the spectral radius and Henrici's number of `FORM`, to two decimals."""
    if (empty := missing(radius=radius, departure=departure)) is not None:
        return empty
    whole, below = float(np.linalg.norm(FORM)), FORM[2:, :2]
    of_radius = (
        (0.0, "Those are the entries on the diagonal. The first block turns by a right angle: its γ is 0.9."),
        (0.8, "That is the modulus of the second pair; the first block has γ = 0.9."),
        (0.81, "That is γ², the determinant of the first block; |λ| is γ."),
        (4.0, "That is the largest entry, one of T. Eigenvalues come from the blocks alone."),
        (float(np.linalg.norm(FORM, 2)), "That is the largest singular value. The blocks have the eigenvalues."),
    )
    of_departure = (
        (25.0, "That is the sum of the squares: the Frobenius norm is its root."),
        (7.0, "That is the sum of the entries of T; add their squares, and take the root."),
        (4.0, "That is the largest entry of T, its largest singular value; Frobenius's norm takes all entries."),
        (whole, "That is the norm of the whole form: leave the blocks out."),
        (
            float(np.linalg.norm(np.tril(FORM, -1))),
            "You counted the 0.9 inside the first block: T is below the blocks.",
        ),
        (float(np.linalg.norm(FORM - np.diag(np.diag(FORM)))), "You left only the diagonal out: leave the blocks out."),
    )
    for name, answer, right, mistakes in (
        ("radius", radius, 0.9, of_radius), ("departure", departure, float(np.linalg.norm(below)), of_departure),
    ):  # fmt: skip
        number = as_number(answer, f"{name} is one real number")
        if isinstance(number, str):
            return Verdict(number)
        if abs(number - right) > READ:
            words = first_match(number, mistakes, 0, READ)
            return Verdict(words or f"{name} should be near {fixed(right, 2)}; yours is {short(number, 4)}.")
    return Verdict("Right: the blocks give |λ| = 0.9 and 0.8, and T gives √(3² + 4²) = 5.", True)


def departure_of_a_pair(function: Callable[[float, float, float, float], Any]) -> Verdict:
    """Whether `function(a, b, c, d)` is Henrici's number of [[a, b], [c, d]], where its eigenvalues are complex."""
    for a, b, c, d in ((1.0, -3.0, 2.0, 0.5), (0.0, 2.0, -0.5, 0.0), (0.5, -0.75, 0.75, 0.5)):
        answer = asked("departure_of_a_pair", function, a, b, c, d)
        if isinstance(answer, Verdict):
            return answer
        number = as_number(answer, "return one real number")
        if isinstance(number, str):
            return Verdict(number)
        V = np.array([[a, b], [c, d]])
        right = dynamics.henrici(V)
        if not math.isclose(number, right, rel_tol=1e-9, abs_tol=1e-7):
            words = first_match(number, _mistakes_of_a_pair(V), 1e-9)
            named = f"For a, b, c, d = {a:g}, {b:g}, {c:g}, {d:g}: "
            return Verdict(named + (words or f"it should be {fixed(right, 4)}; yours is {fixed(number, 4)}."))
    return Verdict("Right: √((a − d)² + (b + c)²). It is 0 exactly for γ times a rotation.", True)


def _mistakes_of_a_pair(V: np.ndarray) -> list[tuple[Any, str]]:
    (a, b), (c, d) = V
    squares, det = float(np.sum(V**2)), float(a * d - b * c)
    return [
        ((a - d) ** 2 + (b + c) ** 2, "that is the square of Henrici's number. Take the root."),
        (abs(b - c), "you took off λ² + λ̄². A complex pair needs |λ|² + |λ̄|² = 2 det V."),
        (_root(squares - det), "you took det V off once. Both eigenvalues have |λ|² = det V."),
        (_root((a - d) ** 2 + (b - c) ** 2), "look at the sign of c: − 2 (ad − bc) contains + 2bc."),
        (_root((a + d) ** 2 + (b + c) ** 2), "look at the sign of d: − 2 (ad − bc) contains − 2ad."),
        (_root((a + d) ** 2 + (b - c) ** 2), "you added 2 det V, and it is taken off."),
        (abs(b + c), "that is so only if a = d."),
        (_root(squares), "that is ‖V‖_F: the eigenvalues' squares have still to be taken off."),
        (_root(squares - (a**2 + d**2)), "a and d are not the eigenvalues: V is no triangular matrix."),
    ]


def _root(value: float) -> float:
    return math.sqrt(value) if value >= 0 else math.nan


def spend(matrix: Any) -> Verdict:
    """Whether a strictly lower triangular T, ‖T‖_F ≤ 2, makes 0.9 I + T grow as far as a chain of equal links does."""
    if (empty := missing(mine=matrix)) is not None:
        return empty
    T = as_square(matrix, SIZE)
    if isinstance(T, str):
        return Verdict(T)
    norm = float(np.linalg.norm(T))
    if np.any(np.diag(T)):
        return Verdict("T has 0 on its diagonal: the eigenvalues stand there, and they are to stay 0.9.")
    if np.any(np.triu(T)):
        return Verdict("T is strictly lower triangular: an entry above the diagonal leads back to an earlier mode.")
    if norm > SPENT * (1 + 1e-9):
        return Verdict(f"‖T‖_F is {fixed(norm, 4)}, and {short(SPENT)} is all that may be spent: divide T by its norm.")
    reached, chain = _peak(T), _peak(SPENT / math.sqrt(SIZE - 1) * np.eye(SIZE, k=-1))
    says = f"Yours reaches {fixed(reached, 1)}"
    if reached >= chain * (1 - 1e-6):
        return Verdict(f"Right. {says}; a chain of equal links reaches {fixed(chain, 1)}.", True)
    if norm < SPENT * (1 - 1e-3):
        return Verdict(f"{says}, but ‖T‖_F is only {fixed(norm, 4)}: {short(SPENT)} may be spent.")
    links = np.count_nonzero(np.diag(T, -1))
    if links < SIZE - 1:
        return Verdict(f"{says}. No state passes through all four modes here: join each mode to the next.")
    if np.count_nonzero(T) > SIZE - 1:
        return Verdict(f"{says}. What is spent on short cuts is taken from the links between neighbours.")
    return Verdict(f"{says}. The weakest link limits the product of all: make them equal.")


def _peak(T: np.ndarray) -> float:
    return float(dynamics.transient_growth(VALUE * np.eye(SIZE) + T, 200).max())
