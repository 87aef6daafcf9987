"""The parts of the nnRNN's matrix in NumPy: twins of SchurMatrix, and an entry inside a block."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrnn_core import SchurMatrix, dynamics
from nnrnn_core.dynamics.assembly import MASKS

GAMMA, THETA, T = st.floats(0.1, 1.5), st.floats(0, 2 * math.pi), st.floats(-2, 2)


def block(gamma: float, theta: float, lower: float = 0.0, upper: float = 0.0) -> np.ndarray:
    return dynamics.rotation_blocks(gamma, theta) + np.array([[0, upper], [lower, 0]])


@pytest.mark.parametrize("mask", MASKS)
def test_blocks_mask_and_eigenvalues_are_those_of_a_SchurMatrix(mask: str):
    V = SchurMatrix(8, "random", torch.Generator().manual_seed(0), dtype=torch.float64, mask=mask)
    with torch.no_grad():
        V.gamma.uniform_(0.5, 1.2, generator=torch.Generator().manual_seed(1))
        V.T_entries.normal_(0, 0.4, generator=torch.Generator().manual_seed(2))
    gamma, theta, T = V.gamma.detach().numpy(), V.theta.detach().numpy(), V.T.detach().numpy()
    assert np.array_equal(dynamics.free_entries(8, mask), T != 0)
    assert np.allclose(dynamics.rotation_blocks(gamma, theta) + T, V.schur_form().detach().numpy(), rtol=1e-15)
    values = dynamics.block_eigenvalues(gamma, theta, np.diag(T, -1)[::2])
    assert np.allclose(values, V.eigenvalues().numpy(), rtol=1e-14, atol=0)
    assert np.isclose(np.abs(values), V.gamma.detach().numpy().repeat(2)).all() == (mask == "block")


@settings(max_examples=100)
@given(GAMMA, THETA, T)
def test_the_pair_is_complex_exactly_where_the_condition_says_and_then_its_modulus_is_the_formulas(
    gamma: float, theta: float, t: float
):
    corners = gamma * math.sin(theta) * (gamma * math.sin(theta) + t)
    one, two = dynamics.block_eigenvalues(gamma, theta, t)
    if abs(corners) > 1e-12:
        assert (one.imag != 0) == (corners > 0)
        numerical = np.linalg.eigvals(block(gamma, theta, lower=t))
        assert np.allclose(np.sort_complex(numerical), np.sort_complex([one, two]), atol=1e-7)
    if corners > 0:
        assert abs(one) ** 2 == pytest.approx(gamma**2 + gamma * t * math.sin(theta), abs=1e-12)
        assert one == two.conjugate()
    if corners == 0:
        assert one == two


@settings(max_examples=50)
@given(GAMMA, THETA, T)
def test_above_the_diagonal_as_the_authors_have_it_the_sine_changes_its_sign(gamma: float, theta: float, t: float):
    assert np.allclose(block(gamma, theta, upper=t), block(gamma, -theta, lower=t).T)
    if gamma * math.sin(theta) * (gamma * math.sin(theta) - t) > 1e-9:
        numerical = np.linalg.eigvals(block(gamma, theta, upper=t))
        assert np.allclose(np.abs(numerical) ** 2, gamma**2 - gamma * t * math.sin(theta), atol=1e-9)


def test_at_the_end_of_the_condition_the_pair_is_double_and_beyond_it_two_real_numbers():
    edge = -0.9 * math.sin(0.7)
    assert np.allclose(dynamics.block_eigenvalues(0.9, 0.7, edge), 0.9 * math.cos(0.7), atol=1e-7)
    one, two = dynamics.block_eigenvalues(0.9, 0.7, 1.5 * edge)
    assert one.imag == two.imag == 0 and one.real > two.real + 0.1


def test_without_an_entry_inside_the_pair_begins_with_the_angle_itself_on_either_side():
    theta = np.array([0.0, 0.7, math.pi, 4.0, -1.0])
    values = dynamics.block_eigenvalues(0.9, theta).reshape(-1, 2)
    assert np.allclose(values[:, 0], 0.9 * np.exp(1j * theta)) and np.allclose(values[:, 1], values[:, 0].conj())


def test_the_entry_mask_has_as_many_numbers_as_a_free_matrix_and_the_block_mask_one_less_for_each_block():
    for n in (2, 6, 64):
        of_P_and_blocks = n * (n - 1) // 2 + n
        counts = [of_P_and_blocks + int(dynamics.free_entries(n, mask).sum()) for mask in ("entry", "block")]
        assert counts == [n * n, n * n - n // 2]


def test_what_does_not_fit_is_refused_in_words():
    with pytest.raises(ValueError, match="one number for each 2×2 block, or one for all; got 2 of gamma, 3 of theta"):
        dynamics.rotation_blocks([1, 1], [1, 2, 3])
    with pytest.raises(ValueError, match="inside must be a vector of real numbers"):
        dynamics.block_eigenvalues(1, [1, 2], [[0.1, 0.2]])
    with pytest.raises(ValueError, match="gamma must be a vector of real numbers"):
        dynamics.rotation_blocks("1", [1.0])
    with pytest.raises(ValueError, match="size must be a whole number"):
        dynamics.free_entries(0)
    with pytest.raises(ValueError, match="mask must be one of block, entry"):
        dynamics.free_entries(4, "upper")
