"""GrowthLab: how far a linear network carries a state before its eigenvalues decide, and which state it carries."""

from __future__ import annotations

from typing import Any, ClassVar

import ipywidgets as ipw

from nnrnn_core import dynamics

from ..figures.growth import ARRANGEMENTS, POINTS, Growth, growth_figure, growth_push, moment_push
from ..live import LiveFigure
from ..sliders import FloatSlider, IntSlider
from .growth_state import SLIDER, GrowthState
from .matrix import MatrixLab
from .matrix_state import MatrixState


class GrowthLab(MatrixLab):
    __doc__ = f"""‖V^k‖₂ (the best start) beside ‖V^k‖_F / √N (a typical one), and the input that grows most.

    To set: k, scale (of the feed-forward part), horizon, time ("discrete", or "continuous" for exp(tA)).

    {MatrixLab.__doc__}"""
    kind: ClassVar[str] = "growth"
    state_type: ClassVar[type[MatrixState]] = GrowthState
    default_presets: ClassVar[tuple[str, ...]] = (
        "balanced_network", "shear", "rotation", "delay_line", "feed_forward_layers", "random", "grcar", "table6",
    )  # fmt: skip
    _drawn: tuple[Any, ...] = ()  # what the curves in `_growth` belong to, and whether they are exact
    _growth: Growth

    @property
    def status(self) -> str:
        return str(self.state.sentence_of(self._growth, self._drawn[-1]))

    def make_figures(self) -> list[LiveFigure]:
        figure = LiveFigure(growth_figure())
        figure.arrange(ARRANGEMENTS)
        return [figure]

    def make_controls(self) -> tuple[list[ipw.Widget], list[ipw.Widget]]:
        # whole numbers need a slider of their own: a float one's page reports 75.00000000000001 for 75
        self._sliders: dict[dynamics.Time, tuple[ipw.Widget, ipw.Widget]] = {
            "discrete": (_slider(IntSlider, "steps k"), _slider(IntSlider, "horizon")),
            "continuous": (_slider(FloatSlider, "time t"), _slider(FloatSlider, "horizon")),
        }
        for time, (moment, horizon) in self._sliders.items():
            low, high = SLIDER[time]
            horizon.value, horizon.min, horizon.max, horizon.step = high, low, high, low if time == "continuous" else 1
            self.listen(moment, "k")
            self.listen(horizon, "horizon")
        moments, horizons = zip(*self._sliders.values(), strict=True)
        return [*moments, self.scale_slider(), *horizons], []

    @property
    def k(self) -> ipw.Widget:
        """The slider of the moment, in the present time."""
        return self._sliders[self.state.time][0]

    @property
    def horizon(self) -> ipw.Widget:
        """The slider of the horizon, in the present time."""
        return self._sliders[self.state.time][1]

    def paint(self, settled: bool) -> None:
        state = self.state
        traces, layout = moment_push(state.best, state.k, state.time)  # first: it may find that V^k leaves float64
        now = (state.source, state.scale, state.horizon, state.time)
        if self._drawn not in ((*now, True), (*now, settled)):
            self._growth, self._drawn = state.curves(settled), (*now, settled)
            more, axes = growth_push(self._growth, state.time)
            traces, layout = traces | more, layout | axes
        self.figures[0].push(traces, layout)

    def show_controls(self) -> None:
        with self.quietly():
            for time, sliders in self._sliders.items():
                for slider in sliders:
                    slider.layout.display = None if time == self.state.time else "none"
            _fit(self.k, self.state.horizon)
            self.horizon.max = max(SLIDER[self.state.time][1], self.state.horizon)
            self.horizon.min = min(SLIDER[self.state.time][0], self.state.horizon)
            self.k.value, self.horizon.value = self.state.k, self.state.horizon
        super().show_controls()


def _slider(kind: type[ipw.Widget], description: str) -> ipw.Widget:
    more = {"readout_format": ".4"} if kind is FloatSlider else {}
    slider = kind(
        description=description, min=0, style={"description_width": "70px"}, layout=ipw.Layout(width="360px"), **more
    )
    slider.tooltip = "where the curves end" if description == "horizon" else "whose best input is shown"
    return slider


def _fit(slider: ipw.Widget, end: float) -> None:
    """Let it run from 0 to `end`. Its value is 0 on the way, which fits before and after: the page moves any other to
    where it fits, and reports that as a choice."""
    if slider.max != end:
        slider.value = 0
        with slider.hold_sync():
            slider.max, slider.step = end, end / POINTS if isinstance(slider, FloatSlider) else 1
