"""The adding problem: two marked numbers, far apart, and their sum (Hochreiter & Schmidhuber 1997)."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..checks import whole_number
from ..settings import Settings
from .task import Batch, Task

_ADAM = Settings(
    rate=1e-3, rate_P=1e-4, optimiser="adam", smoothing=0.999, momentum=0.9, batch_size=50, gradient_clip=5.0
)


class Adding(Task):
    """Say at the end the sum of the two numbers that were marked.

    Inputs are pairs: a number, uniform in [0, 1], and a mark, which is 1 at one step of the first half and at one of
    the second, 0 elsewhere. The sum is asked for at the last step; the loss is the squared error, the score the share
    of the sum's variance, 1/6, that is explained.

    **The baseline.** Without memory the sum is 1 on average, with the variance 2 · 1/12 = 1/6. At the last step a guess
    sees the last pair. If it is marked, which happens once in h sequences (h steps in the second half), one of the two
    numbers is known and 1/12 is left: 1/6 − 1/(12 h).

    Parameters
    ----------
    length
        Time steps, >= 2.

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, 1997, in the form of Le, Jaitly and Hinton, arXiv 1504.00941.

    Examples
    --------
    >>> task = Adding(length=100)
    >>> round(task.baseline, 4)
    0.165
    >>> batch = task.sample(3, torch.Generator().manual_seed(0))
    >>> numbers, marks = batch.inputs[..., 0], batch.inputs[..., 1]
    >>> bool(torch.allclose((numbers * marks).sum(0), batch.targets[-1, :, 0]))
    True
    """

    name = "adding"
    score_name = "variance explained"
    tuned = dict.fromkeys(("nnrnn", "rnn", "exprnn", "lstm"), _ADAM)
    input_size = 2
    output_size = 1

    def __init__(self, length: int = 200) -> None:
        self.length = whole_number("length", length, 2)
        self.baseline = 1 / 6 - 1 / (12 * (self.length - self.length // 2))

    def spec(self) -> dict[str, Any]:
        return {"name": self.name, "length": self.length}

    def sample(self, batch_size: int, generator: torch.Generator, index: int = 0) -> Batch:
        whole_number("batch_size", batch_size, 1)
        half, device = self.length // 2, generator.device
        numbers = torch.rand(self.length, batch_size, generator=generator, device=device)
        first = torch.randint(half, (batch_size,), generator=generator, device=device)
        second = torch.randint(half, self.length, (batch_size,), generator=generator, device=device)
        marked = torch.stack([first, second])
        marks = torch.zeros_like(numbers).scatter_(0, marked, 1)
        total = numbers.gather(0, marked).sum(0)
        weights = torch.zeros_like(numbers)
        weights[-1] = 1
        targets = total.expand(self.length, batch_size).unsqueeze(-1)
        return Batch(torch.stack([numbers, marks], -1), targets, weights)

    def loss(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> Float[Tensor, ""]:
        """Squared error."""
        return batch.mean((outputs - batch.targets).square().mean(-1))

    def score(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> float:
        """1 − 6 · squared error."""
        return 1 - 6 * float(self.loss(outputs, batch))
