"""Theorems of e^{tA}: its norms, and the matrix itself."""

import math

import mpmath
import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import strategies as st

from matrices import orthogonal, sampled, seeds
from nnrnn_core.dynamics import transient_growth
from nnrnn_core.dynamics.continuous import exponential_growth, propagator, typical_exponential_growth
from nnrnn_core.dynamics.numerical_range import numerical_abscissa
from nnrnn_core.dynamics.spectrum import spectral_abscissa
from nnrnn_core.matrices import SchurMatrix
from oracles import as_installed

EVEN = np.linspace(0, 6, 25)
UNEVEN = np.array([0.0, 0.01, 0.3, 0.31, 1.0, 2.5, 6.0])


def normal(size: int, abscissa: float, rng: np.random.Generator) -> np.ndarray:
    """A random real normal matrix seen from anywhere, with eigenvalues a ± ib; the largest a is the abscissa."""
    a = abscissa - np.append(0.0, rng.uniform(0, 2, size // 2 - 1))
    b = rng.uniform(-3, 3, size // 2)
    Q = orthogonal(size, rng)
    return Q @ scipy.linalg.block_diag(*[[[x, -y], [y, x]] for x, y in zip(a, b, strict=True)]) @ Q.T


def nnrnn_matrix(size: int, strength: float, generator: torch.Generator) -> SchurMatrix:
    V = SchurMatrix(size, "random", generator, dtype=torch.float64)
    with torch.no_grad():
        V.T_entries.normal_(0, strength * math.sqrt(2) / size, generator=generator)
    return V


@sampled(seeds, st.floats(-1, 1))
def test_a_normal_system_grows_as_its_spectral_abscissa_says(seed, abscissa):
    A = normal(6, abscissa, np.random.default_rng(seed))
    for times in (EVEN, UNEVEN):
        assert np.allclose(exponential_growth(A, times), np.exp(abscissa * times), rtol=1e-11)


@sampled(seeds)
def test_a_rotation_grows_in_no_direction(seed):
    A = np.random.default_rng(seed).standard_normal((7, 7))
    assert np.allclose(exponential_growth(A - A.T, EVEN), 1, rtol=1e-11)
    assert np.allclose(typical_exponential_growth(A - A.T, EVEN), 1, rtol=1e-11)


def test_growth_is_the_norm_of_every_exponential(seed):
    A = np.random.default_rng(seed).standard_normal((9, 9)) - 2 * np.eye(9)
    for times in (EVEN + 0.7, UNEVEN, UNEVEN[::-1], EVEN[::-1], EVEN[3:4], EVEN[3:5]):
        dense = [scipy.linalg.expm(t * A) for t in times]
        assert np.allclose(exponential_growth(A, times), [np.linalg.norm(E, 2) for E in dense], rtol=1e-10)
        assert np.allclose(typical_exponential_growth(A, times), [np.linalg.norm(E) / 3 for E in dense], rtol=1e-10)


@sampled(seeds)
def test_growth_lies_between_what_spectral_and_numerical_abscissa_allow(seed):
    A = np.random.default_rng(seed).standard_normal((6, 6))
    growth = exponential_growth(A, EVEN)
    assert np.all(growth >= np.exp(spectral_abscissa(A) * EVEN) * (1 - 1e-9))
    assert np.all(growth <= np.exp(numerical_abscissa(A) * EVEN) * (1 + 1e-9))
    assert np.all(typical_exponential_growth(A, EVEN) <= growth * (1 + 1e-12))


def test_a_shear_drifts_before_it_decays():
    # e^{tA} = e^{−t} [[1, ct], [0, 1]], whose norm is e^{−t} (s + √(s² + 1)) with s = ct/2
    for c in (0.0, 50.0):
        s = c * EVEN / 2
        A = np.array([[-1.0, c], [0.0, -1.0]])
        assert np.allclose(exponential_growth(A, EVEN), np.exp(-EVEN) * (s + np.sqrt(s**2 + 1)), rtol=1e-11)
        assert np.allclose(typical_exponential_growth(A, EVEN), np.exp(-EVEN) * np.sqrt(1 + 2 * s**2), rtol=1e-12)


def test_at_whole_times_growth_is_that_of_the_powers_of_the_propagator(seed):
    A = np.random.default_rng(seed).standard_normal((6, 6)) - 2 * np.eye(6)
    assert np.allclose(exponential_growth(A, range(21)), transient_growth(propagator(A, 1), 20), rtol=1e-10)


@sampled(seeds)
def test_growth_does_not_see_an_orthogonal_change_of_basis(seed):
    rng = np.random.default_rng(seed)
    A, Q = rng.standard_normal((5, 5)), orthogonal(5, rng)
    for growth in (exponential_growth, typical_exponential_growth):
        assert np.allclose(growth(Q @ A @ Q.T, EVEN), growth(A, EVEN), rtol=1e-10)


@sampled(seeds, st.floats(-2, 2), st.floats(-2, 2))
def test_propagators_form_a_group(seed, s, t):
    A = np.random.default_rng(seed).standard_normal((5, 5))
    size = np.linalg.norm(propagator(A, s), 2) * np.linalg.norm(propagator(A, t), 2)
    assert np.allclose(propagator(A, s) @ propagator(A, t), propagator(A, s + t), rtol=0, atol=1e-12 * size)
    assert np.array_equal(propagator(A, 0), np.eye(5))


def test_every_kind_of_matrix_has_the_exponential_of_its_entries(generator):
    V = nnrnn_matrix(12, 1.0, generator)
    dense = V().detach().numpy()
    for A, times in ((dense, EVEN), (V(), torch.tensor(UNEVEN)), (V, [0, 1, 4])):
        assert np.allclose(propagator(A, 1.5), scipy.linalg.expm(1.5 * dense), rtol=0, atol=1e-11)
        norms = [np.linalg.norm(scipy.linalg.expm(float(t) * dense), 2) for t in times]
        assert np.allclose(exponential_growth(A, times), norms, rtol=1e-10)


def test_the_growth_of_a_schur_matrix_is_not_lost_in_its_dense_entries(generator):
    # −1 and a chain N of 32 links, turned: e^{tA} = e^{−t} Σ (t N)^k / k!, which dies out; its dense entries explode
    V = SchurMatrix(64, "random", generator, dtype=torch.float64)
    with torch.no_grad():
        V.theta.fill_(math.pi)  # Λ = −1
    V.set_T(4 * np.eye(64, k=-2))
    chain = 4 * np.eye(32, k=-1)
    terms = [np.linalg.matrix_power(chain * 200, k) / math.factorial(k) for k in range(32)]
    exact = math.exp(-200) * np.linalg.norm(sum(terms), 2)
    assert exponential_growth(V, [200])[0] == pytest.approx(exact, rel=1e-9)


def test_growth_beyond_float64_is_infinite_and_never_nan():
    for A in (800 * np.eye(3), np.array([[1e200, 1e200], [-1e200, 1e200]])):
        for times in ([0, 1, 2], [0, 1, 3]):
            for growth in (exponential_growth(A, times), typical_exponential_growth(A, times)):
                assert growth[0] == pytest.approx(1)
                assert np.all(np.isinf(growth[1:]))
        assert np.all(propagator(A, 1) == np.inf)


def test_growth_survives_squares_that_leave_float64():
    for A in (460 * np.eye(3), -460 * np.eye(3)):  # e^{±460} is about 10^{±200}
        expected = np.exp(A[0, 0])
        assert exponential_growth(A, [1])[0] == pytest.approx(expected, rel=1e-9)
        assert typical_exponential_growth(A, [1])[0] == pytest.approx(expected, rel=1e-9)


def test_no_times_give_no_growth():
    assert exponential_growth(np.eye(2), []).shape == (0,)


def test_times_that_are_none_are_refused():
    for times, message in (
        (1.0, "times must be a list"),
        ([[0, 1]], "times must be a list"),
        ([0, -1], "at least 0"),
        ([0, math.inf], "finite"),
        ([0, math.nan], "finite"),
        ([0, 1j], "real"),
        ([0, 1e200], "t A leaves float64"),
    ):
        with as_installed(), pytest.raises(ValueError, match=message):
            exponential_growth(1e200 * np.eye(2), times)
    for t in (math.nan, math.inf, "1", None, True):
        with as_installed(), pytest.raises(ValueError, match="t must be a finite number"):
            propagator(np.eye(2), t)


# --- where rounding would win


GALLERY5 = np.array(
    [
        [-9, 11, -21, 63, -252],
        [70, -69, 141, -421, 1684],
        [-575, 575, -1149, 3451, -13801],
        [3891, -3891, 7782, -23345, 93365],
        [1024, -1024, 2048, -6144, 24572],
    ]
)


@pytest.mark.parametrize("shift", [0, -1, 2])
def test_the_exponential_of_a_matrix_whose_fifth_power_is_zero_is_exact(shift):
    A, times = GALLERY5 + shift * np.eye(5), [0.01, 1.0, 3.0, 50.0]
    assert not np.linalg.matrix_power(GALLERY5, 5).any()
    with mpmath.workdps(60):
        exact = [float(mpmath.svd_r(mpmath.expm(mpmath.matrix(A.tolist()) * t), compute_uv=False)[0]) for t in times]
    assert np.allclose(exponential_growth(A, times), exact, rtol=1e-12)
    if shift == 0:
        assert np.isclose(exponential_growth(A, [50.0])[0], 5.876e10, rtol=1e-4)
