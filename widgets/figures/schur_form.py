"""The Schur form as a heat map: the blocks Λ on one colour scale, the feed-forward part s T on its own.

In a graph of its own: a heat map is slower to paint than lines.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnrnn_core import dynamics

from .axes import nice_end
from .frame import Frame
from .layout import EDGE, FOOT, LEFT, RIGHT, TITLE, TOP
from .numbers import short, updates
from .style import BLACK, FEED_FORWARD, ROTATIONS, base_layout, drawn_once, title
from .training import ROW, Push, Words

BOXES = "2×2 blocks"
FRAMED = 64  # rows up to which blocks have frames: of more, these would hide what they are around
BEYOND = 0.05  # of the entries may lie beyond the colours,
FAR = 4.0  # where the largest is more than so many times what all others are at most
DUST = 1e-3  # times the largest: what is smaller does not count


@drawn_once
def form_figure(words: Words) -> go.Figure:
    """The Schur form: the blocks Λ on one colour scale, the feed-forward part s T on its own."""
    figure = go.Figure(layout=base_layout(ROW, margin={"l": LEFT, "r": RIGHT, "t": TITLE + TOP, "b": FOOT}))
    bar = {"thickness": 10, "len": 0.48, "x": 1.0}
    for name, scale, y in (("Λ", ROTATIONS, 0.78), ("s T", FEED_FORWARD, 0.24)):
        colorbar = {**bar, "y": y, "title": {"text": name}}
        figure.add_trace(heat_map(name, scale, colorbar=colorbar))
    figure.add_trace(block_frames())
    figure.update_layout(
        xaxis={"range": [-0.5, 1.5], "constrain": "domain", "showgrid": False},
        yaxis={"range": [1.5, -0.5], "scaleanchor": "x", "constrain": "domain", "showgrid": False},
        annotations=[title(form_title(words), 0, 1) | {"xshift": EDGE - LEFT, "yshift": TOP}],
    )
    return figure


def heat_map(name: str, colours: list[list[Any]], **more: Any) -> go.Heatmap:
    """A heat map of signed numbers, its limits fixed (the page draws it fast), empty."""
    empty = np.full((2, 2), np.nan)
    return go.Heatmap(
        z=empty, name=name, colorscale=colours, zmin=-1, zmax=1, zmid=0, hoverongaps=False, **more
    )  # fmt: skip


def boxes(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A frame around each 2×2 block, as one line with gaps; none in a form of many rows."""
    across = np.array([-0.5, 1.5, 1.5, -0.5, -0.5, math.nan])
    down = np.array([-0.5, -0.5, 1.5, 1.5, -0.5, math.nan])
    if not len(rows) or rows[-1] + 2 > FRAMED:
        return np.array([math.nan]), np.array([math.nan])
    return (rows[:, None] + across).ravel(), (rows[:, None] + down).ravel()


def block_frames(**more: Any) -> go.Scatter:
    """The line of `boxes`, empty: it says without colour which entries of a form are Λ's."""
    line = {"color": BLACK, "width": 1.5}
    return go.Scatter(
        x=[math.nan], y=[math.nan], name=BOXES, mode="lines", line=line, hoverinfo="skip", showlegend=False, **more
    )


def colour_end(*maps: np.ndarray) -> float:
    """Where the colours of these maps end: at the largest entry, or, where that is far from nearly all others, at the
    one that `BEYOND` of them exceed. Otherwise a connectome with a few entries a hundred times the rest is all grey."""
    entries = np.abs(np.concatenate([np.ravel(entries) for entries in maps]))
    largest = float(np.nanmax(entries, initial=0.0)) or 1.0
    seen = np.sort(entries[entries > DUST * largest])
    usual = float(seen[-1 - int(BEYOND * len(seen))]) if len(seen) else largest
    return nice_end(usual if largest > FAR * usual else largest, 0.0)


def beyond_words(*maps: tuple[np.ndarray, float]) -> str:
    """How many entries of maps lie beyond the ends of their colours, and the largest; "" if there is none."""
    parts = [(np.abs(entries[np.isfinite(entries)]), end) for entries, end in maps]
    count = sum(int((entries > end * (1 + 1e-5)).sum()) for entries, end in parts)
    if not count:
        return ""
    return f"; {count} beyond the colours, up to {short(max(float(part.max(initial=0.0)) for part, _ in parts))}"


def form_title(words: Words) -> str:
    return {"nnrnn": "Schur form Λ + s T", "lstm": "An LSTM has no V"}.get(words.model, "Schur form of V")


def form_push(frame: Frame) -> Push:
    """The two heat maps, and a title with the updates at which they were so: while a network trains they are painted
    once a second. Nothing for a model without a V."""
    form = frame.snapshot.form
    if form is None:
        return {}, {}
    if frame.snapshot.blocks:
        rows = np.arange(0, len(form), 2)
    else:
        _, blocks, below = dynamics.schur_parts(form)
        form = blocks + below
        rows = dynamics.block_rows(form)
    blocks, feed_forward = form_maps(form, rows)
    # round, so that the colours keep their meaning while T grows
    limit = nice_end(float(np.nanmax(np.abs(feed_forward), initial=0.0)) or 1.0, 0.0)
    traces: dict[str, dict[str, Any]] = {
        "Λ": {"z": blocks},
        "s T": {"z": feed_forward, "zmin": -limit, "zmax": limit},
        BOXES: dict(zip("xy", boxes(rows), strict=True)),
    }
    name = "Λ + s T" if frame.snapshot.blocks else "Schur form of V"
    end = len(form) - 0.5
    return traces, {
        "annotations[0].text": f"{name} after {updates(frame.snapshot.updates)}",
        "xaxis.range": [-0.5, end],
        "yaxis.range": [end, -0.5],
    }


def form_maps(form: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A lower block-triangular form as two maps, NaN elsewhere: its diagonal with the 2×2 blocks, and what is below.

    rows: the first of each 2×2 block.
    """
    inside = np.eye(len(form), dtype=bool)
    for i in rows:
        inside[i : i + 2, i : i + 2] = True
    below = np.tri(len(form), dtype=bool) & ~inside
    return np.where(inside, form, np.nan), np.where(below, form, np.nan)


def form_sentence(frame: Frame) -> str:
    """What the heat map shows, in words."""
    form = frame.snapshot.form
    if form is None:
        return "This network has no recurrent matrix."
    return (
        f"Schur form of V, {len(form)} by {len(form)}: 2×2 blocks with the eigenvalues on the diagonal, below them the "
        f"feed-forward part of Frobenius norm {short(frame.departure)}; nothing above."
    )
