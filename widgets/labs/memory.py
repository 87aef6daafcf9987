"""MemoryLab: the Fisher memory of a scaled orthogonal network, of a delay line, and of a third network of one's own."""

from __future__ import annotations

from functools import partial
from typing import Any

import ipywidgets as ipw

from ..figures.memory import ARRANGEMENTS, memory_figure, memory_push
from ..figures.numbers import short
from ..jupyter import said_in_words
from ..live import LiveFigure
from ..sliders import FloatSlider, IntSlider
from .lab import ROW
from .matrix import MatrixLab
from .memory_state import SMALLEST, MemoryState

FAMILY = ("alpha", "d", "size", "beta")  # parameters of gallery["table6"] that have sliders of their own
TABLE6: dict[str, tuple[float, ...]] = {"alpha": (0.95, 1.0, 1.05), "beta": (0.0, 0.005), "d": (0.0, 0.2)}
SIGNS = {"alpha": "α", "beta": "β", "d": "d"}
TABLE6_SIZE = 100


class MemoryLab(MatrixLab):
    """Fisher memory J(k) of three networks: scaled orthogonal, delay line, and the third, which is V. See `MatrixLab`.

    V is the paper's d-α-β family (gallery "table6") or any square matrix of your own, of 2 to 200 rows. `set` takes the
    family's alpha, d, beta and size too. With ρ(V) ≥ 1 the noise runs for 150 steps, not for ever: see `duration`.
    """

    kind = "memory"
    state_type = MemoryState
    default_presets = ("table6",)

    @said_in_words()
    def set(self, **changes: Any) -> None:
        """Choose: `set(alpha=1.2, d=0)`. Fields of `state`, or the family's parameters. ValueError: nothing changed."""
        with self.lock:
            if "source" in changes:  # a unit that there is no more becomes the last
                changes.setdefault("unit", min(self.state.unit, changes["source"].size))
            known = FAMILY if self.state.family else ("d", "size", "beta")
            if family := {key: changes.pop(key) for key in known if key in changes}:
                moved = self.state.with_parameters(**family)
                changes = {"source": moved.source, "unit": moved.unit, **changes}
            super().set(**changes)

    def make_figures(self) -> list[LiveFigure]:
        self.figure = LiveFigure(memory_figure())
        self.figure.arrange(ARRANGEMENTS)
        return [self.figure]

    def make_controls(self) -> tuple[list[ipw.Widget], list[ipw.Widget]]:
        self.alpha = self._slider("alpha", "α, links", 0.5, 1.5, 0.01, "how strongly a unit drives the next")
        self.d = self._slider("d", "d, itself", 0.0, 0.4, 0.01, "each unit's memory of itself, third network")
        self.size = self._slider("size", "N, units", SMALLEST, 100, 1, "of all three networks")
        self.beta = self._slider("beta", "β, further", 0.0, 0.1, 0.005, "weight to all units further down")
        self.gamma = self._slider("gamma", "γ of γQ", 0.5, 0.99, 0.01, "scale of the orthogonal network")
        self.unit = self._slider("unit", "input to unit", 1, 100, 1, "the unit that the input enters")
        self.horizon = self._slider("horizon", "largest k", 10, 400, 1, "how far back the curves and totals reach")
        self.duration = self._slider("duration", "noise runs", 0, 400, 1, "steps that the noise has run; 0: for ever")
        self.cells = {
            (key, value): self.button(f"{SIGNS[key]} = {short(value)}", partial(self._cell, key, value))
            for key, values in TABLE6.items()
            for value in values
        }
        table = ipw.HBox(
            [ipw.Label(f"Paper, Fig. 1c and Table 6 (N = {TABLE6_SIZE}):"), *self.cells.values()], layout=ROW
        )
        more = [
            ipw.HBox([self.beta, self.gamma, self.scale_slider()], layout=ROW),
            ipw.HBox([self.unit, self.horizon, self.duration], layout=ROW),
        ]
        return [self.alpha, self.d, self.size, table], more

    def _slider(self, field: str, label: str, low: float, high: float, step: float, words: str) -> ipw.Widget:
        kind = IntSlider if isinstance(step, int) else FloatSlider
        digits = "d" if step == 1 else ".3f" if step < 0.01 else ".2f"
        slider = kind(
            value=low, min=low, max=high, step=step, description=label, readout_format=digits,
            style={"description_width": "80px"}, layout=ipw.Layout(width="300px"),
        )  # fmt: skip
        slider.tooltip = words
        return self.bind(slider, field)

    def slid(self, field: str, value: Any) -> None:
        if field in FAMILY and self.state.family:
            self._show(self.state.with_parameters(**{field: value}), settled=False)
        else:
            super().slid(field, value)

    def _cell(self, key: str, value: float) -> None:
        """The cell of Table 6 with this value that is nearest to what is shown."""
        if not self.state.family:
            self.set_matrix("table6")
        near = {other: min(values, key=lambda v: abs(v - self.state.family[other])) for other, values in TABLE6.items()}
        self.set(size=TABLE6_SIZE, **{**near, key: value}, unit=1, horizon=149, duration=0, scale=1.0)

    def matrix_changed(self) -> None:
        state = self.state
        self.size.max, self.unit.max = max(100, state.size), state.size
        for slider in (self.d, self.size, self.beta):
            slider.disabled = not state.family
        self.sources.parameters.layout.display = "none" if state.family else None  # they have sliders of their own
        for (key, value), button in self.cells.items():
            here = state.size == TABLE6_SIZE and state.family.get(key) == value
            button.button_style = "info" if here else ""

    def paint(self, settled: bool) -> None:
        self.figure.push(*memory_push(self.state.memories))
