"""What a matrix lab computes between a control and its figure, in milliseconds of the processor's time: no page.

A lab that opens, a preset, and the T slider of a `SpectrumLab` on its way from 2 to 0 and back, all states anew; then
all exact work that follows when it has come to rest. Time of the processor and not of the clock, for a page takes its
share of a machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .measure import Comparison, Row, Setup, Works


def spent(action: Callable[[], Any]) -> float:
    """Milliseconds of the processor's time."""
    begun = time.process_time()
    action()
    return 1e3 * (time.process_time() - begun)


def slide(lab: Any, scales: np.ndarray) -> list[float]:
    """For each place of the slider: what is drawn at once."""
    (slider,) = (control for control, field in lab._bound if field == "scale")
    return [spent(lambda scale=scale: setattr(slider, "value", float(scale))) for scale in scales]


def exact_work(lab: Any) -> float:
    """All that is worked out once the slider has come to rest where levels are hardest to find: nearly normal."""
    slide(lab, np.array([0.05]))

    def all_of_it() -> None:
        while lab.prepare():
            pass
        lab.settle()

    return spent(all_of_it)


def works(setup: Setup) -> Works:
    """Each opens labs of its own matrix, so that no state is known from the one before."""
    from nnrnn_core import dynamics
    from widgets import MemoryLab, SpectrumLab

    size = setup.size(50, 6)

    def grcar() -> Any:
        return SpectrumLab(dynamics.gallery["grcar"](size=size))

    def opened(make: Callable[[], Any]) -> float:
        labs: list[Any] = []
        found = spent(lambda: labs.append(make()))
        labs[0].close()
        return found

    def preset() -> float:
        lab = SpectrumLab("shear")
        found = spent(lambda: lab.set_matrix(dynamics.gallery["stability_optimised"](), time="continuous"))
        lab.close()
        return found

    def moves(of: Callable[[list[float]], float]) -> float:
        lab = grcar()
        down = np.linspace(2.0, 0.0, setup.size(41, 3))
        found = of(slide(lab, np.append(down, down[::-1] + 0.05 * (down[::-1] < 2))))
        lab.close()
        return found

    def rest() -> float:
        lab = grcar()
        found = exact_work(lab)
        lab.close()
        return found

    return {
        "SpectrumLab opens": lambda: opened(grcar),
        "MemoryLab opens": lambda: opened(lambda: MemoryLab(size=size)),
        "preset Stability-optimised": preset,
        "T slider, a move": lambda: moves(statistics.median),
        "T slider, 95th percentile": lambda: moves(lambda found: sorted(found)[int(0.95 * (len(found) - 1))]),
        "exact work after a move": rest,
    }


COMPARISONS = (
    Comparison(
        "labs",
        "Labs of a matrix of 50 rows, time of the processor, without a page",
        works,
        (
            Row("SpectrumLab opens"),
            Row("MemoryLab opens"),
            Row("preset Stability-optimised", target=1000),
            Row("T slider, a move", target=100),
            Row("T slider, 95th percentile", target=150),
            Row("exact work after a move", target=1000),
        ),
        rounds=3,
        timed=False,
        on_gpu=False,
    ),
)
