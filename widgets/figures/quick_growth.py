"""The growth of a large matrix, as good as it can follow a slider."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnrnn_core import dynamics
from nnrnn_core.dynamics.form import form_of

POWERS = 20  # about how many of them are looked at
MANY, FEWER = 128, 12  # as many for a matrix of more rows than that: the line between them errs no more there


class QuickGrowth(NamedTuple):
    """After these numbers of steps: ‖V^k‖₂ from below, and ‖V^k‖_F / √n."""

    steps: np.ndarray
    largest: np.ndarray
    typical: np.ndarray


def quick_growth(V: dynamics.Matrix, count: int) -> QuickGrowth:
    """An estimate for 0 to `count` steps of h_t = V h_(t−1), at 12 or 20 of them, dense at first. For x' = A x take
    what A does in a step of time, `dynamics.propagator`."""
    looked_at = POWERS if len(form_of(V)) <= MANY else FEWER
    estimate = dynamics.estimate_growth(V, dynamics.growth_powers(count, looked_at))
    return QuickGrowth(np.array(estimate.powers), estimate.transient, estimate.typical)
