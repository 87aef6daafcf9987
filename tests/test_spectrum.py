"""Theorems about what the spectrum says, and how far it can be trusted."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from matrices import nnrnn_matrix, normal, orthogonal
from nnrnn_core.dynamics import (
    eigenvalue_conditions,
    eigenvalues,
    eigenvector_condition,
    henrici,
    schur_parts,
    spectral_abscissa,
    spectral_radius,
)

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("real", [True, False])
@given(seed=seeds, size=st.integers(1, 12))
def test_the_parts_of_a_schur_form_make_the_matrix(seed, size, real):
    V = np.random.default_rng(seed).standard_normal((size, size))
    P, Lambda, T = schur_parts(V, real)
    assert np.allclose(P.conj().T @ P, np.eye(size), atol=1e-12)
    assert np.allclose(P @ (Lambda + T) @ P.conj().T, V, atol=1e-11)
    assert not np.triu(T).any(), "T is strictly lower"
    assert np.isrealobj(P) == real
    width = 1 if real else 0
    assert not np.triu(Lambda, width + 1).any()
    assert not np.tril(Lambda, -width - 1).any()
    if real:  # a block shares no entry with T, and is complete
        assert not np.logical_and(Lambda, T).any()
        assert np.array_equal(np.diag(Lambda, 1) != 0, np.diag(Lambda, -1) != 0)


@given(seeds)
def test_the_feed_forward_part_is_as_long_as_henricis_number_where_blocks_are_normal(seed):
    V = np.random.default_rng(seed).standard_normal((7, 7))
    assert np.isclose(np.linalg.norm(schur_parts(V, real=False).feed_forward), henrici(V), rtol=1e-10)


def test_a_schur_matrix_gives_its_own_parts(generator):
    V = nnrnn_matrix(8, 1.0, generator)
    P, Lambda, T = schur_parts(V)
    assert np.array_equal(P, V.P.detach().numpy())
    assert np.array_equal(Lambda + T, V.schur_form().detach().numpy())
    assert np.isclose(np.linalg.norm(T), henrici(V))


def test_a_lower_triangular_matrix_is_taken_apart_as_it_stands():
    V = np.tril(np.arange(16.0).reshape(4, 4))
    P, Lambda, T = schur_parts(V)
    assert np.array_equal(P, np.eye(4))
    assert np.array_equal(Lambda, np.diag(np.diag(V)))
    assert np.array_equal(T, np.tril(V, -1))


@given(seeds)
def test_relative_departure_lies_between_zero_and_one_and_ignores_the_scale(seed):
    V = np.random.default_rng(seed).standard_normal((6, 6))
    assert 0 < henrici(V, relative=True) < 1
    assert np.isclose(henrici(V, relative=True), henrici(1e3 * V, relative=True), rtol=1e-10)


def test_a_nilpotent_matrix_is_all_departure_and_a_normal_or_empty_one_none(seed):
    assert np.isclose(henrici(np.eye(9, k=-1), relative=True), 1)
    assert henrici(np.zeros((3, 3)), relative=True) == 0
    assert henrici(normal(6, 0.9, np.random.default_rng(seed)), relative=True) < 1e-14


@pytest.mark.parametrize("c", [0.0, 0.1, 1.0, 10.0])
def test_the_eigenvalue_conditions_of_a_shear_are_one_over_the_sine_of_the_angle(c):
    V = np.array([[0.9, c], [0.0, 0.8]])  # eigenvectors (1, 0) and (c, −0.1)
    assert np.allclose(eigenvalue_conditions(V), np.hypot(c, 0.1) / 0.1, rtol=1e-10)


@given(seeds)
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


@given(seeds)
def test_no_eigenvalue_is_worse_conditioned_than_the_eigenvectors(seed):
    V = np.random.default_rng(seed).standard_normal((6, 6))
    conditions = eigenvalue_conditions(V)
    assert (conditions >= 1).all()
    assert conditions.max() <= eigenvector_condition(V) * (1 + 1e-8)


@given(seeds)
def test_the_spectral_abscissa_is_the_logarithm_of_the_spectral_radius_of_the_exponential(seed):
    A = np.random.default_rng(seed).standard_normal((6, 6))
    assert np.isclose(np.log(spectral_radius(scipy.linalg.expm(A))), spectral_abscissa(A), atol=1e-9)


@given(seeds)
def test_numbers_of_the_spectrum_do_not_see_an_orthogonal_change_of_basis(seed):
    rng = np.random.default_rng(seed)
    V, Q = rng.standard_normal((6, 6)), orthogonal(6, rng)
    for number in (henrici, spectral_radius, spectral_abscissa):
        assert np.isclose(number(Q @ V @ Q.T), number(V), rtol=1e-8)
