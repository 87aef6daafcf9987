"""V = P (Λ + s T) Pᵀ put together: P, the form, V as maps, and the eigenvalues beside what γ and θ say they are."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from nnrnn_core import dynamics

from .assemble_words import moved
from .axes import nice_end
from .layout import CELL, NARROW, PHONE, Panel, arranged, arrangement, legend_row
from .numbers import short
from .schur import BLOCKS, BORDER, FEED, colour_scale, colours_push, plane_push, with_colour_bars, written
from .schur import VALUES as PAIRS
from .schur_form import BOXES, block_frames, boxes, form_maps, heat_map
from .style import BLACK, BLUE, FEED_FORWARD, GREEN, GREY, ROTATIONS, VERMILION, base_layout, drawn_once, title
from .training import Push

P_MAP, V_MAP, CHOSEN_BOX = "P", "V", "the block of the sliders"
IN_P, IN_FORM, IN_V = "entries of P", "entries of the form", "entries of V"
CIRCLE, MEANT, CHOSEN = "block's γ", "γ exp(±iθ)", "block's pair"
OFF = 1e-9  # relative: an eigenvalue farther than this from γ e^{±iθ} has left it

ORTHOGONAL = Panel(0, "", ("legend4", "legend5"))  # their rows of legends are the room of the colour bars
FORM = Panel(1, "2", ("legend6", "legend7"))
PLANE = Panel(2, "3", ("legend", "legend2"))
MATRIX = Panel(3, "4", ("legend8", "legend9"))
PANELS = (ORTHOGONAL, FORM, MATRIX, PLANE)
BARS = {"coloraxis": ORTHOGONAL, "coloraxis2": FORM, "coloraxis3": MATRIX}
ARRANGEMENTS = with_colour_bars(
    {
        0: arrangement(PANELS, 1, width=PHONE, row=400, stacked=True),
        NARROW: arrangement(PANELS, 1, width=NARROW, row=430),
        2 * CELL: arrangement(PANELS, 2, width=2 * CELL, row=390),
        3 * CELL: arrangement(PANELS, 4, width=3 * CELL, row=350),
        4 * CELL: arrangement(PANELS, 4, width=4 * CELL, row=430),
    },
    BARS,
)


class Assembly(NamedTuple):
    """The parts of V = P (Λ + s T) Pᵀ. gamma, theta: of each block; inside: s times the entry of T in each block;
    limit: where the colours of V and s T end; chosen: the block that the sliders move, from 0."""

    P: np.ndarray
    form: np.ndarray
    gamma: np.ndarray
    theta: np.ndarray
    inside: np.ndarray
    mask: str
    limit: float
    chosen: int

    @property
    def V(self) -> np.ndarray:
        matrix: np.ndarray = self.P @ self.form @ self.P.T
        return matrix

    @property
    def eigenvalues(self) -> np.ndarray:
        """Of V, read off the blocks; the pair of each block side by side."""
        return dynamics.block_eigenvalues(self.gamma, self.theta, self.inside)

    @property
    def meant(self) -> np.ndarray:
        """γ e^{±iθ}."""
        return dynamics.block_eigenvalues(self.gamma, self.theta)

    @property
    def off(self) -> np.ndarray:
        """Which pairs are not γ e^{±iθ}."""
        far = np.abs(self.eigenvalues - self.meant) > OFF * np.maximum(np.abs(self.meant), 1e-3)
        pairs: np.ndarray = far.reshape(-1, 2).any(axis=1)
        return pairs

    @property
    def real(self) -> np.ndarray:
        """Which pairs are two different real numbers."""
        pairs: np.ndarray = self.gamma * np.sin(self.theta) * (self.gamma * np.sin(self.theta) + self.inside) < 0
        return pairs

    @property
    def pair(self) -> np.ndarray:
        """The eigenvalues of the chosen block, (2,)."""
        return self.eigenvalues[2 * self.chosen : 2 * self.chosen + 2]


@drawn_once
def assemble_figure() -> go.Figure:
    """P, Λ + s T, V, and the plane of eigenvalues; filled by `assemble_push`."""
    figure = go.Figure(layout=base_layout())
    square = {"constrain": "domain", "constraintoward": "left"}
    map_axis = {**square, "showgrid": False, "ticks": "", "showline": False, "tick0": 0}
    for panel in PANELS:
        look = {"mirror": True, **square} if panel is PLANE else map_axis
        figure.layout[f"xaxis{panel.axes}"] = {"anchor": f"y{panel.axes}", **look}
        along = {"scaleanchor": f"x{panel.axes}", "constraintoward": "top"}
        figure.layout[f"yaxis{panel.axes}"] = {"anchor": f"x{panel.axes}", **look, **along}
    figure.update_layout(
        coloraxis=colour_scale(FEED_FORWARD),
        coloraxis2=colour_scale(ROTATIONS),
        coloraxis3=colour_scale(FEED_FORWARD),
        annotations=[title("", 0, 1) for _ in PANELS],
        **{name: legend_row() for name in PLANE.legends},
    )
    for trace in _traces():
        figure.add_trace(trace)
    return arranged(figure, ARRANGEMENTS)


def _traces() -> list[Any]:
    hover = "row %{y}, column %{x}: %{z:,.4~r}<extra></extra>"
    nowhere = {"x": [math.nan], "y": [math.nan], "hoverinfo": "skip", "showlegend": False}
    maps = [
        heat_map(P_MAP, FEED_FORWARD, showscale=False),
        heat_map(BLOCKS, ROTATIONS, showscale=False, xaxis="x2", yaxis="y2"),
        heat_map(FEED, FEED_FORWARD, showscale=False, xaxis="x2", yaxis="y2"),
        heat_map(V_MAP, FEED_FORWARD, showscale=False, xaxis="x4", yaxis="y4"),
    ]
    scales = [
        go.Scatter(name=f"colours {i}", mode="markers", marker={"color": [0], "coloraxis": axis}, **nowhere)
        for i, axis in enumerate(BARS)
    ]  # a colour axis is drawn where a trace has it
    words = [
        go.Scatter(name=name, mode="text", xaxis=f"x{panel.axes}", yaxis=f"y{panel.axes}", **nowhere)
        for name, panel in ((IN_P, ORTHOGONAL), (IN_FORM, FORM), (IN_V, MATRIX))
    ]
    form = {**nowhere, "mode": "lines", "xaxis": "x2", "yaxis": "y2"}
    frames = [
        block_frames(xaxis="x2", yaxis="y2"),
        go.Scatter(name=CHOSEN_BOX, line={"color": VERMILION, "width": 3}, **form),
    ]
    return [*scales, *(trace.update(hovertemplate=hover) for trace in maps), *frames, *words, *_plane_traces()]


def _plane_traces() -> list[go.Scatter]:
    def trace(name: str, mode: str, legend: str, **style: Any) -> go.Scatter:
        at = {"x": [math.nan], "y": [math.nan], "xaxis": "x3", "yaxis": "y3"}
        return go.Scatter(name=name, mode=mode, legend=legend, showlegend=True, **at, **style)

    def marker(symbol: str, colour: str, size: int) -> dict[str, Any]:
        return {"symbol": symbol, "color": colour, "size": size, "line": {"width": 2, "color": colour}}

    return [
        trace(BORDER, "lines", "legend", line={"color": GREY, "dash": "dot", "width": 1.5}).update(showlegend=False),
        trace(CIRCLE, "lines", "legend2", line={"color": GREEN, "dash": "dash", "width": 1.5}),
        trace(MEANT, "markers", "legend", marker=marker("x-thin", BLACK, 8)),
        trace(PAIRS, "markers", "legend", marker=marker("circle-open", BLUE, 11)),
        trace(CHOSEN, "markers", "legend2", marker=marker("diamond-open", VERMILION, 16)),
    ]


def assemble_push(parts: Assembly) -> Push:
    """What the figure shows."""
    n, V = len(parts.form), parts.V
    rows = 2 * np.arange(n // 2)
    blocks, feed_forward = form_maps(parts.form, rows)
    own = nice_end(float(np.nanmax(np.abs(blocks))) or 1.0, 0.0)
    traces: dict[str, dict[str, Any]] = {P_MAP: {"z": parts.P}, BLOCKS: {"z": blocks, "zmin": -own, "zmax": own}}
    traces |= {
        name: {"z": z, "zmin": -parts.limit, "zmax": parts.limit} for name, z in ((FEED, feed_forward), (V_MAP, V))
    }
    for name, which in ((BOXES, rows), (CHOSEN_BOX, rows[[parts.chosen]])):
        traces[name] = dict(zip("xy", boxes(which), strict=True))
    for name, M, limits in (
        (IN_P, parts.P, np.ones((n, n))),
        (IN_FORM, parts.form, np.where(np.isnan(blocks), parts.limit, own)),
        (IN_V, V, np.full((n, n), parts.limit)),
    ):
        traces[name] = written(M, limits)
    ends = (P_MAP, 1.0), (BLOCKS, own), (f"{V_MAP}, {FEED}", parts.limit)
    layout = colours_push(dict(zip(BARS, ends, strict=True)))
    across, down = [-0.5, n - 0.5], [n - 0.5, -0.5]
    for panel in (ORTHOGONAL, FORM, MATRIX):
        layout |= {f"xaxis{panel.axes}.range": across, f"yaxis{panel.axes}.range": down}
        layout |= {f"{axis}axis{panel.axes}.dtick": 1 if n <= 8 else 5 for axis in "xy"}
    plane, plane_layout = _plane(parts)
    return traces | plane, layout | plane_layout | _titles(parts)


def _plane(parts: Assembly) -> Push:
    traces, layout = plane_push(np.append(parts.eigenvalues, parts.meant), "discrete")
    radius = parts.gamma[parts.chosen]
    traces |= {
        PAIRS: _points(parts.eigenvalues),
        MEANT: _points(parts.meant),
        CHOSEN: _points(parts.pair),
        CIRCLE: _points(radius * np.exp(2j * np.pi * np.linspace(0, 1, 121))),
    }
    return traces, layout


def _points(z: np.ndarray) -> dict[str, np.ndarray]:
    return {"x": z.real, "y": z.imag}


def _titles(parts: Assembly) -> dict[str, str]:
    departure = dynamics.henrici(parts.form)
    return {
        "annotations[0].text": "P = exp(A − Aᵀ)",
        "annotations[1].text": f"Λ + s T, departure {short(departure)}",
        "annotations[2].text": f"Eigenvalues: {moved(parts)}",
        "annotations[3].text": "V = P (Λ + s T) Pᵀ",
    }
