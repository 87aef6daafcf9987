"""Feed-forward chains and Jordan blocks."""

from __future__ import annotations

import math

import numpy as np

from ..form import RealMatrix
from .building import gaussian, rotated, tridiagonal
from .specimen import SEED, Parameter, entry, gain, size


@entry(
    "Shear",
    "Two units that forget at the same rate, the first driving the second.",
    "The eigenvalues do not see the strength: V^k holds radius^k twice, and k · strength · radius^(k−1) below.",
    radius=gain(0.9, "both eigenvalues"),
    strength=Parameter(1.0, 0.0, 5.0, 0.05, "weight from the first to the second"),
)
def shear(radius: float, strength: float) -> RealMatrix:
    return np.array([[radius, 0.0], [strength, radius]])


@entry(
    "Gentle 2×2",
    "Two units that forget at rates of their own, the first driving the second: notebook 01, transposed.",
    "With eigenvalues 0.9 and 0.8 and strength 1 the norm of V^k climbs to 2.76 at k = 6 before it falls.",
    first=gain(0.9, "first eigenvalue"),
    second=gain(0.8, "second eigenvalue"),
    strength=Parameter(1.0, 0.0, 5.0, 0.05, "weight from the first to the second"),
)
def gentle(first: float, second: float, strength: float) -> RealMatrix:
    return np.array([[first, 0.0], [strength, second]])


@entry(
    "Delay line",
    "Each unit hands on what it holds, times alpha, and keeps nothing.",
    "Every eigenvalue is 0 and V^size = 0, but until then the norm of V^k is alpha^k.",
    size=size(50),
    alpha=gain(1.0, "weight of each link"),
)
def delay_line(size: int, alpha: float) -> RealMatrix:
    return tridiagonal(size, alpha, 0, 0)


@entry(
    "Dense delay line",
    "A delay line seen from another orthonormal basis: every unit is linked to every other.",
    "Its true eigenvalues are all 0; those computed with 50 units and alpha 1 come out almost 0.5 away.",
    size=size(50),
    alpha=gain(1.0, "weight of each link"),
)
def dense_delay_line(size: int, alpha: float) -> RealMatrix:
    return rotated(tridiagonal(size, alpha, 0, 0), 0)


@entry(
    "Feed-forward layers",
    "Layers of units with random weights from each layer to the next, and none within a layer.",
    "V^k = 0 from k = layers on: however strong the weights, growth has only layers − 1 steps.",
    size=size(40),
    layers=Parameter(4, 2, 20, 1, "number of layers"),
    strength=Parameter(1.5, 0.0, 5.0, 0.05, "how much a typical state is amplified by a layer"),
    seed=SEED,
)
def feed_forward_layers(size: int, layers: int, strength: float, seed: int) -> RealMatrix:
    """Layers of size/layers units; each unit hears all of the layer before, with weights N(0, strength²/width)."""
    count = min(layers, size)
    layer = np.arange(size) * count // size
    weights = strength * math.sqrt(count / size) * gaussian(size, seed)
    return np.where(layer[:, None] == layer[None, :] + 1, weights, 0.0)


@entry(
    "Jordan block",
    "One eigenvalue as often as there are units, each unit driving the next.",
    "Inside the circle of radius strength around the eigenvalue, σ_min(zI − V) is at most "
    "strength · (distance/strength)^size: for many units no computer can tell z from an eigenvalue.",
    size=size(20),
    eigenvalue=Parameter(0.5, -1.2, 1.2, 0.05, "the eigenvalue"),
    strength=Parameter(1.0, 0.0, 2.0, 0.05, "weight of each link"),
)
def jordan(size: int, eigenvalue: float, strength: float) -> RealMatrix:
    return tridiagonal(size, strength, eigenvalue, 0)


SPECIMENS = (shear, gentle, delay_line, dense_delay_line, feed_forward_layers, jordan)
