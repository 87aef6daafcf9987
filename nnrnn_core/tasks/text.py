"""Texts read character by character, in streams that go on from batch to batch."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from ..checks import one_of, whole_number
from .entropy import conditional_entropy, entropy
from .task import Batch, Task

UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # stands for every character that the training part does not have


class Text(Task):
    """Say the next character of a text, having read it so far; truncated backpropagation, state carried over.

    Symbols are the training part's characters and one for all others, as one-hot inputs. A batch of size b reads b
    streams, equal cuts of the text, at once: batch `index` is each stream's segment of that number, `length`
    characters, and continues the one before; after the last the streams begin anew (`continues` is False then). Nothing
    is random, and the generator only says on which device; a change of the batch size cuts the streams anew. What does
    not fill a segment is left out.

    The loss is the mean cross-entropy in nats, the score the same in bits per character. The baseline is the entropy of
    the training part's next character given the present one: no guess that knows only the present character does
    better on that text. `unigram` is the entropy of the characters alone, a guess that knows nothing.

    Parameters
    ----------
    parts
        The texts "train", "valid" and "test".
    length
        Characters in a segment, >= 1.
    """

    score_name = "bits per character"
    higher_is_better = False

    def __init__(self, parts: dict[str, str], length: int) -> None:
        self.length = whole_number("length", length, 1)
        self.vocabulary = UNKNOWN + "".join(sorted(set(parts["train"])))
        number = {character: i for i, character in enumerate(self.vocabulary)}
        self._codes = {name: torch.tensor([number.get(c, 0) for c in part]) for name, part in parts.items()}
        self.input_size = self.output_size = len(self.vocabulary)
        train = self._codes["train"]
        self.baseline = conditional_entropy(train[1:], train[:-1])
        self.unigram = entropy(train)

    def sample(self, batch_size: int, generator: torch.Generator, index: int = 0) -> Batch:
        return self._segment("train", batch_size, index % self.segments("train", batch_size), generator.device)

    def held_out(self, split: str, batch_size: int) -> Iterator[Batch]:
        """One pass over "valid", "test" or "train", in order; the first batch does not continue, the others do."""
        count = self.segments(split, batch_size)
        return (self._segment(split, batch_size, i, torch.device("cpu")) for i in range(count))

    def segments(self, split: str, batch_size: int) -> int:
        """How many batches one pass over the split takes."""
        whole_number("batch_size", batch_size, 1)
        available = (
            len(self._codes[one_of("split", split, self._codes)]) - 1
        )  # the last character is only ever a target
        if (count := available // (batch_size * self.length)) < 1:
            raise ValueError(
                f"batch_size × length must be at most the {available} characters of {split}; got {batch_size} × "
                f"{self.length}"
            )
        return count

    def text(self, codes: Int64[Tensor, " characters"]) -> str:
        """Characters from their numbers."""
        return "".join(self.vocabulary[code] for code in codes.tolist())

    def _segment(self, split: str, batch_size: int, number: int, device: torch.device) -> Batch:
        stream = self.length * self.segments(split, batch_size)
        codes = self._codes[split]
        time = torch.arange(number * self.length, (number + 1) * self.length, device=codes.device)
        place = time[:, None] + stream * torch.arange(batch_size, device=codes.device)
        inputs = functional.one_hot(codes[place].to(device), self.input_size).to(torch.get_default_dtype())
        return Batch(inputs, codes[place + 1].to(device), inputs.new_ones(place.shape), continues=number > 0)

    def loss(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> Float[Tensor, ""]:
        """Cross-entropy, in nats."""
        return batch.cross_entropy(outputs)

    def score(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> float:
        """Bits per character."""
        return float(self.loss(outputs, batch)) / math.log(2)
