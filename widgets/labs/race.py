"""RaceLab: the committed runs of one task side by side, fairly or not, and one lane that is run on the page."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from nnrnn_core import Diverged, Settings, tasks
from nnrnn_core.experiments import SHIPPED, Experiment, Race, networks, race
from nnrnn_core.experiments.catalogue import CLASS
from nnrnn_core.experiments.tuning import chosen_rate, tuned

from ..figures.race import LAYOUTS, race_figure, race_push
from ..figures.race_details import LAYOUTS as DETAILS_LAYOUTS
from ..figures.race_details import details_figure, details_push
from ..figures.race_view import View
from ..figures.race_words import race_sentence
from ..jupyter import said_in_words
from ..live import LiveFigure
from . import registry
from .lab import Lab
from .race_controls import RaceControls
from .race_live import LiveRun
from .race_state import RaceState, numbers_table, race_arrays, race_code, race_columns

BUDGET = 0.1  # seconds of training between two answers to the page


class RaceLab(Lab):
    """The networks of one task on common axes: mean and ribbon over seeds. Put it last in a cell.

    task      "noisy-memory", "copy-200", "adding", "permuted-digits", "characters" …: of the class's scale
    match     "width" or "parameters": what is the same for all networks
    network   with which the others are compared, and which can be run live
    folder    of the results; default those that come with the kit
    more      other fields of `RaceState`: measure, against, seed

    `race` is what is shown, as `nnrnn_core.experiments.race` gives it; `set(field=value)` chooses; `train(n)` does n
    updates of the live run without a browser. Running a cell again closes the lab that it had made before; its live
    runs are kept.
    """

    kind = "race"
    goes_on = "Go on continues the run"
    lines_of_words = 4

    @said_in_words()
    def __init__(
        self,
        task: str = "noisy-memory",
        match: str = "width",
        network: str = "nnrnn",
        folder: str | Path = SHIPPED,
        *,
        state: RaceState | None = None,
        **more: Any,
    ) -> None:
        begin = state or RaceState(task, match, network, **more)  # a bad value raises ValueError here
        super().__init__()
        self.state, self.folder = begin, Path(folder)
        self.races: dict[tuple[str, str], Race] = {}
        self.lives: dict[Experiment, LiveRun] = {}
        self.lanes, self.details = LiveFigure(race_figure()), LiveFigure(details_figure())
        self.lanes.arrange(LAYOUTS)
        self.details.arrange(DETAILS_LAYOUTS)
        self.figures = [self.lanes, self.details]
        for figure in self.figures:
            figure.on_error = self.clock_failed
        self.controls = RaceControls(self)
        parts = [self.lanes, self.words, self.details]
        before = self.appear([self.controls.head, self.alarm, *parts, self.controls.more])
        if isinstance(before, RaceLab):
            self.lives = before.lives
        self.settle()

    @classmethod
    @said_in_words()
    def from_preset(cls, text: str) -> RaceLab:
        """The lab that a preset describes. ValueError says what is wrong with the text."""
        return cls(state=RaceState.from_preset(text))

    # ---- what is chosen
    @said_in_words()
    def set(self, **changes: Any) -> None:
        """Choose: `set(task="copy-200", network="lstm")`. ValueError, and nothing has changed, for what cannot be."""
        with self.lock:
            state = self.state.at(**changes)
            if state != self.state:
                if self._experiment(state) != self._experiment(self.state):
                    self.lanes.pause()
                self.state = state
                self.settle()

    def show_controls(self) -> None:
        with self.quietly():
            self.controls.show(self)

    # ---- what the base asks for
    @property
    def race(self) -> Race:
        """The runs that are shown."""
        key = (self.state.task, self.state.match)
        if key not in self.races:
            self.races[key] = race(*key, folder=self.folder)
        return self.races[key]

    @property
    def status(self) -> str:
        words = race_sentence(self.race, self.state.network)
        return words if self.live is None else f"{words} {self.live.words()}"

    @property
    def preset(self) -> str:
        return self.state.preset

    def load_preset(self, text: str) -> None:
        state = RaceState.from_preset(text)
        self.lanes.pause()
        self.state = state
        self.settle()

    @property
    def code(self) -> str:
        return race_code(self.state, None if self.folder == SHIPPED else self.folder)

    def columns(self) -> Mapping[str, np.ndarray]:
        return race_columns(self.race, self.state)

    def arrays(self) -> Mapping[str, np.ndarray]:
        return race_arrays(self.race, self.state)

    def file_name(self) -> str:
        return f"race-{self.state.task}-{self.state.match}"

    def numbers(self) -> str:
        """The table that the button Numbers unfolds."""
        return numbers_table(self.race, self._chosen_rates())

    def _chosen_rates(self) -> dict[str, float | None]:
        task, higher = self.state.task, tasks.TASKS[CLASS[self.state.task].task["name"]].higher_is_better
        return {network: chosen_rate(task, network, higher) for network in networks(task)}

    # ---- drawing
    def settle(self) -> None:
        with self.lock:
            self.draw_lanes()
            tuning = tuned().get(self.state.task, {})
            self.details.push(*details_push(self.race, self.state.network, tuning, self._chosen_rates()))
            self.show_controls()
            self.say()
            self.show_texts()

    def draw_lanes(self) -> None:
        """The lanes and the finish, with the live run."""
        state, live = self.state, self.live
        view = View(state.network, state.measure, state.against)
        drawn = live.drawn(state.measure, state.against) if live else None
        self.lanes.push(*race_push(self.race, view, drawn))

    # ---- the live run
    @property
    def live(self) -> LiveRun | None:
        """The run on the page of the network that is looked at; None if there is none."""
        return self.lives.get(self._experiment(self.state))

    @staticmethod
    def _experiment(state: RaceState) -> Experiment:
        return Experiment(state.task, state.network, match=state.match, seed=state.seed)

    @property
    def playing(self) -> bool:
        """Whether the live run trains as the page's clock ticks."""
        return bool(self.lanes.playing)

    def _begin_live(self) -> LiveRun:
        experiment = self._experiment(self.state)
        if experiment not in self.lives:
            ran = experiment.network in self.race.runs
            settings = Settings(**self.race.head(experiment.network)["settings"]) if ran else None
            self.lives[experiment] = LiveRun(experiment, settings)
        return self.lives[experiment]

    def train(self, updates: int) -> None:
        """So many updates of the live run, now; then one drawing. Raises Diverged."""
        with self.lock:
            self.lanes.pause()
            live = self._begin_live()
            try:
                for _ in range(updates):
                    if not live.done:
                        live.step()
            finally:
                self.settle()

    def play_or_pause(self) -> None:
        """What the button does."""
        if self.playing:
            self.pause()
        elif not self._begin_live().done:
            registry.playing(self)
            self.lanes.play(self.tick)
        self.settle()

    def pause(self) -> None:
        super().pause()
        self.show_controls()

    def stop_live(self) -> None:
        """End the live run and take its curve off."""
        self.lanes.pause()
        self.lives.pop(self._experiment(self.state), None)
        self.settle()

    def clock_failed(self, problem: BaseException) -> None:
        """Any exception in a tick, which Jupyter would swallow: stop, show where the run is, and say it."""
        self.lanes.pause()
        with suppress(Exception):
            self.settle()
        self.failed(problem)

    def tick(self) -> None:
        """Answer the page, then train for a while as it paints. The lock is held for one update at a time."""
        self.lanes.answer()
        end = time.monotonic() + BUDGET
        while time.monotonic() < end:
            with self.lock:
                live = self.live
                if not self.playing or live is None:
                    return
                try:
                    new = live.step()
                except Diverged as problem:
                    self.clock_failed(problem)
                    return
                if live.done:
                    self.lanes.pause()
                    self.settle()
                elif new:
                    self.draw_lanes()
                self.say(at_once=False)
