"""Pseudospectra: against singular value decompositions, closed forms and the three equivalent definitions."""

import math

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from matrices import nnrnn_matrix, normal, orthogonal, sampled, seeds
from nnrnn_core.dynamics import (
    eigenvalues,
    exponential_growth,
    perturbed_eigenvalues,
    pseudospectral_abscissa,
    pseudospectral_radius,
    pseudospectrum,
    resolvent_level,
    spectral_abscissa,
    spectral_radius,
    transient_growth,
)
from oracles import as_installed, direct_levels


def points(seed: int, count: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 2 * (rng.standard_normal(count) + 1j * rng.standard_normal(count))


# --- levels


@sampled(seeds, st.integers(1, 40), st.floats(0.1, 30))
def test_the_level_is_the_smallest_singular_value(seed, size, gain):
    V = gain * np.random.default_rng(seed).standard_normal((size, size)) / math.sqrt(size)
    z = gain * points(seed)
    # the last part: where the two smallest singular values are close, the second may come out
    assert np.allclose(resolvent_level(V, z), direct_levels(V, z), rtol=1e-3, atol=1e-12 * gain)
    assert np.median(np.abs(resolvent_level(V, z) / direct_levels(V, z) - 1)) < 1e-7


@sampled(seeds, st.integers(2, 40))
def test_a_coarse_level_is_within_three_per_cent(seed, size):
    V = np.random.default_rng(seed).standard_normal((size, size)) / math.sqrt(size)
    z = points(seed)
    assert np.allclose(resolvent_level(V, z, 1e-2), direct_levels(V, z), rtol=0.03, atol=1e-12)


@pytest.mark.parametrize("size", [2, 32, 128])
def test_a_chain_keeps_its_tiny_levels(size):
    z = np.array([0.9, 0.5, 0.1, 0.3 + 0.4j, 1.2j, 3.0] * 3)  # more points than are taken one by one
    order = np.arange(size)[:, None] - np.arange(size)
    # (zI − S)⁻¹ = Σ S^k / z^{k+1}: its norm is exact where an SVD of zI − S ends at 10⁻¹⁶
    resolvent = np.where(order >= 0, z[:, None, None] ** (-1.0 - np.maximum(order, 0)), 0)
    expected = 1 / np.linalg.norm(resolvent, 2, axis=(1, 2))
    assert np.allclose(resolvent_level(np.eye(size, k=-1), z), expected, rtol=1e-6)
    assert np.allclose(resolvent_level(np.eye(size, k=-1), z[:3]), expected[:3], rtol=1e-10)


@sampled(seeds, st.floats(0.1, 2))
def test_the_level_of_a_normal_matrix_is_the_distance_to_its_spectrum(seed, radius):
    V, z = normal(6, radius, np.random.default_rng(seed)), points(seed)
    distance = np.abs(z[:, None] - eigenvalues(V)).min(axis=1)
    assert np.allclose(resolvent_level(V, z), distance, rtol=1e-5)


@sampled(seeds)
def test_the_level_is_below_the_distance_for_every_other_matrix(seed):
    V, z = np.random.default_rng(seed).standard_normal((5, 5)), points(seed)
    distance = np.abs(z[:, None] - eigenvalues(V)).min(axis=1)
    level = resolvent_level(V, z)
    assert (level <= distance * (1 + 1e-9)).all()
    assert level.sum() < distance.sum()


@sampled(seeds)
def test_levels_do_not_see_an_orthogonal_change_of_basis(seed):
    rng = np.random.default_rng(seed)
    V, Q, z = rng.standard_normal((6, 6)), orthogonal(6, rng), points(seed)
    assert np.allclose(resolvent_level(Q @ V @ Q.T, z), resolvent_level(V, z), rtol=1e-6, atol=1e-12)


@sampled(seeds, st.floats(1e-100, 1e100))
def test_levels_scale_with_the_matrix(seed, factor):
    V, z = np.random.default_rng(seed).standard_normal((4, 4)), points(seed, 12)
    assert np.allclose(resolvent_level(factor * V, factor * z), factor * resolvent_level(V, z), rtol=1e-6)


def test_an_eigenvalue_has_level_zero_and_no_warning():
    assert resolvent_level(np.diag([1.0, 2.0]) + np.eye(2, k=-1), [1.0, 2.0] * 20).max() < 1e-15
    assert resolvent_level(np.zeros((3, 3)), 0.0) == 0


def test_levels_come_in_the_shape_of_the_points():
    V = np.random.default_rng(0).standard_normal((3, 3))
    for shape in ((), (4,), (2, 3), (2, 1, 5), (0,)):
        assert resolvent_level(V, np.full(shape, 1 + 1j)).shape == shape


def test_the_grid_has_a_row_for_each_imaginary_and_a_column_for_each_real_part():
    V = np.random.default_rng(1).standard_normal((7, 7))
    for imag in (np.linspace(-2, 2, 9), np.array([-1, 0, 0.3])):
        real = np.linspace(-3, 3, 5)
        grid = pseudospectrum(V, real, imag)
        assert np.allclose(grid, direct_levels(V, real + 1j * imag[:, None]), rtol=1e-6)


def test_arrays_tensors_and_schur_matrices_have_one_pseudospectrum(generator):
    V, z = nnrnn_matrix(10, 1.0, generator), points(1)
    expected = resolvent_level(V, z)
    assert np.allclose(resolvent_level(V().detach(), torch.tensor(z)), expected, rtol=1e-6)
    assert np.allclose(resolvent_level(V().detach().numpy(), z), expected, rtol=1e-6)


# --- the other definitions


@sampled(seeds, st.floats(1e-6, 1))
def test_perturbed_eigenvalues_lie_in_the_pseudospectrum(seed, eps):
    V = np.random.default_rng(seed).standard_normal((6, 6))
    moved = perturbed_eigenvalues(V, eps, 20)
    assert moved.shape == (20, 6)
    assert (direct_levels(V, moved) <= eps * (1 + 1e-6) + 1e-13).all()


def test_a_perturbation_of_rank_one_reaches_the_edge():
    V, z = np.random.default_rng(3).standard_normal((6, 6)), 2 + 1j
    u, s, vh = np.linalg.svd(z * np.eye(6) - V)
    moved = np.linalg.eigvals(V + s[-1] * np.outer(u[:, -1], vh[-1]))
    assert np.abs(moved - z).min() < 1e-10
    assert np.isclose(resolvent_level(V, z), s[-1], rtol=1e-10)


def test_the_same_seed_moves_the_eigenvalues_along_and_another_elsewhere():
    V = np.random.default_rng(0).standard_normal((4, 4))
    assert np.array_equal(perturbed_eigenvalues(V, 0.1, 3, seed=5), perturbed_eigenvalues(V, 0.1, 3, seed=5))
    assert not np.allclose(perturbed_eigenvalues(V, 0.1, 3, seed=5), perturbed_eigenvalues(V, 0.1, 3, seed=6))
    still = np.sort_complex(perturbed_eigenvalues(V, 0.0, 1)[0])
    assert np.allclose(still, np.sort_complex(eigenvalues(V)))


# --- how far it reaches


@sampled(seeds, st.floats(0.05, 1), examples=8)
def test_the_pseudospectral_radius_is_the_farthest_point_of_a_fine_grid(seed, eps):
    V = np.random.default_rng(seed).standard_normal((5, 5)) / 2
    radius = pseudospectral_radius(V, eps)
    r, angle = np.linspace(0, radius * 1.2, 100), np.linspace(0, np.pi, 100)
    inside = direct_levels(V, r * np.exp(1j * angle[:, None])) <= eps
    assert spectral_radius(V) + eps <= radius * (1 + 1e-9)
    assert np.broadcast_to(r, inside.shape)[inside].max() <= radius * (1 + 1e-6)
    on_circle = direct_levels(V, radius * np.exp(1j * np.linspace(0, np.pi, 2000)))
    assert on_circle.min() == pytest.approx(eps, rel=1e-4)


@sampled(seeds, st.floats(0.05, 1), examples=8)
def test_the_pseudospectral_abscissa_is_the_rightmost_point_of_a_fine_grid(seed, eps):
    A = np.random.default_rng(seed).standard_normal((5, 5)) / 2
    abscissa = pseudospectral_abscissa(A, eps)
    x, y = abscissa + np.linspace(-0.5, 0.5, 101), np.linspace(0, 3, 100)
    inside = direct_levels(A, x + 1j * y[:, None]) <= eps
    assert spectral_abscissa(A) + eps <= abscissa + 1e-9
    assert np.broadcast_to(x, inside.shape)[inside].max() <= abscissa + 1e-6
    assert direct_levels(A, abscissa + 1j * np.linspace(0, 3, 2000)).min() == pytest.approx(eps, rel=1e-3)


@sampled(seeds, st.floats(0, 2))
def test_a_normal_matrix_reaches_eps_past_its_spectral_radius(seed, eps):
    V = normal(6, 0.9, np.random.default_rng(seed))
    assert np.isclose(pseudospectral_radius(V, eps), 0.9 + eps, rtol=1e-8)
    assert np.isclose(pseudospectral_abscissa(V, eps), spectral_abscissa(V) + eps, rtol=1e-8, atol=1e-8)


@sampled(seeds, st.floats(1e-3, 1), examples=8)
def test_what_reaches_past_the_edge_by_more_than_eps_must_grow(seed, eps):
    V = np.random.default_rng(seed).standard_normal((5, 5))
    V = 0.9 * V / spectral_radius(V)
    assert transient_growth(V, 300).max() >= (pseudospectral_radius(V, eps) - 1) / eps * (1 - 1e-9)
    A = V - np.eye(5)
    assert exponential_growth(A, np.linspace(0, 40, 1001)).max() >= pseudospectral_abscissa(A, eps) / eps * (1 - 1e-3)


# --- what is refused


def test_bad_points_sizes_and_tolerances_are_refused_with_the_reason():
    V = np.eye(2)
    with as_installed():
        for call, reason in [
            (lambda: resolvent_level(V, [np.nan]), "z must be finite"),
            (lambda: resolvent_level(V, ["a"]), "z must hold numbers"),
            (lambda: resolvent_level(V, 1.0, 0.0), "tolerance"),
            (lambda: resolvent_level(np.ones((2, 3)), 1.0), "square"),
            (lambda: pseudospectrum(V, [[1.0]], [1.0]), "real must be an axis"),
            (lambda: pseudospectrum(V, [1.0], [1j]), "imag must be an axis"),
            (lambda: perturbed_eigenvalues(V, -1.0), "eps"),
            (lambda: perturbed_eigenvalues(V, 1.0, 0), "count"),
            (lambda: pseudospectral_radius(V, math.inf), "eps"),
            (lambda: pseudospectral_abscissa(V, -1e-3), "eps"),
        ]:
            with pytest.raises(ValueError, match=reason):
                call()


@pytest.mark.parametrize("kind", ["random", "orthogonal", "scaled identity", "chain"])
def test_the_level_of_a_single_point_of_a_large_matrix_is_the_least_singular_value(kind):
    random = np.random.default_rng(0).standard_normal((140, 140)) / 12
    V = {
        "random": random,
        "orthogonal": np.linalg.qr(random)[0],  # all singular values of z − V lie close together
        "scaled identity": 0.5 * np.eye(140) + np.tril(1e-9 * random, -1),  # and here all but agree
        "chain": np.eye(140, k=-1),
    }[kind]
    z = 1.1 + 0.2j
    least = np.linalg.svd(z * np.eye(140) - V, compute_uv=False)[-1]
    assert resolvent_level(V, z) == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        (0.5, None),  # 10⁻⁴⁴
        (0.01, 0.0),  # 10⁻²⁹⁰: below what is told from 0
        (0.0, 0.0),  # on the spectrum
    ],
)
def test_the_level_of_a_single_point_of_a_large_matrix_may_be_as_small_as_it_is(z, expected):
    n = 145
    level = resolvent_level(np.eye(n, k=-1), z)
    if expected is None:  # (z − V)⁻¹ has z^−(i−j+1) below its diagonal: no subtraction, so its norm is right
        apart = np.subtract.outer(np.arange(n), np.arange(n))
        expected = 1 / np.linalg.norm(np.tril(z ** -(apart.clip(0) + 1.0)), 2)
    assert level == pytest.approx(expected, rel=1e-9)


CHAINS = [
    np.diag(np.linspace(0.1, 0.9, 50)) + 1.5 * np.eye(50, k=-1),
    0.5 * np.eye(40) + np.eye(40, k=-1),
    10 * np.eye(60, k=-1),
]


@pytest.mark.parametrize("V", CHAINS, ids=["many eigenvalues", "one eigenvalue", "none but 0"])
@pytest.mark.parametrize("measure", [pseudospectral_radius, pseudospectral_abscissa])
@pytest.mark.parametrize("eps", [1e-10, 4e-13])
def test_a_pseudospectrum_reaches_as_far_as_its_levels_say_when_eps_is_close_to_rounding(V, measure, eps):
    """V has no negative entry, so that both are the largest x with ‖(x − V)⁻¹‖ ≥ 1/ε, where no term cancels."""
    low, high = float(np.diag(V).max()), 20.0
    for _ in range(60):
        x = (low + high) / 2
        inverse = np.linalg.inv(np.diag(np.full(len(V), x)) - V)
        low, high = (x, high) if np.linalg.norm(inverse, 2) >= 1 / eps else (low, x)
    assert measure(V, eps) == pytest.approx(low, rel=3e-3)


def test_what_stands_below_the_diagonal_counts_however_small_it_is_beside_the_rest():
    assert resolvent_level([[0, 0, 0], [1e-17, 0, 0], [0, 0, 1]], 1e-20) == pytest.approx(1e-23, rel=1e-6)
    V = np.zeros((4, 4))
    V[0, 0], V[2, 1], V[3, 2] = 1, 2e-16, 2e-16
    z = 1e-17
    chain = np.array([[1, 0, 0], [2e-16 / z, 1, 0], [(2e-16 / z) ** 2, 2e-16 / z, 1]]) / z
    assert resolvent_level(V, z) == pytest.approx(1 / np.linalg.norm(chain, 2), rel=1e-6)


def test_levels_of_a_matrix_of_subnormal_numbers_are_those_of_the_matrix_in_another_unit():
    V = np.array([[1.0, 0.0], [1.0, 2.0]])
    assert resolvent_level(1e-310 * V, 3e-310) == pytest.approx(1e-310 * resolvent_level(V, 3), rel=1e-3)
    assert pseudospectral_radius(1e-310 * V, 1e-311) == pytest.approx(1e-310 * pseudospectral_radius(V, 0.1), rel=1e-3)
