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
from itertools import pairwise

from nbformat import NotebookNode

from formulas import MATH

MOST, MOST_FORMULAS = 330, 2  # characters and displayed formulas on a slide
CORE_ENDS = "**The core ends here**"
LEAD = re.compile(r"^(?:[-*] )?\*\*(.+?)\*\*", re.DOTALL)
TIMES = re.compile(r"\s*\*\((?:[^*]*minutes?|optional|so far)[^*]*\)\*")
NUMBERED = re.compile(r"^(?:Exercise · |Stretch · )?\d+ · ")
ASIDE = re.compile(
    r"\s*\*\((?:so far:|\d+ minutes|A solution|A hint|Every exercise)[^)]*\)\*|\s*\*\(Every exercise.*?\)\*", re.DOTALL
)
BADGE = re.compile(r"(?:In Colab: )?\[!\[[^\]]*\]\([^)]*\)\]\([^)]*\)")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\([^)]*\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\(images/([\w.-]+\.svg)\)", re.DOTALL)
NOT_SAID = ("Do this", "Think", "Report", "Read the table", "In code", "Looking ahead")  # of the notes alone
LEFT_OUT = {"start-02", "start-08", "start-10", "pseudo-18"}  # cells whose first words are for a reader, not a room
SENTENCE = re.compile(r"(?<=[.!?])(?<!i\.e\.)(?<!e\.g\.)\s+(?=[A-Z\d$*\"(‖])")


@dataclass
class Slide:
    """kind: "title", "question", "answer", "idea", "picture" or "summary". cell: the id of the cell it is made of.

    body: Markdown; options: of a question, with what is said of each; right: the right one; picture: a file in
    notebooks/images.
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
        if cell.cell_type == "code" and (core or chosen == "slide") and chosen != "skip":
            slides += _question(cell)
            slides += [
                Slide("picture", cell.id, title, notes=words, picture=name)
                for at, name, title, words in pictures
                if at == cell.id
            ]
        elif cell.cell_type == "markdown" and position == 0:
            slides.append(_title(cell))
            slides += _images(cell, slides[-1].title, blocks_of(cell.source))
        elif cell.cell_type == "markdown" and chosen != "skip":
            for slide in _ideas(cell, heading):
                core = core and slide.kind != "end"
                heading = slide.title or heading
                if slide.kind == "do this":
                    _add_notes(slides, slide.notes)
                elif slide.kind == "summary" or (slide.kind in ("idea", "picture") and (core or chosen == "slide")):
                    slides.append(slide)
    return slides


def _add_notes(slides: list[Slide], notes: str) -> None:
    """What is to be done with a lab, into the notes of its picture, else of the slide before."""
    at = next((slide for slide in reversed(slides) if slide.kind == "picture"), slides[-1])
    at.notes = f"{at.notes}\n\n{notes}".strip()


def _title(cell: NotebookNode) -> Slide:
    """The first cell: its title, and its aims as a list."""
    blocks = blocks_of(cell.source)
    title = next(block[2:] for block in blocks if block.startswith("# "))
    aims = next((block for block in blocks if block.startswith("**Aims.**")), "")
    points = [re.sub(r"(?:[;,.]|, and)\s*$", "", aim) for aim in re.split(r"\s*\(\d\)\s*", aims)[1:]]
    rest = "\n\n".join(block for block in blocks if not block.startswith("# "))
    body = "\n".join(f"- {point}" for point in points)
    return Slide("title", cell.id, title, body or _beginning(rest.split("\n\n")), rest)


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
    more = {word.arg: _literal(word.value) for word in call.keywords}
    what = {"options": options, "right": more.get("right", "")}
    yield Slide("question", cell.id, question, notes="Let everybody choose before anybody speaks.", **what)
    yield Slide("answer", cell.id, question, notes=more.get("then", ""), **what)


def _literal(node: ast.expr) -> str:
    """The text in the code; "" for one that the notebook works out when it runs."""
    try:
        return str(ast.literal_eval(node))
    except ValueError:
        return ""


def _images(cell: NotebookNode, title: str, blocks: list[str]) -> Iterator[Slide]:
    """The pictures that stand by themselves among the blocks, each on a slide of its own."""
    for block in blocks:
        if found := IMAGE.fullmatch(block):
            yield Slide("picture", cell.id, title, notes=found[1], picture=found[2])


def _ideas(cell: NotebookNode, heading: str) -> Iterator[Slide]:
    """The groups of a Markdown cell. Kinds "heading", "end" and "do this" are for `slides_of` alone."""
    group: list[str] = []
    alone = True  # before any heading of its own
    for block in [*blocks_of(cell.source), "## "]:
        starts = block.startswith("#") or LEAD.match(block)
        if starts and group:
            if LEAD.match(group[0]) or not (alone and cell.id in LEFT_OUT):
                words = [part for part in group if not IMAGE.fullmatch(part)]
                idea = _idea(cell.id, heading, words) if words else None
                yield from [idea] if idea else []
                yield from _images(cell, idea.title if idea else heading, group)
            group = []
        if block.startswith(CORE_ENDS):
            yield Slide("end", cell.id, "")
        elif block.startswith("#"):
            found = NUMBERED.sub("", TIMES.sub("", block.lstrip("# "))).strip()
            heading = found or heading
            yield Slide("heading", cell.id, heading)
            alone = False
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
        if lead[1].startswith(NOT_SAID):
            return Slide("do this", cell, "", notes=notes)
        title = lead[1].strip().rstrip(".:") if len(lead[1]) > 2 else heading
        rest = group[0][lead.end() :].strip()
        if not rest[:1].islower() or lead[1].strip().endswith((".", ":", "?", '."', '?"')):
            blocks[0] = rest.removeprefix(".").strip()  # else the words in bold are a part of the first sentence
    return Slide("idea", cell, title, _beginning([block for block in blocks if block]), notes)


def _points(paragraph: str) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences(paragraph))


def _beginning(blocks: list[str]) -> str:
    """The first sentences, as many as a slide holds, and the formulas among them."""
    said, room, formulas = [], MOST, 0
    for block, after in pairwise([*blocks, ""]):
        announces = block.rstrip("*").endswith(":") and not re.match(r"\$\$|[-*] |\d+\. ", after)
        if said and announces:  # a table, which is not here
            break
        if block.startswith("$$"):
            formulas += 1
            if formulas > MOST_FORMULAS:
                break
            said.append(block)
            continue
        if re.match(r"(?:[-*]|\d+\.) ", block) and LEAD.match(block) is None:
            block = block if length(block) <= room else _leads(block)
            if not block or length(block) > room:
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
    if said and not said[-1].startswith("$$"):  # what announces something that the slide does not have
        said[-1] = _closed(sentences(said[-1]))
    return "\n\n".join(part for part in said if part)


def _leads(block: str) -> str:
    """A list with the words in bold of each item alone; "" if one has none."""
    items = [re.match(r"(\d+\.|[-*]) \*\*(.+?)\*\*", item) for item in re.split(r"\n(?=\d+\. |[-*] )", block)]
    return "\n".join(f"{item[1]} {item[2].rstrip('.')}" for item in items if item) if all(items) else ""


def _closed(said: list[str]) -> str:
    """The sentences without the last ones if these open what they do not close: a list, a parenthesis."""
    while said:
        text = " ".join(said)
        plain = MATH.sub("", text)
        if not said[-1].rstrip("*").endswith(":") and plain.count("(") == plain.count(")"):
            return text
        said = said[:-1]
    return ""


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
    text = LINK.sub(r"\1", BADGE.sub("", ASIDE.sub("", text)))
    text = re.sub(r"(?m)^(?=[-*] \*\*)", "\n", text)
    text = re.sub(r"(?s)(?<!\$)(\$\$.+?\$\$)", r"\n\n\1\n\n", text)
    return [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
