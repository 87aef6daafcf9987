"""Matrices in brackets, as Python, NumPy, torch, SymPy, MATLAB, Julia and LaTeX write them, with arithmetic around and
inside: a recursive-descent parser. Nothing is ever evaluated as code, and a text is read to its last character or not
at all.

    text     = [name =] sum [; or ,]
    sum      = [+ or -] product {(+ or -) product}
    product  = power {(* or / or @) power}
    power    = postfix [(** or ^) [+ or -] postfix]
    postfix  = atom {' or .' or .T or .H or .t() …}
    atom     = number | name | call | ( sum ) | [ rows ] | { rows }
    rows     = elements divided by commas or by blanks, rows by ; or, in the outermost bracket, by new lines
"""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Callable, Sequence

import numpy as np

from .arithmetic import ARITHMETIC, Scalar, Value
from .numbers import IMAGINARY, holds, real_number
from .tokens import NotUnderstood, Token, latex_tokens, not_understood, place, tokens

DEEPEST = 20  # brackets in brackets
MODULES = {"np", "numpy", "math", "cmath", "torch", "sympy", "sp", "mpmath", "jnp", "jax.numpy", ""}
CONSTANTS: dict[str, Scalar] = {
    "pi": math.pi, "Pi": math.pi, "π": math.pi, "e": math.e, "E": math.e, "I": 1j, "i": 1j, "im": 1j, "j": 1j,
    "nan": math.nan, "NaN": math.nan, "NA": math.nan, "inf": math.inf, "Inf": math.inf, "oo": math.inf,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[[complex], complex]] = {
    "sqrt": cmath.sqrt, "exp": cmath.exp, "cos": cmath.cos, "sin": cmath.sin,
}  # fmt: skip
SCALARS = {
    "float64", "float32", "float16", "complex128", "complex64", "int64", "int32", "float", "Float", "Integer", "double",
}  # fmt: skip
WRAPPERS = {
    "array", "asarray", "Array", "matrix", "mat", "tensor", "as_tensor", "Tensor", "Parameter", "Matrix", "list",
    "ImmutableMatrix", "ImmutableDenseMatrix", "MutableDenseMatrix", "double", "single",
}  # fmt: skip
TYPED = {"Float64", "Float32", "Float16", "ComplexF64", "ComplexF32", "Int64", "Int32", "Real", "Complex"}  # Julia's
TRANSPOSES = {".T", ".t", ".transpose", ".mT"}
NO_CHANGE = {".tolist", ".numpy", ".detach", ".cpu", ".copy", ".double", ".evalf"}
ABOUT = {"dtype", "device", "requires_grad", "grad_fn", "copy", "order", "ndmin", "weak_type"}  # keywords of wrappers


def matrix_of(text: str) -> Value:
    """The value of a text with brackets."""
    text = re.sub(r"^\s*Parameter containing:", lambda found: " " * len(found.group()), text)
    return Parser(text, tokens(text)).whole()


def matrix_of_latex(text: str) -> Value:
    """The value of a matrix in LaTeX: matrix environments, or rows with & and two backslashes."""
    return Parser(text, latex_tokens(text), juxtaposed=True).whole()


def scalar_of(text: str) -> Scalar:
    """The value of a table's cell: a number, or products and functions of numbers; a + b only with b imaginary, for
    2020-10-12 is a date."""
    value = Parser(text, tokens(text), cell=True).whole()
    if isinstance(value, np.ndarray):
        raise ValueError(f"{text[:40]!r} is more than one number")
    return value


class Parser:
    """One text. juxtaposed: side by side means times. cell: see `scalar_of`."""

    def __init__(self, text: str, found: Sequence[Token], *, juxtaposed: bool = False, cell: bool = False) -> None:
        self.text, self.tokens, self.at = text, found, 0
        self.juxtaposed, self.cell = juxtaposed, cell
        self.blank_divides = False  # inside [ and {: a blank ends an element
        self.square = self.depth = 0  # how many [ and {, and how many brackets of any kind, are open

    # ---- tokens
    @property
    def next(self) -> Token:
        if not (self.square == 1 and self.blank_divides):  # elsewhere a new line is a blank
            while self.tokens[self.at].kind == "newline":
                self.at += 1
        return self.tokens[self.at]

    def after(self) -> Token:
        return self.tokens[min(self.at + 1, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.next
        self.at += 1
        return token

    def sees(self, *texts: str) -> bool:
        return self.next.kind in ("op", "attribute") and self.next.text in texts

    def expect(self, text: str, why: str) -> None:
        if not self.sees(text):
            raise self.wrong(self.next, why)
        self.take()

    def wrong(self, token: Token, why: str = "") -> NotUnderstood:
        return not_understood(self.text, token.start, why)

    # ---- the grammar
    def whole(self) -> Value:
        if self.next.kind == "name" and self.after().text == "=":
            self.at += 2
        value = self.sum()
        if not self.cell and self.sees(";", ","):
            self.take()
        if self.next.kind != "end":
            raise self.wrong(self.next, "the matrix ends before it")
        return value

    def sum(self) -> Value:
        negative = self.sign()
        value = self.product()
        if negative:
            value = -value
        while self.sees("+", "-") and not self.starts_an_element():
            operator = self.take()
            right = self.product()
            if self.cell and not isinstance(right, complex):
                raise self.wrong(operator, "in a table, only a complex number has a sign inside")
            if isinstance(value, np.ndarray) != isinstance(right, np.ndarray):
                raise self.wrong(operator, "a number and a matrix are not added; write the entries out")
            value = self.computed(operator, value, right)
        return value

    def sign(self) -> bool:
        return self.take().text == "-" if self.sees("+", "-") else False

    def starts_an_element(self) -> bool:
        """[1 -2] has two elements, as in MATLAB and in what NumPy prints; [1 - 2] and [1-2] have one."""
        return self.blank_divides and self.next.spaced and not self.after().spaced

    def product(self) -> Value:
        value = self.power()
        divided = False
        while True:
            if self.sees("*", "/", "@"):
                operator = self.take()
                right = self.power()
                if self.cell and divided:
                    raise self.wrong(operator, "two divisions in a table's cell look like a date")
                divided = operator.text == "/"
            elif self.juxtaposed and (self.next.kind == "name" or self.sees("(", "[")):
                self.refuse_mixed_fraction()
                operator, right = self.next._replace(text="*"), self.power()
            else:
                return value
            value = self.computed(operator, value, right)

    def refuse_mixed_fraction(self) -> None:
        """1\\frac{1}{2}, or 1{\\frac{1}{2}}: a product by the rules of LaTeX, and to many readers 1½."""
        fraction = self.next.text == "frac" or (self.text[self.next.start] == "{" and self.after().text == "frac")
        if fraction and re.fullmatch(r"[\d.]+", self.tokens[self.at - 1].text):
            raise self.wrong(self.next, _MIXED_FRACTION)

    def power(self) -> Value:
        base = self.postfix()
        if not self.sees("**", "^"):
            return base
        operator = self.take()
        negative = self.sign()
        exponent = self.postfix()
        if self.sees("**", "^"):
            raise self.wrong(self.next, "of two powers the order is not the same everywhere; use parentheses")
        return self.computed(operator, base, -exponent if negative else exponent)

    def postfix(self) -> Value:
        value = self.atom()
        while not (self.blank_divides and self.next.spaced):
            if self.sees("'", ".'"):
                token = self.take()
                value = self.transposed(token, value)
                value = value.conj() if token.text == "'" else value
            elif self.next.kind == "attribute":
                value = self.attribute(self.take(), value)
            else:
                break
        return value

    def attribute(self, token: Token, value: Value) -> Value:
        known = {".H", *TRANSPOSES, *NO_CHANGE}
        if token.text not in known:
            raise self.wrong(token, f"after a matrix there may be {', '.join(sorted(known))}")
        if token.text not in (".T", ".H", ".mT"):
            self.expect("(", f"{token.text} is followed by ()")
            self.expect(")", f"{token.text} is followed by ()")
        if token.text in NO_CHANGE:
            return value
        turned = self.transposed(token, value)
        return turned.conj() if token.text == ".H" else turned

    def transposed(self, token: Token, value: Value) -> np.ndarray:
        if not isinstance(value, np.ndarray) or value.ndim != 2:
            raise self.wrong(token, "only a matrix is transposed")
        return value.T

    def atom(self) -> Value:
        token = self.take()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "name":
            return self.named(token)
        if token.kind == "row":
            return np.array(token.values)
        if token.text == "(" and token.kind == "op":
            return self.inside(")", lambda: self.sum(), blank_divides=False)
        if token.text in "[{" and token.kind == "op":
            return self.bracket(token)
        raise self.wrong(token)

    def inside(self, close: str, read: Callable[[], Value], blank_divides: bool) -> Value:
        """What stands between brackets, of which the first is taken."""
        before, self.blank_divides = self.blank_divides, blank_divides
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.wrong(self.next, f"more than {DEEPEST} brackets in one another")
        value = read()
        self.expect(close, f"a {close} is missing before it")
        self.depth -= 1
        self.blank_divides = before
        return value

    def number(self, token: Token) -> Scalar:
        imaginary = re.search(IMAGINARY + "$", token.text)
        try:
            value = real_number(token.text[: imaginary.start()] if imaginary else token.text)
        except ValueError as problem:
            raise ValueError(f"{problem} ({place(self.text, token.start)})") from None
        return complex(0, value) if imaginary else value

    # ---- names
    def named(self, token: Token) -> Value:
        module, _, name = token.text.rpartition(".")
        if module in MODULES:
            if self.sees("(") and not (self.blank_divides and self.next.spaced):
                if name in FUNCTIONS:
                    return self.function(token, name)
                if name in WRAPPERS or name in SCALARS:
                    return self.wrapped(token)
                if name in ("Rational", "complex") or (name == "frac" and self.juxtaposed):
                    return self.pair(token, name)
            elif name in TYPED and self.sees("["):
                value = self.bracket(self.take())
                self.check_type(token, name, value)
                return value
            if name in CONSTANTS:
                return CONSTANTS[name]
        known = "numbers, pi, sqrt, exp, cos, sin, + - * / **, transposition and what wraps a matrix"
        raise self.wrong(token, f"a matrix is read with {known}")

    def function(self, token: Token, name: str) -> Scalar:
        self.take()
        value = self.inside(")", lambda: self.sum(), blank_divides=False)
        if isinstance(value, np.ndarray):
            raise self.wrong(token, "functions are read of numbers, not of matrices")
        try:
            found = FUNCTIONS[name](value)
        except (OverflowError, ValueError):
            raise self.wrong(token, "its value is no 64-bit number") from None
        return found if isinstance(value, complex) or found.imag else found.real

    def pair(self, token: Token, name: str) -> Scalar:
        """Rational(1, 2), complex(1, 2), and LaTeX's fraction."""
        self.expect("(", f"{name} is followed by (")
        first = self.inside(")" if name == "frac" else ",", lambda: self.sum(), blank_divides=False)
        if name == "frac":
            self.expect("(", "a fraction is \\frac{…}{…}")
        second = self.inside(")", lambda: self.sum(), blank_divides=False)
        if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
            raise self.wrong(token, "it is made of two numbers")
        if name == "complex":
            return first + 1j * second
        divided = self.computed(token._replace(text="/"), first, second)
        assert not isinstance(divided, np.ndarray)
        return divided

    def wrapped(self, token: Token) -> Value:
        """np.array(…, dtype=…), tensor(…), Matrix(…), Matrix(2, 2, […]), float64(…)."""
        self.take()
        sizes: list[Value] = []
        options: dict[str, str] = {}

        def arguments() -> Value:
            while True:
                if self.next.kind == "name" and self.after().text == "=":
                    self.option(options)
                else:
                    sizes.append(self.sum())
                if not self.sees(","):
                    return 0.0
                self.take()
                if self.sees(")"):
                    return 0.0

        self.inside(")", arguments, blank_divides=False)
        value = self.wrapped_value(token, sizes)
        self.check_type(token, options.get("dtype", token.text.rpartition(".")[2]), value)
        return value

    def wrapped_value(self, token: Token, given: list[Value]) -> Value:
        name = token.text.rpartition(".")[2]
        if len(given) == 3 and "Matrix" in name and isinstance(given[2], np.ndarray):
            rows, columns = given[0], given[1]
            if (rows, columns) == given[2].shape or (given[2].ndim == 1 and rows * columns == given[2].size):
                return given[2].reshape(int(rows.real), int(columns.real))
        if len(given) != 1:
            raise self.wrong(token, f"one matrix is expected in its parentheses, not {len(given)} things")
        if name in SCALARS - WRAPPERS and isinstance(given[0], np.ndarray):
            raise self.wrong(token, "it wraps one number")
        return given[0]

    def option(self, options: dict[str, str]) -> None:
        key = self.take()
        self.take()
        value = self.take()
        if key.text not in ABOUT or value.kind not in ("name", "string", "angle", "number"):
            raise self.wrong(key, f"of the keywords of a matrix, {', '.join(sorted(ABOUT))} are read")
        options[key.text] = value.text.strip("'\"").rpartition(".")[2]

    def check_type(self, token: Token, dtype: str, value: Value) -> None:
        if not holds(dtype, np.asarray(value)):
            raise self.wrong(token, f"with dtype={dtype} the entries are not those that are written")

    # ---- brackets
    def bracket(self, token: Token) -> np.ndarray:
        self.square += 1
        rows: list[list[Value]] = []
        close = "]" if token.text == "[" else "}"

        def read() -> Value:
            rows.extend(self.rows(close))
            if self.square == 1:  # the last bracket, after which a new line is a blank again
                self.skip_newlines()
            return 0.0

        self.inside(close, read, blank_divides=not self.juxtaposed)
        self.square -= 1
        return self.stacked(rows, token)

    def skip_newlines(self) -> None:
        while self.tokens[self.at].kind == "newline":
            self.at += 1

    def rows(self, close: str) -> list[list[Value]]:
        rows: list[list[Value]] = [[]]
        divided: set[str] = set()  # by what, in this row
        comma = True  # whether the next element needs nothing before it
        vectors = False  # whether there are vectors with commas, [1, 2], in this row
        while not self.sees(close):
            token = self.next
            if token.kind == "newline" or self.sees(";"):
                self.take()
                rows.append([])
                divided, comma, vectors = set(), True, False
            elif self.sees(","):
                if comma:
                    raise self.wrong(token, "a number is missing before it")
                self.take()
                divided.add(",")
                comma = True
                if self.next.kind == "newline" or self.sees(close, ";"):
                    divided.discard(",")  # a comma after the last element of a row
            else:
                if not comma:
                    if not token.spaced or self.juxtaposed:
                        raise self.wrong(token, "between two numbers there is a comma or a blank")
                    divided.add(" ")
                if len(divided) > 1:
                    raise self.wrong(token, _MIXED)
                rows[-1].append(self.sum())
                vectors |= token.text[0] in "[{" and "," in self.text[token.start : self.tokens[self.at].start]
                if vectors and " " in divided:
                    raise self.wrong(token, _SIDE_BY_SIDE)
                comma = False
        return [row for row in rows if row]

    def stacked(self, rows: list[list[Value]], token: Token) -> np.ndarray:
        """Numbers as a vector (one row) or a matrix; vectors as the rows of a matrix."""
        entries = [entry for row in rows for entry in row]
        inner = [entry for entry in entries if isinstance(entry, np.ndarray)]
        if not inner:
            _equally_long([len(row) for row in rows], place(self.text, token.start))
            return np.array(rows if len(rows) > 1 else entries)
        single = len(rows) == 1 or all(len(row) == 1 for row in rows)
        if len(inner) < len(entries) or not single or any(entry.ndim != 1 for entry in inner):
            raise self.wrong(token, "a bracket holds numbers, or rows of numbers")
        _equally_long([entry.size for entry in inner], place(self.text, token.start))
        return np.array(inner)

    # ---- arithmetic
    def computed(self, token: Token, left: Value, right: Value) -> Value:
        matrices = isinstance(left, np.ndarray) + isinstance(right, np.ndarray)
        try:
            return ARITHMETIC[token.text](left, right, matrices)
        except ZeroDivisionError:
            raise self.wrong(token, "division by 0") from None
        except OverflowError:
            raise self.wrong(token, "the value is no 64-bit number") from None
        except ValueError as problem:
            raise self.wrong(token, str(problem)) from None


_MIXED = (
    "commas and blanks divide one row; write a decimal comma as a full stop, and all numbers of a row with the same "
    "between them"
)
_MIXED_FRACTION = (
    "after a number it may be a factor, or make one and a half of 1\\frac{1}{2}: write 1 \\cdot \\frac{1}{2} or "
    "1 + \\frac{1}{2}"
)
_SIDE_BY_SIDE = "[1,2] [3,4] are columns in Julia and one row in MATLAB: write a comma between the rows of a matrix"


def _equally_long(sizes: list[int], where: str) -> None:
    for i, size in enumerate(sizes, start=1):
        if size != sizes[0]:
            raise ValueError(f"row {i} has {size} numbers, and row 1 has {sizes[0]} (in the bracket of {where})")
