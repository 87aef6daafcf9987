"""Runs of experiments: one file of JSON lines each, a checkpoint beside it, and the way back after an interruption.

The first line says what runs, on what; then comes one line for each evaluation; the last one has the test and what the
network has become. After each line the training is saved. A run that is killed goes on from there: lines after the
checkpoint are made again, and they are the same, bit for bit, on one machine with one number of threads.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout

from ..budget import count_parameters
from ..sequence_model import SequenceModel
from ..training import Diverged, Training
from ..version import __version__
from .catalogue import Experiment
from .diagnosis import diagnosis

FORMAT = "nnrnn-kit run 1"
ASK_EVERY = 0.05  # seconds
NETWORK = ".network.pt"  # ending of the file with the weights at the end of a run
Line = dict[str, Any]
Progress = Callable[[int, int, float], None]  # updates so far, updates in all, seconds so far


def path_of(experiment: Experiment, folder: str | Path) -> Path:
    """Where the lines of a run are: folder/scale/task/network-match-seed.jsonl."""
    rate = "" if experiment.rate is None else f"-rate-{experiment.rate:g}"
    name = f"{experiment.network}-{experiment.match}-{experiment.seed}{rate}.jsonl"
    return Path(folder) / experiment.scale / experiment.task / name


def trained(experiment: Experiment, folder: str | Path = "results") -> SequenceModel:
    """The network at the end of its run, from the file that `run` left beside the lines.

    FileNotFoundError if the run has not come to its end there.
    """
    model = experiment.make_training().model
    weights = torch.load(network_path(experiment, folder), weights_only=True, map_location=experiment.device)
    model.load_state_dict(weights)
    return model


def network_path(experiment: Experiment, folder: str | Path) -> Path:
    """Where the network of a run is when it has come to its end: beside its lines."""
    return path_of(experiment, folder).with_suffix(NETWORK)


def run(experiment: Experiment, folder: str | Path = "results", progress: Progress | None = None) -> Path:
    """Run an experiment to its end, or go on with it where it was interrupted; nothing is done twice.

    Parameters
    ----------
    experiment
        What to run.
    folder
        Where results go; it is made if need be.
    progress
        Called with the updates done, those of the whole run and the seconds so far, when it begins and after each
        update.

    Returns
    -------
    Path
        The file of JSON lines.

    Raises
    ------
    ValueError
        If the file there is another experiment's or another version's (it is left as it is), or if another process
        writes it now.
    """
    path = path_of(experiment, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_suffix(".lock"))
    try:
        with lock.acquire(timeout=0):
            _run(experiment, path, progress or (lambda *_: None))
    except Timeout as problem:
        raise ValueError(
            f"{path} is being written by another process; wait for it, or take another folder"
        ) from problem
    return path


def run_all(experiments: Sequence[Experiment], folder: str | Path, executor: Executor) -> Iterator[Path | Exception]:
    """Run many side by side, on whatever executor: threads, processes, Dask's `client.get_executor()`, submitit's.

    Yields
    ------
    Path or Exception
        Of each, as it ends: its file, or what went wrong. One that fails does not stop the others.
    """
    waiting: list[Any] = [executor.submit(run, experiment, folder) for experiment in experiments]
    while waiting:
        # Asked in turn, because a job of submitit's is not a `Future` that `as_completed` takes.
        ended = [future for future in waiting if future.done()]
        waiting = [future for future in waiting if future not in ended]
        for future in ended:
            problem = future.exception()
            if problem is not None and not isinstance(problem, Exception):
                raise problem  # KeyboardInterrupt
            yield problem or future.result()
        if waiting and not ended:
            time.sleep(ASK_EVERY)


def read(path: str | Path) -> list[Line]:
    """The whole lines of a result file; a line that was being written when its process died is left out.

    ValueError if it is not such a file, or one of another format.
    """
    lines: list[Line] = []
    try:
        content = Path(path).read_text("utf-8")
    except (UnicodeDecodeError, IsADirectoryError) as problem:
        raise ValueError(f"{path} is not a result file: {problem}") from problem
    for number, text in enumerate(content.splitlines(keepends=True)):
        try:
            line = json.loads(text)
        except ValueError as problem:
            if text.endswith("\n"):
                raise ValueError(f"{path}, line {number + 1}: {text[:40]!r} is not JSON") from problem
            continue
        if not isinstance(line, dict):
            raise ValueError(f"{path} is not a result file: line {number + 1}, {text[:40]!r}, is no object of JSON")
        lines.append(line)
    found = lines[0].get("format") if lines else None
    if lines and found != FORMAT:
        raise ValueError(f"{path} is not a result file of this version ({FORMAT!r}); got {found!r}")
    if lines and (absent := [field.name for field in fields(Experiment) if field.name not in lines[0]]):
        raise ValueError(f"{path}: the first line does not say its {', '.join(absent)}")
    return lines


def _run(experiment: Experiment, path: Path, progress: Progress) -> None:
    training = experiment.make_training()
    head, lines = header(experiment, training), read(path) if path.exists() else []
    if lines:
        _check_same(path, lines[0], head)
        if lines[-1].get("done"):
            return
    checkpoint = path.with_suffix(".pt")
    start = diagnosis(training.model, training.task)
    if lines and checkpoint.exists():
        training = _continued(checkpoint, training)
    else:
        checkpoint.unlink(missing_ok=True)  # of another run, whose lines were moved away
        lines = [head]
    lines = [line for line in lines if line.get("updates", 0) <= training.index]
    _rewrite(path, lines)
    clock = _Clock(lines[-1])

    def step() -> float:
        loss = training.step().loss
        progress(training.index, experiment.plan.updates, clock.read()["seconds"])
        return loss

    progress(training.index, experiment.plan.updates, clock.read()["seconds"])
    try:
        for line in _intervals(training, experiment, step, clock):
            _append(path, line)
            training.save(checkpoint)
    except Diverged as problem:
        _append(path, {"updates": training.index, "diverged": str(problem), "done": True})
    else:
        torch.save(training.model.state_dict(), path.with_suffix(NETWORK))
        _append(
            path, {**_last(training), "before": start, "after": diagnosis(training.model, training.task), "done": True}
        )
    checkpoint.unlink(missing_ok=True)


def _continued(checkpoint: Path, training: Training) -> Training:
    try:
        return Training.load(checkpoint, training.model, training.task)
    except ValueError as problem:
        raise ValueError(f"{problem}. Remove {checkpoint}, and the run begins anew") from problem


class _Clock:
    """Seconds since a run began, interruptions not counted: on the wall, and of the processor in this thread, which on
    a busy machine is the fairer one of the two."""

    def __init__(self, last: Line) -> None:
        self.wall = time.perf_counter() - last.get("seconds", 0.0)
        self.cpu = time.thread_time() - last.get("cpu_seconds", 0.0)

    def read(self) -> Line:
        wall, cpu = time.perf_counter() - self.wall, time.thread_time() - self.cpu
        return {"seconds": round(wall, 2), "cpu_seconds": round(cpu, 2)}


def _intervals(training: Training, experiment: Experiment, step: Callable[[], float], clock: _Clock) -> Iterator[Line]:
    while training.index < experiment.plan.updates:
        many = min(experiment.plan.interval, experiment.plan.updates - training.index)
        losses = [step() for _ in range(many)]
        loss, score = training.evaluate("valid")
        yield {
            "updates": training.index, "train_loss": float(np.mean(losses)), "valid_loss": loss, "valid_score": score,
            **clock.read(),
        }  # fmt: skip


def _last(training: Training) -> Line:
    loss, score = training.evaluate("test")
    return {"updates": training.index, "test_loss": loss, "test_score": score}


def header(experiment: Experiment, training: Training) -> Line:
    """What runs, and on what: the first line of a result file."""
    return {
        "format": FORMAT,
        **asdict(experiment),
        "plan": asdict(experiment.plan),
        "settings": training.settings.as_dict(),
        "hidden_size": training.model.hidden_size,
        "parameters": count_parameters(training.model),
        "baseline": training.task.baseline,
        "higher_is_better": training.task.higher_is_better,
        "versions": {"nnrnn-kit": __version__, "torch": torch.__version__, "python": platform.python_version()},
        "machine": platform.machine(),
    }


def _check_same(path: Path, found: Line, expected: Line) -> None:
    other = sorted(key for key in expected if found.get(key) != json.loads(json.dumps(expected[key])))
    if other:
        differences = "; ".join(f"{key} {found.get(key)!r}, now {expected[key]!r}" for key in other)
        raise ValueError(f"{path} was begun otherwise: {differences}. Move it and its .pt away, or take another folder")


def _append(path: Path, line: Line) -> None:
    """On the disk before this returns."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _rewrite(path: Path, lines: list[Line]) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    temporary.replace(path)
