"""The experiments on the command line: `python -m nnrnn_core.experiments --help`."""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from itertools import chain
from pathlib import Path

from tqdm import tqdm

from ..checks import whole_number
from ..shipped import SHIPPED
from ..tasks import DataMissing
from . import comparison, tuning
from .catalogue import AS_WIDE, MATCHES, SCALES, Experiment, names, networks
from .paper import reported
from .runs import Progress, header, path_of, read, run, run_all
from .table import as_text, rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        _check_folder(options)
        options.do(options)
    except (ValueError, DataMissing, ImportError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nnrnn_core.experiments", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, do, help in (
        ("list", _list, "the names of all experiments at a scale"),
        ("show", _show, "what an experiment is: widths, settings, updates, what the paper reports"),
        ("run", _run, "run experiments, or go on where they were interrupted"),
        ("resume", _resume, "go on with every run in the folder that has not come to its end"),
        ("tune", _tune, "run the grid of rates for each network, and write down every validation score"),
        ("table", _table, "the results, ours beside the paper's"),
        ("plot", _plot, "the held-out score against updates, a page for each task, beside the results"),
    ):
        command = commands.add_parser(name, help=help, description=help)
        command.set_defaults(do=do)
        if name not in ("resume", "tune"):
            command.add_argument("--scale", choices=list(SCALES), default="class")
        command.add_argument("--folder", type=Path, default=Path("results"), help="of the results; default: results")
        if name in ("table", "plot"):
            words = "the results that come with the kit"
            command.add_argument("--shipped", action="store_const", dest="folder", const=SHIPPED, help=words)
        if name in ("show", "run"):
            words = "task/network, as copy-200/nnrnn, or a task, for all of its networks"
            command.add_argument("names", nargs="+", metavar="NAME", help=words)
            command.add_argument("--match", choices=MATCHES, default="width", help="what is the same for all networks")
            command.add_argument("--seed", type=int, nargs="+", default=[0])
            command.add_argument("--device", default="cpu")
        if name == "run":
            command.add_argument("--workers", type=int, default=1, help="processes side by side; default: 1")
        if name == "tune":
            command.add_argument("names", nargs="*", metavar="NAME", help="task/network; default: all but psmnist")
    return parser


def _check_folder(options: argparse.Namespace) -> None:
    folder = options.folder
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"--folder must be a folder; {folder} is a file")
    if options.do in (_resume, _table, _plot) and not folder.exists():
        raise ValueError(
            f"--folder {folder} is not there: name the folder in which results are, or run something first"
        )


def _list(options: argparse.Namespace) -> None:
    print("\n".join(names(options.scale)))


def _wanted(options: argparse.Namespace) -> list[Experiment]:
    choices = {"scale": options.scale, "match": options.match, "device": options.device}
    class_parameters = (options.scale, options.match) == ("class", "parameters")
    left_out = AS_WIDE if class_parameters else ()  # their runs are those at equal width
    listed = [
        [f"{name}/{other}" for other in networks(name) if other not in left_out]
        if name in SCALES[options.scale]
        else [name]
        for name in options.names
    ]
    # each once, even if it is asked for twice
    return list(
        dict.fromkeys(Experiment.of(name, seed=seed, **choices) for seed in options.seed for name in chain(*listed))
    )


def _show(options: argparse.Namespace) -> None:
    for experiment in _wanted(options):
        head = header(experiment, experiment.make_training())
        head["reported"] = reported(experiment.task, experiment.network, experiment.match)
        print(json.dumps(head, indent=2, ensure_ascii=False))


def _run(options: argparse.Namespace) -> None:
    wanted, workers = _wanted(options), whole_number("--workers", options.workers, 1)
    if workers == 1:
        _one_by_one(wanted, options.folder)
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as executor:
        outcomes = run_all(wanted, options.folder, executor)
        failed = [one for one in tqdm(outcomes, total=len(wanted), unit="run") if isinstance(one, Exception)]
    _raise_all(failed)


def _tune(options: argparse.Namespace) -> None:
    wanted = options.names or [name for name in names() if not name.startswith("psmnist/")]
    tried = [Experiment.of(name, seed=tuning.SEED, rate=rate) for name in wanted for rate in tuning.RATES]
    for experiment in tried:
        _with_progress(experiment, options.folder)
    print(tuning.write(read(path_of(experiment, options.folder)) for experiment in tried))


def _resume(options: argparse.Namespace) -> None:
    keys, wanted, problems = [field.name for field in fields(Experiment)], [], []
    for path in sorted(options.folder.glob("*/*/*.jsonl")):
        try:
            lines = read(path)
        except ValueError as problem:
            problems.append(problem)
            continue
        if lines and not lines[-1].get("done"):
            wanted.append(Experiment(**{key: lines[0][key] for key in keys}))
    _one_by_one(wanted, options.folder, problems)


def _one_by_one(wanted: Sequence[Experiment], folder: Path, problems: Sequence[Exception] = ()) -> None:
    """One that fails does not stop the others; what went wrong is said at the end."""
    failed = list(problems)
    for experiment in wanted:
        try:
            _with_progress(experiment, folder)
        except (ValueError, DataMissing, ImportError, OSError) as problem:
            failed.append(problem)
    _raise_all(failed)


def _raise_all(failed: Sequence[Exception]) -> None:
    if failed:
        raise ValueError("\n".join(map(str, failed)))


def _with_progress(experiment: Experiment, folder: Path) -> None:
    with tqdm(total=experiment.plan.updates, desc=f"{experiment.name} seed {experiment.seed}", unit="update") as bar:
        path = run(experiment, folder, _shown_on(bar))
    print(f"{experiment.name}, seed {experiment.seed}: {_outcome(read(path)[-1])} -> {path}")


def _shown_on(bar: tqdm) -> Progress:
    def show(updates: int, _: int, __: float) -> None:
        if not bar.n:  # those of an earlier process took none of this one's time
            bar.initial = updates
        bar.update(updates - bar.n)

    return show


def _outcome(line: dict[str, object]) -> str:
    return str(line["diverged"]) if "diverged" in line else f"test score {line['test_score']:.4g}"


def _table(options: argparse.Namespace) -> None:
    print(as_text(rows(options.folder, options.scale)))


def _plot(options: argparse.Namespace) -> None:
    # The figures are not the core's: they come with the kit's widgets, and only this command asks for them.
    figures, words = (importlib.import_module(f"widgets.figures.{name}") for name in ("race", "race_words"))
    plotted = 0
    for task in SCALES[options.scale]:
        for match in MATCHES:
            found = comparison.race(task, match, options.folder, options.scale)
            if found.ranking():
                plotted += 1
                path = options.folder / options.scale / f"{task}-{match}.html"
                figures.drawn(found).write_html(path)
                print(f"{words.race_sentence(found)} -> {path}")
    if not plotted:
        raise ValueError(f"no run at the scale {options.scale!r} in {options.folder} has come to its end yet")


if __name__ == "__main__":
    raise SystemExit(main())
