"""What holds for every notebook in notebooks/ before it is run."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

import badges
from editions import solved, tags

TAGS = {"setup", "exercise", "solution", "demo", "check", "helper"}
MOST_BYTES = 200_000
MOST_LINES = 25
MOST_OUTPUT = 400  # characters that a cell may store
CHECKED = re.compile(r"^# NBVAL_CHECK_OUTPUT$", re.MULTILINE)
MARKDOWN_IMAGE = re.compile(r"!\[([^\]]*)\]\(")
HTML_IMAGE = re.compile(r"<img\b[^>]*>")
HTML_ALT = re.compile(r"\balt=(\"[^\"]*\S[^\"]*\"|'[^']*\S[^']*')")

Case = tuple[Path, NotebookNode]


@pytest.fixture(params=badges.NOTEBOOKS, ids=lambda path: path.stem)
def case(request: pytest.FixtureRequest) -> Case:
    """One notebook: its path and its content."""
    return request.param, nbformat.read(request.param, as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def stored_text(cell: NotebookNode) -> str:
    """What the cell stores, which must be printed text and nothing else."""
    for output in cell.outputs:
        assert output.output_type == "stream", f"a stored {output.output_type} in {cell.source[:60]!r}"
        assert output.name == "stdout", f"stored {output.name} in {cell.source[:60]!r}"
    return "".join(output.text for output in cell.outputs)


def images_without_alt(text: str) -> list[str]:
    """The images in a Markdown text that a screen reader could say nothing about."""
    found = [match[0] for match in MARKDOWN_IMAGE.finditer(text) if not match[1].strip()]
    return found + [match[0] for match in HTML_IMAGE.finditer(text) if not HTML_ALT.search(match[0])]


def test_there_are_notebooks():
    assert badges.NOTEBOOKS


def test_the_file_is_valid_and_small(case: Case):
    path, notebook = case
    nbformat.validate(notebook)
    assert path.stat().st_size <= MOST_BYTES


def test_no_state_is_stored(case: Case):
    """Outputs are short printed text that nbval compares, and only such a cell has a count (nbval asks for it)."""
    _, notebook = case
    assert "widgets" not in notebook.metadata
    for cell in code_cells(notebook):
        text = stored_text(cell)
        assert len(text) <= MOST_OUTPUT, cell.source
        assert bool(text) == bool(CHECKED.search(cell.source)), f"stored and compared go together: {cell.source[:60]!r}"
        assert bool(text) == (cell.execution_count is not None), cell.source


def test_tags_come_from_the_closed_list(case: Case):
    _, notebook = case
    for cell in notebook.cells:
        assert tags(cell) <= TAGS, cell.source[:60]


def test_the_first_code_cell_is_the_setup_cell_and_the_same_everywhere(case: Case):
    _, notebook = case
    first, *others = code_cells(notebook)
    assert tags(first) == {"setup"}
    assert first.source == badges.setup_cell(), "run `make badges`"
    assert not any("setup" in tags(cell) for cell in others)


def test_the_first_cell_carries_the_badge_of_this_notebook(case: Case):
    path, notebook = case
    assert badges.badge(path.name) in notebook.cells[0].source, "run `make badges`"
    text = "\n".join(cell.source for cell in notebook.cells)
    for name in badges.COLAB_LINK.findall(text):
        assert (path.parent / name).exists(), name
        assert badges.colab_link(name) in text, "run `make badges`"


def test_code_cells_are_short(case: Case):
    _, notebook = case
    for cell in code_cells(notebook):
        assert len(cell.source.splitlines()) <= MOST_LINES, cell.source


def test_images_say_what_they_show(case: Case):
    _, notebook = case
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert not images_without_alt(cell.source)


def test_exercises_and_solutions_come_in_pairs(case: Case):
    _, notebook = case
    assert not any("exercise" in tags(cell) for cell in solved(notebook).cells if "solution" in tags(cell))
    for cell in notebook.cells:
        if tags(cell) & {"exercise", "solution"}:
            assert cell.cell_type == "code", cell.source[:60]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("![](a.png)", 1),
        ("![ ](a.png)", 1),
        ("![a ring](a.png)", 0),
        ("<img src='a.png'>", 1),
        ("<img src='a.png' alt=''>", 1),
        ('<img alt="a ring" src="a.png">', 0),
    ],
)
def test_an_image_without_words_is_found(text: str, count: int):
    assert len(images_without_alt(text)) == count
