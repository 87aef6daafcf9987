"""Complex matrices: every function takes them, and agrees with its slow twin."""

import itertools

import numpy as np
import pytest
import scipy.linalg
from hypothesis import strategies as st

from matrices import sampled, seeds
from nnrnn_core import dynamics
from oracles import direct_growth, direct_levels

PHASE = np.exp(0.7j)


def complex_matrix(seed: int, size: int = 5, radius: float = 0.9) -> np.ndarray:
    rng = np.random.default_rng(seed)
    V = rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))
    return radius * V / dynamics.spectral_radius(V)


def unitary(seed: int, size: int) -> np.ndarray:
    return np.linalg.qr(complex_matrix(seed + 1, size))[0]


@sampled(seeds, st.sampled_from([5, 40]), examples=3)
def test_growth_of_a_complex_matrix_is_the_norm_of_every_power_exact_estimated_and_typical(seed, size):
    V = complex_matrix(seed, size)
    growth, powers = direct_growth(V, 20), dynamics.growth_powers(20)
    assert np.allclose(dynamics.transient_growth(V, 20), growth, rtol=1e-8)
    estimate = dynamics.estimate_growth(V, powers)
    assert np.allclose(estimate.transient, growth[list(powers)], rtol=0.05)
    expected = [np.linalg.norm(np.linalg.matrix_power(V, k)) / size**0.5 for k in range(21)]
    assert np.allclose(dynamics.typical_growth(V, 20), expected, rtol=1e-10)
    assert np.allclose(estimate.typical, np.array(expected)[list(powers)], rtol=1e-10)


@sampled(seeds, examples=3)
def test_a_complex_propagator_is_the_matrix_exponential(seed):
    A = complex_matrix(seed) - np.eye(5)
    assert np.allclose(dynamics.propagator(A, 2.0), scipy.linalg.expm(2 * A))
    times = np.linspace(0, 4, 9)
    expected = [np.linalg.norm(scipy.linalg.expm(t * A), 2) for t in times]
    assert np.allclose(dynamics.exponential_growth(A, times), expected)
    assert dynamics.decay_horizon(A, "continuous") in (1, 2, 5, 10, 20, 50)


@sampled(seeds, examples=3)
def test_levels_of_a_complex_matrix_are_not_mirrored(seed):
    V, rng = complex_matrix(seed), np.random.default_rng(seed)
    z = rng.standard_normal(30) + 1j * rng.standard_normal(30)
    assert np.allclose(
        dynamics.resolvent_level(V, np.append(z, z.conj()), 1e-10), direct_levels(V, np.append(z, z.conj()))
    )
    x, y = np.linspace(-2, 2, 5), np.linspace(-2, 2, 7)
    assert np.allclose(dynamics.pseudospectrum(V, x, y), direct_levels(V, x + 1j * y[:, None]), rtol=1e-5)


@sampled(seeds, examples=3)
def test_turning_a_matrix_by_a_phase_turns_its_spectrum_and_leaves_its_numbers(seed):
    V = np.random.default_rng(seed).standard_normal((5, 5))
    V = 0.9 * V / dynamics.spectral_radius(V)
    turned = PHASE * V
    found, expected = dynamics.eigenvalues(turned), PHASE * dynamics.eigenvalues(V)
    assert np.abs(found[:, None] - expected).min(axis=0).max() < 1e-12
    for number in (
        dynamics.spectral_radius,
        dynamics.henrici,
        dynamics.numerical_radius,
        dynamics.kreiss_constant,
        dynamics.eigenvector_condition,
        lambda V: dynamics.pseudospectral_radius(V, 0.1),
        lambda V: dynamics.growth_bounds(V, 5).numerical,
        lambda V: dynamics.transient_growth(V, 10),
        lambda V: dynamics.optimal_input(V, 4).gain,
        lambda V: dynamics.activity(V),
        lambda V: dynamics.fisher_memory(V, np.ones(5), 6),
        lambda V: dynamics.estimate_memory(V, np.ones(5), 6, 20),
        lambda V: dynamics.lyapunov_exponents(itertools.repeat(V, 50), 2, 20)[0],
    ):
        assert np.allclose(number(turned), number(V), rtol=1e-6, atol=1e-8)


@sampled(seeds, examples=3)
def test_numbers_do_not_see_a_unitary_change_of_basis(seed):
    V, U = complex_matrix(seed), unitary(seed, 5)
    moved = U @ V @ U.conj().T
    for number in (
        dynamics.spectral_abscissa,
        dynamics.henrici,
        dynamics.numerical_radius,
        dynamics.numerical_abscissa,
    ):
        assert np.isclose(number(moved), number(V), rtol=1e-8)
    for time in ("discrete", "continuous"):
        A = V if time == "discrete" else V - np.eye(5)
        B = moved if time == "discrete" else moved - np.eye(5)
        assert np.isclose(dynamics.kreiss_constant(A, time), dynamics.kreiss_constant(B, time), rtol=1e-5)


@sampled(seeds, examples=3)
def test_complex_memory_is_what_the_sum_of_the_noise_says(seed):
    V, v = complex_matrix(seed), complex_matrix(seed)[:, 0]
    powers = [np.linalg.matrix_power(V, k) for k in range(12)]
    C = sum(M @ M.conj().T for M in powers)
    expected = [np.vdot(M @ v, np.linalg.solve(C, M @ v)).real for M in powers[:6]]
    assert np.allclose(dynamics.fisher_memory(V, v, 5, 12), expected)
    assert np.allclose(dynamics.activity(V, 12), np.sqrt(np.diag(C).real))


@sampled(seeds, examples=3)
def test_the_best_input_of_a_complex_matrix_reaches_its_gain_and_random_ones_do_not(seed):
    V = complex_matrix(seed)
    best = dynamics.optimal_input(V, 3)
    M = np.linalg.matrix_power(V, 3)
    assert np.allclose(M @ best.input, best.response)
    assert np.isclose(np.linalg.norm(best.response), best.gain)
    assert np.isclose(best.gain, np.linalg.norm(M, 2))
    cloud = dynamics.cloud_growth(V, 3, count=2000)
    assert cloud.norms[3].max() <= best.gain * (1 + 1e-9)
    assert np.isclose(np.sqrt((cloud.norms[3] ** 2).mean()), dynamics.typical_growth(V, 3)[3], rtol=0.1)


@sampled(seeds, examples=3)
def test_the_boundary_of_a_complex_numerical_range_holds_every_quotient(seed):
    V, rng = complex_matrix(seed), np.random.default_rng(seed)
    x = rng.standard_normal((5, 500)) + 1j * rng.standard_normal((5, 500))
    inside = np.vecdot(x, V @ x, axis=0) / np.vecdot(x, x, axis=0)
    boundary = dynamics.numerical_range(V, 128)
    for angle in 2 * np.pi * np.arange(128) / 128:
        assert (np.exp(-1j * angle) * inside).real.max() <= (np.exp(-1j * angle) * boundary).real.max() + 1e-12
    assert np.isclose(dynamics.numerical_radius(V), np.abs(boundary).max(), rtol=2e-3)


def test_the_complex_form_is_reordered_and_departs_from_normality_as_the_matrix_does():
    V = complex_matrix(3, 6)
    parts = dynamics.schur_parts(V, real=False)
    form = parts.eigenvalue_part + parts.feed_forward
    assert np.allclose(parts.P @ form @ parts.P.conj().T, V)
    P, ordered = dynamics.reordered(parts.P, form, "largest real part first")
    assert np.allclose(P @ ordered @ P.conj().T, V)
    assert (np.diff(np.diag(ordered).real) <= 1e-12).all()
    squares = np.linalg.norm(V) ** 2 - (np.abs(dynamics.eigenvalues(V)) ** 2).sum()
    assert np.isclose(dynamics.henrici(V) ** 2, squares)
    assert dynamics.departure_parts(V) == (dynamics.henrici(V), 0.0)


def test_what_needs_a_real_matrix_says_so_and_complex_numbers_without_imaginary_part_are_real():
    V = complex_matrix(1)
    for function in (dynamics.as_real, dynamics.block_rows):
        with pytest.raises(ValueError, match="V must be real"):
            function(V)
    with pytest.raises(ValueError, match="real=False"):
        dynamics.schur_parts(V)
    real = np.array([[0.5, 0.25], [0.0, 0.5]])
    assert np.array_equal(dynamics.as_real(real.astype(complex))[1], real)
    assert dynamics.as_form(real.astype(complex))[1].dtype == np.float64


def orr_sommerfeld(count: int, reynolds: float) -> np.ndarray:
    """x' = A x of a small disturbance e^{iz} of the flow between two walls, at `count` Chebyshev points (Trefethen,
    Spectral Methods in MATLAB, program 40)."""
    x = np.cos(np.pi * np.arange(count + 1) / count)
    weights = np.r_[2, np.ones(count - 1), 2] * (-1.0) ** np.arange(count + 1)
    D = np.outer(weights, 1 / weights) / (x[:, None] - x + np.eye(count + 1))
    D -= np.diag(D.sum(axis=1))
    clamped = np.diag(np.r_[0, 1 / (1 - x[1:-1] ** 2), 0])
    D3 = np.linalg.matrix_power(D, 3)
    D4 = ((np.diag(1 - x**2) @ D3 @ D - 8 * np.diag(x) @ D3 - 12 * D @ D) @ clamped)[1:-1, 1:-1]
    D2, one, flow = (D @ D)[1:-1, 1:-1], np.eye(count - 1), np.diag(1 - x[1:-1] ** 2)
    return np.linalg.solve(D2 - one, (D4 - 2 * D2 + one) / reynolds - 2j * one - 1j * flow @ (D2 - one))


def test_the_flow_between_two_walls_grows_as_orszag_found():
    A = orr_sommerfeld(60, 10_000)  # Orszag (1971), Journal of Fluid Mechanics 50: c = 0.23752649 + 0.00373967 i
    values = np.diag(dynamics.as_schur(A)[1])
    assert values[values.real.argmax()] == pytest.approx(0.00373967 - 0.23752649j, abs=2e-8)
    assert dynamics.spectral_abscissa(A) == pytest.approx(0.00373967, abs=2e-8)
    assert dynamics.growth_peak(A, time="continuous")[:3] == (np.inf, np.inf, True)
    stable = orr_sommerfeld(60, 5_000)  # below the critical Reynolds number, 5772 (which is at another wavelength)
    assert dynamics.spectral_abscissa(stable) < 0
    assert dynamics.exponential_growth(stable, [0.0, 15.0])[1] > 10, "and grows all the same, for a while"
