"""The base of every lab: what it does with its controls, sentence, alarm, preset, files and its place on the page."""

from __future__ import annotations

import html
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar

import ipywidgets as ipw
import numpy as np

from ..jupyter import close_tree
from ..live import LiveFigure
from . import registry
from .files import write

LARGEST_SCALE = 2.0  # the largest s of Λ + s T, in every lab
WORDS_APART = 0.3  # seconds between two sentences while things move: new words lay the whole page out again
ALARM = 'role="alert" style="color:#A33C00;font-weight:bold"'
ROW = {"flex_flow": "row wrap", "align_items": "center"}


class Lab(ipw.VBox):
    """A lab on the page: controls, figures, and a sentence that says what they show.

    A lab of its own kind provides `figures`, `status`, `preset`, `load_preset`, `columns`, `arrays`, `show_controls`
    and `settle`, and ends its `__init__` with `appear`. In return it has the parts below to lay out, and every control
    goes through `guarded`.

    Attributes
    ----------
    words : the sentence on the page.       alarm : what went wrong, in red; hidden while all is well.
    text, load : the preset's line and its button.       files : buttons that save figures and numbers.
    """

    kind: ClassVar[str]  # in presets, class names of the page, names of files
    rest: ClassVar[float] = 0.4  # seconds after the last move of a slider until all is drawn exactly
    goes_on: ClassVar[str] = "move a control to go on"  # what to do after an interrupt
    lines_of_words: ClassVar[int] = 2  # that the sentence may take before what is below it moves
    figures: list[LiveFigure]

    def __init__(self) -> None:
        super().__init__()
        self.lock = RLock()  # a callback may come on a thread of its own
        self._quiet = False  # True while the lab itself moves its controls
        self._moved = self._worded = -math.inf  # when a slider last did, and when the sentence last changed
        self.words, self.alarm = ipw.HTML(), ipw.HTML(layout=ipw.Layout(display="none"))
        self.text = ipw.Text(description="Preset", layout=ipw.Layout(width="60%"), continuous_update=False)
        self.load = self.button("Load preset", lambda: self.load_preset(self.text.value), "show what the text says")
        self.files = [
            self.button("Figures as SVG", lambda: self.download("svg"), "as the page shows them"),
            self.button("Figures as PNG", lambda: self.download("png"), "as the page shows them"),
            self.button("Numbers as npz", lambda: self._save(".npz"), "beside the notebook, for NumPy"),
            self.button("Numbers as CSV", lambda: self._save(".csv"), "beside the notebook, for a table"),
        ]
        self.show_code: ipw.Button | None = None

    def appear(self, children: Sequence[ipw.Widget]) -> registry.Closable | None:
        """Lay the parts out and take the place of the lab that this cell had made before, which is returned."""
        self.children = tuple(children)
        self.add_class(f"{self.kind}-lab")
        return registry.take_place(self)

    # ---- what a lab provides
    @property
    def status(self) -> str:
        """What is shown, in words."""
        raise NotImplementedError

    @property
    def preset(self) -> str:
        """This lab in one line of text. ValueError where there is no such line."""
        raise NotImplementedError

    @property
    def code(self) -> str:
        """Python that draws what the lab shows; it imports nothing of the kit but `nnrnn_core`."""
        raise NotImplementedError

    def load_preset(self, text: str) -> None:
        """Show what a preset says. ValueError, and nothing has changed, if it cannot be read."""
        raise NotImplementedError

    def columns(self) -> Mapping[str, np.ndarray]:
        """Columns of equal length: what a .csv file holds."""
        raise NotImplementedError

    def arrays(self) -> Mapping[str, np.ndarray]:
        """What a .npz file holds."""
        raise NotImplementedError

    def show_controls(self) -> None:
        """Put every control where the state is."""
        raise NotImplementedError

    def settle(self) -> None:
        """Draw all, exactly, now."""
        raise NotImplementedError

    def file_name(self) -> str:
        """Of saved figures and numbers, without an ending."""
        return self.kind

    # ---- controls
    def button(self, description: str, action: Callable[[], Any], tooltip: str = "", **layout: str) -> ipw.Button:
        """A button whose action is guarded."""
        button = ipw.Button(description=description, tooltip=tooltip or description, layout={"width": "auto", **layout})
        button.on_click(lambda _: self.guarded(action))
        return button

    def guarded(self, action: Callable[[], Any]) -> None:
        """Run what a control does. Every control comes through here: an exception, which Jupyter would swallow, is
        shown in the alarm, and the lab stays as it was."""
        try:
            with self.lock:
                self.say_problem("")
                action()
        except Exception as problem:
            self.failed(problem)
            with self.lock:
                self.show_controls()

    def failed(self, problem: BaseException) -> None:
        """Say it: the text alone of a ValueError, which is written for the reader."""
        if isinstance(problem, KeyboardInterrupt):
            self.say_problem(f"Stopped by an interrupt: {self.goes_on}.")
        else:
            self.say_problem(str(problem) if isinstance(problem, ValueError) else f"{type(problem).__name__}: {problem}")

    def say_problem(self, text: str) -> None:
        """Show the text in the alarm, or hide the alarm if there is none."""
        self.alarm.value = f"<div {ALARM}>{html.escape(text)}</div>" if text else ""
        self.alarm.layout.display = None if text else "none"

    def chosen(self, action: Callable[[], Any]) -> None:
        """What a control's new value does, unless the lab itself has moved the control."""
        if not self._quiet:
            self.guarded(action)

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Inside, what the lab does to its own controls is nobody's choice."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    # ---- a slider moves, and comes to rest
    def slider_moved(self) -> None:
        """Have the page ask, again and again, whether the slider has come to rest."""
        self._moved = time.monotonic()
        self.figures[-1].play(self._is_it_at_rest)

    def _is_it_at_rest(self) -> float | None:
        left = self._moved + self.rest - time.monotonic()
        if left > 0:
            return self.while_moving(left)
        self.settle()
        return None

    def while_moving(self, left: float) -> float | None:
        """What may be done between the last move and the rest, `left` seconds away; returns the seconds to wait."""
        return left

    # ---- words
    def say(self, at_once: bool = True) -> None:
        """Bring the sentence up to date; not at_once: only if the one before has stood for a while."""
        now = time.monotonic()
        if at_once or now - self._worded > WORDS_APART:
            self.describe_figures()
            style = f"line-height:1.4;min-height:{1.4 * self.lines_of_words:g}em;contain:content"
            self.words.value = f'<div style="{style}">{html.escape(self.status)}</div>'
            self._worded = now

    def describe_figures(self) -> None:
        """What the figures show, in words, for readers who cannot see them."""
        for figure in self.figures:
            figure.alt = self.status

    def show_texts(self) -> None:
        """Bring the preset's line and the code up to date."""
        self.text.value, self.text.placeholder = self.preset_or_reason()
        if self.show_code is not None and self.code_words.layout.display != "none":
            self.code_words.value = f"<pre style='line-height:1.4'>{html.escape(self.code)}</pre>"

    def preset_or_reason(self) -> tuple[str, str]:
        """The preset and "", or "" and why there is none."""
        try:
            return self.preset, ""
        except ValueError as problem:
            return "", str(problem)

    def code_parts(self) -> list[ipw.Widget]:
        """The button "Show code" and what it unfolds."""
        self.show_code = self.button("Show code", self._toggle_code, "Python that draws the same")
        self.code_words = ipw.HTML(layout=ipw.Layout(display="none"))
        return [self.show_code, self.code_words]

    def _toggle_code(self) -> None:
        assert self.show_code is not None
        hidden = self.code_words.layout.display == "none"
        self.code_words.layout.display = None if hidden else "none"
        self.show_code.description = "Hide code" if hidden else "Show code"
        self.show_texts()

    # ---- files
    def export(self, path: str | Path) -> Path:
        """What is drawn into a .npz file (with the preset, where there is one) or a .csv file."""
        with self.lock:
            preset = {"preset": np.array(self.preset_or_reason()[0])}
            return write(path, self.columns, lambda: {**self.arrays(), **preset})

    def download(self, format: str) -> None:
        """Have the page save the figures. format: "svg" or "png"."""
        for number, figure in enumerate(self.figures, start=1):
            figure.download(format, self.file_name() + (f"-{number}" if len(self.figures) > 1 else ""))

    def _save(self, suffix: str) -> None:
        self.say_problem(f"Saved: {self.export(self.file_name() + suffix).resolve()}")

    # ---- life
    def pause(self) -> None:
        """Stop every clock of the lab."""
        for figure in self.figures:
            figure.pause()

    def close(self) -> None:
        """Take the lab off the page."""
        registry.forget(self)
        for figure in getattr(self, "figures", []):
            figure.pause()
        close_tree(self)
