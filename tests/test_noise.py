"""How far noise drives the units of a linear network."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import strategies as st

from matrices import nnrnn_matrix, sampled, seeds
from nnrnn_core.dynamics import activity


@sampled(seeds, st.integers(1, 30))
def test_the_activity_is_the_root_of_the_sum_over_all_steps(seed, duration):
    V = np.random.default_rng(seed).uniform(-1, 1, (4, 4))
    powers = [np.linalg.matrix_power(V, j) for j in range(duration)]
    assert np.allclose(activity(V, duration), np.sqrt(np.diag(sum(power @ power.T for power in powers))))


@sampled(seeds)
def test_the_activity_for_ever_solves_the_lyapunov_equation(seed):
    V = np.random.default_rng(seed).uniform(-1, 1, (5, 5))
    V *= 0.95 / np.abs(np.linalg.eigvals(V)).max()
    C = scipy.linalg.solve_discrete_lyapunov(V, np.eye(5))
    assert np.allclose(activity(V) ** 2, np.diag(C), rtol=1e-9)


def test_the_activity_of_a_schur_matrix_is_that_of_its_entries(generator):
    V = nnrnn_matrix(8, 1.0, generator)
    for duration in (None, 1, 20):
        assert np.allclose(activity(V, duration), activity(V().detach(), duration))


def test_an_activity_beyond_float64_is_nan_and_one_without_bound_is_refused():
    assert np.isnan(activity(1e200 * np.eye(2), 20)).all()
    with pytest.raises(ValueError, match=r"spectral radius 1, .* give duration"):
        activity(np.eye(2))
    with pytest.raises(ValueError, match="duration must be a whole number of at least 1; got 0"):
        activity(np.eye(2), 0)
