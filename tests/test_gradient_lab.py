"""GradientLab: products of Jacobians forward and backward, headless."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from matrices import sampled, seeds
from nnrnn_core import dynamics
from widgets import GradientLab
from widgets.figures.gradient import (
    BACK,
    BAND,
    DETAILS,
    FINITE,
    HISTOGRAM,
    LARGEST,
    LONG,
    NORMAL,
    RADIUS,
    RATES,
    RMS,
    Stretch,
    gradient_figure,
    largest,
    rms,
)
from widgets.labs.gradient_state import GradientState
from widgets.labs.matrices import source_of

DEFAULT = GradientState.of(source_of("nnrnn_schur"))
SLIDERS = {"length": (5, 150), "gain": (0.5, 1.5), "strength": (0.0, 1.0), "bias": (-1.0, 1.0), "seed": (0, 20)}


@pytest.fixture(scope="module")
def one_lab() -> Iterator[GradientLab]:
    lab = GradientLab()
    yield lab
    lab.close()


@pytest.fixture
def lab(one_lab: GradientLab) -> GradientLab:
    """The lab as it opens: the same for all tests, since making one costs more than using it."""
    one_lab.guarded(lambda: one_lab._show(DEFAULT))
    return one_lab


def drawn(lab: GradientLab, name: str) -> np.ndarray:
    return lab.figures[0].array(name, "y")


# --- what is drawn


def test_it_opens_on_two_profiles_of_the_same_eigenvalues(lab: GradientLab):
    normal, with_T = drawn(lab, NORMAL + BACK), drawn(lab, LARGEST + BACK)
    assert np.allclose(normal, 0.95 ** np.arange(60, -1, -1)), "t = 0 … 60, the loss at 60"
    assert with_T[0] > 20 * normal[0] and with_T.max() > 4
    assert np.allclose(lab.state.exponents()["log_eigenvalues"], np.log(0.95))
    assert "spectral radius 0.95" in lab.status and "With T = 0 the factor is at most 0.0461" in lab.status


def test_a_linear_network_has_the_growth_of_its_powers_in_both_directions(lab: GradientLab):
    V = dynamics.gallery["nnrnn_schur"]()
    assert np.allclose(drawn(lab, LARGEST), dynamics.transient_growth(V, 60))
    assert np.allclose(drawn(lab, LARGEST + BACK)[::-1], dynamics.transient_growth(V.T, 60))
    assert np.allclose(drawn(lab, RMS), dynamics.typical_growth(V, 60))


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu", "modrelu"])
def test_backward_the_largest_is_the_longest_gradient_that_autograd_finds(lab: GradientLab, nonlinearity: str):
    lab.set(nonlinearity=nonlinearity, length=9, bias=-0.05)
    J = lab.state.jacobians(9)
    V, b = torch.tensor(lab.V), torch.tensor(-0.05, dtype=torch.float64)
    noise = np.random.default_rng(0).standard_normal((109, 32))
    phi: dict[str, Any] = {
        "tanh": lambda x: torch.tanh(x + b),
        "relu": lambda x: torch.relu(x + b),
        "modrelu": lambda x: torch.sign(x) * torch.relu(x.abs() + b),
    }
    h, states = torch.zeros(32, dtype=torch.float64), []
    for x in torch.tensor(0.2 * noise):
        h = phi[nonlinearity](V @ h + x)
        h = h.detach().requires_grad_() if len(states) == 99 else h
        states.append(h)
    g = torch.tensor(np.linalg.svd(np.linalg.multi_dot(list(J[::-1])))[0][:, 0])
    (gradient,) = torch.autograd.grad(states[-1] @ g, states[99])
    assert float(gradient.norm()) == pytest.approx(drawn(lab, LARGEST + BACK)[0], rel=1e-9)
    assert drawn(lab, LARGEST)[-1] == pytest.approx(drawn(lab, LARGEST + BACK)[0])


@sampled(seeds)
def test_the_root_mean_square_is_that_over_random_directions(seed: int):
    M = np.random.default_rng(seed).standard_normal((5, 5))
    logs = np.log(np.linalg.svd(M, compute_uv=False))[None]
    assert rms(logs)[0] == pytest.approx(np.linalg.norm(M) / np.sqrt(5))
    assert largest(logs)[0] == pytest.approx(np.linalg.norm(M, 2))
    assert rms(np.full((1, 3), -np.inf))[0] == 0


def test_an_orthogonal_network_keeps_every_gradient_until_tanh_shrinks_it(lab: GradientLab):
    lab.set_matrix("random_orthogonal", size=20)
    assert np.allclose(drawn(lab, LARGEST + BACK), 1) and np.allclose(drawn(lab, FINITE), 0)
    lab.set(nonlinearity="tanh", strength=0.0)
    assert np.allclose(drawn(lab, LARGEST + BACK), 1), "at rest all slopes are 1"
    lab.set(strength=0.2)
    profile = drawn(lab, LARGEST + BACK)
    assert np.all(np.diff(profile) > 0) and profile[0] < 0.01
    slopes = lab.state.jacobians(60) @ lab.V.T
    mean = np.log(np.diagonal(slopes, axis1=1, axis2=2)).mean()
    assert lab.state.exponents()["finite_time"].mean() == pytest.approx(mean)


def test_the_long_run_of_a_linear_network_is_that_of_its_eigenvalues_and_others_are_measured(lab: GradientLab):
    lab.set(details=True)
    assert np.array_equal(drawn(lab, LONG), drawn(lab, RATES))
    lab.set_matrix("random", size=12)
    lab.set(nonlinearity="tanh", strength=0.0, details=True)  # at rest: the linear network's Jacobians
    V = dynamics.gallery["random"](size=12)
    assert np.allclose(drawn(lab, LONG), np.log(np.sort(np.abs(np.linalg.eigvals(V)))[::-1]), atol=0.02)


def test_the_histogram_counts_every_singular_value_that_is_not_zero(lab: GradientLab):
    for name, lost in (("nnrnn_schur", 0), ("delay_line", 50)):
        lab.set_matrix(name)
        counts = drawn(lab, HISTOGRAM)[1:-1:2]
        assert counts.sum() == lab.state.source.size - lost
    assert "50 lost" in lab.figures[0].figure.layout.annotations[2].text


def test_the_figure_has_the_traces_that_are_pushed():
    names = [trace.name for trace in gradient_figure().data]
    assert len(set(names)) == len(names)


def test_a_stretch_knows_its_peak_on_the_way_back():
    logs = np.log([[1.0, 1.0], [3.0, 0.5], [2.0, 0.1]])
    shown = Stretch(np.array([0, 4, 8]), logs, logs)
    assert (shown.length, shown.peak) == (8, (pytest.approx(3), 4))
    assert np.allclose(shown.finite, logs[-1] / 8)


def test_what_only_more_shows_is_hidden_until_then_and_no_sentence_speaks_of_it(lab: GradientLab):
    def in_sight() -> set[str]:
        return {trace.name for trace in lab.figures[0].figure.data if trace.visible in (None, True)}

    assert in_sight().isdisjoint(DETAILS) and {LARGEST, NORMAL, RADIUS, BAND, FINITE, HISTOGRAM} <= in_sight()
    assert not re.search("root mean square|long run", lab.status)
    assert "rms" not in lab.code.rpartition("curves =")[2]
    lab.details.value = True
    lab.settle()
    assert in_sight() >= set(DETAILS)
    assert "root mean square" in lab.status and "in the long run" in lab.status
    assert '"with T, rms"' in lab.code
    assert GradientState.from_preset(lab.preset, "gradient", "GradientLab").details


# --- controls


@pytest.mark.parametrize("name", SLIDERS)
def test_a_slider_at_either_end_shows_another_state(lab: GradientLab, name: str):
    lab.set_matrix("random", size=6)
    lab.set(nonlinearity="tanh", bias=0.1)
    slider = getattr(lab, name)
    seen = []
    assert (slider.min, slider.max) == SLIDERS[name]
    for value in SLIDERS[name]:
        slider.value = value
        assert not lab.alarm.value
        assert getattr(lab.state, name) == value
        lab.settle()
        seen.append(lab.status)
    assert seen[0] != seen[1]


def test_what_has_no_effect_on_a_linear_network_cannot_be_moved(lab: GradientLab):
    assert all(slider.disabled for slider in (lab.strength, lab.bias, lab.seed))
    lab.nonlinearity.value = "tanh"
    assert not any(slider.disabled for slider in (lab.strength, lab.bias, lab.seed))
    assert not lab.figures[0].pending, "it takes a long run, which nobody has asked for"
    lab.settle()
    lab.details.value = True
    lab.length.value = 20
    assert LONG in lab.figures[0].pending
    lab.settle()
    assert not lab.figures[0].pending


def test_another_matrix_comes_under_the_same_circumstances(lab: GradientLab):
    lab.set(nonlinearity="tanh", length=25, scale=0.5)
    lab.sources.buttons["shear"].click()
    assert not lab.alarm.value
    assert (lab.state.nonlinearity, lab.state.length, lab.state.scale) == ("tanh", 25, 1.0)


def test_a_length_beyond_the_slider_is_shown(lab: GradientLab):
    lab.set(length=300)
    assert lab.length.value == 300 and "300 steps" in lab.status


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nonlinearity": "sigmoid"}, "nonlinearity must be one of identity, tanh, relu, modrelu; got 'sigmoid'"),
        ({"length": 0}, "length must be"),
        ({"gain": 0}, "gain must be"),
        ({"strength": -1}, "strength must be"),
        ({"bias": np.inf}, "bias must be"),
        ({"seed": 0.5}, "seed must be"),
        ({"details": 1}, "details must be True or False; got 1"),
        ({"nonlinearity": "relu", "gain": 10, "length": 300}, "leave float64 at step"),
    ],
)
def test_a_bad_value_changes_nothing_and_says_why(lab: GradientLab, changes: dict[str, Any], words: str):
    before = lab.state
    with pytest.raises(ValueError, match=words):
        lab.set(**changes)
    assert lab.state is before and lab.status == lab.state.sentence()


# --- matrices


@pytest.mark.parametrize(
    ("matrix", "words"),
    [("balanced_network", "x' = A x"), (np.eye(201), "up to 200 rows; this one has 201")],
    ids=str,
)
def test_a_bad_matrix_leaves_the_lab_as_it_was(lab: GradientLab, matrix: Any, words: str):
    before = lab.state
    with pytest.raises(ValueError, match=words):
        lab.set_matrix(matrix)
    with pytest.raises(ValueError, match=r"is the A of x' = A x|has no choice of time"):
        GradientState.of(source_of(matrix if isinstance(matrix, str) else np.eye(2)), "continuous")
    assert lab.state is before


def test_a_complex_matrix_is_linear(lab: GradientLab):
    V = np.array([[0.5j, 0.0], [2.0, 0.5]])
    lab.set_matrix(V)
    product = np.linalg.matrix_power(V, 60)
    assert drawn(lab, LARGEST)[-1] == pytest.approx(np.linalg.norm(product, 2))
    with pytest.raises(ValueError, match="tanh is a function of real numbers: choose linear"):
        lab.set(nonlinearity="tanh")


def test_a_wide_matrix_is_coarse_at_few_k_and_exact_there():
    state = GradientState.of(source_of("random", size=60))
    coarse, exact = state.stretch(False), state.stretch(True)
    assert len(coarse.steps) < len(exact.steps) < 61
    wanted = dynamics.log_singular_values(itertools.repeat(state.V, 60), coarse.steps.tolist())
    assert np.allclose(coarse.forward, wanted)
