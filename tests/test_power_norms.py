"""Norms of powers between two bounds: right where they are given, and not given where the bounds do not meet."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnrnn_core import dynamics
from nnrnn_core.dynamics.growth import LEAST_SIZE, transient_growth
from nnrnn_core.dynamics.power_norms import power_norms
from oracles import direct_growth

DIFFERENT = [
    "dense_delay_line",
    "feed_forward_layers",
    "grcar",
    "kahan",
    "random",
    "symmetric_random",
    "nnrnn",
    "table6",
]


@pytest.mark.parametrize("name", DIFFERENT)
def test_growth_is_the_largest_singular_value_where_rounding_lets_a_power_be_known(name: str):
    V = np.asarray(dynamics.gallery[name](size=50))
    exact = direct_growth(V, 70)
    # rounding in V^a V^b is of the size of ε ‖V^a‖ ‖V^b‖
    known = np.array([(exact[: k + 1] * exact[k::-1]).max() <= 1e4 * exact[k] for k in range(71)])
    assert known[:2].all()
    for norms in (power_norms(V, 70), transient_growth(V, 70)):
        given = known & np.isfinite(norms)
        assert np.allclose(norms[given], exact[given], rtol=1e-10)


def test_the_bounds_meet_at_almost_all_powers_of_a_matrix_whose_powers_become_thin():
    for name in ("random", "nnrnn", "grcar"):
        assert np.isnan(power_norms(dynamics.gallery[name](size=64), 200)).sum() <= 25


def test_of_an_orthogonal_matrix_no_norm_is_given_and_its_growth_is_one(generator: torch.Generator):
    Q = np.linalg.qr(torch.randn(40, 40, generator=generator, dtype=torch.float64).numpy())[0]
    assert np.isnan(power_norms(Q, 30)).all()
    assert np.allclose(transient_growth(Q, 30), 1, rtol=1e-12)


def test_a_larger_direction_that_takes_over_at_one_power_is_not_missed():
    """Two blocks: the one leads by its transient at first, the other by its eigenvalue later."""
    V = 0.3 * np.eye(LEAST_SIZE)
    V[1, 0], V[2, 2] = 5.0, 0.9
    exact = direct_growth(V, 60)
    assert np.allclose(transient_growth(V, 60), exact, rtol=1e-10)
    assert exact[60] == pytest.approx(0.9**60)


@pytest.mark.parametrize("scale", [1e-90, 1e120])
def test_no_norm_is_given_out_of_range_and_growth_is_right_all_the_same(scale: float, generator: torch.Generator):
    V = scale * torch.randn(40, 40, generator=generator, dtype=torch.float64).numpy()
    with np.errstate(over="ignore"):
        expected = scale ** np.arange(5.0)
    growth = transient_growth(V, 4) / transient_growth(V / scale, 4)
    fits = np.isfinite(expected) & (expected > 1e-280)
    assert np.allclose(growth[fits], expected[fits], rtol=1e-9)
    assert not np.isnan(growth).any()


def test_powers_that_are_zero_have_norm_zero():
    growth = transient_growth(np.eye(40, k=-1), 60)
    assert np.allclose(growth, np.arange(61) < 40, atol=1e-14)
