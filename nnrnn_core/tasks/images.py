"""Pictures read pixel by pixel: the class is asked for after the last."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..checks import one_of, switch, whole_number
from .entropy import conditional_entropy
from .task import Batch, Task


class Images(Task):
    """Name a picture's class after its last pixel. A subclass says which pictures, and in which order its pixels come.

    Inputs are grey values in [0, 1], one a time step; the loss is the cross-entropy (nats) at the last step, the score
    the share of right answers there. Training goes through the pictures in random order, without repetition; a pass
    ("epoch") takes `updates_per_epoch` batches, and pictures that do not fill a batch wait for the next pass.

    **The baseline** is the entropy of the class given the last pixel, over the pictures to train on: no guess that
    knows the present pixel alone does better on those.

    Attributes
    ----------
    splits : dict of str to (pictures, labels)
        "train", "valid", "test"; pictures (count, pixels) of whole numbers up to `white`, labels (count,).
    permuted : bool
        Whether the pixels come in one fixed random order.
    """

    score_name = "right answers"
    input_size = 1
    white: int

    def __init__(
        self,
        splits: dict[str, tuple[np.ndarray, np.ndarray]],
        permuted: bool,
        order: np.ndarray,
    ) -> None:
        self.permuted = switch("permuted", permuted)
        self.splits = {
            name: (torch.from_numpy(pictures[:, order] if permuted else pictures), torch.from_numpy(labels).long())
            for name, (pictures, labels) in splits.items()
        }
        pictures, labels = self.splits["train"]
        self.length, self.output_size = pictures.shape[1], int(labels.max()) + 1
        self.baseline = conditional_entropy(labels, pictures[:, -1])
        self._shuffled: tuple[tuple[int, int], Tensor] | None = None  # (seed, pass) and its order

    def updates_per_epoch(self, batch_size: int) -> int:
        """Batches in one pass over the pictures to train on."""
        count = len(self.splits["train"][1])
        return count // whole_number("batch_size", batch_size, 1, count)

    def sample(self, batch_size: int, generator: torch.Generator, index: int = 0) -> Batch:
        epoch, number = divmod(index, self.updates_per_epoch(batch_size))
        chosen = self._order(generator, epoch)[number * batch_size : (number + 1) * batch_size]
        return self._batch("train", chosen, generator.device)

    def held_out(self, split: str, batch_size: int) -> Iterator[Batch]:
        """One pass over a split, in order; the last batch may be smaller."""
        whole_number("batch_size", batch_size, 1)
        everything = torch.arange(len(self.splits[one_of("split", split, self.splits)][1]), device="cpu")
        return (self._batch(split, chosen, torch.device("cpu")) for chosen in everything.split(batch_size))

    def _order(self, generator: torch.Generator, epoch: int) -> Tensor:
        """The order of a pass: it follows from the generator's seed and the pass alone, so that a run can be gone on
        with in the middle of one."""
        key = (generator.initial_seed(), epoch)
        if self._shuffled is None or self._shuffled[0] != key:
            source = np.random.default_rng([key[0] % 2**64, epoch])
            self._shuffled = (key, torch.from_numpy(source.permutation(len(self.splits["train"][1]))))
        return self._shuffled[1]

    def _batch(self, split: str, chosen: Tensor, device: torch.device) -> Batch:
        pictures, labels = (part[chosen].to(device) for part in self.splits[split])
        inputs = pictures.T.to(torch.get_default_dtype()).unsqueeze(-1) / self.white
        weights = torch.zeros_like(inputs[..., 0])
        weights[-1] = 1
        return Batch(inputs, labels.expand(self.length, -1), weights)

    def loss(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> Float[Tensor, ""]:
        """Cross-entropy at the last step, in nats."""
        return batch.cross_entropy(outputs)

    def score(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> float:
        """Share of right answers at the last step."""
        return float((outputs[-1].argmax(-1) == batch.targets[-1]).double().mean())
