"""What a training step was: one frozen record for each step."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from torch import Tensor

from ..matrices import RecurrentMatrix, SchurMatrix


@dataclass(frozen=True, eq=False)
class Step:
    """Step n: the network before update n, that has had n − 1 updates, on batch n. All of it is of that one network.

    Attributes
    ----------
    index : int
        n, from 1.
    loss, score : float
        The task's, on batch n. Penalties are apart.
    gradient_norms : ndarray or None
        (time,) ‖∂L/∂h_t‖ of the whole loss, Frobenius over batch and units; None for a network whose states are not at
        hand (an LSTM).
    late_gradient_norms : ndarray or None
        The same of the loss at its last scored time step alone; only when the step was asked for it.
    state_norms : ndarray
        (time,) ‖h_t‖, root mean square over the batch.

    Arrays are copies: they stay as they are when training goes on.

    Examples
    --------
    >>> from nnrnn_core import SequenceModel, Training, tasks
    >>> step = Training(SequenceModel("nnrnn", 1, 8, 5, nonlinearity="identity"), tasks.NoisyMemory(5)).step()
    >>> step.index, step.updates, len(step.eigenvalues)
    (1, 0, 8)
    """

    index: int
    loss: float
    score: float
    gradient_norms: np.ndarray | None
    late_gradient_norms: np.ndarray | None
    state_norms: np.ndarray
    _spectrum: Callable[[], tuple[np.ndarray, float]] | None = field(repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """With eigenvalues and departure read off: what would compute them later is no plain value."""
        return {**self.__dict__, "_read_off": self._read_off, "_spectrum": None}

    @property
    def updates(self) -> int:
        """How many updates the network of this record has had: index − 1."""
        return self.index - 1

    @cached_property
    def _read_off(self) -> tuple[np.ndarray, float] | None:
        return None if self._spectrum is None else self._spectrum()

    @property
    def eigenvalues(self) -> np.ndarray | None:
        """(n,) eigenvalues of V, computed when first read; None where there is no V (an LSTM)."""
        return None if self._read_off is None else self._read_off[0]

    @property
    def departure(self) -> float | None:
        """Henrici's departure of V from normality, computed when first read; None where there is no V."""
        return None if self._read_off is None else self._read_off[1]


def norms(tensor: Tensor) -> np.ndarray:
    """Frobenius over batch and units, at each time: (time, batch, n) -> (time,)."""
    found: np.ndarray = tensor.detach().flatten(1).norm(dim=1).cpu().double().numpy()
    return found


def spectrum(V: RecurrentMatrix | None) -> Callable[[], tuple[np.ndarray, float]] | None:
    """A function that tells eigenvalues and departure of V as it is now, later: an eigenvalue problem for each step
    would cost as much as the step."""
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
