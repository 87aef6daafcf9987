"""The answers of notebook 08 that train."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from nnrnn_core import Step, tasks

from ..figures.numbers import fixed
from ..labs.plan import make_plan
from .verdict import Verdict, as_number, asked, first_match

STEP, SEEDS, MORE, LAST = 10, (0, 1), 100, 10  # what `release_at` is asked for
WANTED = f"return one number, the mean of the last {LAST} losses"
GOAL = 0.5  # of the open question, which no normal network reaches


def release_at(function: Callable[[int, int], Any]) -> Verdict:
    """Whether `function(step, seed)` trains an nnRNN on noisy memory with T frozen for `step` updates and with T free
    for 100 more, and returns the mean of the last ten losses. Takes seconds: it trains."""
    found: list[float] = []
    for seed in SEEDS:
        answer = asked(f"release_at({STEP}, {seed})", function, STEP, seed)
        if isinstance(answer, Verdict):
            return answer
        if isinstance(answer, Step):
            return Verdict(f"You returned the record of a step; its loss is `.loss`: {WANTED}.")
        number = as_number(answer, WANTED)
        if isinstance(number, str):
            return Verdict(number)
        if found and math.isclose(number, found[0], rel_tol=1e-9):
            return Verdict(f"Seeds {SEEDS[0]} and {SEEDS[1]} give the same number: hand `seed` on to make_plan.")
        if not math.isclose(number, _mean(losses(STEP, seed)), rel_tol=1e-4):
            return Verdict(_diagnosis(number, seed))
        found.append(number)
    return Verdict(
        f"Right: T released after {STEP} updates, {fixed(found[0])} and {fixed(found[1])} for two seeds.", True
    )


def _diagnosis(number: float, seed: int) -> str:
    right = _mean(losses(STEP, seed))
    return first_match(number, _mistakes(seed), 1e-4) or (
        f"release_at({STEP}, {seed}) should be {fixed(right, 4)}; yours is {fixed(number, 4)}. Start from the given "
        f"training, train `step` updates, free T, train {MORE} more, and average the last {LAST} losses."
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


def below_half(function: Callable[[int], Any]) -> Verdict:
    """Whether `function(seed)` is the list of losses of a run whose last ten have a mean below 0.5, for two seeds."""
    runs: list[np.ndarray] = []
    for seed in SEEDS:
        answer = asked("below_half", function, seed)
        if isinstance(answer, Verdict):
            return answer
        try:
            run = np.asarray(answer, float).ravel()
        except (TypeError, ValueError):
            return Verdict(f"You returned {answer!r:.60}: return the list of all losses, `training.step().loss` each.")
        if len(run) < LAST:
            return Verdict(f"You returned {len(run)} losses: return those of all updates, {LAST} at least.")
        if not _mean(run) < GOAL:
            normal = _mean(run) > float(tasks.NoisyMemory().floor or 0)
            why = "with T = 0 it would end there as well, so release T, or train for longer" if normal else "go on"
            return Verdict(f"Seed {seed} ends at {fixed(_mean(run))}, and {GOAL} is to be passed: {why}.")
        if runs and len(run) == len(runs[0]) and np.allclose(run, runs[0]):
            return Verdict(f"Seeds {SEEDS[0]} and {SEEDS[1]} give the same losses: hand `seed` on to make_plan.")
        runs.append(run)
    counts = " and ".join(str(len(run)) for run in runs)
    return Verdict(f"Right: below {GOAL} after {counts} updates. Does your neighbour need fewer?", True)


@cache
def losses(release: int | None, seed: int) -> tuple[float, ...]:
    """STEP + MORE losses of a run whose T is released after `release` updates; None: never."""
    training = make_plan("noisy-memory", seed=seed).make()
    found = []
    for index in range(STEP + MORE):
        if index == release:
            training.settings.freeze_T = False
        found.append(training.step().loss)
    return tuple(found)


def _mean(values: Sequence[float] | np.ndarray) -> float:
    return float(np.mean(values[-LAST:]))
