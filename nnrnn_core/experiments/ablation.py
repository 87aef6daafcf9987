"""What a trained network loses with a part of its T, beside what it loses with as much taken, or put in, at random."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..checks import one_of
from ..dynamics import SchurParts
from ..dynamics.ablation import ADDED, CONTROLS, REMOVED, WAYS, controlled, without
from .probe import Probe

SHARES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)  # of ‖T‖_F², at which the curves are measured
DRAWS = 8


class Ablation:
    """The loss of a network as T loses energy, and after a change as large at random; each value is measured once.

    Parameters
    ----------
    probe
        The network.
    parts
        Its V = P (Λ + T) Pᵀ, as `dynamics.schur_parts` takes it apart.

    Notes
    -----
    All changes of one share move V by the same distance, ‖T − T′‖_F. That makes one a control for another. What is
    taken away, in which way, and beside which control: `WAYS` and `CONTROLS` of `nnrnn_core.dynamics.ablation`.

    Examples
    --------
    >>> import torch
    >>> from nnrnn_core import SequenceModel, dynamics, tasks
    >>> task = tasks.NoisyMemory(delays=3, length=10)
    >>> model = SequenceModel("rnn", 1, 8, 3, **task.model_options, generator=torch.Generator().manual_seed(0))
    >>> study = Ablation(Probe(model, task), dynamics.schur_parts(model.V().detach()))
    >>> study.loss("largest entries first", 0.5) != study.whole
    True
    >>> study.control("taken from T at random", 0.5).shape
    (8,)
    """

    def __init__(self, probe: Probe, parts: SchurParts) -> None:
        self.probe, self.parts = probe, parts
        self._losses: dict[tuple[str, float, int], float] = {}

    @staticmethod
    def draws(what: str) -> int:
        """How many draws there are of a way or a control: of what is not random, one."""
        return DRAWS if what in (REMOVED, ADDED) else 1

    @property
    def whole(self) -> float:
        """The loss of the network as it is."""
        return self.loss(WAYS[0], 0.0)

    def loss(self, what: str, share: float, draw: int = 0) -> float:
        """Of one of `WAYS` or, for one draw, of `CONTROLS`; NaN where Λ has not so much energy."""
        key = _key(what, share, draw)
        if key not in self._losses:
            self._losses[key] = self._measured(*key)
        return self._losses[key]

    def known(self, what: str, share: float, draw: int = 0) -> float:
        """As `loss`, but NaN for what has not been measured."""
        return self._losses.get(_key(what, share, draw), math.nan)

    def control(self, what: str, share: float) -> np.ndarray:
        """The losses of all draws of a control."""
        return np.array([self.loss(what, share, draw) for draw in range(self.draws(what))])

    def has(self, what: str, share: float, draw: int = 0) -> bool:
        """Whether it has been measured."""
        return _key(what, share, draw) in self._losses

    def lacks(self, way: str, control: str, share: float) -> bool:
        """Whether `work` has something left to measure."""
        return any(not self.has(*one) for one in self._asked(way, control, share))

    def work(self, way: str, control: str, share: float) -> Iterator[None]:
        """Measure what a curve, its control and one share need, a value at each step, the share itself first."""
        for one in self._asked(way, control, share):
            if not self.has(*one):
                self.loss(*one)
                yield

    def _asked(self, way: str, control: str, share: float) -> Iterator[tuple[str, float, int]]:
        for points in ((share, 0.0), SHARES):
            for what in (way, control):
                yield from ((what, point, draw) for point in points for draw in range(self.draws(what)))

    def _measured(self, what: str, share: float, draw: int) -> float:
        P, blocks, T = self.parts
        form = blocks + without(T, what, share) if what in WAYS else controlled(self.parts, what, share, draw)
        return self.probe.loss(P @ form @ P.T) if np.isfinite(form).all() else math.nan


def _key(what: str, share: float, draw: int) -> tuple[str, float, int]:
    """With nothing taken, all are the network as it is."""
    one_of("what", what, (*WAYS, *CONTROLS))
    return (what, float(share), draw) if share > 0 else (WAYS[0], 0.0, 0)
