"""Real English, character by character."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from functools import cache
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from ..checks import whole_number
from ..settings import Settings
from .task import Batch, Task

UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # stands for every character that the training part does not have
SPLITS = {"train": (0.0, 0.8), "valid": (0.8, 0.9), "test": (0.9, 1.0)}

# Of the rates 2e-3, 5e-3, 1e-2 (a tenth for P) the best for every kind of network, after 2000 updates at 64 units.
_ADAM = Settings(
    rate=1e-2, rate_P=1e-3, optimiser="adam", smoothing=0.999, momentum=0.9, batch_size=32, gradient_clip=5.0
)


@cache
def english() -> str:
    """The help texts that ship inside CPython (`pydoc_data.topics`, what `help("if")` prints): 0.4 to 0.5 million
    characters, some of them Python. They change with Python's version, and the numbers reached on them with it."""
    try:
        topics: dict[str, str] = importlib.import_module("pydoc_data.topics").topics
    except ImportError as error:
        raise ImportError(
            "this Python comes without pydoc_data.topics, the text of this task; take a CPython from python.org, conda "
            "or uv, or install your system's full Python package"
        ) from error
    return "\n".join(topics[key] for key in sorted(topics))


class Characters(Task):
    """Say the next character of a text (`english`), having read it so far; truncated backpropagation, state carried.

    The text is cut in three, in order: 80 % to train, 10 % valid, 10 % test. Symbols are the training part's
    characters and one for all others, as one-hot inputs. A batch of size b reads b streams, equal cuts of the text, at
    once: batch `index` is each stream's segment of that number, `length` characters, and continues the one before;
    after the last the streams begin anew (`continues` is False then). Nothing is random, and the generator only says
    on which device; a change of the batch size cuts the streams anew. What does not fill a segment is left out.

    The loss is the mean cross-entropy in nats, the score the same in bits per character. The baseline is the entropy of
    the training part's next character given the present one: no guess that knows only the present character does
    better on that text. `unigram` is the entropy of the characters alone, a guess that knows nothing.

    Parameters
    ----------
    length
        Characters in a segment, >= 1.

    Raises
    ------
    ImportError
        On a Python without the text; the error says where to get one that has it.

    Examples
    --------
    >>> task = Characters(length=50)
    >>> task.baseline < task.unigram
    True
    >>> task.sample(4, torch.Generator(), index=1).continues
    True
    """

    name = "characters"
    score_name = "bits per character"
    higher_is_better = False
    tuned = {"nnrnn": _ADAM, "rnn": _ADAM, "exprnn": _ADAM, "lstm": _ADAM}

    def __init__(self, length: int = 100) -> None:
        whole_number("length", length, 1)
        self.length = length
        text = english()
        parts = {name: text[int(a * len(text)) : int(b * len(text))] for name, (a, b) in SPLITS.items()}
        self.vocabulary = UNKNOWN + "".join(sorted(set(parts["train"])))
        number = {character: i for i, character in enumerate(self.vocabulary)}
        self._codes = {name: torch.tensor([number.get(c, 0) for c in part]) for name, part in parts.items()}
        self.input_size = self.output_size = len(self.vocabulary)
        train = self._codes["train"]
        pairs = _entropy(train[:-1] * self.input_size + train[1:])
        self.baseline = pairs - _entropy(train[:-1])  # H(next | present) = H(present, next) − H(present)
        self.unigram = _entropy(train)

    def spec(self) -> dict[str, Any]:
        return {"name": self.name, "length": self.length}

    def sample(self, batch_size: int, generator: torch.Generator, index: int = 0) -> Batch:
        return self._segment("train", batch_size, index % self.segments("train", batch_size), generator.device)

    def held_out(self, split: str, batch_size: int) -> Iterator[Batch]:
        """One pass over "valid", "test" or "train", in order; the first batch does not continue, the others do."""
        count = self.segments(split, batch_size)
        return (self._segment(split, batch_size, i, torch.device("cpu")) for i in range(count))

    def segments(self, split: str, batch_size: int) -> int:
        """How many batches one pass over the split takes."""
        whole_number("batch_size", batch_size, 1)
        if split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}; got {split!r}")
        available = len(self._codes[split]) - 1  # the last character is only ever a target
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
        time = torch.arange(number * self.length, (number + 1) * self.length)
        place = time[:, None] + stream * torch.arange(batch_size)
        codes = self._codes[split]
        inputs = functional.one_hot(codes[place].to(device), self.input_size).to(torch.get_default_dtype())
        return Batch(inputs, codes[place + 1].to(device), inputs.new_ones(place.shape), continues=number > 0)

    def loss(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> Float[Tensor, ""]:
        """Cross-entropy, in nats."""
        return batch.cross_entropy(outputs)

    def score(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> float:
        """Bits per character."""
        return float(self.loss(outputs, batch)) / math.log(2)


def _entropy(symbols: Int64[Tensor, " symbols"]) -> float:
    """−Σ p ln p of their frequencies, in nats."""
    share = torch.bincount(symbols).double() / len(symbols)
    share = share[share > 0]
    return float(-(share * share.log()).sum())
