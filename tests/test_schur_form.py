"""The real Schur form taken apart, its departure from normality, its other orders."""

import math

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from matrices import nnrnn_matrix, normal, orthogonal, sampled, seeds
from nnrnn_core import SchurMatrix
from nnrnn_core.dynamics import as_schur, block_rows, departure_parts, eigenvalues, henrici, reordered, schur_parts
from nnrnn_core.dynamics.schur_form import ORDERS
from nnrnn_core.matrices import FreeMatrix

# --- the parts


@sampled(seed=seeds, size=st.integers(1, 12), real=st.booleans())
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
        assert np.array_equal(block_rows(Lambda), np.flatnonzero(np.diag(Lambda, 1)))


def test_a_schur_matrix_gives_its_own_parts(generator):
    V = nnrnn_matrix(8, 1.0, generator)
    P, Lambda, T = schur_parts(V)
    assert np.array_equal(P, V.P.detach().numpy())
    assert np.array_equal(Lambda + T, V.schur_form().detach().numpy())
    assert np.isclose(np.linalg.norm(T), henrici(V))


@sampled(seeds)
def test_what_is_a_lower_schur_form_already_is_taken_apart_as_it_stands(seed):
    V = np.random.default_rng(seed).standard_normal((7, 7))
    for form in (np.tril(V), sum(schur_parts(V)[1:])):
        P, Lambda, T = schur_parts(form)
        assert np.array_equal(P, np.eye(7))
        assert np.array_equal(Lambda + T, form)


def test_an_upper_shear_is_no_lower_schur_form():
    P, Lambda, T = schur_parts(np.array([[0.9, 2.0], [0.0, 0.8]]))
    assert np.allclose(np.sort(np.diag(Lambda)), [0.8, 0.9]) and not np.triu(Lambda, 1).any()
    assert abs(T[1, 0]) == pytest.approx(2)
    assert np.allclose(P @ (Lambda + T) @ P.T, [[0.9, 2.0], [0.0, 0.8]])


# --- the departure from normality


@sampled(seeds)
def test_henricis_number_is_what_the_eigenvalues_leave_of_the_norm(seed):
    V = np.random.default_rng(seed).standard_normal((8, 8))
    left = np.linalg.norm(V) ** 2 - np.sum(np.abs(np.linalg.eigvals(V)) ** 2)
    below, inside = departure_parts(V)
    assert henrici(V) == pytest.approx(math.sqrt(left), rel=1e-9)
    assert math.hypot(below, inside) == henrici(V)
    assert below == pytest.approx(np.linalg.norm(schur_parts(V).feed_forward), rel=1e-14)
    assert np.isclose(np.linalg.norm(np.tril(as_schur(V)[1], -1)), henrici(V), rtol=1e-10)


def test_henricis_number_of_a_schur_matrix_is_the_norm_of_s_t(generator):
    V = nnrnn_matrix(16, 3.0, generator)
    V.scale.fill_(0.7)
    assert henrici(V) == pytest.approx(0.7 * float(V.T.detach().norm()), rel=1e-12)
    V.scale.fill_(0.0)
    assert departure_parts(V) == (0, 0)


@sampled(st.floats(0, 2 * math.pi), st.floats(0.1, 2), st.floats(-3, 3))
def test_with_the_entry_mask_a_block_departs_by_the_formula_of_its_eigenvalues(theta, gamma, t):
    V = SchurMatrix(2, dtype=torch.float64, mask="entry")
    with torch.no_grad():
        V.theta.fill_(theta)
        V.gamma.fill_(gamma)
    V.set_T([[0, 0], [t, 0]])
    block = V.schur_form().detach().numpy()
    left = np.linalg.norm(block) ** 2 - np.sum(np.abs(V.eigenvalues().numpy()) ** 2)
    assert henrici(V) ** 2 == pytest.approx(left, abs=1e-12)


@pytest.mark.parametrize("t", [1e-3, 1e-8, 1e-13])
def test_with_the_entry_mask_a_nearly_normal_matrix_departs_by_the_norm_of_its_tiny_t(generator, t):
    """√(‖V‖² − Σ|λ|²) would lose it below 1e-8: the squares add to about 1e-17 of the norm's."""
    V = SchurMatrix(12, "random", generator, dtype=torch.float64, mask="entry")
    T = t * np.tri(12, k=-1) / math.sqrt(66)  # norm t; of complex pairs the departure is ‖T‖ exactly
    with torch.no_grad():
        V.theta.uniform_(0.3, 2.8, generator=generator)
    V.set_T(T)
    assert henrici(V) == pytest.approx(t, rel=max(1e-12, 1e-15 / t))


@pytest.mark.parametrize("size", [5, 100])
def test_a_normal_matrix_departs_from_normality_by_nothing_but_rounding(size, seed):
    Q = orthogonal(size, np.random.default_rng(seed))
    assert henrici(Q) < 1e-14 * size
    free = FreeMatrix(size, dtype=torch.float64)
    with torch.no_grad():
        free.entries.copy_(torch.from_numpy(Q))
    assert free.departure() == henrici(Q)
    assert henrici(normal(8, 0.9, np.random.default_rng(seed))) < 1e-13
    assert henrici(np.diag([1.0, 2.0])) == henrici(np.zeros((3, 3)), relative=True) == 0


@sampled(seeds, st.sampled_from([1e-200, 1e-3, 1e200]))
def test_the_relative_departure_lies_between_zero_and_one_and_ignores_the_scale(seed, scale):
    V = np.random.default_rng(seed).standard_normal((6, 6))
    assert 0 < henrici(V, relative=True) < 1
    assert np.isclose(henrici(V, relative=True), henrici(scale * V, relative=True), rtol=1e-10)
    assert np.isclose(henrici(np.eye(9, k=-1), relative=True), 1)


def test_henricis_number_of_the_papers_chain_is_alpha_times_the_root_of_its_links():
    for alpha in (0.95, 1.0, 1.05):
        assert henrici(0.2 * np.eye(100) + alpha * np.eye(100, k=-1)) == pytest.approx(alpha * math.sqrt(99), rel=1e-14)


# --- other orders


@sampled(seeds, st.integers(2, 11), st.sampled_from(ORDERS[1:]))
def test_another_order_is_another_form_of_the_same_matrix_with_the_same_departure(seed, size, order):
    V = np.random.default_rng(seed).standard_normal((size, size))
    P, Lambda, T = schur_parts(V)
    Q, form = reordered(P, Lambda + T, order)
    assert np.allclose(Q @ form @ Q.T, V, atol=1e-11)
    assert not np.triu(form, 2).any()
    assert henrici(form) == pytest.approx(henrici(V), rel=1e-10)
    assert np.allclose(np.sort_complex(eigenvalues(form).round(6)), np.sort_complex(eigenvalues(V).round(6)), atol=1e-5)
    real = np.diag(form) * (1 if order == ORDERS[1] else -1)
    assert (np.diff(real) <= 1e-9).all()


def test_an_unknown_order_is_refused_and_lists_the_orders():
    with pytest.raises(ValueError, match="order must be one of as computed, largest real part first"):
        reordered(np.eye(2), np.eye(2), "sorted")
