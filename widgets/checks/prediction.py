"""A guess before looking."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets as ipw

_guesses: dict[str, str] = {}


def predict(question: str, options: Sequence[str], then: str = "") -> Any:
    """A question with one answer to choose before looking. It holds nothing up and sends nothing anywhere: the guess
    stays in this kernel (see `guesses`). then: what to do next, shown once a guess is made."""
    if len(options) < 2:
        raise ValueError(f"options must be at least two answers; got {list(options)!r}")
    choices = ipw.RadioButtons(
        options=list(options), value=_guesses.get(question), layout=ipw.Layout(width="auto"),
    )  # fmt: skip
    answer = ipw.HTML()

    def noted(_: Any = None) -> None:
        if choices.value is not None:
            _guesses[question] = choices.value
            answer.value = f'<div role="status">Noted: “{html.escape(choices.value)}”. {html.escape(then)}</div>'

    choices.observe(noted, "value")
    noted()
    return ipw.VBox([ipw.HTML(f"<b>Predict.</b> {html.escape(question)}"), choices, answer])


def guesses() -> dict[str, str]:
    """The guesses made in this kernel, by question: for a show of hands."""
    return dict(_guesses)
