"""A class's guesses as bars: what is counted, and what is told of it."""

from __future__ import annotations

from typing import Any

import ipywidgets as ipw
import pytest

from widgets import checks
from widgets.checks import prediction
from widgets.checks.hands import said

WHERE = "Where does it end?"
ENDS = {"low": "It tempts.", "<high>": "A theorem.", "nowhere": "It tempts too."}


@pytest.fixture(autouse=True)
def nothing_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(prediction, "_questions", {})


def ask() -> Any:
    return checks.predict(WHERE, ENDS, "<high>")


def parts(widget: ipw.Widget, kind: type[ipw.Widget]) -> list[Any]:
    """All widgets of a kind inside another, from the top down."""
    inside = [part for child in getattr(widget, "children", ()) for part in parts(child, kind)]
    return [widget, *inside] if isinstance(widget, kind) else inside


def numbers(widget: ipw.Widget) -> list[int]:
    return [box.value for box in parts(widget, ipw.BoundedIntText)]


def press(widget: ipw.Widget, name: str, which: int = 0) -> None:
    [button for button in parts(widget, ipw.Button) if button.description == name][which].click()


def test_the_guess_made_here_counts_once_however_often_it_changes():
    asked, shown = ask(), checks.show_guesses()
    assert numbers(shown) == [0, 0, 0]
    for answer, counts in (("low", [1, 0, 0]), ("nowhere", [0, 0, 1]), ("nowhere", [0, 0, 1]), ("<high>", [0, 1, 0])):
        asked.children[1].value = answer
        assert numbers(shown) == counts
    assert checks.guesses() == {WHERE: "<high>"}


def test_hands_are_added_one_by_one_or_typed_and_every_view_shows_them():
    asked, shown = ask(), checks.show_guesses()
    asked.children[1].value = "low"
    parts(asked, ipw.ToggleButton)[0].value = True
    press(shown, "+1", 1)
    press(shown, "+1", 1)
    parts(shown, ipw.BoundedIntText)[2].value = 12
    assert numbers(shown) == numbers(asked) == [1, 2, 12]
    assert "<b>12</b>" in parts(shown, ipw.HTML)[-2].value
    assert "15 guesses. “nowhere” got the most: 12." in parts(shown, ipw.HTML)[-1].value
    press(shown, "Start again")
    assert numbers(asked) == [0, 0, 0]


def test_running_the_cells_again_loses_no_hand():
    ask()
    press(checks.show_guesses(), "+1", 2)
    ask()
    assert numbers(checks.show_guesses()) == [0, 0, 1]
    assert checks.predict(WHERE, {"up": "a", "down": "b"}, "up").children[1].value is None
    assert numbers(checks.show_guesses()) == [0, 0], "the answers are others, and nobody has chosen one"


def test_what_is_right_is_not_told_before_it_is_asked_for():
    ask()
    shown = checks.show_guesses()
    assert not any("✓" in part.value or "Right is" in part.value for part in parts(shown, ipw.HTML))
    parts(shown, ipw.ToggleButton)[0].value = True
    assert next(part.value for part in parts(shown, ipw.HTML) if "✓" in part.value).count("&lt;high&gt;") == 1
    assert "Right is “&lt;high&gt;”." in parts(shown, ipw.HTML)[-1].value


def test_the_sentence_says_who_leads_and_how_many_were_right():
    assert said({"a": 0, "b": 0}) == "No guesses yet: press +1 for each hand, or type how many there are."
    assert said({"a": 1, "b": 0}) == "1 guess. “a” got the most: 1."
    assert said({"a": 4, "b": 9, "c": 9}) == "22 guesses. “b” and “c” got the most: 9 each."
    assert said({"a": 4, "b": 9}, right="a").endswith("Right is “a”. 4 of 13 chose it.")


def test_every_box_and_button_has_a_name_of_its_own():
    ask()
    shown = checks.show_guesses()
    named = [part.tooltip for kind in (ipw.BoundedIntText, ipw.Button) for part in parts(shown, kind)]
    assert len(set(named)) == len(named) == 7 and all(named)


def test_with_no_question_asked_it_says_what_to_run():
    assert "run the cells above" in checks.show_guesses().value
