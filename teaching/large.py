"""A lab's figure redrawn for the back of a room: some of its panels in one row, with type that is large beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

HIGH = 240  # pixels of a panel with its numbers: on a slide they are one and a half times to twice as long
LEFT, RIGHT, OVER, UNDER = 46, 14, 30, 44  # between a panel's edge and its plot
SECOND = 30  # more at the right, where a second axis has its numbers
TITLE = 10  # from the upper edge to the foot of a panel's title


def panels_of(parts: Mapping[str, Any]) -> tuple[str, ...]:
    """The panels of a figure (`LiveFigure.parts`), by their x axes: "x", "x2" …"""
    return tuple(dict.fromkeys(trace.get("xaxis") or "x" for trace in parts["data"]))


def large(parts: Mapping[str, Any], chosen: Sequence[str], width: int) -> dict[str, Any]:
    """The parts of a figure with these of its panels alone, each so many pixels wide.

    ValueError for a panel that the figure does not have.
    """
    data, layout = parts["data"], dict(parts["layout"])
    if unknown := [panel for panel in chosen if panel not in panels_of(parts)]:
        raise ValueError(f"the figure has the panels {', '.join(panels_of(parts))}; got {', '.join(unknown)}")
    whole = width * len(chosen)
    kept = [trace for trace in data if (trace.get("xaxis") or "x") in chosen]
    notes = []
    for place, panel in enumerate(chosen):
        mine = [trace for trace in kept if (trace.get("xaxis") or "x") == panel]
        axes = dict.fromkeys(trace.get("yaxis") or "y" for trace in mine)
        over = [axis for axis in axes if "overlaying" in _axis(layout, axis)]
        title = _title_of(layout, panel, next(axis for axis in axes if axis not in over))
        ends = place * width + LEFT, (place + 1) * width - RIGHT - SECOND * bool(over)
        layout[_name(panel)] = {**_axis(layout, panel), "domain": [end / whole for end in ends]}
        for axis in axes:
            layout[_name(axis)] = {**_axis(layout, axis), "domain": [UNDER / HIGH, 1 - OVER / HIGH]}
        notes.append({**title, "x": (place * width + TITLE) / whole, "y": 1 - (OVER - TITLE) / HIGH})
        notes += [note for note in layout.get("annotations", ()) if note.get("xref") in (panel, *axes)]
    sizes = {"width": whole, "height": HIGH, "margin": dict.fromkeys("lrtb", 0)}
    return {"data": kept, "layout": {**layout, **sizes, "annotations": notes}}


def _name(axis: str) -> str:
    return f"{axis[0]}axis{axis[1:]}"


def _axis(layout: Mapping[str, Any], axis: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = layout.get(_name(axis)) or {}
    return found


def _title_of(layout: Mapping[str, Any], x: str, y: str) -> Mapping[str, Any]:
    """The annotation that stands nearest to the upper left corner of the panel."""
    left, top = (_axis(layout, x).get("domain") or [0, 1])[0], (_axis(layout, y).get("domain") or [0, 1])[1]
    titles = [note for note in layout["annotations"] if note.get("xref") == "paper" == note.get("yref")]
    nearest: Mapping[str, Any] = min(titles, key=lambda note: abs(note["x"] - left) + abs(note["y"] - top))
    return nearest
