"""The answers of notebook 09."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..figures.numbers import short
from .verdict import Verdict, as_number, asked, first_match, missing, several

CLOSE = 1e-6  # relative
SIZES = ((10, 128, 9), (1, 32, 1), (3, 20, 7))  # inputs, width, outputs


def ribbon(function: Callable[[np.ndarray], Any]) -> Verdict:
    """Whether `function(values)`, values (seeds, points), is (least, mean, largest) over seeds, each (points,)."""
    values = np.random.default_rng(4).gamma(2.0, size=(5, 7))
    answer = asked("ribbon", function, values.copy())
    if isinstance(answer, Verdict):
        return answer
    parts = several(answer, 3, "return three arrays, separated by commas: the least, the mean, the largest")
    if isinstance(parts, Verdict):
        return parts
    right = (values.min(0), values.mean(0), values.max(0))
    found = [np.asarray(part, float) for part in parts]
    if all(_same(a, b) for a, b in zip(found, right, strict=True)):
        return Verdict("Right: one number for each point, taken over the seeds. That is what a panel draws.", True)
    m, s = values.mean(0), values.std(0, ddof=1)
    mistakes = [
        ((values.min(1), values.mean(1), values.max(1)), "You went along each run: take them over the seeds, axis 0."),
        ((values.min(), values.mean(), values.max()), "You took all numbers at once: one for each point, over axis 0."),
        ((right[1], right[0], right[2]), "The order is least, mean, largest."),
        ((right[2], right[1], right[0]), "The order is least, mean, largest."),
        ((right[0], np.median(values, 0), right[2]), "In the middle stands the mean, not the median."),
        ((m - s, m, m + s), "That is the mean and a standard deviation to each side; here the ribbon reaches from the "
         "least seed to the largest."),
    ]  # fmt: skip
    alike = len({part.shape for part in found}) == 1
    if alike and (words := first_match(np.stack(found), mistakes)):
        return Verdict(words)
    if any(part.shape != (7,) for part in found):
        return Verdict(f"Of 5 runs with 7 points each array has 7 numbers; yours: {[part.shape for part in found]}.")
    names = ("least", "mean", "largest")
    first = next(name for name, a, b in zip(names, found, right, strict=True) if not _same(a, b))
    return Verdict(f"Your “{first}” is not the {first} over the five runs, for each point.")


def lstm_parameters(function: Callable[[int, int, int], Any]) -> Verdict:
    """Whether `function(inputs, width, outputs)` counts what an LSTM with its linear read-out trains."""
    for inputs, width, outputs in SIZES:
        answer = asked("lstm_parameters", function, inputs, width, outputs)
        number = answer if isinstance(answer, Verdict) else as_number(answer, "return one number")
        if not isinstance(number, float):
            return number if isinstance(number, Verdict) else Verdict(number)
        right = lstm_count(inputs, width, outputs)
        if number != right:
            return Verdict(_count_diagnosis(number, inputs, width, outputs, right))
    return Verdict("Right, stage 1 of 2: four of each, with two biases, and the read-out.", True)


def lstm_count(inputs: int, width: int, outputs: int) -> int:
    """4 (m² + m i + 2 m) of the four gates, with torch's two biases, and (m + 1) o of the read-out."""
    return 4 * (width**2 + width * inputs + 2 * width) + (width + 1) * outputs


def _count_diagnosis(number: float, i: int, m: int, o: int, right: int) -> str:
    readout, one = (m + 1) * o, m * m + m * i + 2 * m
    mistakes = {
        4 * one: "The read-out is missing: it is trained too, (width + 1) · outputs.",
        4 * one + m * o: "The read-out has biases too, one for each output.",
        right - 4 * m: "In textbooks each gate has one bias; torch.nn.LSTM has two, one with the input's matrix and "
        "one with the recurrent one.",
        right - 8 * m: "The biases of the gates are missing: torch.nn.LSTM has two for each unit and gate.",
        3 * one + readout: "That is a GRU: three of each. An LSTM has four: three gates and the candidate.",
        one + readout: "That is one matrix of each kind; an LSTM has four, three gates and the candidate.",
        4 * (m * m + 2 * m) + readout: "The matrices from the input are missing: width · inputs for each of the four.",
        m * m + m // 2 + m * i + m * o + o: "That is the nnRNN's count.",
    }
    words = first_match(number, mistakes.items(), 1e-9)
    return words or f"For inputs {i}, width {m}, outputs {o} it is {right:,}; yours is {short(number, 7)}."


def lstm_width(function: Callable[[int, int, int], Any]) -> Verdict:
    """Whether `function(parameters, inputs, outputs)` is the width at which an LSTM comes nearest to that number."""
    for inputs, width, outputs in SIZES:
        parameters = width**2 + width // 2 + width * (inputs + outputs) + outputs  # an nnRNN's, as wide
        answer = asked("lstm_width", function, parameters, inputs, outputs)
        number = answer if isinstance(answer, Verdict) else as_number(answer, "return one number")
        if not isinstance(number, float):
            return number if isinstance(number, Verdict) else Verdict(number)
        widths = range(1, 2 * width)
        right = min(widths, key=lambda m: abs(lstm_count(inputs, m, outputs) - parameters))
        if number != right:
            return Verdict(_width_diagnosis(number, parameters, inputs, outputs, width, right))
    return Verdict("Right, stage 2 of 2: the quadratic equation, rounded. About half the nnRNN's width.", True)


def _width_diagnosis(number: float, p: int, i: int, o: int, width: int, right: int) -> str:
    b = 4 * i + 8 + o
    root = (-b + math.sqrt(b * b + 16 * (p - o))) / 8
    where = f"For {p:,} parameters, {i} inputs and {o} outputs"
    if math.isclose(number, root, rel_tol=1e-9):
        return f"{where} the equation gives {short(number, 4)}. A width is a whole number: round it."
    mistakes = {
        round(math.sqrt(p) / 4): "A quarter of the width has a sixteenth of the entries",
        round(math.sqrt(p / 4)): "Only 4 m² was counted: the terms with m (input, biases, read-out) are not small here",
        round(math.sqrt(p)): "That is the width of one matrix of that size; an LSTM has four",
        width: "That is equal width, at which an LSTM has about four times as many",
        width // 2: "Half the width is what is left for very wide networks; the terms with m make it less here",
        math.floor(root): "Rounded down; the next width comes nearer",
        math.ceil(root): "Rounded up; the width below comes nearer",
    }
    words = first_match(number, mistakes.items(), 1e-9) or "Solve 4 m² + (4 i + 8 + o) m + o = parameters"
    return f"{where} it is {right}; yours is {short(number, 4)}. {words}."


def paired(function: Callable[[np.ndarray, np.ndarray], Any]) -> Verdict:
    """Whether `function(ours, theirs)` is (mean, standard error) of the differences ours − theirs, seed by seed."""
    draw = np.random.default_rng(1)
    shared = 0.1 * draw.standard_normal(5)  # what a seed does to both
    ours, theirs = (shift + shared + 0.01 * draw.standard_normal(5) for shift in (0.8, 0.7))
    answer = asked("paired", function, ours.copy(), theirs.copy())
    if isinstance(answer, Verdict):
        return answer
    parts = several(answer, 2, "return two numbers, separated by a comma: the mean difference and its standard error")
    if isinstance(parts, Verdict):
        return parts
    found = []
    for part, name in zip(parts, ("mean difference", "standard error"), strict=True):
        number = as_number(part, f"the {name} is one number")
        if isinstance(number, str):
            return Verdict(number)
        found.append(number)
    difference = ours - theirs
    if not math.isclose(found[0], difference.mean(), rel_tol=CLOSE):
        return Verdict(_mean_diagnosis(found[0], difference))
    error = difference.std(ddof=1) / math.sqrt(5)
    if math.isclose(found[1], error, rel_tol=CLOSE):
        return Verdict("Right. What a seed does to both networks cancels in the difference.", True)
    return Verdict(_error_diagnosis(found[1], ours, theirs, difference, error))


def _mean_diagnosis(number: float, difference: np.ndarray) -> str:
    mistakes = [
        (-difference.mean(), "The sign: ours − theirs."),
        (np.abs(difference).mean(), "Without the signs a loss counts as a win: take the mean of ours − theirs."),
        (np.median(difference), "That is the median; take the mean."),
        (difference.sum(), "That is the sum; divide by the number of seeds."),
    ]
    words = first_match(number, mistakes, CLOSE)
    return words or f"The mean difference should be {short(float(difference.mean()), 4)}; yours is {short(number, 4)}."


def _error_diagnosis(number: float, ours: np.ndarray, theirs: np.ndarray, difference: np.ndarray, right: float) -> str:
    n = len(ours)
    mistakes = [
        (difference.std(ddof=1), "That is the spread of the differences; the mean of n of them is √n times as sure."),
        (difference.std() / math.sqrt(n), "With few seeds divide by n − 1 inside the root: std(ddof=1)."),
        (difference.std(), "Divide by √n, and use std(ddof=1)."),
        (difference.std(ddof=1) / n, "Divide by √n, not by n."),
        (difference.var(ddof=1) / n, "That is the square of the standard error: take the root."),
        (math.sqrt((ours.var(ddof=1) + theirs.var(ddof=1)) / n),
         "That is for unrelated runs. Here both had the same seeds: take the spread of the differences, in which what "
         "a seed does to both has cancelled."),
    ]  # fmt: skip
    words = first_match(number, mistakes, CLOSE)
    return words or f"The standard error should be {short(right, 4)}; yours is {short(number, 4)}."


def losing_setting(
    task: str | None, match: str, rival: str | None, prediction: str, folder: str | Path | None = None
) -> Verdict:
    """Whether the nnRNN loses to the rival there, in the results: in the mean, and in every seed. A prediction has to
    stand beside it; what it says is not judged."""
    if empty := missing(task_where_it_loses=task, rival=rival):
        return empty
    if len(str(prediction).split()) < 3:
        return Verdict("First the prediction: a sentence that says who will be ahead, by about how much, and why.")
    from nnrnn_core.experiments import SHIPPED, race  # it needs torch, the other checks do not

    try:
        found = race(str(task), match, SHIPPED if folder is None else folder)
    except ValueError as problem:
        return Verdict(f"There is no such setting: {problem}.")
    if rival == "nnrnn" or rival not in (*found.runs, *found.not_run):
        others = [name for name in (*found.runs, *found.not_run) if name != "nnrnn"]
        return Verdict(f"rival is one of {', '.join(others)} on {task}; got {rival!r}.")
    pair = found.pair("nnrnn", rival)
    if not pair.seeds:
        return Verdict(f"Nobody has run {task} with nnrnn and {rival} at equal {match} yet: take another setting.")
    n, ahead = len(pair.seeds), f"by {short(abs(pair.mean))} ± {short(pair.standard_error, 2)} (standard error)"
    if pair.mean > 0:
        return Verdict(f"Here the nnRNN is ahead in the mean, {ahead}, in {pair.wins} of {n} seeds.")
    if pair.losses < n:
        return Verdict(
            f"The nnRNN is behind in the mean, {ahead}, but ahead or level in {n - pair.losses} of {n} seeds. "
            f"{n} seeds do not decide this one: find a setting where it is behind in all."
        )
    return Verdict(f"Right: {rival} is ahead in all {n} seeds, {ahead}. Now the report: does your reason hold?", True)


def _same(found: np.ndarray, right: np.ndarray) -> bool:
    return found.shape == np.shape(right) and np.allclose(found, right, rtol=CLOSE)
