"""Runs of experiments: what is killed goes on to the same numbers, nothing is mixed, everything is said."""

import io
import json
import multiprocessing
import os
import re
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock

from nnrnn_core import experiments, tasks
from nnrnn_core.budget import count_parameters
from nnrnn_core.experiments import Experiment, catalogue, paper, runs, trained, tuning
from nnrnn_core.experiments import __main__ as command
from nnrnn_core.experiments.__main__ import main
from nnrnn_core.experiments.diagnosis import diagnosis
from nnrnn_core.experiments.runs import path_of, read, run, run_all
from nnrnn_core.experiments.table import as_text
from nnrnn_core.sequence_model import RECURRENTS, SequenceModel
from nnrnn_core.settings import Settings

pytestmark = pytest.mark.as_installed
TINY = catalogue.Scale({"name": "digits", "permuted": True}, 8, 30, 10)
COPY = catalogue.Scale({"name": "copying", "delay": 3}, 8, 6, 2)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setitem(catalogue.CLASS, "permuted-digits", TINY)
    monkeypatch.setitem(catalogue.CLASS, "copy-200", COPY)


def digits(**changes) -> Experiment:
    return replace(Experiment.of("permuted-digits/nnrnn"), **changes)


def without_time(lines):
    return [{key: value for key, value in line.items() if "seconds" not in key} for line in lines]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody interrupts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(catalogue.CLASS, "permuted-digits", TINY)
        return read(run(digits(), tmp_path_factory.mktemp("whole")))


def test_a_run_says_what_it_is_and_how_it_went(whole):
    head, *between, last = whole
    assert head["task"] == "permuted-digits"
    assert head["settings"] == digits().settings(tasks.Digits()).as_dict()
    assert head["parameters"] == sum(p.numel() for p in digits().make_training().model.parameters())
    assert {"nnrnn-kit", "torch", "python"} <= set(head["versions"])
    assert [line["updates"] for line in between] == [10, 20, 30]
    assert all(line["seconds"] > 0 and line["cpu_seconds"] > 0 and np.isfinite(line["valid_loss"]) for line in between)
    training = digits().make_training()
    losses = [training.step().loss for _ in range(10)]
    assert between[0]["train_loss"] == np.mean(losses)
    assert (between[0]["valid_loss"], between[0]["valid_score"]) == training.evaluate("valid")
    assert last["done"]
    assert 0 <= last["test_score"] <= 1


def test_a_run_tells_what_the_network_has_become(whole):
    before, after = whole[-1]["before"], whole[-1]["after"]
    assert before["departure"] == 0
    assert after["departure"] > 0
    assert sum(after["energy"]) == pytest.approx(after["departure"] ** 2, rel=1e-4)
    assert sum(after["angles"]) == 4
    assert before["growth_peak"][0] == pytest.approx(1, abs=1e-4)  # in float32
    assert before["memory_total"] == pytest.approx(1, abs=0.05)  # a normal network, and not all of its memory yet
    assert len(after["lyapunov"]) == 8


def test_a_run_leaves_its_network(tmp_path, whole):
    run(digits(), tmp_path)
    training = digits().make_training()
    training.model = trained(digits(), tmp_path)
    assert training.evaluate("test") == (whole[-1]["test_loss"], whole[-1]["test_score"])


def test_where_growth_leaves_no_digit_of_the_memory_it_is_left_out_and_the_rest_is_told():
    training = Experiment("noisy-memory", "rnn").make_training()
    with torch.no_grad():
        training.model.V.entries.mul_(5)  # the powers grow by about 5 a step
    found = diagnosis(training.model, training.task)
    assert found["memory_total"] is None
    assert found["growth_peak"][0] > 1e20
    assert found["growth_peak"][1] == 100


# --- tuning


@pytest.fixture
def tuning_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "TUNED", tmp_path / "tuning.json")
    tuning.tuned.cache_clear()
    yield tuning.TUNED
    tuning.tuned.cache_clear()


def tried(rate, score, task="copy-200"):
    last = {"done": True, "test_score": 0.0} if score is not None else {"done": True, "diverged": "…"}
    between = [{"valid_score": score}] if score is not None else []  # it may diverge before the first evaluation
    return [{"task": task, "network": "rnn", "rate": rate}, *between, last]


def test_the_rate_of_the_best_validation_score_is_chosen_whichever_way_the_score_goes(tuning_file):
    tuning.write([tried(1e-3, 0.2), tried(3e-3, 0.6), tried(1e-2, None), tried(1e-3, 4.0, "adding")])
    assert tuning.chosen_rate("copy-200", "rnn", higher_is_better=True) == 3e-3
    assert tuning.chosen_rate("copy-200", "rnn", higher_is_better=False) == 1e-3
    assert tuning.chosen_rate("copy-200", "lstm", higher_is_better=True) is None
    settings = Experiment("copy-200", "rnn").make_training().settings
    assert (settings.rate, settings.rate_P) == (3e-3, 0.1 * 3e-3)
    assert settings.optimiser == tasks.Copying().settings_for("rnn").optimiser


def test_the_scores_of_other_tasks_stay_when_a_task_is_tuned_anew(tuning_file):
    tuning.write([tried(1e-3, 0.2), tried(1e-3, 4.0, "adding")])
    tuning.write([tried(3e-3, 0.1)])
    assert tuning.tuned() == {"copy-200": {"rnn": {"0.003": 0.1}}, "adding": {"rnn": {"0.001": 4.0}}}


def test_the_command_tries_every_rate_of_the_grid_from_a_seed_of_its_own(tmp_path, tuning_file, capsys):
    assert main(["tune", "copy-200/rnn", "--folder", str(tmp_path)]) == 0
    tried = [read(path)[0] for path in tmp_path.glob("class/copy-200/*.jsonl")]
    assert sorted(head["rate"] for head in tried) == list(tuning.RATES)
    assert {head["seed"] for head in tried} == {tuning.SEED}
    assert set(tuning.tuned()["copy-200"]["rnn"]) == {f"{rate:g}" for rate in tuning.RATES}
    assert {row["seeds"] for row in experiments.rows(tmp_path)} == {0}  # a run of the grid is no result


def test_the_papers_scale_has_the_papers_rate():
    with pytest.raises(ValueError, match=r"the paper's; got rate=0\.1"):
        Experiment("copy-200", "nnrnn", scale="paper", rate=0.1)


def test_every_network_had_the_same_budget_of_tuning():
    for networks in tuning.tuned().values():
        assert {tuple(rates) for rates in networks.values()} == {tuple(f"{rate:g}" for rate in tuning.RATES)}


class Stopped(Exception):
    pass


# without a checkpoint; with one that is older than the last line
@pytest.mark.parametrize("line", [1, 2])
def test_a_run_that_is_interrupted_after_a_line_goes_on_to_the_same_numbers(tmp_path, whole, monkeypatch, line):
    seen, save = 0, runs.Training.save

    def stop(*given):
        nonlocal seen
        seen += 1
        if seen == line:
            raise Stopped
        save(*given)

    with monkeypatch.context() as patch:
        patch.setattr(runs.Training, "save", stop)
        with pytest.raises(Stopped):
            run(digits(), tmp_path)
    path = run(digits(), tmp_path)
    assert without_time(read(path)) == without_time(whole)
    assert [file.name for file in path.parent.glob("*.pt")] == ["nnrnn-width-0.network.pt"]


@pytest.mark.parametrize(
    "update", [0, 7, 11, 30]
)  # before all, between two lines, with a checkpoint, and after the last
def test_a_run_that_is_interrupted_at_an_update_goes_on_to_the_same_numbers(tmp_path, whole, update):
    def stop(done, *_):
        if done == update:
            raise Stopped

    with pytest.raises(Stopped):
        run(digits(), tmp_path, stop)
    assert without_time(read(run(digits(), tmp_path))) == without_time(whole)


def test_progress_is_told_at_each_update_from_where_a_run_goes_on(tmp_path, capsys):
    told = []

    def stop(done, in_all, seconds):
        told.append((done, in_all))
        if done == 17:
            raise Stopped

    with pytest.raises(Stopped):
        run(digits(), tmp_path, stop)
    run(digits(), tmp_path, lambda done, in_all, seconds: told.append((done, in_all)))
    assert told == [(done, 30) for done in [*range(18), *range(10, 31)]]


def test_the_time_left_of_a_run_that_goes_on_is_that_of_the_updates_of_this_process():
    with command.tqdm(total=100, file=io.StringIO()) as bar:
        show = command._shown_on(bar)
        show(60, 100, 0.0)
        show(70, 100, 0.0)
        assert (bar.n, bar.initial) == (70, 60)


def test_the_table_says_how_far_an_unfinished_run_has_come(tmp_path):
    def stop(done, *_):
        if done == 25:
            raise Stopped

    for seed, network in ((0, "nnrnn"), (1, "nnrnn"), (0, "lstm")):
        with pytest.raises(Stopped):
            run(Experiment("permuted-digits", network, seed=seed), tmp_path, stop)
    path = path_of(digits(seed=1), tmp_path)
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    run(Experiment("permuted-digits", "lstm", seed=2), tmp_path)
    farthest = read(path_of(digits(), tmp_path))[-1]
    assert farthest["updates"] == 20
    [row] = [line for line in as_text(experiments.rows(tmp_path)).splitlines() if "unfinished" in line]
    assert row.startswith("| permuted-digits | width | nnrnn |  | 0 | unfinished: ")
    assert f"{farthest['valid_score']:.4g} in validation after 20 of 30 updates" in row


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_run_that_is_killed_goes_on_to_the_same_numbers(tmp_path, whole):
    path = path_of(digits(), tmp_path)
    process = multiprocessing.get_context("fork").Process(target=run, args=(digits(), tmp_path))
    process.start()
    until = time.monotonic() + 60
    while not (path.exists() and len(path.read_text("utf-8").splitlines()) > 1) and time.monotonic() < until:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not read(path)[-1].get("done")
    assert without_time(read(run(digits(), tmp_path))) == without_time(whole)


def test_half_a_line_is_made_again(tmp_path, whole):
    path = path_of(digits(), tmp_path)
    path.parent.mkdir(parents=True)
    text = "".join(json.dumps(line) + "\n" for line in whole)
    path.write_text(text[: len(text) // 2], encoding="utf-8")
    assert without_time(read(run(digits(), tmp_path))) == without_time(whole)


def test_a_run_at_its_end_is_not_run_again(tmp_path, monkeypatch):
    path = run(Experiment.of("copy-200/rnn"), tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr(runs.Training, "step", None)
    run(Experiment.of("copy-200/rnn"), tmp_path)
    assert path.read_bytes() == before


def test_a_file_of_another_version_or_run_is_left_alone(tmp_path):
    path = run(Experiment.of("copy-200/rnn"), tmp_path)
    head, *rest = path.read_text("utf-8").splitlines()
    for change in ({"versions": {"nnrnn-kit": "0.1"}}, {"settings": {}}, {"seed": 3}):
        path.write_text("\n".join([json.dumps({**json.loads(head), **change}), *rest]) + "\n", encoding="utf-8")
        before = path.read_bytes()
        with pytest.raises(ValueError, match=f"begun otherwise: {next(iter(change))}.*Move it and its .pt away"):
            run(Experiment.of("copy-200/rnn"), tmp_path)
        assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"format": "other 7"}\n', "not a result file of this version"),
        ("3\n", "not a result file"),
        ("a\nb\n", "line 1.*JSON"),
    ],
)
def test_what_is_not_a_result_file_is_left_alone(tmp_path, content, words):
    path = path_of(digits(), tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        run(digits(), tmp_path)
    assert path.read_text("utf-8") == content


def test_two_processes_do_not_write_one_file(tmp_path):
    path = path_of(digits(), tmp_path)
    path.parent.mkdir(parents=True)
    words = "being written by another process"
    with FileLock(path.with_suffix(".lock")), ThreadPoolExecutor(1) as other, pytest.raises(ValueError, match=words):
        other.submit(run, digits(), tmp_path).result()


def test_a_diverged_run_is_told_and_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(Experiment, "settings", lambda *_: Settings(rate=1e30, optimiser="adam"))
    line = read(run(Experiment.of("copy-200/rnn"), tmp_path))[-1]
    assert line["done"]
    assert "not finite" in line["diverged"]
    rows = {(row["task"], row["match"], row["network"]): row for row in experiments.rows(tmp_path)}
    assert (rows["copy-200", "width", "rnn"]["diverged"], rows["copy-200", "width", "rnn"]["seeds"]) == (1, 0)
    assert rows["copy-200", "width", "lstm"]["diverged"] == 0


def test_any_executor_runs_them_all_and_one_failure_stops_no_other(tmp_path):
    path = path_of(Experiment.of("copy-200/lstm"), tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text("something else\n", encoding="utf-8")
    wanted = [Experiment.of(f"copy-200/{network}", seed=seed) for network in ("rnn", "lstm") for seed in (0, 1)]
    with ThreadPoolExecutor(2) as executor:
        found = list(run_all(wanted, tmp_path, executor))
    assert sum(isinstance(outcome, Path) for outcome in found) == 3
    assert [type(outcome) for outcome in found if isinstance(outcome, Exception)] == [ValueError]


# --- the catalogue and the paper


def test_every_network_is_made_at_equal_width_and_at_equal_parameters():
    for network in RECURRENTS:
        wide, equal = (Experiment("copy-200", network, match=m).make_training().model for m in catalogue.MATCHES)
        assert wide.hidden_size == 8
        budget = count_parameters(Experiment("copy-200", "nnrnn").make_training().model)
        assert abs(count_parameters(equal) / budget - 1) < 0.25  # the steps between widths are as wide here


@pytest.mark.parametrize("name", ["nnrnn", "exprnn", "lstm", "rnn-orth", "eurnn", "rnn"])
@pytest.mark.parametrize(
    ("task", "here"), [("copy-200", tasks.Copying), ("psmnist", tasks.MNIST), ("ptb-150", tasks.PennTreebank)]
)
def test_the_papers_settings_are_those_of_the_tasks(task, here, name):
    _, _, settings = paper.papers_settings(task, name)
    ours = here.tuned[name]
    shared = ("rate", "optimiser", "smoothing", "gamma_penalty", "T_decay", "batch_size")
    assert [getattr(settings, key) for key in shared] == [getattr(ours, key) for key in shared]
    if name in ("nnrnn", "exprnn"):
        assert settings.rate_P == ours.rate_P


def test_every_entry_of_the_paper_says_where_it_is_from_and_is_read():
    for entry in [*paper.paper()["settings"], *paper.paper()["budgets"], *paper.paper()["results"]]:
        assert entry["source"].startswith(("supplement", "README", "picture"))
        assert entry["task"] in catalogue.PAPER
        for network in entry.get("networks", ()):
            assert paper.papers_settings(entry["task"], network) is not None
        for network in entry.get("values", ()):
            assert paper.reported(entry["task"], network, entry["match"])


def test_the_readmes_later_values_stand_beside_the_papers():
    found = paper.reported("ptb-150", "nnrnn", "parameters")
    assert [(entry["value"], entry["source"]) for entry in found] == [
        (68.78, "supplement, table 4"), (1.40, "README"), (69.89, "README"),
    ]  # fmt: skip


# --- the command line


def test_the_command_line_runs_tabulates_and_plots(tmp_path, capsys):
    folder = ["--folder", str(tmp_path)]
    assert main(["run", "copy-200/rnn", "copy-200/nnrnn", "--seed", "0", "1", *folder]) == 0
    assert "copy-200/nnrnn, seed 1: test score" in capsys.readouterr().out
    assert main(["table", *folder]) == 0
    table = capsys.readouterr().out
    assert "| copy-200 | width | lstm |  | 0 | not run |" in table
    scores = [read(path_of(Experiment.of("copy-200/rnn", seed=s), tmp_path))[-1]["test_score"] for s in (0, 1)]
    assert f"{np.mean(scores):.4g} ± {np.std(scores, ddof=1):.2g}" in table
    assert main(["plot", *folder]) == 0
    assert "nnrnn" in capsys.readouterr().out
    assert (tmp_path / "class" / "copy-200-width.html").stat().st_size > 1000


def test_a_task_stands_for_all_its_networks_and_workers_do_the_same_as_one_process(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "ProcessPoolExecutor", lambda workers, _: ThreadPoolExecutor(workers))
    monkeypatch.setattr(catalogue, "RECURRENTS", ("rnn", "nnrnn"))
    assert main(["run", "copy-200", "--seed", "0", "1", "--workers", "2", "--folder", str(tmp_path)]) == 0
    found = sorted(path.stem for path in tmp_path.glob("class/copy-200/*.jsonl"))
    assert found == ["nnrnn-width-0", "nnrnn-width-1", "rnn-width-0", "rnn-width-1"]
    path = path_of(Experiment("copy-200", "rnn"), tmp_path)
    path.write_text("something else\n", encoding="utf-8")
    assert main(["run", "copy-200", "--workers", "2", "--folder", str(tmp_path)]) == 2
    assert "is not JSON" in capsys.readouterr().err


def test_the_command_line_lists_shows_and_resumes(tmp_path, capsys, monkeypatch):
    assert main(["list"]) == 0
    assert capsys.readouterr().out.split()[0] == "noisy-memory/nnrnn"
    assert main(["show", "copy-200/nnrnn", "--scale", "paper"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["settings"]["rate_P"] == 1e-6
    assert (shown["hidden_size"], shown["parameters"]) == (
        128,
        18_889,
    )  # the paper's 18,953 less the 64 entries of T inside blocks
    with monkeypatch.context() as patch:
        patch.setattr(runs.Training, "save", lambda *_: (_ for _ in ()).throw(Stopped))
        with pytest.raises(Stopped):
            run(Experiment.of("copy-200/rnn"), tmp_path)
    assert main(["resume", "--folder", str(tmp_path)]) == 0
    assert read(path_of(Experiment.of("copy-200/rnn"), tmp_path))[-1]["done"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "copy-200/nrnn"], "did you mean nnrnn"),
        (["run", "copying/nnrnn"], "no task 'copying'"),
        (["run", "copy"], "task/network"),
        (["plot"], "no run at the scale 'class'"),
    ],
)
def test_a_typo_is_answered_with_the_nearest_name(tmp_path, capsys, arguments, words):
    assert main([*arguments, "--folder", str(tmp_path)]) == 2
    assert words in capsys.readouterr().err


# --- what was found by who tried to break it


def test_a_checkpoint_whose_lines_were_moved_away_is_not_gone_on_with(tmp_path, monkeypatch, whole):
    def stop(done, *_):
        if done == 15:
            raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(Experiment, "settings", lambda *_: Settings(rate=1e-4, batch_size=7))
        with pytest.raises(Stopped):
            run(digits(), tmp_path, stop)
    path = path_of(digits(), tmp_path)
    assert path.with_suffix(".pt").exists()
    path.unlink()

    def stop_early(done, *_):
        if done == 5:
            raise Stopped

    with pytest.raises(Stopped):
        run(digits(), tmp_path, stop_early)
    assert without_time(read(run(digits(), tmp_path))) == without_time(whole)


def test_a_damaged_checkpoint_says_what_to_do(tmp_path, whole):
    def stop(done, *_):
        if done == 15:
            raise Stopped

    with pytest.raises(Stopped):
        run(digits(), tmp_path, stop)
    checkpoint = path_of(digits(), tmp_path).with_suffix(".pt")
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"Remove .*nnrnn-width-0\.pt, and the run begins anew"):
        run(digits(), tmp_path)
    checkpoint.unlink()
    assert without_time(read(run(digits(), tmp_path))) == without_time(whole)


@pytest.mark.parametrize("match", catalogue.MATCHES)
@pytest.mark.parametrize("task", catalogue.PAPER)
def test_every_network_of_the_paper_can_be_made_as_the_paper_has_it(task, match):
    for network in RECURRENTS:
        found = paper.papers_settings(task, network, match)
        if found is not None:
            _, options, settings = found
            SequenceModel(network, 3, 8, 4, **options, device="meta")
            assert settings.batch_size in (10, 100, 128)


@pytest.mark.parametrize(
    ("task", "network", "width", "rate"),
    [
        ("copy-200", "lstm", 63, 1e-3),
        ("copy-200", "exprnn", 176, 1e-3),
        ("copy-200", "eurnn", 256, 1e-3),
        ("copy-200", "nnrnn", 128, 5e-4),
        ("psmnist", "lstm", 257, 5e-4),
        ("psmnist", "eurnn", 1024, 1e-4),
        ("psmnist", "rnn-orth", 512, 5e-5),
        ("ptb-150", "lstm", 475, 1e-3),
        ("ptb-300", "lstm", 475, 3e-3),
        ("ptb-300", "exprnn", 1386, 5e-3),
        ("ptb-150", "nnrnn", 1024, 8e-4),
    ],
)
def test_at_equal_parameters_the_papers_scale_has_the_papers_widths_and_rates(task, network, width, rate):
    found = paper.papers_settings(task, network, "parameters")
    assert (found[0], found[2].rate) == (width, rate)
    if task == "copy-200":
        training = Experiment(task, network, scale="paper", match="parameters").make_training()
        assert (training.model.hidden_size, training.settings.rate) == (width, rate)


def test_a_network_without_a_width_in_the_paper_gets_the_papers_number_of_parameters():
    model = Experiment("copy-200", "gru", scale="paper", match="parameters").make_training().model
    assert count_parameters(model) == pytest.approx(18_900, rel=0.02)


def test_one_that_fails_does_not_stop_the_others(tmp_path, monkeypatch, capsys):
    def stop(done, *_):
        if done == 3:
            raise Stopped

    for network in ("rnn", "lstm"):
        with pytest.raises(Stopped):
            run(Experiment.of(f"copy-200/{network}"), tmp_path, stop)
    broken = path_of(Experiment.of("copy-200/lstm"), tmp_path).with_suffix(".pt")
    broken.write_bytes(b"no checkpoint")
    (tmp_path / "class" / "copy-200" / "gru-width-0.jsonl").write_text("5\n", encoding="utf-8")
    assert main(["resume", "--folder", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "is no object of JSON" in error
    assert f"Remove {broken}" in error
    assert read(path_of(Experiment.of("copy-200/rnn"), tmp_path))[-1]["done"]


def test_an_experiment_that_is_asked_for_twice_is_run_once(tmp_path, capsys):
    assert main(["run", "copy-200/rnn", "copy-200/rnn", "--seed", "0", "0", "--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("test score") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "copy-200/rnn", "--device", "cdua"], "device must be a device, as.*'cdua'"),
        (
            ["run", "copy-200/rnn", "--seed", "99999999999999999999"],
            "seed must be a whole number.*99999999999999999999",
        ),
        (["run", "copy-200/rnn", "--workers", "0"], "--workers must be a whole number of at least 1; got 0"),
        (["table", "--folder", "nowhere"], "--folder nowhere is not there"),
        (["resume", "--folder", "nowhere"], "--folder nowhere is not there"),
        (["run", "copy-200/rnn", "--folder", __file__], "--folder must be a folder"),
    ],
)
def test_a_bad_option_is_named_with_its_value(arguments, words, capsys):
    assert main(arguments) == 2
    assert re.search(words, capsys.readouterr().err)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rate": "x"}, "rate must be a finite number above 0; got 'x'"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"seed": True}, "seed must be a whole number"),
        ({"device": 3.5}, "device must be a device, as"),
    ],
)
def test_a_bad_part_of_an_experiment_is_named_with_its_value(given, words):
    with pytest.raises(ValueError, match=words):
        Experiment("copy-200", "rnn", **given)


def test_networks_of_a_task_that_is_none_are_refused():
    with pytest.raises(ValueError, match="no task 'copy200'; did you mean copy-200"):
        catalogue.networks("copy200")
    with pytest.raises(ValueError, match="called task/network"):
        Experiment.of(3)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"5\n", "not a result file: line 1"),
        (b"\xff\xfe", "not a result file"),
        (b'{"format": "nnrnn-kit run 1"}\n', "does not say its task, network"),
    ],
)
def test_what_is_no_result_file_is_named_in_the_table_too(tmp_path, content, words):
    path = path_of(digits(), tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        experiments.rows(tmp_path)


@pytest.mark.skipif(torch.cuda.is_available(), reason="it has one")
def test_an_experiment_for_another_machine_can_be_named_here_and_not_run(tmp_path):
    elsewhere = Experiment("copy-200", "rnn", device="cuda")
    with pytest.raises(ValueError, match=r"device must be a device of this machine.*'cuda'"):
        run(elsewhere, tmp_path)
