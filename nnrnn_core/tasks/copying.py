"""The copy task: carry ten symbols over a long silence (after Hochreiter & Schmidhuber 1997; paper, A.1)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..checks import whole_number
from ..settings import Settings
from .task import Batch, Task

SYMBOLS, LETTERS = 8, 10  # kinds of symbols, and how many of them are to be remembered
BLANK, CUE = SYMBOLS, SYMBOLS + 1


class Copying(Task):
    """Ten symbols of eight, delay − 1 blanks, a cue, ten blanks; to be answered: blanks, and the symbols at the end.

    delay + 20 steps, one-hot inputs (8 symbols, blank, cue), 9 classes (8 symbols, blank), the cue at step delay + 9.
    The loss is the mean cross-entropy over all steps (nats). A guess without memory, which may know the time, answers
    the blanks for sure and the ten symbols by chance: baseline 10 ln 8 / (delay + 20). The score is the share of right
    answers in the last ten steps.

    The settings are the paper's for 128 units (supplement, A.1): RMSprop, batches of 10.

    Parameters
    ----------
    delay
        >= 1; the paper's is 200.

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, 1997; the paper's A.1.

    Examples
    --------
    >>> batch = Copying(delay=5).sample(1, torch.Generator().manual_seed(0))
    >>> seen = batch.inputs[:, 0].argmax(1)
    >>> bool((seen[:10] == batch.targets[-10:, 0]).all()), int((seen == 9).nonzero())
    (True, 14)
    """

    name = "copying"
    score_name = "recall"
    tuned = {
        "nnrnn": Settings(rate=5e-4, rate_P=1e-6, smoothing=0.99, gamma_penalty=1e-4, T_decay=1e-6),
        "exprnn": Settings(rate=1e-3, rate_P=1e-4, smoothing=0.99),
        "rnn": Settings(rate=1e-3, smoothing=0.9),
        "lstm": Settings(rate=5e-4, smoothing=0.99),
    }
    input_size = SYMBOLS + 2
    output_size = SYMBOLS + 1

    def __init__(self, delay: int = 200) -> None:
        whole_number("delay", delay, 1)
        self.delay = delay
        self.length = delay + 2 * LETTERS
        self._silence: Batch | None = None  # a batch without its symbols, for the next of its size
        self.baseline = LETTERS * math.log(SYMBOLS) / self.length

    def spec(self) -> dict[str, Any]:
        return {"name": self.name, "delay": self.delay}

    def sample(self, batch_size: int, generator: torch.Generator, index: int = 0) -> Batch:
        whole_number("batch_size", batch_size, 1)
        device = generator.device
        symbols = torch.randint(SYMBOLS, (LETTERS, batch_size), generator=generator, device=device)
        kept = self._silence
        if kept is None or (kept.targets.shape[1], kept.targets.device) != (batch_size, device):
            kept = self._silence = self._without_symbols(batch_size, device)
        inputs, targets = kept.inputs.clone(), kept.targets.clone()
        inputs[:LETTERS].scatter_(2, symbols[:, :, None], 1)
        targets[-LETTERS:] = symbols
        return Batch(inputs, targets, kept.weights.clone())

    def _without_symbols(self, batch_size: int, device: torch.device) -> Batch:
        targets = torch.full((self.length, batch_size), BLANK, device=device)
        seen = targets.clone()
        seen[self.delay + LETTERS - 1] = CUE
        inputs = torch.eye(self.input_size, device=device)[seen]
        inputs[:LETTERS] = 0
        return Batch(inputs, targets, inputs.new_ones(seen.shape))

    def loss(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> Float[Tensor, ""]:
        """Cross-entropy, in nats."""
        return batch.cross_entropy(outputs)

    def score(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> float:
        """Share of the ten symbols that come back right."""
        answers = outputs[-LETTERS:].detach().cpu().numpy().argmax(-1)
        return float(np.count_nonzero(answers == batch.targets[-LETTERS:].cpu().numpy()) / answers.size)
