"""Theorems of products of Jacobians, and a driven network without torch beside the one of torch."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from matrices import nnrnn_matrix, orthogonal, sampled, seeds
from nnrnn_core import dynamics
from nnrnn_core.activations import NONLINEARITIES
from nnrnn_core.network import FreeRNN
from oracles import as_installed

# --- singular values of a product


def directly(J: np.ndarray) -> np.ndarray:
    """Of the product itself, while float64 holds it."""
    product, found = np.eye(J.shape[1]), [np.zeros(J.shape[1])]
    for step in J:
        product = step @ product
        found.append(np.log(np.linalg.svd(product, compute_uv=False)))
    return np.stack(found)


@sampled(seeds, st.integers(1, 8), st.booleans())
def test_they_are_those_of_the_product(seed: int, steps: int, is_complex: bool):
    rng = np.random.default_rng(seed)
    J = rng.standard_normal((steps, 4, 4)) + 1j * is_complex * rng.standard_normal((steps, 4, 4))
    found = dynamics.log_singular_values(J)
    assert np.allclose(found, directly(J), atol=1e-6)
    assert np.allclose(dynamics.log_singular_values(J, at=[0, steps]), found[[0, -1]])


@sampled(seeds)
def test_backward_in_time_they_are_the_same_for_the_whole_product(seed: int):
    J = np.random.default_rng(seed).standard_normal((30, 5, 5))
    back = J[::-1].swapaxes(1, 2)
    whole = dynamics.log_singular_values(J, at=[30])
    assert np.allclose(dynamics.log_singular_values(back, at=[30]), whole, atol=1e-8)


@sampled(seeds, st.integers(1, 200))
def test_their_logarithms_sum_to_those_of_the_determinants_however_long_the_product(seed: int, steps: int):
    J = np.random.default_rng(seed).standard_normal((steps, 6, 6))
    total = np.linalg.slogdet(J)[1].sum()
    assert dynamics.log_singular_values(J, at=[steps]).sum() == pytest.approx(total, abs=1e-6)


def test_a_spread_of_a_hundred_decades_is_resolved():
    Q, W = (orthogonal(4, np.random.default_rng(i)) for i in range(2))
    D = np.diag([10.0, 1.0, 0.1, 0.01])
    J = [D @ W.T] + [W @ D @ W.T] * 48 + [Q @ D @ W.T]  # not commuting at its ends
    found = dynamics.log_singular_values(J, at=[50])[0] / math.log(10)
    assert found.sum() == pytest.approx(-100, abs=1e-9)
    assert found[0] - found[-1] > 140


def test_what_is_lost_is_minus_infinity_and_not_what_rounding_leaves():
    chain = dynamics.gallery["dense_delay_line"](size=12)
    found = dynamics.log_singular_values(itertools.repeat(chain, 14))
    for k, row in enumerate(found):
        assert np.allclose(row[: max(12 - k, 0)], 0, atol=1e-9)
        assert np.all(row[max(12 - k, 0) :] == -np.inf)
    assert np.all(dynamics.log_singular_values(np.zeros((2, 3, 3)), at=[1, 2]) == -np.inf)
    first_column_zero = dynamics.log_singular_values([[[0.0, 2.0], [0.0, 0.0]]], at=[1])
    assert np.allclose(first_column_zero, [[math.log(2), -np.inf]])


def test_a_common_factor_adds_its_logarithm_even_beyond_float64(seed):
    J = np.random.default_rng(seed).standard_normal((20, 4, 4))
    plain = dynamics.log_singular_values(J, at=[20])
    assert np.allclose(dynamics.log_singular_values(1e300 * J, at=[20]), plain + 6000 * math.log(10), rtol=1e-12)


@sampled(seeds, examples=4)
def test_the_kth_roots_tend_to_the_moduli_of_the_eigenvalues(seed: int):
    """Yamamoto (1967), for any V; here with moduli apart, so that 200 steps are enough."""
    rng = np.random.default_rng(seed)
    V = np.diag([1.1, 0.8, 0.5]) + np.tril(rng.standard_normal((3, 3)), -1)
    Q = orthogonal(3, rng)
    steps = np.broadcast_to(Q @ V @ Q.T, (400, 3, 3))
    finite = dynamics.log_singular_values(steps, at=[400])[0] / 400
    assert np.allclose(finite, np.log([1.1, 0.8, 0.5]), atol=0.02)


def test_matrices_that_hold_their_schur_form_are_taken(generator):
    V = nnrnn_matrix(6, 1.0, generator)
    dense = V().detach().numpy()
    found = dynamics.log_singular_values(itertools.repeat(V, 9))
    assert np.allclose(found, dynamics.log_singular_values(np.stack([dense] * 9)), atol=1e-10)
    assert np.allclose(np.exp(found[:, 0]), dynamics.transient_growth(V, 9))


def test_what_has_no_singular_values_is_refused():
    for given, at, message in (
        (np.eye(3), None, "steps, n, n"),
        (3.0, None, "iterable"),
        ([], None, "at least one"),
        ([np.eye(2), np.eye(3)], None, "one size"),
        ([np.full((2, 2), np.nan)], None, "finite"),
        ([np.eye(2)], [2], "up to the 1 steps; got 2"),
        ([np.eye(2)], [-1], "at must be"),
    ):
        with as_installed(), pytest.raises(ValueError, match=message):
            dynamics.log_singular_values(given, at)


# --- a driven network without torch


@pytest.mark.parametrize("nonlinearity", sorted(set(NONLINEARITIES) - {"complex-modrelu"}))
def test_states_and_jacobians_are_those_of_the_network_of_torch(generator, nonlinearity):
    network = FreeRNN(3, 8, nonlinearity=nonlinearity, generator=generator, dtype=torch.float64)
    bias = -0.2
    with torch.no_grad():
        network.layers[0].bias.fill_(bias)
    x = torch.randn(7, 3, generator=generator, dtype=torch.float64)
    h = torch.randn(8, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        V, drive = network.V(), x @ network.layers[0].U.T
        states = network(x, h[None])[0]
    path = dynamics.trajectory(V, drive, nonlinearity, bias, h)
    assert np.allclose(path.states, np.vstack([h.numpy(), states.numpy()]))
    expected = list(dynamics.jacobians(network, x, h[None]))
    assert np.allclose(path.slopes[:, :, None] * V.detach().numpy(), expected)


def test_a_bad_trajectory_is_refused():
    V, drive = 0.5 * np.eye(2), np.ones((3, 2))
    for arguments, message in (
        ((V, np.ones((3, 3))), r"\(steps, 2\)"),
        ((V, np.ones(3)), r"\(steps, 2\)"),
        ((V, 1j * drive), r"real"),
        ((1j * V, drive), "V must be real"),
        ((V, drive, "sigmoid"), "nonlinearity must be one of identity, tanh, relu, modrelu; got 'sigmoid'"),
        ((V, drive, "tanh", np.nan), "bias must be"),
        ((V, drive, "tanh", 0.0, [1.0]), "h_0 must be"),
        ((1e200 * V, 1e100 * drive, "relu"), "leave float64 at step 3"),
    ):
        with as_installed(), pytest.raises(ValueError, match=message):
            dynamics.trajectory(*arguments)
