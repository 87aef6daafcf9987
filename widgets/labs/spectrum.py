"""SpectrumLab: pseudospectra of a matrix beside its growth; a click in the plane says what that point implies."""

from __future__ import annotations

from typing import Any

import ipywidgets as ipw
import numpy as np

from ..figures import spectrum as figures
from ..figures.numbers import tidy
from ..live import LiveFigure
from ..sliders import FloatLogSlider
from .lab import ROW
from .matrix import MatrixLab
from .spectrum_axes import SpectrumAxes
from .spectrum_parts import LONGEST, PERTURBATIONS
from .spectrum_state import SHORTEST, SpectrumState

PRESETS = ("grcar", "shear", "jordan", "companion", "random", "ring", "nnrnn", "stability_optimised")


class SpectrumLab(MatrixLab):
    """Pseudospectra of V beside the growth of V^k: the eigenvalues of all V + E with ‖E‖ ≤ ε, and what they imply.

    Click a point z outside the unit circle: the growth that it implies appears as a lower bound on the curve, with its
    limit over all k (Trefethen & Embree 2005, sections 15 and 16). Bounds that need no point, the Kreiss constant among
    them, and the numerical range are drawn on request: under More, or `set(bounds=True)`. Arguments and attributes:
    `MatrixLab`.
    """

    kind = "spectrum"
    state_type = SpectrumState
    default_presets = PRESETS
    _drawn: tuple[Any, ...] | None = None  # what plane and curves show, where they are exact

    @property
    def status(self) -> str:
        return str(self.state.sentence_of(self._drawn is not None))

    def make_figures(self) -> list[LiveFigure]:
        figure = LiveFigure(figures.spectrum_figure())
        figure.arrange(figures.ARRANGEMENTS)
        figure.on_click(self._clicked)
        return [figure]

    def make_controls(self) -> tuple[list[ipw.Widget], list[ipw.Widget]]:
        self.eps = FloatLogSlider(
            value=0.1, base=10, min=-8, max=0, step=0.1, description="ε", readout_format=".2g",
            style={"description_width": "20px"}, layout=ipw.Layout(width="320px"),
        )  # fmt: skip
        self.eps.tooltip = "size of the perturbation E, and of the pseudospectrum drawn dashed"
        self.throw = self.button(f"Throw {PERTURBATIONS} perturbations", self._throw, "eigenvalues of V + E, ‖E‖ = ε")
        self.clear = self.button("Take them away", lambda: self.set(throw=0))
        self.real = ipw.FloatText(description="Re z", step=0.05, layout=ipw.Layout(width="180px"))
        self.imag = ipw.FloatText(description="Im z", step=0.05, layout=ipw.Layout(width="180px"))
        for box in (self.real, self.imag):
            box.observe(lambda _: self._typed(), "value")
        self.horizon = ipw.BoundedFloatText(
            value=40, min=SHORTEST, max=LONGEST, step=10, description="Horizon", style={"description_width": "70px"},
            layout=ipw.Layout(width="180px"),
        )  # fmt: skip
        self.bounds = ipw.Checkbox(description="bounds that hold for all k, numerical range", indent=False)
        self.axes = SpectrumAxes(self)
        in_sight = [self.scale_slider(), self.bind(self.eps, "eps"), self.throw]
        more = [
            ipw.HBox([self.real, self.imag, self.clear]),
            ipw.HBox([self.bind(self.horizon, "horizon"), self.bind(self.bounds, "bounds")], layout=ROW),
            *self.axes.parts,
        ]
        return in_sight, more

    def paint(self, settled: bool) -> None:
        state, seen = self.state, self.state.seen
        axes = (state.window, state.levels, state.points)
        now = (state.source, state.scale, state.time, state.horizon, state.bounds, *axes)
        moved, _ = figures.moved_push(state.moved(settled), seen)
        if not settled and now == self._drawn:  # ε moves: all else is drawn already, exactly
            self.figures[0].push(moved | figures.edge_push(state.plane(), state.eps)[0])
            return
        plane, frame, point = state.plane(settled), state.frame(settled), state.bound()
        left, layout = figures.plane_push(plane, state.eps, seen, state.time, settled, state.levels)
        right, words = figures.frame_push(frame, point, state.time)
        cross = {"x": np.array([state.point[0]]), "y": np.array([state.point[1]])}
        kept = () if settled else figures.AT_REST if state.bounds else (figures.LABELS,)
        self.figures[0].push(left | right | moved | {figures.POINT: cross}, layout | words, pending=kept)
        self._drawn = now if settled else None

    def show_controls(self) -> None:
        super().show_controls()
        with self.quietly():
            self.real.value, self.imag.value = self.state.point
            self.axes.show(self.state)

    def _clicked(self, trace: int, x: float, y: float) -> None:
        if trace == 0:  # the map that catches clicks; the curves beside the plane can be clicked too
            self.guarded(lambda: self._choose(x, y))

    def _choose(self, x: float, y: float) -> None:
        self.set(point=(tidy(round(float(x), 4)), tidy(round(float(y), 4))))

    def _typed(self) -> None:
        self.chosen(lambda: self._choose(self.real.value, self.imag.value))

    def _throw(self) -> None:
        self.set(throw=self.state.throw + 1)
