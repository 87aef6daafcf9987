"""The check of notebook 03's best start: what is right however it is written, and what is not done yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
import torch

from nnrnn_core import dynamics
from widgets import checks

power = np.linalg.matrix_power
svd = np.linalg.svd

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


def test_the_best_start_is_right_whatever_its_sign_and_form():
    for i, function in enumerate(RIGHT):
        verdict = checks.best_start(function)
        assert verdict.right, (i, verdict)


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
