"""What a training step was: one frozen record a step."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from torch import Tensor

from ..matrices import RecurrentMatrix, SchurMatrix
from ..recurrence.arrays import fastest


@dataclass(frozen=True, eq=False)
class Step:
    """What one training step was; arrays are copies.

    index           number of the step, from 1
    loss, score     the task's, on this step's batch, before the update; penalties apart
    gradient_norms  (time,) ‖∂L/∂h_t‖, Frobenius over batch and units, of the whole loss; None for an LSTM
    late_gradient_norms  the same of the loss at its last scored time step alone; only when the step was asked for it
    state_norms     (time,) ‖h_t‖, root mean square over the batch
    eigenvalues     (n,) of V as the step used it, and `departure`, Henrici's; computed when first read
    """

    index: int
    loss: float
    score: float
    gradient_norms: np.ndarray | None
    late_gradient_norms: np.ndarray | None
    state_norms: np.ndarray
    _spectrum: Callable[[], tuple[np.ndarray, float]] | None = field(repr=False, compare=False)

    @cached_property
    def _read_off(self) -> tuple[np.ndarray, float] | None:
        return None if self._spectrum is None else self._spectrum()

    @property
    def eigenvalues(self) -> np.ndarray | None:
        return None if self._read_off is None else self._read_off[0]

    @property
    def departure(self) -> float | None:
        return None if self._read_off is None else self._read_off[1]


@np.errstate(all="ignore")  # what overflows is inf, as with torch, and no warning
def norms(tensor: Tensor) -> np.ndarray:
    """Frobenius over batch and units, at each time: (time, batch, n) -> (time,)."""
    (array,) = fastest([tensor])
    if isinstance(array, Tensor):
        found: np.ndarray = array.flatten(1).norm(dim=1).cpu().double().numpy()
    else:
        rows = array.reshape(len(array), -1)
        found = np.sqrt(np.vecdot(rows, rows).astype(np.float64))  # a BLAS dot a row: half of torch's time
    return found


def spectrum(V: RecurrentMatrix | None) -> Callable[[], tuple[np.ndarray, float]] | None:
    """What tells eigenvalues and departure of V as it is now, later: an eigenvalue problem a step would cost as much as
    the step."""
    if V is None:
        return None
    if isinstance(V, SchurMatrix):
        later = V.spectrum()
    else:
        kept = copy.deepcopy(V)
        later = lambda: (kept.eigenvalues(), kept.departure())  # noqa: E731

    def read_off() -> tuple[np.ndarray, float]:
        eigenvalues, departure = later()
        return eigenvalues.cpu().numpy(), departure

    return read_off
