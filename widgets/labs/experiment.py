"""What a TrainingLab does, without a screen: a training in which one intervenes, its untouched copy, its history."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from nnrnn_core import Diverged, SchurMatrix, Training
from nnrnn_core.threads import threads
from nnrnn_core.training.records import Step

from ..figures.frame import Snapshot
from ..figures.marks import Mark
from ..figures.training import Curves, Words
from .actions import ACTIONS
from .plan import Plan

FRAMES = 400  # snapshots kept at most; then every second one is dropped
FIRST_STRIDE = 4  # updates between two snapshots at the start: each costs a third backward sweep
BYTES = 200e6  # that the snapshots may take
DRAG = 50  # updates between two moves of a slider that are marked as one: a third of a second for a small network


@dataclass
class Experiment:
    """A plan under way. `step` trains, `intervene` changes something and notes after how many updates."""

    plan: Plan
    training: Training = field(init=False)
    curves: Curves = field(init=False)
    interventions: list[tuple[int, str, Any]] = field(init=False, default_factory=list)
    snapshots: list[Snapshot] = field(init=False, default_factory=list)
    first: Snapshot = field(init=False)
    last: Snapshot = field(init=False)
    ghost: Training | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.training = self.plan.make()
        self.curves = Curves()
        self._scheduled = list(self.plan.interventions)
        self._stride = FIRST_STRIDE
        self._do_scheduled()
        self.first = self.last = self.look()
        self.snapshots = [self.first]

    # ---- training
    def step(self, *, seen: bool = False, late: bool = True) -> None:
        """One training step. seen: the network before its update will be drawn; late: with the gradient of its last
        loss term. Raises Diverged."""
        keep = self.training.index % self._stride == 0 and self.training.index > 0
        parts = self._matrix_parts() if seen or keep else {}  # before the update: the network that the record describes
        try:
            record = self.training.step(late=(seen and late) or keep)
        except Diverged:
            self.intervene("diverged")  # noted, so that a preset repeats what the failed step did to the run
            raise
        self.curves.loss.append(record.loss)
        self.curves.score.append(record.score)
        if seen or keep:
            self.last = _snapshot(record, parts)
        if keep:
            self._remember(self.last)
        self._do_scheduled()
        self._follow()

    def set_ghost(self, on: bool) -> None:
        """An untouched copy from the same start, fed the same batches; turned on late it catches up, twice as fast."""
        if not on:
            self.ghost, self.curves.ghost = None, Curves().ghost
        elif self.ghost is None:
            self.ghost = self.plan.make()

    def _follow(self) -> None:
        for _ in range(2):
            if self.ghost is not None and self.ghost.index < self.training.index:
                try:
                    self.curves.ghost.append(self.ghost.step().loss)
                except ArithmeticError:  # the copy diverged: its curve ends here
                    self.ghost = None

    # ---- what is seen
    def look(self, *, whole_loss: bool = True) -> Snapshot:
        """The network as it is now, on the batch to come: what the next step will report. Nothing is updated.
        whole_loss=False: without the whole loss's gradient, for speed."""
        with threads(1):
            return _snapshot(self.training.probe(whole_loss=whole_loss), self._matrix_parts())

    def _matrix_parts(self) -> dict[str, Any]:
        """What a snapshot holds of the network as it is now, without running it."""
        model = self.training.model
        V, form, eigenvalues, departure = model.V, None, None, None
        if isinstance(V, SchurMatrix):
            with torch.no_grad():
                form = V.schur_form().cpu().double().numpy()
            eigenvalues, departure = V.eigenvalues().cpu().numpy(), V.departure()
        elif V is not None:
            with torch.no_grad():
                form = V().cpu().double().numpy().copy()
        return {
            "scale": self.scale,
            "form": form,
            "blocks": isinstance(V, SchurMatrix),
            "source": self._source(),
            "eigenvalues": eigenvalues,
            "departure": departure,
        }

    def _source(self) -> np.ndarray | None:
        """The unit direction in which inputs enter, in the basis of the form: U's column, or, of several columns, the
        direction that carries most (its first left singular vector)."""
        layer = self.training.model.layer
        if layer is None:
            return None
        with torch.no_grad():
            U = layer.input_matrix().cpu().double()
            direction = torch.linalg.svd(U, full_matrices=False).U[:, 0]
            if isinstance(layer.V, SchurMatrix):
                direction = layer.V.P.cpu().double().T @ direction
        return direction.numpy()

    def _remember(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)
        size = 0 if snapshot.form is None else snapshot.form.nbytes
        if len(self.snapshots) > min(FRAMES, max(20, BYTES / (size + 1))):
            self.snapshots = self.snapshots[::2]
            self._stride *= 2

    def words(self) -> Words:
        task = self.plan.task
        floor = task.floor
        return Words(task.name, task.score_name, task.baseline, floor, task.length, self.training.model.name)

    # ---- interventions
    @property
    def scale(self) -> float:
        V = self.training.model.V
        return float(V.scale) if isinstance(V, SchurMatrix) else math.nan

    def intervene(self, action: str, value: Any = None) -> None:
        """Do one of ACTIONS now, between two steps. ValueError for an unknown action or a bad value: nothing done."""
        if action not in ACTIONS:
            raise ValueError(f"action must be one of {', '.join(ACTIONS)}; got {action!r}")
        if action == "T_noise" and not isinstance(value, list):
            value = [value, len(self.interventions)]  # pressed twice, it draws twice
        done = ACTIONS[action].do(self.training, value)
        self._mark(action, done)
        here = (self.training.index, action)
        if self.interventions and self.interventions[-1][:2] == here and ACTIONS[action].absolute:
            self.interventions.pop()
        self.interventions.append((*here, done))

    def _do_scheduled(self) -> None:
        while self._scheduled and self._scheduled[0][0] <= self.training.index:
            _, action, value = self._scheduled.pop(0)
            self.intervene(action, value)

    def _mark(self, action: str, value: Any) -> None:
        """The intervention in words, before it is noted; a slow drag of one slider is marked at its end alone."""
        updates, dragged = self.training.index, isinstance(value, float)
        if self.interventions and self.interventions[-1][1] == action:
            apart = updates - self.interventions[-1][0]
            if ACTIONS[action].absolute and apart <= (DRAG if dragged else 0):
                self.curves.marks.pop()
        self.curves.marks.append(Mark(updates, ACTIONS[action].word(value), slight=dragged))

    def as_plan(self) -> Plan:
        """This run as a plan that repeats it, interventions included."""
        return replace(self.plan, interventions=(*self.interventions, *self._scheduled))


def _snapshot(record: Step, parts: dict[str, Any]) -> Snapshot:
    return Snapshot(
        updates=record.updates,
        loss=record.loss,
        score=record.score,
        states=record.state_norms,
        late=record.late_gradient_norms,
        whole=record.gradient_norms,
        **parts,
    )
