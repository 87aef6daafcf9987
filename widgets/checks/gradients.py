"""The answers of notebook 06."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..figures.numbers import fixed
from .verdict import READ, Verdict, asked, first_match, missing, without_torch

WANTED = "return ∂L/∂h_0, ∂L/∂h_1, …, ∂L/∂h_T, a row each"
V_2 = np.array([[0.9, 2.0], [0.0, 0.8]])  # of the warm-up


def two_steps_back(answer: Any) -> Verdict:
    """Whether `answer` is ∂L/∂h_0, where L is the first entry of h_2 = V V h_0 with V = [[0.9, 2], [0, 0.8]]."""
    if empty := missing(answer=answer):
        return empty
    try:
        found = np.asarray(without_torch(answer), float).squeeze()
    except (TypeError, ValueError):
        return Verdict(f"You gave {answer!r:.80}: give the two numbers ∂L/∂h_0.")
    if found.shape != (2,):
        return Verdict(f"You gave shape {found.shape}: give two numbers, one for each entry of h_0.")
    square = V_2 @ V_2
    if np.allclose(found, square[0], rtol=0, atol=READ):
        return Verdict("Right: (Vᵀ)² takes (1, 0) to the first row of V², which is (0.81, 3.4).", True)
    mistakes = [
        (square[:, 0], "That is V² (1, 0): what becomes of a state. A gradient goes back through Vᵀ."),
        (V_2[0], "That is one step back, Vᵀ (1, 0). L depends on h_2, two steps after h_0."),
        ((V_2**2)[0], "That squares every entry of V. V² is the matrix product V V."),
        (square[1], "That is the gradient of the second entry of h_2. L is the first one."),
        (np.diag(square), "That is by the eigenvalues alone, 0.9² and 0.8²: the 2 above the diagonal counts."),
    ]
    not_yet = "Not yet. With h_2 = V V h_0, write the first entry of h_2 out and read its two coefficients off."
    return Verdict(first_match(found, mistakes, atol=READ) or not_yet)


def gradients_by_hand(function: Callable[[np.ndarray, np.ndarray, np.ndarray], Any]) -> Verdict:
    """Whether `function(V, states, last)` is ∂L/∂h_t, t = 0 … T, of h_t = tanh(V h_(t−1) + …), last = ∂L/∂h_T."""
    for size, steps in ((3, 4), (5, 1), (4, 7)):
        V, states, last = _case(size, steps)
        answer = asked("gradients_by_hand", function, V.copy(), states.copy(), last.copy())
        if isinstance(answer, Verdict):
            return answer
        found = _as_rows(answer)
        if isinstance(found, str):
            return Verdict(found)
        right = _back(V, states, last)
        if found.shape != right.shape or not np.allclose(found, right, rtol=1e-6, atol=1e-12):
            return Verdict(_diagnosis(found, V, states, last))
    return Verdict("Right: each is Vᵀ D_(t+1) times the one after it, and the last one is given.", True)


def _case(size: int, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A driven tanh network: V, its states h_0 … h_T, and ∂L/∂h_T."""
    draw = np.random.default_rng([6, size, steps])
    V = 1.2 * draw.standard_normal((size, size)) / np.sqrt(size)
    states = [draw.uniform(-0.9, 0.9, size)]
    for _ in range(steps):
        states.append(np.tanh(V @ states[-1] + 0.5 * draw.standard_normal(size)))
    return V, np.array(states), draw.standard_normal(size)


def _as_rows(answer: Any) -> np.ndarray | str:
    """The answer as an array, or what is wrong with it."""
    if isinstance(answer, list | tuple):
        answer = [without_torch(row) for row in answer]
    try:
        found = np.asarray(without_torch(answer), float)
    except (TypeError, ValueError):
        return f"You returned {answer!r:.80}: {WANTED}."
    return found if np.isfinite(found).all() else f"You returned infinite or NaN entries: {WANTED}."


Step = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # V, h_t, h_(t+1), the gradient there


def _back(V: np.ndarray, states: np.ndarray, last: np.ndarray, step: Step | None = None) -> np.ndarray:
    """The rows t = 0 … T, each from the one after it; default the right step."""
    step = step or (lambda V, now, after, g: V.T @ (_slope(after) * g))
    found = [last]
    for now, after in zip(states[-2::-1], states[:0:-1], strict=True):
        found.append(step(V, now, after, found[-1]))
    return np.array(found[::-1])


def _slope(h: np.ndarray) -> np.ndarray:
    """φ' of tanh, from its value."""
    return np.asarray(1 - h**2)


_STEPS: list[tuple[Step, str]] = [
    (lambda V, now, after, g: V @ (_slope(after) * g), "Your V is not transposed. The Jacobian is D V; a gradient goes "
     "back through its transpose, Vᵀ D."),
    (lambda V, now, after, g: _slope(after) * (V.T @ g), "The order of the factors is turned round: (D V)ᵀ = Vᵀ D, so "
     "the slopes come first and Vᵀ after them."),
    (lambda V, now, after, g: _slope(after) * (V @ g), "Both are missing, the transpose and the order of its factors: "
     "that is D V, the Jacobian itself."),
    (lambda V, now, after, g: V.T @ (_slope(now) * g), "Your slopes are one step too early: between h_t and h_(t+1) "
     "lies D_(t+1), made from h_(t+1), not from h_t."),
    (lambda V, now, after, g: _slope(now) * (V.T @ g), "That is D_t Vᵀ. Between h_t and h_(t+1) lies D_(t+1), made "
     "from h_(t+1), and its slopes come before Vᵀ."),
    (lambda V, now, after, g: V.T @ g, "The slopes are missing: that is (Vᵀ)^(T−t), the gradient of a linear network."),
    (lambda V, now, after, g: V.T @ (_slope(np.tanh(after)) * g), "tanh is taken twice: the states are values of tanh "
     "already, so the slope is 1 − h², without another tanh."),
    (lambda V, now, after, g: V.T @ ((1 - after) * g), "Your slope is 1 − h. That of tanh is 1 − h²."),
    (lambda V, now, after, g: V.T @ (after * (1 - after) * g), "Your slope is h (1 − h), that of the logistic "
     "function. That of tanh is 1 − h²."),
]  # fmt: skip


def _diagnosis(found: np.ndarray, V: np.ndarray, states: np.ndarray, last: np.ndarray) -> str:
    right, forward = _back(V, states, last), _forward_order(V, states, last)
    mistakes = [
        *((_back(V, states, last, step), words) for step, words in _STEPS),
        (right[::-1], "Your rows are in the order in which they were computed: turn them round, ∂L/∂h_0 comes first."),
        (right[:-1], "The last row is missing: ∂L/∂h_T, which is given, belongs to it."),
        (right[1:], "The first row is missing: the way back ends at h_0."),
        (right[0], "That is ∂L/∂h_0 alone. Return all of them, a row each."),
        (np.linalg.norm(right, axis=1), "Those are their lengths. Return the vectors."),
        (right.T, "You have them as columns: return them as rows."),
        (forward, "The order of the product is turned round: D_1 is applied first. On the way back from h_T the first "
         "is D_T."),
        (_slope(states) * right, "Every row carries the slopes of its own state as well: D_t ∂L/∂h_t is the gradient "
         "of the pre-activation."),
        (_slope(states[1:]) * right[1:], "Those are the gradients of the T pre-activations, D_t ∂L/∂h_t. Leave D_t "
         "out, and begin with h_0."),
    ]  # fmt: skip
    if words := first_match(found, mistakes, atol=1e-8):
        return words
    if found.shape != right.shape:
        return f"You returned shape {found.shape}: {WANTED}, here {right.shape}."
    wrong_rows = np.flatnonzero(~np.isclose(found, right, rtol=1e-6, atol=1e-12).all(axis=1))
    t = int(wrong_rows[-1])
    yours, length = (float(np.linalg.norm(rows[t])) for rows in (found, right))
    first = "is the one that is given" if t == len(right) - 1 else "is the first on the way back that differs"
    return f"∂L/∂h_{t} {first}: it should have length {fixed(length, 4)}; yours has {fixed(yours, 4)}."


def _forward_order(V: np.ndarray, states: np.ndarray, last: np.ndarray) -> np.ndarray:
    """With the factors Vᵀ D_(t+1) … Vᵀ D_T in the opposite order."""
    T, found = len(states) - 1, [last]
    for t in range(T - 1, -1, -1):
        g = last
        for after in states[t + 1 :]:
            g = V.T @ (_slope(after) * g)
        found.append(g)
    return np.array(found[::-1])
