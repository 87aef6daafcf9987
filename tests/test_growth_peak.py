"""The peak of growth, proven: closed forms, brute force, and what cannot be decided is not called so."""

import math

import numpy as np
import pytest
import scipy.linalg
from hypothesis import strategies as st

from matrices import orthogonal, sampled, seeds
from nnrnn_core.dynamics import (
    exponential_growth,
    gallery,
    growth_peak,
    growth_peak_slices,
    spectral_abscissa,
    spectral_radius,
)
from nnrnn_core.dynamics import transient_growth as growth
from oracles import as_installed

pytestmark = pytest.mark.as_installed
GALLERY5 = [
    [-9, 11, -21, 63, -252],
    [70, -69, 141, -421, 1684],
    [-575, 575, -1149, 3451, -13801],
    [3891, -3891, 7782, -23345, 93365],
    [1024, -1024, 2048, -6144, 24572],
]  # fifth power 0


def slow_rotation() -> np.ndarray:
    """A rotation by 0.01 a step, seen askew, that fades by 0.9995; beside it a shear that is over after ten steps."""
    c, s = 0.9995 * math.cos(0.01), 0.9995 * math.sin(0.01)
    return scipy.linalg.block_diag([[c, -30 * s], [s / 30, c]], [[0.3, 0], [2, 0.3]])


def two_peaks() -> np.ndarray:
    """‖V^k‖ peaks near k = 10, then at k = 398, higher."""
    return scipy.linalg.block_diag([[0.9, 0], [1.0, 0.9]], [[0.9975, 0], [0.05, 0.9975]])


@pytest.mark.parametrize(("V", "horizon"), [(slow_rotation(), 1500), (two_peaks(), 1500)])
def test_a_late_peak_is_found_and_proven(V, horizon):
    curve, found = growth(V, horizon), growth_peak(V)
    assert found.proven
    assert found.at == curve.argmax() > 100
    assert np.isclose(found.value, curve.max(), rtol=1e-9)


def test_the_second_peak_of_two_is_higher_and_the_first_is_a_peak():
    curve = growth(two_peaks(), 500)
    first = int(curve[:40].argmax())
    assert 5 < first < 20
    assert curve[first] > curve[first + 10]
    assert growth_peak(two_peaks()).at > 300


@sampled(seeds, st.integers(1, 6), st.booleans(), examples=4)
def test_the_peak_is_that_of_all_powers(seed, size, is_complex):
    rng = np.random.default_rng(seed)
    V = rng.standard_normal((size, size)) + (1j * rng.standard_normal((size, size)) if is_complex else 0)
    V = V * (1 - 10 ** rng.uniform(-2, -0.3)) / spectral_radius(V)
    curve, found = growth(V, 600), growth_peak(V)
    assert found.proven
    assert curve.max() <= found.above * (1 + 1e-9)
    assert found.above <= found.value * (1 + 1e-6)
    assert np.isclose(curve[int(found.at)], found.value, rtol=1e-9)


@sampled(seeds, st.integers(1, 5), examples=3)
def test_the_peak_in_continuous_time_is_that_of_a_fine_grid(seed, size):
    A = np.random.default_rng(seed).standard_normal((size, size))
    A = A - (spectral_abscissa(A) + 0.1) * np.eye(size)
    found = growth_peak(A, "continuous")
    assert found.proven
    assert exponential_growth(A, np.linspace(0, 30, 601)).max() <= found.above * (1 + 1e-9)
    assert np.isclose(exponential_growth(A, [found.at])[0], found.value, rtol=1e-9)


def test_the_peak_of_a_shear_in_continuous_time_is_where_its_derivative_is_zero():
    # ‖e^{−t}[[1, 0], [ct, 1]]‖ = e^{−t}(x + √(1 + x²)), x = ct/2, whose derivative is 0 at x² = c²/4 − 1
    c = 10.0
    x = math.sqrt(c * c / 4 - 1)
    found = growth_peak([[-1, 0], [c, -1]], "continuous")
    assert found.proven
    assert np.isclose(found.value, math.exp(-2 * x / c) * (x + math.sqrt(1 + x * x)), rtol=1e-6)
    assert np.isclose(found.at, 2 * x / c, rtol=2e-3)


@sampled(seeds, examples=4)
def test_what_never_grows_has_its_peak_at_the_start(seed):
    rng = np.random.default_rng(seed)
    Q, skew = orthogonal(6, rng), rng.standard_normal((6, 6))
    for V, time in ((Q, "discrete"), (0.9 * Q, "discrete"), (skew - skew.T, "continuous"), (-np.eye(2), "continuous")):
        assert growth_peak(V, time) == (1.0, 0.0, True, 1.0)


def test_growth_without_end_is_told_and_proven():
    endless = (math.inf, math.inf, True, math.inf)
    assert growth_peak([[1.001, 0], [0, 0.5]]) == endless
    assert growth_peak([[1, 0], [1, 1]]) == endless
    assert growth_peak([[0, 0], [1, 0]], "continuous") == endless
    assert growth_peak(GALLERY5, "continuous") == endless, "t⁴"
    assert growth_peak([[0.01]], "continuous") == endless
    assert growth_peak(np.eye(2)).value == 1, "an eigenvalue on the circle twice, with two eigenvectors"


def test_what_rounding_or_the_budget_leaves_open_is_not_called_proven():
    found = growth_peak(np.array(GALLERY5) / 3, "continuous")
    assert not found.proven
    assert found.above == math.inf
    assert math.isfinite(found.value)
    whole, cut = growth_peak(slow_rotation()), growth_peak(slow_rotation(), budget=3)
    assert not cut.proven
    assert cut.value <= whole.value <= cut.above


def test_a_search_that_goes_on_never_says_less_and_spends_its_budget_once():
    turn = scipy.linalg.block_diag([[1.0]], np.diag([0.9] * 5) + np.eye(5, k=-1))
    turn[1:, 0] = 3.0
    for budget in (1, 7, 40):
        slices = [*growth_peak_slices(turn, budget=budget, tolerance=1e-12)]
        values = [found.value for found in slices]
        assert values == sorted(values)
        assert len(slices) <= budget + 64, "and one for each power of two"


@pytest.mark.parametrize("name", ["shear", "gentle", "grcar", "feed_forward_layers", "jordan", "table6", "nnrnn"])
def test_the_peak_of_the_gallery_is_proven_and_that_of_the_curve(name):
    V = gallery[name]()
    found = growth_peak(V)
    assert found.proven
    assert np.isclose(found.value, growth(V, 200).max(), rtol=1e-6)


def test_bad_tolerances_and_budgets_are_refused():
    with as_installed():
        for options in ({"tolerance": 0.0}, {"budget": 0}, {"time": "weekly"}):
            with pytest.raises(ValueError, match="|".join(options)):
                growth_peak(np.eye(2), **options)


@pytest.mark.parametrize(
    ("V", "value", "at"),
    [
        (1e60 * np.eye(4, k=-1), 1e180, 3),
        (10 * np.eye(200, k=-1), 1e199, 199),
        ([[0.5, 0.0], [1e155, 0.4]], 1e155, 1),
        ([[0.5, 0.0], [1e160, 0.4]], 1e160, 1),
        # V^k has c (0.9^k − 0.8^k)/0.1 below its diagonal
        ([[0.9, 0.0], [1e154, 0.8]], 1e155 * (0.9**6 - 0.8**6), 6),
    ],
)
def test_a_peak_whose_square_leaves_float64_is_a_peak(V, value, at):
    found = growth_peak(V)
    assert found.proven
    assert found.value == pytest.approx(value, rel=1e-6)
    assert found.at == at


def test_powers_that_leave_float64_prove_nothing():
    found = growth_peak(1e200 * np.eye(4, k=-1))  # 10⁶⁰⁰ in the end
    assert not found.proven
    assert 1e200 <= found.value < np.inf
