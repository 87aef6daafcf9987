"""GrowthLab: how far a linear network carries a state before its eigenvalues decide, and which state it carries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, Self

import ipywidgets as ipw
import numpy as np

from nnrnn_core import dynamics
from nnrnn_core.dynamics.form import check_time

from ..figures.growth import (
    POINTS,
    Growth,
    growth_figure,
    growth_of,
    growth_push,
    growth_sentence,
    moment_push,
)
from ..live import LiveFigure
from .matrices import Source
from .matrix import MatrixLab, MatrixState, number, tidy

RANGES: dict[dynamics.Time, tuple[float, float]] = {
    "discrete": (2, 200),
    "continuous": (0.2, 50),
}  # least and largest


@dataclass(frozen=True)
class GrowthState(MatrixState):
    """k: the moment whose worst input is shown. horizon: where the curves end. In discrete time both are whole numbers
    of steps, in continuous time they are times t. time: "discrete" (V^k) or "continuous" (e^{tV})."""

    k: float = 10
    horizon: float = 50
    time: dynamics.Time = "discrete"

    def __post_init__(self) -> None:
        super().__post_init__()
        number(self.horizon, "horizon", *RANGES[check_time(self.time)])
        number(self.k, "k", 0, self.horizon)
        if self.time == "discrete":
            object.__setattr__(self, "horizon", _whole(self.horizon, "horizon"))
            object.__setattr__(self, "k", _whole(self.k, "k"))

    @classmethod
    def of(cls, source: Source) -> Self:
        return cls(source).timed(source.time)

    def timed(self, time: dynamics.Time) -> Self:
        """The state with this time, a horizon that holds the transient, and k at the end of the peak."""
        horizon = dynamics.decay_horizon(self.V, check_time(time))
        growth = curves(self.source, self.scale, horizon, time, True)
        height, _ = growth.peak
        k = growth.times[np.flatnonzero(np.isclose(growth.worst, height))[-1]]
        return replace(self, time=time, horizon=horizon, k=tidy(float(k or growth.times[len(growth.times) // 10])))

    def changed(self, **changes: Any) -> Self:
        if "time" in changes and changes["time"] != self.time:
            return replace(self.timed(changes["time"]), **changes)
        if "horizon" in changes:
            number(changes["horizon"], "horizon", *RANGES[self.time])
            changes = {"k": min(self.k, changes["horizon"]), **changes}
        return super().changed(**changes)

    @property
    def growth(self) -> Growth:
        """The curves, exactly."""
        return self.curves(exact=True)

    def curves(self, exact: bool) -> Growth:
        return curves(self.source, self.scale, self.horizon, self.time, exact)

    @property
    def best(self) -> dynamics.OptimalInput:
        """The unit input that grows most until k. ValueError where that leaves float64."""
        return best_input(self.source, self.scale, self.k, self.time)

    def table(self) -> dict[str, np.ndarray]:
        return {name: curve for name, curve in self.growth._asdict().items() if name != "rate"}

    def arrays(self) -> dict[str, np.ndarray]:
        best = self.best
        return {**self.table(), "best_input": best.input, "response": best.response}

    def sentence(self) -> str:
        return growth_sentence(self.growth, self.best, self.k, self.time)

    def code_lines(self) -> list[str]:
        k, end = repr(self.k), repr(self.horizon)
        if self.time == "discrete":
            lines = [
                f"times = np.arange({end} + 1)",
                f"worst = dynamics.transient_growth(V, {end})",
                f"typical = dynamics.typical_growth(V, {end})",
                "radius = dynamics.spectral_radius(V) ** times",
                f"cloud = dynamics.cloud_growth(V, {end})  # 1000 random starts of length 1",
                f"best_input, response, gain = dynamics.optimal_input(V, {k})",
            ]
        else:
            lines = [
                f"times = np.linspace(0, {end}, {POINTS + 1})  # x' = V x",
                "worst = dynamics.exponential_growth(V, times)",
                "typical = dynamics.typical_exponential_growth(V, times)",
                "radius = np.exp(dynamics.spectral_abscissa(V) * times)",
                f"cloud = dynamics.cloud_growth(dynamics.propagator(V, times[1]), {POINTS})  # 1000 random starts",
                f'best_input, response, gain = dynamics.optimal_input(V, {k}, "continuous")',
            ]
        return [
            *lines,
            "low, high = np.quantile(cloud.norms, [0.05, 0.95], axis=1)",
            "spread = cloud.spread.mean(axis=1)",
            "",
            'curves = {"worst": worst, "typical": typical, "eigenvalues alone": radius, "5 %": low, "95 %": high}',
            "figure = go.Figure([go.Scatter(x=times, y=y, name=name) for name, y in curves.items()])",
            'figure.update_yaxes(type="log")',
            "figure",
        ]


class GrowthLab(MatrixLab):
    __doc__ = f"""‖V^k‖₂ (the worst start) beside ‖V^k‖_F / √N (a typical one), and the input that grows most.

    To set: k, scale (of the feed-forward part), horizon, time ("discrete", or "continuous" for exp(tV)).

    {MatrixLab.__doc__}"""
    kind: ClassVar[str] = "growth"
    state_type: ClassVar[type[MatrixState]] = GrowthState
    default_presets: ClassVar[tuple[str, ...]] = (
        "balanced_network", "shear", "rotation", "delay_line", "feed_forward_layers", "random", "grcar", "table6",
    )  # fmt: skip
    _drawn: tuple[Any, ...] = ()  # of which curves `_growth` are, and whether they are exact
    _growth: Growth

    @property
    def status(self) -> str:
        """What is shown, in words."""
        return growth_sentence(self._growth, self.state.best, self.state.k, self.state.time)

    def make_figures(self) -> list[LiveFigure]:
        return [LiveFigure(growth_figure())]

    def make_controls(self) -> tuple[list[ipw.Widget], list[ipw.Widget]]:
        # whole numbers need a slider of their own: a float one's page reports 75.00000000000001 for 75
        self._sliders: dict[dynamics.Time, tuple[ipw.Widget, ipw.Widget]] = {
            "discrete": (_slider(ipw.IntSlider, "steps k"), _slider(ipw.IntSlider, "horizon")),
            "continuous": (_slider(ipw.FloatSlider, "time t"), _slider(ipw.FloatSlider, "horizon")),
        }
        for time, (moment, horizon) in self._sliders.items():
            low, high = RANGES[time]
            horizon.value, horizon.min, horizon.max, horizon.step = high, low, high, low if time == "continuous" else 1
            self.listen(moment, "k")
            self.listen(horizon, "horizon")
        self.time = self.bind(
            ipw.ToggleButtons(
                options=[("discrete: Vᵏ", "discrete"), ("continuous: exp(tV)", "continuous")], description="time",
                tooltips=["h_t = V h_(t−1)", "x' = V x"], style={"description_width": "70px"},
            ),
            "time",
        )  # fmt: skip
        moments, horizons = zip(*self._sliders.values(), strict=True)
        return [*moments, self.scale_slider(), *horizons], [self.time]

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

    def _show_controls(self) -> None:
        with self._quietly():
            for time, sliders in self._sliders.items():
                for slider in sliders:
                    slider.layout.display = None if time == self.state.time else "none"
            _fit(self.k, self.state.horizon)
            self.k.value, self.horizon.value = self.state.k, self.state.horizon
        super()._show_controls()


@lru_cache(maxsize=16)
def curves(source: Source, scale: float, horizon: float, time: dynamics.Time, exact: bool) -> Growth:
    return growth_of(source.scaled(scale), horizon, time, exact)


@lru_cache(maxsize=16)
def best_input(source: Source, scale: float, k: float, time: dynamics.Time) -> dynamics.OptimalInput:
    return dynamics.optimal_input(source.scaled(scale), k, time)


def _slider(kind: type[ipw.Widget], description: str) -> ipw.Widget:
    more = {"readout_format": ".4"} if kind is ipw.FloatSlider else {}
    slider = kind(
        description=description, min=0, style={"description_width": "70px"}, layout=ipw.Layout(width="360px"), **more
    )
    slider.tooltip = "where the curves end" if description == "horizon" else "whose worst input is shown"
    return slider


def _fit(slider: ipw.Widget, end: float) -> None:
    """Let it run from 0 to `end`. Its value is 0 on the way, which fits before and after: the page moves any other to
    where it fits, and reports that as a choice."""
    if slider.max != end:
        slider.value = 0
        with slider.hold_sync():
            slider.max, slider.step = end, end / POINTS if isinstance(slider, ipw.FloatSlider) else 1


def _whole(value: float, name: str) -> int:
    if value != round(value):
        raise ValueError(f"{name} must be a whole number of steps in discrete time; got {value!r}")
    return round(value)
