"""The slides: made of the notebooks, whole, and small enough for their page."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import badges
import formulas
import lesson
import slides
from lesson import Slide

pytestmark = pytest.mark.integration

PREDICT = """from widgets import checks
checks.predict(
    "Which?",
    {"this": "It is.", "that": "It tempts."},
    right="this",
    then="Look.",
)"""
FIRST = "# A title\n\n**Aims.** You will (1) see this; (2) do that.\n\n*Needed:* nothing."


def made(*cells: str | nbformat.NotebookNode) -> list[Slide]:
    """The slides of a notebook with these Markdown cells below its first."""
    made_cells = [new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in (FIRST, *cells)]
    return lesson.slides_of(new_notebook(cells=made_cells))


def test_a_notebook_becomes_a_page_with_its_pictures_and_without_a_network():
    page = slides.deck(["01"])
    assert page.count("<section ") == len(slides.slides_of(badges.ROOT / "notebooks/01_when_eigenvalues_lie.ipynb"))
    assert page.count("<section ") > 10
    assert page.count("<figure ") == page.count("</svg></figure>") + page.count("</svg>\n</figure>") > 0
    outside = re.sub(r'xmlns="[^"]*"', "", page)
    assert not re.search(r"""(?:src|href)=["'](?!data:)|@import|url\(""", outside), "nothing is fetched"
    assert "$" not in re.sub(r"<(script|style)>.*?</\1>|\$\{", "", page, flags=re.DOTALL), "no TeX is left"
    for math in re.findall(r"<math.*?</math>", page, re.DOTALL):
        ET.fromstring(math)


@pytest.mark.parametrize("path", badges.NOTEBOOKS, ids=lambda path: path.name[:2])
def test_a_slide_has_no_more_than_it_holds(path):
    found = slides.slides_of(path)
    assert found[0].kind == "title" and found[-1].kind == "summary"
    assert {slide.kind for slide in found} >= {"title", "question", "answer", "picture", "idea", "summary"}
    for slide in found:
        where = f"{slide.cell}: {slide.title!r}"
        assert slide.title and (slide.body or slide.picture or slide.options), where
        assert lesson.length(slide.title) <= 170, f"{where} is too long for a heading"
        assert slide.body.count("$$") <= 2 * lesson.MOST_FORMULAS, where
        most = {"summary": 900, "title": 600}.get(slide.kind, lesson.MOST + 160)  # a sentence is not cut
        assert lesson.length(slide.body) <= most, where
        assert sum(map(len, (*slide.options, *slide.options.values()))) <= 750, where
        assert not slide.picture or (slides.IMAGES / slide.picture).is_file(), where
        formulas.as_html(slide.body + "\n\n" + slide.notes)  # a formula that cannot be read is named


def test_a_notebook_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"there are the notebooks 00, 01.*; got 77"):
        slides.deck(["77"])


# ---- what becomes a slide


def test_the_first_cell_gives_title_and_aims():
    (title,) = made()
    assert (title.kind, title.title, title.body) == ("title", "A title", "- see this\n- do that")


def test_an_idea_begins_in_bold_and_its_notes_have_all_of_it():
    text = "## 1 · Head *(so far: 3 minutes; this section: 4)*\n\n**One thing.** It is so. $$x = 1$$\n\nAnd so on.\n\n"
    _, one, two = made(f"{text}**Two** matters.\n\n<details>no</details>")
    assert (one.title, one.body) == ("One thing", "It is so.\n\n$$x = 1$$\n\nAnd so on.")
    assert one.notes.startswith("**One thing.** It is so.")
    assert (two.title, two.body) == ("Two", "**Two** matters."), "a part of its sentence"


def test_a_slide_ends_with_a_whole_sentence_and_announces_nothing_that_it_lacks():
    long = " ".join(["This is a sentence of some forty characters."] * 12)
    _, slide = made(f"## Head\n\n{long}")
    assert lesson.length(slide.body) <= lesson.MOST and slide.body.endswith("characters.")
    _, slide = made(f"## Head\n\nFirst. Now what follows:\n\n1. {long}")
    assert slide.body == "First."
    _, slide = made(f"## Head\n\nFirst. (A word. {long})")
    assert slide.body == "First."


def test_a_prediction_gives_a_question_and_its_answers():
    _, question, answer = made(new_code_cell(PREDICT))
    assert (question.kind, question.title, answer.kind) == ("question", "Which?", "answer")
    assert answer.options == {"this": "It is.", "that": "It tempts."}
    path = badges.NOTEBOOKS[0]
    assert "It tempts" not in slides.section(question, path)
    shown = slides.section(answer, path)
    assert shown.count('class="right"') == 1 and shown.index('class="right"') < shown.index("It is.") < shown.index(
        "that"
    )
    worked_out = PREDICT.replace('right="this"', "right=found")
    assert [slide.right for slide in made(new_code_cell(worked_out))[1:]] == ["", ""]


def test_what_comes_after_the_core_is_left_out_but_for_the_summary_and_what_is_chosen():
    rest = [
        new_markdown_cell("**Late.** Yes."),
        new_markdown_cell("## Summary\n\nFirst. Second.\n\n**Self-test.** No."),
    ]
    cells = ["**Early.** Yes.\n\n**The core ends here** *(30 minutes)*.", *rest]
    assert [slide.title for slide in made(*cells)] == ["A title", "Early", "Summary"]
    assert made(*cells)[-1].body == "- First.\n- Second."
    rest[0].metadata["slideshow"] = {"slide_type": "slide"}
    assert [slide.title for slide in made(*cells)] == ["A title", "Early", "Late", "Summary"]
    skipped = new_markdown_cell("**Early.** Yes.", metadata={"slideshow": {"slide_type": "skip"}})
    assert [slide.title for slide in made(skipped)] == ["A title"]


def test_what_is_to_be_done_in_a_lab_stands_in_the_notes_of_its_picture():
    cells = [new_markdown_cell(FIRST), new_code_cell("lab", id="here"), new_markdown_cell("**Do this.** Drag c.")]
    found = lesson.slides_of(new_notebook(cells=cells), [("here", "01-shear.svg", "A picture", "Words.")])
    assert [slide.kind for slide in found] == ["title", "picture"]
    assert found[1].notes == "Words.\n\n**Do this.** Drag c."


def test_a_picture_of_the_text_has_a_slide_of_its_own():
    _, idea, picture = made("**Why.** So.\n\n![an arrow](images/modes.svg)\n\nMore.")
    assert idea.body == "So.\n\nMore."
    assert (picture.kind, picture.title, picture.picture, picture.notes) == ("picture", "Why", "modes.svg", "an arrow")


# ---- formulas


def test_formulas_become_mathml_and_a_wide_one_smaller():
    html = formulas.as_html(r"Let $\lVert V^k \rVert_2$ be *large*: $$\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$$")
    assert html.count("<math") == 2 and "<em>large</em>" in html and html.count("<mtr>") == 2
    assert html.count("‖") == html.count('stretchy="false" lspace="0" rspace="0">‖') == 2
    wide = formulas.as_html("$$" + " + ".join(["a"] * 60) + "$$")
    (size,) = re.findall(r'style="font-size:([\d.]+)em"', wide)
    assert 0.3 < float(size) < 0.6
    assert "font-size" not in html


def test_a_formula_that_cannot_be_read_is_named():
    with pytest.raises(ValueError, match=r"nosuchmacro"):
        formulas.as_html(r"$x$ and $\nosuchmacro y$")


def test_a_row_of_a_matrix_counts_and_not_all_of_it():
    row = r"1 & 2 & 3"
    one = formulas.signs(rf"\begin{{pmatrix}} {row} \end{{pmatrix}}")
    three = formulas.signs(rf"\begin{{pmatrix}} {row} \\ {row} \\ {row} \end{{pmatrix}}")
    assert one == three > 3
