"""Theorems of the optimal input and of the cloud of random ones."""

import math

import numpy as np
import pytest
import scipy.linalg
from hypothesis import strategies as st

from matrices import nnrnn_matrix, orthogonal, sampled, seeds
from nnrnn_core.dynamics import transient_growth, typical_growth
from nnrnn_core.dynamics.cloud import cloud_growth, optimal_input
from nnrnn_core.dynamics.continuous import exponential_growth
from oracles import as_installed

# --- the optimal input


@sampled(seeds, st.integers(0, 12))
def test_the_optimal_input_is_stretched_by_the_norm_of_the_power(seed, k):
    V = 0.6 * np.random.default_rng(seed).standard_normal((6, 6))
    best = optimal_input(V, k)
    assert np.linalg.norm(best.input) == pytest.approx(1, abs=1e-12)
    assert np.allclose(best.response, np.linalg.matrix_power(V, k) @ best.input, rtol=0, atol=1e-10 * best.gain)
    assert np.linalg.norm(best.response) == pytest.approx(best.gain, rel=1e-10)
    assert best.gain == pytest.approx(transient_growth(V, k)[k], rel=1e-10)
    assert best.input[np.abs(best.input).argmax()] > 0


@sampled(seeds, st.floats(0, 5))
def test_in_continuous_time_it_is_stretched_by_the_norm_of_the_exponential(seed, t):
    A = np.random.default_rng(seed).standard_normal((6, 6)) - 2 * np.eye(6)
    best = optimal_input(A, t, "continuous")
    assert np.allclose(best.response, scipy.linalg.expm(t * A) @ best.input, rtol=0, atol=1e-10 * best.gain)
    assert best.gain == pytest.approx(exponential_growth(A, [t])[0], rel=1e-10)


@sampled(seeds, st.integers(1, 12))
def test_no_other_unit_input_is_stretched_more(seed, k):
    rng = np.random.default_rng(seed)
    V = 0.6 * rng.standard_normal((4, 4))
    others = rng.standard_normal((4, 500))
    stretched = np.linalg.norm(np.linalg.matrix_power(V, k) @ others, axis=0) / np.linalg.norm(others, axis=0)
    assert stretched.max() <= optimal_input(V, k).gain * (1 + 1e-10)


def test_its_sign_does_not_hang_on_rounding_where_two_entries_are_equally_large():
    V = np.array([[1.0, -1.0], [0.0, 0.0]])  # stretches (1, −1)/√2 most
    for disturbance in (-1e-12, 0.0, 1e-12):
        assert np.allclose(optimal_input(V + np.diag([disturbance, 0]), 1).input, np.array([1, -1]) / math.sqrt(2))


def test_a_chain_is_best_entered_at_its_head():
    V = 1.2 * np.eye(10, k=-1)
    best = optimal_input(V, 9)
    assert np.allclose(best.input, np.eye(10)[0], atol=1e-14)
    assert np.allclose(best.response, 1.2**9 * np.eye(10)[9], rtol=1e-13)
    assert optimal_input(V, 10).gain == 0


@sampled(seeds)
def test_an_orthogonal_change_of_basis_takes_the_optimal_input_along(seed):
    rng = np.random.default_rng(seed)
    V, Q = rng.standard_normal((5, 5)), orthogonal(5, rng)
    here, there = optimal_input(V, 3), optimal_input(Q @ V @ Q.T, 3)
    assert there.gain == pytest.approx(here.gain, rel=1e-10)
    # stretched as much from the other basis, whichever of several near equals it is
    assert np.linalg.norm(np.linalg.matrix_power(V, 3) @ Q.T @ there.input) == pytest.approx(here.gain, rel=1e-10)


def test_every_kind_of_matrix_has_the_same_optimal_input_and_cloud(generator):
    V = nnrnn_matrix(12, 2.0, generator)
    dense = V().detach().numpy()
    expected, reference = optimal_input(dense, 7), cloud_growth(dense, 20, 50)
    for given in (V(), V):
        best, cloud = optimal_input(given, 7), cloud_growth(given, 20, 50)
        assert np.allclose(best.input, expected.input, atol=1e-9)
        assert np.allclose(best.response, np.linalg.matrix_power(dense, 7) @ best.input, atol=1e-10)
        assert np.allclose(cloud.norms, reference.norms, rtol=1e-10)
        assert np.allclose(cloud.spread, reference.spread, rtol=1e-10)


def test_what_has_no_optimal_input_is_refused():
    for k, time, message in (
        (-1, "discrete", "k must be"),
        (1.5, "discrete", "k must be"),
        (-0.5, "continuous", "k must be"),
        (math.nan, "continuous", "k must be"),
        (1, "weekly", "time must be"),
        (3, "discrete", "leaves float64"),
        (3, "continuous", "leaves float64"),
    ):
        with as_installed(), pytest.raises(ValueError, match=message):
            optimal_input(1e200 * np.array([[1.0, 1.0], [-1.0, 1.0]]), k, time)


# --- the cloud


def test_the_mean_square_of_the_cloud_is_that_of_the_typical_growth(generator):
    V = nnrnn_matrix(32, 2.0, generator)
    norms = cloud_growth(V, 40, count=4000).norms
    squares = norms**2
    error = squares.std(axis=1) / math.sqrt(4000)
    assert np.all(np.abs(squares.mean(axis=1) - typical_growth(V, 40) ** 2) <= 4 * error + 1e-12)


@sampled(seeds)
def test_no_point_of_the_cloud_outgrows_the_worst_direction(seed):
    V = 0.5 * np.random.default_rng(seed).standard_normal((5, 5))
    norms = cloud_growth(V, 20, count=200).norms
    assert norms.shape == (21, 200)
    assert np.all(norms.max(axis=1) <= transient_growth(V, 20) * (1 + 1e-10))


@sampled(seeds)
def test_an_orthogonal_matrix_keeps_every_norm(seed):
    norms = cloud_growth(orthogonal(6, np.random.default_rng(seed)), 50, count=20).norms
    assert np.allclose(norms, 1, rtol=1e-12)


def test_the_spread_is_the_standard_deviation_of_each_unit(seed):
    V = np.random.default_rng(seed).standard_normal((4, 4))
    starts = np.random.default_rng(3).standard_normal((4, 30))
    starts /= np.linalg.norm(starts, axis=0)
    cloud = cloud_growth(V, 6, count=30, seed=3)
    for k in range(7):
        states = np.linalg.matrix_power(V, k) @ starts
        assert np.allclose(cloud.norms[k], np.linalg.norm(states, axis=0), rtol=1e-11)
        assert np.allclose(cloud.spread[k], states.std(axis=1), rtol=1e-11)


def test_the_spread_over_many_starts_is_the_norm_of_a_row_of_the_power(generator):
    # starts of covariance 1/n make V^k x one of covariance V^k (V^k)ᵀ / n
    V = nnrnn_matrix(8, 1.0, generator)
    dense = V().detach().numpy()
    spread = cloud_growth(V, 10, count=20000).spread
    rows = np.stack([np.linalg.norm(np.linalg.matrix_power(dense, k), axis=1) for k in range(11)])
    assert np.allclose(spread, rows / math.sqrt(8), rtol=0.03)  # six standard errors 1/√(2 count)


def test_the_same_seed_gives_the_same_cloud_and_another_another():
    V = np.diag([0.5, 0.9])
    assert np.array_equal(cloud_growth(V, 5, 10).norms, cloud_growth(V, 5, 10, seed=0).norms)
    assert not np.array_equal(cloud_growth(V, 5, 10).norms[1], cloud_growth(V, 5, 10, seed=1).norms[1])


def test_a_cloud_beyond_float64_is_infinite_and_never_nan():
    V = np.array([[1e200, 1e200], [-1e200, 1e200]])
    cloud = cloud_growth(V, 4, count=10)
    assert np.all(np.isfinite(cloud.norms[:2])) and np.all(np.isfinite(cloud.spread[:2]))
    assert np.all(cloud.norms[2:] == np.inf) and np.all(cloud.spread[2:] == np.inf)


def test_a_cloud_that_dies_has_norms_zero():
    cloud = cloud_growth(np.eye(4, k=-1), 5, count=10)
    assert np.all(cloud.norms[4:] == 0) and np.all(cloud.spread[4:] == 0)


def test_a_cloud_of_no_size_is_refused():
    for horizon, count, seed in ((-1, 10, 0), (5, 0, 0), (5, 10, -1), (2.5, 10, 0)):
        with as_installed(), pytest.raises(ValueError, match="must be a whole number"):
            cloud_growth(np.eye(2), horizon, count, seed)
