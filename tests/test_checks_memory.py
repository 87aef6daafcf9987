"""The check of notebook 05's curve: right answers in several forms. Wrong ones are in notebooks/wrong_answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
import torch

from nnrnn_core import dynamics
from widgets import checks

Curve = Callable[[np.ndarray, np.ndarray, int], Any]


def noise(V: np.ndarray) -> np.ndarray:
    return np.asarray(scipy.linalg.solve_discrete_lyapunov(V, np.eye(len(V))))


def curve(V: np.ndarray, v: np.ndarray, horizon: int) -> list[float]:
    C = noise(V)
    states = [np.linalg.matrix_power(V, k) @ v for k in range(horizon + 1)]
    return [float(x @ np.linalg.solve(C, x)) for x in states]


def with_inverse(V: np.ndarray, v: np.ndarray, horizon: int) -> np.ndarray:
    M, x, found = np.linalg.inv(noise(V)), v, []
    for _ in range(horizon + 1):
        found.append(x @ M @ x)
        x = V @ x
    return np.array(found)


RIGHT: list[Curve] = [
    curve,
    with_inverse,
    lambda V, v, horizon: torch.tensor(curve(V, v, horizon)),
    lambda V, v, horizon: np.array(curve(V, v, horizon))[:, None],
    dynamics.fisher_memory,
]


def test_the_right_curve_is_right_in_every_form():
    for i, function in enumerate(RIGHT):
        verdict = checks.memory_curve(function)
        assert verdict.right and "1/(k + 1)" in verdict.text, (i, verdict)


def test_an_answer_that_spoils_its_arguments_is_judged_all_the_same():
    def spoils(V: np.ndarray, v: np.ndarray, horizon: int) -> Any:
        found = curve(V, v, horizon)
        V *= 0
        v *= 0
        return found

    assert checks.memory_curve(spoils).right
