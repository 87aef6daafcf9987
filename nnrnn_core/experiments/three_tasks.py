"""Three tasks, five networks, three seeds: the runs whose results the notebooks quote, and the loop that makes them.

    python -m nnrnn_core.experiments.three_tasks [noisy-memory | copying | characters] ...

runs them anew (minutes on two cores) and writes `results/three_tasks.json`, which `results` reads.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .. import tasks
from ..sequence_model import SequenceModel
from ..tasks import Task
from ..training import Training

RESULTS = Path(__file__).with_name("results") / "three_tasks.json"
SEEDS = (0, 1, 2)
NETWORKS: dict[str, tuple[str, dict[str, bool]]] = {
    "nnRNN": ("nnrnn", {}),
    "nnRNN, T = 0": ("nnrnn", {"freeze_T": True}),
    "nnRNN, T = 0, γ = 1": ("nnrnn", {"freeze_T": True, "hold_gamma": True}),
    "orthogonal RNN": ("exprnn", {}),
    "free RNN": ("rnn", {}),
    "LSTM": ("lstm", {}),
}
Record = dict[str, Any]


def make_training(task: Task, hidden_size: int, network: str, seed: int) -> Training:
    """A training of the named network at its own tuned settings for the task."""
    kind, changes = NETWORKS[network]
    generator = torch.Generator().manual_seed(seed)
    sizes = (task.input_size, hidden_size, task.output_size)
    model = SequenceModel(kind, *sizes, generator=generator, **task.model_options)
    return Training(model, task, task.settings_for(kind).replace(**changes), seed)


def noisy_memory(network: str, seed: int) -> list[Record]:
    """Mean squared error after 500 updates; for the nnRNN also with T frozen for 200 of them and then released."""
    task = tasks.NoisyMemory()
    training = make_training(task, 32, network, seed)
    begun = time.perf_counter()
    _steps(training, 500)
    records = [_record("mean squared error", training, training.evaluate()[0], begun)]
    if network == "nnRNN":
        released = make_training(task, 32, "nnRNN, T = 0", seed)
        _steps(released, 200)
        records.append(_record("before the release", released, released.evaluate()[0], begun))
        released.settings.freeze_T = False
        for more, after in ((20, "20"), (40, "60"), (40, "100"), (200, "300")):
            _steps(released, more)
            records.append(_record(f"{after} updates after the release", released, released.evaluate()[0], begun))
    return records


def copying(network: str, seed: int) -> list[Record]:
    """Updates and seconds until the recall, a mean over ten updates, passes 0.99; at most 1000 updates."""
    training = make_training(tasks.Copying(delay=200), 128, network, seed)
    begun, recall = time.perf_counter(), [0.0]
    while training.index < 1000 and np.mean(recall[-10:]) <= 0.99:
        recall.append(training.step().score)
    return [_record("recall", training, float(np.mean(recall[-10:])), begun)]


def characters(network: str, seed: int) -> list[Record]:
    """Bits per character on the test part after 2000 updates."""
    training = make_training(tasks.Characters(), 64, network, seed)
    begun = time.perf_counter()
    _steps(training, 2000)
    return [_record("bits per character", training, training.evaluate("test")[1], begun)]


EXPERIMENTS: dict[str, tuple[Callable[[str, int], list[Record]], tuple[str, ...]]] = {
    "noisy-memory": (
        noisy_memory,
        ("nnRNN", "nnRNN, T = 0", "nnRNN, T = 0, γ = 1", "orthogonal RNN", "free RNN"),
    ),
    "copying": (copying, ("nnRNN", "orthogonal RNN", "free RNN", "LSTM")),
    "characters": (characters, ("nnRNN", "nnRNN, T = 0", "orthogonal RNN", "free RNN", "LSTM")),
}


def _steps(training: Training, count: int) -> None:
    for _ in range(count):
        training.step()


def _record(measure: str, training: Training, value: float, begun: float) -> Record:
    seconds = round(time.perf_counter() - begun, 1)
    return {"measure": measure, "value": value, "updates": training.index, "seconds": seconds}


def results(task: str, network: str, measure: str, what: str = "value") -> np.ndarray:
    """One number a seed from the shipped results. what: "value", "updates" or "seconds"."""
    wanted = {"task": task, "network": network, "measure": measure}
    records = json.loads(RESULTS.read_text(encoding="utf-8"))["records"]
    found = [record[what] for record in records if wanted.items() <= record.items()]
    if not found:
        known = sorted({f"{r['task']} / {r['network']} / {r['measure']}" for r in records})
        raise ValueError(f"no result for {wanted}; there are:\n" + "\n".join(known))
    return np.array(found)


def main(names: list[str]) -> None:
    """Run the named experiments (all, if none) and put their records in place of the old ones."""
    if unknown := set(names) - set(EXPERIMENTS):
        raise SystemExit(f"unknown: {', '.join(unknown)}; the experiments are {', '.join(EXPERIMENTS)}")
    names = names or list(EXPERIMENTS)
    records: list[Record] = []
    for name in names:
        run, networks = EXPERIMENTS[name]
        for network in networks:
            for seed in SEEDS:
                found = run(network, seed)
                records += [{"task": name, "network": network, "seed": seed, **record} for record in found]
                print(name, network, seed, *(f"{r['measure']} {r['value']:.4g}" for r in found), sep=" | ", flush=True)
    # read only now: another run may have written its own tasks meanwhile
    old = json.loads(RESULTS.read_text(encoding="utf-8"))["records"] if RESULTS.exists() else []
    records = [record for record in old if record["task"] not in names] + records
    made = {"torch": torch.__version__, "python": platform.python_version(), "machine": platform.machine()}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps({"made with": made, "records": records}, indent=0, ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
