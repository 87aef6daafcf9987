"""Theorems about what the spectrum says, and how far it can be trusted."""

import mpmath
import numpy as np
import pytest
import scipy.linalg
import scipy.optimize

from matrices import nnrnn_matrix, normal, orthogonal, sampled, seeds
from nnrnn_core.dynamics import (
    eigenvalue_conditions,
    eigenvalue_uncertainty,
    eigenvalues,
    eigenvector_condition,
    gallery,
    henrici,
    spectral_abscissa,
    spectral_radius,
)


def test_the_eigenvalue_conditions_of_a_shear_are_one_over_the_sine_of_the_angle():
    for c in (0.0, 0.1, 10.0):  # eigenvectors (1, 0) and (c, −0.1)
        conditions = eigenvalue_conditions(np.array([[0.9, c], [0.0, 0.8]]))
        assert np.allclose(conditions, np.hypot(c, 0.1) / 0.1, rtol=1e-10)


@sampled(seeds)
def test_an_eigenvalue_moves_by_its_condition_under_the_worst_small_disturbance(seed):
    rng = np.random.default_rng(seed)
    V = rng.standard_normal((5, 5))
    values, left, right = scipy.linalg.eig(V, left=True, right=True)
    gaps = np.abs(values[:, None] - values) + 1e9 * np.eye(5)
    conditions = eigenvalue_conditions(V)
    order = [int(np.abs(eigenvalues(V) - value).argmin()) for value in values]
    assert sorted(order) == list(range(5))
    i = int(gaps.min(axis=1).argmax())  # the loneliest eigenvalue
    eps = 1e-4 * gaps.min() / conditions.max() ** 2
    E = eps * np.outer(left[:, i], right[:, i].conj()) / np.linalg.norm(left[:, i]) / np.linalg.norm(right[:, i])
    moved = np.abs(np.linalg.eigvals(V + E) - values[i]).min()
    assert np.isclose(moved, eps * conditions[order[i]], rtol=1e-2)


def test_the_eigenvalues_of_a_normal_matrix_have_condition_one_and_those_of_a_jordan_block_none(seed):
    assert np.allclose(eigenvalue_conditions(normal(6, 0.9, np.random.default_rng(seed))), 1, rtol=1e-8)
    assert (eigenvalue_conditions(0.5 * np.eye(4) + np.eye(4, k=-1)) > 1e10).all()


@sampled(seeds)
def test_no_eigenvalue_is_worse_conditioned_than_the_eigenvectors(seed):
    V = np.random.default_rng(seed).standard_normal((6, 6))
    conditions = eigenvalue_conditions(V)
    assert (conditions >= 1).all()
    assert conditions.max() <= eigenvector_condition(V) * (1 + 1e-8)


@sampled(seeds)
def test_the_spectral_abscissa_is_the_logarithm_of_the_spectral_radius_of_the_exponential(seed):
    A = np.random.default_rng(seed).standard_normal((6, 6))
    assert np.isclose(np.log(spectral_radius(scipy.linalg.expm(A))), spectral_abscissa(A), atol=1e-9)


@sampled(seeds)
def test_numbers_of_the_spectrum_do_not_see_an_orthogonal_change_of_basis(seed):
    rng = np.random.default_rng(seed)
    V, Q = rng.standard_normal((6, 6)), orthogonal(6, rng)
    for number in (henrici, spectral_radius, spectral_abscissa):
        assert np.isclose(number(Q @ V @ Q.T), number(V), rtol=1e-8)


def test_what_the_dense_entries_do_to_an_eigenvalue_is_within_its_uncertainty(generator):
    V = nnrnn_matrix(8, 0.5, generator)
    exact, dense = V.eigenvalues().numpy(), V().detach().numpy()
    moved = np.abs(eigenvalues(dense)[:, None] - exact)
    assert (moved.min(axis=1) <= eigenvalue_uncertainty(dense)).all()
    assert eigenvalue_uncertainty(gallery["random"]()).max() < 1e-12


# --- badly scaled


BADLY_SCALED = np.array([[0, 0, 1e8], [1e-4, 0, 0], [0, 1e-4, 0]])  # λ³ = 1


def frank(size: int) -> np.ndarray:
    """Its small eigenvalues are ill-conditioned, and come in pairs λ and 1/λ."""
    i, j = np.indices((size, size))
    return np.where(j >= i - 1, size - np.maximum(i, j), 0).astype(float)


def exact_eigenvalues(V: np.ndarray) -> np.ndarray:
    with mpmath.workdps(60):
        found, _ = mpmath.eig(mpmath.matrix(V.tolist()))
        return np.array([complex(value) for value in found])


def test_a_badly_scaled_matrix_has_the_eigenvalues_that_a_change_of_units_shows():
    assert np.isclose(spectral_radius(BADLY_SCALED), 1, rtol=1e-14)
    assert np.isclose(spectral_abscissa(BADLY_SCALED), 1, rtol=1e-14)
    assert eigenvalue_uncertainty(BADLY_SCALED).max() < 1e-13
    left, right = np.diag([1e6, 1.0, 1e-6, 1e3]), np.diag([1e-6, 1.0, 1e6, 1e-3])
    V = np.random.default_rng(0).standard_normal((4, 4))
    assert np.isclose(spectral_radius(left @ V @ right), spectral_radius(V), rtol=1e-12)


def test_conditions_belong_to_the_matrix_given_balanced_or_not():
    values, left, right = scipy.linalg.eig(BADLY_SCALED, left=True, right=True)
    expected = 1 / np.abs(np.vecdot(left, right, axis=0))
    order = np.abs(eigenvalues(BADLY_SCALED)[:, None] - values).argmin(axis=1)
    assert np.allclose(eigenvalue_conditions(BADLY_SCALED), expected[order], rtol=1e-6)


@pytest.mark.parametrize(
    "kind", ["random", "complex", "grcar", "kahan", "frank", "badly scaled", "graded", "jordan", "companion", "units"]
)
def test_eigenvalues_are_within_their_uncertainty_of_the_exact_ones(kind):
    rng = np.random.default_rng(5)
    draw, Q = rng.standard_normal((6, 6)), orthogonal(6, rng)
    units = 10.0 ** rng.integers(-6, 7, 6)
    V = {
        "random": draw,
        "complex": draw + 1j * rng.standard_normal((6, 6)),
        "grcar": gallery["grcar"](size=12),
        "kahan": Q @ gallery["kahan"](size=6) @ Q.T,
        "frank": frank(10),
        "badly scaled": BADLY_SCALED,
        "graded": np.sqrt(units)[:, None] * draw * np.sqrt(units),
        "jordan": Q @ (0.5 * np.eye(6) + np.eye(6, k=-1)) @ Q.T,
        "companion": gallery["companion"](),
        "units": units[:, None] * draw / units,
    }[kind]
    distance = np.abs(eigenvalues(V)[:, None] - exact_eigenvalues(V))
    ours, exact = scipy.optimize.linear_sum_assignment(distance)
    assert (distance[ours, exact] <= eigenvalue_uncertainty(V)[ours]).all()


def test_what_is_read_off_has_no_uncertainty_and_what_is_lost_says_so(generator):
    for V in (nnrnn_matrix(6, 0.5, generator), np.tril(np.ones((4, 4))), np.triu(np.ones((4, 4)))):
        assert not eigenvalue_uncertainty(V).any()
    upper = np.triu(np.random.default_rng(1).standard_normal((30, 30)))
    assert np.array_equal(np.sort(eigenvalues(upper).real), np.sort(np.diag(upper)))
    assert eigenvalue_uncertainty(gallery["dense_delay_line"]()).max() > 0.01
