"""A trained network asked again, with another matrix in the place of its V: what an ablation measures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from ..recurrence import unroll
from ..sequence_model import SequenceModel
from ..tasks import Batch, Task

SEQUENCES = 32
SEED = 2**31  # of the batch and of the noise: no training draws from it


class Probe:
    """The loss of a network on one batch that it was not trained on, with any matrix in the place of its V.

    Everything else of the network stays: input, bias, read-out, and where there is noise in the state, that noise too.
    So two losses differ by the matrices alone.

    Parameters
    ----------
    model
        A network of this kit with one layer in one direction; it is not changed.
    task
        Gives the batch: the first of its test split, or a fresh one where the task has none.
    sequences
        How many sequences the batch has.

    Raises
    ------
    ValueError
        If the network has not one recurrent matrix (an LSTM, several layers), or a complex one.

    Examples
    --------
    >>> import torch
    >>> from nnrnn_core import SequenceModel, tasks
    >>> task = tasks.Copying(delay=3)
    >>> model = SequenceModel("nnrnn", 10, 16, 9, generator=torch.Generator().manual_seed(0))
    >>> probe = Probe(model, task, sequences=4)
    >>> with torch.no_grad():
    ...     outputs, _ = model(probe.batch.inputs)
    >>> abs(probe.loss(model.V().detach()) - float(task.loss(outputs, probe.batch))) < 1e-6
    True
    """

    @torch.no_grad()
    def __init__(self, model: SequenceModel, task: Task, sequences: int = SEQUENCES) -> None:
        layer = model.layer
        if layer is None or layer.V().is_complex():
            raise ValueError(f"a probe needs a network with one recurrent matrix, a real one; got {model.name}")
        self.task, self.batch = task, held_out(task, sequences)
        self._readout, self._activation = model.readout, layer.activation
        inputs = self.batch.inputs.to(layer.U)
        self._drive = inputs @ layer.input_matrix().T
        if layer.added_bias is not None:
            self._drive = self._drive + layer.added_bias
        noise = model.noise(inputs, torch.Generator().manual_seed(SEED))
        self._drive = self._drive if noise is None else self._drive + noise

    @torch.no_grad()
    def loss(self, V: Any) -> float:
        """The task's loss with this V, (n, n); infinite where the states leave their precision."""
        matrix = torch.as_tensor(np.asarray(V)).to(self._drive)
        start = self._drive.new_zeros(self._drive.shape[1:])
        states = unroll(self._drive, matrix, start, self._activation)
        found = float(self.task.loss(self._readout(states), self.batch))
        return found if math.isfinite(found) else math.inf


def held_out(task: Task, sequences: int = SEQUENCES) -> Batch:
    """A batch that no training sees, always the same: the first of the test split, or a draw of its own."""
    split = task.held_out("test", sequences)
    return task.sample(sequences, torch.Generator().manual_seed(SEED)) if split is None else next(iter(split))
