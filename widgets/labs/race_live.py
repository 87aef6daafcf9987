"""A run of a race that trains on the page: one update at a time, a point of its curve now and then."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from nnrnn_core import Settings
from nnrnn_core.experiments import Experiment
from nnrnn_core.threads import threads

from ..figures.numbers import short
from ..figures.race_view import Live

POINTS = 3  # of the live curve for each one of a committed run's: so that it is seen to grow


class LiveRun:
    """An experiment of the race under way: the same start, batches and rates as those of `run`, and no files. settings:
    those of the runs beside it, if they were made with others than `run` would take today.

    An evaluation leaves the run untouched, so however often it is looked at, the same updates come.
    """

    def __init__(self, experiment: Experiment, settings: Settings | None = None) -> None:
        self.experiment, self.training = experiment, experiment.make_training()
        if settings is not None:
            self.training.settings = settings
        self.lines: list[dict[str, Any]] = []
        self.score = math.nan  # on the test part, looked at once, at the end
        self._losses: list[float] = []
        self._stride = max(1, experiment.plan.interval // POINTS)
        self._seconds = 0.0

    @property
    def updates(self) -> int:
        return self.training.index

    @property
    def done(self) -> bool:
        return self.updates >= self.experiment.plan.updates

    def step(self) -> bool:
        """One update; whether the curve has a new point. Raises Diverged."""
        begun = time.thread_time()
        with threads(1):
            self._losses.append(self.training.step().loss)
            new = self.done or self.updates % self._stride == 0
            loss, score = self.training.evaluate("valid") if new else (math.nan, math.nan)
            self._seconds += time.thread_time() - begun
            if new:
                mean = float(np.mean(self._losses))
                point = {"train_loss": mean, "valid_loss": loss, "valid_score": score, "cpu_seconds": self._seconds}
                self.lines.append({"updates": self.updates, **point})
                self._losses.clear()
            if self.done:
                self.score = self.training.evaluate("test")[1]
        return new

    def drawn(self, measure: str, against: str) -> Live:
        """Its curve."""
        x, y = (np.array([line[what] for line in self.lines], float) for what in (against, measure))
        return Live(self.experiment.network, self.experiment.seed, x, y, self.score)

    def words(self) -> str:
        """How far it is."""
        plan, experiment = self.experiment.plan, self.experiment
        text = f"Your run of {experiment.network}, seed {experiment.seed}: {self.updates} of {plan.updates} updates"
        if math.isfinite(self.score):
            return f"{text}, test score {short(self.score)}."
        return text + (f", validation score {short(self.lines[-1]['valid_score'])}." if self.lines else ".")
