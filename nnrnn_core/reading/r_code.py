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
from .tokens import Token, tokens

_CALL = re.compile(r"\b(?:matrix|structure|rbind|cbind|data\.frame|diag)\s*\(")
_ASSIGNED = re.compile(r"\A\s*[A-Za-z.][\w.]*\s*(?:<-|=)(?!=)")
_WHOLE = re.compile(r"(?<=\d)L\b")  # 2L is R's whole number
TRUTHS = {"TRUE": 1.0, "T": 1.0, "FALSE": 0.0, "F": 0.0}
KNOWN = {"pi", "NA", "NaN", "Inf", "sqrt", "exp", "cos", "sin"}  # and mean in R what they mean elsewhere
LABELS = {  # arguments that hold no entry; elsewhere a name is that of a column
    "matrix": {"dimnames"}, "structure": {"dimnames", ".Dimnames", "names", ".Names", "row.names", "class"},
}  # fmt: skip
ORDER = ("data", "nrow", "ncol", "byrow")  # of the arguments of matrix(…)


class _Arguments(NamedTuple):
    """Of a call in R: those without a name, in order, and the others."""

    plain: list[Value]
    named: dict[str, Value]

    @property
    def all(self) -> list[Value]:
        return [*self.plain, *self.named.values()]


def is_r_code(text: str) -> bool:
    """Whether a text calls what makes a matrix in R; other languages have brackets in it."""
    return "[" not in text and "{" not in text and bool(_CALL.search(text))


def matrix_of_r(text: str) -> Value:
    """The value of R code that makes a matrix. Nothing is run."""
    for pattern in (_ASSIGNED, _WHOLE):
        text = pattern.sub(lambda found: " " * len(found.group()), text)
    return _Reader(text, tokens(text)).whole()


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
        found = _Arguments([], {})

        def read() -> Value:
            while not self.sees(")"):
                if self.next.kind in ("name", "string", "attribute") and self.after().text == "=":
                    key = self.take().text.strip("'\"")
                    self.take()
                    if key in labels:
                        self.skip_labels()
                    else:
                        found.named[key] = self.sum()
                else:
                    found.plain.append(self.sum())
                if not self.sees(","):
                    break
                self.take()
            return 0.0

        self.inside(")", read, blank_divides=False)
        return found

    def skip_labels(self) -> None:
        """Names of rows and columns: strings, NULL, and lists of them."""
        open_brackets = 0
        while open_brackets or not self.sees(",", ")"):
            token = self.take()
            if token.kind not in ("string", "number") and token.text not in ("list", "c", "NULL", "NA", *"(),-="):
                raise self.wrong(token, "names of rows and columns are strings")
            open_brackets += (token.text == "(") - (token.text == ")")

    # ---- R's functions
    def r_c(self, token: Token, given: _Arguments) -> np.ndarray:
        if not given.all or any(np.ndim(value) > 1 for value in given.all):
            raise self.wrong(token, "c(…) joins numbers")
        return np.concatenate([np.atleast_1d(value) for value in given.all])

    def r_matrix(self, token: Token, given: _Arguments) -> np.ndarray:
        left = [key for key in ORDER if key not in given.named]
        by_name = {**dict(zip(left, given.plain, strict=False)), **given.named}
        by_row = by_name.get("byrow", 0.0)
        if len(by_name) < len(given.all) or not {"data"} <= set(by_name) <= set(ORDER) or not _is_whole(by_row, 0):
            raise self.wrong(token, "it is matrix(data, nrow, ncol, byrow)")
        data = np.ravel(by_name["data"])
        rows, columns = by_name.get("nrow"), by_name.get("ncol")
        if rows is None:
            rows = len(data) if columns is None else len(data) / columns
        if columns is None:
            columns = len(data) / rows
        return self.shaped(token, data, rows, columns, by_row=bool(by_row))

    def r_structure(self, token: Token, given: _Arguments) -> Value:
        sizes = [np.ravel(value) for key, value in given.named.items() if key in ("dim", ".Dim")]
        if len(given.plain) != 1 or len(sizes) != len(given.named) or any(len(size) != 2 for size in sizes):
            raise self.wrong(token, "it is structure(c(…), dim = c(rows, columns))")
        if not sizes:
            return given.plain[0]  # a data frame
        return self.shaped(token, np.ravel(given.plain[0]), *sizes[0])

    def r_rbind(self, token: Token, given: _Arguments) -> np.ndarray:
        lengths = {np.shape(value) for value in given.all}
        if len(lengths) != 1 or len(*lengths) != 1:
            raise self.wrong(token, "it joins vectors of the same length, c(…)")
        return np.array(given.all)

    def r_cbind(self, token: Token, given: _Arguments) -> np.ndarray:
        return self.r_rbind(token, given).T

    r_list = r_data_frame = r_cbind  # the columns of a frame

    def r_diag(self, token: Token, given: _Arguments) -> np.ndarray:
        value = self.only(token, given, "diag(n) or diag(c(…))")
        if np.ndim(value) == 1:
            return np.diag(np.asarray(value))
        if np.ndim(value) == 0:
            return np.eye(len(self.shaped(token, np.ones(1), value, value)))
        raise self.wrong(token, "it is diag(n) or diag(c(…))")

    def r_t(self, token: Token, given: _Arguments) -> np.ndarray:
        return self.transposed(token, self.only(token, given, "t(A)"))

    def r_as_matrix(self, token: Token, given: _Arguments) -> Value:
        return self.only(token, given, "as.matrix(A)")

    def only(self, token: Token, given: _Arguments, call: str) -> Value:
        """The argument of a function that has one."""
        if len(given.all) != 1:
            raise self.wrong(token, f"it is {call}")
        return given.all[0]

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
