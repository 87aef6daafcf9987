"""How a TrainingLab shows its experiment: at rest, while it plays, while the T scale's slider moves."""

from __future__ import annotations

import math
import time
from contextlib import suppress

from nnrnn_core import SchurMatrix

from ..figures.frame import EXACT_SIZE, Frame, frame_of, with_form, with_snapshot
from ..figures.training import of_a_sequence, sentence
from ..live import LiveFigure
from .controls import Controls
from .experiment import FRAMES, Experiment
from .lab import Lab
from .panels import Panels

SLIDER_HELD = 1.5  # seconds after a slider's move in which another one is expected
SEQUENCE_APART = 0.08  # seconds between two runs of a sequence while a slider moves


class ExperimentLab(Lab):
    """The part of a TrainingLab that draws; what drives the experiment stands in `training.py`."""

    kind = "training"
    rest = 0.6
    goes_on = "Play goes on"
    lines_of_words = 3

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self.experiment = experiment
        self.panels, self.controls = Panels(self.clock_failed), Controls(self)
        self._sequence_run = -math.inf  # when a sequence was last run because the T scale had moved
        self._unseen = False  # the T scale has moved, and no sequence has been run since

    def clock_failed(self, problem: BaseException) -> None:
        """Any exception in a tick, which Jupyter would swallow: stop, show where the training is, and say it."""
        self.lines.pause()
        self.controls.show_playing(False)
        with suppress(Exception), self.lock:  # words and some curves may be those of a moment before
            self.look()
            self.draw(exact=self.small)
        self.failed(problem)

    def begin(self) -> None:
        """Show the present experiment as it is now."""
        self.say_problem("")
        self.panels.begin(self.experiment.words(), frame_of(self.experiment.first, exact=self.small))
        self.figures = [self.lines, self.form]
        self.show_controls()
        self.look()
        self.draw(exact=self.small)

    @property
    def status(self) -> str:
        return str(self.lines.alt)

    def show_controls(self) -> None:
        with self.quietly():
            self.controls.show(self.experiment)

    def describe_figures(self) -> None:
        if self.panels.frame is not None and self.panels.words is not None:
            self.lines.alt = sentence(self.panels.frame, self.panels.words)

    @property
    def lines(self) -> LiveFigure:
        """The figure with the five panels of lines; also the clock of the training."""
        return self.panels.lines

    @property
    def form(self) -> LiveFigure:
        """The heat map; also the clock that waits for a slider to come to rest."""
        return self.panels.form

    @property
    def playing(self) -> bool:
        """Whether the network trains as the page's clock ticks."""
        return self.panels.words is not None and bool(self.lines.playing)

    @property
    def slider_expected(self) -> bool:
        """Whether a slider may move at any moment: one has just done so, or the pointer has just moved on one."""
        return self._slider_held or self.lines.pointer_on_slider

    @property
    def _slider_held(self) -> bool:
        return time.monotonic() - self._moved < SLIDER_HELD

    @property
    def small(self) -> bool:
        """Whether exact curves are cheap enough to follow a slider."""
        return self.experiment.training.model.hidden_size <= EXACT_SIZE

    def look(self, whole_loss: bool = True) -> None:
        """Measure the present network, on the batch to come."""
        self.experiment.last = self.experiment.look(whole_loss=whole_loss)
        with self.quietly():
            self.controls.history.value = FRAMES
        self.controls.history_label.value = "now"

    def draw(self, exact: bool, keep_growth: bool = False) -> None:
        """Show the last snapshot. While playing, what costs more comes seldom; a wide network's J(k) is part of it."""
        at_rest = not self.playing
        slow = at_rest or (self.panels.slow_due and not self._slider_held)
        frame = frame_of(
            self.experiment.last, exact, self.panels.frame, keep_memory=not (slow or self.small),
            keep_growth=keep_growth and not slow,
        )  # fmt: skip
        self.paint(frame, slow, at_rest)
        if at_rest:
            self.show_texts()

    def paint(self, frame: Frame, slow: bool = True, at_rest: bool = True, say: bool = True) -> None:
        """Show a frame; see `Panels.paint`."""
        c = self.controls
        shown = not c.whole_loss.value, c.more_growth.value, c.at_start.value
        self.panels.paint(frame, self.experiment.curves, *shown, slow, at_rest)
        if say:
            self.say(at_once=at_rest)

    def drag_scale(self, scale: float) -> None:
        """A move of the T scale's slider: the lines of the new matrix at once; what costs more comes later."""
        self.experiment.intervene("scale", scale)
        self._moved = time.monotonic()
        self.show_new_matrix()
        if not self.playing:
            self._unseen = True
            self.slider_moved()
            self.form.wake()

    def show_new_matrix(self) -> None:
        """What a change of T shows at once: growth, and J(k) of a small network; no step, no sequence and no words,
        which come with the next tick: until then the page has the lines alone to draw."""
        V, frame = self.experiment.training.model.V, self.panels.frame
        if isinstance(V, SchurMatrix) and frame is not None:
            form = V.schur_form().detach().cpu().double().numpy()
            exact = self.small and not self.playing
            frame = with_form(frame, form, V.departure(), exact, keep_memory=not self.small)
            self.paint(frame, slow=False, at_rest=False, say=False)
            self.lines.mark_pending(of_a_sequence(memory=not self.small))
            self.form.mark_pending(["s T"])

    def while_moving(self, left: float) -> float | None:
        """The page's ticks after a move of the slider: the gradient and J(k), which take a sequence, and the words.
        None of it in the move itself: until the move's own message has left, whatever the kernel computes delays it."""
        now = time.monotonic()
        early = self._sequence_run + SEQUENCE_APART - now
        with self.lock:
            if self.playing:
                self.form.pause()
                return None
            if self._unseen and early > 0:
                return early
            if self._unseen and self.panels.frame is not None:
                self._unseen, self._sequence_run = False, now
                self.look(whole_loss=self.controls.whole_loss.value)
                self.paint(with_snapshot(self.panels.frame, self.experiment.last), slow=False, at_rest=False)
        return max(0.0, self._moved + self.rest - time.monotonic())

    def settle(self) -> None:
        with self.lock:
            self.form.pause()
            if not self.playing:
                self.look()
                self.draw(exact=True)
