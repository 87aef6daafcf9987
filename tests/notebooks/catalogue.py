"""Wrong answers to the notebooks' exercises, and a check cell run on one without a kernel.

`wrong_answers/NN.toml` is the catalogue of notebook NN:

    needs = ["lie-02"]                # ids of the code cells that the checks of this notebook need, in this order
    prepare = '...'                   # if wanted: code that runs after them (to shorten a training, for instance)

    [[wrong]]
    exercise = "lie-13"               # id of the exercise's cell
    hint = "divide by 0.9 − 0.8"      # must stand in what the check says
    answer = '''
    def off_diagonal(c, k):
        return c * (0.9**k - 0.8**k)
    '''

The answer stands in the exercise's place, and the hint must come in place of "right". What was thought is for a comment
above the answer. Where an exercise has several checks, one for each stage, the first that does not say "right" counts.
"""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

import badges
from editions import code_of, tags

CATALOGUES = sorted(Path(__file__).with_name("wrong_answers").glob("*.toml"))


@dataclass(frozen=True)
class Wrong:
    """A wrong answer: the exercise's cell, the code in its place, and words of the hint."""

    exercise: str
    hint: str
    answer: str


@dataclass(frozen=True)
class Exercise:
    """An exercise as it stands in a notebook: its stub, the code of its checks, and its solution."""

    stub: str
    checks: tuple[str, ...]
    solution: str


class Lesson:
    """A notebook with exercises, and its catalogue if it has one. number: "01"."""

    def __init__(self, number: str) -> None:
        (path,) = (path for path in badges.NOTEBOOKS if path.name.startswith(number))
        notebook = nbformat.read(path, as_version=4)
        self.exercises = exercises(notebook)
        catalogue = Path(__file__).with_name("wrong_answers") / f"{number}.toml"
        content = tomllib.loads(catalogue.read_text("utf-8")) if catalogue.exists() else {}
        self.wrong = [Wrong(**entry) for entry in content.get("wrong", [])]
        sources = {cell.id: cell.source for cell in notebook.cells}
        self._names: dict[str, Any] = {}
        for cell in content.get("needs", []):
            exec(compile(sources[cell], cell, "exec"), self._names)
        exec(compile(content.get("prepare", ""), "prepare", "exec"), self._names)

    def verdict(self, exercise: str, answer: str) -> Any:
        """What the checks of the exercise say when `answer` stands in its place: the first that is not right, or the
        last one."""
        names = dict(self._names)
        exec(compile(answer, "the answer", "exec"), names)
        said = None
        for check in self.exercises[exercise].checks:
            *before, last = ast.parse(check).body
            if not isinstance(last, ast.Expr):
                raise ValueError(f"a check of {exercise} must end with the call that gives the verdict")
            exec(compile(ast.Module(before, []), "the check", "exec"), names)
            said = eval(compile(ast.Expression(last.value), "the check", "eval"), names)
            if not getattr(said, "right", False):
                break
        return said


def exercises(notebook: NotebookNode) -> dict[str, Exercise]:
    """The exercises of a notebook that have a check, by the id of their cell."""
    found: dict[str, Exercise] = {}
    for i, cell in enumerate(notebook.cells):
        if "exercise" in tags(cell):
            rest = notebook.cells[i + 1 :]
            end = next(j for j, other in enumerate(rest) if "solution" in tags(other))
            checks = tuple(other.source for other in rest[:end] if "check" in tags(other))
            found[cell.id] = Exercise(cell.source, checks, code_of(rest[end]))
    return found
