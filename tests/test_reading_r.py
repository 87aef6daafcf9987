"""R's code as a matrix: filled column by column, and refused where R would repeat numbers or run something."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnrnn_core import read_matrix

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def joined(numbers: np.ndarray) -> str:
    return f"c({', '.join(repr(float(number)) for number in numbers)})"


@settings(max_examples=20)
@given(st.integers(1, 4).flatmap(lambda n: arrays(float, (n, n), elements=NUMBERS)))
def test_every_way_of_writing_a_matrix_gives_it(A: np.ndarray):
    n, by_columns, by_rows = len(A), joined(A.T.ravel()), joined(A.ravel())
    labels = ", ".join(['"x"'] * n)
    for text in (
        f"matrix({by_columns}, {n})",
        f"matrix({by_columns}, ncol = {n}L)",
        f"A <- matrix(nrow = {n}, data = {by_columns})",
        f"matrix({by_rows}, {n}, {n}, TRUE)",
        f"t(matrix({by_rows}, nrow = {n}, byrow = F))",
        f"structure({by_columns}, dim = c({n}L, {n}L))",
        f"structure({by_columns}, .Dim = c({n}L,\n{n}L), .Dimnames = list(NULL, c({labels})))",
        f"rbind({', '.join(joined(row) for row in A)})",
        f"cbind({', '.join(f'x{i} = {joined(column)}' for i, column in enumerate(A.T))})",
        f"as.matrix(data.frame({', '.join(f'x{i} = {joined(column)}' for i, column in enumerate(A.T))}))",
        f"diag({n}) * 0 + matrix({by_columns}, {n})",
    ):
        assert np.array_equal(read_matrix(text), A), text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("diag(c(1, 2))", [[1, 0], [0, 2]]),
        ("-0.5 * diag(2L)", [[-0.5, 0], [0, -0.5]]),
        ("matrix(1/4, 2, 2)", [[0.25, 0.25], [0.25, 0.25]]),
        ("matrix(c(1+2i, 0, sqrt(2), 1e-3), 2)", [[1 + 2j, np.sqrt(2)], [0, 1e-3]]),
        ("matrix(c(c(1, 2), 3, 4), 2)", [[1, 3], [2, 4]]),
        ("matrix(data = c(1, 2, 3, 4), 2, nrow = 2)", [[1, 3], [2, 4]]),
        ("diag(c(3))", np.eye(3)),
        ("diag(nrow = 2)", np.eye(2)),
        ("c(3) * diag(2L)", [[3, 0], [0, 3]]),
        ("rbind(1, 2) %*% cbind(3, 4)", [[3, 4], [6, 8]]),
        ("as.matrix(c(1, 2)) %*% t(as.matrix(c(3, 4)))", [[3, 4], [6, 8]]),
        ("2 * matrix(c(1, 2, 3, 4), 2) %*% matrix(c(0, 1, 1, 0), 2)", [[6, 2], [8, 4]]),
        ("(matrix(c(1, 2, 3, 4), 2)\n%*% matrix(c(0, 1, 1, 0), 2)\n)", [[3, 1], [4, 2]]),
        ("matrix(c(1, 2, 3, 4), 2) %*%\n  matrix(c(0, 1, 1, 0), 2)", [[3, 1], [4, 2]]),
        ("(diag(2)\n  - matrix(c(1, 2, 3, 4), 2))", [[0, -3], [-2, -3]]),
    ],
)
def test_arithmetic_and_argument_names_mean_what_they_mean_in_r(text: str, wanted: list[list[complex]]):
    assert np.array_equal(read_matrix(text), wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("matrix(rbind(c(1, 2), c(3, 4)), nrow = 2)", [[1, 2], [3, 4]]),
        ("matrix(matrix(c(1, 2, 3, 4), 2), 2)", [[1, 3], [2, 4]]),
        ("matrix(rbind(c(1, 2), c(3, 4)), 2, byrow = TRUE)", [[1, 3], [2, 4]]),
        ("structure(rbind(c(1, 2), c(3, 4)), dim = c(2L, 2L))", [[1, 2], [3, 4]]),
        ("matrix(cbind(c(1, 2, 3, 4)), 2)", [[1, 3], [2, 4]]),
        ("matrix(as.matrix(data.frame(a = c(1, 2), b = c(3, 4))), 2)", [[1, 3], [2, 4]]),
    ],
)
def test_the_numbers_of_a_matrix_are_taken_column_by_column(text: str, wanted: list[list[float]]):
    assert np.array_equal(read_matrix(text), wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("matrix(c(a = 1, 2, b = 3, 4), 2)", [[1, 3], [2, 4]]),
        ("matrix(c(a = 1, a = 2, a = 3, a = 4), 2)", [[1, 3], [2, 4]]),
        ("rbind(a = c(1, 2), c(3, 4))", [[1, 2], [3, 4]]),
        ("cbind(c(1, 2), b = c(3, 4))", [[1, 3], [2, 4]]),
        ("data.frame(a = c(1, 2), b = c(3, 4), row.names = c(7, 9))", [[1, 3], [2, 4]]),
        ("data.frame(a = c(1, 2), b = c(3, 4), stringsAsFactors = FALSE)", [[1, 3], [2, 4]]),
        ("matrix(c(1, 2, 3, 4, recursive = TRUE), 2)", [[1, 3], [2, 4]]),
    ],
)
def test_names_change_neither_the_order_nor_the_number_of_entries(text: str, wanted: list[list[float]]):
    assert np.array_equal(read_matrix(text), wanted)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("matrix(c(1, 2, 3), 2)", "its 3 numbers make no whole number of rows"),
        ("matrix(c(1, 2), 2, 2)", "its 2 numbers do not fill 2 rows and 2 columns"),
        ("matrix(c(1, 2, 3, 4), 2, byro = TRUE)", "it is matrix(data, nrow, ncol, byrow)"),
        ("matrix(c(1, 2, 3, 4), 2, byrow = c(1, 0))", "it is matrix(data, nrow, ncol, byrow)"),
        ("matrix(c(1, 2, 3, 4), Inf)", "make no whole number of rows"),
        ("matrix(0, 1e5, 1e5)", "at most 1,000 rows"),
        ("matrix(1:4, 2)", "':' is not understood (line 1, column 9)"),
        ("matrix(c(1, 2, NA, 4), 2)", "row 1, column 2 is NaN"),
        ("matrix(c(e, 2, 3, 4), 2)", "'e' is not understood"),
        ("matrix(system('ls'), 2)", "'system' is not understood (line 1, column 8): of R, numbers, c, matrix"),
        ("structure(c(1, 2, 3, 4), dim = c(2, 2), dimnames = list(f()))", "'f' is not understood (line 1, column 57)"),
        ("structure(c(1, 2, 3, 4), dim = 4)", "it is structure(c(…), dim = c(rows, columns))"),
        ("structure(c(1, 2, 3, 4), tsp = c(2, 2))", "it is structure(c(…), dim = c(rows, columns))"),
        ("rbind(c(1, 2), c(3))", "it joins vectors of the same length"),
        ("rbind(c(1, 2), rbind(c(1, 2)))", "it joins vectors of the same length"),
        ("matrix(c(1, 2, 3, 4), 2) %*% diag(3)", "'%' is not understood (line 1, column 26): it stands between two"),
        ("c(1, 2) %*% diag(2)", "'%' is not understood (line 1, column 9): it is read between two matrices"),
        ("diag(2) %o% diag(2)", "'%' is not understood (line 1, column 9)"),
        ("(diag(2)\n% a comment of MATLAB\n)", "'%' is not understood (line 2, column 1)"),
        ("diag(2)\n%*% diag(2)", "what stands above it is whole for R"),
        ("diag(2)\n- diag(2)", "what stands above it is whole for R"),
        ("diag(2) * diag(2)", "the product of matrices is %*%"),
        ("diag(2) @ diag(2)", "the product of matrices is %*%"),
        ("diag(matrix(c(1, 2, 3, 4), 2))", "it is diag(n) or diag(c(…))"),
        ("diag(names = TRUE)", "it is diag(n) or diag(c(…))"),
        ("structure(5, dim = c(2L, 2L))", "its one number does not fill"),
        ("structure(c(1, 2, 3, 4), dim = c(2, 2), dim = c(4, 1))", "it is structure(c(…), dim = c(rows, columns))"),
        ("matrix(c(1, 2, 3, 4), nrow = 2, nrow = 2)", "it is matrix(data, nrow, ncol, byrow)"),
        ("matrix(list(c(1, 2), c(3, 4)), 2)", "a list or a data frame has columns and no numbers"),
        ("structure(list(a = c(1, 2), b = c(3, 4)), dim = c(2, 2))", "a list or a data frame has columns"),
        ("matrix(c(1, 2, 3, 4), 2) 5", "the matrix ends before it"),
        ("matrix(c(1, 2, 3, 4), 2", "a ) is missing before it"),
        ("data.frame(class = c(1, 2), a = c(3, 4), b = c(5, 6))", "its shape is (2, 3)"),
        ("diag(1.5)", "make no whole number of rows"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_was_expected(text: str, words: str):
    with pytest.raises(ValueError, match=re.escape(words)):
        read_matrix(text)


PIECES = [*"0123456789.,()+-*/ \n'eTL%#_:=", "c(", "NULL", "dim", "matrix(", "list("]
WRITTEN = (
    "matrix(c(1, 2, 3, 4), nrow = 2)",
    "structure(c(5, 6, 7, 8), dim = c(2L, 2L), dimnames = list(NULL, c('a', 'b')))",
    "cbind(a = c(1, 2), b = c(3, 4))",
)


@settings(max_examples=150)
@given(st.sampled_from(WRITTEN), st.integers(0, 80), st.sampled_from(PIECES), st.booleans())
def test_a_wrong_piece_is_refused_by_a_value_error_or_changes_one_number(
    text: str, at: int, piece: str, replaced: bool
):
    at = min(at, len(text))
    try:
        found = read_matrix(text[:at] + piece + text[at + replaced :])
    except ValueError:
        return
    assert np.ndim(found) == 2
    if found.shape == (2, 2):
        assert len(set(np.abs(found).ravel()) & set(read_matrix(text).ravel())) >= 3
