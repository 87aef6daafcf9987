"""A matrix from text: which way of writing it is."""

from __future__ import annotations

import re

import numpy as np

from .grammar import matrix_of, matrix_of_latex
from .market import matrix_market
from .numbers import MINUS
from .r_code import is_r_code, matrix_of_r
from .tables import Read, table_of

PROMPT = re.compile(
    r"\s*(?:(?:>{1,3}|julia>|octave:\d+>|In ?\[\d+\]:=?)\s+)+(.*)"
)  # of a console, and what was typed there
ANSWER = re.compile(r"\s*Out ?\[\d+\][:=]+\s*")
GOES_ON = re.compile(r"(?<=[\d\w;,\])])[ \t]*\.\.\.[^\n]*\n(?=[^\n]*\d)")  # a row, in MATLAB, in the next line
LEFT_OUT = ("...", "…", "⋯", "⋮", "⋱")


def from_text(text: str) -> Read:
    """Brackets with arithmetic, LaTeX, R's code, Matrix Market, or rows of numbers. ValueError: not understood."""
    first, _, rest = text.lstrip("\n").partition("\n")
    if typed := PROMPT.fullmatch(first.rstrip("\r")):
        if not rest.strip():
            return from_text(typed.group(1))
        if re.match(r"\s*> ", first) and re.match(r"\s*\+ ", rest):  # R's prompt for the rest of what is typed
            raise ValueError("the text goes on at R's prompt +: paste what was typed without > and +")
        read = from_text(ANSWER.sub("", rest, count=1) if ANSWER.match(rest) else rest)
        return Read(read.entries, "; ".join(filter(None, [f"{first.strip()!r} left out", read.note])))
    if text.lstrip().startswith("%%MatrixMarket"):
        return Read(matrix_market(text.encode()), "Matrix Market")
    if "[" in text:
        text = GOES_ON.sub(lambda found: " " * len(found.group()), text)
    if any(dots in text for dots in LEFT_OUT):
        raise ValueError("the text leaves entries out (...): paste the whole matrix, for instance M.tolist()")
    text = text.translate(MINUS).replace("\r\n", "\n").replace("\r", "\n").rstrip()
    if quoted := re.fullmatch(r"\s*(?:np\.|numpy\.)?(?:matrix|mat)\(\s*(['\"])([^'\"]*)\1\s*\)", text):
        return from_text(quoted.group(2))
    if "{" in text:  # Mathematica's 1.5*^-3, and the digits it holds, 0.5`16.
        text = re.sub(r"(?<=[\d.])(?:`[\d.]*)?\*\^(?=-?\d)", "e", text)
        text = re.sub(r"(?<=[\d.])`[\d.]*", "", text)
    if "\\begin" in text or ("&" in text and "\\\\" in text):
        return Read(np.atleast_2d(matrix_of_latex(text)))
    if re.search(r"[\[{]", text) and not _is_printed_table(text):
        return Read(np.atleast_2d(matrix_of(text)))
    if is_r_code(text):
        return Read(np.atleast_2d(matrix_of_r(text)))
    return table_of(text)


def _is_printed_table(text: str) -> bool:
    """R's [1,] and [,1], and Julia's 2×2 Matrix{Float64}: above the rows."""
    return bool(re.search(r"^\s*\[\d+,\]", text, re.MULTILINE) or re.match(r"\s*\d+×\d+ [^\[\n]*:\s*\n", text))
