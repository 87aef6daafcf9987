"""What frames the growth of V^k: theorems, on random matrices and where a closed form is known."""

import math

import numpy as np
import pytest
from hypothesis import strategies as st

from matrices import nnrnn_matrix, normal, orthogonal, sampled, seeds
from nnrnn_core.dynamics import (
    bound_from_point,
    exponential_growth,
    growth_bounds,
    kreiss_constant,
    resolvent_level,
    spectral_abscissa,
    spectral_radius,
    transient_growth,
)
from oracles import as_installed

pytestmark = pytest.mark.as_installed


def stable(seed: int, size: int = 5, radius: float = 0.95) -> np.ndarray:
    V = np.random.default_rng(seed).standard_normal((size, size))
    return radius * V / spectral_radius(V)


@sampled(seeds, st.integers(2, 6), st.floats(0.5, 0.99), examples=6)
def test_the_peak_lies_in_the_sandwich_of_kreiss(seed, size, radius):
    V = stable(seed, size, radius)
    peak, K = transient_growth(V, 200).max(), kreiss_constant(V)
    assert 1 <= K <= peak * (1 + 1e-9)
    assert peak <= math.e * size * K


@sampled(seeds, st.integers(2, 6), examples=3)
def test_the_peak_in_continuous_time_lies_in_the_sandwich_of_kreiss(seed, size):
    A = np.random.default_rng(seed).standard_normal((size, size))
    A = A - (spectral_abscissa(A) + 0.1) * np.eye(size)
    peak, K = exponential_growth(A, np.linspace(0, 60, 1201)).max(), kreiss_constant(A, "continuous")
    assert 1 <= K <= peak * (1 + 1e-3)  # the peak between two of the times is a little higher
    assert peak <= math.e * size * K


@sampled(seeds, st.floats(0.1, 1.0), examples=8)
def test_the_kreiss_constant_of_a_normal_matrix_is_one(seed, radius):
    assert np.isclose(kreiss_constant(normal(6, radius, np.random.default_rng(seed))), 1, rtol=1e-6)


def test_the_kreiss_constant_of_a_nilpotent_shear_is_found():
    c = 6.0  # (r − 1)/σ_min(r − V) for [[0, 0], [c, 0]]: the singular values follow from trace and determinant
    r = np.linspace(1.0001, 20, 200_000)
    trace, determinant = 2 * r**2 + c**2, r**4
    smallest = np.sqrt(2 * determinant / (trace + np.sqrt(trace**2 - 4 * determinant)))
    assert np.isclose(kreiss_constant([[0, 0], [c, 0]]), ((r - 1) / smallest).max(), rtol=1e-6)


def test_beyond_the_circle_there_is_no_kreiss_constant_and_on_it_there_is():
    assert kreiss_constant([[1.01, 0], [0, 0.5]]) == math.inf
    assert kreiss_constant([[0.01, 0], [0, -1]], "continuous") == math.inf
    assert np.isclose(kreiss_constant(np.eye(3)), 1)
    assert kreiss_constant([[1, 0], [1, 1]]) > 1e6, "a defective eigenvalue on the circle: V^k grows for ever"


@sampled(seeds, st.floats(0.3, 1.2), examples=8)
def test_every_bound_holds_at_every_power(seed, radius):
    V = stable(seed, 5, radius)
    growth, bounds = transient_growth(V, 60), growth_bounds(V, 60)
    assert (bounds.spectral <= growth * (1 + 1e-9)).all()
    assert (growth <= bounds.eigenvector * (1 + 1e-7)).all()
    assert (growth <= bounds.numerical * (1 + 1e-9)).all()
    assert bounds.kreiss_above == pytest.approx(math.e * 5 * bounds.kreiss)


@sampled(seeds, examples=3)
def test_every_bound_holds_at_every_time(seed):
    A = np.random.default_rng(seed).standard_normal((5, 5)) - 2 * np.eye(5)
    bounds = growth_bounds(A, 40, "continuous", 0.1)
    assert np.allclose(bounds.times, np.linspace(0, 4, 41))
    growth = exponential_growth(A, bounds.times)
    for above in (bounds.eigenvector, bounds.numerical):
        assert (growth <= above * (1 + 1e-7)).all()
    assert (bounds.spectral <= growth * (1 + 1e-9)).all()


def test_a_defective_matrix_has_no_bound_by_its_eigenvectors():
    assert np.isinf(growth_bounds(np.eye(4, k=-1), 5).eigenvector).all()


@sampled(seeds, st.floats(1.01, 3), st.floats(0, math.pi), examples=8)
def test_a_point_outside_the_circle_bounds_the_peak_from_below(seed, radius, angle):
    V, z = stable(seed), radius * np.exp(1j * angle)
    found, growth = bound_from_point(V, z, 300), transient_growth(V, 300)
    assert np.isclose(found.level, resolvent_level(V, z))
    assert np.isclose(found.limit, max(1.0, (radius - 1) / found.level), rtol=1e-12)
    assert (found.curve <= np.maximum.accumulate(growth) * (1 + 1e-9)).all()
    assert found.curve[0] == 1
    assert (np.diff(found.curve) >= 0).all()
    assert found.curve[-1] <= found.limit
    assert found.limit <= kreiss_constant(V) * (1 + 1e-6)


def test_the_curve_of_a_point_is_the_formula_and_tends_to_its_limit():
    V, z, tau = np.array([[0.9, 0], [5, 0.8]]), 1.2, np.arange(31)
    found = bound_from_point(V, z, 30)
    K = 0.2 / np.linalg.svd(z * np.eye(2) - V, compute_uv=False)[-1]
    assert K > 1
    assert np.allclose(found.curve, z**tau / (1 + (z**tau - 1) / K), rtol=1e-8)
    assert np.isclose(bound_from_point(V, z, 5000).curve[-1], found.limit)


@sampled(seeds, st.floats(0.05, 2), st.floats(-2, 2), examples=8)
def test_a_point_right_of_the_axis_bounds_the_peak_in_continuous_time(seed, x, y):
    A = np.random.default_rng(seed).standard_normal((5, 5))
    A = A - (spectral_abscissa(A) + 0.1) * np.eye(5)
    found = bound_from_point(A, complex(x, y), 200, "continuous", 0.05)
    growth = exponential_growth(A, 0.05 * np.arange(201))
    assert (found.curve <= np.maximum.accumulate(growth) * (1 + 0.02)).all()  # between two times it may be higher


def test_what_says_nothing_is_one_and_what_makes_no_sense_is_refused():
    assert bound_from_point(0.5 * np.eye(2), 2, 3).curve.tolist() == [1, 1, 1, 1]
    for z in (1, 0.5 + 0.5j, complex("nan"), complex("inf")):
        with pytest.raises(ValueError, match=r"outside the unit circle|must be finite"):
            bound_from_point(0.5 * np.eye(2), z, 3)
    with pytest.raises(ValueError, match="right of the imaginary axis"):
        bound_from_point(-np.eye(2), 1j, 3, "continuous")
    for options in ({"time": "weekly"}, {"step": 0.5}, {"time": "continuous", "step": 0.0}):
        with as_installed(), pytest.raises(ValueError, match=r"time|step"):
            growth_bounds(0.5 * np.eye(2), 3, **options)


def test_a_level_of_zero_is_a_bound_of_infinity_and_no_warning():
    found = bound_from_point(2 * np.eye(2), 2, 3)
    assert found.limit == math.inf
    assert np.allclose(found.curve, [1, 2, 4, 8])


def test_arrays_and_schur_matrices_are_framed_alike(generator):
    V = nnrnn_matrix(6, 1.0, generator)
    given, dense = growth_bounds(V, 10), growth_bounds(V().detach(), 10)
    for mine, other in zip(given, dense, strict=True):
        assert np.allclose(mine, other, rtol=1e-5)


@sampled(seeds, examples=3)
def test_bounds_do_not_see_an_orthogonal_change_of_basis(seed):
    V, Q = stable(seed), orthogonal(5, np.random.default_rng(seed))
    assert np.isclose(kreiss_constant(Q @ V @ Q.T), kreiss_constant(V), rtol=1e-5)


def test_a_level_too_small_to_be_told_from_0_implies_no_more_than_the_least_that_is():
    found = bound_from_point([[0.5, 0.0], [1e155, 0.4]], 2, 2)
    assert found.level == 0
    assert 1 <= found.limit <= 1e155
    assert bound_from_point([[2.0, 0.0], [1.0, 0.4]], 2, 2).limit == np.inf  # an eigenvalue


@pytest.mark.parametrize("z", ["abc", None, [1.5, 2.5]])
def test_a_point_that_is_none_is_named(z):
    with pytest.raises(ValueError, match="z must"):
        bound_from_point(np.eye(2), z, 3)
