"""The operations of the grammar, of numbers and matrices. What means two things in two languages is a ValueError."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

Scalar: TypeAlias = float | complex
Value: TypeAlias = Scalar | np.ndarray


def _sum(sign: int) -> Callable[[Value, Value, int], Value]:
    def added(left: Value, right: Value, matrices: int) -> Value:
        if matrices and np.shape(left) != np.shape(right):
            raise ValueError(f"matrices of sizes {np.shape(left)} and {np.shape(right)} are not added")
        return left + sign * right

    return added


def _times(left: Value, right: Value, matrices: int) -> Value:
    if matrices == 2:
        raise ValueError("between matrices it means two things (entry by entry in NumPy): write @")
    return left * right


def _matrix_times(left: Value, right: Value, matrices: int) -> Value:
    if matrices < 2 or np.shape(left)[-1] != np.shape(right)[0]:
        raise ValueError("it stands between two matrices whose sizes fit")
    product: np.ndarray = np.asarray(left) @ np.asarray(right)
    return product


def _over(left: Value, right: Value, matrices: int) -> Value:
    if isinstance(right, np.ndarray):
        raise ValueError("a matrix is not divided by")
    if right == 0:
        raise ZeroDivisionError
    return left / right


def _power(left: Value, right: Value, matrices: int) -> Value:
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        raise ValueError("powers are read of numbers, not of matrices")
    value: Scalar = left**right
    return value


ARITHMETIC: dict[str, Callable[[Value, Value, int], Value]] = {
    "+": _sum(1), "-": _sum(-1), "*": _times, "@": _matrix_times, "/": _over, "**": _power, "^": _power,
}  # fmt: skip
