"""The check of notebook 04's exercise: right answers are right, typical mistakes are named."""

import numpy as np
import torch

from nnrnn_core import dynamics
from widgets import checks


def stack(V, x, y):
    return (x + 1j * y[:, None])[..., None, None] * np.eye(len(V)) - V


def smallest(M):
    return np.linalg.svd(M, compute_uv=False)[..., -1]


RIGHT = [
    lambda V, x, y: smallest(stack(V, x, y)),
    lambda V, x, y: np.linalg.norm(stack(V, x, y), -2, axis=(-2, -1)),
    lambda V, x, y: 1 / np.linalg.norm(np.linalg.inv(stack(V, x, y)), 2, axis=(-2, -1)),
    lambda V, x, y: torch.linalg.svdvals(torch.tensor(stack(V, x, y)))[..., -1],
    lambda V, x, y: dynamics.pseudospectrum(V, x, y),
    lambda V, x, y: [[np.linalg.svd((a + 1j * b) * np.eye(len(V)) - V)[1][-1] for a in x] for b in y],
]
MISTAKES = [
    (lambda V, x, y: smallest(stack(V, x, y)).T, "on its side"),
    (lambda V, x, y: np.linalg.svd(stack(V, x, y), compute_uv=False), "all singular values"),
    (lambda V, x, y: np.linalg.svd(stack(V, x, y), compute_uv=False)[..., 0], "largest singular value"),
    (lambda V, x, y: np.log10(smallest(stack(V, x, y))), "log₁₀"),
    (lambda V, x, y: 1 / smallest(stack(V, x, y)), "one over"),
    (lambda V, x, y: np.abs(np.linalg.det(stack(V, x, y))), "product of all singular values"),
    (
        lambda V, x, y: np.abs((x + 1j * y[:, None])[..., None] - np.linalg.eigvals(V)).min(axis=-1),
        "nearest eigenvalue",
    ),
    (lambda V, x, y: smallest((x + 1j * y[:, None])[..., None, None] - V), "np.eye"),
    (lambda V, x, y: smallest(stack(V, x, 0 * y)), "imaginary part"),
    (lambda V, x, y: smallest(stack(V, x, y)) ** 2, "squared"),
    (lambda V, x, y: smallest(stack(V, x, y)) + 1, "single z"),
    (lambda V, x, y: 1.0, "shape is ()"),
    (lambda V, x, y: "levels", "numbers"),
    (lambda V, x, y: V @ x, "ValueError"),
]


def test_every_way_to_the_levels_is_right():
    for i, answer in enumerate(RIGHT):
        verdict = checks.level_grid(answer)
        assert verdict.right, (i, verdict)


def test_a_typical_mistake_is_named():
    for mistake, words in MISTAKES:
        verdict = checks.level_grid(mistake)
        assert (verdict.right, verdict.done) == (False, True), words
        assert words in str(verdict), (words, verdict)


def test_an_empty_answer_is_not_done_yet():
    verdict = checks.level_grid(lambda V, x, y: None)
    assert not verdict.done
    assert not verdict.right
