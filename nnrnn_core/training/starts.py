"""Where T may start: named shapes of the feed-forward part, each with the γ that shows it best."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import scipy  # loads what is asked of it when it is first asked
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ..dynamics import GrowthEstimate, estimate_growth, growth_powers
from ..matrices import SchurMatrix
from ..threads import threads

PEAK = 5.0  # the largest ‖V^k‖ over the sequence, at s = 1


def set_start(V: SchurMatrix, start: str | ArrayLike | Tensor, horizon: int, generator: torch.Generator) -> None:
    """γ and T of V ← a named shape, or γ as it is and T ← an (n, n) array.

    "zero"        T = 0, γ = 1: the paper's start, V orthogonal
    "random"      T Gaussian below the blocks, γ = 1
    "chain"       each rotation block drives the next with equal strength, γ = 1
    "delay-line"  the same with γ = 0: the blocks forget, a pulse only travels; the peak is at the line's end

    The shapes but zero are scaled so that max ‖V^k‖₂ over k = 0 … horizon is 5 (to 2 %).
    """
    if not isinstance(start, str):
        V.set_T(start)
        return
    if start not in STARTS:
        raise ValueError(f"start must be one of {', '.join(STARTS)} or an array; got {start!r}")
    gamma, shape = STARTS[start]
    with torch.no_grad():
        V.gamma.fill_(gamma)
    T = shape(V.size, generator)
    with threads(1):
        V.set_T(T if not np.any(T) else _strength(V, T, horizon) * T)


def _strength(V: SchurMatrix, T: np.ndarray, horizon: int) -> float:
    """The factor on T that makes the peak PEAK at s = 1, whatever V's scale is now."""
    scale = V.scale.clone()
    V.scale.fill_(1)
    last_link = V.size // 2 - 1  # where a delay line peaks, and only there
    some = sorted({*growth_powers(max(horizon, 1), 48), min(last_link, horizon)})

    estimates: dict[int, GrowthEstimate] = {}  # by number of powers: each starts the next one warm

    def excess(log_strength: float, powers: Sequence[int], wanted: float) -> float:
        V.set_T(np.exp(log_strength) * T)
        estimates[len(powers)] = estimate_growth(V, powers, estimates.get(len(powers)))
        peak = np.max(estimates[len(powers)].transient)
        return float(np.log(min(peak, 1e100) / wanted))

    try:
        wanted = PEAK
        for _ in range(4):  # what the powers in between add to the peak is taken off what is wanted of these
            found = scipy.optimize.brentq(excess, np.log(1e-6), np.log(1e3), args=(some, wanted), xtol=1e-3)
            missed = excess(found, range(horizon + 1), PEAK)
            if abs(missed) < 0.01:
                break
            wanted *= float(np.exp(-missed))
    finally:
        V.scale.copy_(scale)
    return float(np.exp(found))


def _zero(size: int, _: torch.Generator) -> np.ndarray:
    return np.zeros((size, size))


def _random(size: int, generator: torch.Generator) -> np.ndarray:
    gaussian = torch.randn(size, size, generator=generator, dtype=torch.float64).numpy()
    below: np.ndarray = gaussian * below_blocks(size)
    return below


def _chain(size: int, _: torch.Generator) -> np.ndarray:
    return np.eye(size, k=-2)


def below_blocks(size: int) -> np.ndarray:
    """True where T is free: strictly below the 2×2 blocks."""
    block = np.arange(size) // 2
    free: np.ndarray = block[:, None] > block[None, :]
    return free


STARTS: dict[str, tuple[float, Callable[[int, torch.Generator], np.ndarray]]] = {
    "zero": (1.0, _zero),
    "random": (1.0, _random),
    "chain": (1.0, _chain),
    "delay-line": (0.0, _chain),
}
