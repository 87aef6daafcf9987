"""The numbers that a lab draws, as a table on the page."""

from __future__ import annotations

import html
from collections.abc import Mapping

import numpy as np

from ..figures.numbers import count

ROWS, COLUMNS = 12, 12  # that are shown of a table


def numbers_table(tables: Mapping[str, Mapping[str, np.ndarray]], where: str) -> str:
    """Tables of columns of equal length as HTML, each under its title; of long and wide ones the beginning, and
    `where` the whole is found."""
    return "".join(_table(title, columns, where) for title, columns in tables.items())


def _table(title: str, columns: Mapping[str, np.ndarray], where: str) -> str:
    names, values = list(columns), [np.asarray(column) for column in columns.values()]
    rows = len(values[0])
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in names[:COLUMNS])
    body = "".join(
        "<tr>" + "".join(f"<td>{column[i]:.6g}</td>" for column in values[:COLUMNS]) + "</tr>"
        for i in range(min(rows, ROWS))
    )
    cut = ""
    if rows > ROWS or len(names) > COLUMNS:
        cut = f"<p>The first of {count(rows)} rows and {count(len(names))} columns: {html.escape(where)}</p>"
    return f'<table class="numbers"><caption>{html.escape(title)}</caption><tr>{head}</tr>{body}</table>{cut}'
