"""Colours, line styles and layout that all figures share."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

# Okabe & Ito's palette, its lighter colours darkened until each has a contrast of 3 with white and, as theme.css turns
# them, with the dark ground; told apart with every common form of colour blindness (tests/test_colours.py). Dashes and
# markers say it again.
BLACK, ORANGE, SKY, GREEN = "#000000", "#C88800", "#3F9BD1", "#009E73"
BLUE, VERMILION, PURPLE = "#0067A6", "#C24A00", "#CC79A7"
GREY = "#5F5F5F"
# Heat maps of signed numbers: dark below 0, grey at 0, light above, so that every sign is seen without colour too (with
# white at 0, + and - look the same). On a dark ground light and dark change places.
FEED_FORWARD = [[0, "#003F7D"], [0.5, "#969696"], [1, "#FFE680"]]
ROTATIONS = [[0, "#4B2A84"], [0.5, "#969696"], [1, "#A8F0C8"]]
DARK = -0.3  # of a scale's end: where what is written in a cell turns from black to white

# An empty figure is the same each time, and plotly takes 50 to 80 ms to make it: about half of the making of a small
# lab. So all labs of a kind have it from one, which `LiveFigure` copies; whoever changes a figure copies it too.
drawn_once = lru_cache(maxsize=8)


def base_layout(height: int = 450, **more: Any) -> dict[str, Any]:
    """White ground, text of 14 px, no animation. height: of a figure that is not arranged (see `layout`)."""
    return {
        "height": height,
        "template": "simple_white",
        "font": {"size": 14, "family": "Arial, Helvetica, sans-serif"},
        "margin": {"l": 58, "r": 20, "t": 34, "b": 48},
        "hovermode": "closest",
        "hoverlabel": {"font": {"size": 14}},
        **more,
    }


def title(text: str, x: float, y: float) -> dict[str, Any]:
    """A panel's title: an annotation whose lower left corner is at (x, y) of the figure."""
    return {
        "text": text, "x": x, "y": y, "xref": "paper", "yref": "paper",
        "xanchor": "left", "yanchor": "bottom", "showarrow": False, "font": {"size": 14, "weight": "bold"},
    }  # fmt: skip
