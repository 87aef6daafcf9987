"""What Python holds as a matrix: the same numbers, or words about the entry that is none."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sympy
import torch

from nnrnn_core import read_matrix
from nnrnn_core.reading import LARGEST


@pytest.mark.parametrize(
    "matrix",
    [
        [[Fraction(1, 2), 2], [Decimal("0.25"), True]], np.array([[0.5, 2], [0.25, 1]], dtype=np.float16),
        np.array([[0.5, 2], [0.25, 1]], dtype=np.longdouble), np.array([[0.5, 2], [0.25, 1]]) + 0j,
        np.ma.array([[0.5, 2], [0.25, 1]], mask=False), [np.ma.array([0.5, 2]), (0.25, np.ma.array(1))],
        np.matrix([[0.5, 2], [0.25, 1]]),
        scipy.sparse.coo_matrix([[0.5, 2], [0.25, 1]]), scipy.sparse.dok_array([[0.5, 2], [0.25, 1]]),
        torch.tensor([[0.5, 2], [0.25, 1]], dtype=torch.bfloat16), torch.tensor([[0.5, 2], [0.25, 1]]).to_sparse(),
        torch.quantize_per_tensor(torch.tensor([[0.5, 2], [0.25, 1]]), 0.25, 0, torch.qint8),
        pd.DataFrame([[0.5, 2], [0.25, 1]]), pd.DataFrame([[0.5, 2], [0.25, 1]], dtype="Float64"),
        pd.DataFrame([[0.5, 2], [0.25, 1]], dtype=object), pd.DataFrame([[0.5, 2], [0.25, 1]], ["i", "j"], ["i", "j"]),
        sympy.Matrix([["1/2", 2], ["1/4", 1]]),
    ],
    ids=lambda matrix: type(matrix).__name__,
)  # fmt: skip
def test_the_numbers_are_those_that_were_given(matrix: Any):
    found = read_matrix(matrix)
    assert isinstance(found, np.ndarray) and found.dtype == float
    assert np.array_equal(found, [[0.5, 2], [0.25, 1]])


@pytest.mark.parametrize(
    "matrix",
    [
        [[1j, 0], [0, 1]], np.array([[1j, 0], [0, 1]]), torch.tensor([[1j, 0], [0, 1]]),
        sympy.Matrix([[sympy.I, 0], [0, 1]]), scipy.sparse.csr_array([[1j, 0], [0, 1]]),
        pd.DataFrame([[1j, 0], [0, 1]]), torch.tensor([[-1j, 0], [0, 1]]).conj(),
    ],
    ids=lambda matrix: type(matrix).__name__,
)  # fmt: skip
def test_complex_numbers_stay_complex(matrix: Any):
    found = read_matrix(matrix)
    assert isinstance(found, np.ndarray) and found.dtype == complex
    assert np.array_equal(found, [[1j, 0], [0, 1]])


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ([[1, 2], [3]], "row 2 has 1 numbers, and row 1 has 2 numbers"),
        (memoryview(b"ab"), "must be a square matrix"),
        (np.array([[1, np.longdouble("1e400")], [0, 1]]), "row 1, column 2 is infinite"),
        ([[1, 2], 3], "row 2 has no row, and row 1 has 2 numbers"),
        ([[1, np.nan], [np.nan, 1]], "row 1, column 2 is NaN (no number), and 1 other"),
        ([[1, 2], [-np.inf, 1]], "row 2, column 1 is infinite"),
        ([[2**53 + 1, 0], [0, 1]], "row 1, column 1 of the matrix: 9007199254740993 lies beyond 2⁵³"),
        ([[0.5, 2**53 + 1], [0, 1]], "row 1, column 2: 9007199254740993 lies beyond 2⁵³"),
        (np.array([[1, 0], [2**64 - 1, 1]], dtype=np.uint64), "row 2, column 1 of the matrix: 18446744073709551615"),
        (np.array([[-(2**63) + 1, 0], [0, 1]]), "-9223372036854775807 lies beyond"),
        ([[10**30, 0], [0, 1]], "row 1, column 1: 1000000000000000000000000000000 lies beyond"),
        ([[10**400, 0], [0, 1]], "row 1, column 1 is larger than 64-bit numbers go"),
        (torch.tensor([[2**53 + 1, 0], [0, 1]]), "9007199254740993 lies beyond"),
        ([[None, 1], [2, 3]], "row 1, column 1 is 'None' (NoneType)"),
        ([["0.9", 1], [2, 3]], "row 1, column 1 is '0.9', a text"),
        (np.ma.masked_equal([[1, 2], [3, 4]], 3), "1 entries are masked, the first at row 2, column 1"),
        ([np.ma.array([1.0, 2.0], mask=[0, 1]), np.ma.array([1.0, 2.0])], "masked, the first at row 1, column 2"),
        ((np.array([1, 2]), [3, np.ma.masked]), "1 entries are masked, the first at row 2, column 2"),
        (np.array([[1, np.ma.masked], [2, 3]], dtype=object), "row 1, column 2 is masked"),
        ([np.ma.masked], "1 entries are masked, the first at row 1, column 1"),
        ([np.array(5)], "its shape is (1,)"),
        (pd.DataFrame({"a": [1, None], "b": [2, 3]}), "row 2, column 1 is NaN"),
        (pd.DataFrame([[1, 2], [3, 4]], ["b", "a"], ["a", "b"]), "the columns are a, b, and the rows are b, a"),
        (pd.DataFrame({"source": [1, 1, 2], "target": [1, 2, 2], "weight": [0.5, 3, 5]}), "look like a list of edges"),
        (pd.DataFrame({"a": [1, None], "b": [2, 3]}, dtype="Int64"), "row 2, column 1 is '<NA>'"),
        (pd.DataFrame({"a": ["x", "y"], "b": [2, 3]}), "row 1, column 1 is 'x', a text"),
        (pd.DataFrame({"a": pd.to_datetime(["2020-10-12"] * 2), "b": [2, 3]}), "Timestamp"),
        (sympy.Matrix([[sympy.Symbol("x"), 1], [2, 3]]), "row 1, column 1 is 'x' (Symbol)"),
        (torch.eye(2, device="meta"), "on the meta device"),
        (scipy.sparse.eye_array(10**7), "at most 1,000 rows here; this one has 10,000,000"),
        (np.eye(LARGEST + 1), "at most 1,000 rows here; this one has 1,001"),
        (np.zeros((0, 0)), "square matrix; its shape is (0, 0): there is no number in it"),
        ([], "there is no number in it"),
        (np.zeros((2, 2, 2)), "square matrix; its shape is (2, 2, 2)"),
        (np.zeros(3), "square matrix; its shape is (3,)"),
        (None, "must hold numbers in rows and columns"),
        (np.array([["2020-01-01"]], dtype="datetime64"), "dtype datetime64"),
    ],
)  # fmt: skip
def test_what_is_no_matrix_of_numbers_is_said_with_the_place(matrix: Any, words: str):
    with pytest.raises(ValueError, match=re.escape(words)):
        read_matrix(matrix)


def test_whole_numbers_that_fit_are_taken():
    for k in (2**53, 2**60, -(2**62), 10**20):
        assert np.array_equal(read_matrix([[k, 0], [0, 1]]), [[float(k), 0], [0, 1]])
        assert np.array_equal(read_matrix(f"{k} 0\n0 1"), [[float(k), 0], [0, 1]])


def test_what_is_read_is_a_copy():
    mine = np.eye(2)
    found = read_matrix(mine)
    mine[:] = 7
    assert np.array_equal(found, np.eye(2))
