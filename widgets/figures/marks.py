"""Marks of interventions on a curve: however many there were, few are drawn, and what is written can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .style import BLACK

LINES = 40  # on a whole axis, at most: nearer ones are one
PLOT, LETTER = 225, 8  # pixels: width of the narrowest plot, and of a letter


class Mark(NamedTuple):
    """After so many updates, this was done. slight: a slider's move, of which there are many."""

    updates: int
    words: str
    slight: bool = False


class Group(NamedTuple):
    """Neighbouring marks drawn as one: the last of those that are not slight, else the last; and how many they are."""

    mark: Mark
    size: int = 1

    def with_(self, other: Group) -> Group:
        """Both as one; the other came later."""
        keeps = other.mark.slight and not self.mark.slight
        return Group((self if keeps else other).mark, self.size + other.size)

    @property
    def text(self) -> str:
        return self.mark.words + (f", {self.size - 1} more" if self.size > 1 else "")

    def span(self, end: float) -> tuple[float, float]:
        """From where to where its text goes, in pixels: to the inside of the plot."""
        at, width = self.mark.updates / end * PLOT, len(self.text) * LETTER
        return (at, at + width) if self.is_left(end) else (at - width, at)

    def is_left(self, end: float) -> bool:
        return self.mark.updates < end / 2


def mark_shapes(marks: Sequence[Mark], end: float) -> list[dict[str, Any]]:
    """Dotted lines on an axis from 0 to `end`, words above those for which there is room; each mark is in one of them,
    or counted in the words of its neighbour."""
    lines = grouped(marks, end)
    words = {group.mark: group.text for group in written(lines, end)}
    return [_shape(group, words.get(group.mark, ""), end) for group in lines]


def grouped(marks: Sequence[Mark], end: float) -> list[Group]:
    """Marks in the same one of LINES equal parts of the axis, as one."""
    found: dict[int, Group] = {}
    for mark in marks:
        part = min(int(mark.updates / end * LINES), LINES - 1)
        found[part] = found[part].with_(Group(mark)) if part in found else Group(mark)
    return list(found.values())


def written(groups: Sequence[Group], end: float) -> list[Group]:
    """Groups whose words do not overlap: where they would, neighbours are one more group."""
    found: list[Group] = []
    for group in groups:
        found.append(group)
        while len(found) > 1 and found[-2].span(end)[1] + LETTER > found[-1].span(end)[0]:
            last = found.pop()
            found[-1] = found[-1].with_(last)
    return found


def _shape(group: Group, words: str, end: float) -> dict[str, Any]:
    updates = group.mark.updates
    label = {"text": words, "textposition": "end", "textangle": 0, "yanchor": "bottom",
             "xanchor": "left" if group.is_left(end) else "right"}  # fmt: skip
    return {
        "type": "line", "xref": "x", "yref": "y domain", "x0": updates, "x1": updates, "y0": 0, "y1": 1,
        "line": {"color": BLACK, "width": 1, "dash": "dot"}, "label": label,
    }  # fmt: skip
