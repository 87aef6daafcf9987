"""A training in five panels of lines and markers, one graph; the sixth, the Schur form, lies over its free corner."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go

from .axes import decades, filled, nice_end, positive, thinned
from .frame import Frame, Snapshot
from .numbers import fixed, short, updates
from .style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, base_layout, title

HEIGHT = 640
COLUMNS = ((0.0, 0.29), (0.365, 0.64), (0.715, 1.0))
ROWS = ((0.58, 0.97), (0.0, 0.39))  # upper, lower
# column and row of: loss, eigenvalues, growth, gradient, memory; the heat map lies over the sixth place
PLACES = ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1))
FORM_PLACE = {"columns": "71% 29%", "rows": f"{HEIGHT // 2}px {HEIGHT // 2}px", "area": "2 / 2 / 3 / 3"}

Push = tuple[dict[str, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Words:
    """What the panels call things; it comes from the task and the model."""

    task: str
    score: str
    baseline: float
    floor: float | None
    length: int
    model: str


@dataclass
class Curves:
    """Loss and score that the steps so far have reported, of the run and of its untouched copy: entry u is of the
    network after u updates (see `Snapshot`). marks: (updates, words)."""

    loss: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    ghost: list[float] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)

    def up_to(self, snapshot: Snapshot) -> Curves:
        """The curves as they are when this network is shown: its own loss and score are their last points."""
        u = snapshot.updates
        marks = [mark for mark in self.marks if mark[0] <= u]
        loss, score = [*self.loss[:u], snapshot.loss], [*self.score[:u], snapshot.score]
        return Curves(loss, score, self.ghost[: u + 1], marks)

    def as_columns(self) -> dict[str, np.ndarray]:
        """Named columns of equal length: updates, loss, score and the copy's loss, NaN where the copy has not been."""
        length = len(self.loss)
        ghost = np.full(length, np.nan)
        ghost[: len(self.ghost)] = self.ghost[:length]
        return {
            "updates": np.arange(length),
            "loss": np.array(self.loss, float),
            "score": np.array(self.score, float),
            "untouched_copy_loss": ghost,
        }


def lines_figure(words: Words) -> go.Figure:
    """The five panels of lines, empty. Trace names are what `lines_push` fills."""
    figure = go.Figure(layout=base_layout(HEIGHT, showlegend=True))
    for number, (x, y) in enumerate(PLACES, start=1):
        suffix = "" if number == 1 else str(number)
        figure.layout[f"xaxis{suffix}"] = {"domain": COLUMNS[x], "anchor": f"y{suffix}", "mirror": True}
        figure.layout[f"yaxis{suffix}"] = {
            "domain": ROWS[y],
            "anchor": f"x{suffix}",
            "mirror": True,
            "exponentformat": "power",
        }
        figure.layout[f"legend{suffix}"] = {
            "x": COLUMNS[x][0] + 0.004, "y": ROWS[y][0] + 0.004, "xanchor": "left", "yanchor": "bottom",
            "font": {"size": 11}, "bgcolor": "rgba(255,255,255,0.7)", "tracegroupgap": 0, "itemclick": False,
        }  # fmt: skip
    figure.update_layout(
        legend4={"x": COLUMNS[0][1] - 0.004, "xanchor": "right"},  # the curve ends at 1, above it
        xaxis={"title": "updates", "range": [0, 100]},
        yaxis={"type": "log", "range": [-1, 0.25], "dtick": "D2"},
        yaxis6={
            "type": "linear", "overlaying": "y", "side": "right", "anchor": "x", "range": [0, 1.05], "tickmode": "auto",
            "showgrid": False, "tickfont": {"color": GREEN, "size": 11}, "nticks": 3, "mirror": False,
        },
        xaxis2={"title": "real and imaginary part", "range": [-1.7, 1.7]},
        yaxis2={"range": [-1.25, 1.25], "scaleanchor": "x2"},
        xaxis3={"title": "k", "range": [0, words.length]},
        yaxis3={"type": "log", "range": [-1, 1], "dtick": 1},
        xaxis4={"title": "time step t", "range": [0, words.length]},
        yaxis4={"type": "log", "range": [-2, 1], "dtick": 1},
        xaxis5={"title": "delay k", "range": [0, words.length]},
        yaxis5={"type": "log", "range": [-4, 0.2], "dtick": 1},
        annotations=[
            title(text, COLUMNS[x][0], ROWS[y][1])
            for text, (x, y) in zip(_titles(words, late=True, exact=True), PLACES, strict=True)
        ],
    )  # fmt: skip
    for trace in _line_traces(words):
        figure.add_trace(trace)
    return figure


def _titles(words: Words, late: bool, exact: bool) -> list[str]:
    return [
        f"Loss and {words.score}",
        "Eigenvalues of V, unit circle",
        "Growth of Vᵏ" + ("" if exact else " (estimate)"),
        "Gradient ‖∂ℓ<sub>late</sub>/∂h<sub>t</sub>‖" if late else "Gradient ‖∂L/∂h<sub>t</sub>‖, whole loss",
        "Fisher memory J(k)",
    ]


def _line_traces(words: Words) -> list[go.Scatter]:
    def line(name: str, panel: int, color: str, dash: str = "solid", width: float = 2, **more: Any) -> go.Scatter:
        suffix = "" if panel == 1 else str(panel)
        axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "legend": f"legend{suffix}"} | more.pop("axes", {})
        x, y = more.pop("x", [math.nan]), more.pop("y", [math.nan])
        style = {"color": color, "dash": dash, "width": width}
        return go.Scatter(x=x, y=y, name=name, mode="lines", line=style, **axes, **more)

    angle = np.linspace(0, 2 * np.pi, 181)
    ends = [0, 10**7]
    floor = [] if words.floor is None else [
        line(f"floor of normal networks {fixed(words.floor)}", 1, VERMILION, "dash", x=ends, y=[words.floor] * 2)
    ]  # fmt: skip
    return [
        line("untouched copy", 1, SKY, "solid", 1.5, showlegend=False),
        line(f"memoryless guess {fixed(words.baseline)}", 1, GREY, "dot", x=ends, y=[words.baseline] * 2),
        *floor,
        line("loss", 1, BLUE),
        line(words.score, 1, GREEN, "dashdot", 1.5, axes={"yaxis": "y6"}),
        line("unit circle", 2, GREY, "dot", 1.5, x=np.cos(angle), y=np.sin(angle), showlegend=False),
        go.Scatter(
            x=[math.nan], y=[math.nan], name="eigenvalues", mode="markers", xaxis="x2", yaxis="y2", showlegend=False,
            marker={"color": BLUE, "size": 7, "symbol": "circle-open", "line": {"width": 2}},
        ),
        line("orthogonal: 1", 3, GREY, "dot", 1.5, x=[0, words.length], y=[1, 1]),
        line("worst ‖Vᵏ‖₂", 3, VERMILION),
        line("typical ‖Vᵏ‖<sub>F</sub>/√N", 3, BLUE, "dash"),
        line("measured ‖h<sub>1+k</sub>‖/‖h<sub>1</sub>‖", 3, GREEN, "dashdot", 1.5),
        line("at the start", 4, ORANGE, "dot", 1.5),
        line("now", 4, BLUE),
        line("J(k), at the start", 5, ORANGE, "dot", 1.5),
        line("J(k)", 5, PURPLE),
    ]  # fmt: skip


def lines_push(frame: Frame, first: Frame, curves: Curves, words: Words, late: bool = True) -> Push:
    """What the five panels show now; `first` is the frame before any update. late: the last loss term's gradient."""
    snapshot = frame.snapshot
    values = frame.eigenvalues
    curves = curves.up_to(snapshot)
    done, loss = thinned(curves.loss)
    _, score = thinned(curves.score)
    ghost_done, ghost = thinned(curves.ghost)
    time = np.arange(len(snapshot.states))
    gradient, first_gradient = gradient_curve(frame, late), gradient_curve(first, late)
    states = snapshot.states / snapshot.states[0] if snapshot.states[0] > 0 else np.full(len(time), np.nan)
    traces = {
        "loss": {"x": done, "y": positive(loss)},
        words.score: {"x": done, "y": score},
        "untouched copy": {"x": ghost_done, "y": positive(ghost)},
        "eigenvalues": {"x": filled(values.real), "y": filled(values.imag)},
        "worst ‖Vᵏ‖₂": {"x": filled(frame.powers), "y": positive(frame.worst)},
        "typical ‖Vᵏ‖<sub>F</sub>/√N": {"x": filled(frame.powers), "y": positive(frame.typical)},
        "measured ‖h<sub>1+k</sub>‖/‖h<sub>1</sub>‖": {"x": time, "y": positive(states)},
        "at the start": {"x": time + 1, "y": positive(first_gradient)},
        "now": {"x": time + 1, "y": positive(gradient)},
        "J(k), at the start": {"x": np.arange(max(1, len(first.memory))), "y": positive(first.memory)},
        "J(k)": {"x": np.arange(max(1, len(frame.memory))), "y": positive(frame.memory)},
    }
    # the fall from a bad start is a few steps and would press the rest flat
    bounded = [np.minimum(curve, max(4 * words.baseline, np.nan_to_num(curve[-1]))) for curve in (loss, ghost)]
    titles = _titles(words, late, frame.exact)
    total = float(frame.memory.sum()) if frame.exact and len(frame.memory) else np.nan
    layout: dict[str, Any] = {
        "xaxis.range": [0, nice_end(len(curves.loss))],
        "yaxis.range": decades([*bounded, [words.baseline / 8, 1.4 * words.baseline]], 0.25),
        "yaxis6.range": [0, 1.05 * max(1.0, nice_end(float(np.nanmax(score, initial=0.0)), 1))],
        "yaxis3.range": decades([frame.worst, frame.typical, states, [0.15, 2]], 0.5, span=6),
        "yaxis4.range": decades([gradient, first_gradient, [0.03, 3]], 1, span=8),
        "annotations[2].text": titles[2],
        "annotations[3].text": titles[3],
        "annotations[4].text": titles[4] + (f", total {short(total)}" if np.isfinite(total) else ""),
        "shapes": [_mark(u, text) for u, text in curves.marks],
    }
    return traces, layout


def gradient_curve(frame: Frame, late: bool) -> np.ndarray:
    """Gradient norms over time: of the last loss term, 1 at its own time step, or of the whole loss as it is."""
    snapshot = frame.snapshot
    if late:
        return frame.late
    return np.full(len(snapshot.states), np.nan) if snapshot.whole is None else snapshot.whole


def _mark(u: int, text: str) -> dict[str, Any]:
    return {
        "type": "line", "xref": "x", "yref": "y domain", "x0": u, "x1": u, "y0": 0, "y1": 1,
        "line": {"color": BLACK, "width": 1, "dash": "dot"},
        "label": {"text": text, "textposition": "end", "textangle": -90, "font": {"size": 11},
                  "xanchor": "right", "yanchor": "top"},
    }  # fmt: skip


def sentence(frame: Frame, words: Words) -> str:
    """What the panels show, in words."""
    snapshot = frame.snapshot
    parts = [
        f"After {updates(snapshot.updates)}: loss {short(snapshot.loss)}, memoryless guess {short(words.baseline)}"
    ]
    if words.floor is not None:
        side = "below" if snapshot.loss < words.floor else "above"
        parts[0] += f", {side} the floor {fixed(words.floor)} of normal networks"
    parts.append(f"{words.score} {fixed(snapshot.score)}")
    if len(frame.eigenvalues):
        peak, k = frame.peak
        if normality := _normality(frame):
            parts.append(normality)
        about = "" if frame.exact else "about "
        parts.append(f"spectral radius {fixed(frame.radius)}, departure from normality {short(frame.departure)}")
        parts.append(f"V^k stretches at most {about}{short(peak)}-fold (k = {k})")
        if np.isfinite(frame.memory).all():
            parts.append(f"J(k) totals {short(frame.memory.sum())} (1 for an orthogonal V)")
        else:
            parts.append("J(k) is beyond double precision here")
    if snapshot.form is None:
        parts.append(f"{words.model} has no one recurrent matrix: eigenvalues, growth, memory, gradients are not drawn")
    if math.isfinite(frame.gradient_ratio):
        ratio = short(frame.gradient_ratio, 2)
        parts.append(f"gradient of the last loss term: {ratio} times as large at the first time step")
    return "; ".join(parts) + "."


def _normality(frame: Frame) -> str:
    """What an nnRNN's V is at this s: non-normal, normal, or orthogonal too."""
    snapshot = frame.snapshot
    if not snapshot.blocks:
        return ""
    if frame.departure > 0:
        return f"T scale {short(snapshot.scale)}"
    orthogonal = np.allclose(np.abs(frame.eigenvalues), 1, atol=1e-6)
    why = "s = 0" if snapshot.scale == 0 else "T = 0"
    return f"{why}: V is normal" + (", and orthogonal, for γ = 1" if orthogonal else ", not orthogonal: γ has left 1")
