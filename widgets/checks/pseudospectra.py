"""The answer of notebook 04."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..figures.numbers import fixed
from .verdict import Verdict, asked, first_match

WANTED = "return an array with a row for each y and a column for each x"


def level_grid(function: Callable[[np.ndarray, np.ndarray, np.ndarray], Any]) -> Verdict:
    """Whether `function(V, x, y)` is σ_min(zI − V) at z = x + iy, for vectors x and y: a row for each y."""
    rng = np.random.default_rng(0)
    x, y = np.linspace(-1.5, 1.5, 5), np.linspace(-1.0, 2.0, 4)
    for V in (np.array([[0.9, 0.0], [2.0, 0.8]]), rng.standard_normal((6, 6))):
        answer = asked("level_grid", function, V.copy(), x.copy(), y.copy())
        if isinstance(answer, Verdict):
            return answer
        found = np.asarray(answer)
        right = np.linalg.svd(_stack(V, x, y), compute_uv=False)[..., -1]
        wrong = _diagnosis(found, right, V, x, y)
        if wrong:
            return Verdict(wrong)
    return Verdict("Right: one stack of matrices, one call of svd, the last singular value of each.", True)


def _stack(V: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    z = x + 1j * y[:, None]
    stack: np.ndarray = z[..., None, None] * np.eye(len(V)) - V
    return stack


def _diagnosis(found: np.ndarray, right: np.ndarray, V: np.ndarray, x: np.ndarray, y: np.ndarray) -> str:
    """What is wrong with the answer; nothing if nothing is."""
    if found.dtype.kind not in "fiuc":
        return f"You returned {type(found).__name__} of {found.dtype}: {WANTED} of numbers."
    if found.shape == (*right.shape, len(V)):
        return "You returned all singular values of every z; the smallest is the last of each: [..., -1]."
    if found.shape == right.T.shape and np.allclose(found, right.T):
        return f"The grid lies on its side: {WANTED}. Write z = x + 1j * y[:, None]."
    if found.shape != right.shape:
        return f"The shape is {found.shape} and should be {right.shape}: {WANTED}."
    if np.allclose(found, right, rtol=1e-6):
        return ""
    z = x + 1j * y[:, None]
    singular = np.linalg.svd(_stack(V, x, y), compute_uv=False)
    mistakes = [
        (singular[..., 0], "That is the largest singular value of zI − V; asked is the smallest."),
        (np.log10(right), "That is log₁₀ σ_min; return σ_min itself."),
        (1 / right, "That is ‖(zI − V)⁻¹‖, one over the level."),
        (
            np.abs(np.linalg.det(_stack(V, x, y))),
            "That is |det(zI − V)|, the product of all singular values; asked is the smallest.",
        ),
        (
            np.abs(z[..., None] - np.linalg.eigvals(V)).min(axis=-1),
            "That is the distance to the nearest eigenvalue: the level of a normal matrix, and too large for this one.",
        ),
        (
            np.linalg.svd(z[..., None, None] - V, compute_uv=False)[..., -1],
            "z was subtracted from every entry: z − V is not zI − V. Multiply z by np.eye(len(V)) first.",
        ),
        (
            np.linalg.svd(_stack(V, x, 0 * y), compute_uv=False)[..., -1],
            "The imaginary part has no effect: z is x + 1j * y[:, None].",
        ),
        (right**2, "That is σ_min squared: an eigenvalue of (zI − V)*(zI − V) needs its root."),
    ]  # fmt: skip
    i = int(np.abs(found - right).argmax())
    return first_match(found, mistakes, atol=1e-8) or (
        f"At z = {z.ravel()[i]:.2f} the level should be {fixed(right.ravel()[i], 4)}; yours is "
        f"{fixed(found.ravel()[i], 4)}. "
        "Take the smallest singular value of zI − V for a single z first."
    )
