"""How a training plays: what happens at each tick of the page's clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nnrnn_core import Diverged
from nnrnn_core.threads import threads

if TYPE_CHECKING:
    from .training import TrainingLab

BUDGET = 0.109  # seconds of training between two frames: eight frames a second
SHORT_BUDGET = 0.02  # the same while a slider is about to move: its move has to wait for the training that runs
FRAMES_PER_TICK = 2  # a control that the pointer was not near waits for so many


class Playing:
    """The ticks of a TrainingLab that plays. The lab's lock is held for one step at a time, never for a whole tick."""

    def __init__(self, lab: TrainingLab) -> None:
        self._lab = lab
        self._turn = False  # growth and the late gradient cost most: they are computed in turns
        self._step_time = 0.0  # seconds, smoothed

    def tick(self) -> None:
        """Draw where the training is, then train for a while, as the page paints; the last step of it takes with it all
        that the next frame shows. Then once more, because beginning a tick costs JupyterLab more than painting a frame:
        it shows that the kernel is idle, and busy again."""
        lab = self._lab
        if not lab.lock.acquire(timeout=0.005):
            return  # a control has the lab: the page asks again
        try:
            self._draw_next()
        finally:
            lab.lock.release()
        lab.lines.answer()
        with threads(1):
            self._train_for_a_while()
            for _ in range(0 if lab.slider_expected else FRAMES_PER_TICK - 1):
                with lab.lock:
                    self._draw_next()
                self._train_for_a_while()

    def _draw_next(self) -> None:
        lab = self._lab
        if lab.playing:
            self._turn = not self._turn
            lab.draw(exact=False, keep_growth=self._turn and not lab.small)

    def _train_for_a_while(self) -> None:
        lab, last = self._lab, False
        end = time.monotonic() + (SHORT_BUDGET if lab.slider_expected else BUDGET)
        while not last:
            with lab.lock:
                if not lab.playing:
                    return
                begun = time.monotonic()
                last = begun + 1.5 * self._step_time > end
                try:
                    lab.experiment.step(seen=last, late=self._turn or lab.small)
                except Diverged as problem:
                    lab.stop_diverged(problem)
                    return
                self._step_time = 0.8 * self._step_time + 0.2 * (time.monotonic() - begun)
