"""A training in five panels of lines and markers, one graph; the sixth, the Schur form, lies over its free corner."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go

from .axes import decades, filled, log_ticks, nice_end, positive, thinned
from .frame import Frame, Snapshot
from .layout import Panel, arranged, arrangement, arrangements, legend_row
from .marks import Mark, mark_shapes
from .numbers import fixed, short, total, updates
from .style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, base_layout, drawn_once, title

ROW = 340  # height of a row of panels in pixels
# Loss, eigenvalues, growth, gradient, memory; the heat map lies over the sixth place.
PANELS = (
    Panel(0, "", ("legend", "legend2"), right=45),
    Panel(1, "2"),
    Panel(2, "3", ("legend3", "legend4")),
    Panel(3, "4", ("legend5",)),
    Panel(4, "5", ("legend6",)),
)
PLACES = 6
CELL = 330  # least width of a panel
LAYOUTS = arrangements(PANELS, ROW, CELL, places=PLACES, strip=True)
# Least width and height of a full screen: height of a row. All panels, the controls and the sentence are in sight.
SCREENS = {(1120, 700): 290, (1120, 880): 375, (1120, 1040): 455}
SCREEN_LAYOUTS = {
    size: arrangement(PANELS, 3, width=3 * CELL, row=row, places=PLACES, strip=True) for size, row in SCREENS.items()
}

TYPICAL, MEASURED = "typical ‖Vᵏ‖<sub>F</sub>/√N", "measured ‖h<sub>1+k</sub>‖/‖h<sub>1</sub>‖"
CIRCLE = (1.7, 1.25)  # half the axes around the unit circle

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


def _numbers() -> array[float]:
    return array("d")


@dataclass
class Curves:
    """Loss and score that the steps so far have reported, of the run and of its untouched copy: entry u is of the
    network after u updates (see `Snapshot`)."""

    loss: array[float] = field(default_factory=_numbers)
    score: array[float] = field(default_factory=_numbers)
    ghost: array[float] = field(default_factory=_numbers)
    marks: list[Mark] = field(default_factory=list)

    def up_to(self, snapshot: Snapshot) -> Curves:
        """The curves as they are when this network is shown: its own loss and score are their last points."""
        u = snapshot.updates
        loss, score = self.loss[:u], self.score[:u]
        loss.append(snapshot.loss)
        score.append(snapshot.score)
        return Curves(loss, score, self.ghost[: u + 1], [mark for mark in self.marks if mark.updates <= u])

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


@drawn_once
def lines_figure(words: Words) -> go.Figure:
    """The five panels of lines, empty. Trace names are what `lines_push` fills."""
    figure = go.Figure(layout=base_layout(ROW, showlegend=True))
    for panel in PANELS:
        figure.layout[f"xaxis{panel.axes}"] = {"anchor": f"y{panel.axes}", "mirror": True}
        figure.layout[f"yaxis{panel.axes}"] = {"anchor": f"x{panel.axes}", "mirror": True, "exponentformat": "power"}
        for legend in panel.legends:
            figure.layout[legend] = legend_row()
    figure.update_layout(
        xaxis={"title": "updates", "range": [0, 100]},
        yaxis={"type": "log", "range": [-1, 0.25], "dtick": "D2", "tickformat": "~g"},
        yaxis6={
            "type": "linear", "overlaying": "y", "side": "right", "anchor": "x", "range": [0, 1.05], "tickmode": "auto",
            "showgrid": False, "tickfont": {"color": GREEN}, "nticks": 3, "mirror": False,
        },
        # a whole circle at any width: the panel narrows, and the ranges stay
        xaxis2={"title": "real and imaginary part", "range": [-CIRCLE[0], CIRCLE[0]], "constrain": "domain"},
        yaxis2={"range": [-CIRCLE[1], CIRCLE[1]], "scaleanchor": "x2", "constrain": "domain"},
        xaxis3={"title": "k", "range": [0, words.length]},
        yaxis3={"type": "log", "range": [-1, 1], "dtick": 1},
        xaxis4={"title": "time step t", "range": [0, words.length]},
        yaxis4={"type": "log", "range": [-2, 1], "dtick": 1},
        xaxis5={"title": "delay k of J(k)", "range": [0, words.length]},
        yaxis5={"type": "log", "range": [-4, 0.2], "dtick": 1},
        annotations=[title(text, 0, 1) for text in _titles(words, True, True, math.nan)],
    )  # fmt: skip
    for trace in _line_traces(words):
        figure.add_trace(trace)
    return arranged(figure, LAYOUTS)


def _titles(words: Words, late: bool, exact: bool, memory: float) -> list[str]:
    """Of the five panels; memory: the total of the J(k) that is drawn, NaN without one."""
    about = "" if exact else "about "
    return [
        f"Loss and {words.score}",
        "Eigenvalues of V, unit circle",
        "Growth ‖Vᵏ‖₂" + ("" if exact else " (estimate)"),
        "Gradient ‖∂ℓ<sub>late</sub>/∂h<sub>t</sub>‖" if late else "Gradient ‖∂L/∂h<sub>t</sub>‖, whole loss",
        "Fisher memory" + (f", total {about}{total(memory)}" if math.isfinite(memory) else ""),
    ]


def _line_traces(words: Words) -> list[go.Scatter]:
    def line(name: str, panel: int, color: str, dash: str = "solid", width: float = 2, **more: Any) -> go.Scatter:
        suffix = "" if panel == 1 else str(panel)
        axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"} | more.pop("axes", {})
        x, y = more.pop("x", [math.nan]), more.pop("y", [math.nan])
        style = {"color": color, "dash": dash, "width": width}
        return go.Scatter(x=x, y=y, name=name, mode="lines", line=style, **axes, **more)

    def dots(name: str, panel: int, **marker: Any) -> go.Scatter:
        suffix = "" if panel == 1 else str(panel)
        style = {"x": [math.nan], "y": [math.nan], "xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "marker": marker}
        return go.Scatter(name=name, mode="markers", showlegend=False, **style)

    angle = np.linspace(0, 2 * np.pi, 181)
    ends = [0, 10**7]
    floor = [] if words.floor is None else [
        line(f"floor {fixed(words.floor)}", 1, VERMILION, "dash", x=ends, y=[words.floor] * 2, legend="legend")
    ]  # fmt: skip
    memoryless = f"memoryless {fixed(words.baseline)}"
    return [
        line("untouched copy", 1, SKY, "solid", 1.5, showlegend=False, legend="legend"),
        line(memoryless, 1, GREY, "dot", x=ends, y=[words.baseline] * 2, legend="legend2"),
        *floor,
        line("loss", 1, BLUE, legend="legend"),
        dots("loss shown", 1, color=BLUE, size=7),
        line(words.score, 1, GREEN, "dashdot", 1.5, axes={"yaxis": "y6"}, legend="legend2"),
        line("unit circle", 2, GREY, "dot", 1.5, x=np.cos(angle), y=np.sin(angle), showlegend=False),
        dots("eigenvalues", 2, color=BLUE, size=7, symbol="circle-open", line={"width": 2}),
        line("orthogonal: 1", 3, GREY, "dot", 1.5, x=[0, words.length], y=[1, 1], showlegend=False),
        line("largest ‖Vᵏ‖₂", 3, VERMILION, legend="legend3", showlegend=False),
        line(TYPICAL, 3, BLUE, "dash", legend="legend3", visible=False),
        line(MEASURED, 3, GREEN, "dashdot", 1.5, legend="legend4", visible=False),
        line("at the start", 4, ORANGE, "dot", 1.5, legend="legend5", visible=False),
        line("now", 4, BLUE, legend="legend5", showlegend=False),
        line("J(k), at the start", 5, ORANGE, "dot", 1.5, legend="legend6", visible=False),
        line("J(k)", 5, PURPLE, legend="legend6", showlegend=False),
    ]  # fmt: skip


def lines_push(
    frame: Frame, first: Frame, curves: Curves, words: Words, late: bool = True, growth: bool = True, start: bool = True
) -> Push:
    """What the five panels show now; `first` is the frame before any update. late: the last loss term's gradient.
    growth: the typical and the measured growth too. start: the gradient and J(k) at the start too. A panel with one
    curve needs no legend: its title names it."""
    curves = curves.up_to(frame.snapshot)
    traces = _loss_panel(curves, words) | _matrix_panels(frame, first) | _gradient_panel(frame, first, late)
    for names, more in (((TYPICAL, MEASURED), growth), (("at the start", "J(k), at the start"), start)):
        for name in names:  # what is not in sight is not sent
            traces[name] = traces[name] | {"visible": True} if more else {"visible": False}
    for name, more in (("largest ‖Vᵏ‖₂", growth), ("now", start), ("J(k)", start)):
        traces[name]["showlegend"] = more
    end = nice_end(len(curves.loss))
    layout: dict[str, Any] = {
        "xaxis.range": [0, end],
        "shapes": mark_shapes(curves.marks, end),
        **_ranges(traces, words),
        **_title_texts(traces, words, late, frame.exact),
    }
    return traces, layout


def _loss_panel(curves: Curves, words: Words) -> dict[str, dict[str, Any]]:
    (done, loss), (scored, score), (ghost_done, ghost) = map(thinned, (curves.loss, curves.score, curves.ghost))
    return {
        "loss": {"x": done, "y": positive(loss)},
        "loss shown": {"x": done[-1:], "y": positive(loss[-1:])},
        words.score: {"x": scored, "y": score},
        "untouched copy": {"x": ghost_done, "y": positive(ghost), "showlegend": len(curves.ghost) > 0},
    }


def _matrix_panels(frame: Frame, first: Frame) -> dict[str, dict[str, Any]]:
    """Eigenvalues, growth and memory."""
    values, states = frame.eigenvalues, frame.snapshot.states
    relative = states / states[0] if states[0] > 0 else np.full(len(states), np.nan)
    return {
        "eigenvalues": {"x": filled(values.real), "y": filled(values.imag)},
        "largest ‖Vᵏ‖₂": {"x": filled(frame.powers), "y": positive(frame.largest)},
        TYPICAL: {"x": filled(frame.powers), "y": positive(frame.typical)},
        MEASURED: {"x": np.arange(len(states)), "y": positive(relative)},
        "J(k), at the start": {"x": np.arange(max(1, len(first.memory))), "y": positive(first.memory)},
        "J(k)": {"x": np.arange(max(1, len(frame.memory))), "y": positive(frame.memory)},
    }


def _gradient_panel(frame: Frame, first: Frame, late: bool) -> dict[str, dict[str, Any]]:
    time = np.arange(len(frame.snapshot.states)) + 1
    curves = {"at the start": gradient_curve(first, late), "now": gradient_curve(frame, late)}
    return {name: {"x": time, "y": positive(curve)} for name, curve in curves.items()}


def _ranges(traces: dict[str, dict[str, Any]], words: Words) -> dict[str, Any]:
    """Of the axes that follow what is drawn, and the numbers at that of the loss."""
    drawn = {name: attributes["y"] for name, attributes in traces.items() if "y" in attributes}
    # the fall from a bad start is a few steps and would press the rest flat; where the curves end is always in sight
    bounded = [
        np.minimum(curve, max(4 * words.baseline, np.nan_to_num(curve[-1])))
        for curve in (drawn["loss"], drawn["untouched copy"])
    ]
    radius = float(np.nanmax(np.hypot(traces["eigenvalues"]["x"], drawn["eigenvalues"]), initial=0.0))
    beyond = max(1.0, nice_end(1.1 * radius / CIRCLE[1], 1.0))
    growth = [curve for name, curve in drawn.items() if "‖" in name]
    loss = decades([*bounded, [words.baseline / 8, 1.4 * words.baseline]], 0.25)
    return {
        "yaxis.range": loss,
        **log_ticks("yaxis", loss[0], loss[1], 6),
        "yaxis6.range": [0, 1.05 * max(1.0, nice_end(float(np.nanmax(drawn[words.score], initial=0.0)), 1))],
        "xaxis2.range": [-beyond * CIRCLE[0], beyond * CIRCLE[0]],
        "yaxis2.range": [-beyond * CIRCLE[1], beyond * CIRCLE[1]],
        "yaxis3.range": decades([*growth, [0.15, 2]], 0.5, span=6),
        "yaxis4.range": decades([drawn["now"], drawn.get("at the start", [1.0]), [0.03, 3]], 1, span=8),
    }


def _title_texts(traces: dict[str, dict[str, Any]], words: Words, late: bool, exact: bool) -> dict[str, str]:
    """The titles that change. Their numbers are computed from what is drawn, so that they are those of the figure."""
    texts = _titles(words, late, exact, float(traces["J(k)"]["y"].sum()))
    return {f"annotations[{panel}].text": texts[panel] for panel in (2, 3, 4)}


def of_a_sequence(memory: bool) -> list[str]:
    """The curves that a move of T's scale leaves as they were until a sequence has been run. memory: J(k) too."""
    return ["now", MEASURED, *(["J(k)", "annotations[4].text"] if memory else [])]


def gradient_curve(frame: Frame, late: bool) -> np.ndarray:
    """Gradient norms over time: of the last loss term, 1 at its own time step, or of the whole loss as it is."""
    snapshot = frame.snapshot
    if late:
        return frame.late
    return np.full(len(snapshot.states), np.nan) if snapshot.whole is None else snapshot.whole


def sentence(frame: Frame, words: Words) -> str:
    """What the panels show, in words."""
    snapshot = frame.snapshot
    parts = [
        f"After {updates(snapshot.updates)}: loss {short(snapshot.loss)}, memoryless guess {fixed(words.baseline)}"
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
            parts.append(f"J(k) totals {about}{total(frame.memory.sum())} (1 for an orthogonal V)")
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
