"""Theorems and closed forms of spectrum, growth and Fisher memory."""

import itertools
import math

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
import torch
from hypothesis import strategies as st

from matrices import nnrnn_matrix, normal, orthogonal, sampled, seeds, unit
from nnrnn_core.dynamics import (
    as_real,
    as_schur,
    decay_horizon,
    eigenvalues,
    eigenvector_condition,
    estimate_growth,
    estimate_memory,
    exponential_growth,
    fisher_memory,
    gallery,
    growth_powers,
    resolvent_level,
    spectral_radius,
    transient_growth,
    typical_growth,
)
from nnrnn_core.dynamics.form import real_form, triangle_of
from nnrnn_core.matrices import SchurMatrix
from oracles import as_installed, direct_growth, exact_fisher_memory, table6_matrix

# --- forms


@sampled(seeds)
def test_a_matrix_is_its_schur_form_seen_through_a_unitary_one(seed):
    rng = np.random.default_rng(seed)
    V = rng.standard_normal((7, 7))
    P, form = as_schur(V)
    assert np.allclose(P @ P.conj().T, np.eye(7), atol=1e-13)
    assert np.allclose(P @ form @ P.conj().T, V, atol=1e-12)
    assert np.array_equal(form, np.tril(form))


@pytest.mark.parametrize("mask", ["block", "entry"])
def test_a_schur_matrix_is_its_own_forms_seen_through_unitary_ones(generator, mask):
    V = nnrnn_matrix(12, 1.0, generator, mask=mask)
    dense = V().detach().numpy()
    for P, form in (as_schur(V), as_real(V)):
        assert np.allclose(P @ form @ P.conj().T, dense, atol=1e-13)
    form = as_schur(V)[1]
    assert np.array_equal(form, np.tril(form))


def test_the_triangular_form_of_a_schur_matrix_carries_its_exact_eigenvalues(generator):
    V = nnrnn_matrix(32, 20.0, generator)
    assert np.allclose(np.diag(as_schur(V)[1]), V.eigenvalues().numpy(), atol=1e-14)
    assert np.array_equal(eigenvalues(V), V.eigenvalues().numpy())


@sampled(seeds)
def test_a_form_with_blocks_anywhere_keeps_the_eigenvalues_of_its_blocks(seed):
    rng = np.random.default_rng(seed)
    form = np.tril(rng.standard_normal((9, 9))) * 10.0 ** rng.integers(0, 6)
    if seed % 2:
        form = form + 1j * np.tril(rng.standard_normal((9, 9)))
    first = rng.permutation([0, 2, 4, 6])[:3] + seed % 3 % 2  # three rows stay alone
    form[first, first + 1] = rng.standard_normal(3) * 10.0 ** rng.integers(-9, 9, 3)
    P, lower = as_schur(form)
    assert np.array_equal(lower, triangle_of(form))
    assert np.array_equal(lower, np.tril(lower))
    assert np.allclose(P @ P.conj().T, np.eye(9), atol=1e-14)
    assert np.allclose(P @ lower @ P.conj().T, form, rtol=0, atol=1e-13 * np.abs(form).max())
    values, scale = np.diag(lower), np.abs(form).max()
    for i in first:
        block = form[i : i + 2, i : i + 2]
        assert np.isclose(values[i] + values[i + 1], np.trace(block), rtol=0, atol=1e-14 * scale)
        assert np.isclose(values[i] * values[i + 1], np.linalg.det(block), rtol=0, atol=1e-13 * scale**2)
    alone = np.setdiff1d(np.arange(9), [*first, *(first + 1)])
    assert np.array_equal(values[alone], np.diag(form)[alone])


def test_a_lower_triangular_matrix_is_its_own_form():
    V = table6_matrix(1.05, 0.005, 0.2, size=30)
    P, form = as_schur(V)
    assert np.array_equal(P, np.eye(30))
    assert np.array_equal(form, V)
    assert np.all(eigenvalues(V) == 0.2)


# --- spectrum


def test_a_normal_matrix_has_an_orthonormal_eigenbasis(seed):
    rng = np.random.default_rng(seed)
    Q = orthogonal(6, rng)
    assert eigenvector_condition(0.5 * Q @ Q.T) == 1
    assert eigenvector_condition(normal(8, 0.9, rng)) == pytest.approx(1, abs=1e-6)


def test_the_eigenvectors_of_a_shear_are_as_skew_as_their_angle_says():
    for c in (0.0, 0.1, 10.0):
        cosine = c / math.hypot(c, 0.1)  # between (1, 0) and (−c, 0.1)
        condition = eigenvector_condition(np.array([[0.9, c], [0.0, 0.8]]))
        assert condition == pytest.approx(math.sqrt((1 + cosine) / (1 - cosine)), rel=1e-9)


def test_a_delay_line_has_no_eigenbasis():
    assert eigenvector_condition(np.eye(6, k=-1)) > 1e15


def test_growth_stays_below_the_eigenvector_condition_times_the_power_of_the_spectral_radius(seed):
    V = 0.3 * np.random.default_rng(seed).standard_normal((10, 10))
    bound = eigenvector_condition(V) * spectral_radius(V) ** np.arange(41)
    assert np.all(transient_growth(V, 40) <= bound * (1 + 1e-9))


# --- growth


@sampled(seeds, st.floats(0.1, 1.1))
def test_a_normal_matrix_grows_as_the_power_of_its_spectral_radius(seed, radius):
    V = normal(6, radius, np.random.default_rng(seed))
    assert np.allclose(transient_growth(V, 30), radius ** np.arange(31), rtol=1e-11)


@sampled(seeds, st.sampled_from([1, 3, 6, 9, 16, 64]))
def test_an_orthogonal_matrix_grows_in_no_direction(seed, size):
    V = orthogonal(size, np.random.default_rng(seed))
    assert np.allclose(transient_growth(V, 50), 1, rtol=1e-12)
    assert np.allclose(typical_growth(V, 50), 1, rtol=1e-12)


def test_a_shear_grows_to_its_peak_at_step_six():
    for c, peak in ((1, 2.76), (2, 5.42), (5, 13.48)):
        growth = transient_growth(np.array([[0.9, c], [0.0, 0.8]]), 40)
        assert growth.argmax() == 6
        assert growth.max() == pytest.approx(peak, abs=0.005)


def test_the_typical_growth_of_a_delay_line_counts_the_units_left():
    growth = typical_growth(np.eye(10, k=-1), 12)
    assert np.allclose(growth, np.sqrt(np.maximum(10 - np.arange(13), 0) / 10), atol=1e-15)


def test_the_papers_growing_chain_peaks_at_its_end():
    growth = transient_growth(table6_matrix(1.05, 0, 0), 120)
    assert growth.argmax() == 99
    assert growth.max() == pytest.approx(1.05**99, rel=1e-12)
    assert np.all(growth[100:] == 0)


def test_growth_is_the_largest_singular_value_of_every_power(generator):
    V = nnrnn_matrix(16, 3.0, generator)
    dense = V().detach().numpy()
    assert np.allclose(transient_growth(V, 40), direct_growth(dense, 40), rtol=1e-10)
    assert np.allclose(transient_growth(dense, 40), direct_growth(dense, 40), rtol=1e-10)


def test_growth_beyond_float64_is_infinite_and_never_nan():
    V = np.array([[1e200, 1e200], [-1e200, 1e200]])
    for growth in (transient_growth(V, 4), typical_growth(V, 4), *estimate_growth(V, [0, 1, 2, 4])[1:3]):
        assert growth[0] == pytest.approx(1)
        assert np.all(np.isinf(growth[2:]))


def test_growth_survives_squares_that_leave_float64():
    assert transient_growth(1e200 * np.eye(3), 1)[1] == pytest.approx(1e200)
    assert typical_growth(1e-200 * np.eye(3), 1)[1] == pytest.approx(1e-200)


@pytest.mark.parametrize(("size", "strength"), [(4, 4.0), (32, 0.0), (32, 4.0), (128, 0.5)])
def test_the_growth_estimate_is_within_two_per_cent_and_never_above(generator, size, strength):
    V = nnrnn_matrix(size, strength, generator)
    powers = growth_powers(220)
    estimate = estimate_growth(V, powers)
    for _ in range(2):  # a network on the move: the subspace lags behind the matrix by one estimate
        with torch.no_grad():
            V.theta.add_(1e-3 * torch.randn(size // 2, generator=generator, dtype=torch.float64))
        estimate = estimate_growth(V, powers, start=estimate)
    exact = transient_growth(V, 220)[list(powers)]
    assert np.all(estimate.transient <= exact * (1 + 1e-12))
    assert np.all(estimate.transient >= exact * 0.98)
    assert np.allclose(estimate.typical, typical_growth(V, 220)[list(powers)], rtol=1e-12)


@pytest.mark.parametrize("name", ["grcar", "random", "jordan", "nnrnn"])
def test_a_first_growth_estimate_is_within_two_per_cent_too(name):
    V, powers = gallery[name](size=64), growth_powers(40)
    share = estimate_growth(V, powers).transient / transient_growth(V, 40)[list(powers)]
    assert share.max() <= 1 + 1e-12
    assert share.min() >= 0.98


def test_a_growth_estimate_of_other_powers_or_size_starts_anew(generator):
    small, large = nnrnn_matrix(8, 1.0, generator), nnrnn_matrix(16, 1.0, generator)
    cold = estimate_growth(large, [0, 3, 9])
    for other in (estimate_growth(small, [0, 3, 9]), estimate_growth(large, [0, 3])):
        assert np.array_equal(estimate_growth(large, [0, 3, 9], start=other).transient, cold.transient)


@pytest.mark.parametrize("size", [66, 130, 132, 194, 256])  # one band to four, with blocks across their edges or none
def test_powers_of_a_schur_form_leave_nothing_of_the_full_matrix_before_it(size, generator):
    rng = np.random.default_rng(0)
    schur, powers = nnrnn_matrix(size, 1.0, generator), (0, 1, 3, 9, 10)  # not all one product away from those before
    full = estimate_growth(rng.standard_normal((size, size)) / 8, powers)
    estimate = estimate_growth(schur, powers, start=full)
    assert np.allclose(estimate.typical, typical_growth(schur, 10)[list(powers)], rtol=1e-12)
    assert np.allclose(estimate.workspace[-1], np.linalg.matrix_power(real_form(schur), 10), atol=1e-12)


@sampled(st.integers(0, 3000), st.integers(2, 60))
def test_growth_powers_increase_from_zero_to_the_horizon(horizon, count):
    powers = growth_powers(horizon, count)
    assert powers[0] == 0
    assert powers[-1] == horizon
    assert len(powers) <= count + 1
    assert all(a < b for a, b in itertools.pairwise(powers))


# --- Fisher memory


@sampled(seeds, st.floats(0.05, 0.97))
def test_fisher_memory_of_a_normal_network_sums_to_one(seed, radius):
    rng = np.random.default_rng(seed)
    J = fisher_memory(normal(6, radius, rng), unit(6, rng), 1000)
    assert J.sum() == pytest.approx(1, abs=1e-11)


@sampled(seeds, st.floats(0.05, 1.05), st.integers(1, 40))
def test_fisher_memory_of_a_normal_network_sums_to_one_over_any_duration(seed, radius, duration):
    # each eigenvalue's share is |λ|^2k / Σ_{j < duration} |λ|^2j, and sums to 1 over k < duration
    rng = np.random.default_rng(seed)
    J = fisher_memory(normal(6, radius, rng), unit(6, rng), duration - 1, duration=duration)
    assert J.sum() == pytest.approx(1, abs=1e-11)


def test_an_orthogonal_network_remembers_every_input_equally_little(seed):
    # V^j (V^j)ᵀ = 1 for every j, so C is `duration` times the identity
    rng = np.random.default_rng(seed)
    V, v = orthogonal(8, rng), unit(8, rng)
    for duration in (1, 2, 7, 220):
        assert np.allclose(fisher_memory(V, v, 300, duration=duration), 1 / duration, rtol=1e-11)


@sampled(seeds, st.integers(1, 30))
def test_no_network_remembers_more_than_its_number_of_units(seed, duration):
    rng = np.random.default_rng(seed)
    J = fisher_memory(0.5 * rng.standard_normal((5, 5)), unit(5, rng), duration - 1, duration=duration)
    assert J.sum() <= 5


def test_a_delay_line_forgets_harmonically():
    J = fisher_memory(np.eye(50, k=-1), np.eye(50)[0], 60)
    assert np.allclose(J[:50], 1 / np.arange(1, 51), rtol=1e-13)
    assert np.all(J[50:] == 0)


def test_an_amplifying_delay_line_has_the_memory_of_a_geometric_series():
    # J(k) = α^2k / Σ_{j ≤ k} α^2j
    k = np.arange(50)
    for alpha in (0.5, 0.95, 1.2):
        J = fisher_memory(alpha * np.eye(50, k=-1), np.eye(50)[0], 49)
        assert np.allclose(J, alpha ** (2 * k) * (alpha**2 - 1) / (alpha ** (2 * (k + 1)) - 1), rtol=1e-12)


@sampled(seeds, st.integers(1, 50))
def test_fisher_memory_over_a_duration_is_what_the_sum_of_the_noise_says(seed, duration):
    rng = np.random.default_rng(seed)
    V, v = 0.25 * rng.standard_normal((5, 5)), unit(5, rng)
    powers = [np.linalg.matrix_power(V, k) for k in range(max(duration, 8))]
    C = sum(W @ W.T for W in powers[:duration])
    J = [(W @ v) @ np.linalg.solve(C, W @ v) for W in powers[:8]]
    assert np.allclose(fisher_memory(V, v, 7, duration=duration), J, rtol=1e-9)


def test_stationary_memory_solves_the_lyapunov_equation_and_is_the_limit_of_long_durations(seed):
    rng = np.random.default_rng(seed)
    V, v = normal(6, 0.9, rng) + 0.1 * np.eye(6, k=-1), unit(6, rng)
    C = scipy.linalg.solve_discrete_lyapunov(V, np.eye(6))
    J = fisher_memory(V, v, 20)
    x = v
    for k in range(21):
        assert J[k] == pytest.approx(x @ np.linalg.solve(C, x), rel=1e-9)
        x = V @ x
    assert np.allclose(fisher_memory(V, v, 20, duration=3000), J, rtol=1e-9)


@sampled(seeds)
def test_fisher_memory_does_not_see_an_orthogonal_change_of_basis(seed):
    rng = np.random.default_rng(seed)
    V, v, Q = 0.4 * rng.standard_normal((5, 5)), unit(5, rng), orthogonal(5, rng)
    J = fisher_memory(V, v, 30, duration=40)
    assert np.allclose(fisher_memory(Q @ V @ Q.T, Q @ v, 30, duration=40), J, rtol=1e-6, atol=1e-12)


def test_memory_of_a_schur_matrix_is_that_of_its_dense_matrix(generator):
    V = nnrnn_matrix(16, 1.0, generator)
    v = torch.randn(16, generator=generator, dtype=torch.float64)
    for duration in (None, 37):
        assert np.allclose(fisher_memory(V, v, 50, duration), fisher_memory(V(), v, 50, duration), rtol=1e-9)


TABLE6 = {  # (alpha, beta): as the paper prints it, d = 0
    (0.95, 0.0): 3.03,
    (1.00, 0.0): 5.19,
    (1.05, 0.0): 12.1,
    (0.95, 0.005): 3.18,
    (1.00, 0.005): 5.30,
    (1.05, 0.005): 12.1,
}


def test_total_memory_without_diagonal_is_what_the_paper_prints():
    for (alpha, beta), printed in TABLE6.items():
        J = fisher_memory(table6_matrix(alpha, beta, 0), np.eye(100)[0], 149)
        assert J.sum() == pytest.approx(printed, abs=0.005 if printed < 10 else 0.05)


TRUE_TABLE6 = {  # (alpha, beta), d = 0.2: by `exact_fisher_memory`; the printed 12.0 16.2 20.5 12.1 16.3 20.4 are not
    (0.95, 0.0): 11.93927554,
    (1.00, 0.0): 16.29753552,
    (1.05, 0.0): 20.83470107,
    (0.95, 0.005): 12.08941989,
    (1.00, 0.005): 16.39029879,
    (1.05, 0.005): 20.88237685,
}


def test_total_memory_with_a_diagonal_is_true_where_the_noise_is_singular_in_float64():
    for (alpha, beta), true in TRUE_TABLE6.items():
        V, v = table6_matrix(alpha, beta, 0.2), np.eye(100)[0]
        assert fisher_memory(V, v, 149).sum() == pytest.approx(true, rel=1e-7)
        assert np.all(np.isnan(estimate_memory(V, v, 149, duration=220))), "NaN rather than a wrong number"


def test_every_delay_is_true_in_the_worst_conditioned_row_of_the_paper():
    V, v = table6_matrix(1.05, 0.005, 0.2), np.eye(100)[0]
    exact = exact_fisher_memory(V, v, 149, duration=256)  # V^256 is below 10⁻³⁰
    assert exact.sum() == pytest.approx(TRUE_TABLE6[1.05, 0.005], rel=1e-9)
    J = fisher_memory(V, v, 149)
    assert np.allclose(J, exact, rtol=1e-5, atol=0)
    assert J.sum() == pytest.approx(exact.sum(), rel=1e-7)


def test_a_schur_matrix_keeps_the_papers_memory_behind_any_rotation(generator):
    size = 60
    V = SchurMatrix(size, "random", generator, dtype=torch.float64, mask="entry")
    with torch.no_grad():
        V.theta.zero_()
        V.gamma.fill_(0.2)
        V.set_T(table6_matrix(1.05, 0.005, 0.0, size))
    expected = exact_fisher_memory(table6_matrix(1.05, 0.005, 0.2, size), np.eye(size)[0], 90, duration=512)
    assert np.allclose(fisher_memory(V, V.P[:, 0], 90), expected, rtol=1e-5, atol=0)


@sampled(seeds, st.integers(1, 30))
def test_fisher_memory_of_any_small_network_is_true_or_refused(seed, duration):
    rng = np.random.default_rng(seed)
    V, v = 1.5 * rng.standard_normal((4, 4)), unit(4, rng)
    exact = exact_fisher_memory(V, v, 10, duration)
    try:
        J = fisher_memory(V, v, 10, duration)
    except ValueError:
        assert np.linalg.norm(np.linalg.matrix_power(V, duration - 1)) > 1e5
    else:
        assert np.allclose(J, exact, rtol=1e-3, atol=1e-12)


def test_the_papers_memory_behind_a_dense_rotation_is_refused_not_wrong(seed):
    V, Q = table6_matrix(1.05, 0.005, 0.2), orthogonal(100, np.random.default_rng(seed))
    with pytest.raises(ValueError, match="SchurMatrix"):
        fisher_memory(Q @ V @ Q.T, Q[:, 0], 149, duration=220)


@pytest.mark.parametrize(("size", "strength", "duration"), [(4, 4.0, 1), (32, 0.5, 6), (32, 4.0, 220), (128, 0.5, 220)])
def test_the_memory_estimate_agrees_with_the_exact_one(generator, size, strength, duration):
    V = nnrnn_matrix(size, strength, generator, low=0.99)
    v = torch.randn(size, generator=generator)
    exact = fisher_memory(V, v, 220, duration)
    assert np.allclose(estimate_memory(V, v, 220, duration), exact, rtol=1e-8, atol=0)


@sampled(seeds, st.floats(0.1, 30))
def test_the_memory_estimate_is_right_to_a_thousandth_or_nan(seed, strength):
    rng = np.random.default_rng(seed)
    V, v = np.tril(strength * rng.standard_normal((6, 6)), -1) + 0.9 * np.eye(6), unit(6, rng)
    estimate = estimate_memory(V, v, 20, duration=30)
    exact = exact_fisher_memory(V, v, 20, duration=30)
    assert np.all(np.isnan(estimate)) or np.allclose(estimate, exact, rtol=1e-3, atol=0)


def test_the_memory_of_powers_beyond_float64_is_an_error_and_its_estimate_nan():
    for V in (1e100 * np.eye(4), 1e200 * np.ones((4, 4))):
        with pytest.raises(ValueError, match="duration"):
            fisher_memory(V, np.ones(4), 10, duration=20)
        assert np.all(np.isnan(estimate_memory(V, np.ones(4), 10, duration=20)))


# --- what comes in


def test_a_tensor_an_array_and_a_list_are_one_matrix():
    rows = [[0.5, 0.25], [0.0, 0.5]]
    expected = transient_growth(np.array(rows), 5)
    for V in (rows, torch.tensor(rows), torch.tensor(rows, dtype=torch.float64, requires_grad=True)):
        assert np.array_equal(transient_growth(V, 5), expected)


def test_what_is_no_square_finite_matrix_is_refused_with_the_reason():
    for V, reason in (
        (np.zeros((2, 3)), "square"),
        (np.zeros(4), "square"),
        (np.zeros((0, 0)), "square"),
        (np.array([[1.0, np.nan], [0, 1]]), "finite"),
        (np.array([[1.0, np.inf], [0, 1]]), "finite"),
        (np.array([[1j, np.nan], [0, 1]]), "finite"),
        (np.array([["a", "b"], ["c", "d"]]), "real"),
    ):
        for function in (as_schur, eigenvalues, lambda V: transient_growth(V, 3)):
            with pytest.raises(ValueError, match=reason):
                function(V)


def test_a_source_that_does_not_fit_is_refused():
    for source in (np.ones(3), np.ones((2, 1)), np.array([1.0, np.nan]), np.array(["a", "b"])):
        with pytest.raises(ValueError, match="source"):
            fisher_memory(0.5 * np.eye(2), source, 4)


def test_noise_for_ever_at_spectral_radius_one_is_refused_and_names_the_way_out(generator):
    for V in (np.eye(2), SchurMatrix(4, generator=generator), 2 * np.eye(2)):
        with pytest.raises(ValueError, match="duration"):
            fisher_memory(V, np.ones(as_real(V)[1].shape[0]), 5)


def test_steps_are_counted_in_whole_numbers():
    V, v = 0.5 * np.eye(2), np.ones(2)
    for call, name in (
        (lambda: transient_growth(V, -1), "horizon"),
        (lambda: fisher_memory(V, v, -1), "horizon"),
        (lambda: fisher_memory(V, v, 3, duration=0), "duration"),
        (lambda: estimate_growth(V, [0, 2, 2]), "powers"),
        (lambda: estimate_growth(V, []), "powers"),
        (lambda: estimate_growth(V, [-1, 2]), "powers"),
    ):
        with pytest.raises(ValueError, match=name):
            call()


# --- how long to look


def test_after_the_decay_horizon_no_start_is_longer_than_at_first():
    for name in ("delay_line", "grcar", "shear", "nnrnn", "convection_diffusion", "stability_optimised"):
        specimen = gallery[name]
        V, horizon = specimen(), decay_horizon(specimen(), specimen.time)
        if specimen.time == "discrete":
            assert transient_growth(V, int(horizon))[-1] < 1, name
        else:
            assert exponential_growth(V, [horizon])[0] < 1, name


def test_what_never_decays_is_looked_at_for_a_usual_time():
    assert decay_horizon(np.eye(2)) == 100
    assert decay_horizon(np.zeros((2, 2)), "continuous") == 10
    with pytest.raises(ValueError, match="time must be one of discrete, continuous"), as_installed():
        decay_horizon(np.eye(2), "weekly")


@pytest.mark.parametrize(
    ("V", "words"),
    [
        (np.ma.array([[0.5, 0.0], [0.0, 9.0]], mask=[[0, 0], [0, 1]]), "some entries are masked"),
        ([np.ma.array([1.0, 2.0], mask=[0, 1]), np.ma.array([1.0, 2.0])], "some entries are masked"),
        (scipy.sparse.eye(3), r"is sparse.*toarray"),
        (torch.eye(3).to_sparse(), "dense"),
        (torch.eye(3, device="meta"), "meta"),
        ([[1, 2], [3]], "equal lengths"),
    ],
)
def test_what_holds_no_plain_numbers_is_refused_in_words(V, words):
    with as_installed(), pytest.raises(ValueError, match=words):
        eigenvalues(V)


def test_rows_that_are_tensors_are_rows():
    rows = [torch.tensor([2.0, 0.0], requires_grad=True), torch.tensor([1.0, 3.0])]
    assert sorted(eigenvalues(rows).real) == [2.0, 3.0]


def test_a_number_beyond_float64_is_no_finite_one():
    with pytest.raises(ValueError, match="tolerance must be a finite number"):
        resolvent_level(np.eye(2), 3, tolerance=10**400)
    with pytest.raises(ValueError, match="powers must be increasing"):
        estimate_growth(np.eye(2), 3)
