"""A whole training step on the copy task against its recurrence alone, and against the loop of other libraries."""

from __future__ import annotations

import importlib.util

import torch

from nnrnn_core import SequenceModel, Training, tasks

from .loops import Problem, kit, naive
from .measure import Comparison, Row, Setup, Work, Works


def geotorch_loop(p: Problem) -> Work:
    """The orthogonal RNN as GeoTorch's users write it: its matrix, modReLU, a loop over time."""
    import geotorch

    cell = torch.nn.Linear(*p.V.shape, bias=False, device=p.V.device)
    geotorch.orthogonal(cell, "weight")
    return naive(
        p, "modReLU", indexed=False, matrix=lambda: cell.weight, leaves=[p.drive, p.h0, p.bias, *cell.parameters()]
    )


def works(setup: Setup) -> Works:
    n, delay = setup.size(128, 8), setup.size(200, 2)
    task = tasks.Copying(delay=delay)
    model = SequenceModel("nnrnn", task.input_size, n, task.output_size, device=setup.device)
    p = Problem.of(n, 10, task.length, setup.device)
    found: Works = {
        "training step": Training(model, task).step,
        "modReLU recurrence alone": kit(p, "modReLU"),
        "naive loop, modReLU, alone": naive(p, "modReLU"),
    }
    if importlib.util.find_spec("geotorch"):
        found["GeoTorch's matrix in a loop (ExpRNN)"] = geotorch_loop(p)
    return found


COMPARISONS = (
    Comparison(
        "step",
        "Whole training step (data, V, both ways, update, records); copy task, N = 128, batch 10, 220 steps",
        works,
        (
            Row("training step", ("modReLU recurrence alone",)),
            Row("training step", ("naive loop, modReLU, alone",), 0.26),
            Row("training step", ("GeoTorch's matrix in a loop (ExpRNN)",)),
        ),
        rounds=50,
    ),
)
