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
SYNONYMS = {r"\dots": r"\ldots "}  # what docutils does not know
FENCES = {  # docutils lets bars grow, and leaves room beside them as beside a sign of division
    '<mo class="mathopen">‖</mo>': '<mo form="prefix" stretchy="false" lspace="0" rspace="0">‖</mo>',
    "<mo>‖</mo>": '<mo form="postfix" stretchy="false" lspace="0" rspace="0">‖</mo>',
    '<mo stretchy="false">|</mo>': '<mo form="prefix" stretchy="false" lspace="0" rspace="0">|</mo>',
    "<mi>Re</mi>": '<mi>Re</mi><mspace width="0.17em"></mspace>',
}


def as_html(text: str) -> str:
    """A Markdown text as HTML. ValueError for a formula that cannot be read."""
    formulas: list[tuple[str, bool]] = []

    def put_away(found: re.Match[str]) -> str:
        formulas.append((found[1] or found[2], found[1] is not None))
        return f"{PLACE}{len(formulas) - 1}{PLACE}"

    html = str(_markdown()(MATH.sub(put_away, text)))
    drawn = mathml(formulas)
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
    return [_mended(math, shown) for math, (_, shown) in zip(found, wanted, strict=True)]


def _known(tex: str) -> str:
    for name, known in SYNONYMS.items():
        tex = re.sub(re.escape(name) + r"(?![a-zA-Z])", lambda _, known=known: known, tex)  # type: ignore[misc]
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
    return math if shown else math.replace(' display="block"', "", 1)
