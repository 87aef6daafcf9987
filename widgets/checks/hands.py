"""How many chose each answer of a question: bars, and what a lecturer in front of a class adds to them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets as ipw

from ..figures.style import BLUE

if TYPE_CHECKING:
    from .prediction import Question

MOST = 999  # hands for one answer
COLUMNS = "minmax(9em, 2fr) 4em 5.5em minmax(9em, 3fr)"


def hands(question: Question) -> ipw.Widget:
    """A row for each answer (the answer, "+1", its number, its bar), a sentence, and a button that says what is right.

    All rows of a question, wherever they are shown, follow `question.counts`.
    """
    rows = {answer: _row(question, answer) for answer in question.counts}
    sentence = ipw.HTML()
    reveal = ipw.ToggleButton(description="Which is right?", tooltip="Mark the right answer, or hide it again")
    clear = ipw.Button(description="Start again", tooltip="Set all numbers to 0")

    def show(_: Any = None) -> None:
        counts, right = question.counts, question.right if reveal.value else None
        for answer, (label, _, number, bar) in rows.items():
            label.value = _label(answer, answer == right)
            number.value = counts[answer]
            bar.value = _bar(counts[answer], max(counts.values()))
        sentence.value = f'<div role="status">{html.escape(said(counts, right))}</div>'

    clear.on_click(lambda _: question.set_trait("counts", dict.fromkeys(question.counts, 0)))
    question.observe(show, "counts")
    reveal.observe(show, "value")
    show()
    cells = [cell for row in rows.values() for cell in row]
    grid = ipw.GridBox(cells, layout=ipw.Layout(grid_template_columns=COLUMNS, align_items="center"))
    return ipw.VBox([grid, sentence, ipw.HBox([reveal, clear])], layout=ipw.Layout(max_width="900px"))


def said(counts: Mapping[str, int], right: str | None = None) -> str:
    """What the bars show, in words; right: the answer that may be told."""
    total, most = sum(counts.values()), max(counts.values())
    told = f" Right is “{right}”." if right is not None else ""
    if not total:
        return f"No guesses yet: press +1 for each hand, or type how many there are.{told}"
    first = [f"“{answer}”" for answer, count in counts.items() if count == most]
    says = f"{total} {'guess' if total == 1 else 'guesses'}. "
    if len(first) == 1:
        says += f"{first[0]} got the most: {most}."
    else:
        says += f"{', '.join(first[:-1])} and {first[-1]} got the most: {most} each."
    if right is not None:
        told += f" {counts[right]} of {total} chose it."
    return says + told


def _row(question: Question, answer: str) -> tuple[ipw.HTML, ipw.Button, ipw.BoundedIntText, ipw.HTML]:
    wide = ipw.Layout(width="auto")
    more = ipw.Button(description="+1", tooltip=f"One more hand for: {answer}", layout=wide)
    number = ipw.BoundedIntText(min=0, max=MOST, layout=wide)
    number.tooltip = f"Hands for: {answer}"

    def put(count: int) -> None:
        question.counts = {**question.counts, answer: min(count, MOST)}

    more.on_click(lambda _: put(question.counts[answer] + 1))
    number.observe(lambda change: put(change["new"]), "value")
    return ipw.HTML(), more, number, ipw.HTML()


def _label(answer: str, marked: bool) -> str:
    words = html.escape(answer)
    return f'<div style="line-height:1.3">{f"<b>✓ {words}</b>" if marked else words}</div>'


def _bar(count: int, most: int) -> str:
    bar = f'<div style="background:{BLUE};height:1.2em;width:{85 * count / max(most, 1):.1f}%"></div>'
    return f'<div style="display:flex;align-items:center;gap:6px">{bar}<b>{count}</b></div>'
