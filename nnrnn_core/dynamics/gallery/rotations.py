"""Rotations, and the nnRNN: rotations with a feed-forward part below them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from ..assembly import rotation_blocks
from ..form import RealMatrix
from .building import gaussian, rotated
from .specimen import SEED, Parameter, entry, gain, size

NNRNN = {
    "size": size(32),
    "gamma": gain(0.95, "modulus of the eigenvalues"),
    "sigma": Parameter(0.1, 0.0, 0.5, 0.01, "standard deviation of T's entries"),
    "seed": SEED,
}


@entry(
    "Ring",
    "A delay line whose last unit drives the first.",
    "One more link makes it normal: the eigenvalues leave 0 for the circle of radius gain, evenly spaced.",
    size=size(50),
    gain=gain(1.0, "weight of each link"),
)
def ring(size: int, gain: float) -> RealMatrix:
    return gain * np.roll(np.eye(size), 1, axis=0)


@entry(
    "Rotation",
    "Pairs of units, each turning by an angle of its own and scaled by gamma: the nnRNN without T.",
    "It is normal: every step multiplies the length of a state by gamma, whatever its direction.",
    size=size(16),
    gamma=gain(0.95, "modulus of the eigenvalues"),
)
def rotation(size: int, gamma: float) -> RealMatrix:
    pairs = (size + 1) // 2
    return _blocks(size, gamma, np.pi * (np.arange(pairs) + 0.5) / pairs)


@entry(
    "nnRNN, Schur form",
    "Λ + T of the nnRNN: rotation blocks of modulus gamma, and a random feed-forward part T below them.",
    "Every eigenvalue has modulus gamma whatever T is, and Henrici's departure from normality is T's norm.",
    time="discrete",
    **NNRNN,
)
def nnrnn_schur(size: int, gamma: float, sigma: float, seed: int) -> RealMatrix:
    """Λ + T with θ ~ U(0, 2π) and T ~ N(0, sigma²) below the 2×2 blocks (paper, eq. 4)."""
    theta = np.random.default_rng([seed, 1]).uniform(0, 2 * np.pi, (size + 1) // 2)
    block = np.arange(size) // 2
    T = np.where(block[:, None] > block[None, :], sigma * gaussian(size, seed), 0.0)
    return _blocks(size, gamma, theta) + T


@entry(
    "nnRNN",
    "V = P (Λ + T) Pᵀ: the nnRNN's Schur form in a random orthonormal basis.",
    "Its powers have the norms of those of the Schur form with the same seed, and no triangle is to be seen.",
    time="discrete",
    **NNRNN,
)
def nnrnn(size: int, gamma: float, sigma: float, seed: int) -> RealMatrix:
    return rotated(nnrnn_schur.build(size, gamma, sigma, seed), seed)


def _blocks(size: int, gamma: float, theta: Float64[np.ndarray, " pairs"]) -> RealMatrix:
    """Rotation blocks of modulus gamma on the diagonal; gamma alone in the last place of an odd size."""
    angles = np.where(np.arange(len(theta)) < size // 2, theta, 0.0)
    return rotation_blocks(gamma, angles)[:size, :size]


SPECIMENS = (ring, rotation, nnrnn_schur, nnrnn)
