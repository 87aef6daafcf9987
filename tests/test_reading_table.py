"""nnrnn_core/reading/README.md, the table of what is read how: each row is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse
import sympy
import torch

import badges
from nnrnn_core import read_matrix
from nnrnn_core.reading.files import READERS

TEXT = (badges.ROOT / "nnrnn_core/reading/README.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| (?:`([^|]+)`)? ?\| `([^|]+)` \|$", TEXT, re.MULTILINE)
A = np.array([[0.5, -2.0], [1000.0, 0.25]])


def names() -> dict[str, Any]:
    network = torch.nn.Linear(2, 2)
    network.weight.data[:] = torch.tensor(A)
    modules = {"np": np, "pd": pd, "scipy": scipy, "sympy": sympy, "torch": torch, "h5py": h5py}
    return {**modules, "A": A, "Path": Path, "n": network}


@pytest.mark.parametrize(("what", "after", "source"), ROWS, ids=[what for what, _, _ in ROWS])
def test_what_the_table_says_is_read_is_read(
    what: str, after: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    found = names()
    exec(after, found)
    matrix = read_matrix(eval(source, found))
    assert isinstance(matrix, np.ndarray) and matrix.dtype == np.float64
    assert np.array_equal(matrix, A)


def test_the_table_has_every_ending_and_every_row_is_run():
    assert len(ROWS) == len(re.findall(r"^\| (?!\*\*)[^|-]", TEXT, re.MULTILINE)) - 1 > 45
    for ending in READERS:
        assert ending in TEXT, ending
