"""Random networks: one that is not normal, and two that are."""

from __future__ import annotations

import math

import numpy as np

from ..form import RealMatrix
from .building import gaussian, orthogonal
from .specimen import SEED, entry, gain, size


@entry(
    "Random network",
    "Independent Gaussian weights of variance gain²/size.",
    "For many units the eigenvalues fill a disc of radius gain, while one step can amplify by about 2 · gain.",
    size=size(50),
    gain=gain(0.9, "radius of the disc of eigenvalues"),
    seed=SEED,
)
def random(size: int, gain: float, seed: int) -> RealMatrix:
    return gain / math.sqrt(size) * gaussian(size, seed)


@entry(
    "Random orthogonal",
    "A random rotation or reflection of all units at once, times gain.",
    "It is normal, with all eigenvalues on the circle of radius gain: V^k multiplies every length by gain^k.",
    size=size(50),
    gain=gain(1.0, "modulus of the eigenvalues"),
    seed=SEED,
)
def random_orthogonal(size: int, gain: float, seed: int) -> RealMatrix:
    return gain * orthogonal(size, seed)


@entry(
    "Symmetric random",
    "Gaussian weights, each pair of units linked equally strongly both ways.",
    "It is normal, with real eigenvalues, for many units between −gain and gain: the norm of V^k is radius^k.",
    size=size(50),
    gain=gain(0.9, "half the width of the spectrum"),
    seed=SEED,
)
def symmetric_random(size: int, gain: float, seed: int) -> RealMatrix:
    G = gaussian(size, seed)
    return np.asarray(gain / math.sqrt(8 * size) * (G + G.T))


SPECIMENS = (random, random_orthogonal, symmetric_random)
