"""The check of notebook 03's exercise: each typical mistake gets its own words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
import torch

from nnrnn_core import dynamics
from widgets import checks

power = np.linalg.matrix_power
svd = np.linalg.svd


def eigenvector(V: np.ndarray, k: int) -> np.ndarray:
    values, vectors = np.linalg.eig(V)
    return vectors[:, np.abs(values).argmax()]


RIGHT: list[Callable[[np.ndarray, int], Any]] = [
    lambda V, k: svd(power(V, k))[2][0],
    lambda V, k: -svd(power(V, k))[2][0],
    lambda V, k: svd(power(V, k))[2][:1],
    lambda V, k: list(svd(power(V, k))[2].T[:, 0]),
    lambda V, k: scipy.linalg.svd(power(V, k))[2][0].reshape(-1, 1),
    lambda V, k: torch.linalg.svd(torch.tensor(power(V, k)))[2][0],
    lambda V, k: np.linalg.eigh(power(V, k).T @ power(V, k))[1][:, -1],
    lambda V, k: dynamics.optimal_input(V, k).input,
]
MISTAKES: list[tuple[Callable[[np.ndarray, int], Any], str]] = [
    (lambda V, k: svd(power(V, k))[0][:, 0], "ends up"),
    (lambda V, k: svd(power(V, k))[2][:, 0], "took a column"),
    (lambda V, k: svd(power(V, k))[0][0], "row of U"),
    (lambda V, k: svd(power(V, k))[2][-1], "grows least"),
    (lambda V, k: svd(V)[2][0], "one step"),
    (lambda V, k: svd(V**k)[2][0], "each entry"),
    (lambda V, k: svd(k * V)[2][0], "one step"),
    (lambda V, k: 2 * svd(power(V, k))[2][0], "length 2"),
    (lambda V, k: power(V, k) @ svd(power(V, k))[2][0], "length 1: divide"),
    (lambda V, k: svd(power(V, k))[1][0], "one number"),
    (lambda V, k: svd(power(V, k)), "SVDResult|tuple"),
    (lambda V, k: svd(power(V, k))[2], "shape"),
    (lambda V, k: "x", "str"),
    (lambda V, k: [[1.0], [2.0, 3.0]], "list"),
    (lambda V, k: np.full(len(V), np.nan), "NaN"),
    (lambda V, k: np.eye(len(V))[0], "best start gets to"),
    (lambda V, k: np.exp(1j) * svd(power(V, k))[2][0], "complex"),
    (lambda V, k: eigenvector(V, k), "eigenvector"),
    (lambda V, k: 1 / 0, "ZeroDivisionError"),
]


def test_the_best_start_is_right_whatever_its_sign_and_form():
    for i, function in enumerate(RIGHT):
        verdict = checks.best_start(function)
        assert verdict.right, (i, verdict)


def test_a_typical_mistake_is_named():
    for function, words in MISTAKES:
        verdict = checks.best_start(function)
        assert re.search(words, verdict.text), (words, verdict)
        assert (verdict.right, verdict.done) == (False, True), words


def test_a_stub_is_not_done_yet():
    verdict = checks.best_start(lambda V, k: None)
    assert "Not done yet" in repr(verdict)
    assert not verdict.done


def test_what_a_function_does_to_its_matrix_does_not_matter():
    def careless(V: np.ndarray, k: int) -> np.ndarray:
        x = svd(power(V, k))[2][0]
        V[:] = 0
        return x

    assert checks.best_start(careless).right
