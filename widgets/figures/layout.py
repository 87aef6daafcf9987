"""Panels in a grid whose number of columns follows the width of the page: the layouts that `LiveFigure.arrange` takes.

From the top, a panel has its title, its legends in rows, a strip for marks if there are such, and the plot itself. All
but the plot has a height in pixels, so that nothing lies over anything, whatever the figure's size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TITLE, LEGEND, STRIP = 24, 20, 20  # heights in pixels
FOOT = 50  # below a plot: the numbers and the name of its axis
LEFT, RIGHT = 58, 12  # beside a plot: its numbers, and room for half of one
EDGE = 8  # from the left end of a panel's place to its title and legends
CELL = 360  # least width of a panel with all that is beside it
COLUMNS = {0: 1, 2 * CELL: 2, 3 * CELL: 3}  # least width of the figure: columns
# The same as a grid of the page's own, for a figure that lies over a free place of another.
GRID = f"repeat(auto-fill, minmax(min(100%, max({CELL}px, 33.3%)), 1fr))"


@dataclass(frozen=True)
class Panel:
    """One panel: the index of its title among the annotations, the suffix of its axes ("", "2", …), its legends.

    legends: the layout's names of them ("legend", "legend2", …), one for each row, the upper first.
    right: pixels beside the plot, where it has an axis there too.
    """

    title: int
    axes: str
    legends: tuple[str, ...] = ()
    right: int = RIGHT


def arrangement(
    panels: Sequence[Panel], columns: int, *, width: int, row: int, places: int | None = None, strip: bool = False
) -> dict[str, Any]:
    """The paths of a layout that put panels into a grid, from left to right and from the top down.

    width: least width of the figure in pixels, of which the spaces between panels are taken; a wider figure has wider
    ones. row: height of a row in pixels. places: cells of the grid, if some at its end stay free. strip: whether there
    is a strip for marks above the plots.
    """
    rows = -(-(places or len(panels)) // columns)
    high, broad = rows * row - FOOT, width - LEFT - RIGHT  # of plotly's plotting area: all but the margins
    head = TITLE + LEGEND * max(len(panel.legends) for panel in panels) + STRIP * strip
    cell = (broad + LEFT + RIGHT) / columns
    found: dict[str, Any] = {"height": rows * row, "margin": {"l": LEFT, "r": RIGHT, "t": 0, "b": FOOT}}
    for place, panel in enumerate(panels):
        top, left = place // columns * row, place % columns * cell
        ends = left, min(left + cell - LEFT - panel.right, broad)
        found[f"xaxis{panel.axes}.domain"] = [ends[0] / broad, ends[1] / broad]
        found[f"yaxis{panel.axes}.domain"] = [max(0.0, 1 - (top + row - FOOT) / high), 1 - (top + head) / high]
        found[f"annotations[{panel.title}].x"] = (left + EDGE - LEFT) / broad
        found[f"annotations[{panel.title}].y"] = 1 - (top + TITLE) / high
        for i, legend in enumerate(panel.legends):
            found[f"{legend}.x"] = (left + EDGE - LEFT) / broad
            found[f"{legend}.y"] = 1 - (top + TITLE + LEGEND * i) / high
    return found


def arrangements(panels: Sequence[Panel], row: int, **options: Any) -> dict[int, dict[str, Any]]:
    """What `LiveFigure.arrange` takes: 1, 2 or 3 columns by the width of the figure. row, options: `arrangement`."""
    return {
        width: arrangement(panels, columns, width=max(width, CELL), row=row, **options)
        for width, columns in COLUMNS.items()
        if columns <= (options.get("places") or len(panels))
    }


def legend_row() -> dict[str, Any]:
    """A legend of one row above a plot; `arrangement` puts it in its place."""
    return {
        "orientation": "h", "xanchor": "left", "yanchor": "top", "bgcolor": "rgba(0,0,0,0)", "itemclick": False,
        "itemdoubleclick": False, "itemwidth": 30,
    }  # fmt: skip
