"""What a check of an answer says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check found: `right`, or `done` at least, and why."""

    text: str
    right: bool = False
    done: bool = True

    def __repr__(self) -> str:
        return self.text


def without_torch(answer: Any) -> Any:
    """A tensor as an array, anything else as it is; torch need not be installed."""
    return answer.detach().cpu().numpy() if hasattr(answer, "detach") else answer


def as_number(answer: Any, wanted: str) -> float | str:
    """The answer as a number, or what is wrong with it."""
    answer = without_torch(answer)
    if isinstance(answer, list | tuple | np.ndarray) and np.ndim(answer):
        return f"You returned {len(answer)} values: {wanted}."
    if isinstance(answer, bool | str) or (not np.isscalar(answer) and np.ndim(answer)):
        return f"You returned {answer!r}: {wanted}."
    try:
        number = float(answer)
    except (TypeError, ValueError):
        return f"You returned {type(answer).__name__}: {wanted}."
    return number if math.isfinite(number) else f"You returned {number} (did something diverge?): {wanted}."
