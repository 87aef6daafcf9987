"""TrainingLab: a network trains, a person intervenes, six panels and a sentence answer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from nnrnn_core import Diverged, SchurMatrix, SequenceModel, Settings
from nnrnn_core.tasks import Task

from ..jupyter import said_in_words
from . import registry
from .drawing import ExperimentLab
from .experiment import Experiment
from .plan import Plan, make_plan
from .playing import Playing
from .preset import from_text, to_text
from .wiring import connect

RUNS_KEPT = 5


class TrainingLab(ExperimentLab):
    """A training on the screen. Put it last in a cell.

    task         a task, or its name; default `tasks.NoisyMemory()`
    hidden_size  default 32 for noisy memory, 128 for copying, 64 for text
    model        "nnrnn" or another name of `nnrnn_core.sequence_model.RECURRENTS`, or a `SequenceModel` of your own
    start        what T starts as: "zero", "random", "chain", "delay-line", or your own (n, n) array
    frozen       T frozen at the start; default: where the task is about what T = 0 cannot do (noisy memory)
    settings     default the task's own for the model

    `step(n)` and `run(n)` train without a browser; `intervene(action, value)` does what the controls do; `experiment`
    holds the run: its training, curves, interventions. What is shown is counted in updates, see
    `widgets.figures.frame.Snapshot`. Running a cell again closes the lab that it had made before; that one's run is
    kept, and `restore()` brings it back.
    """

    @said_in_words()
    def __init__(
        self,
        task: Task | str | None = None,
        hidden_size: int | None = None,
        model: str | SequenceModel = "nnrnn",
        start: str | ArrayLike = "zero",
        seed: int = 0,
        *,
        frozen: bool | None = None,
        settings: Settings | None = None,
        plan: Plan | None = None,
    ) -> None:
        experiment = Experiment(plan or make_plan(task, hidden_size, model, start, seed, frozen, settings))
        super().__init__(experiment)
        self.runs: list[Experiment] = []
        self._playing = Playing(self)
        before = self.appear([self.controls.head, self.words, self.panels.box, self.controls.foot])
        if isinstance(before, TrainingLab):
            self.runs = [*before.runs, before.experiment][-RUNS_KEPT:]
        self.begin()
        connect(self)

    @classmethod
    @said_in_words()
    def from_preset(cls, text: str) -> TrainingLab:
        """The lab that a preset describes, before any update; its interventions come when the run reaches them."""
        return cls(plan=from_text(text))

    # ---- what the base asks for
    @property
    def preset(self) -> str:
        return to_text(self.experiment.as_plan())

    def load_preset(self, text: str) -> None:
        self.new_run(from_text(text))

    def columns(self) -> Mapping[str, np.ndarray]:
        """updates, loss, score and the untouched copy's loss; the last row is of the network as it is now."""
        return self.experiment.curves.up_to(self.experiment.look()).as_columns()

    def arrays(self) -> Mapping[str, np.ndarray]:
        """The columns, and V, its eigenvalues and T where there are such."""
        V, found = self.experiment.training.model.V, dict(self.columns())
        if V is not None:
            found |= {"V": V().detach().cpu().numpy(), "eigenvalues": V.eigenvalues().cpu().numpy()}
        if isinstance(V, SchurMatrix):
            found["T"] = V.T.detach().cpu().numpy()
        return found

    def file_name(self) -> str:
        plan, training = self.experiment.plan, self.experiment.training
        return f"nnrnn-{plan.task.name}-{training.model.name}-seed{plan.seed}-updates{training.index}"

    def failed(self, problem: BaseException) -> None:
        if not isinstance(problem, Diverged):  # `stop_diverged` has shown that already
            super().failed(problem)

    # ---- without a browser
    def step(self, n: int = 1) -> None:
        """n training steps, then one repaint."""
        self._train(range(n))

    def run(self, n: int) -> None:
        """n training steps with a progress bar, repainting as they go; blocks until they are done."""
        self._train(tqdm(range(n), desc="training", unit="step"), repaint=0.25)

    def _train(self, steps: Iterable[int], repaint: float = float("inf")) -> None:
        self.pause()
        painted = time.monotonic()
        try:
            for _ in steps:
                with self.lock:
                    due = time.monotonic() - painted > repaint
                    self.experiment.step(seen=due)
                    if due:
                        self.draw(exact=False)
                        painted = time.monotonic()
        except Diverged as problem:
            self.stop_diverged(problem)
            raise
        with self.lock:
            self.look()
            self.draw(exact=True)

    def intervene(self, action: str, value: Any = None) -> None:
        """Change something between two steps: see `widgets.labs.actions.ACTIONS`. Noted, and marked on the curve."""
        with self.lock:
            self.experiment.intervene(action, value)
            self.show_controls()
            if self.playing:
                self.show_new_matrix()
            else:
                self.look()
                self.draw(exact=self.small)

    @said_in_words()
    def set_T(self, T: ArrayLike) -> None:
        """A T of your own, (n, n), 0 on and above the 2×2 blocks, into the running network."""
        self.intervene("T", T)

    # ---- the clock
    def play_or_pause(self) -> None:
        """What the button does."""
        if self.playing:
            self.pause()
            return
        registry.playing(self)
        self._playing.begin()
        self.look()  # back from the history
        self.controls.show_playing(True)
        self.lines.play(self._playing.tick)

    @said_in_words()
    def set_pace(self, steps: float) -> None:
        """So many steps a second at most; infinity is as fast as the machine can."""
        self._playing.pace = steps
        self._playing.begin()

    def pause(self) -> None:
        """Stop the training. The lab stays as it is, and Play goes on."""
        was_playing = self.playing
        self.lines.pause()
        self.controls.show_playing(False)
        if was_playing:
            with self.lock:
                self.look()
                self.draw(exact=True)

    def stop_diverged(self, problem: Diverged) -> None:
        """The loss has left float64: stop, say so, show the last good network."""
        self.pause()
        self.say_problem(f"Stopped. {problem}, or press Reset.")
        self.controls.halve.layout.display = None
        self.look()
        self.draw(exact=self.small)

    def say_problem(self, text: str) -> None:
        super().say_problem(text)
        self.controls.halve.layout.display = "none"

    # ---- runs
    def new_run(self, plan: Plan) -> None:
        """Begin another run; the present one is kept."""
        experiment = Experiment(plan)  # raises before anything is touched
        self.pause()
        self.runs = [*self.runs, self.experiment][-RUNS_KEPT:]
        self.experiment = experiment
        self.begin()

    def restore(self) -> None:
        """The run before the last Reset, new run or re-run of the cell; the present one takes its place in the row."""
        with self.lock:
            if not self.runs:
                raise ValueError("there is no run before this one")
            self.pause()
            self.runs[-1], self.experiment = self.experiment, self.runs[-1]
            self.begin()

    def export(self, path: str | Path) -> Path:
        """The run into a .npz or .csv file: updates, loss, score; the npz also eigenvalues, V, T and the preset."""
        return super().export(path)
