"""The protocol: a task gives batches, a loss, a score, and what it asks of a model."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch.nn import functional

from ..settings import Settings


@dataclasses.dataclass(frozen=True)
class Batch:
    """Sequences, time first.

    Attributes
    ----------
    inputs : Tensor
        (time, batch, input_size).
    targets : Tensor
        (time, batch) classes, or (time, batch, output_size) values.
    weights : Tensor
        (time, batch): how much each step counts in the loss; 0 where nothing is asked.
    continues : bool
        The sequences go on where those of the batch before ended: the state is carried over.
    """

    inputs: Float[Tensor, "time batch inputs"]
    targets: Shaped[Tensor, "time batch ..."]
    weights: Float[Tensor, "time batch"]
    continues: bool = False

    def last(self) -> Batch:
        """This batch with only its last scored time step left in the loss: one late loss term.

        Its gradient at earlier states shows what explodes or vanishes on the way back; the gradient of a loss at every
        step grows backwards by accumulation alone. ValueError if nothing is scored.
        """
        scored = self.weights.any(dim=1).nonzero()
        if not len(scored):
            raise ValueError("weights must be above 0 at some time step; they are all 0: nothing is scored")
        late = torch.zeros_like(self.weights)
        late[scored[-1]] = self.weights[scored[-1]]
        return dataclasses.replace(self, weights=late)

    def mean(self, losses: Float[Tensor, "time batch"]) -> Float[Tensor, ""]:
        """Σ w ℓ / Σ w over time and batch."""
        return (self.weights * losses).sum() / self.weights.sum()

    def cross_entropy(self, outputs: Float[Tensor, "time batch outputs"]) -> Float[Tensor, ""]:
        """The mean of −ln softmax(outputs)[target], in nats."""
        return self.mean(functional.cross_entropy(outputs.movedim(-1, 1), self.targets, reduction="none"))

    def to(self, like: Tensor) -> Batch:
        """On the device of `like`, and in its floating-point type (classes stay whole numbers)."""
        targets = self.targets.to(like) if self.targets.is_floating_point() else self.targets.to(like.device)
        return dataclasses.replace(self, inputs=self.inputs.to(like), targets=targets, weights=self.weights.to(like))


class Task(ABC):
    """What a network is asked to do: batches, a loss, a score. A task of one's own is a subclass; whatever its `loss`
    returns is what is trained.

    Attributes
    ----------
    name : str
        By which `tasks.make` finds it.
    input_size, output_size : int
        Of the model that it needs.
    length : int
        Time steps of a batch.
    baseline : float
        Loss of the best memoryless guess, one that knows the present input only.
    floor : float or None
        Loss that no normal linear network can pass, where there is such a theorem.
    score_name, higher_is_better : str, bool
        What `score` is.
    tuned : dict
        Good settings by the name of the recurrent network, at least for "nnrnn" and "rnn".

    Examples
    --------
    >>> from nnrnn_core import tasks
    >>> class Repeat(tasks.Copying):
    ...     name = "repeat"
    ...     def loss(self, outputs, batch):
    ...         return batch.last().cross_entropy(outputs)  # the last symbol alone
    >>> batch = Repeat(delay=3).sample(2, torch.Generator())
    >>> batch.inputs.shape, batch.targets.shape
    (torch.Size([23, 2, 10]), torch.Size([23, 2]))
    """

    name: ClassVar[str]
    score_name: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    tuned: ClassVar[dict[str, Settings]]

    input_size: int
    output_size: int
    length: int
    baseline: float
    floor: float | None = None

    @property
    def model_options(self) -> dict[str, Any]:
        """Options of `SequenceModel` that the task asks for; {} for most."""
        return {}

    @property
    def settings(self) -> Settings:
        """Good settings for an nnRNN."""
        return self.settings_for("nnrnn")

    def settings_for(self, recurrent: str) -> Settings:
        """A copy of the settings tuned for this kind of network, a name of `sequence_model.RECURRENTS`; of the free
        RNN's for one that has none here."""
        return self.tuned.get(recurrent, self.tuned["rnn"]).replace()

    @abstractmethod
    def spec(self) -> dict[str, Any]:
        """{"name": …, options}: plain values that `tasks.make` takes."""

    @abstractmethod
    def sample(self, batch_size: int, generator: torch.Generator, index: int = 0) -> Batch:
        """The batch of training step `index` (which matters only where batches follow one another), drawn from the
        generator, on its device."""

    @abstractmethod
    def loss(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> Float[Tensor, ""]:
        """Weighted mean loss, differentiable."""

    @abstractmethod
    def score(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> float:
        """What a person reads in place of the loss."""

    def held_out(self, split: str, batch_size: int) -> Iterator[Batch] | None:
        """One pass over the batches of a held-out split; None where every batch is fresh anyway."""
        return None
