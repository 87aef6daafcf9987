"""The race: what is read of the runs, the figures of it, and RaceLab, headless."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from nnrnn_core import Diverged
from nnrnn_core.experiments import Experiment, catalogue, networks, race, turned_by_a_rate
from nnrnn_core.experiments.catalogue import AS_WIDE
from nnrnn_core.experiments.comparison import Race
from nnrnn_core.experiments.runs import path_of, read, run
from races import POINTS, write_race, write_run
from widgets import RaceLab
from widgets.figures.numbers import short
from widgets.figures.race import CELL, FINISH, LAYOUTS, PANELS, drawn, race_push
from widgets.figures.race_details import details_figure, details_push
from widgets.figures.race_view import DASHES, NETWORKS, View
from widgets.figures.race_words import pairs_words, race_sentence
from widgets.labs.race_live import LiveRun
from widgets.labs.race_state import RaceState

TASK = "noisy-memory"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tasks at equal width, one of them at equal parameters too."""
    folder = tmp_path_factory.mktemp("results")
    for task, match in ((TASK, "width"), (TASK, "parameters"), ("characters", "width")):
        write_race(folder, task, match)
    return folder


@pytest.fixture(scope="module")
def one_lab(folder: Path) -> Iterator[RaceLab]:
    """A lab for many tests: making one costs more than using it."""
    lab = RaceLab(folder=folder)
    yield lab
    lab.close()


@pytest.fixture
def lab(one_lab: RaceLab) -> RaceLab:
    one_lab.load_preset(RaceState().preset)
    return one_lab


# --- what is read of the runs


def test_a_race_has_the_scores_of_the_files_by_seed(folder: Path):
    found = race(TASK, folder=folder)
    assert list(found.runs) == networks(TASK) and found.not_run == []
    for network, seed in itertools.product(found.runs, range(5)):
        lines = read(path_of(Experiment(TASK, network, seed=seed), folder))
        assert found.scores(network)[seed] == lines[-1]["test_score"]
    scores = np.array(list(found.scores("rnn").values()))
    assert found.mean("rnn") == pytest.approx(scores.mean())
    assert found.spread("rnn") == pytest.approx(np.sqrt(((scores - scores.mean()) ** 2).sum() / 4))


def test_the_better_one_is_first_whichever_way_the_score_goes(folder: Path):
    assert race(TASK, folder=folder).ranking()[0] == "nnrnn"  # the highest
    assert race("characters", folder=folder).ranking()[-1] == "nnrnn"  # of bits the fewer, the better


def test_what_was_not_run_or_is_not_done_is_no_part_of_the_race(tmp_path: Path):
    write_run(tmp_path, Experiment(TASK, "rnn", seed=1), [0.1, 0.5])
    unfinished = path_of(Experiment(TASK, "lru"), tmp_path)
    lines = path_of(Experiment(TASK, "rnn", seed=1), tmp_path).read_text().splitlines(keepends=True)
    unfinished.write_text("".join(lines[:-1]))
    tried = path_of(Experiment(TASK, "exprnn", rate=0.01), tmp_path)
    tried.write_text("".join(lines).replace('"rate": null', '"rate": 0.01'))
    found = race(TASK, folder=tmp_path)
    assert list(found.runs) == ["rnn"] and found.not_run == [n for n in networks(TASK) if n != "rnn"]
    assert "Not run: nnrnn, rnn-orth" in race_sentence(found, "rnn")
    assert np.isnan(found.mean("lru")) and found.pair("rnn", "lru").seeds == () and np.isnan(found.spread("rnn"))


def test_networks_that_are_as_wide_either_way_stand_for_themselves_at_equal_parameters_but_not_alone(tmp_path: Path):
    for network in ("nnrnn", "rnn", "exprnn"):
        write_run(tmp_path, Experiment(TASK, network), [0.1, 0.5])
    assert race(TASK, "parameters", tmp_path).runs == {}
    write_run(tmp_path, Experiment(TASK, "lru", match="parameters"), [0.1, 0.4])
    assert list(race(TASK, "parameters", tmp_path).runs) == ["nnrnn", "rnn", "lru"]


@pytest.mark.parametrize("task", ["noisy-memory", "adding", "characters"])
def test_networks_that_are_as_wide_either_way_are_those_that_the_command_leaves_out(task: str):
    def width(network: str, match: str) -> int:
        return Experiment(task, network, match=match).make_training().model.hidden_size

    rivals = [network for network in networks(task) if network != "eurnn"]  # so wide that it takes seconds
    assert [n for n in rivals if width(n, "width") == width(n, "parameters")] == list(AS_WIDE)


def test_a_pair_is_the_differences_over_the_seeds_that_both_have(tmp_path: Path):
    ours, theirs = {0: 0.5, 1: 0.9, 2: 0.7, 3: 0.8}, {1: 0.6, 2: 0.75, 3: 0.7, 4: 0.0}
    for network, scores in (("nnrnn", ours), ("rnn", theirs)):
        for seed, score in scores.items():
            for task in (TASK, "characters"):
                write_run(tmp_path, Experiment(task, network, seed=seed), [score])
    pair = race(TASK, folder=tmp_path).pair("nnrnn", "rnn")
    assert pair.seeds == (1, 2, 3) and pair.advantage == pytest.approx([0.3, -0.05, 0.1]) and pair.wins == 2
    assert pair.mean == pytest.approx(0.35 / 3)
    spread = np.sqrt(sum((d - pair.mean) ** 2 for d in (0.3, -0.05, 0.1)) / 2)
    assert pair.standard_error == pytest.approx(spread / np.sqrt(3))
    fewer_is_better = race("characters", folder=tmp_path)
    assert fewer_is_better.pair("nnrnn", "rnn").advantage == pytest.approx(-pair.advantage)
    assert fewer_is_better.pair("rnn", "nnrnn").advantage == pytest.approx(pair.advantage)


def test_a_curve_has_the_updates_that_all_runs_have_and_a_diverged_run_no_score(tmp_path: Path):
    write_run(tmp_path, Experiment(TASK, "rnn", seed=0), [0.1, 0.2, 0.3, 0.4, 0.5])
    write_run(tmp_path, Experiment(TASK, "rnn", seed=1), [0.3, 0.3, 0.3, 0.3, 0.7])
    found = race(TASK, folder=tmp_path)
    x, values = found.curve("rnn", "valid_score")
    assert x.tolist() == [100, 200, 300, 400, 500] and values.shape == (2, 5)
    assert found.curve("rnn", "valid_score", "cpu_seconds")[0] == pytest.approx(np.arange(1, 6) + 0.05)
    write_run(tmp_path, Experiment(TASK, "rnn", seed=1), [0.3], diverged=True)
    found = race(TASK, folder=tmp_path)
    assert (found.diverged("rnn"), list(found.scores("rnn"))) == (1, [0])
    assert found.curve("rnn", "valid_score")[0].tolist() == [500]
    assert "Diverged: rnn (1 of 2)." in race_sentence(found, "rnn")


def test_a_seed_turns_a_pair_round_exactly_where_the_ranges_meet(tmp_path: Path):
    for network, scores in (("nnrnn", (0.9, 0.7)), ("rnn", (0.75, 0.5)), ("lru", (0.4, 0.3))):
        for seed, score in enumerate(scores):
            write_run(tmp_path, Experiment(TASK, network, seed=seed), [score])
            write_run(tmp_path, Experiment("characters", network, seed=seed), [score])
    assert race(TASK, folder=tmp_path).turned_by_a_seed() == [("nnrnn", "rnn")]
    assert race("characters", folder=tmp_path).turned_by_a_seed() == [("rnn", "nnrnn")]


@pytest.mark.parametrize("higher", [True, False])
def test_a_rate_turns_a_pair_round_exactly_where_the_worst_of_one_is_below_the_best_of_the_other(higher: bool):
    draw, sign = np.random.default_rng(7), 1 if higher else -1
    for _ in range(50):
        scores = {n: {r: float(draw.random()) for r in ("a", "b", "c")} for n in "pqrs"}
        best, worst = ({n: f(sign * s for s in by.values()) for n, by in scores.items()} for f in (max, min))
        slow = {(a, b) for a, b in itertools.permutations("pqrs", 2) if best[a] > best[b] > worst[a]}
        found = turned_by_a_rate(scores, higher)
        assert set(found) == slow
        assert all(sign * scores[a][rate] == worst[a] for (a, _), rate in found.items())
    assert turned_by_a_rate({"a": {"1": 1.0, "2": 0.0}, "b": {"1": 1.0, "2": 0.5}}, True) == {}, "equal: no order"
    assert turned_by_a_rate({"a": {"1": 1.0, "2": None}, "b": {"1": 0.5}}, True) == {("a", "b"): "2"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("copying",), "task must be one of noisy-memory"), ((TASK, "size"), "match must be one of width, parameters")],
)
def test_a_race_that_there_is_not_is_refused(arguments: Any, words: str):
    with pytest.raises(ValueError, match=words):
        race(*arguments)


# --- the figures


def test_the_lanes_have_common_axes_and_the_ribbon_reaches_from_the_least_to_the_largest(folder: Path):
    found = race(TASK, folder=folder)
    traces, layout = race_push(found, View())
    ranges = {(tuple(layout[f"xaxis{p.axes}.range"]), tuple(layout[f"yaxis{p.axes}.range"])) for p in PANELS[:FINISH]}
    assert len(ranges) == 1
    values = found.curve("rnn", "valid_score")[1]
    ribbon = traces["rnn: ribbon"]["y"]
    assert np.array_equal(ribbon[:POINTS], values.min(0)) and np.array_equal(ribbon[POINTS:], values.max(0)[::-1])
    assert np.array_equal(traces["rnn"]["y"], values.mean(0))
    assert np.array_equal(traces["rnn: compared"]["y"], found.curve("nnrnn", "valid_score")[1].mean(0))
    assert np.isnan(traces["nnrnn: compared"]["y"]).all(), "a network is not compared with itself"
    titles = [layout[f"annotations[{place}].text"] for place in range(FINISH)]
    assert titles[NETWORKS.index("rnn")].startswith(f"rnn: {short(values[:, -1].mean())} ± ")
    assert titles[NETWORKS.index("lstm")] == "lstm: not in this task"


def test_a_bad_start_does_not_press_the_losses_flat(tmp_path: Path):
    write_run(tmp_path, Experiment(TASK, "rnn"), [-1e6, 0.2, 0.5])  # the loss is 1.4 − 0.9 of it
    layout = race_push(race(TASK, folder=tmp_path), View("rnn", "valid_loss"))[1]
    low, high = layout["yaxis.range"]
    assert 10**low < 1.4 - 0.9 * 0.5 and 10**high < 10


def test_the_finish_has_a_dot_for_each_seed_the_best_at_the_top(folder: Path):
    for task in (TASK, "characters"):
        found = race(task, folder=folder)
        traces, layout = race_push(found, View())
        suffix = PANELS[FINISH].axes
        assert layout[f"yaxis{suffix}.ticktext"] == found.ranking()
        top = max(found.ranking(), key=lambda network: traces[f"{network}: finish"]["y"][0])
        assert top == found.ranking()[0]
        for network in found.ranking():
            assert sorted(traces[f"{network}: finish"]["x"]) == sorted(found.scores(network).values())


def test_the_page_of_the_plot_command_is_the_figure_of_the_lab(folder: Path, lab: RaceLab):
    page = drawn(race(TASK, folder=folder))
    for mine, theirs in zip(page.data, lab.lanes.figure.data, strict=True):
        assert mine.name == theirs.name
        assert np.array_equal(np.asarray(mine.y, float), np.asarray(theirs.y, float), equal_nan=True)


def test_pairs_tuning_and_time_are_those_of_the_race(folder: Path):
    found = race(TASK, folder=folder)
    tuning = {"nnrnn": {"0.001": 0.2, "0.01": 0.7}, "rnn": {"0.001": 0.5, "0.01": None}}
    traces, layout = details_push(found, "rnn", tuning, {"nnrnn": 0.01, "rnn": 0.001, "lru": None})
    assert np.array_equal(traces["nnrnn: pairs"]["x"], found.pair("rnn", "nnrnn").advantage)
    assert np.isnan(traces["rnn: pairs"]["x"]).all()
    assert traces["rates chosen"]["x"].tolist() == [0.01, 0.001] and traces["rates chosen"]["y"].tolist() == [0.7, 0.5]
    assert np.isnan(traces["rnn"]["y"][1]), "what diverged is a gap"
    assert np.array_equal(traces["lru: time"]["x"], list(found.seconds("lru").values()))
    assert layout["xaxis.ticktext"] == ["0.001", "0.01"]
    untuned = details_push(found, "rnn", {}, dict.fromkeys(networks(TASK)))[1]
    assert untuned["annotations[0].text"] == "Tuning: not run"


def test_every_network_has_a_dash_of_its_own_and_the_key_names_those_that_were_tuned(folder: Path):
    assert len(set(DASHES.values())) == len(NETWORKS)
    figure = details_figure()
    dashes = {trace.name: trace.line.dash for trace in figure.data if trace.name in NETWORKS}
    assert dashes == DASHES
    tuning = {"nnrnn": {"0.001": 0.2}, "rnn": {"0.001": 0.5}}
    traces, _ = details_push(race(TASK, folder=folder), "rnn", tuning, {})
    assert {name for name in NETWORKS if traces[name]["showlegend"]} == set(tuning)


def test_panels_stand_in_one_two_or_three_columns_below_the_key():
    heights = [layout["height"] for _, layout in sorted(LAYOUTS.items())]
    assert heights == sorted(heights, reverse=True) and min(LAYOUTS) == 0
    for width, layout in LAYOUTS.items():
        columns = len({layout[f"annotations[{place}].x"] for place in range(FINISH + 1)})
        assert columns == max(1, min(3, width // CELL)) or width < 2 * CELL
        top = max(layout[f"annotations[{place}].y"] for place in range(FINISH + 1))
        assert top < layout["legend.y"] == 1


# --- the lab


def test_the_lab_says_who_stands_where_and_how_often_the_one_looked_at_is_ahead(lab: RaceLab):
    assert lab.status.startswith("noisy-memory at equal width. Test, variance explained, more is better; mean ±")
    assert "over 5 seeds: nnrnn 0.8" in lab.status
    assert "Seed by seed nnrnn is ahead of rnn, rnn-orth, exprnn, eurnn, lru in every seed." in lab.status
    lab.controls.network.value = "rnn"
    assert "Seed by seed rnn is ahead of rnn-orth, exprnn, eurnn, lru in every seed; behind nnrnn" in lab.status


def test_every_control_changes_what_is_shown_and_stands_where_the_state_is(lab: RaceLab):
    lab.controls.task.value = "characters"
    assert lab.controls.network.options == tuple(networks("characters")) and "bits per character" in lab.status
    lab.controls.network.value = "lstm"
    lab.controls.measure.value, lab.controls.against.value = "train_loss", "cpu_seconds"
    assert lab.lanes.figure.layout.yaxis.type == "log" and lab.lanes.figure.layout.xaxis.title.text.startswith("proc")
    x = race("characters", folder=lab.folder).curve("lstm", "train_loss", "cpu_seconds")[0]
    assert np.array_equal(lab.lanes.array("lstm", "x"), x)
    lab.controls.match.value = "parameters"
    assert lab.status.startswith("No run of characters at equal parameters")
    assert "run characters --match parameters makes them" in lab.status
    assert np.isnan(lab.lanes.array("lstm", "y")).all()
    lab.controls.task.value = TASK
    assert lab.state.network == lab.controls.network.value == "nnrnn", "an LSTM does not take part here"


def test_a_preset_is_the_state_and_a_bad_one_is_refused_in_words(lab: RaceLab, folder: Path):
    lab.set(task="characters", network="gru", measure="valid_loss", seed=9)
    twin = RaceLab.from_preset(lab.preset)
    assert twin.state == lab.state
    twin.close()
    for text, words in (
        ("{}", "not a preset of a RaceLab"),
        ('{"race": 1, "task": "copying"}', "task must be one of noisy-memory"),
        ('{"race": 1, "network": "lstm"}', "network, on noisy-memory, must be one of nnrnn"),
        ('{"race": 1, "speed": 3}', "the preset has speed"),
        ('{"race": 1, "seed": -1}', "seed must be a whole number"),
    ):
        before = lab.state
        lab.text.value = text
        lab.load.click()
        assert words in lab.note.value and lab.state == before
    with pytest.raises(ValueError, match="against must be one of updates, cpu_seconds"):
        RaceLab(folder=folder, against="hours")


def test_without_results_the_lab_opens_and_says_how_to_make_some(tmp_path: Path):
    lab = RaceLab(folder=tmp_path)
    assert "No run of noisy-memory at equal width has come to its end here: python -m nnrnn_core.exp" in lab.status
    assert set(lab.columns()) == {"updates"} and lab.race.ranking() == []
    lab.close()


def test_the_code_draws_the_lanes_and_the_numbers_are_those_drawn(lab: RaceLab, tmp_path: Path, capsys: Any):
    names: dict[str, Any] = {}
    exec(lab.code, names)
    assert isinstance(names["figure"], go.Figure) and "nnrnn" in capsys.readouterr().out
    assert np.array_equal(names["figure"].data[1].y, lab.lanes.array("nnrnn", "y"))
    columns = lab.columns()
    assert np.array_equal(columns["rnn_mean"], lab.lanes.array("rnn", "y"))
    saved = np.load(lab.export(tmp_path / "race.npz"))
    assert sorted(saved["lru_test"]) == sorted(lab.race.scores("lru").values())
    assert "<td>nnrnn</td><td>32</td><td>1,234</td>" in lab.numbers()


# --- the live run


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """A run of 12 updates with an evaluation after each 6."""
    monkeypatch.setitem(catalogue.CLASS, TASK, catalogue.Scale({"name": TASK, "length": 30}, 8, 12, 6))
    return Experiment(TASK, "nnrnn", seed=0)


def test_a_live_run_is_the_committed_run_of_its_seed_whatever_is_looked_at(small: Experiment, tmp_path: Path):
    live = LiveRun(small)
    while not live.done:
        live.step()
    lines = read(run(small, tmp_path))
    committed = {line["updates"]: line for line in lines if "valid_score" in line}
    mine = {line["updates"]: line for line in live.lines}
    assert set(committed) < set(mine)
    for updates, line in committed.items():
        assert mine[updates]["valid_score"] == line["valid_score"] and mine[updates]["valid_loss"] == line["valid_loss"]
    assert live.score == lines[-1]["test_score"]


def test_the_live_run_has_the_settings_of_the_runs_beside_it(small: Experiment, folder: Path):
    lab = RaceLab(folder=folder)
    lab.train(1)
    assert lab.live is not None and lab.live.training.settings.rate == 0.003
    assert small.make_training().settings.rate != 0.003
    lab.close()


def test_the_live_run_grows_over_its_lane_and_ends_with_a_star(small: Experiment, folder: Path):
    lab = RaceLab(folder=folder)
    lab.train(4)
    assert np.array_equal(lab.lanes.array("nnrnn: live", "x"), [2, 4])
    assert np.isnan(lab.lanes.array("your run's end", "x")).all() and lab.controls.run.description == "Go on"
    assert "Your run of nnrnn, seed 5: 4 of 12 updates" in lab.status
    lab.controls.network.value = "rnn"
    assert np.isnan(lab.lanes.array("nnrnn: live", "x")).all() and lab.controls.run.description == "Run rnn live"
    lab.controls.network.value = "nnrnn"
    lab.train(100)
    assert lab.lanes.array("your run's end", "x").tolist() == [lab.live.score] and lab.controls.run.disabled
    lab.controls.stop.click()
    assert lab.live is None and "Your run" not in lab.status and not lab.controls.run.disabled
    lab.close()


def test_play_trains_as_the_clock_ticks_and_pause_means_pause(small: Experiment, folder: Path):
    lab = RaceLab(folder=folder)
    lab.controls.run.click()
    assert lab.playing and lab.controls.run.description == "Pause"
    lab.tick()
    done = lab.live.updates
    assert done > 0
    if lab.playing:
        lab.controls.run.click()
    lab.tick()
    assert lab.live.updates == done and not lab.playing
    lab.close()


def test_a_run_that_diverges_stops_and_says_so(small: Experiment, folder: Path, monkeypatch: pytest.MonkeyPatch):
    lab = RaceLab(folder=folder)

    def diverge(_: LiveRun) -> bool:
        raise Diverged(3, "loss")

    monkeypatch.setattr(LiveRun, "step", diverge)
    lab.controls.run.click()
    lab.tick()
    assert not lab.playing and "step 3: the loss is not finite" in lab.alarm.value
    lab.close()


def test_level_is_neither_ahead_nor_behind():
    def lines(score: float) -> list[dict[str, Any]]:
        return [{"higher_is_better": True, "parameters": 1}, {"test_score": score, "done": True}]

    scores = {"nnrnn": (0.5, 0.7), "rnn": (0.5, 0.6), "gru": (0.5, 0.7)}
    runs = {network: dict(enumerate(map(lines, of_seeds))) for network, of_seeds in scores.items()}
    found = Race("copy-200", "width", "class", runs)
    pair = found.pair("rnn", "nnrnn")
    assert (pair.wins, pair.losses) == (0, 1)
    assert pairs_words(found, "rnn").endswith("nnrnn in 0 of 2 (level in 1), gru in 0 of 2 (level in 1).")
    assert (
        pairs_words(found, "gru")
        == "Seed by seed gru is ahead of nnrnn in 0 of 2 (level in 2), rnn in 1 of 2 (level in 1)."
    )
