"""A trained network looked through: first what no order of its modes changes, then T, then what an ablation does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from nnrnn_core import dynamics

from .axes import decades, nice_end, positive
from .band import CLOUD, STRIP, band
from .growth import bars
from .layout import CELL, NARROW, PHONE, Panel, arranged, arrangement, legend_row
from .schur import colour_scale, colours_push, with_colour_bars
from .schur_form import BOXES, beyond_words, block_frames, boxes, colour_end, form_maps, heat_map
from .style import BLACK, BLUE, FEED_FORWARD, GREY, ORANGE, ROTATIONS, VERMILION, base_layout, drawn_once, title
from .training import Push
from .xray_losses import BASELINE, HERE, MIDDLE, RANGE, WAY

HORIZON = 100  # steps over which growth and memory are drawn
ANGLES = 18  # bars of the histogram of |θ| over [0, π]
LOWEST = 1e-4  # the smallest growth that is drawn
PANELS = (
    Panel(0, "", ("legend", "legend2")),
    Panel(1, "2"),
    Panel(2, "3"),
    Panel(3, "4", ("legend3", "legend4")),
    Panel(4, "5", ("legend5",)),
    Panel(5, "6", ("legend7", "legend8")),
)
_GRIDS = {
    0: arrangement(PANELS, 1, width=PHONE, row=350, stacked=True),
    NARROW: arrangement(PANELS, 1, width=NARROW, row=330),
    2 * CELL: arrangement(PANELS, 2, width=2 * CELL, row=330),
    3 * CELL: arrangement(PANELS, 3, width=3 * CELL, row=330),
}
ARRANGEMENTS = with_colour_bars(_GRIDS, {"coloraxis": PANELS[3], "coloraxis2": PANELS[3]})

BEFORE, AFTER, NOW = "before training", "after training", "with what the slider takes"
LINES = {BEFORE: (GREY, "dash", 2.0), AFTER: (VERMILION, "solid", 3.0), NOW: (BLUE, "dot", 2.0)}
BLOCKS, FEED = "Λ", "T"
SCALES = ("colours of T", "colours of Λ")
ENERGY, SHUFFLED = "T", "entries shuffled, 95 %"


class Curves(NamedTuple):
    """Of one matrix: ‖V^k‖₂ over its k, J(k) (empty where it waits), how many |θ| fall into each bin (empty: not
    drawn)."""

    steps: np.ndarray
    growth: np.ndarray
    memory: np.ndarray
    angles: np.ndarray


def angles_of(eigenvalues: np.ndarray) -> np.ndarray:
    """How many eigenvalues have their |angle| in each of `ANGLES` bins over [0, π]."""
    return np.histogram(np.abs(np.angle(eigenvalues)), ANGLES, (0, math.pi))[0]


@drawn_once
def xray_figure() -> go.Figure:
    """Growth, memory and angles; below them the Schur form, its energy by diagonal, the ablation. Filled by pushes."""
    figure = go.Figure(layout=base_layout())
    for suffix in ("", "2", "3", "4", "5", "6"):
        figure.layout[f"xaxis{suffix}"] = {"anchor": f"y{suffix}", "mirror": True}
        figure.layout[f"yaxis{suffix}"] = {"anchor": f"x{suffix}", "mirror": True}
    log = {"type": "log", "exponentformat": "power", "minor": {"ticks": ""}}
    square = {"constrain": "domain", "showgrid": False, "ticks": "", "showline": False, "mirror": False, "tick0": 0}
    steps = {"title": {"text": "k, number of steps"}, "range": [0, HORIZON]}
    figure.update_layout(
        xaxis=steps, xaxis2=steps, yaxis={**log, "range": [-1, 1]}, yaxis2={**log, "range": [-4, 0.5], "dtick": 1},
        xaxis3={"title": {"text": "|θ| of eigenvalues, in degrees"}, "range": [0, 188], "dtick": 45},
        yaxis3={"range": [0, 10]},
        xaxis4={**square, "constraintoward": "left"},
        yaxis4={**square, "scaleanchor": "x4", "constraintoward": "top"},
        xaxis5={"title": {"text": "i − j, below the main diagonal"}}, yaxis5={"range": [0, 1], "ticksuffix": " %"},
        xaxis6={"title": {"text": "share of ‖T‖² that is taken away"}, "range": [-0.02, 1.06], "tickformat": ".0%"},
        yaxis6={**log, "range": [-1, 1]},
        coloraxis=colour_scale(FEED_FORWARD), coloraxis2=colour_scale(ROTATIONS),
        annotations=[title("", 0, 1) for _ in PANELS],
        **{f"legend{suffix}": legend_row() for suffix in ("", "2", "5", "7", "8")},
    )  # fmt: skip
    figure.add_traces(_traces())
    return arranged(figure, ARRANGEMENTS)


def _traces() -> list[Any]:
    def line(name: str, number: int, colour: str, dash: str, width: float, **more: Any) -> go.Scatter:
        axes = "" if number == 1 else str(number)
        style = {"color": colour, "dash": dash, "width": width}
        nothing: dict[str, Any] = {"x": [math.nan], "y": [math.nan], "showlegend": False, "mode": "lines", **more}
        return go.Scatter(name=name, line=style, xaxis=f"x{axes}", yaxis=f"y{axes}", **nothing)

    traces: list[Any] = [
        line(of(name, number), number, *LINES[name], showlegend=number == 1,
             legend="legend2" if name == NOW else "legend")
        for number in (1, 2, 3) for name in (AFTER, BEFORE, NOW)
    ]  # fmt: skip
    hover = "row %{y}, column %{x}: %{z:,.4~r}<extra></extra>"
    for name, colours in ((BLOCKS, ROTATIONS), (FEED, FEED_FORWARD)):
        traces.append(heat_map(name, colours, showscale=False, xaxis="x4", yaxis="y4", hovertemplate=hover))
    traces.append(block_frames(xaxis="x4", yaxis="y4"))
    nowhere = {"x": [math.nan], "y": [math.nan], "showlegend": False, "hoverinfo": "skip", "mode": "markers"}
    for name, axis in zip(SCALES, ("coloraxis", "coloraxis2"), strict=True):
        traces.append(
            go.Scatter(name=name, marker={"color": [0], "coloraxis": axis}, xaxis="x4", yaxis="y4", **nowhere)
        )
    shown = {"showlegend": True}
    traces += [
        line(f"{ENERGY}: energy", 5, VERMILION, "solid", 3),  # the panel's title names it
        line(SHUFFLED, 5, CLOUD, "solid", STRIP, hoverinfo="skip", legend="legend5", **shown),
        line(f"{SHUFFLED}: mean", 5, BLACK, "dot", 1.5),
        line(RANGE, 6, CLOUD, "solid", STRIP, hoverinfo="skip", legend="legend8", **shown),
        line(BASELINE, 6, GREY, "dot", 1.5, hoverinfo="skip"),
        line(MIDDLE, 6, BLUE, "dash", 2),
        line(WAY, 6, VERMILION, "solid", 3, legend="legend7", **shown),
        line(HERE, 6, ORANGE, "solid", 2, mode="markers", cliponaxis=False,
             marker={"size": 11, "color": ORANGE, "line": {"width": 1, "color": BLACK}}),
    ]  # fmt: skip
    # what lies below is drawn first
    return sorted(traces, key=lambda trace: trace.name not in (SHUFFLED, RANGE, BASELINE))


def of(name: str, number: int) -> str:
    """The name of a trace: of `BEFORE`, `AFTER` or `NOW` in panel 1 (growth), 2 (memory) or 3 (angles)."""
    return name if number == 1 else f"{name}: {('', '', 'memory', 'angles')[number]}"


# ---- what is pushed


def curves_push(curves: Mapping[str, Curves], memory_is: str) -> Push:
    """Growth, memory and angles of `BEFORE`, `AFTER` and `NOW`; of a name that is not there nothing is drawn."""
    traces: dict[str, dict[str, Any]] = {}
    empty, counts = np.array([math.nan]), [8.0]
    for name in LINES:
        found = curves.get(name)
        traces[of(name, 1)] = {"x": found.steps if found else empty, "y": positive(found.growth if found else empty)}
        if found is None or len(found.memory):  # what waits keeps what it shows
            memory = found.memory if found else empty
            traces[of(name, 2)] = {"x": np.arange(len(memory)), "y": positive(memory)}
        traces[of(name, 3)] = _steps(found.angles if found else np.array([]))
        counts += list(found.angles) if found else []
    grown = [np.maximum(positive(one.growth), LOWEST) for one in curves.values()]
    low, high = decades([*grown, [0.4, 2.5]], 1, span=40)
    layout = {
        "yaxis.range": [low, high],
        "yaxis.dtick": max(1, math.ceil((high - low) / 5)),
        "yaxis3.range": [0, 1.1 * nice_end(max(counts), 4)],
        "annotations[0].text": "Growth ‖Vᵏ‖",
        "annotations[1].text": f"Fisher memory, {memory_is}",
        "annotations[2].text": f"Eigenvalues per {180 // ANGLES}°",
    }
    return traces, layout


def _steps(counts: np.ndarray) -> dict[str, np.ndarray]:
    """A histogram as a line of steps."""
    if not len(counts):
        return {"x": np.array([math.nan]), "y": np.array([math.nan])}
    edges = np.linspace(0, 180, len(counts) + 1)
    return {"x": np.repeat(edges, 2), "y": np.concatenate([[0], np.repeat(counts, 2), [0]])}


def form_push(form: np.ndarray, rows: np.ndarray, whole: np.ndarray, limits: tuple[float, float], words: str) -> Push:
    """The map of Λ and of the T that is left, and the energy of that T by diagonal. whole: T with nothing taken away,
    whose shuffled entries are drawn behind. limits: see `limits_of`."""
    n = len(form)
    entries = form if np.isrealobj(form) else np.abs(form)
    blocks, feed_forward = form_maps(entries, rows)
    energy, total = dynamics.diagonal_energy(np.nan_to_num(feed_forward)), float(np.sum(np.abs(whole) ** 2)) or 1.0
    mean, deviation = (100 * part / total for part in dynamics.shuffled_energy(whole))
    low, high = np.maximum(mean - 2 * deviation, 1e-9), mean + 2 * deviation
    k = np.arange(1, n)
    drawn = n > 2 and mean.any()
    nothing = {"x": np.array([math.nan]), "y": np.array([math.nan])}
    traces: dict[str, dict[str, Any]] = {
        BLOCKS: {"z": blocks, "zmin": -limits[1], "zmax": limits[1]},
        FEED: {"z": feed_forward, "zmin": -limits[0], "zmax": limits[0]},
        BOXES: dict(zip("xy", boxes(rows), strict=True)),
        f"{ENERGY}: energy": bars(k, 100 * energy / total) if n > 1 else nothing,
        SHUFFLED: band(k, low, high) if drawn else nothing,
        f"{SHUFFLED}: mean": {"x": k, "y": mean} if drawn else nothing,
    }
    largest = max([float((100 * energy / total).max(initial=0.0)), float(high.max(initial=0.0))])
    largest = largest if largest > 0 else 1.0
    tick = next(tick for tick in (1, 5, 10, 20, 50, n) if n <= 7 * tick)
    layout = colours_push({"coloraxis": (FEED, limits[0]), "coloraxis2": (BLOCKS, limits[1])})
    layout |= {
        "xaxis4.range": [-0.5, n - 0.5], "yaxis4.range": [n - 0.5, -0.5], "xaxis4.dtick": tick, "yaxis4.dtick": tick,
        "xaxis5.range": [0, n], "yaxis5.range": [0, 1.05 * nice_end(largest, 0.0)],
        "annotations[3].text": f"Schur form, {words}{beyond_words((feed_forward, limits[0]), (blocks, limits[1]))}",
        "annotations[4].text": "Energy of T by diagonal, of ‖T‖²",
    }  # fmt: skip
    return traces, layout


def limits_of(form: np.ndarray, rows: np.ndarray) -> tuple[float, float]:
    """Where the colours of T end, and those of Λ: those of the form with nothing taken away."""
    blocks, feed_forward = form_maps(form if np.isrealobj(form) else np.abs(form), rows)
    return colour_end(feed_forward), colour_end(blocks)
