"""What the labs of a matrix share: how a matrix comes in, controls, sentence, code, preset, files.

To write a lab on it:
1. Pure functions in `widgets/figures/<name>.py`: a figure made once, what is pushed into it, the sentence.
2. A frozen dataclass on `MatrixState`: its fields beside `source` and `scale` are plain JSON values with defaults,
   checked in `__post_init__`. It has `table()` or `arrays()` (what is exported), `code_lines()` (code that leaves each
   of those under its name), `sentence()`, and, if need be, `of(source)`: the state that a new matrix begins with.
3. `class MyLab(MatrixLab)` with `kind`, `state_type`, `default_presets` and three methods. `make_figures()` returns
   live figures. `make_controls()` returns (in sight, under More): widgets made with `bind(widget, "field")`,
   `scale_slider()`, `button(…)`, or plain. `paint(settled)` pushes `self.state`: settled is False while a slider moves,
   to be done in 50 ms, and True when it has come to rest. A callback goes through `guarded` and chooses with `set`.
4. Numbers that cost are computed in functions with `lru_cache`, called with (state.source, state.scale, …): a
   `Source` is told from another by identity. Its line in `widgets/__init__.py`; tests as in `test_growth_lab.py`.
"""

from __future__ import annotations

import html
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar, Self

import ipywidgets as ipw
import numpy as np

from nnrnn_core import SchurMatrix, dynamics
from nnrnn_core.dynamics.form import array
from nnrnn_core.threads import threads

from ..live import LiveFigure
from . import registry
from .matrices import Source, source_from_preset, source_of
from .panels import close_tree

FORMAT = 1
LARGEST_SCALE = 2.0
SETTLED = 0.4  # seconds after the last move of a slider until all is drawn exactly
SAID = 0.3  # seconds between two sentences while a slider moves: new words lay the whole page out again
SENTENCE = "line-height:1.4;min-height:2.8em;contain:content"  # two lines: what is below must not move
ALARM = 'role="alert" style="color:#A33C00;font-weight:bold"'


@dataclass(frozen=True)
class MatrixState:
    """What a lab shows: a matrix, and how much of its feed-forward part. V = P (Λ + scale · T) P*."""

    source: Source
    scale: float = 1.0

    def __post_init__(self) -> None:
        number(self.scale, "scale", 0, LARGEST_SCALE)

    @classmethod
    def of(cls, source: Source) -> Self:
        """The state that a matrix begins with."""
        return cls(source)

    def changed(self, **changes: Any) -> Self:
        """The state with other values; here follows what else has to change then."""
        return replace(self, **changes)

    @property
    def V(self) -> SchurMatrix | np.ndarray:
        """The matrix shown."""
        return self.source.scaled(self.scale)

    def table(self) -> dict[str, np.ndarray]:
        """Columns of equal length: what a CSV holds."""
        raise NotImplementedError

    def arrays(self) -> dict[str, np.ndarray]:
        """All that is drawn: what an npz holds, beside V."""
        return self.table()

    def code_lines(self) -> list[str]:
        """Python that takes V to everything in `arrays`, under its name, and to a figure. numpy is np, plotly's
        graph_objects go; nnrnn_core's dynamics is there."""
        raise NotImplementedError

    def sentence(self) -> str:
        """What is shown, in words."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """The fields beside the matrix."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "source"}


class MatrixLab(ipw.VBox):
    """A lab of one matrix V. Put it last in a cell.

    matrix        a name in `dynamics.gallery`, an array, a tensor, a `SchurMatrix`, nested lists, pasted text, or a
                  file (.npy, .npz, .csv, .txt, .pt); default the first preset
    presets       names in the gallery, a button each
    parameters    of the matrix from the gallery

    `V` is the matrix shown, `state` all that is chosen, `set(field=value)` chooses, `set_matrix(M)` puts another matrix
    in. `status` is the sentence, `code` the library calls that draw the same, `preset` the lab as a line of text and
    `from_preset` its way back, `export(path)` the numbers. Running a cell again closes the lab that it had made before.
    """

    kind: ClassVar[str]
    state_type: ClassVar[type[MatrixState]]
    default_presets: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        matrix: Any = None,
        *,
        presets: Sequence[str] | None = None,
        state: MatrixState | None = None,
        **parameters: float,
    ) -> None:
        self.presets = _known(self.default_presets if presets is None else presets)
        first = (self.presets or self.default_presets)[0]
        # a bad matrix: ValueError, before anything is made
        self.state: Any = state or self.state_type.of(source_of(first if matrix is None else matrix, **parameters))
        self._lock = RLock()  # a callback may come on a thread of its own
        self._quiet = False
        self._sliders_of: str | None = None  # the gallery's matrix whose parameters have sliders
        self._moved = self._said = -math.inf
        self._bound: list[tuple[ipw.Widget, str]] = []
        self.figures = self.make_figures()
        in_sight, more = self.make_controls()
        self._make_frame(in_sight, more)
        super().__init__([self.head, *self.arranged(), self.words, self.alarm, self.more])
        self.add_class("matrix-lab")
        self.add_class(f"{self.kind}-lab")
        registry.take_place(self)
        for figure in self.figures:
            figure.on_error = self._failed
        self._begin()

    @classmethod
    def from_preset(cls, text: str) -> Self:
        """The lab that a preset describes. ValueError says what is wrong with the text."""
        return cls(state=cls.state_of(text))

    # ---- what a lab adds
    def make_figures(self) -> list[LiveFigure]:
        raise NotImplementedError

    def make_controls(self) -> tuple[list[ipw.Widget], list[ipw.Widget]]:
        raise NotImplementedError

    def paint(self, settled: bool) -> None:
        raise NotImplementedError

    def arranged(self) -> list[ipw.Widget]:
        """The figures as they stand on the page: one below the other."""
        return list(self.figures)

    def matrix_changed(self) -> None:
        """The state has another matrix than before: what its size decides (a slider's range) can follow here."""

    # ---- what is chosen
    @property
    def V(self) -> SchurMatrix | np.ndarray:
        """The matrix shown."""
        return self.state.V

    @property
    def status(self) -> str:
        """What is shown, in words."""
        return str(self.state.sentence())

    def set(self, **changes: Any) -> None:
        """Choose: `set(scale=0.5)`. The names are the fields of `state`. ValueError: nothing has changed."""
        with self._lock:
            known = self.state.settings()
            if unknown := set(changes) - {*known, "source"}:
                raise ValueError(f"{self.kind} lab has {', '.join(known)} to set; got {', '.join(sorted(unknown))}")
            self._show(self.state.changed(**changes))

    def set_matrix(self, matrix: Any, **parameters: float) -> None:
        """Show another matrix: whatever the lab takes as `matrix`."""
        with self._lock:
            self._show(self.state_type.of(source_of(matrix, **parameters)))

    def bind(self, control: ipw.Widget, field: str) -> ipw.Widget:
        """Tie a control's value to a field of the state, both ways."""
        self._bound.append((control, field))
        self.listen(control, field)
        return control

    def listen(self, control: ipw.Widget, field: str) -> None:
        """Have a control's value change a field. A float slider's page moves what code has set to the slider's next
        step, and reports that back, late: nobody has chosen it."""

        def heard(change: dict[str, Any]) -> None:
            value, known = change["new"], getattr(self.state, field)
            if isinstance(control, ipw.FloatLogSlider):
                moved = abs(np.log10(value / known)) >= control.step / 2
            else:
                moved = not isinstance(control, ipw.FloatSlider) or abs(value - known) >= control.step / 2
            if moved and control.layout.display != "none":
                self._slid(field, value)

        control.observe(heard, "value")

    def scale_slider(self) -> ipw.Widget:
        """The slider of the feed-forward part's scale."""
        slider = ipw.FloatSlider(
            value=1.0, min=0.0, max=LARGEST_SCALE, step=0.05, description="T scale s", readout_format=".2f",
            style={"description_width": "70px"}, layout=ipw.Layout(width="360px"),
        )  # fmt: skip
        slider.tooltip = "how much of the feed-forward part: V = P (Λ + s T) P*"
        return self.bind(slider, "scale")

    # ---- code, text, files
    @property
    def code(self) -> str:
        """Python that draws what the lab shows."""
        state = self.state
        head = ["import numpy as np", "import plotly.graph_objects as go", "from nnrnn_core import dynamics", ""]
        return "\n".join([*head, *state.source.code(state.scale, f"{self.kind}.npz"), *state.code_lines()]) + "\n"

    @property
    def preset(self) -> str:
        """This lab in one line of text. ValueError for a matrix too large to be carried."""
        content = {self.kind: FORMAT, "matrix": self.state.source.as_preset(), **self.state.settings()}
        return json.dumps(content, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def state_of(cls, preset: str) -> MatrixState:
        """The state in a preset. ValueError says what is wrong with it."""
        try:
            content = json.loads(preset)
        except (json.JSONDecodeError, TypeError) as error:
            raise ValueError(f"this is not a preset: {error}; copy the whole line, from {{ to }}") from error
        if not isinstance(content, dict) or content.pop(cls.kind, None) != FORMAT:
            raise ValueError(f'this is not a preset of a {cls.__name__}: it lacks "{cls.kind}":{FORMAT}')
        try:
            source = source_from_preset(content.pop("matrix", None))
            settings: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value for key, value in content.items()
            }
            return replace(cls.state_type.of(source), **settings)
        except ValueError:
            raise
        except Exception as error:  # whatever a mangled text leads to
            raise ValueError(f"the preset cannot be read: {error}") from error

    def export(self, path: str | Path) -> Path:
        """What is drawn into a .npz (with V, and the preset where there is one) or a .csv file."""
        path = Path(path)
        with self._lock:
            if path.suffix == ".csv":
                table = self.state.table()
                rows = np.column_stack(list(table.values()))
                np.savetxt(path, rows, delimiter=",", header=",".join(table), comments="", fmt="%.9g")
            elif path.suffix == ".npz":
                content = {"V": dense(self.V), **self.state.arrays(), "preset": np.array(self._preset_or("")[0])}
                np.savez_compressed(path, allow_pickle=False, **content)
            else:
                raise ValueError(f"path must end in .npz or .csv; got {str(path)!r}")
        return path

    def download(self, format: str) -> None:
        """Have the page save the figures. format: "svg" or "png"."""
        for number, figure in enumerate(self.figures, start=1):
            figure.download(format, self._file_name() + (f"-{number}" if len(self.figures) > 1 else ""))

    # ---- life
    def pause(self) -> None:
        """Stop the clock that waits for a slider to come to rest."""
        for figure in self.figures:
            figure.pause()

    def close(self) -> None:
        """Take the lab off the page."""
        registry.forget(self)
        if getattr(self, "figures", None):
            self.pause()
        close_tree(self)

    def settle(self) -> None:
        """Draw all, exactly, now."""
        with self._lock:
            self._draw(settled=True)

    # ---- controls
    def _make_frame(self, in_sight: list[ipw.Widget], more: list[ipw.Widget]) -> None:
        row = ipw.Layout(flex_flow="row wrap", align_items="center")
        self.preset_buttons = {name: self._preset_button(name) for name in self.presets}
        self.about = ipw.HTML()
        buttons = ipw.HBox(list(self.preset_buttons.values()), layout=row)
        self.head = ipw.VBox([buttons, self.about, ipw.HBox(in_sight, layout=row)])
        self.words, self.alarm = ipw.HTML(), ipw.HTML(layout=ipw.Layout(display="none"))
        self.parameters = ipw.VBox()
        self.paste = ipw.Textarea(
            placeholder="rows of numbers: 0.9 2; 0 0.8 — or a file: matrix.npy, .npz, .csv, .txt, .pt",
            layout=ipw.Layout(width="420px", height="90px"), continuous_update=False,
        )  # fmt: skip
        use = self.button("Use this matrix", lambda: self.set_matrix(self.paste.value))
        # while the kernel is busy, the page sends a click at once and the text later: the text must not be missed
        self.paste.observe(lambda change: self.guarded(lambda: self.set_matrix(change["new"])), "value")
        files = [
            self.button("Figure as SVG", lambda: self.download("svg")),
            self.button("Figure as PNG", lambda: self.download("png")),
            self.button("Numbers as npz", lambda: self._save(".npz")),
            self.button("Numbers as CSV", lambda: self._save(".csv")),
        ]
        self.text = ipw.Text(description="Preset", layout=ipw.Layout(width="60%"), continuous_update=False)
        load = self.button("Load preset", lambda: self._show(self.state_of(self.text.value)))
        self.show_code = self.button("Show code", self._toggle_code)
        self.code_words = ipw.HTML(layout=ipw.Layout(display="none"))
        own = ipw.HBox([self.parameters, ipw.VBox([self.paste, use])], layout=row)
        rows = [own, *more, ipw.HBox(files, layout=row), ipw.HBox([self.text, load]), self.show_code, self.code_words]
        self.more = ipw.Accordion([ipw.VBox(rows)], selected_index=None)
        self.more.set_title(0, "More")

    def button(self, description: str, action: Callable[[], Any], tooltip: str = "", **layout: str) -> ipw.Button:
        """A button whose action is guarded."""
        button = ipw.Button(description=description, tooltip=tooltip or description, layout={"width": "auto", **layout})
        button.on_click(lambda _: self.guarded(action))
        return button

    def _preset_button(self, name: str) -> ipw.Button:
        specimen = dynamics.gallery[name]
        return self.button(specimen.title, lambda: self.set_matrix(name), specimen.sentence).add_class("preset")

    def _make_parameters(self) -> None:
        """A slider for each parameter of the gallery's matrix."""
        name, sliders = self.state.source.name, []
        if name == self._sliders_of:
            return
        self._sliders_of = name
        for key, known in (dynamics.gallery[name].parameters if name else {}).items():
            kind = ipw.IntSlider if isinstance(known.default, int) else ipw.FloatSlider
            slider = kind(
                value=known.default, min=known.low, max=known.high, step=known.step, description=key,
                continuous_update=False, style={"description_width": "110px"}, layout=ipw.Layout(width="400px"),
            )  # fmt: skip
            slider.tooltip = known.words
            slider.observe(lambda change, key=key: self._parameter_slid(key, change["new"]), "value")
            sliders.append(slider)
        before, self.parameters.children = self.parameters.children, tuple(sliders)
        for slider in before:
            slider.close()

    def _parameter_slid(self, key: str, value: float) -> None:
        if not self._quiet:
            source = self.state.source
            self.guarded(lambda: self.set(source=source_of(source.name, **{**source.parameters, key: tidy(value)})))

    def _slid(self, field: str, value: Any) -> None:
        if not self._quiet:
            self.guarded(lambda: self._show(self.state.changed(**{field: tidy(value)}), settled=False))

    def guarded(self, action: Callable[[], Any]) -> None:
        """The one entry of every control: what goes wrong is said, and the lab stays as it was."""
        try:
            with self._lock:
                self._alarm("")
                action()
        except Exception as problem:  # Jupyter would swallow it
            self._failed(problem)
            with self._lock:
                self._show_controls()

    def _failed(self, problem: BaseException) -> None:
        plain = isinstance(problem, ValueError)
        self._alarm(str(problem) if plain else f"{type(problem).__name__}: {problem}")

    def _alarm(self, text: str) -> None:
        self.alarm.value = f"<div {ALARM}>{html.escape(text)}</div>" if text else ""
        self.alarm.layout.display = None if text else "none"

    def _toggle_code(self) -> None:
        hidden = self.code_words.layout.display == "none"
        self.code_words.layout.display = None if hidden else "none"
        self.show_code.description = "Hide code" if hidden else "Show code"
        self._show_texts()

    def _save(self, suffix: str) -> None:
        self._alarm(f"Saved: {self.export(self._file_name() + suffix).resolve()}")

    def _file_name(self) -> str:
        return f"{self.kind}-{self.state.source.name or 'matrix'}"

    # ---- drawing
    def _begin(self) -> None:
        self._matrix_changed()
        self._show_controls()
        self._draw(settled=True)

    def _matrix_changed(self) -> None:
        source = self.state.source
        self._make_parameters()
        self.about.value = _about(source)
        for name, button in self.preset_buttons.items():
            button.button_style = "info" if name == source.name else ""
        with self._quietly():
            self.matrix_changed()

    def _show(self, state: MatrixState, settled: bool = True) -> None:
        """Draw this state, or, if that fails, stay with the one before."""
        before, self.state = self.state, state
        try:
            if state.source is not before.source:
                self._matrix_changed()
            self._show_controls()
            self._draw(settled)
        except Exception:
            self.state = before
            self._begin()
            raise

    def _draw(self, settled: bool) -> None:
        with threads(1):  # matrices this small are not worth a second, which JupyterLab's page wants too
            self.paint(settled)
        if settled:
            self.pause()
            self._show_texts()
        else:
            self._moved = time.monotonic()
            self.figures[0].play(self._when_settled)
        if settled or time.monotonic() - self._said > SAID:
            for figure in self.figures:
                figure.alt = self.status
            self.words.value = f'<div style="{SENTENCE}">{html.escape(self.status)}</div>'
            self._said = time.monotonic()

    def _when_settled(self) -> float | None:
        left = self._moved + SETTLED - time.monotonic()
        if left > 0:
            return left
        self.settle()
        return None

    def _show_controls(self) -> None:
        with self._quietly():
            for control, field in self._bound:
                control.value = getattr(self.state, field)
            for slider in self.parameters.children:
                slider.value = self.state.source.parameters[slider.description]

    def _show_texts(self) -> None:
        self.text.value, self.text.placeholder = self._preset_or("")
        if self.code_words.layout.display != "none":
            self.code_words.value = f"<pre style='line-height:1.4'>{html.escape(self.code)}</pre>"

    def _preset_or(self, other: str) -> tuple[str, str]:
        """The preset and no remark, or `other` and why there is none."""
        try:
            return self.preset, ""
        except ValueError as problem:
            return other, str(problem)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Inside, what the lab does to its own controls is no choice of anybody's."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before


def number(value: Any, name: str, low: float, high: float) -> float:
    """A number from low to high; ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}; got {value!r}")
    return value


def dense(V: SchurMatrix | np.ndarray) -> np.ndarray:
    """Its entries in float64."""
    return array(V().detach() if isinstance(V, SchurMatrix) else V, "V")


def tidy(value: Any) -> Any:
    """A slider's 0.30000000000000004 as 0.3."""
    return float(f"{value:.9g}") if isinstance(value, float) else value


def _known(names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str) or any(name not in dynamics.gallery for name in names):
        raise ValueError(f"presets must be names in the gallery: {', '.join(dynamics.gallery)}; got {names!r}")
    return tuple(names)


def _about(source: Source) -> str:
    specimen = dynamics.gallery.get(source.name or "")
    text = f"{specimen.sentence} {specimen.look_at}" if specimen else "Your own matrix."
    return f'<div style="line-height:1.4;max-width:70em"><b>{html.escape(source.title)}.</b> {html.escape(text)}</div>'
