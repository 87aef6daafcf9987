"""A frame: everything the panels of a training show at one step, as arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from nnrnn_core.dynamics import (
    GrowthEstimate,
    eigenvalues,
    estimate_growth,
    estimate_memory,
    fisher_memory,
    growth_powers,
    henrici,
    transient_growth,
    typical_growth,
)
from nnrnn_core.threads import threads

EXACT_SIZE = 32  # up to this width exact curves are cheap enough to follow a slider


@dataclass(frozen=True)
class Snapshot:
    """What is kept of a step, cheap to take: a frame is computed from it when it is to be seen.

    form      (n, n) of V in Schur form, Λ + s T, or V itself where it is not held in one; None without a V
    blocks    True where `form` is Λ + s T with 2×2 blocks
    source    (n,) the direction in which the input enters, norm 1, in the basis of `form`
    late      (time,) gradient norms of the last loss term; None for an LSTM
    whole     (time,) those of the whole loss
    """

    index: int
    loss: float
    score: float
    scale: float
    form: np.ndarray | None
    blocks: bool
    source: np.ndarray | None
    eigenvalues: np.ndarray | None
    departure: float | None
    states: np.ndarray
    late: np.ndarray | None
    whole: np.ndarray | None

    @property
    def late_relative(self) -> np.ndarray:
        """`late`, 1 at the last scored time step: earlier states than that are all that can move its loss."""
        late = self.late
        if late is None or not late.any():
            return np.full(len(self.states), np.nan)
        relative: np.ndarray = late / late[np.flatnonzero(late)[-1]]
        return relative


@dataclass(frozen=True)
class Frame:
    """A snapshot with its curves. worst and typical: growth of ‖V^k‖ at `powers`; memory: J(k), k = 0 … time − 1,
    its noise running for the length of the sequence. exact: not estimates."""

    snapshot: Snapshot
    eigenvalues: np.ndarray
    departure: float
    powers: np.ndarray
    worst: np.ndarray
    typical: np.ndarray
    memory: np.ndarray
    exact: bool
    estimate: GrowthEstimate | None = None  # warm-starts the next one

    @property
    def radius(self) -> float:
        return float(np.abs(self.eigenvalues).max(initial=0.0)) if len(self.eigenvalues) else math.nan

    @property
    def peak(self) -> tuple[float, int]:
        """The largest ‖V^k‖₂ shown, and its k."""
        if not len(self.worst) or not np.isfinite(self.worst).any():
            return math.nan, 0
        where = int(np.nanargmax(self.worst))
        return float(self.worst[where]), int(self.powers[where])

    @property
    def gradient_ratio(self) -> float:
        """‖∂ℓ/∂h‖ at the first time step over that at the last scored one, ℓ the last loss term."""
        return float(self.snapshot.late_relative[0])


def frame_of(
    snapshot: Snapshot,
    exact: bool,
    before: Frame | None = None,
    *,
    keep_memory: bool = False,
    keep_growth: bool = False,
) -> Frame:
    """The curves of a snapshot; estimates if not exact, warm-started from the frame before. What is kept is the frame
    before's: it costs time."""
    if snapshot.form is None or snapshot.source is None or not np.isfinite(snapshot.form).all():
        none = np.empty(0)
        return Frame(snapshot, none, math.nan, none, none, none, none, exact)
    with threads(1):
        return _computed(snapshot, snapshot.form, snapshot.source, exact, before, keep_memory, keep_growth)


def with_memory(frame: Frame) -> Frame:
    """The frame with its snapshot's J(k), of which it may hold an older one."""
    snapshot = frame.snapshot
    if snapshot.form is None or snapshot.source is None or frame.exact:
        return frame
    time = len(snapshot.states)
    with threads(1):
        return replace(frame, memory=estimate_memory(snapshot.form, snapshot.source, time - 1, time))


def _computed(
    snapshot: Snapshot,
    form: np.ndarray,
    source: np.ndarray,
    exact: bool,
    before: Frame | None,
    keep_memory: bool,
    keep_growth: bool,
) -> Frame:
    time = len(snapshot.states)
    values, departure = snapshot.eigenvalues, snapshot.departure
    if values is None or departure is None:
        values, departure = eigenvalues(form), henrici(form)
    warm = before.estimate if before is not None else None
    if exact:
        powers = np.arange(time + 1)
        growth, rms = transient_growth(form, time), typical_growth(form, time)
        return Frame(snapshot, values, departure, powers, growth, rms, _memory(form, source, time), True, warm)
    if keep_growth and warm is not None:
        estimate = warm
    else:
        ks = warm.powers if warm is not None and warm.powers[-1] == time else growth_powers(time)
        estimate = estimate_growth(form, ks, warm)
    if keep_memory and before is not None:
        memory = before.memory
    else:
        memory = estimate_memory(form, source, time - 1, time)
    curves = (np.array(estimate.powers), estimate.transient, estimate.typical, memory)
    return Frame(snapshot, values, departure, *curves, False, estimate)


def _memory(form: np.ndarray, source: np.ndarray, time: int) -> np.ndarray:
    try:
        return fisher_memory(form, source, time - 1, time)
    except ValueError:  # the powers of V have left float64
        return np.full(time, np.nan)
