"""Gradients through time: how far the products of Jacobians stretch, forward and backward, with T and without it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from .axes import log_axis, nice_end, positive
from .band import CLOUD, LOWEST, STRIP, band
from .layout import CELL, NARROW, PHONE, Panel, arranged, arrangement, legend_row
from .numbers import short
from .style import BLUE, GREEN, GREY, ORANGE, VERMILION, base_layout, drawn_once, title
from .training import Push

PANELS = (
    Panel(0, "", ("legend", "legend2")),
    Panel(1, "2", ("legend3",)),
    Panel(2, "3", ("legend4",)),
    Panel(3, "4", ("legend5", "legend6")),
)
ARRANGEMENTS = {
    0: arrangement(PANELS, 1, width=PHONE, row=350, stacked=True),
    NARROW: arrangement(PANELS, 1, width=NARROW, row=310),
    2 * CELL: arrangement(PANELS, 2, width=2 * CELL, row=320),
}
FLOOR, LOW = 1e-6, 1e-3  # what has shrunk below this sets no axis; as a smallest singular value
BINS = 25  # of the histogram; odd, so that no edge lies on the middle of the axis

LARGEST, RMS, NORMAL, RADIUS, BAND = "with T, largest", "with T, rms", "T = 0, largest", "eigenvalues alone", "all σ"
BAND_BACK = "from smallest to largest σ"
HISTOGRAM, NORMAL_HISTOGRAM = "with T", "T = 0"
FINITE, NORMAL_FINITE, LONG, RATES = "with T, finite time", "T = 0, finite time", "with T, long run", "log |λ|"
BACK = ", backward"  # ends the names of the lines in the second panel
DETAILS = (RMS, RMS + BACK, NORMAL_HISTOGRAM, NORMAL_FINITE, RATES, LONG)  # what is drawn only where it is asked for
ALONE = (HISTOGRAM, FINITE)  # need no legend without these


class Stretch(NamedTuple):
    """log σ_i of a network's products of k Jacobians, a row for each k in `steps`, the largest first.

    forward: of J_k ⋯ J_1. backward: of the last k, J_T ⋯ J_(T−k+1), through which a gradient has come to h_(T−k).
    """

    steps: np.ndarray
    forward: np.ndarray
    backward: np.ndarray

    @property
    def length(self) -> int:
        """T, the number of steps in all."""
        return int(self.steps[-1])

    @property
    def finite(self) -> np.ndarray:
        """The Lyapunov exponents over these steps."""
        return np.asarray(self.forward[-1] / self.length)

    @property
    def peak(self) -> tuple[float, int]:
        """How long a gradient of length 1 is at most on its way back, and after how many steps that is first so."""
        worst = largest(self.backward)
        first = int(np.flatnonzero(worst >= (1 - 1e-9) * worst.max())[0])
        return float(worst[first]), int(self.steps[first])


def largest(logs: np.ndarray) -> np.ndarray:
    """The largest singular value of each product."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(logs[:, 0]))


def smallest(logs: np.ndarray) -> np.ndarray:
    """The smallest singular value of each product."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(logs[:, -1]))


def rms(logs: np.ndarray) -> np.ndarray:
    """‖product‖_F / √n: what becomes of length 1 in the root mean square over all directions."""
    top = np.where(np.isfinite(logs[:, :1]), logs[:, :1], 0.0)
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(top[:, 0]) * np.sqrt((np.exp(logs - top) ** 2).mean(axis=1)))


def alone(rate: float, steps: np.ndarray) -> np.ndarray:
    """What the spectral radius alone would make of length 1."""
    with np.errstate(over="ignore"):
        return np.asarray(np.float64(rate) ** steps)


@drawn_once
def gradient_figure() -> go.Figure:
    """Forward beside backward, over the histogram of singular values beside the exponents. See `gradient_push`."""
    figure = go.Figure(layout=base_layout())
    for panel in PANELS:
        figure.layout[f"xaxis{panel.axes}"] = {"anchor": f"y{panel.axes}", "mirror": True}
        figure.layout[f"yaxis{panel.axes}"] = {"anchor": f"x{panel.axes}", "mirror": True}
        for legend in panel.legends:
            figure.layout[legend] = legend_row()
    log = {"type": "log", "exponentformat": "power", "minor": {"ticks": ""}}
    figure.update_layout(
        xaxis={"title": "k, steps forward", "tick0": 0}, xaxis2={"title": "t, time of the state", "tick0": 0},
        xaxis3={"title": "log₁₀ σ"}, xaxis4={"title": "i, the largest first"},
        yaxis={**log, "range": [-1, 1]}, yaxis2={**log, "range": [-1, 1]},
        yaxis3={"range": [0, 10], "nticks": 6}, yaxis4={"nticks": 6, "range": [-1, 0]},
        annotations=[title("", 0, 1) for _ in PANELS],
    )  # fmt: skip
    figure.add_traces(_traces())
    return arranged(figure, ARRANGEMENTS)


def _traces() -> list[go.Scatter]:
    def line(name: str, panel: int, color: str, dash: str, width: float, legend: str = "", **more: Any) -> go.Scatter:
        suffix = "" if panel == 1 else str(panel)
        style = {"color": color, "dash": dash, "width": width}
        return go.Scatter(
            x=[math.nan], y=[math.nan], name=name, mode="lines", line=style, xaxis=f"x{suffix}", yaxis=f"y{suffix}",
            showlegend=bool(legend), **({"legend": legend} if legend else {}), **more,
        )  # fmt: skip

    def dots(name: str, symbol: str, color: str, legend: str, **more: Any) -> go.Scatter:
        marker = {"color": color, "size": 7, "symbol": symbol, "line": {"width": 1.5}}
        return go.Scatter(x=[math.nan], y=[math.nan], name=name, mode="markers", marker=marker, xaxis="x4", yaxis="y4",
                          legend=legend, **more)  # fmt: skip

    def profile(panel: int, ending: str) -> list[go.Scatter]:
        here = panel == 1
        return [
            line(
                BAND if here else BAND_BACK, panel, CLOUD, "solid", STRIP, "" if here else "legend3", hoverinfo="skip"
            ),
            line(RADIUS + ending, panel, GREY, "dot", 2, "legend2" if here else ""),
            line(RMS + ending, panel, BLUE, "dash", 2, "legend2" if here else "", visible=False),
            line(LARGEST + ending, panel, VERMILION, "solid", 3, "legend" if here else "", legendrank=1),
            line(NORMAL + ending, panel, GREEN, "dashdot", 2, "legend" if here else "", legendrank=2),
        ]

    return [
        *profile(1, ""),
        *profile(2, BACK),
        line(NORMAL_HISTOGRAM, 3, GREEN, "dashdot", 2, "legend4", hoverinfo="skip", visible=False),
        line(HISTOGRAM, 3, VERMILION, "solid", 2.5, "legend4", hoverinfo="skip", legendrank=1),
        line(RATES, 4, GREY, "dot", 2, "legend6", visible=False),
        dots(NORMAL_FINITE, "triangle-up-open", GREEN, "legend5", visible=False),
        dots(LONG, "diamond-open", ORANGE, "legend6", visible=False),
        dots(FINITE, "circle", VERMILION, "legend5", legendrank=1),
    ]


def gradient_push(shown: Stretch, normal: Stretch, rate: float, details: bool) -> Push:
    """What the figure shows of the network, of the same without T, and of ρ, its spectral radius. details: see
    `shown_push`."""
    steps, length = shown.steps, shown.length
    back = length - steps[::-1]  # the times t, increasing
    by_rate = alone(rate, steps)
    traces: dict[str, dict[str, Any]] = {}
    for ending, x, turned in (("", steps, slice(None)), (BACK, back, slice(None, None, -1))):
        logs, without = (part.backward if ending else part.forward for part in (shown, normal))
        traces |= {
            (BAND_BACK if ending else BAND): band(x, smallest(logs)[turned], largest(logs)[turned]),
            RADIUS + ending: {"x": x, "y": positive(by_rate[turned])},
            RMS + ending: {"x": x, "y": positive(rms(logs)[turned])},
            LARGEST + ending: {"x": x, "y": positive(largest(logs)[turned])},
            NORMAL + ending: {"x": x, "y": positive(largest(without)[turned])},
        }
    seen = [largest(logs) for part in (shown, normal) for logs in (part.forward, part.backward)]
    seen += [by_rate, rms(shown.forward), rms(shown.backward), np.maximum(smallest(shown.forward), LOW)]
    values = np.clip(np.concatenate([*seen, [0.4, 2.5]]), 0, 1 / LOWEST)
    histogram, layout = histogram_push(shown.forward[-1], normal.forward[-1], details)
    layout |= {
        "xaxis.range": [0, length],
        "xaxis2.range": [0, length],
        **log_axis("yaxis", values, 7, FLOOR),
        **log_axis("yaxis2", values, 7, FLOOR),
        "annotations[0].text": "Forward ‖∂h<sub>k</sub>/∂h<sub>0</sub>‖",
        "annotations[1].text": f"Backward ‖∂L/∂h<sub>t</sub>‖, loss at {length}",
    }
    return traces | histogram, layout


def histogram_push(logs: np.ndarray, normal: np.ndarray, details: bool) -> Push:
    """Two histograms of log₁₀ σ, as outlines over the same bins; both are in sight with the details."""
    both = [np.round(values[np.isfinite(values)] / math.log(10), 9) for values in (logs, normal)]
    low, high = _around(np.concatenate([*both, [0.0]]), least=1.0, room=0.05)
    edges = np.linspace(low, high, BINS + 1)
    traces, most = {}, 1
    for name, values in zip((HISTOGRAM, NORMAL_HISTOGRAM), both, strict=True):
        counts = np.histogram(values, edges)[0]
        most = max(most, int(counts.max())) if details or name == HISTOGRAM else most
        traces[name] = {"x": np.repeat(edges, 2), "y": np.concatenate([[0], np.repeat(counts, 2), [0]]).astype(float)}
    zero = len(logs) - len(both[0])
    layout = {
        "xaxis3.range": [low, high],
        "yaxis3.range": [0, 1.08 * most],
        "annotations[2].text": "Histogram of all σ" + (f", {zero} lost" if zero else ""),
    }
    return traces, layout


def exponents_push(shown: Stretch, normal: Stretch, rates: np.ndarray, long: np.ndarray | None) -> Push:
    """Exponents of every direction: over the steps shown, in the long run (None: not worked out yet), and log |λ|."""
    numbers = np.arange(1, len(rates) + 1)
    curves = {FINITE: shown.finite, NORMAL_FINITE: normal.finite, RATES: rates}
    curves |= {} if long is None else {LONG: long}
    traces = {name: {"x": numbers, "y": np.where(np.isfinite(curve), curve, np.nan)} for name, curve in curves.items()}
    finite = np.concatenate([curve[np.isfinite(curve)] for curve in curves.values()] + [[0.0]])
    layout: dict[str, Any] = {
        "xaxis4.range": [0.5, len(rates) + 0.5],
        "xaxis4.dtick": math.ceil(nice_end(len(rates) / 6, 1)),
        "yaxis4.range": _around(finite, least=0.1, room=0.2),
        "annotations[3].text": "Exponents, per step",
    }
    return traces, layout


def shown_push(details: bool) -> dict[str, dict[str, bool]]:
    """What is in sight: all curves, or those that tell what T does, the others being hidden."""
    return {name: {"visible": details} for name in DETAILS} | {name: {"showlegend": details} for name in ALONE}


def _around(values: np.ndarray, least: float, room: float) -> list[float]:
    """A range of round ends around all values, which seldom changes. room: beyond them, in parts of a round step."""
    low, high = float(values.min()), float(values.max())
    unit = 10.0 ** math.floor(math.log10(max(high - low, least))) / 2
    return [math.floor(low / unit - room) * unit, math.ceil(high / unit + room) * unit]


def gradient_sentence(shown: Stretch, normal: Stretch, rate: float, name: str, scale: float, details: bool) -> str:
    """What the figure shows, in words. details: see `shown_push`."""
    length = shown.length
    end, without, by_rate = largest(shown.backward)[-1], largest(normal.backward)[-1], alone(rate, shown.steps)[-1]
    height, back = shown.peak
    on_the_way = f", and {short(height)} at t = {length - back}, {_steps(back)} back" if 0 < back < length else ""
    part = "T" if scale == 1 else f"{short(scale)} T"
    mean = short(float(rms(shown.backward)[-1]))
    typical = f" (in the root mean square over all directions {mean})" if details else ""
    both = f"With T = 0 the factor is at most {short(without)}; with {part}" if scale else "With T = 0, as here,"
    return (
        f"By the eigenvalues alone (spectral radius {short(rate)}) a gradient would be multiplied by {short(by_rate)} "
        f"on its way back through {_steps(length)} of the {name} network. {both} it is up to {short(float(end))}"
        f"{typical}{on_the_way}."
    )


def _steps(count: int) -> str:
    return f"{count} step{'' if count == 1 else 's'}"


def exponents_sentence(shown: Stretch, long: np.ndarray | None) -> str:
    """The largest exponent, in words, and that of the long run, if it is shown."""
    says = f"The largest exponent is {_exponent(float(shown.finite[0]))} a step over these {_steps(shown.length)}"
    return says + (f", and {_exponent(float(long[0]))} in the long run." if long is not None else ".")


def _exponent(value: float) -> str:
    return short(round(value, 12)) if math.isfinite(value) else "−∞"
