"""What an experiment starts from."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from nnrnn_core import SchurMatrix, SequenceModel, Settings, Training, tasks
from nnrnn_core.tasks import Task
from nnrnn_core.training.starts import set_start

SIZES = {"noisy-memory": 32, "copying": 128, "characters": 64}


@dataclass(frozen=True)
class Plan:
    """What an experiment starts from; the same plan gives the same run.

    model          a name, or a SequenceModel of one's own (copied, so that Reset finds it as it was)
    start          shape T starts from (`nnrnn_core.training.starts`) or an array; only for an nnRNN
    settings       at the start; None takes the task's for this model
    interventions  (updates, action, value), done after that many updates
    """

    task: Task
    model: str | SequenceModel
    hidden_size: int
    start: str | np.ndarray = "zero"
    seed: int = 0
    settings: Settings | None = None
    interventions: tuple[tuple[int, str, Any], ...] = ()

    def make(self) -> Training:
        generator = torch.Generator().manual_seed(self.seed)
        if isinstance(self.model, SequenceModel):
            model = copy.deepcopy(self.model)
        else:
            sizes = (self.task.input_size, self.hidden_size, self.task.output_size)
            model = SequenceModel(self.model, *sizes, generator=generator, **self.task.model_options)
        if isinstance(model.V, SchurMatrix):
            if not (isinstance(self.start, str) and self.start == "zero" and isinstance(self.model, SequenceModel)):
                set_start(model.V, self.start, self.task.length, generator)
        elif not (isinstance(self.start, str) and self.start == "zero"):
            raise ValueError(f"start shapes T, and {model.name} has none; take model='nnrnn' or start='zero'")
        return Training(model, self.task, self.settings, self.seed)


def make_plan(
    task: Task | str | None,
    hidden_size: int | None = None,
    model: str | SequenceModel = "nnrnn",
    start: str | ArrayLike = "zero",
    seed: int = 0,
    frozen: bool | None = None,
    settings: Settings | None = None,
) -> Plan:
    """The plan of a lab, with its defaults; see `TrainingLab`."""
    task = tasks.NoisyMemory() if task is None else tasks.make(task) if isinstance(task, str) else task
    name = model if isinstance(model, str) else model.name
    if isinstance(model, SequenceModel):
        hidden_size = model.hidden_size
    settings = (settings or task.settings_for(name)).replace()
    shape = start if isinstance(start, str) else np.array(start, float)
    if frozen is None:
        frozen = name == "nnrnn" and task.floor is not None and isinstance(shape, str) and shape == "zero"
    settings.freeze_T = frozen or settings.freeze_T
    size = SIZES.get(task.name, 64) if hidden_size is None else hidden_size
    return Plan(task, model, size, shape, seed, settings)
