"""Each catalogued wrong answer gets its hint from the check of its exercise, and is never called right."""

from __future__ import annotations

import warnings

import nbformat
import pytest

import badges
from catalogue import CATALOGUES, Lesson, exercises
from widgets.checks import Verdict

pytestmark = pytest.mark.integration

FEWEST = 3  # wrong answers to an exercise


@pytest.fixture(scope="module", params=[path.stem for path in CATALOGUES])
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return Lesson(request.param)


@pytest.fixture(autouse=True)
def silent():
    """A wrong answer may well take the root of a negative number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def test_each_wrong_answer_gets_its_hint_in_words_of_its_own_and_is_never_right(lesson: Lesson):
    said: dict[tuple[str, str], str] = {}
    for wrong in lesson.wrong:
        verdict = lesson.verdict(wrong.exercise, wrong.answer)
        assert isinstance(verdict, Verdict), wrong
        assert wrong.hint in verdict.text, f"{wrong.exercise}\n{wrong.answer}\nshould get: {wrong.hint}\ngot: {verdict}"
        assert verdict.done and not verdict.right, wrong
        said.setdefault((wrong.exercise, wrong.hint), verdict.text)
    assert len(set(said.values())) == len(said), [key for key, text in said.items() if [*said.values()].count(text) > 1]


def test_the_solution_is_right_and_the_stub_is_not_done_yet(lesson: Lesson):
    for name, exercise in lesson.exercises.items():
        assert lesson.verdict(name, exercise.solution).right, name
        verdict = lesson.verdict(name, exercise.stub)
        assert not verdict.done and not verdict.right and "Not done yet" in verdict.text, name


def test_every_exercise_has_wrong_answers_and_none_of_them_stands_there_twice(lesson: Lesson):
    for name in lesson.exercises:
        answers = [wrong.answer for wrong in lesson.wrong if wrong.exercise == name]
        assert len(set(answers)) == len(answers) >= FEWEST, name
    assert {wrong.exercise for wrong in lesson.wrong} <= set(lesson.exercises)


def test_every_notebook_with_exercises_has_a_catalogue():
    with_exercises = {path.name[:2] for path in badges.NOTEBOOKS if exercises(nbformat.read(path, as_version=4))}
    assert with_exercises == {path.stem for path in CATALOGUES}
