"""The check of notebook 02's exercise: what is right however it is written, and what is not done yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
import torch

from nnrnn_core import dynamics
from widgets import checks


def form_way(V: np.ndarray) -> float:
    return float(np.linalg.norm(np.triu(scipy.linalg.schur(V, output="complex")[0], 1)))


def entry_way(V: np.ndarray) -> float:
    return float(np.sqrt(np.sum(V**2) - np.sum(np.abs(np.linalg.eigvals(V)) ** 2)))


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
