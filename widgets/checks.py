"""What a notebook asks its reader: a guess before looking, and answers that are checked with a diagnosis."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import ipywidgets as ipw
import numpy as np
import torch

from nnrnn_core import Step, tasks
from nnrnn_core.experiments import make_training

from .figures.shear import shear, shear_sentence
from .labs.shear import state_of

# ---- a guess before looking ----------------------------------------------------------------------------------------
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


# ---- answers -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check found: `right`, or `done` at least, and why."""

    text: str
    right: bool = False
    done: bool = True

    def __repr__(self) -> str:
        return self.text


def shear_preset(text: str) -> Verdict:
    """Whether `text` is a preset of a ShearLab that somebody else chose."""
    if not isinstance(text, str):
        return Verdict(f"A preset is a line of text, in quotes; this is {text!r}.")
    if not text.strip():
        return Verdict("Not done yet: put another's preset between the quotes.", done=False)
    if '"nnrnn"' in text:
        return Verdict("This is a preset of the training lab: TrainingLab.from_preset takes it (notebook 08).")
    try:
        c, k = state_of(text)
    except ValueError as problem:
        return Verdict(f"{str(problem)[:1].upper()}{str(problem)[1:]}.")
    if (c, k) == (2, 6):
        return Verdict("Not done yet: this is how the lab opens. Put another's preset there.", done=False)
    return Verdict(f"Right. {shear_sentence(c, k)}", right=True)


def off_diagonal(function: Callable[[float, int], Any]) -> Verdict:
    """Whether `function(c, k)` is the entry above the diagonal of [[0.9, c], [0, 0.8]]^k: c (0.9^k − 0.8^k)/0.1."""
    cases = [(2.0, 1), (2.0, 3), (1.0, 6), (5.0, 10), (2.0, 0)]
    for c, k in cases:
        try:
            answer = function(c, k)
        except Exception as problem:
            return Verdict(f"off_diagonal({c:g}, {k}) raised {type(problem).__name__}: {problem}")
        if answer is None:
            return Verdict("Not done yet: off_diagonal returns None.", done=False)
        wanted = "return one number, the entry in the first row and second column of V^k"
        number = _number(answer, wanted)
        if isinstance(number, str):
            return Verdict(number)
        right = float(np.linalg.matrix_power(shear(c), k)[0, 1])
        if not math.isclose(number, right, rel_tol=1e-6, abs_tol=1e-12):
            return Verdict(_shear_diagnosis(number, c, k, right))
    return Verdict("Right: c (0.9^k − 0.8^k) / (0.9 − 0.8). At c = 2 it peaks at k = 6, as ‖V^k‖₂ does.", True)


def _shear_diagnosis(number: float, c: float, k: int, right: float) -> str:
    V = np.linalg.matrix_power(shear(c), k)
    mistakes = {
        c * (0.9**k - 0.8**k): "The geometric sum has a denominator: divide by 0.9 − 0.8.",
        c * (0.8**k - 0.9**k) / 0.1: "The sign is wrong: 0.9^k is the larger of the two.",
        c * (0.9 ** (k + 1) - 0.8 ** (k + 1)) / 0.1: "That is the entry of V^(k+1): the exponents are one too large.",
        c * (0.9 ** (k - 1) - 0.8 ** (k - 1)) / 0.1: "That is the entry of V^(k−1): the exponents are one too small.",
        c**k: "The power of a matrix is not the power of its entries: multiply V by V and look.",
        c * k: "That would be so if both eigenvalues were 1; here the terms are 0.9^i 0.8^j.",
        c: "That is the entry of V itself; it changes with k.",
        float(np.linalg.norm(V, 2)): "That is the norm of V^k, its largest singular value; asked is one entry.",
        float(V[0, 0]): "That is the entry on the diagonal.",
    }
    for value, words in mistakes.items():
        if math.isclose(number, value, rel_tol=1e-6):
            return words
    return f"off_diagonal({c:g}, {k}) should be {right:.4f}; yours is {number:.4f}. Write out V² and V³ first."


STEP, SEEDS, MORE, LAST = 10, (0, 1), 100, 10  # what `release_at` is asked for


def release_at(function: Callable[[int, int], Any]) -> Verdict:
    """Whether `function(step, seed)` trains an nnRNN on noisy memory with T frozen for `step` updates and with T free
    for 100 more, and returns the mean of the last ten losses. Takes seconds: it trains."""
    found: list[float] = []
    for seed in SEEDS:
        try:
            answer = function(STEP, seed)
        except Exception as problem:
            return Verdict(f"release_at({STEP}, {seed}) raised {type(problem).__name__}: {problem}")
        if answer is None and not found:
            return Verdict("Not done yet: release_at returns None.", done=False)
        number = _number(answer, f"return one number, the mean of the last {LAST} losses")
        if isinstance(number, str):
            return Verdict(number)
        if found and math.isclose(number, found[0], rel_tol=1e-9):
            return Verdict(f"Seeds {SEEDS[0]} and {SEEDS[1]} give the same number: hand `seed` on to make_training.")
        if not math.isclose(number, _mean(losses(STEP, seed)), rel_tol=1e-4):
            return Verdict(_diagnosis(number, seed))
        found.append(number)
    return Verdict(f"Right: T released after {STEP} updates, {found[0]:.3f} and {found[1]:.3f} for two seeds.", True)


def _number(answer: Any, wanted: str) -> float | str:
    """The answer as a number, or what is wrong with it."""
    if isinstance(answer, Step):
        return f"You returned the record of a step; its loss is `.loss`: {wanted}."
    if isinstance(answer, torch.Tensor):
        answer = answer.detach().numpy()
    if isinstance(answer, list | tuple | np.ndarray) and np.ndim(answer):
        return f"You returned {len(answer)} values: {wanted}."
    if isinstance(answer, bool | str) or (not np.isscalar(answer) and np.ndim(answer)):
        return f"You returned {answer!r}: {wanted}."
    try:
        number = float(answer)
    except (TypeError, ValueError):
        return f"You returned {type(answer).__name__}: {wanted}."
    return number if math.isfinite(number) else f"You returned {number} (did something diverge?): {wanted}."


def _diagnosis(number: float, seed: int) -> str:
    for value, words in _mistakes(seed):
        if math.isclose(number, value, rel_tol=1e-4):
            return words
    right = _mean(losses(STEP, seed))
    return (
        f"release_at({STEP}, {seed}) should be {right:.4f}; yours is {number:.4f}. Start from the given training, "
        f"train `step` updates, free T, train {MORE} more, and average the last {LAST} losses."
    )


def _mistakes(seed: int) -> Iterator[tuple[float, str]]:
    """What typical mistakes give, the cheap ones first."""
    run = losses(STEP, seed)
    yield run[-1], f"That is the last loss alone, which is noisy: average the last {LAST}."
    yield float(np.mean(run[-MORE:])), f"You averaged all {MORE} losses after the release; only the last {LAST} count."
    yield float(np.mean(run)), f"You averaged the losses of the whole run; only the last {LAST} count."
    yield float(np.sum(run[-LAST:])), f"That is the sum of the last {LAST} losses; divide by {LAST}."
    yield 1 - _mean(run), "That is the mean score (variance explained), not the loss: take `.loss` of each step."
    yield (
        _mean(run[:MORE]),
        f"You trained {MORE} updates in all; it should be `step`, and {MORE} more after the release.",
    )
    yield _mean(run[:STEP]), f"That is the loss before the release: train {MORE} more updates after it."
    never, at_once = losses(None, seed), losses(0, seed)
    yield _mean(never), "T was never released: after `step` updates set training.settings.freeze_T = False."
    yield _mean(at_once), "T was free from the start: train `step` updates first, then set freeze_T to False."


@cache
def losses(release: int | None, seed: int) -> tuple[float, ...]:
    """STEP + MORE losses of a run whose T is released after `release` updates; None: never."""
    training = make_training(tasks.NoisyMemory(), 32, "nnRNN, T = 0", seed)
    found = []
    for index in range(STEP + MORE):
        if index == release:
            training.settings.freeze_T = False
        found.append(training.step().loss)
    return tuple(found)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values[-LAST:]))
