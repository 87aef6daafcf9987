"""The search for the peak over all time, which goes on between a lab's ticks: see `dynamics.growth_peak`."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from nnrnn_core import dynamics

from ..figures.axes import nice_end
from .matrices import Source, dense

BUDGET = 4_000  # powers, at most: seconds at 50 rows
WORK = 5_000_000  # n³ of a piece times its powers: some hundredths of a second
MOST = 150  # powers in a piece, however small
REACHED = 0.99  # of a peak that no moment reaches
AT_ONCE = 256  # rows up to which the first piece is done before anything is drawn


class PeakSearch:
    """sup ‖V^k‖₂ or ‖e^{tA}‖₂: `found` so far, None before the first piece. `ended`: there is no more to find."""

    def __init__(self, source: Source, scale: float, time: dynamics.Time) -> None:
        self.found: dynamics.GrowthPeak | None = None
        self.ended = False
        self._slices = dynamics.growth_peak_slices(source.scaled(scale), time, budget=BUDGET)
        self._piece = min(MOST, max(1, WORK // source.size**3))
        if source.size <= AT_ONCE:
            self.go_on()

    def go_on(self) -> bool:
        """Do one more piece. Returns whether any is left."""
        for _ in range(self._piece):
            found = next(self._slices, None)
            if found is None:
                self.ended = True
                break
            self.found = found
        return not self.ended


@lru_cache(maxsize=16)
def peak_search(source: Source, scale: float, time: dynamics.Time) -> PeakSearch:
    return PeakSearch(source, scale, time)


def _near(V: np.ndarray, time: dynamics.Time, height: float, horizon: float, most: float) -> float:
    """The first of horizon, 2 horizon, 4 horizon … at which growth is so high, or the longest."""
    power = np.linalg.matrix_power(V, round(horizon)) if time == "discrete" else dynamics.propagator(V, horizon)
    while 2 * horizon <= most and np.isfinite(power).all() and np.linalg.norm(power, 2) < height:
        horizon, power = 2 * horizon, power @ power
    return horizon


def horizon_with_peak(source: Source, scale: float, time: dynamics.Time, horizon: float, most: float) -> float:
    """The horizon, or a longer one if the peak that is known lies at its end or behind it: a quarter is to spare. Of
    growth that tends to its peak, or comes back to it, one that comes near. `most` is the longest."""
    found = peak_search(source, scale, time).found
    if found is None or found.value == float("inf"):
        return horizon
    if found.at == float("inf"):
        return _near(dense(source.scaled(scale)), time, REACHED * found.value, horizon, most)
    if found.at <= 0.9 * horizon:
        return horizon
    return min(float(nice_end(1.25 * found.at, horizon)), most)
