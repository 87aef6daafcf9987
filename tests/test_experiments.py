"""The experiments: every network takes its first steps, and results are read by name."""

import json

import numpy as np
import pytest

from nnrnn_core import tasks
from nnrnn_core.experiments import EXPERIMENTS, NETWORKS, make_training, results, three_tasks

SMALL = {
    "noisy-memory": tasks.NoisyMemory(delays=4, length=12),
    "copying": tasks.Copying(delay=5),
    "characters": tasks.Characters(length=10),
}
RUNS = [(name, network) for name, (_, networks) in EXPERIMENTS.items() for network in networks]
RECORDS = [
    {"task": "copying", "network": network, "seed": seed, "measure": "recall", "value": value, "updates": 100 + seed}
    for network, value in (("nnRNN", 0.99), ("LSTM", 0.2))
    for seed in (0, 1, 2)
]


@pytest.mark.parametrize(("name", "network"), RUNS)
def test_every_run_takes_two_steps_from_its_own_settings(name, network):
    training = make_training(SMALL[name], 8, network, seed=1)
    losses = [training.step().loss for _ in range(2)]
    kind, changes = NETWORKS[network]
    assert np.isfinite(losses).all()
    assert training.settings == SMALL[name].settings_for(kind).replace(**changes)
    again = make_training(SMALL[name], 8, network, seed=1)
    assert [again.step().loss for _ in range(2)] == losses


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    path = tmp_path / "three_tasks.json"
    path.write_text(json.dumps({"made with": {}, "records": RECORDS}), encoding="utf-8")
    monkeypatch.setattr(three_tasks, "RESULTS", path)
    return path


def test_results_are_one_number_a_seed(shipped):
    assert results("copying", "nnRNN", "recall").tolist() == [0.99] * 3
    assert results("copying", "LSTM", "recall", "updates").tolist() == [100, 101, 102]


@pytest.mark.parametrize(
    "wanted", [("copy", "nnRNN", "recall"), ("copying", "GRU", "recall"), ("copying", "LSTM", "x")]
)
def test_an_unknown_result_lists_what_there_is(shipped, wanted):
    with pytest.raises(ValueError, match=r"(?s)copying / LSTM / recall.*copying / nnRNN / recall"):
        results(*wanted)


def test_an_unknown_experiment_lists_the_known_ones():
    with pytest.raises(SystemExit, match="noisy-memory, copying, characters"):
        three_tasks.main(["adding"])


def test_a_run_replaces_its_own_records_and_keeps_the_others(shipped, monkeypatch):
    def run(network, seed):
        return [{"measure": "mean squared error", "value": 0.5, "updates": 1, "seconds": 0.0}]

    monkeypatch.setitem(EXPERIMENTS, "noisy-memory", (run, ("nnRNN, T = 0, γ = 1",)))
    for _ in range(2):
        three_tasks.main(["noisy-memory"])
    assert results("noisy-memory", "nnRNN, T = 0, γ = 1", "mean squared error").tolist() == [0.5] * 3
    assert json.loads(shipped.read_text(encoding="utf-8"))["records"][:6] == RECORDS
