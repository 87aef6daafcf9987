"""The check of notebook 02's exercise: each typical mistake gets its own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import torch

from nnrnn_core import dynamics
from widgets import checks


def form_way(V: np.ndarray) -> float:
    return float(np.linalg.norm(np.triu(scipy.linalg.schur(V, output="complex")[0], 1)))


def entry_way(V: np.ndarray) -> float:
    return float(np.sqrt(np.sum(V**2) - np.sum(np.abs(np.linalg.eigvals(V)) ** 2)))


def upper(V: np.ndarray) -> np.ndarray:
    return scipy.linalg.schur(V, output="complex")[0]


FORM_MISTAKES: list[tuple[Callable[[np.ndarray], Any], str]] = [
    (lambda V: form_way(V) ** 2, "has a root"),
    (lambda V: np.linalg.norm(upper(V)), "leave the diagonal out"),
    (lambda V: np.linalg.norm(np.tril(upper(V), -1)), "upper triangular"),
    (lambda V: np.linalg.norm(np.triu(scipy.linalg.schur(V)[0], 1)), 'output="complex"'),
    (lambda V: np.linalg.norm(np.triu(upper(V), 1), 2), "leave ord=2"),
    (lambda V: np.linalg.norm(np.triu(V, 1)), "Schur form first"),
    (lambda V: np.linalg.norm(np.tril(V, -1)), "Schur form first"),
    (lambda V: np.abs(np.triu(upper(V), 1)).sum(), "root of the sum of squares"),
    (lambda V: form_way(V) + 0.1, "should be"),
    (lambda V: np.triu(upper(V), 1), "one real number"),
    (lambda V: "1", "one real number"),
]
ENTRY_MISTAKES: list[tuple[Callable[[np.ndarray], Any], str]] = [
    (lambda V: np.sum(V**2) - np.sum(np.abs(np.linalg.eigvals(V)) ** 2), "root of the difference"),
    (lambda V: np.sqrt(np.sum(V**2) - np.sum(np.linalg.eigvals(V) ** 2).real), "complex eigenvalues need"),
    (lambda V: np.sqrt(abs(np.linalg.norm(V, 2) ** 2 - np.sum(np.abs(np.linalg.eigvals(V)) ** 2))), "ord=2"),
    (lambda V: np.sqrt(np.sum(V**2) - np.abs(np.linalg.eigvals(V)).max() ** 2), "sum over all"),
    (lambda V: np.sqrt(np.sum(V**2) - np.sum(np.abs(np.linalg.eigvals(V)))), "squares are what"),
    (lambda V: np.sqrt(np.linalg.norm(V) - np.sum(np.abs(np.linalg.eigvals(V)) ** 2)), "not squared"),
    (lambda V: np.linalg.norm(V), "have still to be"),
    (lambda V: entry_way(V) - 0.1, "should be"),
    (lambda V: float("nan"), "nan"),
]


@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_mistake_in_either_way_is_named():
    first = [(lambda V, wrong=wrong: (wrong(V), entry_way(V)), words) for wrong, words in FORM_MISTAKES]
    second = [(lambda V, wrong=wrong: (form_way(V), wrong(V)), words) for wrong, words in ENTRY_MISTAKES]
    for function, words in first + second:
        verdict = checks.henrici_two_ways(function)
        assert verdict.done and not verdict.right, words
        assert words in str(verdict), (words, verdict)


RIGHT: list[Callable[[np.ndarray], Any]] = [
    lambda V: (form_way(V), entry_way(V)),
    lambda V: [np.float64(form_way(V)), np.sqrt(np.trace(V.T @ V) - np.sum(np.abs(np.linalg.eigvals(V)) ** 2))],
    lambda V: (dynamics.henrici(V), torch.tensor(entry_way(V), dtype=torch.float64)),
    lambda V: (np.linalg.norm(dynamics.schur_parts(V, real=False).feed_forward), entry_way(V)),
]


def test_the_right_numbers_are_right_whatever_makes_them():
    for i, function in enumerate(RIGHT):
        verdict = checks.henrici_two_ways(function)
        assert verdict.right, (i, verdict)


def test_a_stub_is_not_done_yet_and_nothing_is_raised():
    for answer in (None, (None, None), (..., ...), (1.0, None)):
        verdict = checks.henrici_two_ways(lambda V, answer=answer: answer)
        assert not verdict.done and "Not done yet" in repr(verdict), answer


def test_anything_but_two_numbers_is_said():
    for answer in (1.0, (1, 2, 3)):
        assert "two numbers" in str(checks.henrici_two_ways(lambda V, answer=answer: answer)), answer


def test_an_error_is_told_with_its_matrix():
    def raises(V: np.ndarray) -> Any:
        raise KeyError("T")

    assert "KeyError for a random 6×6" in str(checks.henrici_two_ways(raises))
