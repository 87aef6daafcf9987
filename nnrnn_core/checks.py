"""Checks of arguments: each returns the value, or raises an error that names the argument, the value and the remedy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any


def whole_number(name: str, value: object, low: int | None = None, high: int | None = None) -> int:
    """A whole number from `low` to `high`, both included; ValueError otherwise."""
    fits = isinstance(value, Integral) and not isinstance(value, bool)
    if not fits or not _between(value, low, high):
        raise ValueError(f"{name} must be a whole number{_bounds(low, high)}; got {value!r}")
    return int(value)  # type: ignore[call-overload, no-any-return]


def number(
    name: str,
    value: object,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: bool = False,
    below: bool = False,
) -> float:
    """A finite real number from `low` to `high`; with `above` or `below` that end is excluded. ValueError otherwise."""
    try:
        finite = math.nan if isinstance(value, bool) or not isinstance(value, Real) else float(value)
    except OverflowError:  # a whole number beyond float64
        finite = math.inf
    outside = not _between(finite, low, high) or (above and finite == low) or (below and finite == high)
    if outside or not math.isfinite(finite):
        raise ValueError(f"{name} must be a finite number{_bounds(low, high, above, below)}; got {value!r}")
    return finite


def seed(value: object) -> int:
    """A whole number from which generators of torch can be seeded, and its neighbours too; ValueError otherwise."""
    return whole_number("seed", value, -(2**62), 2**62)


def switch(name: str, value: object) -> bool:
    """True or False; ValueError otherwise."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False; got {value!r}")
    return value


def one_of(name: str, value: object, choices: Iterable[str]) -> str:
    """One of these names; ValueError, which lists them, otherwise."""
    known = list(choices)
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")
    return value


def _between(value: Any, low: float | None, high: float | None) -> bool:
    return bool((low is None or value >= low) and (high is None or value <= high))


def _bounds(low: float | None, high: float | None, above: bool = False, below: bool = False) -> str:
    parts = []
    if low not in (None, -math.inf):
        parts.append(f"{'above' if above else 'of at least'} {low:g}")
    if high not in (None, math.inf):
        parts.append(f"{'below' if below else 'at most'} {high:g}")
    return (" " if parts else "") + " and ".join(parts)
