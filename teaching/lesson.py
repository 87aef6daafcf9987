"""What of a notebook is said on slides: its title and aims, its questions and answers, its ideas, its summary.

An idea is a paragraph of Markdown that begins in bold, with what follows until the next such. Its slide has the first
sentences and the formulas that belong to them, its notes have all of it. Slides are made of the core; what comes after
"The core ends here" is left out but for the summary. The metadata of a cell choose otherwise, in the way that nbconvert
knows: `{"slideshow": {"slide_type": "slide"}}` puts it in, `"skip"` leaves it out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nbformat import NotebookNode

from formulas import MATH

MOST, MOST_FORMULAS = 330, 2  # characters and displayed formulas on a slide
CORE_ENDS = "**The core ends here**"
LEAD = re.compile(r"^(?:[-*] )?\*\*(.+?)\*\*", re.DOTALL)
TIMES = re.compile(r"\s*\*\([^*]*minutes?[^*]*\)\*|\s*\*\(optional[^*]*\)\*")
NUMBERED = re.compile(r"^(?:Exercise · |Stretch · )?\d+ · ")
SENTENCE = re.compile(r"(?<=[.!?])(?<!i\.e\.)(?<!e\.g\.)\s+(?=[A-Z\d$*\"(‖])")


@dataclass
class Slide:
    """kind: "title", "question", "answer", "idea", "picture" or "summary". cell: the id of the cell it is made of.

    body: Markdown; options: of a question, with what is said of each; right: the right one; picture: a file's name.
    """

    kind: str
    cell: str
    title: str
    body: str = ""
    notes: str = ""
    options: dict[str, str] = field(default_factory=dict)
    right: str = ""
    picture: str = ""


def slides_of(notebook: NotebookNode, pictures: Sequence[tuple[str, str, str, str]] = ()) -> list[Slide]:
    """The slides of a notebook, in its order. pictures: (cell, name, title, words) of each that belongs to it."""
    slides: list[Slide] = []
    core, heading = True, ""
    for position, cell in enumerate(notebook.cells):
        chosen = cell.metadata.get("slideshow", {}).get("slide_type", "")
        if cell.cell_type == "markdown" and cell.source.startswith(CORE_ENDS):
            core = False
        if cell.cell_type == "code" and (core or chosen == "slide") and chosen != "skip":
            slides += _question(cell)
            slides += [Slide("picture", cell.id, t, "", w, picture=n) for at, n, t, w in pictures if at == cell.id]
        elif cell.cell_type == "markdown" and position == 0:
            slides.append(_title(cell))
        elif cell.cell_type == "markdown" and chosen != "skip":
            for slide in _ideas(cell, heading):
                heading = slide.title if slide.kind == "heading" else heading
                if slide.kind == "do this":
                    _add_notes(slides, slide.notes)
                elif slide.kind == "summary" or (slide.kind == "idea" and (core or chosen == "slide")):
                    slides.append(slide)
    return slides


def _add_notes(slides: list[Slide], notes: str) -> None:
    """What is to be done with a lab, into the notes of its picture, else of the slide before."""
    at = next((slide for slide in reversed(slides) if slide.kind == "picture"), slides[-1])
    at.notes = f"{at.notes}\n\n{notes}".strip()


def _title(cell: NotebookNode) -> Slide:
    """The first cell: its title, and its aims as a list."""
    blocks = [block for block in blocks_of(cell.source) if "colab-badge" not in block]
    title = next(block[2:] for block in blocks if block.startswith("# "))
    aims = next((block for block in blocks if block.startswith("**Aims.**")), "")
    points = [re.sub(r"(?:[;,.]|, and)\s*$", "", aim) for aim in re.split(r"\s*\(\d\)\s*", aims)[1:]]
    rest = "\n\n".join(block for block in blocks if not block.startswith("# "))
    body = "\n".join(f"- {point}" for point in points)
    return Slide("title", cell.id, title, body, rest)


def _question(cell: NotebookNode) -> Iterator[Slide]:
    """A prediction: the question, and then the answers with what is said of each."""
    if "checks.predict(" not in cell.source:
        return
    call = next(
        node
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "predict"
    )
    question, options = (ast.literal_eval(argument) for argument in call.args)
    more = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
    what = {"options": options, "right": more["right"]}
    yield Slide("question", cell.id, question, notes="Let everybody choose before anybody speaks.", **what)
    yield Slide("answer", cell.id, question, notes=more.get("then", ""), **what)


def _ideas(cell: NotebookNode, heading: str) -> Iterator[Slide]:
    """The groups of a Markdown cell. Kinds "heading" and "do this" are for `slides_of` alone."""
    group: list[str] = []
    for block in [*blocks_of(cell.source), "## "]:
        starts = block.startswith("#") or LEAD.match(block)
        if starts and group:
            yield _idea(cell.id, heading, group)
            group = []
        if block.startswith("#"):
            found = NUMBERED.sub("", TIMES.sub("", block.lstrip("# "))).strip()
            heading = found or heading
            yield Slide("heading", cell.id, heading)
        elif block != "---" and not block.startswith(("nnRNN kit ·", "|", "```")):
            group.append(block)


def _idea(cell: str, heading: str, group: list[str]) -> Slide:
    notes = "\n\n".join(group)
    lead = LEAD.match(group[0])
    title, blocks = heading, list(group)
    if heading == "Summary":
        said = not lead
        return Slide("summary" if said else "aside", cell, "Summary", _points(group[0]) if said else "", notes)
    if lead:
        if lead[1].startswith(("Do this", "Think", "Report", "Read the table")):
            return Slide("do this", cell, "", notes=notes)
        title = lead[1].strip().rstrip(".:")
        if lead[1].strip().endswith((".", ":", "?", '."', '?"')):
            blocks[0] = group[0][lead.end() :].strip()
    return Slide("idea", cell, title, _beginning([block for block in blocks if block]), notes)


def _points(paragraph: str) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences(paragraph))


def _beginning(blocks: list[str]) -> str:
    """The first sentences, as many as a slide holds, and the formulas among them."""
    said, room, formulas = [], MOST, 0
    for block in blocks:
        if block.startswith("$$"):
            formulas += 1
            if formulas > MOST_FORMULAS:
                break
            said.append(block)
            continue
        if re.match(r"(?:[-*]|\d+\.) ", block) and LEAD.match(block) is None:
            if length(block) > room:
                break
            said.append(block)
            room -= length(block)
            continue
        kept, whole = [], sentences(re.sub(r"^[-*] ", "", block))
        for sentence in whole:
            if (kept or said) and length(sentence) > room:
                break
            kept.append(sentence)
            room -= length(sentence)
        said.append(" ".join(kept))
        if len(kept) < len(whole):
            break
    return "\n\n".join(part for part in said if part)


def length(text: str) -> int:
    """Characters as read: a formula counts a third of its TeX."""
    return len(MATH.sub(lambda found: "x" * (len(found[0]) // 3), text))


def sentences(text: str) -> list[str]:
    """A paragraph cut into its sentences, but never inside a formula."""
    formulas = [found[0] for found in MATH.finditer(text)]
    numbers = iter(range(len(formulas)))
    masked = MATH.sub(lambda _: f"$M{next(numbers)}$", text)
    return [re.sub(r"\$M(\d+)\$", lambda found: formulas[int(found[1])], part) for part in SENTENCE.split(masked)]


def blocks_of(source: str) -> list[str]:
    """Paragraphs, list items that begin in bold, headings and displayed formulas; without what is folded away."""
    text = re.sub(r"<details>.*?</details>", "", source, flags=re.DOTALL)
    text = re.sub(r"(?m)^(?=[-*] \*\*)", "\n", text)
    text = re.sub(r"(?s)(?<!\$)(\$\$.+?\$\$)", r"\n\n\1\n\n", text)
    return [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
