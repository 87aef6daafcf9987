"""The peak of growth against the norms of many powers, or of e^{tA} at many times, one by one."""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg

from nnrnn_core import dynamics

STEPS = 4000


def differences(V: np.ndarray, time: dynamics.Time) -> tuple[float, float, bool, float]:
    """How far, relatively, a norm lies above what is proven not to be exceeded, and the largest found below what is
    said to be reached; and whether there was a proof; and the peak."""
    found = dynamics.growth_peak(V, time)
    if not math.isfinite(found.value):
        return (1.0 if found.proven else 0.0), 0.0, found.proven, math.inf  # all of these matrices are stable
    step = V if time == "discrete" else scipy.linalg.expm(V * (3 * max(found.at, 1) / STEPS))
    M, seen = np.eye(len(V)), 1.0
    for _ in range(STEPS):
        M = M @ step
        seen = max(seen, float(np.linalg.norm(M, 2)))
    at = scipy.linalg.expm(found.at * V) if time == "continuous" else np.linalg.matrix_power(V, round(found.at))
    reached = float(np.linalg.norm(at, 2))
    return seen / found.above - 1, found.value / max(reached, 1.0) - 1, found.proven, found.value
