"""What belongs to a race beside its curves: the budget of tuning, the pairs over seeds, the processor time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnrnn_core.experiments import Race

from .axes import around, nice_end
from .layout import NARROW, PHONE, Panel, arranged, arrangement, legend_row
from .race_view import COLOURS, DASHES, LEAST, NAMES, NETWORKS, THIN, WIDE
from .style import BLACK, GREY, base_layout, drawn_once, title
from .training import Push

Scores = Mapping[str, Mapping[str, float | None]]  # by network and rate
TUNING, PAIRS, TIME = range(3)
PANELS = (Panel(TUNING, ""), Panel(PAIRS, "2", left=NAMES), Panel(TIME, "3", left=NAMES))
ROW = 300
LAYOUTS = {
    0: arrangement(PANELS, 1, width=PHONE, row=ROW, key=110),
    NARROW: arrangement(PANELS, 1, width=NARROW, row=ROW, key=70),
    800: arrangement(PANELS, 3, width=800, row=ROW, key=48),
    1000: arrangement(PANELS, 3, width=1000, row=ROW, key=26),
}
CHOSEN, ZERO, MEAN_OF_PAIRS = "rates chosen", "no difference", "mean difference"


@drawn_once
def details_figure() -> go.Figure:
    """The three panels, empty: `details_push` fills them."""
    key = {**legend_row(), "itemwidth": 45}  # two of the longest dashes
    figure = go.Figure(layout=base_layout(ROW, showlegend=True, legend=key))
    for panel in PANELS:
        figure.layout[f"xaxis{panel.axes}"] = {"anchor": f"y{panel.axes}", "mirror": True, "nticks": 5}
        figure.layout[f"yaxis{panel.axes}"] = {"anchor": f"x{panel.axes}", "mirror": True, "nticks": 6}
    figure.update_layout(annotations=[title("", 0, 1) for _ in PANELS])
    figure.update_layout(
        xaxis={"type": "log", "title": "learning rate", "minor": {"ticks": ""}},
        xaxis2_title="in favour of the network looked at",
        xaxis3_title="seconds",
    )
    nothing = {"x": [math.nan], "y": [math.nan], "showlegend": False}
    for network in NETWORKS:  # their names are those of the key, which says what a dash and a colour mean
        line = {"color": COLOURS[network], "dash": DASHES[network], "width": THIN}
        figure.add_scatter(**nothing, name=network, mode="lines", line=line)
    figure.add_scatter(**nothing, name=CHOSEN, mode="markers", marker=_marker(BLACK, "diamond", 10))
    line = {"color": GREY, "dash": "dot", "width": 1.5}
    figure.add_scatter(**nothing, name=ZERO, mode="lines", line=line, xaxis="x2", yaxis="y2")
    for suffix, what in (("2", "pairs"), ("3", "time")):
        for network in NETWORKS:
            marker = _marker(COLOURS[network], "circle-open", 8)
            axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
            figure.add_scatter(**nothing, name=f"{network}: {what}", mode="markers", marker=marker, **axes)
    marker = _marker(BLACK, "line-ns-open", 16)
    figure.add_scatter(**nothing, name=MEAN_OF_PAIRS, mode="markers", marker=marker, xaxis="x2", yaxis="y2")
    return arranged(figure, LAYOUTS)


def _marker(colour: str, symbol: str, size: float) -> dict[str, Any]:
    return {"color": colour, "symbol": symbol, "size": size, "line": {"width": 2}}


def details_push(race: Race, network: str, tuning: Scores, chosen: Mapping[str, float | None]) -> Push:
    """What the figure shows. tuning: validation scores of the grid; chosen: the rate that each network runs at."""
    traces: dict[Any, dict[str, Any]] = {}
    layout: dict[str, Any] = {}
    for push in (_tuning(race, network, tuning, chosen), _pairs(race, network), _time(race)):
        traces |= push[0]
        layout |= push[1]
    return traces, layout


def _tuning(race: Race, network: str, tuning: Scores, chosen: Mapping[str, float | None]) -> Push:
    traces: dict[Any, dict[str, Any]] = {}
    for name in NETWORKS:
        rates = {float(rate): np.nan if score is None else score for rate, score in tuning.get(name, {}).items()}
        x, y = np.array(list(rates) or [math.nan]), np.array(list(rates.values()) or [math.nan], float)
        width = WIDE if name == network else THIN
        traces[name] = {"x": x, "y": y, "line.width": width, "showlegend": bool(rates)}
    best = {name: rate for name, rate in chosen.items() if rate is not None}
    traces[CHOSEN] = {
        "x": np.array(list(best.values()) or [np.nan]),
        "y": np.array([tuning[name].get(f"{rate:g}") for name, rate in best.items()] or [np.nan], float),
        "marker.color": [COLOURS[name] for name in best] or [BLACK],
    }
    seen = np.concatenate([np.ravel(trace["y"]) for trace in traces.values()])
    if not np.isfinite(seen).any():
        empty = {"xaxis.range": [-4, -1.5], "xaxis.tickvals": [], "xaxis.ticktext": [], "yaxis.range": [0, 1.1]}
        return traces, {"annotations[0].text": "Tuning: not run", **empty}
    higher = race.higher_is_better if race.runs else True
    span = around(np.maximum(seen[np.isfinite(seen)], LEAST) if higher else seen[np.isfinite(seen)])
    rates_tried = np.unique([rate for trace in traces.values() for rate in trace["x"] if np.isfinite(rate)])
    ends = np.log10(rates_tried)
    return traces, {
        "annotations[0].text": "Tuning: ◆ the rate chosen",
        "xaxis.tickvals": rates_tried.tolist(),
        "xaxis.ticktext": [f"{rate:g}" for rate in rates_tried],
        "xaxis.range": [float(ends.min()) - 0.15, float(ends.max()) + 0.15],
        "yaxis.range": span,
    }


def _pairs(race: Race, network: str) -> Push:
    order = [name for name in race.ranking() if name != network and race.pair(network, name).seeds]
    height = {name: len(order) - place for place, name in enumerate(order)}
    gone = {"x": np.array([math.nan]), "y": np.array([math.nan])}
    traces: dict[Any, dict[str, Any]] = {f"{name}: pairs": gone for name in NETWORKS}
    traces |= {ZERO: {"x": np.zeros(2), "y": np.array([0.4, max(len(order), 1) + 0.6])}, MEAN_OF_PAIRS: gone}
    found = {name: race.pair(network, name) for name in order}
    for name, pair in found.items():
        traces[f"{name}: pairs"] = {"x": pair.advantage, "y": np.full(len(pair.seeds), float(height[name]))}
    if found:
        means = np.array([pair.mean for pair in found.values()])
        traces[MEAN_OF_PAIRS] = {"x": means, "y": np.array([float(height[name]) for name in found])}
    seen = np.concatenate([[0.0], *(pair.advantage for pair in found.values())])
    return traces, {
        "annotations[1].text": f"{network} against each, by seed",
        "xaxis2.title.text": f"in favour of {network}",
        "xaxis2.range": around(seen) if found else [-1, 1],
        **_names("yaxis2", height),
    }


def _time(race: Race) -> Push:
    seconds = {name: np.array(list(race.seconds(name).values())) for name in race.runs}
    order = sorted((name for name in seconds if len(seconds[name])), key=lambda name: float(seconds[name].mean()))
    height = {name: len(order) - place for place, name in enumerate(order)}
    gone = {"x": np.array([math.nan]), "y": np.array([math.nan])}
    traces: dict[Any, dict[str, Any]] = {f"{name}: time": gone for name in NETWORKS}
    for name in order:
        traces[f"{name}: time"] = {"x": seconds[name], "y": np.full(len(seconds[name]), float(height[name]))}
    most = max((float(seconds[name].max()) for name in order), default=1.0)
    return traces, {
        "annotations[2].text": "Processor time of a run",
        "xaxis3.range": [0, nice_end(1.05 * most, 1.0)],
        **_names("yaxis3", height),
    }


def _names(axis: str, height: Mapping[str, int]) -> dict[str, Any]:
    return {
        f"{axis}.range": [0.4, max(len(height), 1) + 0.6],
        f"{axis}.tickvals": list(height.values()),
        f"{axis}.ticktext": list(height),
    }
