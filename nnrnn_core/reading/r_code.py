"""A matrix as R code, which is what R's `dput` prints: matrix(c(…), nrow = 2), structure(c(…), dim = c(2L, 2L)).

R's arrays are filled column by column. It repeats numbers that are too few; here they are refused.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np

from .arithmetic import Value
from .grammar import Parser
from .square import check_shape
from .tokens import R_TOKEN, Token, tokens

_CALL = re.compile(r"\b(?:matrix|structure|rbind|cbind|data\.frame|diag)\s*\(")
_ASSIGNED = re.compile(r"\A\s*[A-Za-z.][\w.]*\s*(?:<-|=)(?!=)")
_WHOLE = re.compile(r"(?<=\d)L\b")  # 2L is R's whole number
TRUTHS = {"TRUE": 1.0, "T": 1.0, "FALSE": 0.0, "F": 0.0}
KNOWN = {"pi", "NA", "NaN", "Inf", "sqrt", "exp", "cos", "sin"}  # and mean in R what they mean elsewhere
_BINDING = {"deparse.level", "make.row.names", "stringsAsFactors"}
LABELS = {  # arguments that hold no entry; elsewhere a name is that of a column
    "matrix": {"dimnames"}, "structure": {"dimnames", ".Dimnames", "names", ".Names", "row.names", "class"},
    "c": {"recursive", "use.names"}, "rbind": _BINDING, "cbind": _BINDING,
    "data.frame": {"row.names", "check.rows", "check.names", "fix.empty.names", "stringsAsFactors"},
}  # fmt: skip
ORDER = ("data", "nrow", "ncol", "byrow")  # of the arguments of matrix(…)


class _Arguments(NamedTuple):
    """Of a call in R, in order: their names, "" for those without one, and their values."""

    pairs: list[tuple[str, Value]]

    @property
    def plain(self) -> list[Value]:
        return [value for key, value in self.pairs if not key]

    @property
    def named(self) -> list[tuple[str, Value]]:
        return [(key, value) for key, value in self.pairs if key]

    @property
    def vectors(self) -> list[np.ndarray]:
        """In R a number is a vector of length one."""
        return [np.atleast_1d(value) for _, value in self.pairs]


class _Frame(np.ndarray):
    """The columns of a list or a data frame, which R does not flatten as it flattens a matrix."""


def is_r_code(text: str) -> bool:
    """Whether a text calls what makes a matrix in R; other languages have brackets in it."""
    return "[" not in text and "{" not in text and bool(_CALL.search(text))


def matrix_of_r(text: str) -> Value:
    """The value of R code that makes a matrix. Nothing is run."""
    for pattern in (_ASSIGNED, _WHOLE):
        text = pattern.sub(lambda found: " " * len(found.group()), text)
    value = _Reader(text, tokens(text, R_TOKEN)).whole()
    return np.asarray(value) if isinstance(value, np.ndarray) else value


class _Reader(Parser):
    """The grammar of the brackets, with R's calls in their place."""

    def named(self, token: Token) -> Value:
        call = getattr(self, f"r_{token.text.replace('.', '_')}", None)
        if call is not None and self.sees("("):
            found: Value = call(token, self.arguments(LABELS.get(token.text, set())))
            return found
        if token.text in TRUTHS:
            return TRUTHS[token.text]
        if token.text not in KNOWN:  # e, i and j are variables in R
            raise self.wrong(token, "of R, numbers, c, matrix, structure, rbind, cbind, diag and t are read")
        return super().named(token)

    def arguments(self, labels: set[str]) -> _Arguments:
        self.take()
        found = _Arguments([])

        def read() -> Value:
            while not self.sees(")"):
                if self.next.kind in ("name", "string", "attribute") and self.after().text == "=":
                    key = self.take().text.strip("'\"")
                    self.take()
                    if key in labels:
                        self.skip_labels()
                    else:
                        found.pairs.append((key, self.sum()))
                else:
                    found.pairs.append(("", self.sum()))
                if not self.sees(","):
                    break
                self.take()
            return 0.0

        self.inside(")", read, blank_divides=False)
        return found

    def skip_labels(self) -> None:
        """Names of rows and columns: strings, NULL, and lists of them; and TRUE or FALSE."""
        known = {"list", "c", "NULL", "NA", *TRUTHS, *"(),-="}
        open_brackets = 0
        while open_brackets or not self.sees(",", ")"):
            token = self.take()
            if token.kind not in ("string", "number") and token.text not in known:
                raise self.wrong(token, "names of rows and columns are strings")
            open_brackets += (token.text == "(") - (token.text == ")")

    # ---- R's arithmetic
    def power(self) -> Value:
        """%*% comes before * and /."""
        value = super().power()
        while self.sees("%*%"):
            value = self.computed(self.take(), value, super().power())
        return value

    def computed(self, token: Token, left: Value, right: Value) -> Value:
        if not self.depth and not self.text[self.text.rfind("\n", 0, token.start) + 1 : token.start].strip():
            raise self.wrong(token, "what stands above it is whole for R: end that line with it, or use parentheses")
        if token.text == "@":
            raise self.wrong(token, "the product of matrices is %*% in R")
        if token.text == "*" and np.ndim(left) and np.ndim(right):
            raise self.wrong(token, "in R it multiplies entry by entry; the product of matrices is %*%")
        if token.text == "%*%":
            if (np.ndim(left), np.ndim(right)) != (2, 2):
                raise self.wrong(token, "it is read between two matrices")
            token = token._replace(text="@")
        return super().computed(token, left, right)

    # ---- R's functions
    def r_c(self, token: Token, given: _Arguments) -> Value:
        if not given.pairs or any(vector.ndim > 1 for vector in given.vectors):
            raise self.wrong(token, "c(…) joins numbers")
        joined = np.concatenate(given.vectors)
        number: Value = joined[0].item() if len(joined) == 1 else joined
        return number

    def r_matrix(self, token: Token, given: _Arguments) -> np.ndarray:
        left = [key for key in ORDER if key not in dict(given.named)]
        by_name = {**dict(zip(left, given.plain, strict=False)), **dict(given.named)}
        by_row = by_name.get("byrow", 0.0)
        if len(by_name) < len(given.pairs) or not {"data"} <= set(by_name) <= set(ORDER) or not _is_whole(by_row, 0):
            raise self.wrong(token, "it is matrix(data, nrow, ncol, byrow)")
        data = self.flat(token, by_name["data"])
        rows, columns = by_name.get("nrow"), by_name.get("ncol")
        if rows is None:
            rows = len(data) if columns is None else len(data) / columns
        if columns is None:
            columns = len(data) / rows
        return self.shaped(token, data, rows, columns, by_row=bool(by_row))

    def r_structure(self, token: Token, given: _Arguments) -> Value:
        sizes = [np.ravel(value) for key, value in given.named if key in ("dim", ".Dim")]
        wrong = len(given.plain) != 1 or len(sizes) != len(given.named) or any(len(size) != 2 for size in sizes)
        if wrong or len(sizes) > 1:
            raise self.wrong(token, "it is structure(c(…), dim = c(rows, columns))")
        if not sizes:
            return given.plain[0]  # a data frame
        data = self.flat(token, given.plain[0])
        if len(data) == 1 and math.prod(sizes[0]) != 1:
            raise self.wrong(token, "its one number does not fill more than 1 row and 1 column")
        return self.shaped(token, data, *sizes[0])

    def flat(self, token: Token, value: Value) -> np.ndarray:
        """The numbers of a vector or a matrix, column by column."""
        if isinstance(value, _Frame):
            raise self.wrong(token, "a list or a data frame has columns and no numbers: use as.matrix(…) or c(…)")
        return np.ravel(value, order="F")

    def r_rbind(self, token: Token, given: _Arguments) -> np.ndarray:
        shapes = {vector.shape for vector in given.vectors}
        if len(shapes) != 1 or len(*shapes) != 1:
            raise self.wrong(token, "it joins vectors of the same length, c(…)")
        return np.array(given.vectors)

    def r_cbind(self, token: Token, given: _Arguments) -> np.ndarray:
        return self.r_rbind(token, given).T

    def r_data_frame(self, token: Token, given: _Arguments) -> np.ndarray:
        return self.r_cbind(token, given).view(_Frame)

    r_list = r_data_frame

    def r_diag(self, token: Token, given: _Arguments) -> np.ndarray:
        value = self.only(token, given, "diag(n) or diag(c(…))", "nrow")
        if np.ndim(value) == 1:
            return np.diag(np.asarray(value))
        if np.ndim(value) == 0:
            return np.eye(len(self.shaped(token, np.ones(1), value, value)))
        raise self.wrong(token, "it is diag(n) or diag(c(…))")

    def r_t(self, token: Token, given: _Arguments) -> np.ndarray:
        return self.transposed(token, self.only(token, given, "t(A)"))

    def r_as_matrix(self, token: Token, given: _Arguments) -> np.ndarray:
        value = np.asarray(self.only(token, given, "as.matrix(A)"))
        return value if value.ndim == 2 else value.reshape(-1, 1)  # a vector is a column

    def only(self, token: Token, given: _Arguments, call: str, *names: str) -> Value:
        """The argument of a function that has one, which may have one of these names, or x."""
        if len(given.pairs) != 1 or given.pairs[0][0] not in ("", "x", *names):
            raise self.wrong(token, f"it is {call}")
        return given.pairs[0][1]

    def shaped(self, token: Token, data: np.ndarray, rows: Value, columns: Value, by_row: bool = False) -> np.ndarray:
        """Numbers as a matrix, filled column by column or row by row; one number fills all of it."""
        if not (_is_whole(rows) and _is_whole(columns)):
            raise self.wrong(token, f"its {len(data)} numbers make no whole number of rows and columns")
        shape = int(rows.real), int(columns.real)
        check_shape(shape)
        if len(data) not in (1, math.prod(shape)):
            raise self.wrong(token, f"its {len(data)} numbers do not fill {shape[0]} rows and {shape[1]} columns")
        return np.resize(data, shape) if by_row else np.resize(data, shape[::-1]).T


def _is_whole(n: Value, least: int = 1) -> bool:
    return not isinstance(n, np.ndarray) and not n.imag and float(n.real).is_integer() and n.real >= least
