"""The solved and the twice edition of a notebook."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from editions import solved, twice, write_editions


def code(source: str, *tags: str) -> nbformat.NotebookNode:
    return new_code_cell(source, metadata={"tags": list(tags)})


def lesson() -> nbformat.NotebookNode:
    cells = [
        new_markdown_cell("Predict."),
        code("answer = None", "exercise"),
        code("check(answer)", "check"),
        code("answer = 42", "solution"),
        code("show()"),
    ]
    return new_notebook(cells=cells)


def sources(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells]


def test_a_solution_takes_the_place_of_its_exercise():
    notebook = lesson()
    assert sources(solved(notebook)) == ["Predict.", "answer = 42", "check(answer)", "show()"]
    assert sources(notebook) == sources(lesson())


@pytest.mark.parametrize("order", [["exercise"], ["solution"], ["exercise", "exercise", "solution"]])
def test_an_unpaired_exercise_or_solution_is_an_error(order: list[str]):
    notebook = new_notebook(cells=[code(f"x = {i}", tag) for i, tag in enumerate(order)])
    with pytest.raises(ValueError, match="without"):
        solved(notebook)


def test_every_code_cell_appears_twice_and_the_copy_is_a_valid_notebook():
    edition = twice(lesson())
    assert sources(edition)[:3] == ["Predict.", "answer = None", "answer = None"]
    assert len(edition.cells) == 9
    nbformat.validate(edition)


def test_the_editions_are_written_and_old_ones_removed(tmp_path: Path):
    source, target = tmp_path / "notebooks", tmp_path / "editions"
    source.mkdir()
    nbformat.write(lesson(), source / "00_a.ipynb")
    nbformat.write(new_notebook(cells=[code("1")]), source / "01_b.ipynb")
    (target / "twice").mkdir(parents=True)
    (target / "twice" / "gone.ipynb").write_text("{}", "utf-8")
    write_editions(source, target)
    assert sorted(str(path.relative_to(target)) for path in target.rglob("*.ipynb")) == [
        "solved/00_a.ipynb",
        "twice/00_a.ipynb",
        "twice/01_b.ipynb",
    ]
