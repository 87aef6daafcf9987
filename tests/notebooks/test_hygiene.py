"""What holds for every notebook in notebooks/ before it is run."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

import badges
from editions import solved, tags

pytestmark = pytest.mark.integration

TAGS = {"setup", "exercise", "solution", "demo", "check", "helper"}
MOST_BYTES = 200_000
MOST_LINES = 25
MOST_OUTPUT = 400  # characters that a cell may store
CHECKED = re.compile(r"^# NBVAL_CHECK_OUTPUT$", re.MULTILINE)
MARKDOWN_IMAGE = re.compile(r"!\[([^\]]*)\]\(")
HTML_IMAGE = re.compile(r"<img\b[^>]*>")
HTML_ALT = re.compile(r"\balt=(\"[^\"]*\S[^\"]*\"|'[^']*\S[^']*')")

Case = tuple[Path, NotebookNode]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Every notebook: its path and its content."""
    return [(path, nbformat.read(path, as_version=4)) for path in badges.NOTEBOOKS]


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


def test_the_files_are_valid_and_small(cases: list[Case]):
    assert cases
    for path, notebook in cases:
        nbformat.validate(notebook)
        assert path.stat().st_size <= MOST_BYTES, path.name


def test_no_state_is_stored(cases: list[Case]):
    """Outputs are short printed text that nbval compares, and only such a cell has a count (nbval asks for it)."""
    for path, notebook in cases:
        assert "widgets" not in notebook.metadata, path.name
        for cell in code_cells(notebook):
            text, where = stored_text(cell), f"{path.name}: {cell.source[:60]!r}"
            assert len(text) <= MOST_OUTPUT, where
            assert bool(text) == bool(CHECKED.search(cell.source)), f"stored and compared go together: {where}"
            assert bool(text) == (cell.execution_count is not None), where


def test_tags_come_from_the_closed_list_and_cells_are_short(cases: list[Case]):
    for path, notebook in cases:
        for cell in notebook.cells:
            assert tags(cell) <= TAGS, f"{path.name}: {cell.source[:60]!r}"
        for cell in code_cells(notebook):
            assert len(cell.source.splitlines()) <= MOST_LINES, f"{path.name}: {cell.source}"


def test_the_first_code_cell_is_the_setup_cell_folded_and_the_same_everywhere(cases: list[Case]):
    for path, notebook in cases:
        first, *others = code_cells(notebook)
        assert tags(first) == {"setup"}, path.name
        assert first.source == badges.setup_cell(), f"{path.name}: run `make badges`"
        assert first.metadata == badges.FOLDED, f"{path.name}: run `make badges`"
        assert not any("setup" in tags(cell) for cell in others), path.name


def test_the_first_cell_carries_the_badge_of_its_notebook(cases: list[Case]):
    for path, notebook in cases:
        assert badges.badge(path.name) in notebook.cells[0].source, f"{path.name}: run `make badges`"
        text = "\n".join(cell.source for cell in notebook.cells)
        for name in badges.COLAB_LINK.findall(text):
            assert (path.parent / name).exists(), f"{path.name}: {name}"
            assert badges.colab_link(name) in text, f"{path.name}: run `make badges`"


def test_images_say_what_they_show(cases: list[Case]):
    for path, notebook in cases:
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                assert not images_without_alt(cell.source), path.name


def test_exercises_are_code_and_solutions_are_folded_away_and_never_run(cases: list[Case]):
    for path, notebook in cases:
        for cell in notebook.cells:
            if "exercise" in tags(cell):
                assert cell.cell_type == "code", f"{path.name}: {cell.source[:60]!r}"
        assert not any("solution" in tags(cell) for cell in solved(notebook).cells), path.name


def test_the_first_exercise_says_where_its_solution_is(cases: list[Case]):
    for path, notebook in cases:
        before: list[str] = []
        for cell in notebook.cells:
            if "exercise" in tags(cell):
                assert "solution" in before[-1].lower(), f"{path.name}: {cell.source[:60]!r}"
                break
            before.append(cell.source)


def test_what_asserts_or_has_the_answer_in_its_code_is_folded_in_jupyter_and_in_colab(cases: list[Case]):
    for path, notebook in cases:
        for cell in code_cells(notebook)[1:]:
            folded = bool(cell.metadata.get("jupyter", {}).get("source_hidden"))
            where = f"{path.name}: {cell.source[:60]!r}"
            assert folded == (cell.metadata.get("cellView") == "form"), where
            if cell.source.startswith("# Check") or "checks.predict(" in cell.source:
                assert folded, where


def test_an_image_without_words_is_found():
    for text in ("![](a.png)", "![ ](a.png)", "<img src='a.png'>", "<img src='a.png' alt=''>"):
        assert images_without_alt(text) == [text.removesuffix("a.png)") if text[0] == "!" else text]
    for text in ("![a ring](a.png)", '<img alt="a ring" src="a.png">'):
        assert images_without_alt(text) == []
