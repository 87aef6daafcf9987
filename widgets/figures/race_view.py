"""What the figures of a race share: a colour and a dash for each network, what is looked at, the run on the page."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from nnrnn_core.sequence_model import RECURRENTS

from .style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION

NETWORKS = tuple(RECURRENTS)
COLOURS = dict(zip(NETWORKS, (VERMILION, BLUE, GREEN, PURPLE, ORANGE, SKY, BLACK, GREY), strict=False))
_PATTERNS = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "2px,8px", "14px,3px,2px,3px,2px,3px")
DASHES = dict(zip(NETWORKS, _PATTERNS, strict=False))  # each its own
NAMES = 76  # pixels beside a plot for the networks' names
WIDE, THIN = 3.0, 2.0
LEAST = -0.1  # of a score whose best is 1: what a network that has learnt nothing says may be worse by any factor


class View(NamedTuple):
    """What is looked at: a network, with which the others are compared; what is measured, and against what."""

    network: str = "nnrnn"
    measure: str = "valid_score"
    against: str = "updates"


class Live(NamedTuple):
    """A run that trains on the page: its network, its seed, its curve, and its test score once it has come to its end
    (NaN before)."""

    network: str
    seed: int
    x: np.ndarray
    y: np.ndarray
    score: float = math.nan
