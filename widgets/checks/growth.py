"""The answer of notebook 03."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..figures.numbers import fixed, short
from .verdict import Verdict, asked, first_match

CLOSE = 1e-6  # relative
WANTED = "return one vector, as long as V has rows"


def best_start(function: Callable[[np.ndarray, int], Any]) -> Verdict:
    """Whether `function(V, k)` is a unit vector x with ‖V^k x‖ = ‖V^k‖₂: the first right singular vector of V^k."""
    draw = np.random.default_rng(3)
    for size, k in ((4, 3), (5, 1), (3, 6), (6, 2)):
        V = draw.standard_normal((size, size)) / np.sqrt(size)
        answer = asked(f"best_start(V, {k})", function, V.copy(), k)
        if isinstance(answer, Verdict):
            return answer
        x = _as_vector(answer, V, k)
        if isinstance(x, str):
            return Verdict(x)
        norm, gain = float(np.linalg.norm(np.linalg.matrix_power(V, k), 2)), _gain(V, k, x)
        if not np.isclose(np.linalg.norm(x), 1, rtol=CLOSE):
            return Verdict(
                f"Your vector has length {short(float(np.linalg.norm(x)), 4)}, and should have length 1: divide by it."
            )
        if not np.isclose(gain, norm, rtol=CLOSE):
            return Verdict(_diagnosis(x, V, k, gain, norm))
    return Verdict("Right: V^k takes it to a vector of length ‖V^k‖₂, and no start of length 1 ends longer.", True)


def _gain(V: np.ndarray, k: int, x: np.ndarray) -> float:
    return float(np.linalg.norm(np.linalg.matrix_power(V, k) @ x))


def _as_vector(answer: Any, V: np.ndarray, k: int) -> np.ndarray | str:
    """The answer as a vector, or what is wrong with it."""
    try:
        x = np.asarray(answer)
    except ValueError:
        x = np.asarray(None)
    if isinstance(answer, tuple) or x.dtype.kind not in "fiuc":
        return f"You returned {type(answer).__name__}: {WANTED}. np.linalg.svd returns U, the values and Vᵀ."
    if not x.ndim:
        return f"You returned {short(float(answer), 4)}, one number: {WANTED}."
    if x.size != len(V):
        return f"You returned an array of shape {x.shape}: {WANTED}, here {len(V)} entries."
    if x.dtype.kind == "c" and np.abs(x.imag).max() > 0:
        return "Your vector is complex, as eigenvectors are; singular vectors of a real matrix are real."
    vector: np.ndarray = x.real.astype(float).ravel()
    return vector if np.isfinite(vector).all() else f"You returned infinite or NaN entries for k = {k}."


def _diagnosis(x: np.ndarray, V: np.ndarray, k: int, gain: float, norm: float) -> str:
    U, _, rows = np.linalg.svd(np.linalg.matrix_power(V, k))
    values, vectors = np.linalg.eig(V)
    mistakes = [
        (U[:, 0], "That is where the best start ends up (a column of U); the start itself is the first row of Vᵀ."),
        (rows[:, 0], "np.linalg.svd returns Vᵀ: its rows are the inputs, and you took a column."),
        (U[0], "That is a row of U. The outputs are U's columns, and the inputs are the rows of the third matrix."),
        (rows[-1], "That start grows least: the singular values come largest first."),
        (np.linalg.svd(V)[2][0], "That is the best start for one step; take the singular vectors of V^k."),
        (np.linalg.svd(V**k)[2][0], "V**k raises each entry to the power k: use np.linalg.matrix_power(V, k)."),
        (
            vectors[:, np.abs(values).argmax()],
            "That is an eigenvector of V, and grows by its eigenvalue; others grow more.",
        ),
    ]
    words = first_match(1.0, ((abs(np.vdot(vector, x)), words) for vector, words in mistakes), CLOSE)
    return (
        words
        or f"From yours V^{k} gets to length {fixed(gain, 4)}; the best start gets to ‖V^{k}‖₂ = {fixed(norm, 4)}."
    )
