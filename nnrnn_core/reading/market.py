"""Matrix Market's text, read by SciPy once every line is known to be what it must be.

SciPy stops reading a number at what it does not know, takes 1e3 in a field of integers for 1, and ends the process at
some lines that are not as they should be.
"""

from __future__ import annotations

import io
import re

import numpy as np
import scipy.io
import scipy.sparse

from .numbers import TINY, UNSIGNED, real_number
from .square import check_shape

_INTEGERS = ("integer", "unsigned-integer")
_EXTREME = re.compile(rf"(?<![.0-9])[0-9]{{16,}}(?![.0-9eE])|{TINY.pattern}")  # what float64 may not hold
_BLANK = r"[ \t]"


def matrix_market(data: bytes) -> np.ndarray:
    """From text in Matrix Market's format."""
    try:
        rows, columns, entries, layout, field, symmetry = scipy.io.mminfo(io.BytesIO(data))
    except Exception as problem:  # scipy raises several kinds
        raise ValueError(f"this is not Matrix Market's format: {problem}") from problem
    check_shape((int(rows), int(columns)))
    if len(data.split(b"\n")[0].split()) != 5:  # what else is there, scipy leaves out
        raise ValueError("the first line of Matrix Market's format is %%MatrixMarket matrix layout field symmetry")
    if field == "pattern" and symmetry not in ("general", "symmetric"):
        raise ValueError(f"Matrix Market knows no {symmetry} pattern: write the numbers")
    _check_lines(data.decode("latin-1"), layout, field, int(entries))
    try:
        found = scipy.io.mmread(io.BytesIO(data))
    except Exception as problem:
        raise ValueError(f"the Matrix Market text cannot be read: {problem}") from problem
    if scipy.sparse.issparse(found):
        places = found.row.astype(np.int64) * int(columns) + found.col
        if len(np.unique(places)) < len(places):
            raise ValueError("the Matrix Market text has two numbers for one entry; leave one of them")
        found = found.toarray()
    _check_diagonal(np.diag(found), symmetry)
    return np.asarray(found)


def _check_lines(text: str, layout: str, field: str, entries: int) -> None:
    """Every line has as many numbers as it must and nothing else, and there are as many lines as is said."""
    values = {"pattern": 0, "complex": 2}.get(field, 1)
    value = "[+-]?[0-9]+" if field in _INTEGERS else rf"[+-]?(?:{UNSIGNED}|(?i:nan|inf))"
    numbers = [*(["[0-9]+"] * 2 if layout == "coordinate" else []), *([value] * values)]
    kind = "whole numbers" if field in _INTEGERS else "numbers"
    line_of_numbers = re.compile(rf"{_BLANK}*" + rf"{_BLANK}+".join(numbers) + rf"{_BLANK}*")
    lines = [(i, line) for i, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1) if line.strip(" \t")]
    while lines[0][1].startswith("%"):
        lines.pop(0)
    for i, line in lines[1:]:  # the first has the sizes
        if not line_of_numbers.fullmatch(line) or "d" in line.lower():
            raise ValueError(f"line {i} of the Matrix Market text is {line[:40]!r}: {len(numbers)} {kind} are expected")
        if _EXTREME.search(line):
            for number in line.split()[len(numbers) - values :]:
                _check_number(number, i)
    if layout == "coordinate" and len(lines) - 1 != entries:
        raise ValueError(f"the Matrix Market text says that it has {entries} entries, and {len(lines) - 1} are there")


def _check_number(number: str, line: int) -> None:
    try:
        real_number(number)
    except ValueError as problem:
        raise ValueError(f"line {line} of the Matrix Market text: {problem}") from None


def _check_diagonal(diagonal: np.ndarray, symmetry: str) -> None:
    parts = {"skew-symmetric": diagonal, "hermitian": diagonal.imag}
    if (wrong := np.flatnonzero(parts.get(symmetry, 0))).size:
        k, what = wrong[0], "0" if symmetry == "skew-symmetric" else "a real number"
        raise ValueError(
            f"row {k + 1}, column {k + 1} of the Matrix Market text is {diagonal[k]}, and on the diagonal of a "
            f"{symmetry} matrix there is {what}"
        )
