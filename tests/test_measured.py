"""The tables that notebooks print, and the networks that only ask what a part of the nnRNN is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnrnn_core.experiments import Experiment, race
from races import write_run
from widgets.measured import table, table_of_updates


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two seeds of one network; one seed of another, whose second run diverged."""
    for network, seed, end in (("nnrnn", 0, 0.9), ("nnrnn", 1, 0.7), ("lstm", 0, 0.2)):
        write_run(tmp_path, Experiment("copy-200", network, seed=seed), [end / 2, end])
    write_run(tmp_path, Experiment("copy-200", "lstm", seed=1), [0.1, 0.1], diverged=True)
    return tmp_path


def test_a_line_holds_the_score_of_each_seed_a_dash_for_a_run_without_one_and_the_mean_of_the_others(folder: Path):
    head, *lines = table(race("copy-200", folder=folder, entrants=("lstm", "nnrnn"))).splitlines()
    assert head.split() == ["seed", "0", "seed", "1", "mean"]
    assert [line.split() for line in lines] == [["LSTM", "0.200", "—", "0.200"], ["nnRNN", "0.900", "0.700", "0.800"]]
    assert len({len(line) for line in (head, *lines)}) == 1


def test_updates_are_those_of_the_first_validation_score_that_is_good_enough(folder: Path):
    lines = table_of_updates(race("copy-200", folder=folder), 0.8).splitlines()[1:]
    assert [line.split() for line in lines] == [["nnRNN", "1000", "—", "1000"], ["LSTM", "—", "—", "—"]]


def test_where_fewer_is_better_a_score_is_reached_from_above(tmp_path: Path):
    write_run(tmp_path, Experiment("characters", "gru"), [3.0, 2.4, 2.2, 2.3])
    assert race("characters", folder=tmp_path).updates_until("gru", 2.3) == {0: 1500}


def test_an_ablated_nnrnn_is_trained_without_its_part_and_races_only_where_it_is_named(tmp_path: Path):
    for network, frozen, held in (
        ("nnrnn", False, False),
        ("nnrnn-normal", True, False),
        ("nnrnn-orthogonal", True, True),
    ):
        training = Experiment("noisy-memory", network).make_training()
        assert (training.settings.freeze_T, training.settings.hold_gamma) == (frozen, held)
        training.step()
        training.step()
        assert (training.model.V.departure() == 0) == frozen
        assert bool((training.model.V.gamma == 1).all()) == held
        write_run(tmp_path, Experiment("noisy-memory", network), [0.1])
    assert list(race("noisy-memory", folder=tmp_path).runs) == ["nnrnn"]
    entrants = ("nnrnn-normal", "nnrnn")
    assert tuple(race("noisy-memory", folder=tmp_path, entrants=entrants).runs) == entrants
    with pytest.raises(ValueError, match=r"entrants must be one of .*nnrnn-normal.*; got 'normal'"):
        race("noisy-memory", folder=tmp_path, entrants=("normal",))
