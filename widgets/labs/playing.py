"""How a training plays: what happens at each tick of the page's clock."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from nnrnn_core import Diverged
from nnrnn_core.threads import threads

if TYPE_CHECKING:
    from .training import TrainingLab

LESSON = 12.0  # steps a second at which a class can follow: a plateau of 200 updates lasts 17 s
FULL = math.inf  # as fast as the machine can
BEHIND = 0.5  # seconds of a pace that are made up for after a slow while, and no more
BUDGET = 0.109  # seconds of training between two frames: eight frames a second
SHORT_BUDGET = 0.03  # the same while a slider is about to move: its move has to wait for the training that runs
FRAMES_APART = 0.08  # seconds between two frames then, at least: one costs as much as a step, its step twice as much
FRAMES_PER_TICK = 2  # a control that the pointer was not near waits for so many


class Playing:
    """The ticks of a TrainingLab that plays. The lab's lock is held for one step at a time, never for a whole tick."""

    def __init__(self, lab: TrainingLab) -> None:
        self._lab = lab
        self.pace = LESSON  # steps a second, at most
        self._turn = False  # growth and the late gradient cost most: they are computed in turns
        self._step_time = 0.0  # seconds, smoothed
        self._fresh, self._drawn = True, -math.inf  # whether what was last seen is not drawn yet; when a frame was
        self.begin()

    def begin(self) -> None:
        """Play has been pressed, or the pace has changed: the pace and its measurement begin here."""
        self._next = time.monotonic()  # when the next step is due
        self._measured = (self._next, self._lab.experiment.training.index)

    def tick(self) -> None:
        """Draw where the training is, then train for a while, as the page paints; the last step of it takes with it all
        that the next frame shows. At full speed once more, because beginning a tick costs JupyterLab more than painting
        a frame: it shows that the kernel is idle, and busy again."""
        lab = self._lab
        if not lab.lock.acquire(timeout=0.005):
            return  # a control has the lab: the page asks again
        try:
            if self._fresh or not lab.slider_expected:
                self._draw_next()
            self._say_speed()
        finally:
            lab.lock.release()
        most, wait = self._due()
        lab.lines.answer(wait)
        with threads(1):
            self._train_for_a_while(most)
            for _ in range(0 if lab.slider_expected or self.pace < FULL else FRAMES_PER_TICK - 1):
                with lab.lock:
                    self._draw_next()
                self._train_for_a_while(most)

    def _due(self) -> tuple[float, int]:
        """How many steps to take now, at most, and after how many milliseconds the page is to ask for the next."""
        if self.pace == FULL:
            return FULL, 0
        now = time.monotonic()
        self._next = max(self._next, now - BEHIND)
        steps = max(1, 1 + math.floor((now - self._next) * self.pace))
        self._next += steps / self.pace
        return steps, max(0, round(1000 * (self._next - now)))

    def _say_speed(self) -> None:
        """How fast it trains, measured, once a second."""
        now, index = time.monotonic(), self._lab.experiment.training.index
        begun, first = self._measured
        if now - begun >= 1:
            self._lab.controls.show_speed((index - first) / (now - begun), self._lab.slider_expected)
            self._measured = (now, index)

    def _draw_next(self) -> None:
        lab = self._lab
        if lab.playing:
            self._turn, self._fresh, self._drawn = not self._turn, False, time.monotonic()
            lab.draw(exact=False, keep_growth=self._turn and not lab.small)

    def _train_for_a_while(self, most: float) -> None:
        """Take so many steps, or as many as a frame has time for."""
        lab, last = self._lab, False
        end = time.monotonic() + (SHORT_BUDGET if lab.slider_expected else BUDGET)
        while not last:
            with lab.lock:
                if not lab.playing:
                    return
                begun, most = time.monotonic(), most - 1
                last = most < 1 or begun + 1.5 * self._step_time > end
                seen = last and (not lab.slider_expected or begun - self._drawn >= FRAMES_APART)
                self._fresh = self._fresh or seen
                try:
                    lab.experiment.step(seen=seen, late=self._turn or lab.small)
                except Diverged as problem:
                    lab.stop_diverged(problem)
                    return
                self._step_time = 0.8 * self._step_time + 0.2 * (time.monotonic() - begun)
