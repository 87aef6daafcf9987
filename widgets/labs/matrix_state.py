"""What a lab of a matrix shows, as a value: it computes, exports and speaks without a lab or a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nnrnn_core import checks, dynamics
from nnrnn_core.dynamics.form import check_time
from nnrnn_core.reading import is_schur_matrix

from ..figures.doubt import doubt_sentence
from ..figures.rise import Rise, peak_sentence
from .lab import LARGEST_SCALE
from .matrices import Source, source_from_preset
from .peaks import AT_ONCE, PeakSearch, peak_search
from .preset_text import read_preset

if TYPE_CHECKING:
    from nnrnn_core import SchurMatrix

EXACT_AT_ONCE = 100  # rows up to which the first drawing is exact
FORMAT = 1  # stands in a preset's line; a change that old lines do not survive needs another number


@dataclass(frozen=True)
class MatrixState:
    """A matrix, and how much of its feed-forward part: V = P (Λ + scale · T) P*. A lab's own state adds its fields."""

    source: Source
    scale: float = 1.0

    def __post_init__(self) -> None:
        checks.number("scale", self.scale, 0, LARGEST_SCALE)

    @classmethod
    def of(cls, source: Source, time: dynamics.Time | None = None) -> Self:
        """The state that a matrix begins with. time: None for the one that the matrix is about. A state with a field
        `time` has an `of` of its own."""
        if time is not None and check_time(time) != source.time:
            raise ValueError(
                f"{source.title} is of {source.time} time, and this lab has no choice of time: leave it out"
            )
        return cls(source)

    def changed(self, **changes: Any) -> Self:
        """The state with other values; a lab's own state adds here what else has to change with them."""
        return replace(self, **changes)

    @property
    def V(self) -> SchurMatrix | np.ndarray:
        """The matrix shown."""
        return self.source.scaled(self.scale)

    def parts(self) -> Iterator[str]:
        """The work behind an exact drawing in parts, each done when the next is asked for, in a thread beside the page;
        what it finds is cached. Each says in words what comes next. Nothing, where the whole is short."""
        if self.source.size > EXACT_AT_ONCE:
            for work in (self.arrays, self.sentence):
                work()
                yield "The exact curves are being worked out."

    # ---- the peak over all time, for states with a `time`
    @property
    def search(self) -> PeakSearch:
        """For the peak of the growth over all time."""
        return peak_search(self.source, self.scale, getattr(self, "time", self.source.time))

    def of_peak(self, rise: Rise, end: float, exact: bool) -> str:
        """A sentence: whether what is said of the growth up to `end` is so for all time. Not exact: without a search,
        which is too slow for a slider."""
        time: dynamics.Time = getattr(self, "time", self.source.time)
        if not exact:
            return peak_sentence(rise, None, False, end, time)
        return peak_sentence(rise, self.search.found, self.search.ended, end, time)

    def of_doubt(self, exact: bool = True) -> str:
        """A sentence, after a space, where rounding has moved eigenvalues so far that it is seen; "" otherwise, and in
        a quick sentence about a large matrix, of which that takes long to find out."""
        if not exact and self.source.size > AT_ONCE:
            return ""
        says = doubt_sentence(self.source.eigenvalues, self.source.doubt)
        return f" {says}" if says else ""

    def time_it_takes(self) -> str:
        """What is said before long work begins."""
        return "Coarse at first: the exact curves are being worked out."

    def table(self) -> dict[str, np.ndarray]:
        """Columns of equal length: what a CSV holds."""
        raise NotImplementedError

    def tables(self) -> dict[str, dict[str, np.ndarray]]:
        """What the button "Numbers" unfolds: columns of equal length, under a title each."""
        return {"What is drawn": self.table()}

    def arrays(self) -> dict[str, np.ndarray]:
        """All that is drawn: what an npz holds, beside V."""
        return self.table()

    def code_lines(self) -> list[str]:
        """Python that makes everything in `arrays` from V, under its name, and a figure. numpy is np, plotly's
        graph_objects go; nnrnn_core's dynamics is there."""
        raise NotImplementedError

    def sentence(self) -> str:
        """What is shown, in words."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """The fields beside the matrix."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "source"}

    def as_preset(self, kind: str) -> str:
        """The state in one line of text. ValueError for a matrix too large to be carried."""
        content = {kind: FORMAT, "matrix": self.source.as_preset(), **self.settings()}
        return json.dumps(content, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_preset(cls, text: str, kind: str, lab: str) -> Self:
        """The state in a preset. ValueError says what is wrong with the text."""
        content = read_preset(text, kind, FORMAT, lab)
        try:
            source = source_from_preset(content.pop("matrix", None))
            settings: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value for key, value in content.items()
            }
            return replace(cls.of(source, settings.get("time")), **settings)
        except ValueError:
            raise
        except Exception as error:  # whatever a mangled text leads to
            raise ValueError(f"the preset cannot be read: {error}") from error


def source_error(source: Source) -> float:
    """How far the norm of V may be from the one that its author means: a network's parameters are often float32, and
    each of the four entries of a 2×2 block γ R(θ) is rounded to it."""
    if not is_schur_matrix(source.matrix):
        return 0.0
    return float(np.finfo(f"f{source.matrix.gamma.dtype.itemsize}").eps)
