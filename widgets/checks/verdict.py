"""What a check of an answer says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

READ = 0.006  # two decimals are enough where a number is read off


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


def returned(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """What the reader's function returns for these arguments; a Verdict where it raises, or returns nothing yet."""
    try:
        answer = function(*arguments)
    except Exception as problem:
        return Verdict(f"{name} raised {type(problem).__name__}: {problem}")
    if answer is None or answer is ...:
        return Verdict(f"Not done yet: {name} returns {'None' if answer is None else '...'}.", done=False)
    return answer


def asked(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """As `returned`, and a tensor as an array."""
    return without_torch(returned(name, function, *arguments))


def several(answer: Any, count: int, wanted: str) -> list[Any] | Verdict:
    """The `count` parts that a reader's function returned, tensors as arrays; a Verdict if they are not so many, or one
    is not there yet."""
    answer = without_torch(answer)
    if isinstance(answer, np.ndarray) and answer.ndim:  # of parts of one shape
        answer = list(answer)
    if not isinstance(answer, tuple | list) or len(answer) != count:
        return Verdict(f"You returned {type(answer).__name__}: {wanted}.")
    if any(part is None or part is ... for part in answer):
        return Verdict("Not done yet: the stub returns ... in one of the places.", done=False)
    return [without_torch(part) for part in answer]


def missing(**answers: Any) -> Verdict | None:
    """Not done yet, if one of the answers (each by its name in the notebook) still is None or an ellipsis."""
    empty = [name for name, answer in answers.items() if answer is None or answer is ...]
    return Verdict(f"Not done yet: set {' and '.join(empty)}.", done=False) if empty else None


def as_square(answer: Any, size: int) -> np.ndarray | str:
    """The answer as a real matrix of this size, or what is wrong with it."""
    wanted = f"give a {size}×{size} matrix of real numbers"
    try:
        found = np.asarray(without_torch(answer))
    except ValueError:  # rows of different length
        found = np.asarray(None)
    if found.dtype.kind not in "fiu":
        return f"You gave {type(answer).__name__}: {wanted}."
    if found.shape != (size, size):
        return f"You gave an array of shape {found.shape}: {wanted}."
    matrix: np.ndarray = found.astype(float)
    return matrix if np.isfinite(matrix).all() else f"An entry is infinite or not a number: {wanted}."


def first_match(answer: Any, mistakes: Iterable[tuple[Any, str]], rtol: float = 1e-6, atol: float = 0.0) -> str | None:
    """The words of the first mistake that gives this answer; None if none does."""
    for value, words in mistakes:
        if np.shape(value) == np.shape(answer) and np.allclose(answer, value, rtol=rtol, atol=atol):
            return words
    return None
