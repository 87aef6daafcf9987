"""Whom an XrayLab looks through: a network that came with the kit, a training of the reader's, or a bare matrix."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnrnn_core import dynamics
from nnrnn_core.reading import is_a_file, is_schur_matrix

from .matrices import Source, source_of

if TYPE_CHECKING:
    from nnrnn_core import SequenceModel
    from nnrnn_core.experiments import Ablation
    from nnrnn_core.tasks import Task

BEFORE, AFTER = "before", "after"
WHEN = (BEFORE, AFTER)
NETWORKS = ("nnrnn", "rnn", "rnn-orth", "exprnn")  # with one real recurrent matrix


@dataclass(frozen=True, eq=False)
class Subject:
    """Matrices by `WHEN`, at least "after"; where they belong to a network, its models and its task too. name: of the
    experiment it is from, or ""."""

    title: str
    sources: Mapping[str, Source]
    name: str = ""
    task: Task | None = None
    models: Mapping[str, SequenceModel] = field(default_factory=dict)
    _ablations: dict[tuple[str, str], Ablation] = field(default_factory=dict)

    @property
    def about(self) -> str:
        """A line of HTML on whose matrix it is."""
        source = self.sources[AFTER]
        title, note = html.escape(self.title), html.escape(source.note)
        if self.task is None:
            return f"<b>{title}</b>{', ' + note if note else ''}: a matrix alone, without a task."
        return f"<b>{title}</b>: {html.escape(type(self.task).__name__)}, {source.size} units."

    @property
    def file_name(self) -> str:
        """For files, without an ending."""
        return re.sub(r"\W+", "-", self.name or self.sources[AFTER].name or "matrix")

    @property
    def is_schur(self) -> bool:
        """Whether its matrix is held as P, Λ and T."""
        return is_schur_matrix(self.sources[AFTER].matrix)

    def inputs(self, when: str) -> np.ndarray | None:
        """U, a column for the direction of each input; None where none is known."""
        model = self.models.get(when)
        if model is None or model.layer is None:
            return None
        return np.asarray(model.layer.U.detach().cpu().double().numpy())

    def ablation(self, when: str, order: str, parts: dynamics.SchurParts) -> Ablation | None:
        """The study of its network, taken apart in that order; None where there is no task to evaluate."""
        if self.task is None:
            return None
        if (when, order) not in self._ablations:
            from nnrnn_core.experiments import Ablation, Probe

            self._ablations[when, order] = Ablation(Probe(self.models[when], self.task), parts)
        return self._ablations[when, order]


def subject_of(network: Any, name: str | None, folder: Path) -> Subject:
    """From the name of an experiment whose network lies in the folder, a `Training`, or whatever `read_matrix` reads.
    ValueError that says what is wrong."""
    if hasattr(network, "task") and hasattr(network, "model"):
        return _of_training(network)
    if isinstance(network, str) and "/" in network and not is_a_file(network) and "\n" not in network:
        return _trained(network, folder)
    return of_matrix(source_of(network, name))


def of_matrix(source: Source) -> Subject:
    """A matrix alone: nothing is known of a training or a task."""
    return Subject(source.title, {AFTER: source})


def names_in(folder: Path) -> tuple[str, ...]:
    """The experiments whose networks lie in the folder; none where torch, which they need, is not installed."""
    try:
        from nnrnn_core.experiments import catalogue, runs
    except ImportError:
        return ()
    found = (catalogue.Experiment.of(name) for name in catalogue.names() if name.partition("/")[2] in NETWORKS)
    return tuple(one.name for one in found if runs.network_path(one, folder).exists())


@lru_cache(maxsize=16)
def _trained(name: str, folder: Path) -> Subject:
    known = names_in(folder)
    if name not in known:
        there = ", ".join(known) or "none"
        raise ValueError(
            f"no trained network {name!r} in {folder}; there are: {there}. To train it: "
            f"python -m nnrnn_core.experiments run {name} --folder {folder}"
        )
    from nnrnn_core.experiments import Experiment, trained

    experiment = Experiment.of(name)
    training = experiment.make_training()
    models = {BEFORE: training.model, AFTER: trained(experiment, folder)}
    return Subject(name, {when: _source(model) for when, model in models.items()}, name, training.task, models)


def _of_training(training: Any) -> Subject:
    model: SequenceModel = training.model
    if model.V is None:
        raise ValueError(f"XrayLab needs a network with one recurrent matrix; the training's {model.name} has none")
    return Subject(f"your {model.name}", {AFTER: _source(model)}, task=training.task, models={AFTER: model})


def _source(model: SequenceModel) -> Source:
    from nnrnn_core import SchurMatrix

    assert model.V is not None
    return source_of(model.V if isinstance(model.V, SchurMatrix) else model.V().detach())
