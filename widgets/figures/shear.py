"""The growth of the powers of a 2×2 shear: eigenvalues that stay, a transient that grows."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnrnn_core.dynamics import spectral_radius, transient_growth

from .style import BLACK, GREY, VERMILION, base_layout

HORIZON = 40  # the largest power shown
LARGEST = 5.0  # of c
GROWTH, RADIUS, PEAK = "‖Vᵏ‖₂, the most that k steps can stretch", "0.9ᵏ, what the eigenvalues suggest", "peak"


def shear(c: float) -> np.ndarray:
    """V = [[0.9, c], [0, 0.8]]: eigenvalues 0.9 and 0.8 for every c. c from 0 to 5."""
    number: Any = c
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= LARGEST:
        raise ValueError(f"c must be a number from 0 to {LARGEST:g}; got {c!r}")
    return np.array([[0.9, c], [0.0, 0.8]])


def peak(c: float) -> tuple[float, int]:
    """The largest ‖V^k‖₂, k = 0 … 40, and its k."""
    growth = transient_growth(shear(c), HORIZON)
    k = int(np.argmax(growth))
    return float(growth[k]), k


def shear_figure() -> go.Figure:
    """‖V^k‖₂ over k against 0.9^k, filled by `shear_push`."""
    powers = np.arange(HORIZON + 1)
    figure = go.Figure(layout=base_layout(380))
    lines = {GROWTH: (VERMILION, "solid"), RADIUS: (GREY, "dot")}
    for name, (color, dash) in lines.items():
        style = {"color": color, "dash": dash, "width": 3}
        figure.add_scatter(x=powers, y=0.9**powers, name=name, mode="lines", line=style)
    star = {"color": BLACK, "size": 11, "symbol": "diamond-open", "line": {"width": 2}}
    figure.add_scatter(
        x=[0], y=[1.0], name=PEAK, mode="markers+text", textposition="top center", marker=star, text=[""]
    )
    figure.update_layout(
        xaxis={"title": "k, number of steps", "range": [0, HORIZON]},
        yaxis={"title": "stretched by", "range": [0, 7]},
        legend={"x": 0.99, "xanchor": "right", "y": 0.99},
    )
    return figure


def shear_push(c: float) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """What the figure shows for this c."""
    height, k = peak(c)
    traces: dict[str, dict[str, Any]] = {
        GROWTH: {"y": transient_growth(shear(c), HORIZON)},
        PEAK: {"x": np.array([k]), "y": np.array([height]), "text": [f"{height:.2f} at k = {k}"]},
    }
    return traces, {"yaxis.range": [0, max(7.0, 1.25 * height)]}


def shear_sentence(c: float) -> str:
    """What the figure shows, in words."""
    V = shear(c)
    height, k = peak(c)
    one_step = transient_growth(V, 1)[1]
    start = f"c = {c:g}: the eigenvalues are 0.9 and 0.8, the spectral radius is {spectral_radius(V):.1f}"
    if k == 0:
        return f"{start}; one step stretches at most {one_step:.2f}-fold, and ‖V^k‖ falls from the first step on."
    return f"{start}; one step stretches at most {one_step:.2f}-fold, and ‖V^k‖ peaks at {height:.2f} for k = {k}."
