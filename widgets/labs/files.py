"""Numbers into a file: for a table, a plot of one's own, a paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

Arrays = Mapping[str, np.ndarray]


def write(path: str | Path, columns: Callable[[], Arrays], arrays: Callable[[], Arrays]) -> Path:
    """`columns` (of equal length) into a .csv file, or `arrays` into a .npz file; either is only computed if it is
    wanted. ValueError for another ending."""
    path = Path(path)
    if path.suffix == ".csv":
        table = columns()
        rows = np.column_stack(list(table.values()))
        np.savetxt(path, rows, delimiter=",", header=",".join(table), comments="", fmt="%.9g")
    elif path.suffix == ".npz":
        np.savez_compressed(path, allow_pickle=False, **arrays())
    else:
        raise ValueError(f"path must end in .npz or .csv; got {str(path)!r}")
    return path
