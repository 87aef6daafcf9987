"""A `SpectrumLab` of a large matrix: its first picture, its complete one, and a slider that moves meanwhile.

The first picture is coarse, and Python's share of what a reader waits for; the complete one has the fine
pseudospectra, the exact growth and the sentence. Both in the processor's time, for a page takes its share of a machine.
The slider that moves while the exact work of the state before runs in its thread is timed by the clock: there the two
compete, and that is the point. Of 1,000 rows the complete picture takes most of an hour: its time is that of the first
slices, and of as many as there are.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from .labs import slide, spent
from .matrices import of_size
from .measure import Comparison, Row, Setup, Works

SLICES = 12  # of the pseudospectra of 1,000 rows
APART = 0.05  # seconds between two moves: the exact work has begun by then
MOVES = 41


def p95(found: list[float]) -> float:
    return sorted(found)[int(0.95 * (len(found) - 1))]


def opened(size: int) -> Any:
    """A lab of a matrix that no cache knows."""
    from widgets import SpectrumLab

    return SpectrumLab(of_size("grcar", size))


def first(size: int) -> float:
    labs: list[Any] = []
    found = spent(lambda: labs.append(opened(size)))
    labs[0].close()
    return found


def complete(size: int) -> float:
    labs: list[Any] = []

    def all_of_it() -> None:
        labs.append(opened(size))
        while labs[0].prepare():
            pass
        labs[0].settle()

    found = spent(all_of_it)
    labs[0].close()
    return found


def extrapolated(size: int) -> float:
    """The pseudospectra, from their first slices."""
    lab = opened(size)
    search = lab.state.levels_search
    found = spent(lambda: [search.go_on() for _ in range(SLICES)])
    share = search.last.done / search.last.points
    lab.close()
    return found / share


def contours_follow(size: int, moves: int) -> float:
    """Moves of the T slider, each of which draws other contours."""
    from widgets.figures.spectrum import EDGE

    lab, found, drawn = opened(size), [], set()
    for scale in np.linspace(2, 0, moves):
        found += slide(lab, np.array([scale]))
        drawn.add(lab.figures[0].array(EDGE, "x").tobytes())
    lab.close()
    if len(drawn) < moves - 1:  # the first may be where the slider stood
        raise AssertionError(f"{moves} moves drew {len(drawn)} contours")
    return p95(found)


def answers_while_it_works(size: int, moves: int) -> float:
    """Moves of the T slider, by the clock, each while the exact work for the place before is going on."""
    lab, found = opened(size), []
    (slider,) = (control for control, field in lab._bound if field == "scale")
    for scale in np.linspace(2, 0, moves):
        lab.prepare()  # as the page asks for it
        time.sleep(APART)
        begun = time.perf_counter()
        slider.value = float(scale)
        found.append(1e3 * (time.perf_counter() - begun))
    lab.close()
    return p95(found)


def works(setup: Setup) -> Works:
    moves = setup.size(MOVES, 3)
    opened(4).close()  # loads what a lab needs
    return {
        "first picture, N = 128": lambda: first(setup.size(128, 6)),
        "complete picture, N = 128": lambda: complete(setup.size(128, 6)),
        "first picture, N = 256": lambda: first(setup.size(256, 7)),
        "complete picture, N = 256": lambda: complete(setup.size(256, 7)),
        "contours follow the T slider, N = 128, 95th percentile": lambda: contours_follow(setup.size(128, 6), moves),
        "a slider's answer by the clock while exact work runs, N = 256, 95th percentile": lambda: (
            answers_while_it_works(setup.size(256, 7), moves)
        ),
    }


def thousand(setup: Setup) -> Works:
    size = setup.size(1000, 8)
    opened(4).close()
    return {
        "first picture, N = 1,000": lambda: first(size),
        f"its fine pseudospectra, from {SLICES} slices": lambda: extrapolated(size),
    }


COMPARISONS = (
    Comparison(
        "large-labs",
        "SpectrumLab of a large matrix, time of the processor where nothing else is said, without a page",
        works,
        (
            Row("first picture, N = 128", target=1000),
            Row("complete picture, N = 128"),
            Row("complete picture, N = 128", ("first picture, N = 128",)),
            Row("first picture, N = 256"),
            Row("complete picture, N = 256"),
            Row("complete picture, N = 256", ("first picture, N = 256",)),
            Row("contours follow the T slider, N = 128, 95th percentile", target=100),
            Row("a slider's answer by the clock while exact work runs, N = 256, 95th percentile", target=100),
        ),
        rounds=1,
        timed=False,
        on_gpu=False,
    ),
    Comparison(
        "thousand",
        "SpectrumLab of 1,000 rows, time of the processor, without a page",
        thousand,
        (Row("first picture, N = 1,000"), Row(f"its fine pseudospectra, from {SLICES} slices")),
        rounds=1,
        timed=False,
        on_gpu=False,
    ),
)
