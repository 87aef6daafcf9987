"""Markdown with TeX between dollars as HTML with MathML, which browsers draw without a network or a script."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import mistune
from docutils.core import publish_parts

DISPLAYED = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
INLINE = re.compile(r"(?<![\\$])\$(?!\$)([^$\n]+?)\$(?!\$)")
MATH = re.compile(rf"{DISPLAYED.pattern}|{INLINE.pattern}", re.DOTALL)
PLACE = "\N{WHITE SQUARE WITH ROUNDED CORNERS}"  # stands where a formula was, with its number; no Markdown in it
SYNONYMS = {
    r"\\[td]?frac\s*([0-9a-zA-Z])\s*([0-9a-zA-Z])": r"\\frac{\1}{\2}",
    r"\\[td]frac": r"\\frac",  # it takes 16 for one number
    r"\\dots(?![a-z])": r"\\ldots ",
    r"\\math(?:bin|rel|op|ord)\{([^{}]*)\}": r"\1",
}  # docutils has the right ones
FENCES = {  # docutils lets bars grow, and leaves room beside them as beside a sign of division
    '<mo class="mathopen">‖</mo>': '<mo form="prefix" stretchy="false" lspace="0" rspace="0">‖</mo>',
    "<mo>‖</mo>": '<mo form="postfix" stretchy="false" lspace="0" rspace="0">‖</mo>',
    '<mo stretchy="false">|</mo>': '<mo form="prefix" stretchy="false" lspace="0" rspace="0">|</mo>',
}
APPLIED = "<mo>&ApplyFunction;</mo>"  # between a name as ln and what it is taken of: a space
SIGN = re.compile(r"\\[a-zA-Z]+|[^\s{}^_&\\]")
FITS = 46  # signs of a displayed formula in a line of a slide; with more its type is smaller


def as_html(text: str) -> str:
    """A Markdown text as HTML. ValueError for a formula that cannot be read."""
    formulas: list[tuple[str, bool]] = []

    def put_away(found: re.Match[str]) -> str:
        formulas.append((found[1] or found[2], found[1] is not None))
        return f"{PLACE}{len(formulas) - 1}{PLACE}"

    html = str(_markdown()(MATH.sub(put_away, text)))
    drawn = mathml(formulas)
    html = re.sub(f"[(]?{PLACE}\\d+{PLACE}[).,;:?!]+", r'<span class="together">\g<0></span>', html)
    return re.sub(f"{PLACE}(\\d+){PLACE}", lambda found: drawn[int(found[1])], html)


@lru_cache(maxsize=1)
def _markdown() -> mistune.Markdown:
    return mistune.create_markdown(escape=False, plugins=["table"])


def mathml(formulas: Iterable[tuple[str, bool]]) -> list[str]:
    """Each formula in TeX (with: whether it is displayed) as a MathML element."""
    wanted = [(_known(tex), shown) for tex, shown in formulas]
    lines = [line for tex, _ in wanted for line in (".. math::", "", f"   {' '.join(tex.split())}", "")]
    settings = {"math_output": "MathML", "report_level": 5}
    html = publish_parts("\n".join(lines), writer="html5", settings_overrides=settings)["fragment"]
    found = re.findall(r"<math\b.*?</math>", html, re.DOTALL)
    if len(found) != len(wanted):
        bad = [tex for tex, shown in wanted if len(wanted) > 1 and not _is_read(tex, shown)]
        raise ValueError(f"docutils cannot read {bad or [tex for tex, _ in wanted]}")
    drawn = [_mended(math, shown) for math, (_, shown) in zip(found, wanted, strict=True)]
    return [_fitted(math, tex) if shown else math for math, (tex, shown) in zip(drawn, wanted, strict=True)]


def _fitted(math: str, tex: str) -> str:
    """A displayed formula whose type is smaller the wider it is."""
    share = FITS / max(FITS, signs(tex))
    return math if share == 1 else math.replace("<math ", f'<math style="font-size:{share:.2f}em" ', 1)


def signs(tex: str) -> int:
    """How many signs a formula has along its widest line; of a matrix its longest row."""

    def longest_row(found: re.Match[str]) -> str:
        return max(found[1].split(r"\\"), key=lambda row: len(SIGN.findall(row))) + "&&"

    line = re.sub(r"\\begin\{\w+\}(.*?)\\end\{\w+\}", longest_row, tex, flags=re.DOTALL)
    spaces = 3 * line.count(r"\qquad") + 2 * line.count("&")
    line = re.sub(r"\\(?:qquad|quad|left|right|mathsf|mathrm|boxed|text|operatorname|[,;! ])", "", line)
    numerators = [
        max(found, key=lambda part: len(SIGN.findall(part))) for found in re.findall(r"\\frac\{(.*?)\}\{(.*?)\}", line)
    ]
    line = re.sub(r"\\frac\{(.*?)\}\{(.*?)\}", "", line)
    return sum(len(SIGN.findall(part)) for part in (line, *numerators)) + spaces


def _known(tex: str) -> str:
    for pattern, known in SYNONYMS.items():
        tex = re.sub(pattern, known, tex)
    return tex


def _is_read(tex: str, shown: bool) -> bool:
    try:
        return len(mathml([(tex, shown)])) == 1
    except ValueError:
        return False


def _mended(math: str, shown: bool) -> str:
    math = re.sub(r">\s+<", "><", math)
    for old, new in FENCES.items():
        math = math.replace(old, new)
    math = math.replace(APPLIED, '<mspace width="0.17em"></mspace>')
    return math if shown else math.replace(' display="block"', "", 1)
