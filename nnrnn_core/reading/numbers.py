"""Numbers as people write and print them: 0.9, .5, 1e-3, Fortran's 1.0D+00, and 2i, 2j, 2im for imaginary ones."""

from __future__ import annotations

import math
import re
from decimal import Decimal

import numpy as np

UNSIGNED = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eEdD][+-]?[0-9]+)?"
IMAGINARY = r"(?:im|i|j|J)"
PLAIN = re.compile(rf"[+-]?{UNSIGNED}")
_PLAIN_ROW = re.compile(r"[-+.0-9eEj(),\s]*")
TINY = re.compile(r"[eE]-[0-9]{3}|\.0{200}")  # what may be smaller than float64 goes
MINUS = str.maketrans("−–", "--")  # as typeset text and word processors write it; one character for one


def real_number(text: str) -> float:
    """The float64 next to a number without blanks; ValueError if float64 does not hold it."""
    value = float(text.translate(str.maketrans("dD", "ee")))
    if math.isinf(value):
        raise ValueError(f"{text} is larger than 64-bit numbers go (1.8e308)")
    if value == 0 and re.search("[1-9]", re.split("[eEdD]", text)[0]):
        raise ValueError(f"{text} is smaller than 64-bit numbers go (4.9e-324): write 0, if that is what is meant")
    if re.fullmatch("[+-]?[0-9]{16,}", text) and Decimal(text) != Decimal(value):
        raise ValueError(inexact(text))
    return value


def plain_numbers(row: str) -> list[float] | list[complex] | None:
    """The numbers of a row that holds nothing else, divided by commas or by blanks, quickly; None if there is anything
    in it that wants to be looked at more closely."""
    if not _PLAIN_ROW.fullmatch(row):
        return None
    pieces = row.split(",") if "," in row else row.split()
    if len(pieces) > 1 and not pieces[-1].strip():
        pieces.pop()
    try:
        values = [complex(piece) for piece in pieces] if "j" in row else [float(piece) for piece in pieces]
    except ValueError:
        return None
    if any(0 < size < 1e-290 or size >= 2.0**53 for size in map(abs, values)) or TINY.search(row):
        return None
    return values


def inexact(number: object) -> str:
    """Why a whole number is refused."""
    return f"{number} lies beyond 2⁵³, and no 64-bit number is equal to it: write {number}.0 if the nearest one will do"


def holds(dtype: str, entries: np.ndarray) -> bool:
    """Whether an array of that type has these entries: NumPy would cut fractions off for integers."""
    if not re.fullmatch(r"[<>=|]?(?:\?|[A-Za-z]\w*)", dtype):
        return False
    try:
        kind = np.dtype(dtype)
    except Exception:  # of torch, SymPy or Julia alone; numpy raises several kinds
        return not dtype.lower().startswith(("int", "uint")) or np.array_equal(entries, np.round(entries))
    if kind.kind == "b":
        return bool(np.isin(entries, (0, 1)).all())
    if kind.kind not in "iufcO" or (kind.kind in "iuf" and np.any(entries.imag)):
        return False
    finite = entries[np.isfinite(entries)].real
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        return np.array_equal(finite, np.round(finite)) and bool(
            np.all((limits.min <= finite) & (finite <= limits.max))
        )
    return kind.kind == "O" or bool(np.all(np.abs(finite) <= np.finfo(kind).max))
