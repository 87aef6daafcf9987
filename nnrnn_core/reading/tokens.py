"""Text cut into tokens, each with its place; a character that is in none is refused by name and place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .numbers import IMAGINARY, UNSIGNED, plain_numbers


def _pattern(comment: str, operator: str) -> re.Pattern[str]:
    return re.compile(
        rf"""
    (?P<blank>[^\S\n]+) | (?P<newline>\n)
  | (?P<comment>{comment})
  | (?P<number>{UNSIGNED}(?:{IMAGINARY})?(?![\w.]*\w))
  | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
  | (?P<attribute>\.[A-Za-z_]\w*)
  | (?P<row>\[[^][]*\])
  | (?P<string>"[^"\n]*")
  | (?P<op>{operator})
  | (?P<angle><[^<>\n]*>)
    """,
        re.VERBOSE,
    )


_COMMENT, _OPERATOR = r"(?<!\S)\#[^\n]*", r"\*\*|\.'|[][(){},;+\-*/^@=']"
_TOKEN = _pattern(rf"{_COMMENT} | (?m:^)%[^\n]*", _OPERATOR)
R_TOKEN = _pattern(_COMMENT, rf"%\*%|{_OPERATOR}")  # where % begins no comment
MOST = 2_000_000  # tokens, beside rows of plain numbers
_QUOTED = re.compile(r"'[^'\n]*'")

# What LaTeX writes for what the grammar knows; longer ones first. Braces group, as parentheses do.
_LATEX = [
    (r"\\hline(?![A-Za-z])|\\\\(?:\[[^\]\n]*\])?(?=\s*(?:\\hline\s*)*(?:\\end\{|\Z))", ()),
    (r"\\begin\{(?:small)?[pbBvV]?matrix\}|\\begin\{array\}\{[lcr|]*\}", ("[", "[")),
    (r"\\end\{(?:small)?[pbBvV]?matrix\}|\\end\{array\}", ("]", "]")),
    (r"\^\s*(?:T|\\top|\\intercal|\{\s*(?:T|\\top|\\intercal|\\math(?:sf|rm)\{?\s*T\s*\}?)\s*\})", (".T",)),
    (r"\\left\s*\[|\\right\s*\]|\\(?:displaystyle|quad|qquad)(?![A-Za-z])|\\[,;:!\s]|\\\[|\\\]|\$\$?|~", ()),
    (r"\\left\s*\(|\\left\s*\.|\{", ("(",)),
    (r"\\right\s*\)|\\right\s*\.|\}", (")",)),
    (r"\\\\(?:\[[^\]\n]*\])?", ("]", ",", "[")),
    (r"\\[dt]?frac(?![A-Za-z])", ("frac",)),
    (r"\\(sqrt|exp|cos|sin|pi)(?![A-Za-z])", None),
    (r"\\(?:cdot|times)(?![A-Za-z])", ("*",)),
    (r"\\(?:mathrm|mathit)\{([ije])\}", None),
    (r"&", (",",)),
]  # fmt: skip


class Token(NamedTuple):
    """kind: number, name, attribute, string, angle, newline, row, op or end. spaced: whether a blank comes before it.

    A row is an inner bracket of plain numbers, [0.9, 2.0] in [[0.9, 2.0], [0.0, 0.8]]: one token, to be quick."""

    kind: str
    text: str
    start: int
    spaced: bool
    values: Sequence[float | complex] = ()  # of a row


def place(text: str, start: int) -> str:
    """Where in the text, as a person counts."""
    line = text.count("\n", 0, start)
    return f"line {line + 1}, column {start - (text.rfind(chr(10), 0, start) + 1) + 1}"


class NotUnderstood(ValueError):
    """why: the reason, without what stands there and where."""

    def __init__(self, what: str, where: str, why: str) -> None:
        super().__init__(f"{what} is not understood ({where}){': ' if why else ''}{why}")
        self.why = why


def not_understood(text: str, start: int, why: str = "") -> NotUnderstood:
    """The error that names what stands there."""
    found = re.compile(r"[\w.]+|\S").match(text, start)
    what = repr(found.group()[:40]) if found else "the end of the text"
    return NotUnderstood(what, place(text, start), why)


def tokens(text: str, pattern: re.Pattern[str] = _TOKEN) -> list[Token]:
    """The tokens of Python's, MATLAB's or Julia's brackets, or of R's with its pattern, and an end."""
    return [*_plain(text, 0, len(text), text, pattern), Token("end", "", len(text), True)]


def latex_tokens(text: str) -> list[Token]:
    """The tokens of a matrix in LaTeX as those of nested brackets, and an end."""
    found: list[Token] = []
    at = 0
    pattern = re.compile("|".join(f"(?P<p{i}>{source})" for i, (source, _) in enumerate(_LATEX)))
    whole = "\\begin" in text
    for match in pattern.finditer(text):
        found += _plain(text, at, match.start(), text)
        at = match.end()
        kinds = _LATEX[int((match.lastgroup or "p0")[1:])][1]
        pieces = (re.findall("[A-Za-z]+", match.group())[-1],) if kinds is None else kinds
        found += [Token(_kind(piece), piece, match.start(), True) for piece in pieces]
    found += _plain(text, at, len(text), text)
    found = [token for token in found if token.kind != "newline"]
    if not whole:  # rows alone: 0.9 & 2 \\ 0 & 0.8
        ends = [Token("op", bracket, len(text), True) for bracket in "]]"]
        found = [Token("op", "[", 0, True), Token("op", "[", 0, True), *found, *ends]
    return [*found, Token("end", "", len(text), True)]


def _kind(piece: str) -> str:
    return "attribute" if piece == ".T" else "name" if piece.isalpha() else "op"


def _plain(text: str, start: int, stop: int, whole: str, pattern: re.Pattern[str] = _TOKEN) -> Iterator[Token]:
    spaced, before, depth, count = True, "", 0, 0
    while start < stop:
        match = _QUOTED.match(text, start, stop) if before in ("(", ",", "=") else None
        kind = "string"
        if match is None:
            match = pattern.match(text, start, stop)
            kind = (match.lastgroup or "") if match else ""
        if match is None or (kind == "angle" and before != "="):
            raise not_understood(whole, start)
        end, values = match.end(), None
        before = before if kind == "blank" else match.group()
        if kind == "row":
            values = plain_numbers(before[1:-1]) if depth else None
            if not values:
                kind, before, end = "op", "[", start + 1
        depth += (kind == "op" and before in "[{") - (kind == "op" and before in "]}")
        count += 1
        if count > MOST:
            raise ValueError("the text is too long for brackets and arithmetic: save the matrix as .npy or .csv")
        if kind not in ("blank", "comment"):
            yield Token(kind, before, start, spaced, values or ())
        spaced = kind in ("blank", "comment", "newline")
        start = end
