"""The Kreiss constant: a lower and an upper bound that meet, and that no narrow peak slips through."""

import math

import numpy as np
import pytest
from hypothesis import strategies as st

from matrices import normal, orthogonal, sampled, seeds
from nnrnn_core.dynamics import (
    exponential_growth,
    gallery,
    kreiss_bounds,
    kreiss_constant,
    spectral_abscissa,
    spectral_radius,
    transient_growth,
)
from oracles import as_installed, direct_levels

pytestmark = pytest.mark.as_installed


def narrow_peak() -> np.ndarray:
    """Two pairs of eigenvalues at e^{±i}, 10⁻⁴ inside the circle and coupled, beside a broad peak at e^{±0.3i}."""
    V = np.zeros((8, 8))
    for i, (theta, gamma) in enumerate(((1, 1 - 1e-4), (1, 1 - 1e-4), (0.3, 0.5), (0.3, 0.5))):
        turn = np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])
        V[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = gamma * turn
    V[2, 0] = V[3, 1] = 0.04
    V[6, 4] = V[7, 5] = 3
    return V


def drawn(seed: int, kind: str, size: int) -> np.ndarray:
    """Stable in discrete time, with the spectral radius anywhere from 0.5 to 1 − 10⁻⁴."""
    rng = np.random.default_rng(seed)
    V = rng.standard_normal((size, size)) + (1j * rng.standard_normal((size, size)) if kind == "complex" else 0)
    if kind == "feed-forward":
        return np.tril(V, -1) * 10 ** rng.uniform(-1, 1) + np.diag(rng.uniform(-0.99, 0.99, size))
    return V * (1 - 10 ** rng.uniform(-4, -0.3)) / spectral_radius(V)


def scanned(V: np.ndarray, time: str = "discrete") -> float:
    """The largest value on a fine grid, refined at the eigenvalues' own angles or heights."""
    values, distance = np.linalg.eigvals(V), np.geomspace(1e-6, 30, 150)[:, None]
    if time == "discrete":
        places = np.concatenate([np.linspace(0, 2 * np.pi, 150), np.angle(values)])
        z = (1 + distance) * np.exp(1j * places)
    else:
        places = np.concatenate([np.linspace(-5, 5, 150), values.imag])
        z = distance + 1j * places
    return max(1.0, float((distance / direct_levels(V, z)).max()))


def test_a_peak_of_a_ten_thousandth_of_the_circle_is_found():
    V, z = narrow_peak(), (1 + 1e-4) * np.exp(1j)
    found = kreiss_bounds(V)
    assert found.above >= 1e-4 / direct_levels(V, np.array([z]))[0] > 99.99
    assert found.certified
    assert found.value <= found.above <= found.value * (1 + 1e-6)
    assert transient_growth(V, 40_000).max() <= math.e * 8 * found.value


@sampled(seeds, st.sampled_from(["real", "complex", "feed-forward"]), st.integers(2, 5), examples=3)
def test_no_point_of_a_fine_grid_lies_above_and_the_value_is_attained(seed, kind, size):
    V = drawn(seed, kind, size)
    found = kreiss_bounds(V)
    assert scanned(V) <= found.above * (1 + 1e-9)
    assert scanned(V) >= found.value * 0.9, "the grid is fine enough to come near"
    if math.isfinite(abs(found.at)):
        assert np.isclose((abs(found.at) - 1) / direct_levels(V, np.array([found.at]))[0], found.value, rtol=1e-7)
    assert found.above <= found.value * (1 + 1e-4)


@sampled(seeds, st.sampled_from(["real", "complex"]), st.integers(2, 5), examples=3)
def test_in_continuous_time_neither(seed, kind, size):
    A = drawn(seed, kind, size)
    A = A - (spectral_abscissa(A) + 0.1) * np.eye(size)
    found = kreiss_bounds(A, "continuous")
    assert scanned(A, "continuous") <= found.above * (1 + 1e-9)
    if math.isfinite(abs(found.at)):
        assert np.isclose(found.at.real / direct_levels(A, np.array([found.at]))[0], found.value, rtol=1e-7)


@sampled(seeds, st.floats(1.01, 20), examples=3)
def test_the_constants_of_two_blocks_are_the_larger_of_their_constants(seed, shear):
    V, W = drawn(seed, "real", 3), np.array([[0.5, 0.0], [shear, 0.5]])
    both = np.block([[V, np.zeros((3, 2))], [np.zeros((2, 3)), W]])
    assert np.isclose(kreiss_constant(both), max(kreiss_constant(V), kreiss_constant(W)), rtol=3e-6)


def test_the_constant_of_a_shear_in_continuous_time_is_its_closed_form():
    # σ_min(x − A) of [[0, 0], [c, 0]] − 1: with x + 1 = y, 1/σ = (c + √(c² + 4y²))/(2y²)
    c, x = 7.0, np.geomspace(1e-3, 1e3, 2_000_001)
    y = x + 1
    expected = (x * (c + np.sqrt(c * c + 4 * y * y)) / (2 * y * y)).max()
    assert np.isclose(kreiss_constant([[-1, 0], [c, -1]], "continuous"), expected, rtol=2e-6)


@sampled(seeds, examples=1)
def test_what_stays_on_the_circle_has_constant_one_or_the_norm_of_its_projector(seed):
    rng = np.random.default_rng(seed)
    assert kreiss_bounds(orthogonal(5, rng)) == (1.0, 1.0, math.inf, True)
    skew = rng.standard_normal((4, 4))
    assert kreiss_bounds(skew - skew.T, "continuous") == (1.0, 1.0, math.inf, True)
    c = rng.uniform(1, 9)  # V^k tends to the projector [[1, 0], [2c, 0]]
    found = kreiss_bounds([[1, 0], [c, 0.5]])
    assert np.isclose(found.value, math.hypot(1, 2 * c), rtol=1e-6)
    assert not found.certified
    assert found.above == math.inf, "nothing is proven there"


def test_without_a_bound_there_is_no_constant():
    for V in ([[1, 0], [1, 1]], np.array([[np.exp(1j), 0], [0.1, np.exp(1j)]])):
        assert kreiss_constant(V) == math.inf
    assert kreiss_constant([[0, 0], [1, 0]], "continuous") == math.inf
    assert kreiss_bounds([[1.01, 0], [0, 0.5]]).certified


def test_a_spent_budget_leaves_bounds_that_hold_and_says_so():
    V = np.asarray(gallery["grcar"](size=12))
    whole, cut = kreiss_bounds(V), kreiss_bounds(V, budget=4)
    assert whole.certified
    assert not cut.certified
    assert cut.value <= whole.value * (1 + 1e-9)
    assert whole.above <= cut.above


def test_levels_lost_in_rounding_are_not_called_proven():
    assert not kreiss_bounds(gallery["grcar"](size=100)).certified


@sampled(seeds, examples=2)
def test_the_constant_of_a_normal_matrix_is_proven_to_be_one(seed):
    V = normal(6, 0.999, np.random.default_rng(seed))
    assert kreiss_bounds(V) == (1.0, 1.0, math.inf, True)
    assert exponential_growth(V - np.eye(6), [0.0, 1.0]).max() == 1


def test_bad_tolerances_and_budgets_are_refused():
    with as_installed():
        for options in ({"tolerance": 0.0}, {"tolerance": 1.0}, {"budget": 0}, {"time": "weekly"}):
            with pytest.raises(ValueError, match="|".join(options)):
                kreiss_bounds(np.eye(2), **options)


@pytest.mark.parametrize(
    "V",
    [
        [[0, 0, 0, 2.0**-11], [0, 0, 0.25, 0], [0.5, 0, 0, 0], [0, 16384, 0, 0]],
        [[0, 1e-5, 0], [0, 0, 1], [1e5, 0, 0]],
        [[0, 2.0**-17, 0], [0, 0, 1], [2.0**17, 0, 0]],
        [[0, 100], [0.01, 0]],
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_the_constant_of_a_matrix_that_comes_back_is_no_more_than_the_largest_of_its_powers(V, turned):
    """A permutation, its units of different size: some V^m is I, and K ≤ sup ‖V^k‖ whatever rounding does."""
    V = np.array(V)
    largest = max(np.linalg.norm(np.linalg.matrix_power(V, k), 2) for k in range(12))
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal(V.shape))[0]
    found = kreiss_bounds(Q @ V @ Q.T if turned else V)
    assert 1 <= found.value <= largest * (1 + 1e-6)
    assert not found.certified or found.above >= found.value


def test_the_constant_does_not_depend_on_the_unit_of_time_however_small_it_is():
    A = np.array([[-1.0, 0.0], [9.0, -2.0]])
    small, usual = kreiss_bounds(1e-310 * A, "continuous"), kreiss_bounds(A, "continuous")
    assert small.certified
    assert small.value == pytest.approx(usual.value, rel=1e-6)
