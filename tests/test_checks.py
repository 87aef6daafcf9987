"""Guesses, and checks of exercises; wrong answers to those of the notebooks are in notebooks/wrong_answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnrnn_core.training import Training
from widgets import checks
from widgets.checks import training
from widgets.checks.training import losses
from widgets.labs.plan import make_plan

pytestmark = pytest.mark.as_installed


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch):
    """Five updates and ten more do to see that a right answer is right."""
    monkeypatch.setattr(training, "STEP", 5)
    monkeypatch.setattr(training, "MORE", 10)
    monkeypatch.setattr(training, "LAST", 4)
    losses.cache_clear()
    yield
    losses.cache_clear()


def steps(training: Training, count: int) -> list[float]:
    return [training.step().loss for _ in range(count)]


def start(seed: int) -> Training:
    return make_plan("noisy-memory", seed=seed).make()


def right(step: int, seed: int) -> float:
    training = start(seed)
    steps(training, step)
    training.settings.freeze_T = False
    return float(np.mean(steps(training, 10)[-4:]))


def test_the_right_function_is_right_whatever_kind_of_number_it_returns():
    for wrap in (float, torch.tensor):
        verdict = checks.release_at(lambda step, seed, wrap=wrap: wrap(right(step, seed)))
        assert verdict.right, verdict


def test_a_stub_is_not_done_yet_and_nothing_is_raised():
    verdict = checks.release_at(lambda step, seed: None)
    assert not verdict.done
    assert "Not done yet" in repr(verdict)


def test_a_preset_that_will_not_do_is_explained():
    for text, words, done in (
        ("", "Not done yet", False),
        ('{"shear": 1, "c": true}', "at most 5", True),
        ('{"shear": 1}', "got None", True),
        ('{"shear": 1, "c": 0.0}', "Not done yet", False),
    ):
        verdict = checks.shear_preset(text)
        assert words in str(verdict), text
        assert (verdict.right, verdict.done) == (False, done), text


def test_a_neighbours_preset_is_right():
    assert checks.shear_preset('{"shear": 1, "c": 3.4}').right


WHERE = "Where does the loss end?"
ENDS = {"near <0>": "Nothing stops it, one would think.", "at the floor": "A theorem holds it there."}


def test_a_guess_is_kept_and_shown_again_when_the_cell_runs_again():
    choices, answer = checks.predict(WHERE, ENDS, "at the floor", "Press Play.").children[1:3]
    assert (choices.value, answer.value) == (None, "")
    choices.value = "near <0>"
    assert checks.guesses()[WHERE] == "near <0>"
    assert "“near &lt;0&gt;”. Press Play." in answer.value
    assert checks.predict(WHERE, ENDS, "at the floor").children[1].value == "near <0>"
    assert checks.predict(WHERE, {"up": "a", "down": "b"}, "up").children[1].value is None, "the answers are new"


def test_what_is_said_of_a_guess_is_folded_away_until_the_reader_has_looked():
    choices, answer = checks.predict(WHERE, ENDS, "at the floor", "Press Play.").children[1:3]
    for guess, first in (
        ("near <0>", "Not this one. Nothing stops it"),
        ("at the floor", "That is right. A theorem"),
    ):
        choices.value = guess
        seen, folded = answer.value.split("<details>")
        assert "right" not in seen
        assert first in folded
    assert "Nothing stops it" not in folded, "who is right need not hear why others are wrong"


@pytest.mark.parametrize(
    ("options", "right", "words"),
    [
        ({"because": "so"}, "because", "at least two"),
        ({"yes": "a", "no": "b"}, "perhaps", "right must be one of .*'perhaps'"),
        ({"yes": "a", "no": " "}, "yes", "nothing is said of .*'no'"),
    ],
)
def test_a_question_needs_two_answers_a_right_one_and_words_on_each(options: dict[str, str], right: str, words: str):
    with pytest.raises(ValueError, match=words):
        checks.predict("Why?", options, right)


def test_the_formula_is_right_however_it_is_written():
    assert checks.off_diagonal(lambda c, k: c * (0.9**k - 0.8**k) / (0.9 - 0.8)).right
    assert checks.off_diagonal(lambda c, k: torch.tensor(10 * c * (0.9**k - 0.8**k))).right
    assert checks.off_diagonal(lambda c, k: sum(c * 0.9**i * 0.8 ** (k - 1 - i) for i in range(k))).right
