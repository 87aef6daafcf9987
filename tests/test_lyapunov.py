"""Theorems of Lyapunov exponents, and the Jacobians of a network."""

import itertools
import math

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import strategies as st

from matrices import orthogonal, sampled, seeds
from nnrnn_core.dynamics.lyapunov import jacobians, lyapunov_exponents
from nnrnn_core.matrices import SchurMatrix
from nnrnn_core.network import EURNN, LRU, NNRNN, FreeRNN
from oracles import as_installed


def nnrnn_matrix(size: int, generator: torch.Generator) -> SchurMatrix:
    V = SchurMatrix(size, "random", generator, dtype=torch.float64)
    with torch.no_grad():
        V.gamma.copy_(torch.linspace(0.6, 1.05, size // 2))
        V.T_entries.normal_(0, 0.1, generator=generator)
    return V


def test_a_constant_normal_matrix_has_the_logarithms_of_its_eigenvalues(seed):
    rng = np.random.default_rng(seed)
    gamma, theta = np.array([1.1, 0.9, 0.5]), rng.uniform(0, 2 * np.pi, 3)
    blocks = [
        g * np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]) for g, t in zip(gamma, theta, strict=True)
    ]
    Q = orthogonal(6, rng)
    V = Q @ scipy.linalg.block_diag(*blocks) @ Q.T
    expected = np.repeat(np.log(gamma), 2)
    # what the first steps spend on turning is of the order 1/T; after them nothing is left of it
    assert np.allclose(lyapunov_exponents(itertools.repeat(V, 1000)), expected, atol=1e-2)
    assert np.allclose(lyapunov_exponents(itertools.repeat(V, 1000), warmup=300), expected, atol=1e-10)


@sampled(seeds, st.integers(1, 12))
def test_all_exponents_sum_to_the_mean_logarithm_of_the_determinants(seed, steps):
    J = np.random.default_rng(seed).standard_normal((steps, 5, 5))
    mean = np.linalg.slogdet(J)[1].mean()
    assert lyapunov_exponents(J).sum() == pytest.approx(mean, abs=1e-9)


@sampled(seeds)
def test_orthogonal_jacobians_have_exponents_zero(seed):
    rng = np.random.default_rng(seed)
    J = np.stack([orthogonal(6, rng) for _ in range(20)])
    assert np.allclose(lyapunov_exponents(J), 0, atol=1e-13)


def test_a_common_factor_adds_its_logarithm_to_every_exponent(seed):
    J = np.random.default_rng(seed).standard_normal((50, 4, 4))
    plain = lyapunov_exponents(J)
    assert np.allclose(lyapunov_exponents(3 * J), plain + math.log(3), atol=1e-12)
    assert np.allclose(lyapunov_exponents(1e300 * J), plain + 300 * math.log(10), atol=1e-9)


def test_a_diagonal_system_shows_its_largest_rates_first():
    V = np.diag([0.5, 0.9, 0.7])
    assert np.allclose(lyapunov_exponents([V] * 400, warmup=200), np.log([0.9, 0.7, 0.5]), atol=1e-10)
    assert np.allclose(lyapunov_exponents([V] * 400, count=1, warmup=200), np.log([0.9]), atol=1e-10)


def test_the_first_exponents_do_not_depend_on_how_many_are_asked_for(seed):
    J = np.random.default_rng(seed).standard_normal((600, 6, 6))
    exponents = lyapunov_exponents(J, warmup=100)
    assert np.all(np.diff(exponents) <= 0)
    assert np.allclose(lyapunov_exponents(J, 2, warmup=100), exponents[:2], atol=1e-9)


def test_the_largest_exponent_is_the_rate_at_which_the_product_grows(seed):
    J = np.random.default_rng(seed).standard_normal((400, 5, 5))
    total, product = 0.0, np.eye(5)
    for step in J:
        product = step @ product
        size = np.linalg.norm(product, 2)
        total, product = total + math.log(size), product / size
    assert lyapunov_exponents(J, 1)[0] == pytest.approx(total / 400, abs=0.02)


def test_exponents_are_blind_to_the_transient_that_growth_sees():
    chain = np.diag(np.full(5, 0.9)) + 3 * np.eye(5, k=-1)
    late = lyapunov_exponents(itertools.repeat(chain, 2000), warmup=1000)
    assert np.allclose(late, math.log(0.9), atol=1e-2)
    assert lyapunov_exponents([chain] * 5, 1)[0] > 0.5  # over a finite time they are not


def test_a_lost_direction_has_exponent_minus_infinity():
    for count in (1, 2):
        assert np.all(lyapunov_exponents(np.zeros((3, 2, 2)), count) == -np.inf)
    nilpotent = np.eye(5, k=-1)
    Q = orthogonal(5, np.random.default_rng(0))
    for V in (nilpotent, Q @ nilpotent @ Q.T):  # where rounding would leave 10⁻¹⁶, and find it again in every step
        assert np.all(lyapunov_exponents(itertools.repeat(V, 200), warmup=100) == -np.inf)
    half = lyapunov_exponents(itertools.repeat(Q @ np.diag([2, 2, 2, 0, 0]) @ Q.T, 50))
    assert np.allclose(half[:3], math.log(2)) and np.all(half[3:] == -np.inf)


def test_every_kind_of_jacobian_gives_the_same_exponents(generator):
    V = nnrnn_matrix(6, generator)
    dense = V().detach()
    expected = lyapunov_exponents([dense] * 50)
    assert expected.sum() == pytest.approx(2 * np.log(V.gamma.detach().numpy()).sum(), abs=1e-10)
    for given in (
        np.stack([dense.numpy()] * 50),
        torch.stack([V()] * 50),
        itertools.repeat(dense.numpy(), 50),
        (V() for _ in range(50)),
        [dense.tolist()] * 50,
        itertools.repeat(V, 50),
    ):
        assert np.allclose(lyapunov_exponents(given), expected, atol=1e-12)


# --- the Jacobians of a network


@pytest.mark.parametrize(
    ("kind", "nonlinearity"),
    [
        (NNRNN, "modrelu"),
        (FreeRNN, "tanh"),
        (NNRNN, "relu"),
        (FreeRNN, "identity"),
        (EURNN, "modrelu"),
        (EURNN, "tanh"),
        (LRU, "identity"),
    ],
)
def test_the_jacobians_of_a_network_are_its_derivatives(generator, kind, nonlinearity):
    network = kind(3, 8, nonlinearity=nonlinearity, generator=generator, dtype=torch.float64)
    x = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    h = torch.randn(1, 8, generator=generator, dtype=torch.float64)
    found = list(jacobians(network, x, h))
    assert len(found) == 5
    for t in range(5):
        by_autograd = torch.autograd.functional.jacobian(lambda state, t=t: network(x[t : t + 1], state)[1][0], h)
        assert np.allclose(found[t], by_autograd[:, 0].numpy(), atol=1e-13)
        h = network(x[t : t + 1], h)[1].detach()


def test_a_linear_nnrnn_has_the_logarithms_of_its_gammas(generator):
    network = NNRNN(2, 6, nonlinearity="identity", init="random", generator=generator, dtype=torch.float64)
    with torch.no_grad():
        network.V.gamma.copy_(torch.tensor([1.0, 0.8, 0.5]))
        network.V.T_entries.normal_(0, 0.3, generator=generator)
    exponents = lyapunov_exponents(jacobians(network, torch.zeros(600, 2, dtype=torch.float64)), warmup=300)
    # T turns the circle of each plane into an ellipse, so that only the area grows evenly
    assert np.allclose(exponents.reshape(3, 2).mean(axis=1), np.log([1, 0.8, 0.5]), atol=1e-10)
    assert np.allclose(exponents, np.log([1, 1, 0.8, 0.8, 0.5, 0.5]), atol=2e-3)


def test_saturation_lowers_the_exponents_of_a_tanh_network(generator):
    network = FreeRNN(1, 10, generator=generator)
    still, driven = (lyapunov_exponents(jacobians(network, drive * torch.ones(50, 1))) for drive in (0.0, 3.0))
    assert driven.sum() < still.sum()


# --- refusals


def test_what_has_no_exponents_is_refused():
    for given, options, message in (
        (np.eye(3), {}, "steps, n, n"),
        (torch.eye(3), {}, "steps, n, n"),
        (3.0, {}, "iterable"),
        ([], {}, "more steps"),
        ([np.eye(2)] * 3, {"warmup": 3}, "more steps"),
        ([np.eye(2)] * 3, {"warmup": -1}, "warmup"),
        ([np.eye(2), np.eye(3)], {}, "one size"),
        ([np.ones((2, 3))], {}, "square"),
        ([np.full((2, 2), np.nan)], {}, "finite"),
        ([np.eye(2)], {"count": 3}, "at most"),
        ([np.eye(2)], {"count": 0}, "count"),
    ):
        with as_installed(), pytest.raises(ValueError, match=message):
            lyapunov_exponents(given, **options)


def test_a_batch_has_no_single_trajectory():
    with pytest.raises(ValueError, match="one sequence"):
        jacobians(FreeRNN(1, 4), torch.zeros(5, 2, 1))
