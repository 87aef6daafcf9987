"""The check of notebook 04's grid: every way to the levels is right. Wrong answers are in notebooks/wrong_answers."""

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


def test_every_way_to_the_levels_is_right():
    for i, answer in enumerate(RIGHT):
        verdict = checks.level_grid(answer)
        assert verdict.right, (i, verdict)
