"""The copy task: carry ten symbols over a long silence (after Hochreiter & Schmidhuber 1997; paper, A.1)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from scipy.special import rel_entr
from torch import Tensor

from ..checks import switch, whole_number
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

    The settings are the paper's for 128 units (supplement, A.1): RMSprop, batches of 10. It has no GRU and no LRU: the
    first has the LSTM's here, the second the free RNN's.

    Parameters
    ----------
    delay
        >= 1; the paper's is 200.
    variable
        Whether each sequence has a delay of its own, up to `delay` (Henaff and others 2016).

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, 1997; the paper's A.1. Henaff, Szlam and LeCun, Recurrent
    orthogonal networks and long-memory tasks, 2016, for the variable delay.

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
        "rnn-orth": Settings(rate=2e-4, smoothing=0.99),
        "eurnn": Settings(rate=1e-3, smoothing=0.5),
        "lstm": Settings(rate=5e-4, smoothing=0.99),
        "gru": Settings(rate=5e-4, smoothing=0.99),
    }
    input_size = SYMBOLS + 2
    output_size = SYMBOLS + 1

    def __init__(self, delay: int = 200, variable: bool = False) -> None:
        self.delay, self.variable = whole_number("delay", delay, 1), switch("variable", variable)
        self.length = delay + 2 * LETTERS
        self._silence: Batch | None = None  # a batch without symbols and cue, for the next of its size
        self.baseline = _variable_baseline(delay) if variable else LETTERS * math.log(SYMBOLS) / self.length

    def spec(self) -> dict[str, Any]:
        return {"name": self.name, "delay": self.delay, **({"variable": True} if self.variable else {})}

    def sample(self, batch_size: int, generator: torch.Generator, index: int = 0) -> Batch:
        whole_number("batch_size", batch_size, 1)
        device = generator.device
        symbols = torch.randint(SYMBOLS, (LETTERS, batch_size), generator=generator, device=device)
        kept = self._silence
        if kept is None or (kept.targets.shape[1], kept.targets.device) != (batch_size, device):
            kept = self._silence = self._without_symbols(batch_size, device)
        inputs, targets = kept.inputs.clone(), kept.targets.clone()
        inputs[:LETTERS].scatter_(2, symbols[:, :, None], 1)
        if self.variable:
            delays = torch.randint(1, self.delay + 1, (batch_size,), generator=generator, device=device)
            cue, column = LETTERS - 1 + delays, torch.arange(batch_size, device=device)
            inputs[cue, column] = inputs.new_tensor([0.0] * CUE + [1.0])
            targets.scatter_(0, cue + 1 + torch.arange(LETTERS, device=device)[:, None], symbols)
        else:
            targets[-LETTERS:] = symbols
        return Batch(inputs, targets, kept.weights.clone())

    def _without_symbols(self, batch_size: int, device: torch.device) -> Batch:
        targets = torch.full((self.length, batch_size), BLANK, device=device)
        seen = targets.clone()
        if not self.variable:
            seen[self.delay + LETTERS - 1] = CUE
        inputs = torch.eye(self.input_size, device=device)[seen]
        inputs[:LETTERS] = 0
        return Batch(inputs, targets, inputs.new_ones(seen.shape))

    def loss(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> Float[Tensor, ""]:
        """Cross-entropy, in nats."""
        return batch.cross_entropy(outputs)

    def score(self, outputs: Float[Tensor, "time batch outputs"], batch: Batch) -> float:
        """Share of the ten symbols that come back right."""
        answers, targets = outputs.detach().argmax(-1).cpu().numpy(), batch.targets.cpu().numpy()
        asked = targets != BLANK
        return float(np.count_nonzero((answers == targets)[asked]) / np.count_nonzero(asked))


def _variable_baseline(delay: int) -> float:
    """The mean over time of the best memoryless guess's loss, in nats, where the delay is drawn from 1 … delay."""
    delays, time = np.arange(1, delay + 1), np.arange(delay + 2 * LETTERS)[:, None]
    cue = LETTERS - 1 + delays
    due = ((time > cue) & (time <= cue + LETTERS)).mean(1)  # the share of sequences of which the answer is due
    blank = np.where(time[:, 0] < LETTERS, 0.0, (time != cue).mean(1))  # the share that shows a blank
    blank = np.maximum(blank, due)
    surprise = rel_entr(due, blank) + rel_entr(blank - due, blank)  # −blank times the entropy of "is it due?"
    return float(np.mean(due * math.log(SYMBOLS) - surprise))
