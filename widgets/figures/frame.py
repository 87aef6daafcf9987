"""A frame: everything the panels of a training show of one network, as arrays."""

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
    """One network of a run, and what it does on one batch: every part is of the network after `updates` updates.

    The screen, the history, the marks of interventions and exported files all count updates, from 0. Training's step n
    reports the network before its own update, which has had n − 1 of them: what step n reported is drawn and exported
    at n − 1. At rest a probe shows the network as it is, on the batch to come: what the next step will report. Hence
    the network shown after a step that was seen while the training played, and after Pause, differ by one update, and
    so do the numbers of updates that stand there. It costs little to take; `frame_of` computes the curves when it is to
    be seen.

    Attributes
    ----------
    updates : how many updates this network has had.
    loss, score : of the task, on the batch.
    scale : s; NaN without a T.
    form : (n, n) V in Schur form, Λ + s T, or V itself where it is not held in one; None without a V.
    blocks : whether `form` is Λ + s T with 2×2 blocks.
    source : (n,) the direction in which the input enters, norm 1, in the basis of `form`.
    eigenvalues, departure : of V where they can be read off its parameters; None otherwise.
    states : (time,) root mean square of ‖h_t‖ over the batch.
    late : (time,) gradient norms of the last loss term; None for an LSTM, and where they were not asked for.
    whole : (time,) those of the whole loss, likewise.
    """

    updates: int
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
    """A snapshot with its curves.

    While a network trains or a slider moves, the curves that cost most may be those of the frame before (`frame_of`),
    and right after a move of T's scale the curves are those of the new matrix while the rest waits for a sequence to be
    run. At rest everything is of the snapshot.

    Attributes
    ----------
    eigenvalues, departure : of V.
    powers, largest, typical : k, ‖V^k‖₂ and ‖V^k‖_F / √n.
    memory : J(k), k = 0 … time − 1, the noise running for the length of the sequence.
    late : (time,) `Snapshot.late_relative`.
    exact : whether growth and memory are exact, not estimates.
    estimate : of the growth; the next one starts from it.
    """

    snapshot: Snapshot
    eigenvalues: np.ndarray
    departure: float
    powers: np.ndarray
    largest: np.ndarray
    typical: np.ndarray
    memory: np.ndarray
    late: np.ndarray
    exact: bool
    estimate: GrowthEstimate | None = None

    @property
    def radius(self) -> float:
        """The spectral radius."""
        return float(np.abs(self.eigenvalues).max(initial=0.0)) if len(self.eigenvalues) else math.nan

    @property
    def peak(self) -> tuple[float, int]:
        """The largest ‖V^k‖₂ shown, and its k."""
        if not len(self.largest) or not np.isfinite(self.largest).any():
            return math.nan, 0
        where = int(np.nanargmax(self.largest))
        return float(self.largest[where]), int(self.powers[where])

    @property
    def gradient_ratio(self) -> float:
        """‖∂ℓ/∂h‖ at the first time step over that at the last scored one, ℓ the last loss term."""
        return float(self.late[0])


def frame_of(
    snapshot: Snapshot,
    exact: bool,
    before: Frame | None = None,
    *,
    keep_memory: bool = False,
    keep_growth: bool = False,
) -> Frame:
    """The curves of a snapshot; estimates if not exact, which start from those of the frame before. What is kept is the
    frame before's, to save time: memory, growth, and the late gradient of a snapshot that has none."""
    late = before.late if snapshot.late is None and before is not None else snapshot.late_relative
    form, source, time = snapshot.form, snapshot.source, len(snapshot.states)
    if form is None or source is None or not np.isfinite(form).all():
        none = np.empty(0)
        return Frame(snapshot, none, math.nan, none, none, none, none, late, exact)
    with threads(1):
        values, departure = _spectrum(snapshot, form)
        powers, largest, typical, estimate = _growth(form, time, exact, before, keep_growth)
        memory = before.memory if keep_memory and before is not None else _memory(form, source, time, exact)
    return Frame(snapshot, values, departure, powers, largest, typical, memory, late, exact, estimate)


def with_form(frame: Frame, form: np.ndarray, departure: float, exact: bool, keep_memory: bool) -> Frame:
    """The frame with the curves of another matrix of the same eigenvalues: what a move of T's scale shows at once."""
    source, time = frame.snapshot.source, len(frame.snapshot.states)
    if source is None or not np.isfinite(form).all():
        return frame
    with threads(1):
        powers, largest, typical, estimate = _growth(form, time, exact, frame, keep=False)
        memory = frame.memory if keep_memory else _memory(form, source, time, exact)
    return replace(
        frame, departure=departure, powers=powers, largest=largest, typical=typical, memory=memory, exact=exact,
        estimate=estimate,
    )  # fmt: skip


def with_snapshot(frame: Frame, snapshot: Snapshot) -> Frame:
    """The frame with another snapshot of the matrix whose growth it holds: what runs a sequence, after `with_form`."""
    frame = replace(frame, snapshot=snapshot, late=snapshot.late_relative)
    if snapshot.form is None or snapshot.source is None or frame.exact:
        return frame
    with threads(1):
        return replace(frame, memory=_memory(snapshot.form, snapshot.source, len(snapshot.states), exact=False))


def _spectrum(snapshot: Snapshot, form: np.ndarray) -> tuple[np.ndarray, float]:
    """Eigenvalues and departure from normality; computed where they cannot be read off."""
    if snapshot.eigenvalues is not None and snapshot.departure is not None:
        return snapshot.eigenvalues, snapshot.departure
    return eigenvalues(form), henrici(form)


def _growth(
    form: np.ndarray, time: int, exact: bool, before: Frame | None, keep: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, GrowthEstimate | None]:
    """Powers k, the largest and the typical growth at them, and the estimate from which the next one starts."""
    estimate = before.estimate if before is not None else None
    if exact:
        return np.arange(time + 1), transient_growth(form, time), typical_growth(form, time), estimate
    if estimate is None or not keep:
        same = estimate is not None and estimate.powers[-1] == time
        powers = estimate.powers if same and estimate is not None else growth_powers(time)
        estimate = estimate_growth(form, powers, estimate)
    return np.array(estimate.powers), estimate.transient, estimate.typical, estimate


def _memory(form: np.ndarray, source: np.ndarray, time: int, exact: bool) -> np.ndarray:
    if not exact:
        return estimate_memory(form, source, time - 1, time)
    try:
        return fisher_memory(form, source, time - 1, time)
    except ValueError:  # the powers of V have left float64
        return np.full(time, np.nan)
