"""What the gallery says of its matrices is true."""

from __future__ import annotations

import itertools
import math
import sys
from types import MappingProxyType

import numpy as np
import pytest
import scipy.linalg

from nnrnn_core.dynamics import eigenvalues, henrici, spectral_radius, transient_growth
from nnrnn_core.dynamics.gallery import Parameter, Specimen, gallery
from nnrnn_core.dynamics.numerical_range import numerical_abscissa
from nnrnn_core.dynamics.spectrum import spectral_abscissa
from oracles import as_installed, direct_growth, table6_matrix

NAMES = list(gallery)
NORMAL = ["random_orthogonal", "symmetric_random", "ring", "rotation"]
COMPLEX = ["rotated_oscillator", "bulls_head"]
SEEDED = [name for name in NAMES if "seed" in gallery[name].parameters]


def is_normal(V: np.ndarray) -> bool:
    return np.allclose(V @ V.conj().T, V.conj().T @ V, atol=1e-12 * np.linalg.norm(V) ** 2, rtol=0)


def exponential_growth(A: np.ndarray, end: float, steps: int = 60) -> np.ndarray:
    """‖e^{tA}‖₂ at t = 0…end."""
    return np.array([np.linalg.norm(scipy.linalg.expm(t * A), 2) for t in np.linspace(0, end, steps + 1)])


# --- the gallery as a whole


def test_the_gallery_is_large_and_cannot_be_changed():
    assert len(gallery) >= 22
    assert isinstance(gallery, MappingProxyType)
    with pytest.raises(TypeError):
        gallery["shear"].parameters["radius"] = None


def test_titles_are_short_and_each_is_used_once():
    titles = [specimen.title for specimen in gallery.values()]
    assert len(set(titles)) == len(titles)
    assert all(0 < len(title) <= 24 for title in titles)


def test_a_specimen_says_what_it_is_and_what_to_look_at():
    for name, specimen in gallery.items():
        assert name.isidentifier()
        assert specimen.time in ("discrete", "continuous")
        for words in (specimen.sentence, specimen.look_at):
            assert words[0].isupper() or words.startswith("alpha")
            assert words.endswith(".")
        assert all(known.words for known in specimen.parameters.values())


def test_defaults_lie_between_the_ends_on_the_grid_of_a_slider():
    for specimen in gallery.values():
        for key, known in specimen.parameters.items():
            assert known.low <= known.default <= known.high
            assert known.step > 0
            steps = (known.default - known.low) / known.step
            assert steps == pytest.approx(round(steps), abs=1e-9), key
            if isinstance(known.default, int):
                assert all(isinstance(value, int) for value in known[:4]), key
            if key == "size":
                assert known.low == 2
                assert known.default <= 64
                assert known.high <= 200


@pytest.mark.parametrize("name", NAMES)
def test_a_specimen_is_a_finite_square_matrix_up_to_the_ends_of_its_parameters_and_each_matters(name):
    specimen = gallery[name]
    default = specimen()
    sizes = [{"size": 7}] if "size" in specimen.parameters else []  # an odd number of units will do
    ends = [{key: end} for key, known in specimen.parameters.items() for end in (known.low, known.high)]
    for given in [{}, *sizes, *ends]:
        V = specimen(**given)
        assert V.dtype == (np.complex128 if name in COMPLEX else np.float64)
        assert V.shape == (len(V), len(V)) and len(V) == given.get("size", len(V))
        assert np.all(np.isfinite(V))
        (value,) = given.values() or [None]
        if given and value != specimen.parameters[next(iter(given))].default:
            assert not np.array_equal(V, default), given


def test_the_same_seed_gives_the_same_matrix_and_another_seed_another():
    for name in SEEDED:
        specimen = gallery[name]
        assert np.array_equal(specimen(seed=3), specimen(seed=3))
        assert not np.allclose(specimen(seed=3), specimen(seed=4))


def test_a_matrix_may_be_written_to_without_harm_to_the_next():
    for specimen in gallery.values():
        first = specimen()
        kept = first.copy()
        first[:] = 0
        assert np.array_equal(specimen(), kept)


def test_a_seed_means_the_same_numbers_on_every_day():
    """A preset names a matrix by its seed."""
    entries = {
        "feed_forward_layers": (6, 5, 0.6962968174072135),
        "hatano_nelson": (2, 1, 1.0873127313836182),
        "random": (5, 1, 0.48172759529288683),
        "random_orthogonal": (6, 0, 0.6978680397094167),
        "symmetric_random": (6, 6, -0.28988132934364974),
        "nnrnn_schur": (2, 2, -0.8894332086050087),
        "nnrnn": (7, 0, 0.6073334904417664),
        "balanced_network_wide": (6, 7, -1.1),
        "stability_optimised": (2, 4, -1.7778750930451725),
    }
    assert set(entries) == set(SEEDED)
    for name, (row, column, value) in entries.items():
        assert gallery[name](size=8)[row, column] == pytest.approx(value, rel=1e-9), name


# --- what is refused


def test_an_unknown_parameter_is_refused_by_name():
    for specimen in gallery.values():
        with pytest.raises(ValueError, match=r"no parameter sise \(got 12\); it has "):
            specimen(sise=12)


def test_a_parameter_out_of_range_is_refused_by_name_and_value():
    for specimen in gallery.values():
        for key, known in specimen.parameters.items():
            for value in (known.low - 1, known.high + 1, math.nan, math.inf):
                with pytest.raises(
                    ValueError, match=f"{key} must be a .*number of at least .* at most .*; got {value}"
                ):
                    specimen(**{key: value})


def test_what_is_no_number_or_half_a_unit_is_refused():
    words = "size must be a whole number of at least 2 and at most 200; got "
    for value in (12.5, "7", True, None, 7 + 0j, [7]):
        with as_installed(), pytest.raises(ValueError, match=words):
            gallery["ring"](size=value)


def test_a_whole_number_may_come_in_any_type():
    for value in (7, 7.0, np.float64(7), np.int64(7)):
        with as_installed():
            assert gallery["ring"](size=value).shape == (7, 7)


def test_a_specimen_of_ones_own_checks_its_parameters_alike():
    own = Specimen(
        "Own", "One.", "Two.", {"a": Parameter(1.0, 0.0, 2.0, 0.5, "a")}, "discrete", lambda a: a * np.eye(2)
    )
    assert np.array_equal(own(a=1), np.eye(2))
    with pytest.raises(ValueError, match=r"a must be a finite number of at least 0 and at most 2; got 2\.5"):
        own(a=2.5)


# --- chains and blocks


def test_powers_of_the_shear_grow_with_k_times_its_strength():
    V = gallery["shear"](radius=0.8, strength=3)
    assert np.allclose(np.linalg.matrix_power(V, 7), [[0.8**7, 0], [7 * 3 * 0.8**6, 0.8**7]])


def test_powers_of_the_gentle_matrix_hold_the_difference_of_the_powers_and_peak_at_the_sixth():
    V = gallery["gentle"]()
    assert np.array_equal(V, [[0.9, 0], [1, 0.8]])
    growth = direct_growth(V, 40)
    assert np.argmax(growth) == 6
    assert growth[6] == pytest.approx(2.76, abs=0.005)
    assert np.linalg.matrix_power(V, 6)[1, 0] == pytest.approx((0.9**6 - 0.8**6) / 0.1)


def test_a_delay_line_is_nilpotent_and_its_norm_is_alpha_to_the_k_until_then():
    V = gallery["delay_line"](size=12, alpha=1.1)
    assert np.array_equal(gallery["chain"](size=12, alpha=1.1), V)
    assert np.allclose(transient_growth(V, 13), [*(1.1 ** np.arange(12)), 0, 0])
    assert np.all(eigenvalues(V) == 0)


def test_a_pulse_travels_down_every_chain():
    pulse = np.eye(8)[0]
    for name in ("delay_line", "chain", "feedback_chain", "ring"):
        V = gallery[name](size=8)
        assert np.argmax(np.linalg.matrix_power(V, 3) @ pulse) == 3


def test_the_dense_delay_line_has_the_same_growth_and_its_computed_eigenvalues_come_out_almost_a_half_away():
    dense, line = gallery["dense_delay_line"](), gallery["delay_line"]()
    assert np.allclose(transient_growth(dense, 60), transient_growth(line, 60), atol=1e-12)
    assert np.count_nonzero(np.abs(dense) > 1e-6) > 0.99 * dense.size
    computed = np.abs(np.linalg.eigvals(dense))
    assert np.median(computed) > 0.4
    assert 0.45 < computed.max() < 0.6


def test_layers_feed_forward_only_and_forget_after_as_many_steps():
    for size, layers in ((41, 6), (3, 20), (2, 2)):
        V = gallery["feed_forward_layers"](size=size, layers=layers)
        assert np.array_equal(V, np.tril(V, -1))
        assert np.any(np.linalg.matrix_power(V, min(size, layers) - 1))
        assert not np.any(np.linalg.matrix_power(V, layers))


def test_a_layer_amplifies_a_typical_state_by_its_strength():
    V = gallery["feed_forward_layers"](size=200, layers=2, strength=3)
    assert np.linalg.norm(V) / math.sqrt(100) == pytest.approx(3, rel=0.02)


def test_a_jordan_block_has_one_eigenvalue_and_one_eigenvector():
    V = gallery["jordan"](size=9, eigenvalue=-0.3, strength=0.7)
    assert np.all(eigenvalues(V) == -0.3)
    assert np.linalg.matrix_rank(V + 0.3 * np.eye(9)) == 8


def test_around_a_jordan_blocks_eigenvalue_the_resolvent_grows_geometrically_with_its_size():
    for size, z in itertools.product((5, 20), (0.9, 0.1 - 0.2j)):
        V = gallery["jordan"](size=size, eigenvalue=0.5, strength=0.8)
        smallest = scipy.linalg.svdvals(z * np.eye(size) - V)[-1]
        assert smallest <= 0.8 * (abs(z - 0.5) / 0.8) ** size


def test_the_eigenvalues_of_a_chain_with_feedback_are_cosines():
    V = gallery["feedback_chain"](size=10, alpha=0.9, beta=0.2)
    cosines = 2 * math.sqrt(0.18) * np.cos(np.arange(1, 11) * np.pi / 11)
    assert np.allclose(np.sort(eigenvalues(V).real), np.sort(cosines), atol=1e-9)


def test_the_table_6_family_is_the_papers():
    assert np.array_equal(gallery["table6"](size=100, d=0.2, alpha=1.05, beta=0.005), table6_matrix(1.05, 0.005, 0.2))


def test_in_table_6_only_d_keeps_a_trace_beyond_the_line():
    for d, left in ((0.0, False), (0.2, True)):
        V = gallery["table6"](size=20, d=d)
        assert np.all(eigenvalues(V) == d)
        assert np.any(np.linalg.matrix_power(V, 20)) == left


# --- classics


def test_the_grcar_matrix_is_minus_one_below_and_one_on_four_diagonals():
    V = gallery["grcar"](size=6, scale=0.5)
    expected = scipy.linalg.toeplitz([1, -1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0])
    assert np.array_equal(V, 0.5 * expected)


def test_the_grcar_matrix_has_radius_below_one_and_powers_beyond_two_thousand():
    V = gallery["grcar"]()
    assert V.shape == (50, 50)
    assert spectral_radius(V) == pytest.approx(0.90, abs=0.005)
    assert 2000 < transient_growth(V, 80).max() < 3000


@pytest.mark.parametrize(("size", "low", "high"), [(50, 0, 1e-6), (120, 0.05, 1), (200, 0.1, 1)])
def test_the_computed_eigenvalues_of_large_grcar_matrices_and_their_transposes_differ(size, low, high):
    V = gallery["grcar"](size=size)
    ours, transposed = np.linalg.eigvals(V), np.linalg.eigvals(V.T)
    assert low <= np.abs(ours[:, None] - transposed).min(axis=1).max() < high


def test_the_kahan_matrix_has_powers_of_the_sine_as_eigenvalues():
    V = gallery["kahan"](size=6, angle=1.0)
    s, c = math.sin(1.0), math.cos(1.0)
    assert np.array_equal(V, np.tril(V))
    assert np.allclose(np.diag(V), s ** np.arange(6))
    assert np.allclose(V[3], [-c, -c * s, -c * s**2, s**3, 0, 0])


def test_the_kahan_matrix_hides_its_smallest_singular_value_behind_the_last_but_one():
    """σ_{n−1} = s^{n−2} √(1 + c), while σ_n is far smaller."""
    singular = scipy.linalg.svdvals(gallery["kahan"]())
    s, c = math.sin(1.2), math.cos(1.2)
    assert singular[-2] == pytest.approx(s**18 * math.sqrt(1 + c), rel=1e-9)
    assert s**19 / singular[-1] == pytest.approx(190, rel=0.01)


def test_the_companion_matrix_has_its_polynomial_in_the_first_row_and_its_roots_as_eigenvalues():
    V = gallery["companion"](size=5, lowest=-0.5, highest=0.9)
    roots = np.linspace(-0.5, 0.9, 5)
    assert np.allclose(V[0], -np.poly(roots)[1:])
    assert np.array_equal(V[1:], np.eye(5)[:-1])
    assert np.allclose(np.poly(V), np.poly(roots))
    assert np.allclose(np.sort(eigenvalues(V).real), roots)


def test_a_companion_matrix_predicts_the_next_value_from_the_last_ones():
    V = gallery["companion"](size=3, lowest=0.2, highest=0.8)
    past = np.array([0.8**3, 0.8**2, 0.8])  # newest first: 0.8 is a root
    assert np.allclose(V @ past, 0.8 * past)


def test_the_demmel_matrix_has_the_eigenvalue_minus_one_and_a_bidiagonal_inverse():
    A = gallery["demmel"](size=3, decades=4)
    assert np.allclose(A, -np.array([[1, 0, 0], [100, 1, 0], [1e4, 100, 1]]))
    assert np.allclose(np.linalg.inv(A), -np.eye(3) + 100 * np.eye(3, k=-1))
    assert np.all(eigenvalues(A) == -1)


def test_the_exponential_of_the_demmel_matrix_passes_seven_hundred_before_it_dies():
    A = gallery["demmel"]()
    assert exponential_growth(A, 3).max() > 700
    assert np.linalg.norm(scipy.linalg.expm(40 * A), 2) < 1e-3


@pytest.mark.parametrize(("size", "peclet"), [(12, 10), (12, 60), (2, 1)])
def test_the_spectrum_of_convection_diffusion_has_a_closed_form(size, peclet):
    h = 1 / (size + 1)
    cell = complex(peclet * h / 2)  # above 1 the eigenvalues are complex
    cosines = np.cos(np.arange(1, size + 1) * np.pi * h)
    expected = -2 / (peclet * h**2) * (1 - np.sqrt(1 - cell**2) * cosines)
    found = eigenvalues(gallery["convection_diffusion"](size=size, peclet=peclet))
    assert np.allclose(np.sort_complex(np.round(found, 6)), np.sort_complex(np.round(expected, 6)), atol=1e-5)


def test_convection_diffusion_takes_a_linear_profile_for_what_it_is():
    """u_x = 1 and u_xx = 0, so that away from the ends A u = −1."""
    A = gallery["convection_diffusion"](size=9, peclet=7)
    assert np.allclose((A @ (np.arange(1, 10) / 10))[:-1], -1)


def test_convection_diffusion_holds_out_until_all_is_carried_across():
    A = gallery["convection_diffusion"]()
    assert spectral_abscissa(A) < -10
    assert np.linalg.norm(scipy.linalg.expm(A / 2), 2) == pytest.approx(0.78, abs=0.005)
    assert np.linalg.norm(scipy.linalg.expm(1.5 * A), 2) < 0.01


@pytest.mark.parametrize("bias", [0.0, 0.3, 1.0])
def test_the_eigenvalues_of_a_hatano_nelson_chain_do_not_depend_on_its_bias(bias):
    V = gallery["hatano_nelson"](size=12, bias=bias)
    symmetric = gallery["hatano_nelson"](size=12, bias=0)
    assert np.array_equal(symmetric, symmetric.T)
    assert np.allclose(np.sort(eigenvalues(V).real), np.linalg.eigvalsh(symmetric), atol=1e-6)
    assert V[1, 0] / V[0, 1] == pytest.approx(math.exp(2 * bias))


def test_the_bias_of_a_hatano_nelson_chain_makes_it_grow():
    specimen = gallery["hatano_nelson"]
    assert transient_growth(specimen(bias=0), 80).max() == 1
    assert transient_growth(specimen(), 80).max() > 1e5


# --- random and normal


def test_a_normal_specimen_commutes_with_its_transpose():
    for name, size in itertools.product(NORMAL, (2, 15, 16)):
        assert is_normal(gallery[name](size=size)), (name, size)


def test_every_other_specimen_is_far_from_normal():
    for name in set(NAMES) - set(NORMAL):
        V = gallery[name]()
        assert not is_normal(V)
        assert henrici(V, relative=True) > 0.1, name


def test_an_orthogonal_specimen_times_gain_changes_every_norm_by_it():
    for name in ("random_orthogonal", "ring"):
        V = gallery[name](size=9, gain=0.7)
        assert np.allclose(V @ V.T, 0.49 * np.eye(9), atol=1e-14)


def test_a_rotation_changes_every_norm_by_gamma():
    for size in (8, 9):
        V = gallery["rotation"](size=size, gamma=0.6)
        assert np.allclose(V @ V.T, 0.36 * np.eye(size), atol=1e-14)
        assert len(np.unique(np.round(eigenvalues(V), 9))) == size


def test_the_ring_is_the_delay_line_with_one_more_link():
    V = gallery["ring"](size=7, gain=0.9)
    missing = V - gallery["delay_line"](size=7, alpha=0.9)
    assert missing[0, 6] == 0.9
    assert np.count_nonzero(missing) == 1
    assert np.allclose(np.linalg.matrix_power(V, 7), 0.9**7 * np.eye(7))


def test_the_radius_of_a_random_network_is_near_its_gain_and_its_norm_near_twice_that():
    V = gallery["random"](size=200, gain=0.8)
    assert spectral_radius(V) == pytest.approx(0.8, rel=0.1)
    assert np.linalg.norm(V, 2) == pytest.approx(1.6, rel=0.1)


def test_the_eigenvalues_of_a_symmetric_random_network_reach_to_its_gain():
    V = gallery["symmetric_random"](size=200, gain=0.8)
    assert np.array_equal(V, V.T)
    assert spectral_radius(V) == pytest.approx(0.8, rel=0.1)
    assert transient_growth(V, 5)[5] == pytest.approx(spectral_radius(V) ** 5)


@pytest.mark.parametrize("size", [12, 13])
def test_the_eigenvalues_of_the_nnrnns_schur_form_have_modulus_gamma_whatever_t_is(size):
    for sigma in (0.0, 0.5):
        V = gallery["nnrnn_schur"](size=size, gamma=0.9, sigma=sigma)
        outside = np.arange(size)[:, None] // 2 < np.arange(size)[None, :] // 2
        assert not np.any(V[outside])
        assert np.linalg.det(V) == pytest.approx(0.9**size)
        blocks = [np.abs(np.linalg.eigvals(V[i : i + 2, i : i + 2])) for i in range(0, size, 2)]
        assert np.allclose(np.concatenate(blocks), 0.9)


def test_henricis_departure_of_the_nnrnns_schur_form_is_the_norm_of_t():
    specimen = gallery["nnrnn_schur"]
    T = specimen(size=12, sigma=0.1) - specimen(size=12, sigma=0.0)
    assert henrici(specimen(size=12, sigma=0.1)) == pytest.approx(np.linalg.norm(T))
    assert is_normal(specimen(sigma=0.0))
    assert np.std(specimen(size=200, sigma=0.1)[100:, :100]) == pytest.approx(0.1, rel=0.05)


def test_the_nnrnn_grows_as_its_schur_form_does():
    form, V = gallery["nnrnn_schur"](seed=5), gallery["nnrnn"](seed=5)
    assert np.allclose(transient_growth(V, 40), transient_growth(form, 40))
    assert henrici(V) == pytest.approx(henrici(form))
    assert np.count_nonzero(np.abs(np.triu(V, 2)) > 1e-6) > 0.99 * 30 * 31 / 2


# --- excitation and inhibition


@pytest.mark.parametrize(("w", "k"), [(4.3, 1.1), (2.0, 0.8), (10.0, 2.0)])
def test_in_a_balanced_network_the_difference_drives_the_sum(w, k):
    A = gallery["balanced_network"](weight=w, inhibition=k)
    to_sum_and_difference = np.array([[1, 1], [1, -1]]) / math.sqrt(2)
    form = to_sum_and_difference @ A @ to_sum_and_difference.T
    assert np.allclose(form, [[-1 + w * (1 - k), w * (1 + k)], [0, -1]])
    assert spectral_abscissa(A) == pytest.approx(max(-1, -1 + w * (1 - k)))


def test_a_balanced_network_grows_though_no_eigenvalue_shows_it():
    A = gallery["balanced_network"]()
    assert spectral_abscissa(A) == pytest.approx(-1)
    assert exponential_growth(A, 3).max() > 2.5


def test_a_wide_balanced_network_starts_to_grow_about_as_fast_as_its_two_populations():
    wide, two = gallery["balanced_network_wide"], gallery["balanced_network"]
    expected = numerical_abscissa(two(weight=2.0, inhibition=1.1))
    for seed in range(3):
        assert numerical_abscissa(wide(size=200, seed=seed)) == pytest.approx(expected, abs=0.2)


def test_in_a_wide_balanced_network_every_unit_only_excites_or_only_inhibits():
    W = gallery["balanced_network_wide"](size=21) + np.eye(21)
    assert np.all(W[:, :11] >= 0)
    assert np.all(W[:, 11:] <= 0)


def test_fully_connected_a_wide_balanced_network_is_its_two_populations_repeated():
    A = gallery["balanced_network_wide"](size=20, density=1.0, weight=3.0, inhibition=1.2)
    sums = np.kron(np.eye(2), np.ones((1, 10)))
    two = gallery["balanced_network"](weight=3.0, inhibition=1.2)
    assert np.allclose(sums @ A @ sums.T / 10, two)


def test_a_stability_optimised_network_is_stable_whatever_its_parameters():
    for size, gain, target, seed in itertools.product((2, 5, 50), (0.5, 3.0), (-0.5, -0.05), range(2)):
        A = gallery["stability_optimised"](size=size, gain=gain, target=target, seed=seed)
        assert np.linalg.eigvals(A).real.max() <= target + 1e-9


def test_tuning_moves_only_inhibition_and_keeps_its_sign(monkeypatch):
    specimen = gallery["stability_optimised"]
    tuned = specimen() + np.eye(50)
    # by name the package gives its mapping `gallery`, and not the folder
    monkeypatch.setattr(sys.modules["nnrnn_core.dynamics.gallery.neuroscience"], "TUNING_STEPS", 0)
    # without steps the whole matrix is only scaled down; a ratio of two excitatory synapses tells by how much
    scaled = specimen() + np.eye(50)
    excitatory = tuned[:, :25]
    assert np.array_equal(excitatory > 0, scaled[:, :25] > 0)
    assert len(np.unique(np.round(excitatory[excitatory > 0], 12))) == 1
    assert excitatory.max() > 1.2 * scaled.max(), "the untuned network had to be scaled down, the tuned one not"
    assert np.all(tuned[:, 25:] <= 0)
    assert not np.any(np.diag(tuned))


def test_a_stability_optimised_network_grows_more_than_fivefold():
    A = gallery["stability_optimised"]()
    assert exponential_growth(A, 10).max() > 5


# --- complex entries


def test_the_near_eigenvalues_of_the_rotated_oscillator_lie_on_the_operators_ray():
    found = np.linalg.eigvals(gallery["rotated_oscillator"](size=60, angle=1.2))
    exact = -np.exp(0.6j) * (2 * np.arange(10) + 1)
    assert max(np.abs(found - value).min() for value in exact) < 1e-6


@pytest.mark.parametrize("angle", [0.0, 0.7, 1.57])
def test_the_rotated_oscillator_never_grows_and_is_normal_where_it_is_not_rotated(angle):
    A = gallery["rotated_oscillator"](size=30, angle=angle)
    assert np.linalg.eigvalsh((A + A.conj().T) / 2).max() <= 0
    assert (np.linalg.norm(A @ A.conj().T - A.conj().T @ A) < 1e-10) == (angle == 0)


def test_inside_the_bulls_head_the_smallest_singular_value_falls_exponentially_with_the_size():
    """The symbol winds once round z = −i, so that there are vectors v with ‖(V − z) v‖ < r^n ‖v‖, r < 1."""
    z, turn = -1j, np.exp(2j * np.pi * np.linspace(0, 1, 4097))
    around = 2j / turn + turn**2 + 0.7 * turn**3 - z
    assert round(np.diff(np.unwrap(np.angle(around))).sum() / (2 * np.pi)) == -1
    smallest = [
        np.linalg.svd(z * np.eye(n) - gallery["bulls_head"](size=n, scale=0.28) / 0.28, compute_uv=False)[-1]
        for n in (20, 40, 60)
    ]
    assert smallest[1] / smallest[0] < 1e-1 and smallest[2] / smallest[1] < 1e-1


def test_the_bulls_head_stays_below_one_in_its_spectrum_and_not_in_its_norm():
    V = gallery["bulls_head"]()
    assert np.abs(np.linalg.eigvals(V)).max() < 1 < np.linalg.norm(V, 2)
