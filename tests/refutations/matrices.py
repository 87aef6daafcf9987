"""Stable random matrices of four kinds, in either time: n from 2 to 12, the spectrum down to 10⁻⁵ from the edge."""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg

from nnrnn_core import dynamics

KINDS = ("Gaussian", "triangular", "rotation blocks and T", "narrow peak")


def drawn(seed: int, time: dynamics.Time) -> tuple[str, np.ndarray]:
    """A matrix and its kind."""
    rng = np.random.default_rng(seed)
    kind = KINDS[seed % len(KINDS)]
    V = {
        "Gaussian": gaussian, "triangular": triangular, "rotation blocks and T": blocks, "narrow peak": narrow,
    }[kind](rng)  # fmt: skip
    if time == "continuous":  # the same distances from the edge: log|λ| becomes Re λ
        V = 10 ** rng.uniform(-1, 1) * (V - np.eye(len(V)) if kind != "rotation blocks and T" else logarithm(V))
    return kind, V


def gaussian(rng: np.random.Generator) -> np.ndarray:
    size = int(rng.integers(2, 13))
    V = rng.standard_normal((size, size)) + (1j * rng.standard_normal((size, size)) if rng.random() < 0.3 else 0)
    return V * (1 - 10 ** rng.uniform(-4, -0.3)) / dynamics.spectral_radius(V)


def triangular(rng: np.random.Generator) -> np.ndarray:
    size = int(rng.integers(2, 13))
    T = np.tril(rng.standard_normal((size, size)), -1) * 10 ** rng.uniform(-1, 0.7)
    return T + np.diag(rng.uniform(-0.99, 0.99, size))


def turned(angle: float, radius: float) -> np.ndarray:
    c, s = radius * math.cos(angle), radius * math.sin(angle)
    return np.array([[c, -s], [s, c]])


def blocks(rng: np.random.Generator) -> np.ndarray:
    """An nnRNN's form, its eigenvalues 10⁻⁵ to 10⁻¹ inside the circle."""
    pairs = int(rng.integers(1, 7))
    L = scipy.linalg.block_diag(*(turned(rng.uniform(0, 3.1), 1 - 10 ** rng.uniform(-5, -1)) for _ in range(pairs)))
    T = np.tril(rng.standard_normal(L.shape), -1) * 10 ** rng.uniform(-3, 0) / math.sqrt(len(L))
    return np.asarray(L + np.where(np.kron(np.eye(pairs), np.ones((2, 2))) > 0, 0, T))


def narrow(rng: np.random.Generator) -> np.ndarray:
    """Two coupled pairs at e^{±iθ}, just inside the circle, beside a broad peak elsewhere; mixed by a rotation."""
    inside, theta = 10 ** rng.uniform(-5, -2), rng.uniform(0.2, 3)
    V = scipy.linalg.block_diag(*[turned(theta, 1 - inside)] * 2, *[turned(rng.uniform(0, 3), 0.5)] * 2)
    V[2, 0] = V[3, 1] = inside * 10 ** rng.uniform(0, 3)
    V[6, 4] = V[7, 5] = 10 ** rng.uniform(-1, 1)
    Q = np.linalg.qr(rng.standard_normal(V.shape))[0]
    return np.asarray(Q @ V @ Q.T)


def logarithm(V: np.ndarray) -> np.ndarray:
    """A with e^A = V, of the blocks alone: e^{tA} turns and shrinks as V^t does; and T as it is."""
    kept = np.kron(np.eye(len(V) // 2), np.ones((2, 2))) > 0
    return np.asarray(scipy.linalg.logm(np.where(kept, V, 0)).real + np.where(kept, 0, V))
