"""Panels in a grid: nothing lies over anything, at any width of the page."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pytest

from widgets.figures.layout import (
    BELOW,
    CELL,
    EDGE,
    FOOT,
    LEFT,
    LEGEND,
    NARROW,
    TITLE,
    Panel,
    arrangement,
    arrangements,
)
from widgets.live import LiveFigure

PANELS = [Panel(0, "", ("legend", "legend2"), right=45), Panel(1, "2"), Panel(2, "3", ("legend3",))]


def pixels(layout: dict[str, Any], width: int, panel: Panel) -> tuple[list[float], list[float], float]:
    """Left and right end of the plot, its top and bottom from the top of the figure, and the top of its title."""
    margin, height = layout["margin"], layout["height"]
    broad, high = width - margin["l"] - margin["r"], height - margin["t"] - margin["b"]
    x = [margin["l"] + part * broad for part in layout[f"xaxis{panel.axes}.domain"]]
    y = [margin["t"] + (1 - part) * high for part in reversed(layout[f"yaxis{panel.axes}.domain"])]
    return x, y, margin["t"] + (1 - layout[f"annotations[{panel.title}].y"]) * high - TITLE


@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("wider", [0, 137])
def test_no_plot_reaches_into_the_head_the_foot_or_the_numbers_of_another(columns: int, wider: int) -> None:
    width = columns * CELL
    layout = arrangement(PANELS, columns, width=width, row=300, strip=True)
    placed = [pixels(layout, width + wider, panel) for panel in PANELS]
    for place, (x, y, title) in enumerate(placed):
        assert y[0] >= title + TITLE + 2 * LEGEND and y[1] - y[0] > 100 and x[1] - x[0] > 200
        assert title == pytest.approx(place // columns * 300) and y[1] == pytest.approx(title + 300 - FOOT)
        for other_x, _, other_title in placed[place + 1 :]:
            assert other_title >= y[1] + FOOT - 1e-6 or other_x[0] >= x[1] + LEFT - 1e-6


@pytest.mark.parametrize("places", [3, 4, 6])
def test_columns_follow_the_width_and_places_stay_free(places: int) -> None:
    found = arrangements(PANELS, 300, places=places)
    assert {width: layout["height"] // 300 for width, layout in found.items()} == {
        0: places, NARROW: places, 2 * CELL: -(-places // 2), 3 * CELL: -(-places // 3)
    }  # fmt: skip
    two = arrangements(PANELS[:2], 300)
    assert list(two) == [0, NARROW, 2 * CELL], "never more columns than panels"


def test_on_a_phone_legends_are_stacked_and_the_plot_loses_nothing() -> None:
    found = arrangements(PANELS, 300)
    phone, usual = (pixels(found[width], CELL, PANELS[0]) for width in (0, NARROW))
    assert phone[1][1] - phone[1][0] == pytest.approx(usual[1][1] - usual[1][0])
    assert phone[1][0] == pytest.approx(TITLE + 4 * LEGEND + BELOW)


def test_titles_and_legends_stand_at_the_left_end_of_their_places_in_rows() -> None:
    layout = arrangement(PANELS, 3, width=3 * CELL, row=300)
    broad, high = 3 * CELL - EDGE - layout["margin"]["r"], 300 - FOOT
    for place, name in enumerate(("annotations[0]", "annotations[1]", "annotations[2]")):
        assert EDGE + layout[f"{name}.x"] * broad == pytest.approx(place * CELL + EDGE)
    assert (layout["legend.y"] - layout["legend2.y"]) * high == pytest.approx(LEGEND)


def test_a_live_figure_takes_the_widest_arrangement_for_itself_and_sends_all() -> None:
    figure = go.Figure(layout={"annotations": [{"text": "a"}], "height": 400})
    for suffix in ("", "2"):
        figure.add_scatter(y=[1], xaxis=f"x{suffix}", yaxis=f"y{suffix}")
        figure.layout[f"xaxis{suffix}"] = {"anchor": f"y{suffix}"}
    live = LiveFigure(figure)
    narrow = {"height": 600, "xaxis.domain": [0, 1], "annotations[0].x": 0.25}
    wide = {"height": 300, "xaxis.domain": [0, 0.5], "annotations[0].x": 0.5}
    large = {"height": 700, "xaxis.domain": [0, 0.4], "annotations[0].x": 0.5}
    live.arrange({800: wide, 0: narrow}, {(800, 600): large})
    sent = [[0, 0, narrow], [800, 0, wide], [800, 600, large]]
    assert live.arrangements == sent
    layout = live.figure.layout
    assert (layout.height, layout.xaxis.domain, layout.annotations[0].x) == (300, (0, 0.5), 0.5)
    for bad in ({}, {1: narrow}, {0: narrow, 800: {"height": 1}}, {0: {"xaxes.domain": [0, 1]}}):
        with pytest.raises(ValueError, match=r"arrangements must|is no attribute"):
            live.arrange(bad)
        assert live.arrangements == sent
    live.close()
