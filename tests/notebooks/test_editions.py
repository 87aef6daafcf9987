"""The solved and the twice edition of a notebook."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from editions import code_of, solved, twice, write_editions

pytestmark = pytest.mark.integration

FOLDED = "<details><summary>One solution</summary>\n\n```python\n{}\n```\n\n</details>"


def code(source: str, *tags: str) -> nbformat.NotebookNode:
    return new_code_cell(source, metadata={"tags": list(tags)})


def solution(source: str) -> nbformat.NotebookNode:
    return new_markdown_cell(FOLDED.format(source), metadata={"tags": ["solution"]})


def lesson() -> nbformat.NotebookNode:
    cells = [
        new_markdown_cell("Predict."),
        code("answer = None", "exercise"),
        code("check(answer)", "check"),
        solution("answer = 42"),
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
    cells = [code("x = None", kind) if kind == "exercise" else solution("x = 1") for kind in order]
    notebook = new_notebook(cells=cells)
    with pytest.raises(ValueError, match="without"):
        solved(notebook)


def test_the_code_of_a_solution_is_all_that_stands_in_its_block():
    assert code_of(solution("def f():\n    return 1\n\n\ny = f()")) == "def f():\n    return 1\n\n\ny = f()"


@pytest.mark.parametrize(
    "cell",
    [
        code("answer = 42", "solution"),
        new_markdown_cell("```python\nanswer = 42\n```"),
        new_markdown_cell("The answer is 42.\n\n" + FOLDED.format("answer = 42")),
        new_markdown_cell("<details><summary>One solution</summary>\n```python\nanswer = 42\n```\n</details>"),
        new_markdown_cell("<details open><summary>One solution</summary>\n\n```python\nanswer = 42\n```\n\n</details>"),
        new_markdown_cell(FOLDED.replace("One solution", "One solution: it is 42").format("answer = 42")),
    ],
    ids=["code that Run All runs", "not folded", "partly folded", "not read as Markdown", "open", "told by its title"],
)
def test_a_solution_that_shows_or_runs_is_refused(cell: nbformat.NotebookNode):
    with pytest.raises(ValueError, match="one <details> with one block of Python"):
        code_of(cell)


def test_every_code_cell_appears_twice_and_the_copy_is_a_valid_notebook():
    edition = twice(lesson())
    assert sources(edition)[:3] == ["Predict.", "answer = None", "answer = None"]
    assert len(edition.cells) == 8
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
