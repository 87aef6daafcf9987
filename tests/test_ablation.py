"""What is taken from T: exactly so much, in the order asked for, with the eigenvalues left alone; and its null."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch

from nnrnn_core import SequenceModel, dynamics, tasks
from nnrnn_core.dynamics.ablation import ADDED, CONTROLS, REMOVED, SCALED, SHRUNK, WAYS, controlled, share_of, without
from nnrnn_core.experiments import Ablation, Probe

DRAW = np.random.default_rng(0)
T = np.tril(DRAW.standard_normal((9, 9)), -2)
PARTS = dynamics.schur_parts(dynamics.gallery["random"](size=9, seed=3))
NOISY = tasks.NoisyMemory(delays=3, length=12)


def energy(M: np.ndarray) -> float:
    return float(np.sum(np.abs(M) ** 2))


def network(task: Any, name: str = "nnrnn", size: int = 8) -> SequenceModel:
    made = torch.Generator().manual_seed(1)
    model = SequenceModel(name, task.input_size, size, task.output_size, **task.model_options, generator=made)
    if name == "nnrnn":
        with torch.no_grad():
            model.V.T_entries.normal_(0, 0.2, generator=made)
            model.V.gamma.fill_(0.8)
    return model


# --- taking energy away


def test_so_much_is_taken_whatever_goes_first_and_no_entry_changes_its_sign_or_grows():
    for share, priority in itertools.product((0, 0.01, 0.3, 0.99, 1), (np.abs(T), -np.abs(T), DRAW.random(T.shape))):
        left = dynamics.ablate(T, share * energy(T), priority)
        assert energy(T - left) == pytest.approx(share * energy(T), abs=1e-12)
        assert (left * T >= 0).all() and (np.abs(left) <= np.abs(T)).all()
        partly = (left != T) & (left != 0)
        assert partly.sum() <= 1


def test_the_entry_of_the_highest_priority_goes_first():
    for seed in range(20):
        priority = np.random.default_rng(seed).random(T.shape)
        left = dynamics.ablate(T, 0.4 * energy(T), priority)
        gone, stays = priority[(T != 0) & (left == 0)], priority[(T != 0) & (left == T)]
        assert gone.min() > stays.max()


def test_no_energy_leaves_everything_and_nothing_of_a_zero_matrix_can_be_taken():
    assert np.array_equal(dynamics.ablate(T, 0, np.abs(T)), T)
    assert not dynamics.ablate(np.zeros((3, 3)), 0, np.ones((3, 3))).any()


@pytest.mark.parametrize(
    ("taken", "priority", "words"),
    [(-1.0, T, "energy must be"), (2 * energy(T), T, "energy must be"), (0.0, T[:3, :3], "priority must be real")],
)
def test_a_removal_that_cannot_be_is_refused(taken: float, priority: np.ndarray, words: str):
    with pytest.raises(ValueError, match=words):
        dynamics.ablate(T, taken, priority)


def test_a_share_of_the_entries_is_the_share_of_energy_that_they_hold():
    squares = np.sort(T[T != 0] ** 2)
    for fraction in (0, 0.25, 1):
        many = round(fraction * len(squares))
        largest, smallest = squares[len(squares) - many :].sum(), squares[:many].sum()
        assert share_of(T, WAYS[0], fraction) == pytest.approx(largest / energy(T))
        assert share_of(T, WAYS[1], fraction) == pytest.approx(smallest / energy(T))
        assert share_of(T, SCALED, fraction) == fraction**2
    nearest = share_of(T, WAYS[2], 7 / np.count_nonzero(T))  # the second diagonal has seven entries
    assert nearest == pytest.approx(dynamics.diagonal_energy(T)[1] / energy(T))


@pytest.mark.parametrize("way", WAYS)
def test_every_way_takes_the_share_that_is_asked_for(way: str):
    for share in (0, 0.2, 1):
        assert energy(T - without(T, way, share)) == pytest.approx(share * energy(T), abs=1e-12)


@pytest.mark.parametrize("what", CONTROLS)
def test_every_control_moves_v_as_far_as_the_ablation(what: str):
    whole = PARTS.eigenvalue_part + PARTS.feed_forward
    for share, draw in itertools.product((0.1, 0.4), range(3)):
        form = controlled(PARTS, what, share, draw)
        assert energy(form - whole) == pytest.approx(share * energy(PARTS.feed_forward))
        if what != SHRUNK:
            assert np.array_equal(form - whole, np.tril(form - whole)) and not np.diag(form - whole).any()
    drawn = {controlled(PARTS, what, 0.3, draw).tobytes() for draw in range(3)}
    assert len(drawn) == (1 if what == SHRUNK else 3)


def test_more_than_lambda_has_cannot_be_taken_from_it():
    line = dynamics.schur_parts(0.1 * np.eye(4) + np.eye(4, k=-1))
    assert np.isnan(controlled(line, SHRUNK, 1.0, 0)).any()


# --- by diagonals


def test_the_diagonals_hold_all_the_energy_and_shuffling_keeps_its_mean_and_spread():
    assert dynamics.diagonal_energy(T).sum() == pytest.approx(energy(T))
    mean, deviation = dynamics.shuffled_energy(T)
    assert mean.sum() == pytest.approx(energy(T))
    distance, squares = np.subtract(*np.nonzero(T)), T[T != 0] ** 2
    shuffled = [np.bincount(distance, DRAW.permutation(squares), 9)[1:] for _ in range(4000)]
    assert np.allclose(np.mean(shuffled, 0), mean, atol=5 * deviation.max() / math.sqrt(4000))
    assert np.allclose(np.std(shuffled, 0), deviation, rtol=0.06)


# --- memory of several inputs


def test_the_memory_of_several_inputs_is_their_mean_by_energy():
    V, U = dynamics.gallery["random"](size=6, seed=1, gain=0.7), DRAW.standard_normal((6, 3))
    weights = np.sum(U**2, axis=0)
    each = [dynamics.fisher_memory(V, u / np.linalg.norm(u), 5, 8) for u in U.T]
    assert np.allclose(dynamics.mean_memory(V, 5, 8, U), np.average(each, axis=0, weights=weights))
    assert np.allclose(dynamics.mean_memory(V, 5, None, U[:, :1]), dynamics.fisher_memory(V, U[:, 0], 5) / weights[0])


def test_over_all_directions_the_memory_is_one_for_every_matrix():
    for seed, duration in itertools.product(range(5), (1, 4, 9)):
        V = np.random.default_rng(seed).standard_normal((5, 5)) / 2
        assert dynamics.mean_memory(V, duration - 1, duration).sum() == pytest.approx(1)


@pytest.mark.parametrize("U", [np.zeros((4, 2)), np.ones(4), np.ones((3, 2)), np.full((4, 1), np.nan)])
def test_inputs_that_do_not_fit_are_refused(U: np.ndarray):
    with pytest.raises(ValueError, match="inputs must be finite, not 0, with 4 rows"):
        dynamics.mean_memory(np.eye(4) / 2, 3, 5, U)


# --- a network without a part of T


@pytest.mark.parametrize("task", [NOISY, tasks.Copying(delay=3), tasks.Adding(length=8)], ids=lambda task: task.name)
@pytest.mark.parametrize("name", ["nnrnn", "rnn"])
def test_with_its_own_matrix_a_probe_gives_the_networks_own_loss(task: tasks.Task, name: str):
    model = network(task, name)
    probe = Probe(model, task, sequences=5)
    with torch.no_grad():
        noise = torch.Generator().manual_seed(2**31)
        outputs, _ = model(probe.batch.inputs, generator=noise)
        assert probe.loss(model.V().detach()) == pytest.approx(float(task.loss(outputs, probe.batch)), rel=1e-5)
    assert probe.loss(np.zeros((8, 8))) != probe.loss(model.V().detach())


def test_a_network_that_explodes_has_an_infinite_loss_and_one_without_a_matrix_is_refused():
    assert Probe(network(NOISY), NOISY).loss(1e30 * np.eye(8)) == math.inf
    with pytest.raises(ValueError, match="one recurrent matrix"):
        Probe(SequenceModel("lstm", 10, 8, 9), tasks.Copying(delay=3))


def test_a_study_measures_each_value_once_and_all_ways_meet_where_t_is_gone(monkeypatch: pytest.MonkeyPatch):
    model = network(NOISY)
    probe, asked = Probe(model, NOISY, sequences=4), []
    measure = probe.loss
    monkeypatch.setattr(probe, "loss", lambda V: asked.append(V) or measure(V))
    study = Ablation(probe, dynamics.schur_parts(model.V))
    assert study.lacks(WAYS[0], REMOVED, 0.3) and math.isnan(study.known(WAYS[0], 0.3))
    steps = sum(1 for _ in study.work(WAYS[0], REMOVED, 0.3))
    assert steps == len(asked) and not study.lacks(WAYS[0], REMOVED, 0.3)
    assert not list(study.work(WAYS[0], REMOVED, 0.3))
    normal = measure(study.parts.P @ study.parts.eigenvalue_part @ study.parts.P.T)
    for what in (*WAYS, REMOVED):
        assert study.loss(what, 1.0) == pytest.approx(normal, rel=1e-4)
        assert study.loss(what, 0.0) == study.whole
    assert len(set(study.control(ADDED, 0.3))) == 8 and len(study.control(SHRUNK, 0.1)) == 1
