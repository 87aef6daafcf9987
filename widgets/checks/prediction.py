"""A guess before looking."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import ipywidgets as ipw
import traitlets

from .hands import hands


class Question(traitlets.HasTraits):
    """A question that was asked in this kernel, the guess made here, and how many chose each answer."""

    guess = traitlets.Unicode(None, allow_none=True)
    counts = traitlets.Dict()

    def __init__(self, text: str, options: Mapping[str, str], right: str) -> None:
        super().__init__(counts=dict.fromkeys(options, 0))
        self.text, self.right = text, right

    def choose(self, answer: str) -> None:
        """Guess, and count the guess; one made before no longer counts."""
        if answer != self.guess:
            less = {self.guess: max(0, self.counts[self.guess] - 1)} if self.guess is not None else {}
            self.counts = {**self.counts, **less, answer: self.counts[answer] + 1}
            self.guess = answer


_questions: dict[str, Question] = {}


def predict(question: str, options: Mapping[str, str], right: str, then: str = "") -> Any:
    """A question with one answer to choose before looking. It holds nothing up and sends nothing anywhere: the guess
    stays in this kernel (see `guesses`). "Count hands" unfolds a bar for each answer, for a class.

    question  what is asked
    options   the answers, each with what is said of it afterwards: why it is right, or why it tempts and is wrong
    right     which of them is right
    then      what to do next, shown once a guess is made; what is said of the guess is folded away below it
    """
    if len(options) < 2:
        raise ValueError(f"options must be at least two answers; got {dict(options)!r}")
    if right not in options:
        raise ValueError(f"right must be one of the answers {list(options)}; got {right!r}")
    silent = [answer for answer, words in options.items() if not words.strip()]
    if silent:
        raise ValueError(f"options must say something of every answer; nothing is said of {silent}")
    asked = _asked(question, options, right)
    choices = ipw.RadioButtons(options=list(options), value=asked.guess, layout=ipw.Layout(width="auto"))
    answer = ipw.HTML()

    def noted(_: Any = None) -> None:
        if choices.value is not None:
            asked.choose(choices.value)
            answer.value = (
                f'<div role="status">Noted: “{html.escape(choices.value)}”. {html.escape(then)}</div>'
                "<details><summary>I have looked. What about my guess?</summary>"
                f"{html.escape(_said(choices.value, options, right))}</details>"
            )

    choices.observe(noted, "value")
    noted()
    count = ipw.ToggleButton(description="Count hands", tooltip="In a class: how many hands does each answer get?")
    counted = ipw.VBox()

    def unfold(_: Any) -> None:
        counted.children = (hands(asked),) if count.value else ()

    count.observe(unfold, "value")
    return ipw.VBox([ipw.HTML(f"<b>Predict.</b> {html.escape(question)}"), choices, answer, count, counted])


def guesses() -> dict[str, str]:
    """The guesses made in this kernel, by question."""
    return {text: asked.guess for text, asked in _questions.items() if asked.guess is not None}


def show_guesses() -> Any:
    """Every question that was asked in this kernel, with a bar for each answer: the guess made here, and the hands of a
    class that are added with +1 or typed. Which answer is right is shown when asked for."""
    if not _questions:
        return ipw.HTML("No question has been asked yet: run the cells above that say <b>Predict</b>.")
    return ipw.VBox(
        [ipw.VBox([ipw.HTML(f"<b>{html.escape(text)}</b>"), hands(asked)]) for text, asked in _questions.items()]
    )


def _asked(question: str, options: Mapping[str, str], right: str) -> Question:
    """The question as it was asked before, when the cell is run again; a new one where its answers are others."""
    known = _questions.get(question)
    if known is None or list(known.counts) != list(options):
        _questions[question] = known = Question(question, options, right)
    known.right = right
    return known


def _said(guess: str, options: Mapping[str, str], right: str) -> str:
    if guess == right:
        return f"That is right. {options[right]}"
    return f"Not this one. {options[guess]} Right is “{right}”. {options[right]}"
