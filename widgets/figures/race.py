"""The race: the held-out score of each network against updates, a ribbon over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from .style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, base_layout

COLOURS = (VERMILION, BLUE, GREEN, PURPLE, ORANGE, SKY, BLACK, GREY)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash")
Lines = Sequence[Mapping[str, Any]]


def race_figure(runs: Sequence[Lines], what: str = "valid_score") -> go.Figure:
    """Mean over seeds of `what` against updates, one line for each network with its name at the end; between the least
    and the largest a ribbon. `runs`: the lines of result files of one task (`nnrnn_core.experiments.read`)."""
    figure = go.Figure(layout=base_layout(420, showlegend=False, title=runs[0][0]["task"]))
    networks = list(dict.fromkeys(lines[0]["network"] for lines in runs))
    for number, network in enumerate(networks):
        curves = [curve(lines, what) for lines in runs if lines[0]["network"] == network]
        updates, values = together(curves)
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        edges = np.concatenate([values.min(0), values.max(0)[::-1]])
        there_and_back = np.concatenate([updates, updates[::-1]])
        ribbon = {"fill": "toself", "fillcolor": colour, "opacity": 0.2, "line": {"width": 0}, "hoverinfo": "skip"}
        figure.add_scatter(x=there_and_back, y=edges, **ribbon)
        mean = values.mean(0)
        figure.add_scatter(x=updates, y=mean, name=network, mode="lines", line={"color": colour, "dash": dash})
        at = {"x": updates[-1], "y": mean[-1], "text": network, "font": {"color": colour}}
        figure.add_annotation(**at, showarrow=False, xanchor="left", xshift=6)
    figure.update_layout(xaxis_title="updates", yaxis_title=what.replace("_", " "), margin_r=90)
    return figure


def curve(lines: Lines, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Updates and values of one run."""
    points = [(line["updates"], line[what]) for line in lines if what in line]
    return np.array([x for x, _ in points]), np.array([y for _, y in points])


def together(curves: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """The updates that all runs have, and (run, update) their values there."""
    shared = curves[0][0]
    for updates, _ in curves[1:]:
        shared = np.intersect1d(shared, updates)
    return shared, np.array([values[np.isin(updates, shared)] for updates, values in curves])


def race_sentence(runs: Sequence[Lines], what: str = "valid_score") -> str:
    """Where each network stands at the end, best first: of some scores the lowest."""
    ends: dict[str, list[float]] = {}
    for lines in runs:
        ends.setdefault(lines[0]["network"], []).append(float(curve(lines, what)[1][-1]))
    highest_first = what == "valid_score" and runs[0][0]["higher_is_better"]
    ranked = sorted(ends, key=lambda network: float(np.mean(ends[network])), reverse=highest_first)
    return "; ".join(f"{name}: {np.mean(ends[name]):.3g} ({len(ends[name])} seeds)" for name in ranked)
