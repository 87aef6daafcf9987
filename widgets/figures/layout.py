"""Panels in a grid whose number of columns follows the width of the page: the layouts that `LiveFigure.arrange` takes.

From the top, a panel has its title, its legends in rows, a strip for marks if there are such, and the plot itself. All
but the plot has a height in pixels, so that nothing lies over anything, whatever the figure's size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

TITLE, LEGEND, STRIP = 24, 20, 20  # heights in pixels
BELOW = 20  # a legend hangs below its row, and the top number of an axis stands above its plot
TOP = 8  # that number, where there is no legend
FOOT = 50  # below a plot: the numbers and the name of its axis
LEFT, RIGHT = 58, 12  # beside a plot: its numbers, and room for half of one
EDGE = 8  # from the left end of a panel's place to its title and legends
MARGIN = {"l": EDGE, "r": RIGHT, "t": 0, "b": FOOT, "autoexpand": False}  # no legend moves the plots
NARROW = 460  # pixels below which legends are stacked
CELL = 360  # least width of a panel with all that is beside it
PHONE = 280  # least width that is cared for


@dataclass(frozen=True)
class Panel:
    """One panel: the index of its title among the annotations, the suffix of its axes ("", "2", …), its legends.

    legends: the layout's names of them ("legend", "legend2", …), one for each row, the upper first.
    left, right: pixels beside the plot, for what is written there; more where names stand there, or another axis.
    """

    title: int
    axes: str
    legends: tuple[str, ...] = ()
    right: int = RIGHT
    left: int = LEFT


def arrangement(
    panels: Sequence[Panel],
    columns: int,
    *,
    width: int,
    row: int,
    places: int | None = None,
    strip: bool = False,
    stacked: bool = False,
    key: int = 0,
) -> dict[str, Any]:
    """The paths of a layout that put panels into a grid, from left to right and from the top down.

    width: least width of the figure in pixels, of which the spaces between panels are taken; a wider figure has wider
    ones. row: height of a row in pixels. places: cells of the grid, if some at its end stay free. strip: whether there
    is a strip for marks above the plots. stacked: for a page so narrow that two entries of a legend do not stand side
    by side, legends of two entries one above the other. key: pixels above the first row, for one legend ("legend") of
    all panels.
    """
    rows, cell = -(-(places or len(panels)) // columns), width / columns
    high, broad = key + rows * row - FOOT, width - EDGE - RIGHT  # of plotly's plotting area: all but the margins
    legends, line = max(len(panel.legends) for panel in panels), LEGEND * (1 + stacked)
    head = TITLE + line * legends + (BELOW if legends else TOP) + STRIP * strip
    found: dict[str, Any] = {"height": key + rows * row, "margin": MARGIN}
    if key:
        found |= {"legend.x": 0.0, "legend.y": 1.0, "legend.orientation": "v" if stacked else "h"}
    for place, panel in enumerate(panels):
        top, left = key + place // columns * row, place % columns * cell
        ends = left + panel.left - EDGE, min(left + cell - panel.right - EDGE, broad)
        found[f"xaxis{panel.axes}.domain"] = [ends[0] / broad, ends[1] / broad]
        found[f"yaxis{panel.axes}.domain"] = [max(0.0, 1 - (top + row - FOOT) / high), 1 - (top + head) / high]
        found[f"annotations[{panel.title}].x"] = left / broad
        found[f"annotations[{panel.title}].y"] = 1 - (top + TITLE) / high
        for i, legend in enumerate(panel.legends):
            found[f"{legend}.x"] = left / broad
            found[f"{legend}.y"] = 1 - (top + TITLE + line * i) / high
            found[f"{legend}.orientation"] = "v" if stacked else "h"
    return found


def arrangements(panels: Sequence[Panel], row: int, cell: int = CELL, **options: Any) -> dict[int, dict[str, Any]]:
    """What `LiveFigure.arrange` takes: 1, 2 or 3 columns by the width of the figure, of `cell` pixels at least. row,
    options: `arrangement`."""
    taller = LEGEND * max(len(panel.legends) for panel in panels)
    columns = {NARROW: 1} | {count * cell: count for count in (2, 3) if count <= (options.get("places") or len(panels))}
    return {0: arrangement(panels, 1, width=PHONE, row=row + taller, stacked=True, **options)} | {
        width: arrangement(panels, count, width=width, row=row, **options) for width, count in columns.items()
    }


def grid_columns(cell: int = CELL) -> str:
    """The same columns as a grid of the page's own, for a figure that lies over a free place of another."""
    return f"repeat(auto-fill, minmax(min(100%, max({cell}px, 33.3%)), 1fr))"


def arranged(figure: go.Figure, found: Mapping[int, Mapping[str, Any]]) -> go.Figure:
    """The figure in the widest of the arrangements, which is that of its exported pictures."""
    for path, value in found[max(found)].items():
        figure.layout[path] = value
    # plotly puts the title of a y axis into the plot where margins are fixed: none has one
    return figure.update_xaxes({"title.font.size": 14, "title.standoff": 4})


def legend_row() -> dict[str, Any]:
    """A legend of one row above a plot; `arrangement` puts it in its place."""
    return {
        "tracegroupgap": 0, "xanchor": "left", "yanchor": "top", "bgcolor": "rgba(0,0,0,0)", "itemclick": False,
        "itemdoubleclick": False, "itemwidth": 30,
    }  # fmt: skip
