"""The header row and the row names of a table, which are left out; and those that say that it is no matrix as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from .grammar import scalar_of
from .numbers import PLAIN

Cells = list[str]
Table = list[tuple[str, Cells]]  # where each row stands, and its cells

MISSING = {"nan", "na", "<na>", "inf", "-inf", "infinity", "-infinity"}
EDGES = [  # what the columns of a list of edges are called
    {"source", "target"}, {"src", "dst"}, {"from", "to"}, {"row", "col"}, {"row", "column"}, {"rows", "cols"},
    {"rows", "columns"}, {"i", "j"}, {"pre", "post"}, {"presynaptic", "postsynaptic"}, {"tail", "head"},
    {"node1", "node2"}, {"sender", "receiver"},
]  # fmt: skip
_ID = re.compile(r"[ _.-]?(?:id|idx|index|node|neuron)$")


def without_labels(table: Table) -> tuple[Table, str]:
    """Without a header row and row names, and words that say so."""
    (_, head), body = table[0], table[1:]
    if not body:
        return table, ""
    widths, first = {len(row) for _, row in body}, [row[0] for _, row in body]
    shorter = widths == {len(head) + 1} and _are_labels(head, first)
    corner = widths == {len(head)} and head[0] == "" and _are_labels(head[1:], first)
    has_header = shorter or corner or (_all_names(head) and len(head) > 1)
    if not has_header:
        body = table
    has_names = shorter or corner or (len(body[0][1]) > 1 and _all_names([row[0] for _, row in body]))
    columns, rows = head if has_header else [], [row[0] for _, row in body] if has_names else []
    _refuse_constants([*columns, *rows], table)
    named = columns if shorter or not has_names else columns[1:]
    if has_header and widths == {len(head) + shorter} and named != rows:
        refuse_edges(head, [row[shorter:] for _, row in body])
    if has_names:
        refuse_another_order(named, rows)
        body = [(where, row[1:]) for where, row in body]
    left = [words for words, is_there in (("header row", has_header), ("row names", has_names)) if is_there]
    return body, f"{' and '.join(left)} left out" if left else ""


# ---- what labels are
def is_number(cell: str) -> bool:
    """Whether it is a number, as it is written or computed."""
    try:
        scalar_of(cell)
    except ValueError:
        return False
    return True


def _is_name(cell: str) -> bool:
    if not cell or PLAIN.fullmatch(cell) or cell.lower() in MISSING:
        return False
    if not is_number(cell):
        return bool(re.match(r"[^\W\d]|[\"'\[(]", cell))  # a name begins with a letter
    return cell.isalpha() and cell.lower() not in ("pi", "π")  # a column may be called e or i


def _all_names(cells: Sequence[str]) -> bool:
    return all(map(_is_name, cells))


def _counts(cells: Sequence[str]) -> bool:
    """0, 1, 2 … or 1, 2, 3 …: how pandas and R number rows and columns."""
    return list(cells) in ([str(k + first) for k in range(len(cells))] for first in (0, 1))


def _are_labels(columns: Sequence[str], rows: Sequence[str]) -> bool:
    """Whether these, above the columns and before the rows, can be no entries of the matrix."""
    if list(columns) == list(rows):  # the same numbers of neurons, say
        return True
    whole = len(set(rows)) == len(rows) and all(re.fullmatch("[0-9]+", cell) for cell in rows)  # years, say
    return (_all_names(columns) and (whole or _all_names(rows))) or (
        _counts(columns) and (_counts(rows) or _all_names(rows))
    )


# ---- what labels say
def _refuse_constants(labels: Sequence[str], table: Table) -> None:
    """i i / i 2 is the 2×2 matrix of i, i, i and 2, or the number 2 with its names."""
    if labels and all(map(is_number, labels)) and {len(row) for _, row in table} == {len(table)}:
        raise ValueError(
            f"{', '.join(labels)} may be names of rows and columns, or constants that are entries: write 1i or exp(1) "
            "for an entry, or give names of more letters"
        )


def refuse_another_order(columns: Sequence[str], rows: Sequence[str]) -> None:
    """ValueError if the rows have the names of the columns in another order: entry (1, 1) is none of the diagonal."""
    if list(columns) != list(rows) and sorted(columns) == sorted(rows):
        raise ValueError(
            f"the columns are {_few(columns)}, and the rows are {_few(rows)}: put the rows in the order of the columns "
            "(with pandas, frame.loc[frame.columns]), or leave the names out"
        )


def refuse_edges(header: Sequence[str], rows: Iterable[Any]) -> None:
    """ValueError for a list of edges, which is no matrix row by row: source,target,weight / 1,2,0.5."""
    names = [_ID.sub("", cell.lower()) for cell in header]
    for pair in EDGES:
        ends = [k for k, name in enumerate(names) if name in pair]
        if pair <= set(names) and all(_is_node(str(row[k])) for row in rows for k in ends):
            raise ValueError(
                f"the columns {_few([name for name in header if name])} look like a list of edges: make the matrix of "
                "it, for instance with scipy.sparse.coo_array((weights, (rows, columns))), or write it as Matrix "
                "Market's coordinates; if it is a matrix as it is, leave the header out (of a frame, give .to_numpy())"
            )


def _is_node(cell: str) -> bool:
    return bool(re.fullmatch(r"[0-9]+(?:\.0*)?", cell)) or _is_name(cell)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
