"""TrainingLab: a network trains, a person intervenes, six panels and a sentence answer."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

import ipywidgets as ipw
import numpy as np
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from nnrnn_core import Diverged, SchurMatrix, SequenceModel, Settings, tasks
from nnrnn_core.network import RecurrentNetwork
from nnrnn_core.optimisation import parameter_groups
from nnrnn_core.tasks import Task

from ..figures.frame import EXACT_SIZE, Frame, frame_of
from ..figures.training import (
    FORM_PLACE,
    Curves,
    Words,
    as_columns,
    form_figure,
    form_push,
    form_sentence,
    lines_figure,
    lines_push,
    sentence,
)
from ..live import LiveFigure
from . import registry
from .controls import SIZES, TASKS, Controls
from .experiment import FRAMES, Experiment, Plan
from .preset import from_text, to_text

BUDGET = 0.06  # seconds of training between two frames
SLOW_PANELS = 1.0  # seconds between repaints of the heat map, and of J(k) in a wide network, while playing
RUNS_KEPT = 5


class TrainingLab(ipw.VBox):
    """A training on the screen. Put it last in a cell.

    task         a task, or its name; default `tasks.NoisyMemory()`
    hidden_size  default 32 for noisy memory, 128 for copying, 64 for text
    model        "nnrnn", "rnn", "exprnn", "lstm", or a `SequenceModel` of your own
    start        what T starts as: "zero", "random", "chain", "delay-line", or your own (n, n) array
    frozen       T frozen at the start; default: where the task is about what T = 0 cannot do (noisy memory)
    settings     default the task's own for the model

    `step(n)` and `run(n)` train without a browser; `intervene(action, value)` does what the controls do; `experiment`
    holds the run: its training, curves, interventions. Running a cell again closes the lab that it had made before;
    that one's run is kept, and `restore()` brings it back.
    """

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
        self._lock = RLock()
        self._words: Words | None = None
        self.experiment = Experiment(plan or make_plan(task, hidden_size, model, start, seed, frozen, settings))
        self.runs: list[Experiment] = []
        self.controls = Controls()
        self._setting = False  # the lab itself is setting its controls: no intervention
        self._frame: Frame | None = None
        self._first: Frame | None = None
        self._slow_drawn = 0.0
        self._step_time = 0.0
        super().__init__()
        self.add_class("training-lab")
        before = registry.take_place(self)
        if isinstance(before, TrainingLab):
            self.runs = [*before.runs, before.experiment][-RUNS_KEPT:]
        self._connect()
        self._begin()

    @classmethod
    def from_preset(cls, text: str) -> TrainingLab:
        """The lab that a preset describes, at its first step; its interventions come when the run reaches them."""
        return cls(plan=from_text(text))

    @property
    def preset(self) -> str:
        """This run in one line of text."""
        return to_text(self.experiment.as_plan())

    @property
    def status(self) -> str:
        """What the panels show, in words."""
        return self.lines.alt

    # ---- without a browser
    def step(self, n: int = 1) -> None:
        """n training steps, then one repaint."""
        self._train(range(n))

    def run(self, n: int) -> None:
        """n training steps with a progress bar, repainting as they go; blocks until they are done."""
        self._train(tqdm(range(n), desc="training", unit="step"), repaint=0.25)

    def _train(self, steps: Any, repaint: float = float("inf")) -> None:
        painted = time.monotonic()
        self.pause()
        try:
            for _ in steps:
                with self._lock:
                    self.experiment.step()
                    if time.monotonic() - painted > repaint:
                        self._look()
                        self._draw(exact=False)
                        painted = time.monotonic()
        except Diverged as problem:
            self._diverged(problem)
            raise
        finally:
            with self._lock:
                self._look()
                self._draw(exact=True)

    def intervene(self, action: str, value: Any = None) -> None:
        """Change something between two steps: see `widgets.labs.experiment.ACTIONS`. Noted, and marked on the curve."""
        with self._lock:
            self.experiment.intervene(action, value)
            self._show_settings()
            if self.lines.playing:
                self._redraw_matrix()
            else:
                self._look()
                self._draw(exact=self._small)

    def set_T(self, T: ArrayLike) -> None:
        """A T of your own, (n, n), 0 on and above the 2×2 blocks, into the running network."""
        self.intervene("T", T)

    def export(self, path: str | Path) -> Path:
        """The run into a .npz or .csv file: step, loss, score; the npz holds eigenvalues, V, T and the preset too."""
        path = Path(path)
        columns = dict(as_columns(self.experiment.curves))
        if path.suffix == ".csv":
            table = np.column_stack(list(columns.values()))
            np.savetxt(path, table, delimiter=",", header=",".join(columns), comments="", fmt="%.9g")
        elif path.suffix == ".npz":
            V = self.experiment.training.model.V
            if V is not None:
                columns["V"] = V().detach().cpu().numpy()
                columns["eigenvalues"] = V.eigenvalues().cpu().numpy()
            if isinstance(V, SchurMatrix):
                columns["T"] = V.T.detach().cpu().numpy()
            if isinstance(self.experiment.plan.model, str):
                columns["preset"] = np.array(self.preset)
            np.savez_compressed(path, **columns)
        else:
            raise ValueError(f"path must end in .npz or .csv; got {str(path)!r}")
        return path

    def pause(self) -> None:
        """Stop the clock. The lab stays as it is, and Play goes on."""
        was_playing = self.lines.playing
        self.lines.pause()
        self.controls.show_playing(False)
        if was_playing:
            with self._lock:
                self._look()
                self._draw(exact=True)

    def restore(self) -> None:
        """The run before the last Reset, new run or re-run of the cell; the present one takes its place in the row."""
        with self._lock:
            if not self.runs:
                raise ValueError("there is no run before this one")
            self.runs[-1], self.experiment = self.experiment, self.runs[-1]
            self._begin()

    def close(self) -> None:
        """Stop, and take the lab off the page: parents first, for a child closed under a living box leaves JupyterLab
        on "Loading widget…" after a reload."""
        registry.forget(self)
        if self._words is not None:  # None: the constructor failed, and this is Python clearing up
            self.lines.pause()
        children = _descendants(self)
        super().close()
        for child in children:
            child.close()

    # ---- a run begins
    def _new_run(self, plan: Plan) -> None:
        experiment = Experiment(plan)  # raises before anything is touched
        self.pause()
        self.runs = [*self.runs, self.experiment][-RUNS_KEPT:]
        self.experiment = experiment
        self._begin()

    def _begin(self) -> None:
        """Show the present experiment from its first frame on."""
        self._first = self._frame = None
        self._alarm("")
        self._set_ghost_box()
        words = self.experiment.words()
        if words != self._words:
            self._make_figures(words)
        self._first = frame_of(self.experiment.first, exact=self._small)
        self._show_settings()
        self._show_plan()
        self._look()
        self._draw(exact=self._small)

    def _make_figures(self, words: Words) -> None:
        old = [self.lines, self.form] if self._words is not None else []
        self._words = words
        self.lines, self.form = LiveFigure(lines_figure(words)), LiveFigure(form_figure(words))
        self.lines.on_error = self._failed
        self.lines.layout.grid_area = "1 / 1 / 3 / 3"
        self.form.layout.grid_area = FORM_PLACE["area"]
        grid = ipw.Layout(
            grid_template_columns=FORM_PLACE["columns"], grid_template_rows=FORM_PLACE["rows"], width="100%"
        )
        panels = ipw.GridBox([self.lines, self.form], layout=grid)
        old_boxes = [self.children[1]] if old else []
        self.children = (self.controls.head, panels, self.controls.foot)
        for widget in (*old_boxes, *old):
            widget.close()

    def _show_plan(self) -> None:
        plan, controls = self.experiment.plan, self.controls
        model = self.experiment.training.model
        with _SettingControls(self):
            controls.model.options = list(dict.fromkeys([*controls.model.options, model.name]))
            controls.model.value, controls.hidden_size.value = model.name, model.hidden_size
            starts = [*controls.start.options, "own"] if not isinstance(plan.start, str) else controls.start.options
            controls.start.options = list(dict.fromkeys(starts))
            controls.start.value = plan.start if isinstance(plan.start, str) else "own"
            controls.seed.value = plan.seed
            label = next((label for label, spec in TASKS.items() if _same_task(spec, plan.task)), None)
            if label is None:
                label = f"{plan.task.name} (yours)"
                controls.task.options = [*TASKS, label]
            controls.task.value = label
        has_P = bool(parameter_groups(model)["P"])
        controls.show_abilities(isinstance(model.V, SchurMatrix), has_P, isinstance(model.recurrent, RecurrentNetwork))

    def _show_settings(self) -> None:
        with _SettingControls(self):
            self.controls.show_settings(self.experiment.training.settings)
            scale = self.experiment.scale
            self.controls.scale.value = scale if np.isfinite(scale) else 1.0

    def _set_ghost_box(self) -> None:
        with _SettingControls(self):
            self.controls.ghost.value = self.experiment.ghost is not None

    # ---- the clock
    def _play(self) -> None:
        if self.lines.playing:
            self.pause()
            return
        self._alarm("")
        registry.playing(self)
        self._look()  # back from the history
        self.controls.show_playing(True)
        self.lines.play(self._tick)

    def _tick(self) -> None:
        """Train for BUDGET seconds, a step at a time so that a slider need not wait long; draw the last one."""
        if not self._lock.acquire(timeout=0.005):
            return  # busy: a control has the lab
        self._lock.release()
        end, last = time.monotonic() + BUDGET, False
        while not last:
            with self._lock:
                if not self.lines.playing:
                    return
                begun = time.monotonic()
                last = begun + 2 * self._step_time > end
                try:
                    self.experiment.step(seen=last)
                except Diverged as problem:
                    self._diverged(problem)
                    return
                self._step_time = 0.8 * self._step_time + 0.2 * (time.monotonic() - begun)
        with self._lock:
            if self.lines.playing:
                self._draw(exact=False)

    def _diverged(self, problem: Diverged) -> None:
        self.pause()
        self._alarm(f"Stopped. {problem}, or press Reset.", offer_to_halve=True)
        self._look()
        self._draw(exact=self._small)

    def _failed(self, problem: BaseException) -> None:
        """Any exception out of a callback: Jupyter would swallow it."""
        self.lines.pause()
        self.controls.show_playing(False)
        self._alarm(f"{type(problem).__name__}: {problem}")

    # ---- painting
    @property
    def _small(self) -> bool:
        """Exact curves are cheap enough to follow a slider."""
        return self.experiment.training.model.hidden_size <= EXACT_SIZE

    def _look(self) -> None:
        """The present network, measured anew."""
        self.experiment.last = self.experiment.look()
        with _SettingControls(self):
            self.controls.history.value = FRAMES
        self.controls.history_label.value = "now"

    def _draw(self, exact: bool) -> None:
        """Everything, from the last snapshot; while playing, the slow panels once in a while."""
        playing = self.lines.playing
        slow = not playing or time.monotonic() - self._slow_drawn > SLOW_PANELS
        keep_memory = not (slow or self._small)
        self._paint(frame_of(self.experiment.last, exact, self._frame, keep_memory), self.experiment.curves, slow)
        if not playing:
            self._show_preset()

    def _redraw_matrix(self) -> None:
        """What a change of T shows at once while the network trains; the rest follows with the next step."""
        V = self.experiment.training.model.V
        if isinstance(V, SchurMatrix):
            form = V.schur_form().detach().double().cpu().numpy()
            self.experiment.last = replace(
                self.experiment.last, form=form, scale=float(V.scale), departure=V.departure()
            )
        self._draw(exact=False)

    def _paint(self, frame: Frame, curves: Curves, slow: bool) -> None:
        if self._words is None or self._first is None:
            return
        late = not self.controls.whole_loss.value
        self.lines.push(*lines_push(frame, self._first, curves, self._words, late))
        if slow:
            self.form.push(*form_push(frame))
            self.form.alt = form_sentence(frame)
            self._slow_drawn = time.monotonic()
        self._frame = frame
        self.lines.alt = sentence(frame, curves, self._words)
        self.controls.status.value = f'<div style="line-height:1.4">{html.escape(self.lines.alt)}</div>'

    def _alarm(self, text: str, offer_to_halve: bool = False) -> None:
        self.controls.alarm.value = f'<b role="alert" style="color:#A33C00">{html.escape(text)}</b>'
        self.controls.alarm.layout.display = None if text else "none"
        self.controls.halve.layout.display = None if offer_to_halve else "none"

    def _show_preset(self) -> None:
        own = not isinstance(self.experiment.plan.model, str)
        self.controls.preset.value = "" if own else self.preset

    # ---- controls
    def _connect(self) -> None:
        c = self.controls
        for button, action in (
            (c.play, self._play), (c.step, self.step), (c.halve, self._halve), (c.restore, self.restore),
            (c.reset, lambda: self._new_run(self.experiment.plan)),
            (c.release, lambda: self.intervene("freeze_T", not self.experiment.training.settings.freeze_T)),
            (c.rebuild, self._rebuild), (c.add_noise, lambda: self.intervene("T_noise", c.noise.value)),
            (c.save_svg, lambda: self._download("svg")), (c.save_png, lambda: self._download("png")),
            (c.save_npz, lambda: self._save(".npz")), (c.save_csv, lambda: self._save(".csv")),
            (c.load, lambda: self._new_run(from_text(c.preset.value))),
        ):  # fmt: skip
            button.on_click(lambda _, action=action: self._guarded(action))
        for control, changed in (
            (c.scale, lambda: self.intervene("scale", _snapped(c.scale.value))),
            (c.task, self._change_task),
            (c.history, self._show_history),
            (c.hold_gamma, lambda: self.intervene("hold_gamma", c.hold_gamma.value)),
            (c.whole_loss, lambda: self._draw(exact=self._small and not self.lines.playing)),
            (c.ghost, lambda: self.experiment.set_ghost(c.ghost.value)),
            (c.rate, lambda: self.intervene("rate", c.rate.value)),
            (c.rate_P, lambda: self.intervene("rate_P", c.rate_P.value)),
            (c.T_decay, lambda: self.intervene("T_decay", c.zero_or(c.T_decay))),
            (c.gamma_penalty, lambda: self.intervene("gamma_penalty", c.zero_or(c.gamma_penalty))),
        ):
            control.observe(lambda _, changed=changed: None if self._setting else self._guarded(changed), "value")

    def _guarded(self, action: Callable[[], Any]) -> None:
        """The one entry of every control: what goes wrong is said, and the run stays as it was."""
        try:
            with self._lock:
                self._alarm("")
                action()
        except Diverged:
            pass  # said already
        except Exception as problem:  # Jupyter would swallow it
            self._alarm(str(problem))
            self._show_settings()
            self._show_plan()

    def _halve(self) -> None:
        self.experiment.intervene("recover")
        self._show_settings()
        self._play()

    def _change_task(self) -> None:
        spec = TASKS.get(self.controls.task.value)
        if spec is not None:
            name = self.experiment.training.model.name
            model = name if isinstance(self.experiment.plan.model, str) else "nnrnn"
            self._new_run(make_plan(tasks.make(**spec), None, model, "zero", self.experiment.plan.seed))

    def _rebuild(self) -> None:
        c, plan = self.controls, self.experiment.plan
        model = plan.model if c.model.value == self.experiment.training.model.name else c.model.value
        start = plan.start if c.start.value == "own" else c.start.value
        self._new_run(make_plan(plan.task, c.hidden_size.value, model, start, c.seed.value))

    def _show_history(self) -> None:
        c, snapshots = self.controls, self.experiment.snapshots
        if self.lines.playing:
            wanted = c.history.value
            self.pause()
            with _SettingControls(self):
                c.history.value = wanted
        place = round(c.history.value / FRAMES * len(snapshots))
        if place == len(snapshots):
            self._look()
            self._draw(exact=self._small)
            return
        snapshot = snapshots[place]
        curves, upto = self.experiment.curves, snapshot.index
        marks = [mark for mark in curves.marks if mark[0] <= upto]
        then = Curves(curves.loss[:upto], curves.score[:upto], curves.ghost[:upto], marks)
        self._paint(frame_of(snapshot, self._small, self._frame), then, slow=True)
        c.history_label.value = f"step {upto:,} of {len(curves.loss):,}"

    def _download(self, format: str) -> None:
        for figure, what in ((self.lines, "panels"), (self.form, "schur-form")):
            figure.download(format, f"{self._file_name()}-{what}")

    def _save(self, suffix: str) -> None:
        path = Path(self._file_name() + suffix)
        self._alarm(f"Saved: {self.export(path).resolve()}")

    def _file_name(self) -> str:
        plan = self.experiment.plan
        model = self.experiment.training.model.name
        return f"nnrnn-{plan.task.name}-{model}-seed{plan.seed}-step{self.experiment.training.index}"


class _SettingControls:
    """Inside, what the lab does to its own controls is no intervention."""

    def __init__(self, lab: TrainingLab) -> None:
        self.lab = lab

    def __enter__(self) -> None:
        self.before, self.lab._setting = self.lab._setting, True

    def __exit__(self, *_: object) -> None:
        self.lab._setting = self.before


def make_plan(
    task: Task | str | None,
    hidden_size: int | None = None,
    model: str | SequenceModel = "nnrnn",
    start: str | ArrayLike = "zero",
    seed: int = 0,
    frozen: bool | None = None,
    settings: Settings | None = None,
) -> Plan:
    """The plan of a lab, with its defaults; see `TrainingLab`."""
    task = tasks.NoisyMemory() if task is None else tasks.make(task) if isinstance(task, str) else task
    name = model if isinstance(model, str) else model.name
    if isinstance(model, SequenceModel):
        hidden_size = model.hidden_size
    settings = (settings or task.settings_for(name)).replace()
    shape = start if isinstance(start, str) else np.array(start, float)
    if frozen is None:
        frozen = name == "nnrnn" and task.floor is not None and isinstance(shape, str) and shape == "zero"
    settings.freeze_T = frozen or settings.freeze_T
    size = SIZES.get(task.name, 64) if hidden_size is None else hidden_size
    return Plan(task, model, size, shape, seed, settings)


def _snapped(scale: float) -> float:
    """0 and 1 exactly: a browser's slider reaches them but for rounding."""
    return float(round(scale, 6))


def _same_task(spec: dict[str, Any], task: Task) -> bool:
    return tasks.make(**spec).spec() == task.spec() if spec["name"] == task.name else False


def _descendants(widget: Any) -> list[Any]:
    """All widgets under this one, each before its own children."""
    found: list[Any] = []
    for child in getattr(widget, "children", ()):
        found += [child, *_descendants(child)]
    return found
