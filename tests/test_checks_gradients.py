"""The checks of notebook 06: right answers in several forms, and each typical mistake in words of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from widgets import checks

Gradients = Callable[[np.ndarray, np.ndarray, np.ndarray], Any]


def back(step: Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]) -> Gradients:
    """Gradients from a rule: V, h_t, h_(t+1) and the gradient there give that of h_t."""

    def found(V: np.ndarray, states: np.ndarray, last: np.ndarray) -> np.ndarray:
        rows = [last]
        for t in range(len(states) - 2, -1, -1):
            rows.append(step(V, states[t], states[t + 1], rows[-1]))
        return np.array(rows[::-1])

    return found


right = back(lambda V, now, after, g: V.T @ ((1 - after**2) * g))


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


RIGHT: list[Gradients] = [right, by_autograd, by_products]


def first_factor_first(V: np.ndarray, states: np.ndarray, last: np.ndarray) -> list[np.ndarray]:
    rows = []
    for t in range(len(states)):
        g = last
        for h in states[t + 1 :]:
            g = V.T @ ((1 - h**2) * g)
        rows.append(g)
    return rows


def raises(V: np.ndarray, states: np.ndarray, last: np.ndarray) -> Any:
    raise NameError("tanh")


MISTAKES: list[tuple[Gradients, str]] = [
    (back(lambda V, now, after, g: V @ ((1 - after**2) * g)), "V is not transposed"),
    (back(lambda V, now, after, g: (1 - after**2) * (V.T @ g)), "order of the factors"),
    (back(lambda V, now, after, g: (1 - after**2) * (V @ g)), "Both are missing"),
    (back(lambda V, now, after, g: V.T @ ((1 - now**2) * g)), "one step too early"),
    (back(lambda V, now, after, g: (1 - now**2) * (V.T @ g)), "That is D_t Vᵀ"),
    (back(lambda V, now, after, g: V.T @ g), "slopes are missing"),
    (back(lambda V, now, after, g: V.T @ ((1 - np.tanh(after) ** 2) * g)), "taken twice"),
    (back(lambda V, now, after, g: V.T @ ((1 - after) * g)), r"Your slope is 1 − h\."),
    (back(lambda V, now, after, g: V.T @ (after * (1 - after) * g)), "logistic"),
    (first_factor_first, "order of the product is turned round: D_1 is applied first"),
    (lambda V, states, last: right(V, states, last)[::-1], "turn them round"),
    (lambda V, states, last: right(V, states, last)[:-1], "last row is missing"),
    (lambda V, states, last: right(V, states, last)[1:], "first row is missing"),
    (lambda V, states, last: right(V, states, last)[0], r"∂L/∂h_0 alone"),
    (lambda V, states, last: np.linalg.norm(right(V, states, last), axis=1), "their lengths"),
    (lambda V, states, last: right(V, states, last).T, "as columns"),
    (lambda V, states, last: (1 - states**2) * right(V, states, last), "slopes of its own state"),
    (lambda V, states, last: ((1 - states**2) * right(V, states, last))[1:], "T pre-activations"),
    (lambda V, states, last: 2 * right(V, states, last), "is the one that is given: it should have length"),
    (back(lambda V, now, after, g: V.T @ g / 2), "is the first on the way back that differs"),
    (lambda V, states, last: np.ones((2, 2)), r"shape \(2, 2\)"),
    (lambda V, states, last: np.nan * right(V, states, last), "infinite or NaN"),
    (lambda V, states, last: "Vᵀ D", "You returned 'Vᵀ D'"),
    (raises, "raised NameError: tanh"),
]


def test_the_right_gradients_are_right_in_every_form():
    for i, function in enumerate(RIGHT):
        verdict = checks.gradients_by_hand(function)
        assert verdict.right, (i, verdict)


def test_a_typical_mistake_gets_its_diagnosis():
    for function, words in MISTAKES:
        verdict = checks.gradients_by_hand(function)
        assert (verdict.right, verdict.done) == (False, True), words
        assert re.search(words, verdict.text), (words, verdict)


def test_an_answer_that_spoils_its_arguments_is_judged_all_the_same():
    def spoils(V: np.ndarray, states: np.ndarray, last: np.ndarray) -> Any:
        found = right(V, states, last).copy()
        for given in (V, states, last):
            given *= 0
        return found

    assert checks.gradients_by_hand(spoils).right


def test_two_steps_back_are_the_first_row_of_the_square():
    for answer in ((0.81, 3.4), np.array([[0.81], [3.4]]), torch.tensor([0.81, 3.4])):
        assert checks.two_steps_back(answer).right, answer


def test_a_typical_mistake_of_the_warm_up_gets_its_diagnosis():
    for answer, words in (
        ((0.81, 0), "what becomes of a state"),
        ((0.9, 2), "one step back"),
        ((0.81, 4), "squares every entry"),
        ((0, 0.64), "second entry"),
        ((0.81, 0.64), "eigenvalues alone"),
        ((1, 1), "write the first entry"),
        (3.4, r"shape \(\)"),
        ("V²", "You gave 'V²'"),
    ):
        verdict = checks.two_steps_back(answer)
        assert (verdict.right, verdict.done) == (False, True), answer
        assert re.search(words, verdict.text), (answer, verdict)


def test_nothing_given_is_not_done_yet():
    for verdict in (checks.gradients_by_hand(lambda V, states, last: None), checks.two_steps_back(None)):
        assert not verdict.done and "Not done yet" in verdict.text
