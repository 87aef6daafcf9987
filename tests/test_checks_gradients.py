"""The checks of notebook 06: right answers in several forms, and one that spoils what it was given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from widgets import checks

Gradients = Callable[[np.ndarray, np.ndarray, np.ndarray], Any]


def by_recursion(V: np.ndarray, states: np.ndarray, last: np.ndarray) -> np.ndarray:
    rows = [last]
    for after in states[:0:-1]:
        rows.append(V.T @ ((1 - after**2) * rows[-1]))
    return np.array(rows[::-1])


def by_autograd(V: np.ndarray, states: np.ndarray, last: np.ndarray) -> torch.Tensor:
    """torch's own: what came in at each step is what V h leaves to be explained."""
    W, h = torch.tensor(V), torch.tensor(states)
    inputs = torch.atanh(h[1:]) - h[:-1] @ W.T
    walk = [h[0].clone().requires_grad_()]
    for u in inputs:
        walk.append(torch.tanh(W @ walk[-1] + u))
    return torch.stack(torch.autograd.grad(walk[-1] @ torch.tensor(last), walk))


def by_products(V: np.ndarray, states: np.ndarray, last: np.ndarray) -> list[np.ndarray]:
    product, rows = np.eye(len(V)), [last]
    for h in states[:0:-1]:
        product = product @ ((1 - h**2)[:, None] * V)
        rows.insert(0, last @ product)
    return rows


RIGHT: list[Gradients] = [by_recursion, by_autograd, by_products]


def test_the_right_gradients_are_right_in_every_form():
    for i, function in enumerate(RIGHT):
        verdict = checks.gradients_by_hand(function)
        assert verdict.right, (i, verdict)


def test_an_answer_that_spoils_its_arguments_is_judged_all_the_same():
    def spoils(V: np.ndarray, states: np.ndarray, last: np.ndarray) -> Any:
        found = by_recursion(V, states, last).copy()
        for given in (V, states, last):
            given *= 0
        return found

    assert checks.gradients_by_hand(spoils).right


def test_two_steps_back_are_the_first_row_of_the_square():
    for answer in ((0.81, 3.4), np.array([[0.81], [3.4]]), torch.tensor([0.81, 3.4])):
        assert checks.two_steps_back(answer).right, answer
