"""Networks of excitatory and inhibitory units, A = −I + W."""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg

from ..form import RealMatrix
from .specimen import SEED, Parameter, entry, size

TUNING_STEPS = 60  # most steps of `stability_optimised`
TUNING_MARGIN = 0.1  # how far below the target its steps aim
INHIBITION = 3.0  # an inhibitory synapse before tuning, in excitatory ones (Hennequin et al. 2014)


@entry(
    "Balanced network",
    "One excitatory and one inhibitory population, strong weights that nearly cancel, each with a leak.",
    "The difference of the two drives their sum with weight w (1 + k), while no eigenvalue shows it: they are "
    "−1 and −1 + w (1 − k).",
    time="continuous",
    weight=Parameter(4.3, 0.0, 10.0, 0.1, "w, the weight of excitation"),
    inhibition=Parameter(1.1, 0.5, 2.0, 0.05, "k, inhibition in units of excitation"),
)
def balanced_network(weight: float, inhibition: float) -> RealMatrix:
    """W = [[w, −k w], [w, −k w]] (Murphy & Miller 2009)."""
    return weight * np.array([[1, -inhibition], [1, -inhibition]]) - np.eye(2)


@entry(
    "Wide balanced network",
    "Many excitatory and inhibitory units with sparse random synapses, whose means are a balanced network.",
    "For many units exp(tA) begins to grow about as fast as with the two units of the same weights.",
    time="continuous",
    size=size(60),
    weight=Parameter(2.0, 0.0, 5.0, 0.1, "w, the total weight of excitation on a unit"),
    inhibition=Parameter(1.1, 0.5, 2.0, 0.05, "k, inhibition in units of excitation"),
    density=Parameter(0.5, 0.1, 1.0, 0.05, "probability of a synapse"),
    seed=SEED,
)
def balanced_network_wide(size: int, weight: float, inhibition: float, density: float, seed: int) -> RealMatrix:
    """Two halves of many units; a synapse is there with probability `density`. The means are those of two units."""
    inhibitory = size // 2
    excitatory = size - inhibitory
    synapse = np.repeat([weight / excitatory, -inhibition * weight / inhibitory], [excitatory, inhibitory]) / density
    return np.where(np.random.default_rng(seed).random((size, size)) < density, synapse, 0.0) - np.eye(size)


@entry(
    "Stability-optimised",
    "A random network of excitatory and inhibitory units whose inhibition was tuned until it is stable.",
    "No eigenvalue lies right of target, yet at the defaults exp(tA) grows more than fivefold before it dies.",
    time="continuous",
    size=size(50, 100),
    gain=Parameter(1.5, 0.5, 3.0, 0.1, "how strong the synapses are before tuning"),
    target=Parameter(-0.2, -0.5, -0.05, 0.05, "largest real part of an eigenvalue"),
    density=Parameter(0.2, 0.1, 0.9, 0.05, "probability of a synapse before tuning"),
    seed=SEED,
)
def stability_optimised(size: int, gain: float, target: float, density: float, seed: int) -> RealMatrix:
    """A random network of excitatory and inhibitory units, its inhibition tuned until max Re λ(A) ≤ target.

    After Hennequin, Vogels & Gerstner (2014), with shorter means: they follow the gradient of a smoothed abscissa for
    long and keep inhibition sparse. Here at most 60 Polyak steps lower Σ (Re λ − target + 0.1)²₊ over W's inhibitory
    columns, which stay ≤ 0 and may fill up, self-synapses excepted. Should that not reach the target, all of W is
    scaled down until it does. `gain` is the radius of the eigenvalue disc of W before, had its mean been 0.
    """
    inhibitory = np.arange(size) >= size - size // 2
    free = inhibitory[None, :] & ~np.eye(size, dtype=bool)
    drawn = np.random.default_rng(seed).random((size, size)) < density
    np.fill_diagonal(drawn, False)
    synapse = gain * math.sqrt(2 / (density * (1 - density) * (1 + INHIBITION**2) * size))
    W = np.where(drawn, np.where(inhibitory, -INHIBITION * synapse, synapse), 0.0)
    for _ in range(TUNING_STEPS):
        values, left, right = scipy.linalg.eig(W, left=True)
        if values.real.max() <= 1 + target:
            break
        excess = np.maximum(values.real - 1 - target + TUNING_MARGIN, 0.0)
        overlap = np.einsum("ij,ij->j", left.conj(), right)  # ∂λ/∂W = conj(u) wᵀ / u*w
        slope = np.where(free, ((left.conj() * (excess / _away_from_zero(overlap))) @ right.T).real, 0.0)
        W -= excess @ excess / 2 / max(float(np.sum(slope**2)), 1e-300) * slope
        W[free] = np.minimum(W[free], 0.0)
    abscissa = np.linalg.eigvals(W).real.max()
    return np.asarray(W * (1 + target) / max(abscissa, 1 + target) - np.eye(size))


def _away_from_zero(overlap: np.ndarray) -> np.ndarray:
    """∞ for an overlap of 0, that of a defective eigenvalue, which then asks for no step."""
    return np.where(np.abs(overlap) > 1e-12, overlap, np.inf)


SPECIMENS = (balanced_network, balanced_network_wide, stability_optimised)
