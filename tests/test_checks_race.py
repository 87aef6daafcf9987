"""The checks of notebook 09: the count of an LSTM is torch's, and a setting is judged by the files of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nnrnn_core import SequenceModel
from nnrnn_core.budget import count_parameters
from nnrnn_core.experiments import Experiment
from races import write_run
from widgets.checks import losing_setting
from widgets.checks.race import SIZES, lstm_count


def test_the_count_of_an_lstm_is_torchs():
    for inputs, width, outputs in SIZES:
        model = SequenceModel("lstm", inputs, width, outputs, device="meta")
        assert lstm_count(inputs, width, outputs) == count_parameters(model)


def test_a_setting_where_the_nnrnn_loses_is_looked_up_in_the_files(tmp_path: Path):
    ends = {"nnrnn": (0.5, 0.6, 0.7), "rnn": (0.6, 0.7, 0.8), "lru": (0.4, 0.9, 0.9), "gru": (0.1, 0.2, 0.3)}
    for network, scores in ends.items():
        for seed, score in enumerate(scores):
            write_run(tmp_path, Experiment("adding", network, seed=seed), [score])

    def said(rival: str) -> Any:
        return losing_setting("adding", "width", rival, "it will lose a lot", tmp_path)

    assert said("rnn").right and "ahead in all 3 seeds, by 0.1 ±" in said("rnn").text
    for verdict, words in (
        (said("lstm"), "Nobody has run adding with nnrnn and lstm"),
        (said("gru"), "Here the nnRNN is ahead in the mean, by 0.4 ±"),
        (said("lru"), "but ahead or level in 1 of 3 seeds. 3 seeds do not decide"),
    ):
        assert words in verdict.text and not verdict.right
