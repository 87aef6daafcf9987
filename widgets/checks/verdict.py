"""What a check of an answer says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check found: `right`, or `done` at least, and why."""

    text: str
    right: bool = False
    done: bool = True

    def __repr__(self) -> str:
        return self.text


def as_number(answer: Any, wanted: str) -> float | str:
    """The answer as a number, or what is wrong with it."""
    if isinstance(answer, torch.Tensor):
        answer = answer.detach().numpy()
    if isinstance(answer, list | tuple | np.ndarray) and np.ndim(answer):
        return f"You returned {len(answer)} values: {wanted}."
    if isinstance(answer, bool | str) or (not np.isscalar(answer) and np.ndim(answer)):
        return f"You returned {answer!r}: {wanted}."
    try:
        number = float(answer)
    except (TypeError, ValueError):
        return f"You returned {type(answer).__name__}: {wanted}."
    return number if math.isfinite(number) else f"You returned {number} (did something diverge?): {wanted}."
