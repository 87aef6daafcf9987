"""The peak of growth where eigenvalues stay on the edge: closed forms, chains, populations, and what stays open."""

import math

import numpy as np
import pytest
import scipy.linalg
from hypothesis import strategies as st

from matrices import orthogonal, sampled, seeds
from nnrnn_core.dynamics import exponential_growth, growth_peak, spectral_radius
from nnrnn_core.dynamics import transient_growth as growth
from nnrnn_core.dynamics.growth_limit import limit_of

pytestmark = pytest.mark.as_installed
TOLERANCE = 1e-6


def turn(angle: float, askew: float = 1.0) -> np.ndarray:
    """A rotation, with one axis drawn out."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -askew * s], [s / askew, c]])


def chain(size: int, rng: np.random.Generator) -> np.ndarray:
    """A Markov chain: rows that sum to 1."""
    P = rng.random((size, size)) ** 6
    return P / P.sum(axis=1, keepdims=True)


def is_the_supremum(found, curve, limit):
    """Whether what was found is the larger of a curve and what comes after it."""
    assert found.proven
    assert max(curve.max(), limit) <= found.above * (1 + 1e-9)
    assert np.isclose(found.value, max(curve.max(), limit), rtol=TOLERANCE)
    return True


@sampled(st.floats(0.5, 20), st.floats(-0.97, 0.97), examples=6)
def test_the_peak_of_a_shear_with_eigenvalue_one_is_that_of_its_closed_form(a, r):
    # [[1, 0], [a, r]]^k = [[1, 0], [a (1 − r^k)/(1 − r), r^k]]
    k = np.arange(400)
    below, corner = a * (1 - r**k) / (1 - r), r**k
    square = 1 + below**2 + corner**2  # ‖M‖_F², and det M = r^k
    norms = np.sqrt((square + np.sqrt(square**2 - 4 * corner**2)) / 2)
    found = growth_peak([[1, 0], [a, r]])
    assert is_the_supremum(found, norms, math.hypot(1, a / (1 - r)))
    assert found.at == (1 if r < -0.01 else math.inf) or abs(r) <= 0.01


@sampled(seeds, st.integers(2, 12), examples=5)
def test_a_markov_chain_tends_to_its_stationary_distribution(seed, size):
    P = chain(size, np.random.default_rng(seed))
    system = np.vstack([P.T - np.eye(size), np.ones(size)])
    stationary = np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=None)[0]
    found = growth_peak(P)
    assert is_the_supremum(found, growth(P, 400), math.sqrt(size) * np.linalg.norm(stationary))
    generator = P - np.eye(size)
    in_time = exponential_growth(generator, np.linspace(0, 40, 400))
    found = growth_peak(generator, "continuous")
    assert is_the_supremum(found, in_time, math.sqrt(size) * np.linalg.norm(stationary))


def test_a_chain_whose_rows_do_not_quite_sum_to_one_falls_slowly_and_is_decided():
    P = np.floor(1e4 * chain(7, np.random.default_rng(0))) / 1e4  # entries of four digits
    assert 1 - 1e-3 < spectral_radius(P) < 1
    found = growth_peak(P, budget=4000)
    assert is_the_supremum(found, growth(P, 400), 0)
    generator = P - np.eye(7)
    assert is_the_supremum(
        growth_peak(generator, "continuous"), exponential_growth(generator, np.linspace(0, 60, 1200)), 0
    )


def test_a_slow_chain_is_decided_within_the_budget_of_a_lab():
    r = 1 - 1e-4  # what decays is 10⁻⁶ only after 138,000 steps
    found = growth_peak([[1, 0], [1 - r, r]], budget=4000)
    assert found.proven
    assert found.at == math.inf
    assert np.isclose(found.value, math.sqrt(2), rtol=1e-9)


def test_a_population_scaled_to_neither_grow_nor_die_out():
    L = np.diag([0.5, 0.6, 0.7, 0.6, 0.4], -1)
    L[0] = [0, 1, 3, 2, 1, 0.5]
    L /= spectral_radius(L)
    found = growth_peak(L)
    assert is_the_supremum(found, growth(L, 1000), growth(L, 1000)[-1])
    assert found.at == 1


def test_a_population_of_one_breeding_age_comes_back_every_third_year():
    L = np.array([[0, 0, 6], [1 / 2, 0, 0], [0, 1 / 3, 0]])
    assert np.allclose(L @ L @ L, np.eye(3))
    assert growth_peak(L).value == pytest.approx(6)
    assert growth_peak(scipy.linalg.block_diag(L, [[0.5, 0], [1, 0.5]])).proven


@sampled(st.floats(0.1, 3), st.floats(2, 40), examples=4)
def test_a_rotation_seen_askew_comes_as_near_to_its_drawn_out_axis_as_one_likes(angle, askew):
    V = turn(angle, askew)
    found = growth_peak(V)
    assert is_the_supremum(found, growth(V, 2000), askew)


def test_an_oscillator_swings_for_ever_and_a_damped_one_beside_it_may_be_higher_at_first():
    A = np.array([[0.0, 1.0], [-9.0, 0.0]])  # e^{tA} = [[cos 3t, sin(3t)/3], [−3 sin 3t, cos 3t]]
    found = growth_peak(A, "continuous")
    assert found.proven
    assert np.isclose(found.value, 3, rtol=TOLERANCE)
    both = scipy.linalg.block_diag(A, [[-1, 0], [20, -1]])
    found = growth_peak(both, "continuous")
    assert is_the_supremum(found, exponential_growth(both, np.linspace(0, 4, 2001)), 3)
    assert 0.9 < found.at < 1.1


@sampled(seeds, st.sampled_from(["one", "one, twice", "minus one", "a turn", "a turn and one"]), examples=6)
def test_no_power_exceeds_what_is_called_proven(seed, kind):
    rng = np.random.default_rng(seed)
    edge = {
        "one": np.eye(1), "one, twice": np.eye(2), "minus one": -np.eye(1), "a turn": turn(rng.uniform(0.1, 3)),
        "a turn and one": scipy.linalg.block_diag(turn(rng.uniform(0.1, 3)), 1),
    }[kind]  # fmt: skip
    D = scipy.linalg.block_diag(edge, np.diag(rng.uniform(-0.9, 0.9, 4)))
    W = np.eye(len(D)) + 0.5 * rng.standard_normal(D.shape)
    V = W @ D @ np.linalg.inv(W)
    curve, found = growth(V, 2500), growth_peak(V)
    assert curve.max() <= found.above * (1 + 1e-9)
    if found.proven:
        attained = curve[1000:].max() if found.at == math.inf else curve[int(found.at)]
        assert np.isclose(found.value, attained, rtol=1e-4)


def test_where_eigenvectors_are_well_conditioned_it_is_decided():
    for seed in range(12):
        rng = np.random.default_rng(seed)
        W = orthogonal(6, rng) @ np.diag(rng.uniform(0.2, 1, 6)) @ orthogonal(6, rng)
        assert growth_peak(W @ np.diag([1.0, *rng.uniform(-0.9, 0.9, 5)]) @ np.linalg.inv(W)).proven


def test_what_is_near_the_edge_and_not_on_it_is_not_taken_for_it():
    assert growth_peak([[1 + 1e-9, 0], [5, 0.5]]).value == math.inf
    assert limit_of([[1 - 1e-9, 0], [5, 0.5]], discrete=True).fading == pytest.approx(1e-9, rel=1e-6)
    found = growth_peak([[1 - 1e-9, 0], [5, 0.5]])
    assert found.proven
    assert 20 < found.at < math.inf, "it falls in the end"


def test_a_defective_eigenvalue_on_the_circle_is_never_called_bounded():
    rng = np.random.default_rng(0)
    J = scipy.linalg.block_diag([[1, 0], [1, 1]], 0.5)
    for Q in (np.eye(3), orthogonal(3, rng), rng.standard_normal((3, 3))):
        found = growth_peak(Q @ J @ np.linalg.inv(Q))
        assert found.above == math.inf
        assert growth_peak(Q @ (J - np.eye(3)) @ np.linalg.inv(Q), "continuous").above == math.inf


def test_two_free_angles_are_left_open():
    found = growth_peak(scipy.linalg.block_diag(turn(1.0, 5.0), turn(math.sqrt(2), 3.0)))
    assert not found.proven
    assert found.above == math.inf
