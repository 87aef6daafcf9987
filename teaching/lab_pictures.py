"""The stored pictures: of which lab, in which state, and what they show. `draw.py` draws them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from widgets import (
    AssembleLab,
    GradientLab,
    GrowthLab,
    MemoryLab,
    RaceLab,
    SchurLab,
    ShearLab,
    SpectrumLab,
    TrainingLab,
    XrayLab,
)
from widgets.labs.lab import Lab

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


@dataclass(frozen=True)
class Picture:
    """A picture in notebooks/images.

    name: of its file, without .svg; it begins with the number of its notebook.
    cell: the id of the cell that shows the lab.
    title: what the picture shows, in words that hold for its numbers whatever they are: the heading of its slide.
    lab: makes the lab in the state that is drawn.
    panels: of the lab's first figure, by their x axes; none: all of them.
    """

    name: str
    cell: str
    title: str
    lab: Callable[[], Lab]
    panels: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        return f"{self.name}.svg"


def made_by(notebook: str, *cells: str) -> dict[str, Any]:
    """The names that these code cells of a notebook define."""
    names: dict[str, Any] = {}
    sources = {cell.id: cell.source for cell in nbformat.read(NOTEBOOKS / notebook, as_version=4).cells}
    for cell in cells:
        exec(compile(sources[cell], f"{notebook}: {cell}", "exec"), names)
    return names


def network_of_02() -> Lab:
    return SchurLab(made_by("02_the_schur_form.ipynb", "schur-02", "schur-04")["V"])


def noisy_memory() -> Lab:
    """Act I of notebook 08: T is released after 200 updates."""
    lab = TrainingLab()
    lab.step(200)
    lab.intervene("freeze_T", False)
    lab.step(100)
    return lab


PICTURES = (
    Picture(
        "00-first-slider", "start-07", "The eigenvalues stay, and powers grow", lambda: ShearLab(c=2, k=6), ("x2",)
    ),
    Picture(
        "01-shear", "lie-05", "Two nearly parallel eigenvectors, and growth", lambda: ShearLab(c=2, k=6)
    ),
    Picture("02-schur-form", "schur-06", "One matrix, two pictures", network_of_02, ("x", "x2", "x4")),
    Picture(
        "02-balanced-network",
        "schur-06",
        "Four strong weights are one feed-forward weight",
        lambda: SchurLab("balanced_network"),
        ("x", "x2", "x4"),
    ),
    Picture("03-balanced-network", "growth-05", "A difference becomes a sum", GrowthLab, ("x", "x3", "x4")),
    Picture(
        "03-figure-1b",
        "growth-29",
        "The paper’s Fig. 1b: the typical start and the best",
        lambda: GrowthLab("table6", size=100, d=0, alpha=1.05, beta=0),
        ("x", "x2"),
    ),
    Picture("04-pseudospectra", "pseudo-05", "A point outside the circle proves growth", lambda: SpectrumLab("grcar")),
    Picture(
        "05-memory",
        "memory-05",
        "A delay line holds more than any normal network",
        lambda: MemoryLab(size=50, alpha=1.0, d=0.2, beta=0.0),
    ),
    Picture(
        "06-gradients", "gradient-05", "The same eigenvalues, and other gradients", GradientLab,
        ("x", "x2"),
    ),
    Picture(
        "07-assemble", "build-05", "Four parts, one matrix", AssembleLab, ("x", "x2", "x3"),
    ),
    Picture(
        "08-noisy-memory", "live-05", "The loss falls through the floor when T is released", noisy_memory,
        ("x", "x2", "x3"),
    ),
    Picture("09-race", "race-08", "Every network at its own best rate", RaceLab, ("x2", "x9")),
    Picture(
        "10-xray", "xray-06", "A trained network is no longer normal", lambda: XrayLab("noisy-memory/nnrnn"),
        ("x", "x2"),
    ),
)  # fmt: skip
