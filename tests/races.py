"""Result files that look like those of `run`, made in a moment: for tests of what reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from nnrnn_core.experiments import Experiment, networks
from nnrnn_core.experiments.runs import FORMAT, path_of
from nnrnn_core.tasks import TASKS

POINTS = 10


def write_run(folder: Path, experiment: Experiment, scores: Iterable[float], *, diverged: bool = False) -> None:
    """One finished run with these validation scores; the test score is the last of them."""
    plan, scores = experiment.plan, list(scores)
    task = TASKS[plan.task["name"]]
    head = {
        "format": FORMAT, "task": experiment.task, "network": experiment.network, "scale": experiment.scale,
        "match": experiment.match, "seed": experiment.seed, "device": "cpu", "rate": None, "baseline": 1.0,
        "settings": {"rate": 0.003, "batch_size": 32}, "hidden_size": plan.hidden_size, "parameters": 1234,
        "higher_is_better": task.higher_is_better,
    }  # fmt: skip
    step = plan.updates // len(scores)
    lines = [
        {
            "updates": step * (i + 1), "train_loss": 1.5 - 0.9 * score, "valid_loss": 1.4 - 0.9 * score,
            "valid_score": score, "seconds": 2.0 * (i + 1), "cpu_seconds": 1.0 * (i + 1) + 0.1 * experiment.seed,
        }
        for i, score in enumerate(scores)
    ]  # fmt: skip
    end = {"diverged": "loss"} if diverged else {"test_loss": 0.1, "test_score": scores[-1]}
    path = path_of(experiment, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    everything = [head, *lines, {"updates": plan.updates, **end, "done": True}]
    path.write_text("".join(json.dumps(line) + "\n" for line in everything), encoding="utf-8")


def write_race(folder: Path, task: str, match: str = "width", seeds: int = 5) -> None:
    """All networks of a task, some better than others, a little otherwise for each seed."""
    draw = np.random.default_rng(0)
    for place, network in enumerate(networks(task)):
        for seed in range(seeds):
            height = 0.9 - 0.09 * place + 0.02 * draw.standard_normal()
            curve = height * (1 - np.exp(-np.arange(1, POINTS + 1) / (2 + 0.5 * place)))
            write_run(folder, Experiment(task, network, match=match, seed=seed), curve.tolist())
