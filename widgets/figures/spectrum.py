"""The plane of a matrix, its eigenvalues, pseudospectra and numerical range, beside the growth that they frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import contourpy
import numpy as np
import plotly.graph_objects as go
from jaxtyping import Complex128

from nnrnn_core import dynamics
from nnrnn_core.dynamics.form import form_of

from .axes import decades, nice_end, positive
from .growth import growth_title
from .layout import CELL, NARROW, PHONE, Panel, arranged, arrangement, legend_row
from .numbers import power_of_ten, short
from .quick_growth import quick_growth
from .rise import Rise, rise_of, rounding
from .style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, base_layout, drawn_once, title
from .training import Push

PANELS = (Panel(0, "", ("legend", "legend2")), Panel(1, "2", ("legend3", "legend4", "legend5")))
ARRANGEMENTS = {
    0: arrangement(PANELS, 1, width=PHONE, row=430, stacked=True),
    NARROW: arrangement(PANELS, 1, width=NARROW, row=440),
    2 * CELL: arrangement(PANELS, 2, width=2 * CELL, row=480),
    3 * CELL: arrangement(PANELS, 2, width=3 * CELL, row=600),
}
LEVELS = (-1, -2, -3, -4, -6, -8)  # ε = 10 to these powers: a contour each
SHADES = ("#7A94C2", "#7F7CBB", "#8562AE", "#85469E", "#732078", "#4D004B")  # darker for smaller ε
CONTOURS = tuple(f"ε = {power_of_ten(level)}" for level in LEVELS)  # whose ε a reader may choose anew
FINE, MEDIUM, COARSE = 61, 31, 25  # points of the grid along either axis
LARGEST_FINE = 256  # rows beyond which the middle one of them must do
FINE_TOLERANCE, COARSE_TOLERANCE = 1e-3, 0.2
LARGE = 100  # rows beyond which half of them, and of the directions, must do
SPARSE = 4  # one in so many moments of continuous time follows a slider
DIRECTIONS = {True: 128, False: 32}  # for the numerical range: when exact, and while a slider moves
CATCHER = 101  # cells along either axis of the transparent map that catches clicks
DOT = 0.008  # length of a perturbed eigenvalue's dash, over that of the axis
ROOM = (0.2, 0.09)  # that a label of a contour takes, of the width and the height of a narrow plane
CROWDED = 14  # decades beyond which only every fifth is labelled

CLICKS, EDGE, DISC, RANGE = "clicks", "ε-pseudospectrum", "unit circle / imaginary axis", "numerical range"
MOST, FAR = 0.75, 8.0  # part of the eigenvalues that is seen in any case, and how many times as far the others lie
VALUES, MOVED, POINT, LABELS = "eigenvalues", "of V + E", "z", "level of a contour"
GROWTH, SPECTRAL = "growth", "eigenvalues alone"
EIGENVECTOR, NUMERICAL = "≤ by κ", "≤ by numerical range"
KREISS, LIMIT, BOUND = "Kreiss constant", "limit of z, all k", "≥ from z"
BOUNDS = (EIGENVECTOR, NUMERICAL, KREISS)  # drawn where they are asked for
AT_REST = (LABELS, *BOUNDS)  # what a quick frame leaves as it was


class Window(NamedTuple):
    """What of the plane is in sight: a square around `center` + i `middle`, of half its side."""

    center: float
    half: float
    middle: float = 0.0

    def axes(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The grid's real and imaginary parts; symmetric about the real axis if it can be, which halves the work."""
        side = self.half * np.linspace(-1, 1, count)
        return self.center + side, self.middle + side


class Plane(NamedTuple):
    """levels: log₁₀ σ_min(zI − V) on the grid `real` + i `imag`; boundary: of the numerical range, None if not asked
    for."""

    real: np.ndarray
    imag: np.ndarray
    levels: np.ndarray
    values: Complex128[np.ndarray, " n"]
    boundary: Complex128[np.ndarray, " points"] | None


class Frame(NamedTuple):
    """‖V^k‖₂ or ‖e^{tA}‖₂ at `times`, and what it does. bounds: those that hold for it; None in a quick frame, and
    where they are not asked for. exact: whether it is no quick frame."""

    times: np.ndarray
    growth: np.ndarray
    spectral: np.ndarray
    bounds: dynamics.GrowthBounds | None
    rise: Rise
    exact: bool = True


def window_of(values: np.ndarray, time: dynamics.Time) -> Window:
    """A square that holds the eigenvalues and what lies around them: the unit circle, or the imaginary axis. Where a
    quarter of them lies so far away that the rest, next to the axis, would be a dot, it holds the rest."""
    if time == "discrete":
        return Window(0.0, nice_end(1.3 * max(1.0, float(np.abs(values).max())), 1.5))
    away = np.abs(values - values[values.real.argmax()])
    most = float(np.quantile(away, MOST))
    if away.max() > FAR * most > 0:
        values = values[away <= most]
    low, high = float(values.real.min()), max(float(values.real.max()), 0.0)
    bottom, top = float(values.imag.min()), float(values.imag.max())
    if abs(bottom + top) <= 0.1 * max(top - bottom, 1.0):  # as those of a real matrix
        bottom, top = -max(-bottom, top), max(-bottom, top)
    extent = max(high - low, top - bottom, 0.5)
    half = nice_end(0.8 * extent, 1.0)
    return Window(round((low + high) / 2 + 0.1 * extent, 1), half, round((bottom + top) / 2, 1))


def plane_of(
    V: dynamics.Matrix,
    window: Window,
    levels: np.ndarray,
    values: np.ndarray,
    exact: bool = True,
    bounded: bool = True,
) -> Plane:
    """What is drawn of the plane. levels: σ_min(zI − V) on the window's grid. values: the eigenvalues. bounded: with
    the numerical range."""
    directions = DIRECTIONS[exact] // (2 if len(values) > LARGE else 1)
    boundary = dynamics.numerical_range(V, directions) if bounded else None
    return Plane(*window.axes(len(levels)), np.log10(np.maximum(levels, 1e-150)), values, boundary)


def in_sight(plane: Plane) -> str:
    """How many eigenvalues are in the window, and of how many."""
    x, y = plane.values.real, plane.values.imag
    inside = (x >= plane.real[0]) & (x <= plane.real[-1]) & (y >= plane.imag[0]) & (y <= plane.imag[-1])
    all_of_them = len(plane.values)
    return f"{all_of_them}" if inside.all() else f"{int(inside.sum())} of {all_of_them}"


def points_along(size: int, exact: bool) -> int:
    """Points along an axis of the grid, an odd number: its middle row is the real axis."""
    if exact:
        return FINE if size <= LARGEST_FINE else MEDIUM
    return COARSE if size <= LARGE else COARSE // 4 * 2 + 1


def frame_of(
    V: dynamics.Matrix,
    horizon: int,
    time: dynamics.Time,
    step: float,
    rate: float,
    exact: bool = True,
    given: float = 0.0,
    bounded: bool = True,
) -> Frame:
    """Growth for k = 0 … horizon, or at t = 0, step, … horizon · step. rate: the spectral radius or abscissa. given:
    see `rounding`. bounded: with the bounds that hold for it, if exact."""
    bounds = None
    if exact and bounded:
        bounds = dynamics.growth_bounds(V, horizon, time, step, kreiss_budget(len(form_of(V))))
    if exact or len(form_of(V)) <= LARGE:
        sparse = SPARSE if time == "continuous" and not exact else 1
        times = step * np.arange(0, horizon + 1, sparse)
        discrete = time == "discrete"
        growth = dynamics.transient_growth(V, horizon) if discrete else dynamics.exponential_growth(V, times)
    else:
        found = quick_growth(V if time == "discrete" else dynamics.propagator(V, step), horizon)
        times, growth = step * found.steps, found.largest
    with np.errstate(over="ignore"):
        spectral = rate**times if time == "discrete" else np.exp(rate * times)
    rise = rise_of(times, growth, rounding(V, float(times[-1]), time, given))
    return Frame(times, growth, spectral, bounds, rise, exact)


def kreiss_budget(size: int) -> int:
    """How many eigenvalue problems of twice the size the Kreiss constant may cost: some seconds."""
    return max(2, min(400, int(4e8 / (2 * size) ** 3)))


def contour_line(plane: Plane, level: float) -> dict[str, np.ndarray]:
    """x and y of the curves log₁₀ σ_min = level, with gaps between them."""
    lines = contourpy.contour_generator(plane.real, plane.imag, plane.levels).lines(level)
    gap = np.full((1, 2), np.nan)
    points = np.concatenate([part for line in lines for part in (line, gap)] or [gap])
    return {"x": points[:, 0], "y": points[:, 1]}


@drawn_once
def spectrum_figure() -> go.Figure:
    """The plane, and growth beside it. Filled by `plane_push`, `frame_push`, `point_push` and `moved_push`."""
    figure = go.Figure(layout=base_layout())
    figure.update_layout(
        xaxis={"title": "Re z; upwards: Im z", "mirror": True, "range": [-1.5, 1.5], "constrain": "domain",
               "constraintoward": "left"},
        yaxis={"mirror": True, "range": [-1.5, 1.5], "scaleanchor": "x", "constrain": "domain",
               "constraintoward": "top"},
        xaxis2={"anchor": "y2", "title": "k, number of steps", "mirror": True, "range": [0, 40]},
        yaxis2={"anchor": "x2", "type": "log", "mirror": True, "range": [-1, 2], "exponentformat": "power", "dtick": 1},
        annotations=[title("", 0, 1) for _ in PANELS],
        **{name: legend_row() for panel in PANELS for name in panel.legends},
    )  # fmt: skip
    for trace in (*_plane_traces(), *_growth_traces()):
        figure.add_trace(trace)
    return arranged(figure, ARRANGEMENTS)


def _plane_traces() -> list[Any]:
    empty: dict[str, Any] = {"x": [math.nan], "y": [math.nan], "hoverinfo": "skip"}

    def line(name: str, color: str, dash: str = "solid", width: float = 1.5, **more: Any) -> go.Scatter:
        style = {"color": color, "dash": dash, "width": width}
        return go.Scatter(**(empty | {"name": name, "mode": "lines", "line": style, **more}))

    contours = [line(name, shade, width=2, showlegend=False) for name, shade in zip(CONTOURS, SHADES, strict=True)]
    dot = {"color": BLUE, "size": 8, "symbol": "circle", "line": {"width": 1, "color": "white"}}
    cross = {"color": VERMILION, "size": 13, "symbol": "x", "line": {"width": 1.5, "color": "white"}}
    labels = {
        "mode": "text",
        "text": [""],
        "textposition": "top center",
        "textfont": {"size": 14, "color": "#4D004B"},
        "showlegend": False,
    }
    catcher = go.Heatmap(
        z=np.zeros((CATCHER, CATCHER)), x0=-1.5, dx=3 / (CATCHER - 1), y0=-1.5, dy=3 / (CATCHER - 1), name=CLICKS,
        showscale=False, zmin=0, zmax=1, colorscale=[[0, "rgba(255,255,255,0)"], [1, "rgba(255,255,255,0)"]],
        # short lines: the label must not lie over the panel beside it
        hovertemplate="Re z = %{x:.2f}<br>Im z = %{y:.2f}<br>click: growth<extra></extra>",
    )  # fmt: skip
    return [
        catcher,
        *contours,
        line(DISC, GREY, width=1.5, showlegend=False),
        line(RANGE, GREEN, "dashdot", showlegend=False),  # as its bound beside it
        line(MOVED, SKY, width=4, showlegend=False),
        line(EDGE, BLACK, "dash", 2.5),
        go.Scatter(**(empty | {"name": VALUES, "mode": "markers", "marker": dot, "showlegend": False})),
        go.Scatter(**(empty | {"name": LABELS, **labels})),
        go.Scatter(**(empty | {"name": POINT, "mode": "markers", "marker": cross, "showlegend": False})),
    ]


def _growth_traces() -> list[go.Scatter]:
    def line(name: str, color: str, dash: str, width: float = 2, legend: int = 3, rank: int = 1) -> go.Scatter:
        return go.Scatter(
            x=[math.nan], y=[math.nan], name=name, mode="lines", line={"color": color, "dash": dash, "width": width},
            xaxis="x2", yaxis="y2", legend=f"legend{legend}", legendrank=rank,
            showlegend=False if name in (LIMIT, GROWTH) else None,
        )  # fmt: skip

    # the titles name growth and eigenvalues, and the numerical range looks as its bound: three legends are enough, and
    # three more where the bounds are asked for
    return [
        line(EIGENVECTOR, PURPLE, "longdash", legend=4),
        line(NUMERICAL, GREEN, "dashdot", legend=4),
        line(KREISS, ORANGE, "longdashdot", legend=5),
        line(SPECTRAL, GREY, "dot"),
        line(LIMIT, VERMILION, "dot", 1.5),
        line(BOUND, VERMILION, "dash", rank=2),
        line(GROWTH, BLUE, "solid", 3),
    ]


def plane_push(
    plane: Plane,
    eps: float,
    window: Window,
    time: dynamics.Time,
    labelled: bool = True,
    chosen: Sequence[float] = (),
) -> Push:
    """The plane: contours, eigenvalues, numerical range, and the edge of the ε-pseudospectrum. labelled: whether the
    contours have labels; the page draws them slowly. chosen: the ε of the contours, where they are not LEVELS."""
    x0, y0, side = window.center - window.half, window.middle - window.half, 2 * window.half
    lines = {handle: contour_line(plane, level) for handle, level, _ in _contours(chosen)}
    traces: dict[str, dict[str, Any]] = {name: lines.get(name, _nothing()) for name in CONTOURS} | {
        EDGE: contour_line(plane, math.log10(eps)),
        RANGE: _range(plane.boundary),
        VALUES: {"x": plane.values.real, "y": plane.values.imag},
        DISC: edge_line(window, time),
        CLICKS: {"x0": x0, "y0": y0, "dx": side / (CATCHER - 1), "dy": side / (CATCHER - 1)},
    }  # fmt: skip
    if labelled:
        traces[LABELS] = _labels(plane, chosen)
    layout = {
        "xaxis.range": [x0, x0 + side],
        "yaxis.range": [y0, y0 + side],
        "annotations[0].text": f"Pseudospectra, {in_sight(plane)} eigenvalues",
    }
    return traces, layout


def _contours(chosen: Sequence[float]) -> list[tuple[str, float, str]]:
    """Trace, log₁₀ ε and label of every contour, from the largest ε on."""
    if not chosen:
        return [(name, level, power_of_ten(level)) for name, level in zip(CONTOURS, LEVELS, strict=True)]
    return [(name, math.log10(eps), short(eps, 2)) for name, eps in zip(CONTOURS, sorted(chosen)[::-1], strict=False)]


def edge_push(plane: Plane, eps: float) -> Push:
    """What a move of ε changes, apart from the perturbed eigenvalues."""
    return {EDGE: contour_line(plane, math.log10(eps))}, {}


def edge_line(window: Window, time: dynamics.Time) -> dict[str, np.ndarray]:
    """The unit circle; the imaginary axis where time is continuous."""
    if time == "discrete":
        angle = np.linspace(0, 2 * np.pi, 181)
        return {"x": np.cos(angle), "y": np.sin(angle)}
    return {"x": np.zeros(2), "y": window.middle + window.half * np.array([-1.0, 1.0])}


def moved_push(moved: Complex128[np.ndarray, "count n"] | None, window: Window) -> Push:
    """Perturbed eigenvalues as short dashes, one line for all, so that their number may change; None: not thrown."""
    z = np.empty(0, complex) if moved is None else moved.ravel()
    half, gap = DOT * window.half * np.ones(len(z)), np.full(len(z), np.nan)
    x, y = np.column_stack([z.real - half, z.real + half, gap]), np.column_stack([z.imag, z.imag, gap])
    return {MOVED: {"x": np.append(x, np.nan), "y": np.append(y, np.nan)}}, {}


def frame_push(frame: Frame, point: dynamics.PointBound | None, time: dynamics.Time) -> Push:
    """The right half: growth, the bounds of the matrix, and the bound that the point z implies."""
    times, bounds = frame.times, frame.bounds
    ends = times[[0, -1]]
    drawn: list[Any] = [np.maximum(frame.growth, 1e-3), [0.4, 2.5]]
    traces: dict[str, dict[str, Any]] = {
        GROWTH: {"x": times, "y": positive(frame.growth)},
        SPECTRAL: {"x": times, "y": positive(frame.spectral)},
    }
    if bounds is not None:
        drawn.append([bounds.kreiss])
        traces |= {
            EIGENVECTOR: {"x": times, "y": positive(bounds.eigenvector), "visible": True},
            NUMERICAL: {"x": times, "y": positive(bounds.numerical), "visible": True},
            KREISS: {"x": ends, "y": positive(np.full(2, bounds.kreiss)), "visible": True},
        }
    elif frame.exact:
        traces |= {name: {"visible": False} for name in BOUNDS}
    if point is not None:
        drawn.append(positive(np.append(point.curve, 1.0)))
    more, _ = point_push(point, times)
    low, top = decades(drawn, 1, span=40)
    low, top = max(low, -3.0), top + 1
    layout: dict[str, Any] = {
        "xaxis2.range": [float(ends[0]), float(ends[1])],
        "xaxis2.title.text": "k, number of steps" if time == "discrete" else "time t",
        "annotations[1].text": growth_title(frame.rise, time),
    }
    if frame.exact:
        layout |= {"yaxis2.range": [low, top], "yaxis2.dtick": 1 if top - low <= CROWDED else 5}
    return traces | more, layout


def point_push(point: dynamics.PointBound | None, times: np.ndarray) -> Push:
    """The bound that a point implies, below the growth; None: it says nothing."""
    if point is None:
        return {BOUND: _nothing(), LIMIT: _nothing()}, {}
    limit = np.full(2, point.limit)
    return {BOUND: {"x": times, "y": positive(point.curve)}, LIMIT: {"x": times[[0, -1]], "y": positive(limit)}}, {}


def _range(boundary: np.ndarray | None) -> dict[str, Any]:
    """The numerical range, if it is asked for."""
    return {"visible": False} if boundary is None else {"x": boundary.real, "y": boundary.imag, "visible": True}


def _nothing() -> dict[str, np.ndarray]:
    return {"x": np.array([np.nan]), "y": np.array([np.nan])}


def _labels(plane: Plane, chosen: Sequence[float]) -> dict[str, Any]:
    """At the top of each contour its ε, where there is room."""
    found: list[tuple[float, float, str]] = []
    for _, level, text in _contours(chosen):
        line = contour_line(plane, level)
        if np.isfinite(line["y"]).any():
            i = int(np.nanargmax(line["y"]))
            x, y = float(line["x"][i]), float(line["y"][i])
            if all(
                abs(x - x0) > ROOM[0] * np.ptp(plane.real) or y0 - y > ROOM[1] * np.ptp(plane.imag)
                for x0, y0, _ in found
            ):
                found.append((x, y, text))
    xs, ys, words = zip(*found, strict=True) if found else ((math.nan,), (math.nan,), ("",))
    return {"x": np.array(xs), "y": np.array(ys), "text": list(words)}
