"""How far V^k, or e^{tA}, carries a state: the best start, a typical one, a cloud of random ones."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from nnrnn_core import dynamics
from nnrnn_core.dynamics.form import form_of

from .axes import log_axis, nice_end, positive
from .band import CLOUD, LOWEST, STRIP, band, strokes
from .frame import EXACT_SIZE
from .layout import CELL, LEFT, NARROW, PHONE, RIGHT, Panel, arranged, arrangement, legend_row
from .numbers import moment as moment_text
from .numbers import short
from .quick_growth import quick_growth
from .rise import Rise, factor, rise_of, rounding
from .style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION, base_layout, drawn_once, title
from .training import Push

POINTS = 100  # steps from 0 to the end of the axis, where time is continuous
STARTS = 1000  # random starts of the cloud
FEW = {True: 100, False: 40}  # of one that follows a slider, of a matrix of up to 32 rows, and of more
PANELS = (Panel(0, "", ("legend", "legend2")), Panel(2, "3"), Panel(1, "2"), Panel(3, "4"))
ARRANGEMENTS = {
    0: arrangement(PANELS, 1, width=PHONE, row=320, stacked=True),
    NARROW: arrangement(PANELS, 1, width=NARROW, row=300),
    2 * CELL: arrangement(PANELS, 2, width=2 * CELL, row=310),
}
SLIM = CELL - LEFT - RIGHT  # pixels of a panel, in which bars must not touch
FLOOR = 1e-3  # what has shrunk below this sets no axis

BEST_START, TYPICAL, RADIUS, BAND = "best start", "typical (rms)", "eigenvalues alone", "9 of 10 starts"
PEAK, HERE, SPREAD, BEST, RESPONSE = "peak", "this moment", "mean spread of a unit", "best input", "response"
ABOVE, BELOW = "moment above", "moment below"


class Growth(NamedTuple):
    """Curves over `times` (k, or t), and `rate`, the spectral radius or abscissa behind `radius`. rounding: a relative
    difference that is none.

    low and high: of 1000 random starts of length 1, 5 % are shorter than that, and 5 % longer. spread: the standard
    deviation of a unit over these starts, averaged over the units (paper, fig. 1b).
    """

    times: np.ndarray
    largest: np.ndarray
    typical: np.ndarray
    radius: np.ndarray
    low: np.ndarray
    high: np.ndarray
    spread: np.ndarray
    rate: float
    rounding: float

    @property
    def peak(self) -> tuple[float, float]:
        """The highest of `largest` that is finite, and when it is first reached."""
        finite = np.where(np.isfinite(self.largest), self.largest, 0)
        height = float(finite.max())
        return height, float(self.times[finite >= (1 - self.rounding) * height][0])

    @property
    def rise(self) -> Rise:
        """What `largest` does."""
        return rise_of(self.times, self.largest, self.rounding)


def growth_of(
    V: dynamics.Matrix,
    horizon: float,
    time: dynamics.Time = "discrete",
    exact: bool = True,
    given: float = 0.0,
    rate: float | None = None,
) -> Growth:
    """The curves for k = 0 … horizon, or 101 times t = 0 … horizon. exact False: fewer random starts and, for a wide V,
    estimates at 12 or 20 of the powers, in a tenth of the time. given: see `rounding`. rate: the spectral radius or
    abscissa where it is known."""
    step, length, count = _steps(V, horizon, time)
    small = len(form_of(step)) <= EXACT_SIZE
    steps, largest, typical = _curves(V, length, count, time) if exact or small else quick_growth(step, count)
    with np.errstate(all="ignore"):  # what has left float64 is not drawn
        cloud = dynamics.cloud_growth(step, count, count=STARTS if exact else FEW[small])
        low, high = np.quantile(cloud.norms, [0.05, 0.95], axis=1)[:, steps]
        spread = cloud.spread.mean(axis=1)[steps]
        rate = _rate(V, time) if rate is None else rate
        radius = rate**steps if time == "discrete" else np.exp(rate * length * steps)
    error = rounding(V, horizon, time, given)
    return Growth(length * steps, largest, typical, radius, low, high, spread, rate, error)


def _steps(V: dynamics.Matrix, horizon: float, time: dynamics.Time) -> tuple[dynamics.Matrix, float, int]:
    """What one step does to a state, how long it takes, and how many lead to the horizon."""
    if time == "discrete":
        return V, 1.0, round(horizon)
    return dynamics.propagator(V, horizon / POINTS), horizon / POINTS, POINTS


def _curves(
    V: dynamics.Matrix, length: float, count: int, time: dynamics.Time
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of steps, the largest and the typical growth after them."""
    steps = np.arange(count + 1)
    if time == "discrete":
        return steps, dynamics.transient_growth(V, count), dynamics.typical_growth(V, count)
    times = length * steps
    return steps, dynamics.exponential_growth(V, times), dynamics.typical_exponential_growth(V, times)


def _rate(V: dynamics.Matrix, time: dynamics.Time) -> float:
    return dynamics.spectral_radius(V) if time == "discrete" else dynamics.spectral_abscissa(V)


@drawn_once
def growth_figure() -> go.Figure:
    """Growth above the spread of a cloud; beside them the best input above its response. Filled by `growth_push`."""
    figure = go.Figure(layout=base_layout())
    for suffix in ("", "2", "3", "4"):
        figure.layout[f"xaxis{suffix}"] = {"anchor": f"y{suffix}", "mirror": True, "tick0": 0}
        figure.layout[f"yaxis{suffix}"] = {"anchor": f"x{suffix}", "mirror": True}
    log = {"type": "log", "exponentformat": "power", "minor": {"ticks": ""}}
    signed = {"range": [-1.1, 1.1], "zeroline": True, "zerolinecolor": GREY, "zerolinewidth": 1, "nticks": 5}
    figure.update_layout(
        xaxis={"title": ""}, xaxis2={"title": ""}, xaxis3={"title": "unit"}, xaxis4={"title": "unit"},
        yaxis={**log, "range": [-1, 1]},
        yaxis2={**log, "range": [-2, 0]}, yaxis3=signed, yaxis4={**signed, "exponentformat": "power"},
        legend=legend_row(), legend2=legend_row(), annotations=[title("", 0, 1) for _ in PANELS],
    )  # fmt: skip
    figure.add_traces(_traces())
    return arranged(figure, ARRANGEMENTS)


def _traces() -> list[go.Scatter]:
    def line(name: str, panel: int, color: str, dash: str = "solid", width: float = 2, **more: Any) -> go.Scatter:
        suffix = "" if panel == 1 else str(panel)
        return go.Scatter(
            x=[math.nan], y=[math.nan], name=name, mode="lines", line={"color": color, "dash": dash, "width": width},
            xaxis=f"x{suffix}", yaxis=f"y{suffix}", **{"showlegend": panel == 1, **more},
        )  # fmt: skip

    def mark(name: str, symbol: str, color: str) -> go.Scatter:
        marker = {"color": color, "size": 10, "symbol": symbol, "line": {"width": 2}}
        return go.Scatter(x=[0], y=[1], name=name, mode="markers", marker=marker, cliponaxis=False, showlegend=False)

    return [
        line(BAND, 1, CLOUD, width=STRIP, hoverinfo="skip", legend="legend2"),
        line(ABOVE, 1, ORANGE, width=1.5, hoverinfo="skip", showlegend=False),
        line(BELOW, 2, ORANGE, width=1.5, hoverinfo="skip"),
        line(RADIUS, 1, GREY, "dot", legend="legend2"),
        line(TYPICAL, 1, BLUE, "dash"),
        line(BEST_START, 1, VERMILION, width=3),
        mark(PEAK, "diamond-open", BLACK),
        mark(HERE, "circle", ORANGE),
        line(SPREAD, 2, GREEN),
        line(BEST, 3, PURPLE),
        line(RESPONSE, 4, VERMILION),
    ]


def growth_push(growth: Growth, time: dynamics.Time) -> Push:
    """What the figure shows of the curves."""
    height, when = growth.peak
    traces: dict[str, dict[str, Any]] = {
        BAND: band(growth.times, growth.low, growth.high),
        RADIUS: {"x": growth.times, "y": positive(growth.radius)},
        TYPICAL: {"x": growth.times, "y": positive(growth.typical)},
        BEST_START: {"x": growth.times, "y": positive(growth.largest)},
        PEAK: {"x": np.array([when]), "y": np.array([max(height, LOWEST)])},
        SPREAD: {"x": growth.times, "y": positive(growth.spread)},
    }
    end = "k, number of steps" if time == "discrete" else "time t"
    seen = np.concatenate([growth.largest, growth.typical, growth.radius, [0.4, 2.5]])
    layout = {
        "xaxis.range": [0, float(growth.times[-1])],
        "xaxis2.range": [0, float(growth.times[-1])],
        "xaxis.title.text": end,
        "xaxis2.title.text": end,
        **log_axis("yaxis", seen, 7, FLOOR),
        **log_axis("yaxis2", growth.spread, 3, FLOOR),
        "annotations[0].text": growth_title(growth.rise, time),
        "annotations[1].text": f"Spread of a unit, {STARTS} starts",
    }
    return traces, layout


def moment_push(best: dynamics.OptimalInput, moment: float, time: dynamics.Time) -> Push:
    """What the figure shows of one moment (k, or t): the input that grows most until then, and its response."""
    units, complex_ = np.arange(1, len(best.input) + 1), np.iscomplexobj(best.input)
    shown, response = (np.abs(x) if complex_ else x for x in (best.input, best.response))
    moduli = " |entries|" if complex_ else ""
    here, ends = np.array([moment, moment]), np.array([LOWEST, 1 / LOWEST])
    traces: dict[str, dict[str, Any]] = {
        ABOVE: {"x": here, "y": ends},
        BELOW: {"x": here, "y": ends},
        HERE: {"x": here[:1], "y": np.array([max(best.gain, LOWEST)])},
        BEST: bars(units, shown),
        RESPONSE: bars(units, response),
    }
    # round, so that the axis seldom changes
    reach = 1.1 * (nice_end(float(np.abs(best.response).max()), 0.0) or 1.0)
    across, apart = [0.5, len(units) + 0.5], math.ceil(nice_end(len(units) / 6, 1))  # units are counted
    layout: dict[str, Any] = {
        "xaxis3.range": across,
        "xaxis4.range": across,
        "xaxis3.dtick": apart,
        "xaxis4.dtick": apart,
        "yaxis4.range": [-reach, reach],
        "annotations[2].text": f"Best start{moduli} for {moment_text(moment, time)}, length 1",
        "annotations[3].text": f"Its response{moduli}, length {short(best.gain)}",
    }
    return traces, layout


def bars(x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Bars from 0 to y, as one line with gaps."""
    width = 0.75 * SLIM / len(x)
    return {**strokes(x, np.zeros(len(x)), y), "line.width": round(min(26.0, max(1.0, width)), 1)}


def growth_sentence(
    growth: Growth, for_all_time: str, best: dynamics.OptimalInput, moment: float, time: dynamics.Time
) -> str:
    """What the figure shows, in words. for_all_time: a sentence, whether what is said of the peak is so beyond it."""
    name, still = ("spectral radius", 1) if time == "discrete" else ("spectral abscissa", 0)
    decays = growth.rate < still - growth.rounding
    promise = "shrink" if decays else "keep its length" if growth.rate <= still + growth.rounding else "grow for ever"
    rate = short(still) if promise == "keep its length" else factor(growth.rate) if still else short(growth.rate)
    i = int(np.argmin(np.abs(growth.times - moment)))
    low, high = short(float(growth.low[i])), short(float(growth.high[i]))
    return (
        f"By the eigenvalues alone ({name} {rate}) a state would {promise}, "
        f"{_said_of_peak(growth, 'yet' if decays else 'and', time)}. {for_all_time} "
        f"At {moment_text(moment, time)} the best start is "
        f"{short(best.gain)} times as long as at first, and 9 of 10 random ones {low} to {high} times."
    )


def growth_title(rise: Rise, time: dynamics.Time) -> str:
    """A panel's title: what the curve does, in words that fit a narrow one."""
    when = moment_text(rise.when, time)
    says = {
        "falls": "never exceeds 1",
        "stays": "stays at 1",
        "peaks": f"peaks at {rise.text}, {when}",
        "rises": f"is {rise.text} at {when}, rising",
    }
    return f"‖{'Vᵏ' if time == 'discrete' else 'e^(tA)'}‖ {says[rise.kind]}"


def _said_of_peak(growth: Growth, link: str, time: dynamics.Time) -> str:
    largest, typical = growth.rise, rise_of(growth.times, growth.typical, growth.rounding)
    if largest.kind == "stays":
        return "and so does every start: the longest stays at 1"
    if largest.kind == "falls":
        return "and no start grows"
    still = "still grows at the end, " if largest.kind == "rises" else "grows "
    says = f"{link} the best start {still}{largest.text}-fold by {moment_text(largest.when, time)}, a typical one "
    if typical.kind not in ("peaks", "rises"):
        return says + "not at all"
    by = "" if typical.when == largest.when else f" by {moment_text(typical.when, time)}"
    return f"{says}{typical.text}-fold{by}"
