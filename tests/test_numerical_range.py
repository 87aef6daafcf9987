"""Theorems about the numerical range."""

import numpy as np
import pytest
from hypothesis import strategies as st

from matrices import normal, orthogonal, sampled, seeds
from nnrnn_core.dynamics import (
    eigenvalues,
    exponential_growth,
    numerical_abscissa,
    numerical_radius,
    numerical_range,
    spectral_radius,
    transient_growth,
)


def test_the_shift_has_the_disc_of_radius_cosine_of_pi_over_n_plus_one():
    for size in (2, 3, 8, 40):
        V, radius = np.eye(size, k=-1), np.cos(np.pi / (size + 1))
        assert np.isclose(numerical_radius(V), radius, rtol=1e-12)
        assert np.allclose(np.abs(numerical_range(V)), radius, rtol=1e-10)


def test_the_shear_has_an_ellipse_with_its_eigenvalues_in_the_foci():
    for c in (0.1, 1.0, 5.0):
        boundary = numerical_range(np.array([[0.9, c], [0.0, 0.8]]))
        through = np.abs(boundary - 0.9) + np.abs(boundary - 0.8)
        assert np.allclose(through, np.hypot(c, 0.1), rtol=1e-10)  # minor axis c (the elliptical range theorem)


@sampled(seeds, st.integers(1, 10))
def test_every_unit_vector_and_eigenvalue_lies_inside(seed, size):
    rng = np.random.default_rng(seed)
    V = rng.standard_normal((size, size))
    boundary = numerical_range(V, 64)
    assert boundary[0] == boundary[-1]
    x = rng.standard_normal((size, 50)) + 1j * rng.standard_normal((size, 50))
    inside = np.append((x.conj() * (V @ x)).sum(axis=0) / (np.abs(x) ** 2).sum(axis=0), eigenvalues(V))
    for angle in 2 * np.pi * np.arange(64) / 64:  # no point beyond the farthest one in any of the directions
        reach = (np.exp(-1j * angle) * boundary).real.max()
        assert (np.exp(-1j * angle) * inside).real.max() <= reach + 1e-10


@sampled(seeds)
def test_for_a_normal_matrix_it_is_the_hull_of_the_spectrum(seed):
    V = normal(6, 0.9, np.random.default_rng(seed))
    values, boundary = eigenvalues(V), numerical_range(V)
    assert np.isclose(numerical_radius(V), spectral_radius(V), rtol=1e-10)
    for angle in np.linspace(0, 2 * np.pi, 20):
        turned = np.exp(-1j * angle)
        assert (turned * boundary).real.max() <= (turned * values).real.max() + 1e-10


@sampled(seeds, st.integers(1, 12))
def test_the_numerical_radius_lies_between_half_the_norm_and_the_norm(seed, size):
    V = np.random.default_rng(seed).standard_normal((size, size))
    norm, radius = np.linalg.norm(V, 2), numerical_radius(V)
    assert norm / 2 * (1 - 1e-12) <= radius <= norm * (1 + 1e-12)
    assert radius >= spectral_radius(V) * (1 - 1e-10)
    assert radius >= np.abs(numerical_range(V, 256)).max() * (1 - 1e-10)


@sampled(seeds)
def test_no_power_grows_beyond_twice_the_power_of_the_numerical_radius(seed):
    V = np.random.default_rng(seed).standard_normal((6, 6)) / 3
    k = np.arange(1, 30)
    assert (transient_growth(V, 29)[1:] <= 2 * numerical_radius(V) ** k * (1 + 1e-9)).all()


@sampled(seeds)
def test_the_numerical_abscissa_is_the_slope_of_the_exponential_at_time_zero(seed):
    A = np.random.default_rng(seed).standard_normal((6, 6))
    step = 1e-6
    slope = (exponential_growth(A, [0.0, step])[1] - 1) / step
    assert np.isclose(slope, numerical_abscissa(A), atol=1e-4)
    times = np.linspace(0, 3, 31)
    assert (exponential_growth(A, times) <= np.exp(numerical_abscissa(A) * times) * (1 + 1e-9)).all()


@sampled(seeds)
def test_it_does_not_see_an_orthogonal_change_of_basis(seed):
    rng = np.random.default_rng(seed)
    V, Q = rng.standard_normal((5, 5)), orthogonal(5, rng)
    assert np.isclose(numerical_radius(Q @ V @ Q.T), numerical_radius(V), rtol=1e-8)


def test_too_few_directions_are_refused():
    with pytest.raises(ValueError, match="n_angles"):
        numerical_range(np.eye(2), 3)
