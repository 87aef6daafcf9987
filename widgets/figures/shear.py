"""A 2×2 shear: the plane that its powers stretch, and how far. Eigenvalues that stay, a transient that grows."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnrnn_core import checks
from nnrnn_core.dynamics import spectral_radius, transient_growth

from .axes import nice_end
from .layout import CELL, NARROW, PHONE, Panel, arranged, arrangement, legend_row
from .numbers import fixed, short
from .rise import Rise, rise_of, rounding
from .style import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION, base_layout, drawn_once, title

HORIZON = 40  # the largest power shown
LARGEST = 5.0  # the largest c
DIAGONAL = (0.9, 0.8)
CIRCLE, ELLIPSE = "unit circle", "after k steps"
FIRST, SECOND = "eigenvector of 0.9", "eigenvector of 0.8"
PATH, REACHED = "path of the best start", "its end"
GROWTH, RADIUS, PEAK, HERE = "‖Vᵏ‖", "0.9ᵏ", "peak", "this k"
LEGENDS = {"legend": (ELLIPSE, PATH), "legend2": (FIRST, SECOND), "legend3": (GROWTH, RADIUS)}
UNNAMED = (  # what the legends leave out
    "Dotted circle: all vectors of length 1. Black dot: end of the path. Open diamond: the peak. Orange dot: this k."
)
PANELS = (Panel(0, "", ("legend", "legend2")), Panel(1, "2", ("legend3",)))
ARRANGEMENTS = {
    0: arrangement(PANELS, 1, width=PHONE, row=460, stacked=True),
    NARROW: arrangement(PANELS, 1, width=NARROW, row=430),
    2 * CELL: arrangement(PANELS, 2, width=2 * CELL, row=430),
    3 * CELL: arrangement(PANELS, 2, width=3 * CELL, row=500),
}
angles = np.linspace(0, 2 * np.pi, 121)
circle = np.array([np.cos(angles), np.sin(angles)])


def shear(c: float) -> np.ndarray:
    """V = [[0.9, c], [0, 0.8]]: eigenvalues 0.9 and 0.8 for every c. c from 0 to 5."""
    return np.array([[DIAGONAL[0], checks.number("c", c, 0, LARGEST)], [0.0, DIAGONAL[1]]])


def steps(k: int) -> int:
    """k as it is, if it is a whole number from 0 to 40; ValueError otherwise."""
    return checks.whole_number("k", k, 0, HORIZON)


def rise(c: float) -> Rise:
    """What ‖V^k‖₂ does, k = 0 … 40: its largest value, and its k."""
    V = shear(c)
    return rise_of(np.arange(HORIZON + 1), transient_growth(V, HORIZON), rounding(V, HORIZON))


def eigenvector_angle(c: float) -> float:
    """The angle between the eigenvectors (1, 0) and (c, −0.1), in degrees: 90 for c = 0, where V is normal."""
    return float(np.degrees(np.arctan2(DIAGONAL[0] - DIAGONAL[1], shear(c)[0, 1])))


def best_path(c: float, k: int) -> np.ndarray:
    """h_0 … h_k, (2, k + 1), from the unit vector that V^k stretches most, on the side of the plane that it ends in."""
    V = shear(c)
    start = np.linalg.svd(np.linalg.matrix_power(V, steps(k)))[2][0]
    path = np.array([np.linalg.matrix_power(V, j) @ start for j in range(k + 1)]).T
    return path if path[0, -1] >= 0 else -path


@drawn_once
def shear_figure() -> go.Figure:
    """The plane at the left, growth over k at the right; filled by `shear_push`."""
    figure = go.Figure(layout=base_layout())
    dot, dashed = {"dash": "dot"}, {"dash": "dash"}
    for name, color, style, suffix in (
        (CIRCLE, GREY, dot, ""), (ELLIPSE, VERMILION, {}, ""), (FIRST, BLUE, dashed, ""),
        (SECOND, GREEN, {"dash": "dashdot"}, ""), (PATH, BLACK, {"width": 1.5}, ""),
        (GROWTH, VERMILION, {}, "2"), (RADIUS, GREY, dot, "2"),
    ):  # fmt: skip
        figure.add_scatter(
            x=circle[0], y=circle[1], name=name, mode="lines", line={"color": color, "width": 3, **style},
            xaxis=f"x{suffix}", yaxis=f"y{suffix}", **_legend_of(name),
        )  # fmt: skip
    for name, symbol, color, suffix in (
        (REACHED, "circle", BLACK, ""), (PEAK, "diamond-open", BLACK, "2"), (HERE, "circle", ORANGE, "2"),
    ):  # fmt: skip
        marker = {"color": color, "size": 10, "symbol": symbol, "line": {"width": 2}}
        figure.add_scatter(
            x=[0], y=[1], name=name, mode="markers", marker=marker,
            xaxis=f"x{suffix}", yaxis=f"y{suffix}", **_legend_of(name),
        )  # fmt: skip
    figure.update_layout(
        xaxis={
            "range": [-3, 3],
            "title": "first entry of h, upwards second",
            "constrain": "domain",
            "constraintoward": "left",
        },
        yaxis={"range": [-3, 3], "scaleanchor": "x", "constrain": "domain"},
        xaxis2={"anchor": "y2", "range": [0, HORIZON], "title": "k, number of steps"},
        yaxis2={"anchor": "x2", "range": [0, 7]},
        annotations=[title("", 0, 1) for _ in PANELS],
        **{name: legend_row() for name in LEGENDS},
    )
    figure.data[6].update(x=np.arange(HORIZON + 1), y=DIAGONAL[0] ** np.arange(HORIZON + 1))
    return arranged(figure, ARRANGEMENTS)


def _legend_of(name: str) -> dict[str, Any]:
    return next(({"legend": legend} for legend, names in LEGENDS.items() if name in names), {"showlegend": False})


def shear_push(c: float, k: int = 6) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """What the figure shows for this c after k steps."""
    V = shear(c)
    growth, highest = transient_growth(V, HORIZON), rise(c)
    ellipse = np.linalg.matrix_power(V, steps(k)) @ circle
    path = best_path(c, k)
    reach = nice_end(max(1.2, float(np.abs(ellipse).max()), float(np.abs(path).max())), 3.0)
    second = np.array([c, -0.1]) / np.hypot(c, 0.1)
    far = np.array([-2.0, 2.0]) * reach
    traces: dict[str, dict[str, Any]] = {
        ELLIPSE: {"x": ellipse[0], "y": ellipse[1]},
        FIRST: {"x": far, "y": 0 * far},
        SECOND: {"x": far * second[0], "y": far * second[1]},
        PATH: {"x": np.append(0.0, path[0]), "y": np.append(0.0, path[1])},
        REACHED: {"x": path[0, -1:], "y": path[1, -1:]},
        GROWTH: {"x": np.arange(HORIZON + 1), "y": growth},
        PEAK: {"x": np.array([highest.when]), "y": np.array([highest.height])},
        HERE: {"x": np.array([k]), "y": growth[k : k + 1]},
    }
    return traces, {
        "xaxis.range": [-reach, reach],
        "yaxis.range": [-reach, reach],
        "yaxis2.range": [0, nice_end(1.25 * highest.height, 7.0)],
        "annotations[0].text": f"Eigenvectors {fixed(eigenvector_angle(c), 0)}° apart",
        "annotations[1].text": f"{_title(highest)}; k = {k}: {fixed(growth[k], 2)}",
    }


def _title(highest: Rise) -> str:
    if highest.kind == "peaks":
        return f"Peak {fixed(highest.height, 2)} (k = {highest.when:.0f})"
    return "No start grows"


def shear_sentence(c: float, k: int = 6) -> str:
    """What the figure shows, in words."""
    V = shear(c)
    highest = rise(c)
    one_step, now = transient_growth(V, HORIZON)[[1, steps(k)]]
    start = f"c = {short(c)}: the eigenvalues are 0.9 and 0.8, the spectral radius is {fixed(spectral_radius(V), 1)}"
    start += f", the eigenvectors stand {fixed(eigenvector_angle(c), 1)} degrees apart"
    here = f"After k = {k} the longest vector of the unit circle has length {fixed(now, 2)}."
    end = f"one step stretches at most {fixed(one_step, 2)}-fold, and ‖Vᵏ‖ "
    if highest.kind == "peaks":
        end += f"peaks at {fixed(highest.height, 2)} for k = {highest.when:.0f}"
    else:
        end += "falls from the first step on"
    return f"{start}; {end}. {here}"
