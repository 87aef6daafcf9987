"""The checks of notebook 09: each catalogued wrong answer gets its own hint, and the right one passes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnrnn_core import SequenceModel
from nnrnn_core.budget import count_parameters
from nnrnn_core.experiments import Experiment
from races import write_run
from widgets.checks import losing_setting, lstm_parameters, lstm_width, paired, ribbon
from widgets.checks.race import SIZES, lstm_count


def one_ribbon(v: np.ndarray) -> Any:
    return v.min(0), v.mean(0), v.max(0)


def deviations(v: np.ndarray) -> Any:
    return v.mean(0) - v.std(0, ddof=1), v.mean(0), v.mean(0) + v.std(0, ddof=1)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda v: None, "Not done yet"),
        (lambda v: v.nothing, "raised AttributeError"),
        (lambda v: v.mean(0), "Return three arrays"),
        (lambda v: (v.min(1), v.mean(1), v.max(1)), "along each run"),
        (lambda v: (v.min(), v.mean(), v.max()), "all numbers at once"),
        (lambda v: (v.mean(0), v.min(0), v.max(0)), "The order is"),
        (lambda v: (v.max(0), v.mean(0), v.min(0)), "The order is"),
        (lambda v: (v.min(0), np.median(v, 0), v.max(0)), "not the median"),
        (deviations, "a standard deviation to each side"),
        (lambda v: (v.min(0)[:3], v.mean(0), v.max(0)), "each array has 7 numbers"),
        (lambda v: (v.min(0), v.mean(0), 2 * v.max(0)), "Your “largest” is not"),
    ],
)
def test_a_wrong_ribbon_is_named(answer: Any, words: str):
    verdict = ribbon(answer)
    assert words in verdict.text and not verdict.right


def test_the_right_ribbon_passes():
    assert ribbon(one_ribbon).right


def test_the_count_of_an_lstm_is_torchs():
    for inputs, width, outputs in SIZES:
        model = SequenceModel("lstm", inputs, width, outputs, device="meta")
        assert lstm_count(inputs, width, outputs) == count_parameters(model)
    assert lstm_parameters(lstm_count).right


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda i, m, o: None, "Not done yet"),
        (lambda i, m, o: (1, 2), "return one number"),
        (lambda i, m, o: 4 * (m * m + m * i + 2 * m), "The read-out is missing"),
        (lambda i, m, o: 4 * (m * m + m * i + 2 * m) + m * o, "The read-out has biases too"),
        (lambda i, m, o: lstm_count(i, m, o) - 4 * m, "torch.nn.LSTM has two"),
        (lambda i, m, o: lstm_count(i, m, o) - 8 * m, "The biases of the gates are missing"),
        (lambda i, m, o: 3 * (m * m + m * i + 2 * m) + (m + 1) * o, "That is a GRU"),
        (lambda i, m, o: m * m + m * i + 2 * m + (m + 1) * o, "one matrix of each kind"),
        (lambda i, m, o: 4 * (m * m + 2 * m) + (m + 1) * o, "matrices from the input are missing"),
        (lambda i, m, o: m * m + m // 2 + m * (i + o) + o, "the nnRNN's count"),
        (lambda i, m, o: 17, "yours is 17"),
    ],
)
def test_a_wrong_count_is_named(answer: Any, words: str):
    verdict = lstm_parameters(answer)
    assert words in verdict.text and not verdict.right


def root(p: int, i: int, o: int) -> float:
    b = 4 * i + 8 + o
    return (-b + math.sqrt(b * b + 16 * (p - o))) / 8


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda p, i, o: None, "Not done yet"),
        (root, "round it"),
        (lambda p, i, o: round(math.sqrt(p / 4)), "Only 4 m² was counted"),
        (lambda p, i, o: round(math.sqrt(p)), "the width of one matrix"),
        (lambda p, i, o: 32, "the count grows with the square"),
        (lambda p, i, o: 128, "equal width"),
        (lambda p, i, o: 64, "Half the width"),
        (lambda p, i, o: math.floor(root(p, i, o)), "Rounded down"),
        (lambda p, i, o: math.ceil(root(p, i, o)), "Rounded up"),
        (lambda p, i, o: 27, "Solve 4 m²"),
    ],
)
def test_a_wrong_width_is_named(answer: Any, words: str):
    verdict = lstm_width(answer)
    assert words in verdict.text and not verdict.right


def test_the_nearest_whole_width_passes():
    assert lstm_width(lambda p, i, o: round(root(p, i, o))).right


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a, b: None, "Not done yet"),
        (lambda a, b: (a - b).mean(), "Return two numbers"),
        (lambda a, b: ((a - b), 1.0), "the mean difference is one number"),
        (lambda a, b: ((b - a).mean(), 1.0), "ours − theirs"),
        (lambda a, b: (abs(a - b - 0.1).mean(), 1.0), "should be"),
        (lambda a, b: (np.median(a - b), 1.0), "That is the median"),
        (lambda a, b: ((a - b).sum(), 1.0), "That is the sum"),
        (lambda a, b: ((a - b).mean(), (a - b).std(ddof=1)), "the spread of the differences"),
        (lambda a, b: ((a - b).mean(), (a - b).std() / math.sqrt(5)), "n − 1"),
        (lambda a, b: ((a - b).mean(), (a - b).std()), "use std(ddof=1)"),
        (lambda a, b: ((a - b).mean(), (a - b).std(ddof=1) / 5), "not by n"),
        (lambda a, b: ((a - b).mean(), (a - b).var(ddof=1) / 5), "take the root"),
        (lambda a, b: ((a - b).mean(), math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 5)), "unrelated runs"),
        (lambda a, b: ((a - b).mean(), 1.0), "The standard error should be"),
    ],
)
def test_a_wrong_pair_is_named(answer: Any, words: str):
    verdict = paired(answer)
    assert words in verdict.text and not verdict.right


def test_the_mean_of_the_differences_with_its_standard_error_passes():
    assert paired(lambda a, b: ((a - b).mean(), (a - b).std(ddof=1) / math.sqrt(len(a)))).right


def test_a_setting_where_the_nnrnn_loses_is_looked_up_in_the_files(tmp_path: Path):
    ends = {"nnrnn": (0.5, 0.6, 0.7), "rnn": (0.6, 0.7, 0.8), "lru": (0.4, 0.9, 0.9), "gru": (0.1, 0.2, 0.3)}
    for network, scores in ends.items():
        for seed, score in enumerate(scores):
            write_run(tmp_path, Experiment("adding", network, seed=seed), [score])

    def said(rival: str | None, prediction: str = "it will lose a lot", task: str | None = "adding") -> Any:
        return losing_setting(task, "width", rival, prediction, tmp_path)

    assert said("rnn").right and "ahead in all 3 seeds, by 0.1 ±" in said("rnn").text
    for verdict, words in (
        (said(None), "Not done yet"),
        (said("rnn", "…"), "First the prediction"),
        (said("rnn", task="copying"), "There is no such setting: task must be one of"),
        (said("nnrnn"), "rival is one of rnn"),
        (said("lstm"), "Nobody has run adding with nnrnn and lstm"),
        (said("gru"), "Here the nnRNN is ahead in the mean, by 0.4 ±"),
        (said("lru"), "but ahead in 1 of 3 seeds. 3 seeds do not decide"),
    ):
        assert words in verdict.text and not verdict.right
