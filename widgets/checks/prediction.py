"""A guess before looking."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import ipywidgets as ipw

_guesses: dict[str, str] = {}


def predict(question: str, options: Mapping[str, str], right: str, then: str = "") -> Any:
    """A question with one answer to choose before looking. It holds nothing up and sends nothing anywhere: the guess
    stays in this kernel (see `guesses`).

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
    choices = ipw.RadioButtons(
        options=list(options), value=_known(question, options), layout=ipw.Layout(width="auto"),
    )  # fmt: skip
    answer = ipw.HTML()

    def noted(_: Any = None) -> None:
        if choices.value is not None:
            _guesses[question] = choices.value
            answer.value = (
                f'<div role="status">Noted: “{html.escape(choices.value)}”. {html.escape(then)}</div>'
                "<details><summary>I have looked. What about my guess?</summary>"
                f"{html.escape(_said(choices.value, options, right))}</details>"
            )

    choices.observe(noted, "value")
    noted()
    return ipw.VBox([ipw.HTML(f"<b>Predict.</b> {html.escape(question)}"), choices, answer])


def guesses() -> dict[str, str]:
    """The guesses made in this kernel, by question: for a show of hands."""
    return dict(_guesses)


def _known(question: str, options: Mapping[str, str]) -> str | None:
    """The guess made before, when the cell is run again; None where it is no longer among the answers."""
    guess = _guesses.get(question)
    return guess if guess in options else None


def _said(guess: str, options: Mapping[str, str], right: str) -> str:
    if guess == right:
        return f"That is right. {options[right]}"
    return f"Not this one. {options[guess]} Right is “{right}”. {options[right]}"
