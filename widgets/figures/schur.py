"""A matrix beside its real Schur form P (Λ + s T) Pᵀ, the eigenvalues that stand, and the growth that T makes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from nnrnn_core import dynamics
from nnrnn_core.dynamics import schur_form
from nnrnn_core.dynamics.form import form_of as dynamics_form

from .axes import decades, nice_end, positive
from .frame import EXACT_SIZE
from .growth import growth_title
from .layout import CELL, NARROW, PHONE, Panel, arranged, arrangement, legend_row
from .numbers import short
from .quick_growth import quick_growth
from .rise import Rise, rise_of, rounding, said_of
from .schur_form import BOXES, FAR, beyond_words, block_frames, boxes, colour_end, form_maps, heat_map
from .style import BLACK, BLUE, DARK, FEED_FORWARD, GREY, ROTATIONS, VERMILION, base_layout, drawn_once, title
from .training import Push

HORIZONS: dict[dynamics.Time, float] = {"discrete": 100.0, "continuous": 10.0}  # where the curve of growth ends
LONGEST = 10  # times that, for a peak that comes later
POINTS = 100  # steps of the curve in continuous time
LOWEST = 1e-4  # the smallest growth that is drawn
WRITTEN = 4  # up to this many rows, the numbers stand in the cells
COLOURS = ("coloraxis", "coloraxis2", "coloraxis3")  # the scales of V, of Λ and of T: in the place of legends
# their rows of legends are the room of the colour bars
MAP, FORM = Panel(0, "", ("legend2", "legend3")), Panel(1, "2", ("legend4", "legend5"))
PLANE = Panel(2, "3")
CURVE = Panel(3, "4", ("legend",))
HEIGHT = 620  # of two maps beside two small panels


def _arrangements() -> dict[int, dict[str, Any]]:
    """One below the other, two by two, and maps beside the two others, one above the other."""
    panels = (MAP, FORM, PLANE, CURVE)
    found = {
        0: arrangement(panels, 1, width=PHONE, row=370, stacked=True),
        NARROW: arrangement(panels, 1, width=NARROW, row=400),
        2 * CELL: arrangement(panels, 2, width=2 * CELL, row=380),
        3 * CELL: arrangement((MAP, FORM, PLANE, MAP, FORM, CURVE), 3, width=3 * CELL, row=HEIGHT // 2)
        | arrangement((MAP, FORM), 3, width=3 * CELL, row=HEIGHT, places=3),
    }
    return with_colour_bars(found, dict(zip(COLOURS, (MAP, FORM, FORM), strict=True)))


def with_colour_bars(found: dict[int, dict[str, Any]], bars: Mapping[str, Panel]) -> dict[int, dict[str, Any]]:
    """Arrangements in which the scale of each of these colour axes lies where its panel's legends would; two scales of
    a panel side by side, or one below the other where two legends would be so."""
    for layout in found.values():
        for panel in dict.fromkeys(bars.values()):
            names = [colours for colours, where in bars.items() if where == panel]
            left, right = layout[f"xaxis{panel.axes}.domain"]
            below = len(names) > 1 and layout[f"{panel.legends[0]}.orientation"] == "v"
            width, gap = (right - left) / (1 if below else len(names)), 0.35 * (len(names) > 1 and not below)
            for i, colours in enumerate(names):
                row = panel.legends[i * below]
                place = {"x": left + (not below) * i * width, "y": layout[f"{row}.y"], "len": (1 - gap) * width}
                layout |= {f"{colours}.colorbar.{key}": value for key, value in place.items()}
            for name in panel.legends:
                del layout[f"{name}.x"], layout[f"{name}.y"], layout[f"{name}.orientation"]
    return found


ARRANGEMENTS = _arrangements()
ORDERS = schur_form.ORDERS

MATRIX, BLOCKS, FEED = "V", "Λ", "s T"
SCALES = ("colours of V", "colours of Λ", "colours of s T")
IN_V, IN_FORM = "entries of V", "entries of the Schur form"
VALUES, BORDER = "eigenvalues", "border of decay"
BEST_START, RADIUS, PEAK = "best start", "by λ alone", "peak"


Limits = tuple[float, float, float]


class Form(NamedTuple):
    """V = P form Pᵀ, lower block-triangular. eigenvalues: of V; henrici: its departure from normality;
    below and inside: the Frobenius norm of T, and of what the 2×2 blocks have beyond rotations: henrici² = below² +
    inside² (γ R(θ) has nothing beyond); given: relative error of V as it came."""

    P: np.ndarray
    form: np.ndarray
    rows: np.ndarray
    eigenvalues: np.ndarray
    henrici: float
    below: float
    inside: float
    given: float = 0.0

    @property
    def normal(self) -> bool:
        """To rounding."""
        return self.henrici <= 1e-12 * len(self.form) * float(np.linalg.norm(self.form))


def form_of(
    P: np.ndarray, form: np.ndarray, order: str = ORDERS[0], given: float = 0.0, eigenvalues: np.ndarray | None = None
) -> Form:
    """All about V = P form P*, form lower block-triangular, its eigenvalues in this order. eigenvalues: where those of
    V are known; those of the form otherwise."""
    P, form = dynamics.reordered(P, form, order)
    below, inside = dynamics.departure_parts(form)
    henrici = math.hypot(below, inside)
    if inside < 1e-6 * henrici:  # not worth a word
        inside = 0.0
    rows = dynamics.block_rows(form) if np.isrealobj(form) else np.empty(0, int)
    values = dynamics.eigenvalues(form) if eigenvalues is None else eigenvalues
    return Form(P, form, rows, values, henrici, below, inside, given)


def growth_of(
    V: dynamics.Matrix, time: dynamics.Time, exact: bool = True, horizon: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(times, ‖V^k‖₂ or ‖e^{tA}‖₂), exact False: for a wide one, an estimate."""
    end = HORIZONS[time] if horizon is None else horizon
    count, step = (round(end), 1.0) if time == "discrete" else (POINTS, end / POINTS)
    if not exact and len(dynamics_form(V)) > 2 * EXACT_SIZE:
        found = quick_growth(V if time == "discrete" else dynamics.propagator(V, step), count)
        return step * found.steps, found.largest
    if time == "discrete":
        return np.arange(count + 1.0), dynamics.transient_growth(V, count)
    times = np.linspace(0, end, count + 1)
    return times, dynamics.exponential_growth(V, times)


def rise_in(form: Form, growth: tuple[np.ndarray, np.ndarray], time: dynamics.Time) -> Rise:
    """What the growth does."""
    times, largest = growth
    return rise_of(times, largest, rounding(form.form, float(times[-1]), time, form.given))


# ---- the figure


@drawn_once
def schur_figure() -> go.Figure:
    """V, its Schur form, the eigenvalues above the growth; filled by `schur_push`."""
    figure = go.Figure(layout=base_layout())
    square = {"constrain": "domain", "showgrid": False, "ticks": "", "showline": False, "tick0": 0}
    for suffix in ("", "2", "3", "4"):
        more = square if suffix in ("", "2") else {"mirror": True}
        figure.layout[f"xaxis{suffix}"] = {"anchor": f"y{suffix}", **more}
        figure.layout[f"yaxis{suffix}"] = {"anchor": f"x{suffix}", **more}
    for suffix in ("", "2"):
        figure.layout[f"yaxis{suffix}"].update(scaleanchor=f"x{suffix}", constraintoward="top")
        figure.layout[f"xaxis{suffix}"].update(constraintoward="left")
    figure.update_layout(
        yaxis3={"scaleanchor": "x3", "constrain": "domain", "constraintoward": "top"},
        xaxis3={"constrain": "domain", "constraintoward": "left"},
        yaxis4={"type": "log", "dtick": 1, "exponentformat": "power"},
        legend=legend_row(),
        coloraxis=colour_scale(FEED_FORWARD),
        coloraxis2=colour_scale(ROTATIONS),
        coloraxis3=colour_scale(FEED_FORWARD),
        annotations=[title("", 0, 1) for _ in range(4)],
    )
    for trace in _traces():
        figure.add_trace(trace)
    return arranged(figure, ARRANGEMENTS)


def colour_scale(colours: list[list[Any]]) -> dict[str, Any]:
    """The colour bar of a map; the map itself has the same colours and limits of its own, which the page draws fast."""
    bar = {"orientation": "h", "xanchor": "left", "yanchor": "top", "thickness": 10, "xpad": 0, "ypad": 2}
    return {"colorscale": colours, "cmin": -1, "cmax": 1, "colorbar": {**bar, "tickangle": 0}}


def colours_push(ends: Mapping[str, tuple[str, float]]) -> dict[str, Any]:
    """The layout of these colour axes: what a bar is of stands before the first of its three numbers. ends: of each
    axis the name, and where its colours end."""
    layout: dict[str, Any] = {}
    for axis, (of, end) in ends.items():
        layout |= {f"{axis}.cmin": -end, f"{axis}.cmax": end, f"{axis}.colorbar.tickvals": [-end, 0, end]}
        layout[f"{axis}.colorbar.ticktext"] = [f"{of}: {short(-end)}", "0", short(end)]
    return layout


def _traces() -> list[Any]:
    hover = "row %{y}, column %{x}: %{z:,.4~r}<extra></extra>"
    maps = [
        heat_map(MATRIX, FEED_FORWARD, showscale=False),
        heat_map(BLOCKS, ROTATIONS, showscale=False, xaxis="x2", yaxis="y2"),
        heat_map(FEED, FEED_FORWARD, showscale=False, xaxis="x2", yaxis="y2"),
    ]
    ring = {"color": BLUE, "size": 7, "symbol": "circle-open", "line": {"width": 2}}
    diamond = {"color": BLACK, "size": 11, "symbol": "diamond-open", "line": {"width": 2}}
    panel = {"xaxis": "x4", "yaxis": "y4", "mode": "lines", "showlegend": True}
    nowhere = {"x": [math.nan], "y": [math.nan], "showlegend": False}
    plane = {**nowhere, "xaxis": "x3", "yaxis": "y3"}
    scales = [
        go.Scatter(name=name, mode="markers", hoverinfo="skip", marker={"color": [0], "coloraxis": axis}, **nowhere)
        for name, axis in zip(SCALES, COLOURS, strict=True)
    ]
    return [
        *scales,
        *(trace.update(hovertemplate=hover) for trace in maps),
        block_frames(xaxis="x2", yaxis="y2"),
        go.Scatter(name=IN_V, mode="text", hoverinfo="skip", **nowhere),
        go.Scatter(name=IN_FORM, mode="text", xaxis="x2", yaxis="y2", hoverinfo="skip", **nowhere),
        go.Scatter(name=BORDER, mode="lines", line={"color": GREY, "dash": "dot", "width": 1.5}, **plane),
        go.Scatter(name=VALUES, mode="markers", marker=ring, **plane),
        go.Scatter(x=[0], y=[1], name=RADIUS, line={"color": GREY, "dash": "dot", "width": 2}, **panel),
        go.Scatter(x=[0], y=[1], name=BEST_START, line={"color": VERMILION, "width": 3}, **panel),
        go.Scatter(x=[0], y=[1], name=PEAK, marker=diamond, **{**panel, "mode": "markers", "showlegend": False}),
    ]


def schur_push(
    V: np.ndarray, form: Form, growth: tuple[np.ndarray, np.ndarray], limits: Limits, time: dynamics.Time
) -> Push:
    """What the figure shows. limits: see `limits_of`."""
    n, real = len(V), np.isrealobj(V) and np.isrealobj(form.form)
    V, entries = (V, form.form) if real else (np.abs(V), np.abs(form.form))
    blocks, feed_forward = form_maps(entries, form.rows)
    of_V, of_blocks, of_T = limits
    x, y = boxes(form.rows)
    traces: dict[str, dict[str, Any]] = {
        MATRIX: {"z": V, "zmin": -of_V, "zmax": of_V},
        BLOCKS: {"z": blocks, "zmin": -of_blocks, "zmax": of_blocks},
        FEED: {"z": feed_forward, "zmin": -of_T, "zmax": of_T},
        BOXES: {"x": x, "y": y},
        IN_V: written(V, np.full((n, n), of_V)),
        IN_FORM: written(entries, np.where(np.isnan(blocks), of_T, of_blocks)),
    }
    tick = next(tick for tick in (1, 5, 10, 50, n) if n <= 8 * tick)
    names = zip((MATRIX if time == "discrete" else "A", BLOCKS, FEED), limits, strict=True)
    layout = colours_push(dict(zip(COLOURS, names, strict=True)))
    layout |= {f"{axis}.dtick": tick for axis in ("xaxis", "xaxis2", "yaxis", "yaxis2")}
    across, down = [-0.5, n - 0.5], [n - 0.5, -0.5]
    layout |= {
        "xaxis.range": across, "xaxis2.range": across, "yaxis.range": down, "yaxis2.range": down,
        "annotations[0].text": _map_title("V" if time == "discrete" else "A", real, beyond_words((V, of_V))),
        "annotations[1].text": _form_title(form, real) + beyond_words((blocks, of_blocks), (feed_forward, of_T)),
    }  # fmt: skip
    for part in (plane_push(form.eigenvalues, time), _curve(form, growth, time)):
        traces |= part[0]
        layout |= part[1]
    return traces, layout


def _map_title(name: str, real: bool, beyond: str) -> str:
    if beyond:
        return (name if real else f"|{name}|") + beyond
    return f"{name}: the weights between units" if real else f"|{name}|: moduli of complex entries"


def _form_title(form: Form, real: bool) -> str:
    return f"{'Schur form' if real else '|Schur form|'}, departure {0 if form.normal else short(form.henrici)}"


def limits_of(V: np.ndarray, form: Form) -> Limits:
    """Where the colours of V end, those of Λ and those of T. V and T have the same, to be compared, unless T
    is so much larger that V would be grey. Asked for at s = 1 and kept for every s, so that a colour keeps its
    number while s moves (beyond s = 1 the strongest are drawn at the end of the scale)."""
    blocks, feed_forward = form_maps(form.form if np.isrealobj(form.form) else np.abs(form.form), form.rows)
    of_V, of_T = colour_end(V), colour_end(feed_forward)
    both = max(of_V, of_T)
    return both if both <= FAR * of_V else of_V, colour_end(blocks), both


def plane_push(eigenvalues: np.ndarray, time: dynamics.Time) -> Push:
    """The eigenvalues, the border of decay, and the ranges of their plane."""
    reach = 1.05 * nice_end(1.1 * float(np.abs(eigenvalues).max()), 1.2)
    angle = np.linspace(0, 2 * np.pi, 121)
    discrete = time == "discrete"
    border = (np.cos(angle), np.sin(angle)) if discrete else (np.zeros(2), np.array([-10.0, 10.0]) * reach)
    traces = {
        VALUES: {"x": eigenvalues.real, "y": eigenvalues.imag},
        BORDER: {"x": border[0], "y": border[1]},
    }
    where = "unit circle" if discrete else "imaginary axis"
    return traces, {
        "xaxis3.range": [-reach, reach],
        "yaxis3.range": [-reach, reach],
        "annotations[2].text": f"Eigenvalues and {where}",
    }


def _curve(form: Form, growth: tuple[np.ndarray, np.ndarray], time: dynamics.Time) -> Push:
    (times, largest), eigenvalues = growth, form.eigenvalues
    rise = rise_in(form, growth, time)
    with np.errstate(over="ignore", under="ignore"):
        alone = np.abs(eigenvalues).max() ** times if time == "discrete" else np.exp(eigenvalues.real.max() * times)
    traces = {
        BEST_START: {"x": times, "y": positive(largest)},
        RADIUS: {"x": times, "y": positive(alone)},
        PEAK: {"x": np.array([rise.when]), "y": positive(np.array([rise.height]))},
    }
    low, high = decades([np.maximum(largest, LOWEST), np.maximum(alone, LOWEST), [0.4, 2.5]], 1, span=40)
    return traces, {
        "yaxis4.dtick": math.ceil((high - low) / 4),
        "xaxis4.range": [0, times[-1]],
        "xaxis4.title.text": "k, number of steps" if time == "discrete" else "time t",
        "yaxis4.range": [low, high],
        "annotations[3].text": growth_title(rise, time),
    }


def written(M: np.ndarray, limits: np.ndarray) -> dict[str, Any]:
    """The numbers in the cells of a small matrix; white on the dark end of the colours, which is the negative one."""
    if len(M) > WRITTEN:
        return {"visible": False}
    y, x = np.indices(M.shape)
    return {
        "visible": True,
        "x": x.ravel(),
        "y": y.ravel(),
        "text": [short(value) if abs(value) > 1e-12 else "0" for value in M.ravel()],
        "textfont.color": ["#FFFFFF" if dark else BLACK for dark in (DARK * limits > M).ravel()],
    }


# ---- words


def schur_sentence(form: Form, growth: tuple[np.ndarray, np.ndarray], scale: float, time: dynamics.Time) -> str:
    """What the figure shows, in words."""
    values = form.eigenvalues
    largest = (
        f"spectral radius {short(np.abs(values).max())}"
        if time == "discrete"
        else f"largest real part {short(values.real.max())}"
    )
    says = f"{_split(form, scale)} The eigenvalues ({largest}) do not move with s. "
    return f"{says}‖{_power(time)}‖ {said_of(rise_in(form, growth, time), time)}."


def _split(form: Form, scale: float) -> str:
    if form.normal:
        return f"s = {short(scale)}: this matrix is normal, its Schur form has nothing off the diagonal blocks."
    says = f"s = {short(scale)}: Henrici's number, the departure from normality, is {short(form.henrici)}"
    if not form.inside:
        return f"{says}, the norm of the feed-forward part below the blocks."
    return (
        f"{says}: {short(form.below)} below the blocks, and {short(form.inside)} inside them, which are no pure "
        "rotations (the squares add up)."
    )


def _power(time: dynamics.Time) -> str:
    return "Vᵏ" if time == "discrete" else "e^(tA)"
