"""Fisher memory of three linear networks: J(k) over k, its total, and how far the noise drives each unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from nnrnn_core import dynamics

from .axes import decades, nice_end, positive
from .layout import CELL, NARROW, PHONE, Panel, arranged, arrangement, legend_row
from .numbers import total
from .style import BLACK, BLUE, GREEN, GREY, VERMILION, base_layout, drawn_once, title
from .training import Push

PANELS = (Panel(0, "", ("legend", "legend2")), Panel(2, "3", ("legend3", "legend4")), Panel(1, "2"))
LOWEST = -4.0  # J(k) is drawn down to 10 to this power

ORTHOGONAL, DELAY_LINE, THIRD = "orthogonal", "delay line", "third network"
NAMES = (ORTHOGONAL, DELAY_LINE, THIRD)
BELOW_BARS = "xaxis3.ticktext"  # the three names stand side by side; on a phone there is room for a word of each
ARRANGEMENTS = {
    0: arrangement(PANELS, 1, width=PHONE, row=340, stacked=True) | {BELOW_BARS: ["orth.", "delay", "third"]},
    NARROW: arrangement(PANELS, 1, width=NARROW, row=320) | {BELOW_BARS: list(NAMES)},
    2 * CELL: arrangement(PANELS, 2, width=2 * CELL, row=340) | {BELOW_BARS: list(NAMES)},
    3 * CELL: arrangement(PANELS, 3, width=3 * CELL, row=360) | {BELOW_BARS: list(NAMES)},
}
COLOURS = {ORTHOGONAL: BLUE, DELAY_LINE: GREEN, THIRD: VERMILION}
DASHES = {ORTHOGONAL: "dashdot", DELAY_LINE: "dash", THIRD: "solid"}
NORMAL_CAP, CAP = "cap of normal networks: 1", "cap of any network: N"


class Memory(NamedTuple):
    """curve: J(k), k = 0, 1, …; NaN where float64 does not determine it. activity: √C_ii of each unit i."""

    curve: np.ndarray
    activity: np.ndarray

    @property
    def total(self) -> float:
        return float(self.curve.sum())


def memory_of(V: dynamics.Matrix, source: np.ndarray, horizon: int, duration: int = 0) -> Memory:
    """J(k), k = 0 … horizon (at most duration − 1), and the activity; duration 0: noise for ever, ρ(V) < 1."""
    last = min(horizon, duration - 1) if duration else horizon
    try:
        curve = dynamics.fisher_memory(V, source, last, duration or None)
    except ValueError:  # V amplifies too much for float64; the caller excludes ρ ≥ 1
        curve = np.full(last + 1, math.nan)
    try:
        activity = dynamics.activity(V, duration or None)
    except ValueError:  # ρ computed from a scaled T's dense entries may pass 1 by rounding
        activity = np.full(len(source), math.nan)
    return Memory(curve, activity)


@drawn_once
def memory_figure() -> go.Figure:
    """J(k) above the units' activity; beside them the totals. Filled by `memory_push`."""
    figure = go.Figure(layout=base_layout())
    for suffix in ("", "2", "3"):
        figure.layout[f"xaxis{suffix}"] = {"anchor": f"y{suffix}", "mirror": True}
        figure.layout[f"yaxis{suffix}"] = {"anchor": f"x{suffix}", "mirror": True}
    figure.update_layout(
        xaxis={"title": {"text": "k, steps since the input", "standoff": 4}},
        yaxis={"type": "log", "range": [LOWEST, 0.15], "dtick": 1, "exponentformat": "power"},
        xaxis2={"title": {"text": "unit", "standoff": 4}},
        yaxis2={"type": "log", "range": [-0.5, 2], "nticks": 4, "exponentformat": "power"},
        xaxis3={"range": [-0.55, 2.55], "tickvals": [0, 1, 2], "tickfont": {"size": 14},
                "ticks": "", "tickangle": 0},
        yaxis3={"range": [0, 70]},
        annotations=[
            title("J(k) of the input k steps ago", 0, 1),
            title("The price: noise (rms) in a unit", 0, 1),
            title("Total memory", 0, 1),
            *(_below(i) for i in range(3)),
        ],
        **{name: legend_row() for panel in PANELS for name in panel.legends},
    )  # fmt: skip
    for trace in _traces():
        figure.add_trace(trace)
    return arranged(figure, ARRANGEMENTS)


def _below(place: int) -> dict[str, Any]:
    """A total, below the name of its bar."""
    return {
        "text": "", "x": place, "xref": "x3", "xanchor": "left", "xshift": -20, "y": 0, "yref": "y3 domain",
        "yanchor": "top", "yshift": -22, "showarrow": False,
    }  # fmt: skip


def _traces() -> list[go.Scatter]:
    def line(name: str, number: int, colour: str, dash: str, width: float, **more: Any) -> go.Scatter:
        suffix = "" if number == 1 else str(number)
        points: dict[str, Any] = {"x": [math.nan], "y": [math.nan], "showlegend": False, **more}
        style = {"color": colour, "dash": dash, "width": width}
        return go.Scatter(**points, name=name, mode="lines", line=style, xaxis=f"x{suffix}", yaxis=f"y{suffix}")

    order = (THIRD, ORTHOGONAL, DELAY_LINE)  # what is thin and dashed lies on top
    widths = {THIRD: 3.0, ORTHOGONAL: 2.0, DELAY_LINE: 2.0}
    traces = [line(name, 1, COLOURS[name], DASHES[name], widths[name], showlegend=True, legendrank=NAMES.index(name),
                   legend="legend2" if name == THIRD else "legend") for name in order]  # fmt: skip
    traces += [line(_spread(name), 2, COLOURS[name], DASHES[name], widths[name]) for name in order]
    across = {"x": [-0.55, 2.55], "y": [1, 1], "hoverinfo": "skip", "showlegend": True}
    for place, name in enumerate(NAMES):
        traces += [line(_bar(name), 3, COLOURS[name], "solid", 44, x=[place, place], y=[0, 0], hoverinfo="y")]
    caps = [
        line(NORMAL_CAP, 3, BLACK, "dot", 1.5, legend="legend3", **across),
        line(CAP, 3, GREY, "dash", 1.5, legend="legend4", **across),
    ]
    return [*traces, *caps]


def _spread(name: str) -> str:
    return f"{name}: activity"


def _bar(name: str) -> str:
    return f"{name}: total"


def memory_push(memories: Sequence[Memory]) -> Push:
    """What the figure shows: the memories of the scaled orthogonal network, the delay line and the third network."""
    n, k = len(memories[0].activity), np.arange(len(memories[0].curve))
    units = np.arange(1, n + 1)
    traces: dict[str, dict[str, Any]] = {CAP: {"y": np.array([n, n])}}
    for place, (name, memory) in enumerate(zip(NAMES, memories, strict=True)):
        traces[name] = {"x": k, "y": positive(memory.curve)}
        traces[_spread(name)] = {"x": units, "y": positive(memory.activity)}
        traces[_bar(name)] = {"x": np.array([place, place]), "y": np.array([0.0, memory.total])}
    layout: dict[str, Any] = {
        "xaxis.range": [0, _end([memory.curve for memory in memories])],
        "xaxis2.range": [0.5, n + 0.5],
        "yaxis2.range": decades([memory.activity for memory in memories] + [[0.5, 20]], 1, span=40),
        "yaxis3.range": [0, 1.12 * n],
        "annotations[2].text": f"Total memory, k up to {k[-1]}",
    }
    for place, memory in enumerate(memories):
        layout[f"annotations[{3 + place}].text"] = total(memory.total)
    return traces, layout


def _end(curves: Sequence[np.ndarray]) -> float:
    """Where all curves have left the panel, as a round number that seldom changes."""
    seen = [np.flatnonzero(curve > 10**LOWEST) for curve in curves]
    last = max(int(where[-1]) if len(where) else 0 for where in seen)
    return min(nice_end(last + 1, 20), max(len(curves[0]) - 1, 1))
