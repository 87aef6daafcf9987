"""The six panels of a training on the page."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import ipywidgets as ipw

from ..figures.frame import Frame
from ..figures.layout import grid_columns
from ..figures.schur_form import form_figure, form_push, form_sentence
from ..figures.training import CELL, LAYOUTS, ROW, SCREEN_LAYOUTS, SCREENS, Curves, Words, lines_figure, lines_push
from ..jupyter import close_tree
from ..live import LiveFigure

SLOW = 1.0  # seconds between two repaints of the heat map while playing


class Panels:
    """Two live figures in one grid: `lines`, which also is the clock, and `form`, the heat map, in its free corner."""

    def __init__(self, on_error: Callable[[BaseException], None]) -> None:
        self.box = ipw.VBox()
        self.words: Words | None = None
        self.frame: Frame | None = None  # as last painted
        self._on_error = on_error
        self._slow_painted = 0.0

    def begin(self, words: Words, first: Frame) -> None:
        """Show a run of this kind; its first frame stays, dotted. Figures are made anew only for other words."""
        self.first, self.frame = first, None
        if words == self.words:
            return
        old = list(self.box.children)
        self.words = words
        self._layout: dict[str, Any] = {}  # as last pushed
        self.lines, self.form = LiveFigure(lines_figure(words)), LiveFigure(form_figure(words))
        self.lines.on_error = self._on_error
        self.lines.arrange(LAYOUTS, SCREEN_LAYOUTS)
        self.form.arrange({0: {"height": ROW}}, {size: {"height": row} for size, row in SCREENS.items()})
        self.lines.layout.grid_area, self.form.layout.grid_area = "1 / 1 / 2 / -1", "1 / -2 / 2 / -1"
        self.form.layout.align_self = "flex-end"  # of a grid, that is its end
        grid = ipw.Layout(grid_template_columns=grid_columns(CELL), width="100%")
        self.box.children = (ipw.GridBox([self.lines, self.form], layout=grid),)
        for grid_before in old:
            close_tree(grid_before)

    @property
    def slow_due(self) -> bool:
        """Whether it is time for what costs more: the heat map, a wide network's J(k)."""
        return time.monotonic() - self._slow_painted > SLOW

    def paint(
        self, frame: Frame, curves: Curves, late: bool, growth: bool, start: bool, slow: bool, at_rest: bool
    ) -> None:
        """Show this. late, growth, start: see `lines_push`. slow: also what costs plotly a whole redraw: the heat
        map, marks, axes that could be narrower. at_rest: whatever has changed."""
        assert self.words is not None
        traces, layout = lines_push(frame, self.first, curves, self.words, late, growth, start)
        if slow:
            self.form.push(*form_push(frame))
            self.form.alt = form_sentence(frame)
            self._slow_painted = time.monotonic()
        if not at_rest:
            layout = {key: value for key, value in layout.items() if self._wanted(key, value, slow)}
        self._layout.update(layout)
        self.lines.push(traces, layout)
        self.frame = frame

    def _wanted(self, key: str, value: Any, slow: bool) -> bool:
        """Whether to show this part of the layout while things move: titles, axes that the lines would leave or, now
        and then, fill to less than half; marks now and then."""
        if key.endswith(".range") and key in self._layout:
            low, high = self._layout[key]
            return bool(value[0] < low or value[1] > high or (slow and 2 * (value[1] - value[0]) < high - low))
        return slow or key.endswith(".text") or key not in self._layout
