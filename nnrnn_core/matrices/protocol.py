"""What every recurrent matrix can do: give V, and tell its spectrum."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class RecurrentMatrix(Protocol):
    """A module that gives V, (n, n), and tells its spectrum."""

    size: int

    def __call__(self) -> Tensor: ...

    def eigenvalues(self) -> Tensor: ...

    def departure(self) -> float: ...
