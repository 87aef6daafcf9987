"""Random matrices of a known kind, for tests."""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrnn_core.matrices import SchurMatrix

seeds = st.integers(0, 2**32 - 1)


def sampled(*strategies: st.SearchStrategy, examples: int = 10, **named: st.SearchStrategy):
    """`given`, for what is true of almost every matrix in the same way: a few random ones tell as much as a hundred."""
    return lambda test: settings(max_examples=examples)(given(*strategies, **named)(test))


def orthogonal(size: int, rng: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((size, size)))[0]


def normal(size: int, radius: float, rng: np.random.Generator) -> np.ndarray:
    """A random real normal matrix: scaled rotations in planes, one of them of the given radius, seen from anywhere."""
    gamma = radius * np.append(1.0, rng.uniform(0, 1, size // 2 - 1))
    theta = rng.uniform(0, 2 * np.pi, size // 2)
    blocks = [
        g * np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]) for g, t in zip(gamma, theta, strict=True)
    ]
    Q = orthogonal(size, rng)
    return Q @ scipy.linalg.block_diag(*blocks) @ Q.T


def unit(size: int, rng: np.random.Generator) -> np.ndarray:
    v = rng.standard_normal(size)
    return v / np.linalg.norm(v)


def nnrnn_matrix(size: int, strength: float, generator: torch.Generator, *, low: float = 0.9, mask: str = "block"):
    """A float64 SchurMatrix with P dense, γ in [low, 1), and T of norm about `strength`."""
    V = SchurMatrix(size, "random", generator, dtype=torch.float64, mask=mask)
    with torch.no_grad():
        V.gamma.uniform_(low, 0.99, generator=generator)
        V.T_entries.normal_(0, strength * math.sqrt(2) / size, generator=generator)
    return V
