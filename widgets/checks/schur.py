"""The answer of notebook 02."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.linalg

from nnrnn_core import dynamics

from ..figures.numbers import fixed
from .verdict import Verdict, as_number, asked, first_match, several

WAYS = ("the number from the Schur form", "the number from the entries and eigenvalues")


def henrici_two_ways(function: Callable[[np.ndarray], Any]) -> Verdict:
    """Whether `function(V)` is (‖T‖_F of the complex Schur form, √(‖V‖_F² − Σ|λ|²)), at some V with ‖T‖_F ≥ 0.1."""
    for name, V in _cases().items():
        answer = asked(f"henrici_two_ways of {name}", function, V.copy())
        if isinstance(answer, Verdict):
            return answer
        parts = several(answer, 2, "return two numbers, separated by a comma")
        if isinstance(parts, Verdict):
            return parts
        right = dynamics.henrici(V)
        for i, part in enumerate(parts):
            number = as_number(part, f"{WAYS[i]} is one real number")
            if isinstance(number, str):
                return Verdict(number)
            if not math.isclose(number, right, rel_tol=1e-9):
                return Verdict(f"For {name}: {(_diagnosis_form, _diagnosis_entries)[i](number, V, right)}")
    return Verdict("Right: both ways give 1 for the gentle matrix, and they agree to ten digits for all others.", True)


@lru_cache(maxsize=1)
def _cases() -> dict[str, np.ndarray]:
    gentle, random = dynamics.gallery["gentle"], dynamics.gallery["random"]
    return {
        # first: nothing in it is 0 or equal by chance, so that a mistake shows which it is
        "a random 6×6 matrix": random(size=6, seed=1),
        "the gentle 2×2": gentle(),
        "the gentle 2×2 with strength 0.1": gentle(strength=0.1),
        "an nnRNN's matrix of 8 units": dynamics.gallery["nnrnn"](size=8, sigma=0.3),
    }


def _diagnosis_form(number: float, V: np.ndarray, right: float) -> str:
    upper, real = (scipy.linalg.schur(V, output=kind)[0] for kind in ("complex", "real"))
    strict, strict_real = np.triu(upper, 1), np.triu(real, 1)
    mistakes = {
        right**2: "the square of Henrici's number: the Frobenius norm has a root.",
        float(np.linalg.norm(V)): "the norm of the whole form, ‖V‖_F: leave the diagonal out, np.triu(form, 1).",
        float(np.linalg.norm(np.tril(upper, -1))): "the part below the diagonal, which is empty: SciPy's Schur form is "
        "upper triangular, the paper's with its modes in reverse order.",
        float(np.linalg.norm(strict_real)): 'the real Schur form holds pairs of complex eigenvalues in 2×2 blocks, and '
        'these reach above the diagonal: ask for output="complex".',
        float(np.linalg.norm(strict, 2)): "the largest singular value of T; leave ord=2 away for Frobenius's norm.",
        float(np.linalg.norm(np.triu(V, 1))): "the part of V itself above the diagonal: take the Schur form first.",
        float(np.linalg.norm(np.tril(V, -1))): "the part of V itself below the diagonal: take the Schur form first.",
        float(np.abs(strict).sum()): "the sum of |T|; the Frobenius norm is the root of the sum of squares.",
    }  # fmt: skip
    return _named(number, right, mistakes, WAYS[0])


def _diagnosis_entries(number: float, V: np.ndarray, right: float) -> str:
    values = np.linalg.eigvals(V)
    squares = float(np.sum(V**2))
    mistakes = {
        right**2: "the square of Henrici's number: take the root of the difference.",
        _root(squares - float(np.sum(values**2).real)): "the sum of λ²; complex eigenvalues need |λ|².",
        _root(float(np.linalg.norm(V, 2)) ** 2 - float(np.sum(np.abs(values) ** 2))): "‖V‖₂, the largest singular "
        "value; np.linalg.norm(V) without ord=2 is Frobenius's.",
        _root(squares - float(np.abs(values).max()) ** 2): "only the largest eigenvalue is taken off: sum over all.",
        _root(squares - float(np.sum(np.abs(values))) ** 2): "the square of the sum of |λ|: square first, then sum.",
        _root(squares - float(np.sum(np.abs(values)))): "the sum of |λ|: its squares are what is taken off.",
        _root(float(np.linalg.norm(V)) - float(np.sum(np.abs(values) ** 2))): "‖V‖_F is not squared.",
        math.sqrt(squares): "this is ‖V‖_F: the eigenvalues' squares have still to be taken off.",
    }  # fmt: skip
    return _named(number, right, mistakes, WAYS[1])


def _root(value: float) -> float:
    return math.sqrt(value) if value >= 0 else math.inf


def _named(number: float, right: float, mistakes: dict[float, str], what: str) -> str:
    if words := first_match(number, mistakes.items(), 1e-9, 1e-14):
        return f"{what} came out as {fixed(number, 4)}. {words[:1].upper()}{words[1:]}"
    return f"{what} should be {fixed(right, 4)}; yours is {fixed(number, 4)}."
