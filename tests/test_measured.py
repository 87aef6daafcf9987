"""The tables that notebooks print."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnrnn_core import experiments
from widgets.measured import table


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A small file of results in place of the shipped one."""
    records = [
        {
            "task": "copying",
            "network": network,
            "seed": seed,
            "measure": "recall",
            "value": 0.5 + seed / 10,
            "updates": n,
        }
        for network, n in (("nnRNN", 400), ("LSTM", 1000))
        for seed in experiments.SEEDS
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"records": records}))
    monkeypatch.setattr(experiments.three_tasks, "RESULTS", path)


def test_a_line_holds_one_number_a_seed_and_their_mean():
    head, *lines = table("copying", "recall", networks=("nnRNN", "LSTM")).splitlines()
    assert head.split() == ["seed", "0", "seed", "1", "seed", "2", "mean"]
    assert [line.split() for line in lines] == [
        ["nnRNN", "0.500", "0.600", "0.700", "0.600"],
        ["LSTM", "0.500", "0.600", "0.700", "0.600"],
    ]
    assert len({len(line) for line in (head, *lines)}) == 1


def test_updates_are_whole_numbers():
    assert table("copying", "recall", "updates", ("LSTM",)).splitlines()[1].split() == ["LSTM", *["1000"] * 4]


def test_an_unknown_task_or_network_is_an_error():
    with pytest.raises(ValueError, match="task must be one of noisy-memory"):
        table("chess", "recall")
    with pytest.raises(ValueError, match="no result for"):
        table("copying", "recall", networks=("orthogonal RNN",))
