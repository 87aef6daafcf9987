"""Rows of numbers without brackets: typed, pasted from a spreadsheet, or printed by MATLAB, R, Julia and pandas."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arithmetic import Scalar
from .grammar import scalar_of
from .labels import MISSING, Cells, Table, is_number, without_labels
from .numbers import IMAGINARY, MINUS, PLAIN, UNSIGNED, plain_numbers, real_number
from .square import LARGEST
from .tokens import NotUnderstood

_SPACED_COMPLEX = re.compile(rf"(?<![\w.])({UNSIGNED})\s+([+-])\s+({UNSIGNED}{IMAGINARY}\b)")
_BLANK_AND_SIGN = re.compile(r"\S\s+[+-]\S")
_BRACKETED = re.compile(r"\([^()]*\)")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_ACCOUNT = re.compile(rf"\(\s*{UNSIGNED}\s*\)")


@dataclass(frozen=True)
class Read:
    """Entries, and what was left out because it is no entry."""

    entries: np.ndarray
    note: str = ""


def table_of(text: str) -> Read:
    """A matrix from rows of numbers; ValueError that names the first cell that is no number."""
    text = re.sub(r"\A\s*sep=[;,\t][ \t]*(?=\n)", "", text)  # what Excel writes for itself
    lines = [(f"line {i}", _without_comment(line)) for i, line in enumerate(text.translate(MINUS).split("\n"), start=1)]
    lines = [(where, line) for where, line in lines if line.strip()]
    lines, factor, shape, note = _unframed(lines)
    lines = _r_blocks(lines)
    if len(lines) > LARGEST + 1:  # and a header
        raise ValueError(f"a matrix may have at most {LARGEST:,} rows here; the text has {len(lines):,} lines")
    table = _cells(lines)
    if not table:
        raise ValueError("there is no number in the text; paste rows of numbers, such as 0.9 2; 0 0.8")
    if (longest := max(len(row) for _, row in table)) > LARGEST + 2:  # row names, and an empty end
        raise ValueError(f"a matrix may have at most {LARGEST:,} rows here; a row of the text has {longest:,} entries")
    table, labels = without_labels(table)
    _refuse_coordinates(table)
    entries = np.array(_entries(table)) * factor
    if shape and shape != entries.shape:
        raise ValueError(f"the text says that the matrix is {shape[0]}×{shape[1]}, and {entries.shape} is there")
    return Read(entries, "; ".join(filter(None, [note, labels])))


def _without_comment(line: str) -> str:
    return re.sub(r"(?<!\S)#.*|^%.*", "", line) if "#" in line or "%" in line else line


def _unframed(lines: Sequence[tuple[str, str]]) -> tuple[list[tuple[str, str]], float, tuple[int, int] | None, str]:
    """Without what MATLAB ("A =", "1.0e+03 *") and Julia ("2×2 Matrix{Float64}:") print above the rows."""
    rows, factor, shape, note = list(lines), 1.0, None, ""
    if rows and (named := re.fullmatch(r"\s*[A-Za-z]\w*\s*=\s*(.*)", rows[0][1])):
        rows[0] = (rows[0][0], named.group(1))
        rows = [row for row in rows if row[1].strip()]
    if rows and (scaled := re.fullmatch(rf"\s*({UNSIGNED})\s*\*\s*", rows[0][1])):
        factor, rows, note = real_number(scaled.group(1)), rows[1:], f"times {scaled.group(1)}"
    if rows and (printed := re.fullmatch(r"\s*(\d+)×(\d+) [\w{}, .():]+(?: with .*)?:\s*", rows[0][1])):
        shape, rows = (int(printed.group(1)), int(printed.group(2))), rows[1:]
        rows = [(where, line.replace("⋅", "0")) for where, line in rows]  # what cannot but be 0 in a matrix of its kind
    for where, line in rows:
        if re.match(r"\s*Columns? \d+", line):
            raise ValueError(
                f"{where} is {line.strip()!r}: a matrix printed in parts is not read; print mat2str(A, 17)"
            )
    return rows, factor, shape, note


def _r_blocks(lines: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without the [1,] and [,1] of what R prints; blocks of columns side by side again."""
    if not any(re.match(r"\s*\[,?\d+,?\]", line) for _, line in lines):
        return list(lines)
    rows: dict[int, list[str]] = {}
    columns, filled = 0, 0
    for where, line in lines:
        if re.fullmatch(r"\s*(?:\[,\d+\]\s*)+", line):
            numbers = [int(n) for n in re.findall(r"\d+", line)]
            if numbers != [*range(columns + 1, columns + len(numbers) + 1)] or (rows and filled != len(rows)):
                raise ValueError(f"{where}: the columns {line.strip()} do not follow what is above them")
            columns, filled = numbers[-1], 0
            continue
        found = re.fullmatch(r"\s*\[(\d+),\]\s(.*)", line)
        if not found or int(found.group(1)) != filled + 1:
            raise ValueError(f"{where}: row [{filled + 1},] of R's print is expected; it is {line.strip()[:40]!r}")
        filled += 1
        rows.setdefault(filled, []).append(found.group(2))
    return [(f"row [{i},]", " ".join(parts)) for i, parts in rows.items()]


# ---- cells
def _cells(lines: Sequence[tuple[str, str]]) -> Table:
    """The rows cut into cells: by tabs, semicolons or commas that every line has as many of, otherwise by blanks, and
    then a semicolon ends a row."""
    texts = [line.rstrip() for _, line in lines]
    if _divide(lines, "\t"):
        return _decimal_points([(where, _split(line, "\t", where)) for where, line in lines])
    if len(lines) > 1 and _divide(lines, ";") and not any(_is_row(cell) for text in texts for cell in text.split(";")):
        return _decimal_points([(where, _split(line, ";", where)) for where, line in lines])
    parts = [(where, row) for where, line in lines for row in line.split(";") if row.strip()]
    if any("," in row for _, row in parts):
        _refuse_blank_and_sign(parts)
        return _without_empty_end([(where, _split(row, ",", where)) for where, row in parts])
    return [(where, _unspaced(row).split()) for where, row in parts]


def _unspaced(row: str) -> str:
    """1 + 2i without its blanks. (To look for it in a long row of real numbers takes minutes.)"""
    return _SPACED_COMPLEX.sub(r"\1\2\3", row) if re.search("[ijJ]", row) else row


def _divide(lines: Sequence[tuple[str, str]], mark: str) -> bool:
    counts = {line.strip(" ").rstrip(";").count(mark) for _, line in lines}
    return len(counts) == 1 and counts.pop() > 0


def _is_row(cell: str) -> bool:
    """Whether it holds several numbers, so that the semicolon beside it ends a row."""
    words = _unspaced(cell).split()
    several = len(words) > 1 or cell.count(",") > 1
    return several and all(re.match(r"[-+.,0-9]", word) for word in words)


def _split(line: str, mark: str, where: str) -> Cells:
    try:
        (cells,) = csv.reader(
            [line.strip("\r " if mark == "\t" else None)], delimiter=mark, strict=True, skipinitialspace=True
        )
    except (csv.Error, ValueError) as problem:
        raise ValueError(f"{where} cannot be cut into cells: {problem}") from None
    return [cell.strip() for cell in cells]


def _refuse_blank_and_sign(rows: Sequence[tuple[str, str]]) -> None:
    """0,5 -2i may be the numbers 0 and 5 − 2i, or 0.5 and −2i; 0, 5 -2i is not."""
    if not any(re.search(r",\S", row) for _, row in rows):
        return
    for where, row in rows:
        for cell in map(str.strip, row.split(",") if len(row.split()) > 1 else ()):
            if _BLANK_AND_SIGN.search(cell) and _BLANK_AND_SIGN.search(_BRACKETED.sub("", cell)) and is_number(cell):
                raise ValueError(
                    f"{where} has {cell[:40]!r} beside a comma: is that a decimal comma, and does the blank divide two "
                    "numbers? Write decimal commas as full stops, and a complex number without blanks"
                )


def _decimal_points(table: Table) -> Table:
    """Cells with a decimal comma as cells with a point. In a table with a point, a comma may mean a thousand, and where
    each of them has three figures behind it."""
    table = _without_empty_end(table)
    commas = [(where, cell) for where, row in table for cell in row if _DECIMAL_COMMA.fullmatch(cell)]
    if commas and any("." in cell and PLAIN.fullmatch(cell) for _, row in table for cell in row):
        where, cell = commas[0]
        raise ValueError(f"{where} has {cell!r}, and other cells have a full stop: which of them is the decimal point?")
    if commas and all(_THOUSANDS.fullmatch(cell) for _, cell in commas):
        where, cell = commas[0]
        raise ValueError(
            f"{where} has {cell!r}: does its comma divide thousands, or is it the decimal point? Write "
            f"{cell.replace(',', '')} or {cell.replace(',', '.')}, and all cells without commas"
        )
    return [
        (where, [cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell for cell in row])
        for where, row in table
    ]


def _without_empty_end(table: Table) -> Table:
    """Without the empty last cell that a comma at the end of every row makes."""
    if all(len(row) > 1 and not row[-1] for _, row in table):
        return [(where, row[:-1]) for where, row in table]
    return table


# ---- numbers
def _refuse_coordinates(table: Table) -> None:
    """3 3 2 / 1 1 0.5 / 2 1 7 is the 3×3 matrix of two entries in Matrix Market's coordinates, or a dense one."""
    rows = [row for _, row in table]
    whole = all(
        len(row) == 3 and re.fullmatch("[0-9]{1,9}", row[0]) and re.fullmatch("[0-9]{1,9}", row[1]) for row in rows
    )
    if not whole or rows[0][2] != str(len(rows) - 1):
        return
    height, width = int(rows[0][0]), int(rows[0][1])
    if all(1 <= int(row[0]) <= height and 1 <= int(row[1]) <= width for row in rows[1:]):
        dense = ", or put brackets around a dense matrix, [[…], [… ]]" if len(rows) == 3 else ""
        raise ValueError(
            f"these may be coordinates, row column value, of a {height}×{width} matrix with {rows[0][2]} entries: put "
            f"the line %%MatrixMarket matrix coordinate real general above them{dense}"
        )


def _entries(table: Table) -> list[Sequence[Scalar]]:
    first = len(table[0][1])
    entries: list[Sequence[Scalar]] = []
    for i, (where, row) in enumerate(table, start=1):
        if len(row) != first:
            raise ValueError(f"row {i} has {len(row)} numbers, and row 1 has {first}; give all as many ({where})")
        joined = " ".join(row)
        in_accounts = "(" in joined and any(map(_ACCOUNT.fullmatch, row))
        plain = None if in_accounts else plain_numbers(joined)
        if plain and len(plain) == first:
            entries.append(plain)
            continue
        entries.append([_number(cell, f"row {i}, column {j} ({where})") for j, cell in enumerate(row, start=1)])
    return entries


def _number(cell: str, where: str) -> Scalar:
    if not cell:
        raise ValueError(f"{where} is empty: write 0, if that is what is meant")
    if _ACCOUNT.fullmatch(cell):
        number = cell.strip("( )")
        raise ValueError(f"{where} is {cell!r}, in accounts a negative number: write -{number}, or {number} alone")
    if cell.lower() in MISSING:
        return float("nan" if cell.strip("<").lower()[0] == "n" else cell)
    try:
        return real_number(cell) if PLAIN.fullmatch(cell) else scalar_of(cell)
    except ValueError as problem:
        why = problem.why if isinstance(problem, NotUnderstood) else str(problem)
        if "," in cell:
            why = "a decimal comma is read in tables divided by semicolons or tabs"
        raise ValueError(f"{where} is {cell[:40]!r}, no number{': ' if why else ''}{why}") from None
