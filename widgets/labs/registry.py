"""Which labs are alive: one for each cell, and at most one of them plays."""

from __future__ import annotations

from typing import Protocol

from ..jupyter import this_cell


class Closable(Protocol):
    def pause(self) -> None: ...

    def close(self) -> None: ...


_by_cell: dict[str, Closable] = {}
_playing: list[Closable] = []


def take_place(lab: Closable) -> Closable | None:
    """The lab becomes its cell's; the one that was there before is closed and returned."""
    cell = this_cell()
    if cell is None:
        return None
    before = _by_cell.pop(cell, None)
    _by_cell[cell] = lab
    if before is not None:
        before.close()
    return before


def playing(lab: Closable) -> None:
    """This lab plays now; any other is paused."""
    for other in [other for other in _playing if other is not lab]:
        other.pause()
    _playing[:] = [lab]


def forget(lab: Closable) -> None:
    """The lab is closed."""
    _playing[:] = [other for other in _playing if other is not lab]
    for cell in [cell for cell, known in _by_cell.items() if known is lab]:
        del _by_cell[cell]
