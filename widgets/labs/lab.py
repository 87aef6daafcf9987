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
from IPython.display import display

from nnrnn_core.threads import threads

from ..asleep import outputs
from ..jupyter import close_tree, take_out
from ..live import LiveFigure
from . import registry
from .files import write

LARGEST_SCALE = 2.0  # the largest s of Λ + s T, in every lab
WORDS_APART = 0.3  # seconds between two sentences while things move: new words lay the whole page out again
ENTERED = 2.0  # seconds after Enter in which the page sends the text that was edited
ROW = {"flex_flow": "row wrap", "align_items": "center"}


class Line(ipw.HTML):
    """A line of words that takes no room while it says nothing: what went wrong in red, anything else in black."""

    WRONG: ClassVar[str] = 'role="alert" style="color:#A33C00;font-weight:bold;line-height:1.4"'
    WELL: ClassVar[str] = 'role="status" style="line-height:1.4"'

    def __init__(self) -> None:
        super().__init__(layout=ipw.Layout(display="none"))

    def say(self, text: str, wrong: bool = False) -> None:
        """Show the text, or hide the line if there is none."""
        self.value = f"<div {self.WRONG if wrong else self.WELL}>{html.escape(text)}</div>" if text else ""
        self.layout.display = None if text else "none"


class Lab(ipw.VBox):
    """A lab on the page: controls, figures, and a sentence that says what they show.

    A lab of its own kind provides `figures`, `status`, `preset`, `load_preset`, `columns`, `arrays`, `show_controls`
    and `settle`, and ends its `__init__` with `appear`. In return it has the parts below to lay out, and every control
    goes through `guarded`.

    Attributes
    ----------
    words : the sentence on the page.       alarm : what went wrong, near the figures; hidden while all is well.
    saving : buttons that save figures and numbers, the preset's line with its button, and `note`, what came of them.
    text : the preset's line.       load : its button.       files : the buttons that save.
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
        self._lines: list[Line] = []
        self.words, self.alarm = ipw.HTML(), self.line()
        self.saving = self._make_saving()
        self._unfolded: list[tuple[ipw.HTML, Callable[[], str]]] = []  # what buttons unfold, and what it says

    def appear(self, children: Sequence[ipw.Widget]) -> registry.Closable | None:
        """Lay the parts out. The labs of the cell's run before are closed; returns the one whose place this takes."""
        self.children = tuple(children)
        self.add_class(f"{self.kind}-lab")
        return registry.take_place(self)

    def _ipython_display_(self, **_: Any) -> None:
        """What a cell that ends with the lab shows and keeps: see `asleep.py`."""
        for bundle in outputs(self):
            display(bundle, raw=True)

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
    def button(
        self, description: str, action: Callable[[], Any], tooltip: str = "", line: Line | None = None, **layout: str
    ) -> ipw.Button:
        """A button whose action is guarded."""
        button = ipw.Button(description=description, tooltip=tooltip or description, layout={"width": "auto", **layout})
        button.on_click(lambda _: self.guarded(action, line))
        return button

    def line(self) -> Line:
        """A line for what controls have to say that stand far from the figures; the next control's action clears it."""
        self._lines.append(Line())
        return self._lines[-1]

    def guarded(self, action: Callable[[], Any], line: Line | None = None) -> None:
        """Run what a control does. Every control comes through here: an exception, which Jupyter would swallow, is
        shown in the line beside the control, else in the alarm, and the lab stays as it was."""
        try:
            with self.lock, threads(1):  # a second one would be the page's, which draws meanwhile
                self.say_problem("")
                for other in self._lines:
                    other.say("")
                action()
        except Exception as problem:
            if line is None:
                self.failed(problem)
            else:
                line.say(_in_words(problem), wrong=True)
            with self.lock:
                self.show_controls()

    def failed(self, problem: BaseException) -> None:
        """Say it in the alarm."""
        interrupted = isinstance(problem, KeyboardInterrupt)
        self.say_problem(f"Stopped by an interrupt: {self.goes_on}." if interrupted else _in_words(problem))

    def say_problem(self, text: str) -> None:
        """Show the text in the alarm, or hide the alarm if there is none."""
        self.alarm.say(text, wrong=True)

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
        if self.prepare():
            return 0.0
        self.settle()
        return None

    def prepare(self) -> bool:
        """Do a part of the work that the exact drawing needs, a short one: a slider's move is heard between two. False:
        nothing is left to do."""
        return False

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
        """Bring the preset's line, and what is unfolded, up to date."""
        with self.quietly():
            self.text.value, self.text.placeholder = self.preset_or_reason()
        for words, says in self._unfolded:
            if words.layout.display != "none":
                words.value = says()

    def preset_or_reason(self) -> tuple[str, str]:
        """The preset and "", or "" and why there is none."""
        try:
            return self.preset, ""
        except ValueError as problem:
            return "", str(problem)

    def unfolding(self, show: str, hide: str, says: Callable[[], str], tooltip: str) -> tuple[ipw.Button, ipw.HTML]:
        """A button, and what it unfolds and folds away: the HTML that `says` gives, up to date while it is there."""
        words = ipw.HTML(layout=ipw.Layout(display="none", overflow="auto"))

        def toggle() -> None:
            hidden = words.layout.display == "none"
            words.layout.display = None if hidden else "none"
            button.description = hide if hidden else show
            self.show_texts()

        button = self.button(show, toggle, tooltip, align_self="flex-start")
        self._unfolded.append((words, says))
        return button, words

    def code_parts(self) -> list[ipw.Widget]:
        """The button "Show code" and what it unfolds."""

        def code() -> str:
            return f"<pre style='line-height:1.4'>{html.escape(self.code)}</pre>"

        self.show_code, self.code_words = self.unfolding("Show code", "Hide code", code, "Python that draws the same")
        return [self.show_code, self.code_words]

    # ---- preset and files
    def _make_saving(self) -> ipw.VBox:
        self.note = self.line()
        self.files = [
            self.button("Figures as SVG", lambda: self.download("svg"), "as the page shows them", self.note),
            self.button("Figures as PNG", lambda: self.download("png"), "as the page shows them", self.note),
            self.button("Numbers as npz", lambda: self._save(".npz"), "beside the notebook, for NumPy", self.note),
            self.button("Numbers as CSV", lambda: self._save(".csv"), "beside the notebook, for a table", self.note),
        ]
        self.text = ipw.Text(description="Preset", layout=ipw.Layout(width="60%"), continuous_update=False)
        self.load = self.button("Load preset", self._load, "show what the text says", self.note)
        self._entered, self._tried = -math.inf, ""  # when Enter was pressed last; the text that was loaded last
        self.text.on_msg(lambda _, content, __: self._enter() if content.get("event") == "submit" else None)
        self.text.observe(lambda _: self._edited(), "value")
        return ipw.VBox([ipw.HBox(self.files, layout=ROW), ipw.HBox([self.text, self.load]), self.note])

    def _load(self) -> None:
        self._tried = self.text.value
        self.load_preset(self.text.value)

    def _enter(self) -> None:
        """Enter in the preset's line. The page says so first, and then sends the text, if it has been edited."""
        self._entered = time.monotonic()
        if self.text.value not in (self._tried, self.preset_or_reason()[0]):  # edited before, and left
            self.guarded(self._load, self.note)

    def _edited(self) -> None:
        if not self._quiet and time.monotonic() - self._entered < ENTERED:
            self._entered = -math.inf
            self.guarded(self._load, self.note)

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
        self.note.say(f"Saved: {self.export(self.file_name() + suffix).resolve()}")

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
        take_out(self)
        close_tree(self)


def _in_words(problem: BaseException) -> str:
    """The text alone of a ValueError, which is written for the reader."""
    return str(problem) if isinstance(problem, ValueError) else f"{type(problem).__name__}: {problem}"
