"""Two further editions of every notebook, for tests: solved, and with every code cell run twice.

A solution is a folded `<details>` in a Markdown cell: Run All does not run it, and no front end shows it unasked.

`python tests/notebooks/editions.py SOURCE TARGET` writes TARGET/solved/ (notebooks with exercises only: the code of
each solution in place of its stub) and TARGET/twice/ (every code cell twice in succession: a notebook must survive
Shift-Enter).
"""

from __future__ import annotations

import copy
import re
import shutil
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

# The title gives nothing away. The blank lines make a front end read what is between the tags as Markdown.
SOLUTION = re.compile(
    r"<details><summary>One solution</summary>\n\n```python\n(?P<code>.*?)\n```\n\n</details>", re.DOTALL
)


def tags(cell: NotebookNode) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", []))


def code_of(cell: NotebookNode) -> str:
    """The code of a cell tagged `solution`. ValueError unless the cell is Markdown and all of it folded away."""
    found = SOLUTION.fullmatch(cell.source.strip())
    if cell.cell_type != "markdown" or found is None:
        raise ValueError(f"a solution is Markdown, one <details> with one block of Python: {cell.source[:60]!r}")
    return found["code"]


def solved(notebook: NotebookNode) -> NotebookNode:
    """A copy in which the code of each cell tagged `solution` stands in the `exercise` before it.

    ValueError if a solution is not folded Markdown, an exercise has no solution before the next exercise, or a solution
    has no exercise before it.
    """
    edition = copy.deepcopy(notebook)
    cells: list[NotebookNode] = []
    waiting: NotebookNode | None = None
    for cell in edition.cells:
        if "exercise" in tags(cell):
            if waiting is not None:
                raise ValueError(f"exercise without a solution: {waiting.source[:60]!r}")
            waiting = cell
        if "solution" in tags(cell):
            if waiting is None:
                raise ValueError(f"solution without an exercise before it: {cell.source[:60]!r}")
            waiting.source, waiting = code_of(cell), None
        else:
            cells.append(cell)
    if waiting is not None:
        raise ValueError(f"exercise without a solution: {waiting.source[:60]!r}")
    edition.cells = cells
    return edition


def twice(notebook: NotebookNode) -> NotebookNode:
    """A copy in which every code cell stands twice in succession."""
    edition = copy.deepcopy(notebook)
    cells: list[NotebookNode] = []
    for cell in edition.cells:
        cells.append(cell)
        if cell.cell_type == "code":
            again = copy.deepcopy(cell)
            again.id = f"{cell.id[:58]}-again"
            cells.append(again)
    edition.cells = cells
    return edition


def write_editions(source: Path, target: Path) -> None:
    """Write the editions of every notebook in `source` under `target`, which is emptied first."""
    shutil.rmtree(target, ignore_errors=True)
    for name in ("solved", "twice"):
        (target / name).mkdir(parents=True)
    for path in sorted(source.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if any("exercise" in tags(cell) for cell in notebook.cells):
            nbformat.write(solved(notebook), target / "solved" / path.name)
        nbformat.write(twice(notebook), target / "twice" / path.name)


if __name__ == "__main__":
    write_editions(Path(sys.argv[1]), Path(sys.argv[2]))
