"""The check of notebook 05's exercise: right answers in several forms, and each typical mistake in words of its own."""

from __future__ import annotations

import re
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


def states(V: np.ndarray, v: np.ndarray, horizon: int) -> list[np.ndarray]:
    return [np.linalg.matrix_power(V, k) @ v for k in range(horizon + 1)]


def raises(V: np.ndarray, v: np.ndarray, horizon: int) -> Any:
    raise NameError("scipy")


def continuous(V: np.ndarray, v: np.ndarray, horizon: int) -> Any:
    C = scipy.linalg.solve_continuous_lyapunov(V - np.eye(len(V)), -np.eye(len(V)))
    return [x @ np.linalg.solve(C, x) for x in states(V, v, horizon)]


def without_news(V: np.ndarray, v: np.ndarray, horizon: int) -> Any:
    C = scipy.linalg.solve_discrete_lyapunov(V, V @ V.T)
    return [x @ np.linalg.solve(C, x) for x in states(V, v, horizon)]


def with_one_in_every_entry(V: np.ndarray, v: np.ndarray, horizon: int) -> Any:
    """The formula C = V C Vᵀ + I, typed into NumPy with a 1."""
    C = np.zeros_like(V)
    for _ in range(200):
        C = V @ C @ V.T + 1
    return [x @ np.linalg.solve(C, x) for x in states(V, v, horizon)]


def with_one_as_first_term(V: np.ndarray, v: np.ndarray, horizon: int) -> Any:
    """The sum I + V Vᵀ + …, typed into NumPy with a 1."""
    powers = [np.linalg.matrix_power(V, k) for k in range(1, 200)]
    C = 1 + sum(power @ power.T for power in powers)
    return [x @ np.linalg.solve(C, x) for x in states(V, v, horizon)]


MISTAKES: list[tuple[Curve, str]] = [
    (lambda V, v, horizon: sum(curve(V, v, horizon)), "their sum"),
    (lambda V, v, horizon: curve(V, v, horizon - 1), "last one is missing"),
    (lambda V, v, horizon: curve(V, v, horizon + 1)[1:], "begins at k = 1"),
    (lambda V, v, horizon: np.cumsum(curve(V, v, horizon)), "each by itself"),
    (lambda V, v, horizon: np.sqrt(curve(V, v, horizon)), "square root"),
    (lambda V, v, horizon: [x @ x for x in states(V, v, horizon)], "signal alone"),
    (lambda V, v, horizon: [x @ noise(V) @ x for x in states(V, v, horizon)], "multiplied by C"),
    (lambda V, v, horizon: [x @ np.linalg.solve(noise(V.T), x) for x in states(V, v, horizon)], "belongs to Vᵀ"),
    (lambda V, v, horizon: [x @ np.linalg.solve(noise(V), x) for x in states(V.T, v, horizon)], r"\(Vᵀ\)\^k v"),
    (
        lambda V, v, horizon: [x @ np.linalg.solve(noise(V), x) for x in (V**k @ v for k in range(horizon + 1))],
        "every entry",
    ),
    (continuous, "continuous time"),
    (without_news, "just come in"),
    (with_one_in_every_entry, "1 to every entry, as if all units got the same noise"),
    (with_one_as_first_term, "begins with the number 1"),
    (lambda V, v, horizon: np.ones(horizon + 1), r"J\(0\) should be"),
    (lambda V, v, horizon: np.ones((3, 3)), r"shape \(3, 3\)"),
    (lambda V, v, horizon: 1 / np.arange(1, horizon + 2), "should be"),
    (lambda V, v, horizon: "1/(k+1)", "You returned"),
    (raises, "raised NameError: scipy"),
]


def test_the_right_curve_is_right_in_every_form():
    for i, function in enumerate(RIGHT):
        verdict = checks.memory_curve(function)
        assert verdict.right and "1/(k + 1)" in verdict.text, (i, verdict)


def test_a_typical_mistake_gets_its_diagnosis():
    for function, words in MISTAKES:
        verdict = checks.memory_curve(function)
        assert (verdict.right, verdict.done) == (False, True), words
        assert re.search(words, verdict.text), (words, verdict)


def test_nothing_returned_is_not_done_yet():
    verdict = checks.memory_curve(lambda V, v, horizon: None)
    assert not verdict.done
    assert "Not done yet" in verdict.text


def test_an_answer_that_spoils_its_arguments_is_judged_all_the_same():
    def spoils(V: np.ndarray, v: np.ndarray, horizon: int) -> Any:
        found = curve(V, v, horizon)
        V *= 0
        v *= 0
        return found

    assert checks.memory_curve(spoils).right
