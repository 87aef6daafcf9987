"""TrainingLab: a network trains, a person intervenes, six panels and a sentence answer."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

import ipywidgets as ipw
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from nnrnn_core import Diverged, SchurMatrix, SequenceModel, Settings, tasks
from nnrnn_core.tasks import Task
from nnrnn_core.threads import threads

from ..figures.frame import EXACT_SIZE, Frame, frame_of, with_memory
from ..figures.training import Curves
from ..live import LiveFigure
from . import registry
from .controls import TASKS, Controls
from .experiment import FRAMES, Experiment
from .export import export_run
from .panels import Panels, close_tree
from .plan import Plan, make_plan
from .preset import from_text, to_text

BUDGET = 0.109  # seconds of training between two frames: eight frames a second
FRAMES_A_TICK = 2  # a control that the pointer was not near waits for so many
IN_HAND, LET_GO = 0.02, 1.5  # BUDGET while a slider's move is awaited, for it waits so long; seconds until it is not
FOLLOW = 0.08  # seconds at least between two repaints of what takes a sequence, while a slider moves
SETTLED = 0.6  # seconds after the last move of a slider until all is drawn exactly
RUNS_KEPT = 5
SENTENCE = "line-height:1.4;min-height:4.2em;contain:content"  # three lines: the figures below must not move


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
        self._lock = RLock()  # held for a step at most, never for a run
        self.experiment = Experiment(plan or make_plan(task, hidden_size, model, start, seed, frozen, settings))
        self.runs: list[Experiment] = []
        self.controls, self.panels = Controls(), Panels(self._failed)
        self._quiet = False
        self._frame: Frame | None = None
        self._step_time = 0.0
        self._moved = self._followed = -LET_GO  # when the T scale's slider did, and when the sequence was run for it
        self._turn = self._unseen = False
        super().__init__([self.controls.head, self.panels.box, self.controls.foot])
        self.add_class("training-lab")
        before = registry.take_place(self)
        if isinstance(before, TrainingLab):
            self.runs = [*before.runs, before.experiment][-RUNS_KEPT:]
        self._begin()
        self._connect()

    @classmethod
    def from_preset(cls, text: str) -> TrainingLab:
        """The lab that a preset describes, at its first step; its interventions come when the run reaches them."""
        return cls(plan=from_text(text))

    @property
    def preset(self) -> str:
        """This run in one line of text."""
        return to_text(self.experiment.as_plan())

    @property
    def lines(self) -> LiveFigure:
        """The figure with the five panels of lines; also the clock."""
        return self.panels.lines

    @property
    def form(self) -> LiveFigure:
        """The heat map."""
        return self.panels.form

    @property
    def status(self) -> str:
        """What the panels show, in words."""
        return str(self.lines.alt)

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
                with self._lock:
                    due = time.monotonic() - painted > repaint
                    self.experiment.step(seen=due)
                    if due:
                        self._draw(exact=False)
                        painted = time.monotonic()
        except Diverged as problem:
            self._diverged(problem)
            raise
        with self._lock:
            self._look()
            self._draw(exact=True)

    def intervene(self, action: str, value: Any = None) -> None:
        """Change something between two steps: see `widgets.labs.actions.ACTIONS`. Noted, and marked on the curve."""
        with self._lock:
            self.experiment.intervene(action, value)
            self._show_settings()
            if self.lines.playing:
                self._show_new_matrix()
            else:
                self._look()
                self._draw(exact=self._small)

    def _drag_scale(self) -> None:
        """The T scale's slider: the lines at once; what costs more when the slider has come to rest."""
        self.experiment.intervene("scale", round(self.controls.scale.value, 6))  # 0 and 1 exactly
        self._moved = time.monotonic()
        self._show_new_matrix()
        if not self.lines.playing:
            self._unseen = True
            self.form.play(self._settle)
            self.form.wake()

    def _settle(self) -> float | None:
        """The page's ticks after a move of the slider: first the gradient and J(k), which take a sequence, and the
        words; when the slider has rested, everything exactly. None of it in the move itself: until the move's own
        message has left, whatever the kernel computes holds it up."""
        now = time.monotonic()
        rested, early = now - self._moved > SETTLED, self._followed + FOLLOW - now
        with self._lock:
            if self.lines.playing or rested:
                self.form.pause()
            if self.lines.playing:
                return None
            if rested:
                self._look()
                self._draw(exact=True)
            elif self._unseen and early > 0:
                return early
            elif self._unseen:
                self._unseen, self._followed = False, now
                self._look(whole=self.controls.whole_loss.value)
                if self._frame is not None:
                    frame = with_memory(replace(self._frame, snapshot=self.experiment.last))
                    self._paint(frame, self.experiment.curves, False, False)
        return max(0.0, self._moved + SETTLED - time.monotonic())

    def set_T(self, T: ArrayLike) -> None:
        """A T of your own, (n, n), 0 on and above the 2×2 blocks, into the running network."""
        self.intervene("T", T)

    def export(self, path: str | Path) -> Path:
        """The run into a .npz or .csv file: step, loss, score; the npz holds eigenvalues, V, T and the preset too."""
        with self._lock:
            return export_run(self.experiment, Path(path))

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
            self.pause()
            self.runs[-1], self.experiment = self.experiment, self.runs[-1]
            self._begin()

    def close(self) -> None:
        """Stop, and take the lab off the page."""
        registry.forget(self)
        if getattr(self, "panels", None) is not None and self.panels.words is not None:
            self.lines.pause()
            self.form.pause()
        close_tree(self)

    # ---- a run begins
    def _new_run(self, plan: Plan) -> None:
        experiment = Experiment(plan)  # raises before anything is touched
        self.pause()
        self.runs = [*self.runs, self.experiment][-RUNS_KEPT:]
        self.experiment = experiment
        self._begin()

    def _begin(self) -> None:
        """Show the present experiment as it is now."""
        self._frame = None
        self._alarm("")
        self.panels.begin(self.experiment.words(), frame_of(self.experiment.first, exact=self._small))
        self._show_settings()
        self._look()
        self._draw(exact=self._small)

    def _show_settings(self) -> None:
        with self._quietly():
            self.controls.show(self.experiment)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Inside, what the lab does to its own controls is no intervention."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    # ---- the clock
    def _play(self) -> None:
        if self.lines.playing:
            self.pause()
            return
        registry.playing(self)
        self._look()  # back from the history
        self.controls.show_playing(True)
        self.lines.play(self._tick)

    def _tick(self) -> None:
        """Draw where the training is, then train for a while, as the page paints: a step at a time, for the lock is
        held for one step at most, and the last one with all that the next frame shows. Then once more, for to begin a
        tick costs JupyterLab more than to paint a frame: it shows that the kernel is idle, and busy again."""
        if not self._lock.acquire(timeout=0.005):
            return  # busy: a control has the lab
        try:
            self._draw_next()
        finally:
            self._lock.release()
        self.lines.answer()
        with threads(1):
            self._train_for_a_while()
            for _ in range(0 if self._near else FRAMES_A_TICK - 1):
                with self._lock:
                    self._draw_next()
                self._train_for_a_while()

    def _draw_next(self) -> None:
        if self.lines.playing:
            self._turn = not self._turn  # growth and gradient cost most: they take turns
            self._draw(exact=False, keep_growth=self._turn and not self._small)

    def _train_for_a_while(self) -> None:
        end, last = time.monotonic() + (IN_HAND if self._near else BUDGET), False
        while not last:
            with self._lock:
                if not self.lines.playing:
                    return
                begun = time.monotonic()
                last = begun + 1.5 * self._step_time > end
                try:
                    self.experiment.step(seen=last, late=self._turn or self._small)
                except Diverged as problem:
                    self._diverged(problem)
                    return
                self._step_time = 0.8 * self._step_time + 0.2 * (time.monotonic() - begun)

    def _diverged(self, problem: Diverged) -> None:
        self.pause()
        self._alarm(f"Stopped. {problem}, or press Reset.", offer_to_halve=True)
        self._look()
        self._draw(exact=self._small)

    def _failed(self, problem: BaseException) -> None:
        """Any exception out of the clock: Jupyter would swallow it."""
        self.lines.pause()
        self.controls.show_playing(False)
        self._alarm(f"{type(problem).__name__}: {problem}")

    # ---- painting
    @property
    def _in_hand(self) -> bool:
        """The T scale's slider moved a moment ago."""
        return time.monotonic() - self._moved < LET_GO

    @property
    def _near(self) -> bool:
        """A slider's move is awaited: it is in hand, or the pointer is on it."""
        return self._in_hand or self.lines.hand

    @property
    def _small(self) -> bool:
        """Exact curves are cheap enough to follow a slider."""
        return self.experiment.training.model.hidden_size <= EXACT_SIZE

    def _look(self, whole: bool = True) -> None:
        """The present network, measured anew."""
        self.experiment.last = self.experiment.look(whole=whole)
        with self._quietly():
            self.controls.history.value = FRAMES
        self.controls.history_label.value = "now"

    def _draw(self, exact: bool, at_rest: bool = True, keep_growth: bool = False, say: bool = True) -> None:
        """The last snapshot. While playing, what costs more comes seldom, a wide network's J(k) too."""
        at_rest = at_rest and not self.lines.playing
        slow = at_rest or (self.lines.playing and self.panels.slow_due and not self._in_hand)
        keep_memory = not (slow or self._small)
        frame = frame_of(
            self.experiment.last, exact, self._frame, keep_memory=keep_memory, keep_growth=keep_growth and not slow
        )
        self._paint(frame, self.experiment.curves, slow, at_rest, say)
        if at_rest:
            own = not isinstance(self.experiment.plan.model, str)
            self.controls.preset.value = "" if own else self.preset

    def _show_new_matrix(self) -> None:
        """What a change of T shows at once: growth, of a small network J(k) too; with no step, no sequence run and no
        words, which come with the next tick: until then the page has the lines alone to draw."""
        V = self.experiment.training.model.V
        if isinstance(V, SchurMatrix):
            form = V.schur_form().detach().cpu().double().numpy()
            self.experiment.last = replace(
                self.experiment.last, form=form, scale=float(V.scale), departure=V.departure()
            )
        self._draw(exact=self._small and not self.lines.playing, at_rest=False, say=False)

    def _paint(self, frame: Frame, curves: Curves, slow: bool = True, at_rest: bool = True, say: bool = True) -> None:
        self.panels.paint(frame, curves, not self.controls.whole_loss.value, slow, at_rest)
        if say:
            self.panels.say(frame, curves, at_once=at_rest)
            self.controls.status.value = f'<div style="{SENTENCE}">{html.escape(self.status)}</div>'
        self._frame = frame

    def _alarm(self, text: str, offer_to_halve: bool = False) -> None:
        self.controls.alarm.value = f'<b role="alert" style="color:#A33C00">{html.escape(text)}</b>'
        self.controls.alarm.layout.display = None if text else "none"
        self.controls.halve.layout.display = None if offer_to_halve else "none"

    # ---- controls
    def _connect(self) -> None:
        c = self.controls
        for button, action in (
            (c.play, self._play), (c.step, self.step), (c.halve, self._halve), (c.restore, self.restore),
            (c.reset, lambda: self._new_run(self.experiment.plan)),
            (c.release, lambda: self.intervene("freeze_T", not self.experiment.training.settings.freeze_T)),
            (c.rebuild, self._rebuild), (c.add_noise, lambda: self.intervene("T_noise", c.noise.value)),
            (c.save_svg, lambda: self.panels.download("svg", self._file_name())),
            (c.save_png, lambda: self.panels.download("png", self._file_name())),
            (c.save_npz, lambda: self._save(".npz")), (c.save_csv, lambda: self._save(".csv")),
            (c.load, lambda: self._new_run(from_text(c.preset.value))),
        ):  # fmt: skip
            button.on_click(lambda _, action=action: self._guarded(action))
        for control, changed in (
            (c.scale, self._drag_scale),
            (c.task, self._change_task),
            (c.history, self._show_history),
            (c.hold_gamma, lambda: self.intervene("hold_gamma", c.hold_gamma.value)),
            (c.whole_loss, self._show_other_gradient),
            (c.ghost, lambda: self.experiment.set_ghost(c.ghost.value)),
            (c.rate, lambda: self.intervene("rate", c.rate.value)),
            (c.rate_P, lambda: self.intervene("rate_P", c.rate_P.value)),
            (c.T_decay, lambda: self.intervene("T_decay", c.zero_or(c.T_decay))),
            (c.gamma_penalty, lambda: self.intervene("gamma_penalty", c.zero_or(c.gamma_penalty))),
        ):
            control.observe(lambda _, changed=changed: None if self._quiet else self._guarded(changed), "value")

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

    def _halve(self) -> None:
        self.experiment.intervene("halve_rates")
        self._show_settings()
        self._play()

    def _change_task(self) -> None:
        spec = TASKS.get(self.controls.task.value)
        if spec is not None:
            plan = self.experiment.plan
            model = plan.model if isinstance(plan.model, str) else "nnrnn"
            self._new_run(make_plan(tasks.make(**spec), None, model, "zero", plan.seed))

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
            with self._quietly():
                c.history.value = wanted
        place = round(c.history.value / FRAMES * len(snapshots))
        if place == len(snapshots):
            self._look()
            self._draw(exact=self._small)
            return
        snapshot, curves = snapshots[place], self.experiment.curves
        self._paint(frame_of(snapshot, self._small, self._frame), curves.until(snapshot.index))
        c.history_label.value = f"step {snapshot.index:,} of {len(curves.loss):,}"

    def _show_other_gradient(self) -> None:
        if not self.lines.playing:
            self._look()  # what a slider has just left may hold one of the two gradients only
        self._draw(exact=self._small and not self.lines.playing)

    def _save(self, suffix: str) -> None:
        self._alarm(f"Saved: {self.export(self._file_name() + suffix).resolve()}")

    def _file_name(self) -> str:
        plan, training = self.experiment.plan, self.experiment.training
        return f"nnrnn-{plan.task.name}-{training.model.name}-seed{plan.seed}-step{training.index}"
