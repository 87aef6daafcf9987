"""Which labs are alive: those of each cell's last run, and at most one of them plays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ..jupyter import this_cell, this_run

HEIRLESS = 8  # closed labs that wait for a successor, in a cell that has fewer labs than it had


class Closable(Protocol):
    def pause(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class _Run:
    """An execution of a cell: the labs it has made, and those of the runs before whose place none of them took yet."""

    name: str | None
    labs: list[Closable] = field(default_factory=list)
    left: list[Closable] = field(default_factory=list)


_last: dict[str, _Run] = {}
_playing: list[Closable] = []


def take_place(lab: Closable) -> Closable | None:
    """The lab becomes one of its cell's. The first of a run closes those of the run before. Returns the lab whose place
    it takes: of those, the first of its class that has no successor yet."""
    cell, run = this_cell(), this_run()
    if cell is None:
        return None
    now = _last.get(cell)
    if now is None or run is None or run != now.name:
        before = now.labs if now else []
        now = _last[cell] = _Run(run, left=[*before, *(now.left if now else [])][:HEIRLESS])
        for old in list(before):
            old.close()
    now.labs.append(lab)
    heir_of = next((old for old in now.left if type(old) is type(lab)), None)
    now.left = [old for old in now.left if old is not heir_of]
    return heir_of


def playing(lab: Closable) -> None:
    """This lab plays now; any other is paused."""
    for other in [other for other in _playing if other is not lab]:
        other.pause()
    _playing[:] = [lab]


def forget(lab: Closable) -> None:
    """The lab is closed."""
    _playing[:] = [other for other in _playing if other is not lab]
    for run in _last.values():
        run.labs = [other for other in run.labs if other is not lab]
