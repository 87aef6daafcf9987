"""Which labs are alive: one for each cell, and at most one of them plays."""

from __future__ import annotations

from typing import Any, Protocol


class Lab(Protocol):
    def pause(self) -> None: ...

    def close(self) -> None: ...


_by_cell: dict[str, Lab] = {}
_playing: list[Lab] = []


def this_cell() -> str | None:
    """What names the running cell: the front end's id for it, else its text. None outside a notebook."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    shell: Any = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    parent = shell.kernel.get_parent("shell") if hasattr(shell.kernel, "get_parent") else shell.parent_header
    metadata = (parent or {}).get("metadata", {})
    return metadata.get("cellId") or (parent or {}).get("content", {}).get("code")


def take_place(lab: Lab) -> Lab | None:
    """The lab becomes its cell's; the one that was is closed and returned."""
    cell = this_cell()
    if cell is None:
        return None
    before = _by_cell.pop(cell, None)
    _by_cell[cell] = lab
    if before is not None:
        before.close()
    return before


def playing(lab: Lab) -> None:
    """This lab plays now; any other is paused."""
    for other in [other for other in _playing if other is not lab]:
        other.pause()
    _playing[:] = [lab]


def forget(lab: Lab) -> None:
    _playing[:] = [other for other in _playing if other is not lab]
    for cell in [cell for cell, known in _by_cell.items() if known is lab]:
        del _by_cell[cell]
