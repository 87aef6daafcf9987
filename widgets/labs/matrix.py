"""What the labs of a matrix share. To write one:

1. Pure functions in `widgets/figures/<name>.py`: a figure made once, what is pushed into it, the sentence.
2. A frozen dataclass on `MatrixState`: its fields beside `source` and `scale` are plain JSON values with defaults,
   checked in `__post_init__`. It has `table()` or `arrays()` (what is exported), `code_lines()` (code that leaves each
   of those under its name), `sentence()`, and, if need be, `of(source, time)`: the state that a new matrix begins with.
   With a field `time` it has a control, and `of_peak` says whether what is drawn is so for all time.
3. `class MyLab(MatrixLab)` with `kind`, `state_type`, `default_presets` and three methods. `make_figures()` returns
   live figures. `make_controls()` returns (in sight, under More): widgets made with `bind(widget, "field")`,
   `scale_slider()`, `button(…)`, or plain. `paint(settled)` pushes `self.state`: settled is False while a slider moves,
   to be done in 50 ms, and True when it has come to rest. A callback goes through `guarded` and chooses with `set`.
4. Numbers that cost are computed in functions with `lru_cache`, called with (state.source, state.scale, …): a
   `Source` is told from another by identity. Its line in `widgets/__init__.py`; tests as in `test_growth_lab.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import ipywidgets as ipw
import numpy as np

from nnrnn_core import dynamics
from nnrnn_core.threads import first, threads

from ..figures.numbers import tidy
from ..jupyter import said_in_words
from ..live import LiveFigure
from ..sliders import FloatSlider
from .beside import Beside
from .lab import LARGEST_SCALE, ROW, Lab
from .matrices import dense, source_of
from .matrix_state import EXACT_AT_ONCE, MatrixState
from .numbers_table import numbers_table
from .source_controls import SourceControls

if TYPE_CHECKING:
    from nnrnn_core import SchurMatrix


class MatrixLab(Lab):
    """A lab of one matrix V. Put it last in a cell.

    matrix        a name in `dynamics.gallery`, or what `read_matrix` reads: an array, a tensor, a frame, a saved
                  network, pasted text, a file; default the first preset
    name          which matrix, where a file holds several
    time          "discrete": h_t = V h_(t−1), or "continuous": x' = A x; default what the matrix is about
    presets       names in the gallery, a button each
    parameters    of the matrix from the gallery

    `V` is the matrix shown, `state` all that is chosen, `set(field=value)` chooses, `set_matrix(M)` puts another matrix
    in. `status` is the sentence, `code` the library calls that draw the same, `preset` the lab as a line of text and
    `from_preset` its way back, `export(path)` the numbers. Running a cell again closes the lab that it had made before.
    """

    state_type: ClassVar[type[MatrixState]]
    default_presets: ClassVar[tuple[str, ...]]

    @said_in_words()
    @threads(1)  # two threads of BLAS, and a browser that draws beside them, can take ten times as long as one
    def __init__(
        self,
        matrix: Any = None,
        *,
        name: str | None = None,
        time: dynamics.Time | None = None,
        presets: Sequence[str] | None = None,
        state: MatrixState | None = None,
        **parameters: float,
    ) -> None:
        names = _known(self.default_presets if presets is None else presets)
        first = (names or self.default_presets)[0]
        # a bad matrix raises ValueError here, before anything is made
        begin = state or self.state_type.of(source_of(first if matrix is None else matrix, name, **parameters), time)
        super().__init__()
        self.state: Any = begin
        self._bound: list[tuple[ipw.Widget, str]] = []  # controls, and the fields of the state that they show
        # the state that is prepared, what is left to do for it, and what is being done
        self._parts: tuple[MatrixState | None, Iterator[str]] = (None, iter(()))
        self._part: Beside[str | None] = Beside()
        self._ready: MatrixState | None = None  # whose parts are all there
        self.sources = SourceControls(self, names, self._take, self._parameter_slid)
        self.figures = self.make_figures()
        for figure in self.figures:
            figure.on_error = self.failed
        in_sight, more = self.make_controls()
        more = [*self._time_control(), *more]
        head = ipw.VBox([*self.sources.in_sight, ipw.HBox(in_sight, layout=ROW)])
        rows = [self.sources.more, *more, self.saving, *self.code_parts(), *self._numbers_parts()]
        self.more = ipw.Accordion([ipw.VBox(rows)], selected_index=None)
        self.more.set_title(0, "More")
        self.add_class("matrix-lab")
        self.progress = self.line()
        self.appear([head, self.alarm, self.progress, *self.figures, self.words, self.more])
        self._begin()

    @classmethod
    @said_in_words()
    def from_preset(cls, text: str) -> Self:
        """The lab that a preset describes. ValueError says what is wrong with the text."""
        return cls(state=cls.state_of(text))

    @classmethod
    def state_of(cls, preset: str) -> MatrixState:
        """The state in a preset. ValueError says what is wrong with it."""
        return cls.state_type.from_preset(preset, cls.kind, cls.__name__)

    # ---- what a lab of its own kind adds
    def make_figures(self) -> list[LiveFigure]:
        raise NotImplementedError

    def make_controls(self) -> tuple[list[ipw.Widget], list[ipw.Widget]]:
        raise NotImplementedError

    def paint(self, settled: bool) -> None:
        raise NotImplementedError

    def matrix_changed(self) -> None:
        """The state has another matrix than before: what its size decides (a slider's range) can follow here."""

    # ---- what is chosen
    @property
    def V(self) -> SchurMatrix | np.ndarray:
        """The matrix shown."""
        matrix: SchurMatrix | np.ndarray = self.state.V
        return matrix

    @said_in_words()
    @threads(1)
    def set(self, **changes: Any) -> None:
        """Choose: `set(scale=0.5)`. The names are the fields of `state`. ValueError: nothing has changed."""
        with self.lock:
            known = self.state.settings()
            if unknown := set(changes) - {*known, "source"}:
                raise ValueError(f"{self.kind} lab has {', '.join(known)} to set; got {', '.join(sorted(unknown))}")
            self._show(self.state.changed(**changes))

    @said_in_words()
    @threads(1)
    def set_matrix(
        self, matrix: Any, *, name: str | None = None, time: dynamics.Time | None = None, **parameters: float
    ) -> None:
        """Show another matrix: whatever the lab takes as `matrix`, and in which time."""
        with self.lock:
            self._show(self.state_type.of(source_of(matrix, name, **parameters), time))

    @threads(1)
    def load_preset(self, text: str) -> None:
        self._show(self.state_of(text))

    def _take(self, matrix: Any) -> None:
        """As `set_matrix`, but fast at first, and exact as soon as the page asks. A time chosen by hand stays for a
        matrix of one's own, which has none of its own."""
        source, before = source_of(matrix), self.state
        by_hand = not source.name and getattr(before, "time", before.source.time) != before.source.time
        self._show(self.state_type.of(source, before.time if by_hand else None), settled=False)
        if source.size > EXACT_AT_ONCE:
            self.progress.say(self.state.time_it_takes())

    # ---- what the base asks for
    @property
    def status(self) -> str:
        return str(self.state.sentence())

    @property
    def preset(self) -> str:
        return str(self.state.as_preset(self.kind))

    @property
    def code(self) -> str:
        state = self.state
        head = ["import numpy as np", "import plotly.graph_objects as go", "from nnrnn_core import dynamics", ""]
        return "\n".join([*head, *state.source.code(state.scale, f"{self.kind}.npz"), *state.code_lines()]) + "\n"

    def columns(self) -> Mapping[str, np.ndarray]:
        table: Mapping[str, np.ndarray] = self.state.table()
        return table

    def arrays(self) -> Mapping[str, np.ndarray]:
        return {"V": dense(self.V), **self.state.arrays()}

    def file_name(self) -> str:
        return f"{self.kind}-{self.state.source.name or 'matrix'}"

    def prepare(self) -> bool:
        with self.lock:
            if self._parts[0] is not self.state:
                self._parts = self.state, self.state.parts()
                self._part.forget()
            parts = self._parts[1]
            if self._part.is_idle:
                self._part.start(lambda: next(parts, None))
        found = self._part.found()  # without the lock: a control may be moved meanwhile
        with self.lock:
            if not found or self._parts[1] is not parts:
                return True
            self.progress.say(found[0] or "")
            return found[0] is not None

    def settle(self) -> None:
        with self.lock:
            self._ready = self.state
            self._draw(settled=True)

    def show_controls(self) -> None:
        with self.quietly():
            for control, field in self._bound:
                control.value = getattr(self.state, field)
            self.sources.show_values(self.state.source)

    # ---- controls
    def bind(self, control: ipw.Widget, field: str) -> ipw.Widget:
        """Tie a control's value to a field of the state, both ways."""
        self._bound.append((control, field))
        self.listen(control, field)
        return control

    def listen(self, control: ipw.Widget, field: str) -> None:
        """Have a control's value change a field, while the control is in sight."""

        def heard(change: dict[str, Any]) -> None:
            if control.layout.display != "none":
                self.chosen(lambda: self.slid(field, tidy(change["new"])))

        control.observe(heard, "value")

    def slid(self, field: str, value: Any) -> None:
        """A control has chosen another value of a field."""
        self._show(self.state.changed(**{field: value}), settled=False)

    def scale_slider(self) -> ipw.Widget:
        """The slider of the feed-forward part's scale."""
        slider = FloatSlider(
            value=1.0, min=0.0, max=LARGEST_SCALE, step=0.05, description="T scale s", readout_format=".2f",
            style={"description_width": "70px"}, layout=ipw.Layout(width="360px"),
        )  # fmt: skip
        slider.tooltip = "how much of the feed-forward part: V = P (Λ + s T) P*"
        return self.bind(slider, "scale")

    def _time_control(self) -> list[ipw.Widget]:
        """The choice of the time, where the state has one."""
        if "time" not in self.state.settings():
            return []
        self.time = ipw.ToggleButtons(
            options=[("discrete: Vᵏ", "discrete"), ("continuous: exp(tA)", "continuous")], description="time",
            tooltips=["h_t = V h_(t−1)", "x' = A x"], style={"description_width": "70px"},
        )  # fmt: skip
        return [self.bind(self.time, "time")]

    def _parameter_slid(self, key: str, value: float) -> None:
        source = self.state.source
        self.chosen(lambda: self.set(source=source_of(source.name, **{**source.parameters, key: tidy(value)})))

    def _numbers_parts(self) -> list[ipw.Widget]:
        """The button "Numbers" and what it unfolds."""
        where = "all of them are in the file that Numbers as npz saves, the first table in that of Numbers as CSV."
        self.show_numbers, self.numbers = self.unfolding(
            "Numbers", "Hide numbers", lambda: numbers_table(self.state.tables(), where),
            "a table of what is drawn, to quote from",
        )  # fmt: skip
        return [self.show_numbers, self.numbers]

    # ---- drawing
    def _begin(self) -> None:
        self._new_matrix()
        self.show_controls()
        self._draw(settled=True)

    def _new_matrix(self) -> None:
        with self.quietly():
            self.sources.show_source(self.state.source)
            self.matrix_changed()

    def _show(self, state: MatrixState, settled: bool = True) -> None:
        """Draw this state, or, if that fails, stay with the one before."""
        before, self.state = self.state, state
        try:
            if state.source is not before.source:
                self._announce()
                self._new_matrix()
            self.show_controls()
            self._draw(settled)
        except Exception:
            self.state = before
            self._begin()
            raise

    def _announce(self) -> None:
        """Of a large matrix even the coarse picture takes seconds: meanwhile nobody shall take the old one for its."""
        if self.state.source.size > EXACT_AT_ONCE:
            self.progress.say(f"Being worked out: {self.state.source.title}.")
            for figure in self.figures:
                figure.mark_all_pending()

    def _draw(self, settled: bool) -> None:
        if settled and self.state.source.size > EXACT_AT_ONCE and self.state is not self._ready:
            settled = False  # coarse now, and exactly as soon as the page has asked for all parts
            self.progress.say(self.state.time_it_takes())
        with first(), threads(1):
            self.paint(settled)
        if settled:
            self._ready = self.state
            self.progress.say("")
            self.pause()
            self.show_texts()
            self._search_on()
        else:
            self.slider_moved()
        self.say(at_once=settled)

    def _search_on(self) -> None:
        """Where the peak over all time is not found yet, let the page ask for the rest of the search."""
        if "time" in self.state.settings() and not self.state.search.ended:
            self.figures[-1].play(self._search_a_piece)

    def _search_a_piece(self) -> float | None:
        with self.lock, threads(1):
            if self.state.search.go_on():
                return 0.0
            self.pause()
            self.say()
            return None


def _known(names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str) or any(name not in dynamics.gallery for name in names):
        raise ValueError(f"presets must be names in the gallery: {', '.join(dynamics.gallery)}; got {names!r}")
    return tuple(names)
