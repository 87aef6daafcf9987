"""MemoryLab: Fisher memory of three networks, headless."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnrnn_core import SchurMatrix, dynamics
from oracles import table6_matrix
from widgets import MemoryLab
from widgets.figures.memory import CAP, NAMES, memory_figure, memory_of, memory_push

H_50 = float(np.sum(1 / np.arange(1, 51)))
EXACT = {  # of oracles.exact_fisher_memory, horizon 149, N = 100, d = 0.2 (tests/test_dynamics.py has them to the end)
    (0.95, 0.0): 11.939276, (1.0, 0.0): 16.297536, (1.05, 0.0): 20.834701,
    (0.95, 0.005): 12.089420, (1.0, 0.005): 16.390299, (1.05, 0.005): 20.882377,
}  # fmt: skip
WITHOUT_D = {
    (0.95, 0.0): 3.03, (1.0, 0.0): 5.19, (1.05, 0.0): 12.1,
    (0.95, 0.005): 3.18, (1.0, 0.005): 5.30, (1.05, 0.005): 12.1,
}  # fmt: skip
SLIDERS = ("alpha", "d", "size", "beta", "gamma", "unit", "horizon", "duration")


@pytest.fixture(scope="module")
def one_lab() -> Iterator[tuple[MemoryLab, str]]:
    lab = MemoryLab(size=20)
    yield lab, lab.preset
    lab.close()


@pytest.fixture
def lab(one_lab: tuple[MemoryLab, str]) -> MemoryLab:
    """A lab at its beginning, with 20 units: the same for all tests, since making one costs more than using it."""
    lab, beginning = one_lab
    lab.guarded(lambda: lab.load_preset(beginning))
    lab.settle()
    assert lab.preset == beginning
    return lab


def unit(n: int, i: int = 0) -> np.ndarray:
    return np.asarray(np.eye(n)[i])


def totals(lab: MemoryLab) -> dict[str, float]:
    return dict(zip(NAMES, lab.state.arrays()["totals"], strict=True))


# --- the theorems that the figure rests on


@settings(max_examples=20)
@given(st.integers(2, 30), st.integers(0, 99), st.floats(0.1, 0.9), st.data())
def test_a_normal_network_holds_one_wherever_the_input_enters(n: int, seed: int, gain: float, data: Any):
    i = data.draw(st.integers(0, n - 1))
    V = dynamics.gallery["random_orthogonal"](size=n, gain=gain, seed=seed)
    assert memory_of(V, unit(n, i), 400).total == pytest.approx(1, abs=1e-9)


def test_a_normal_network_holds_one_over_any_duration_even_when_it_never_forgets():
    for duration in (1, 7, 100):
        memory = memory_of(np.roll(np.eye(6), 1, axis=0), unit(6), 400, duration)
        assert len(memory.curve) == duration
        assert np.allclose(memory.curve, 1 / duration)


@settings(max_examples=15)
@given(arrays(float, (5, 5), elements=st.floats(-1, 1)), st.integers(1, 20))
def test_the_totals_over_all_directions_of_input_sum_to_the_number_of_units(V: np.ndarray, duration: int):
    sums = [memory_of(V, unit(5, i), 400, duration).total for i in range(5)]
    assert sum(sums) == pytest.approx(5)
    assert max(sums) <= 5 + 1e-9


def test_a_delay_line_holds_the_harmonic_number():
    memory = memory_of(dynamics.gallery["delay_line"](size=50, alpha=1.0), unit(50), 149)
    assert np.allclose(memory.curve[:50], 1 / np.arange(1, 51))
    assert not memory.curve[50:].any()
    assert memory.total == pytest.approx(H_50)
    assert np.allclose(memory.activity, np.sqrt(np.arange(1, 51)))


# --- the figure


def test_the_figure_has_the_traces_that_are_pushed(lab: MemoryLab):
    figure = copy.deepcopy(memory_figure())
    names = [trace.name for trace in figure.data]
    traces, layout = memory_push(lab.state.memories)
    assert len(set(names)) == len(names)
    assert set(traces) <= set(names)
    for path, value in layout.items():
        figure.layout[path] = value


def test_the_default_shows_one_then_more_then_most():
    lab = MemoryLab()
    orthogonal, delay_line, third = lab.state.arrays()["totals"]
    assert orthogonal == pytest.approx(1, abs=1e-6)
    assert 8 < delay_line < third < 64
    assert list(lab.figure.array(f"{NAMES[2]}: total", "y")) == [0, third]
    assert list(lab.figure.array(CAP, "y")) == [64, 64]
    assert lab.figure.figure.layout.annotations[3].text == "1.000"


@pytest.mark.parametrize(("alpha", "beta"), [(0.95, 0.0), (1.05, 0.005)])
def test_the_buttons_of_table_6_lead_to_the_exact_totals(lab: MemoryLab, alpha: float, beta: float):
    for key, value in (("d", 0.2), ("alpha", alpha), ("beta", beta)):
        lab.cells[key, value].click()
    assert np.array_equal(lab.V, table6_matrix(alpha, beta, 0.2))
    assert totals(lab)[NAMES[2]] == pytest.approx(EXACT[alpha, beta], rel=1e-4)
    lab.cells["d", 0.0].click()
    assert totals(lab)[NAMES[2]] == pytest.approx(WITHOUT_D[alpha, beta], abs=0.05)
    chosen = {key for key, button in lab.cells.items() if button.button_style == "info"}
    assert chosen == {("alpha", alpha), ("beta", beta), ("d", 0.0)}


def test_a_button_of_table_6_works_from_another_matrix_too(lab: MemoryLab):
    lab.set_matrix([[0.9, 2], [0, 0.8]])
    lab.cells["alpha", 0.95].click()
    assert not lab.alarm.value
    assert (lab.state.size, lab.state.alpha, lab.state.d) == (100, 0.95, 0.2)


def test_without_d_and_beta_the_third_network_is_the_delay_line(lab: MemoryLab):
    lab.set(d=0.0, beta=0.0)
    arrays = lab.state.arrays()
    assert np.array_equal(arrays["third"], arrays["delay_line"])


def test_without_its_feed_forward_part_the_third_network_holds_one(lab: MemoryLab):
    lab.set(scale=0.0)
    assert totals(lab)[NAMES[2]] == pytest.approx(1)
    lab.set_matrix("nnrnn_schur", sigma=0.3)
    assert totals(lab)[NAMES[2]] > 1.1
    lab.set_matrix(SchurMatrix(6))
    lab.set(scale=0.0)
    assert totals(lab)[NAMES[2]] == pytest.approx(1, rel=1e-5)  # its P and γ are float32


# --- controls


@pytest.mark.parametrize("name", SLIDERS)
def test_a_slider_at_either_end_shows_another_state(lab: MemoryLab, name: str):
    slider = getattr(lab, name)
    seen = []
    for value in (slider.min, slider.max):
        slider.value = value
        assert not lab.alarm.value
        assert getattr(lab.state, name) == value
        assert lab.state.table().keys() == {"k", "orthogonal", "delay_line", "third"}
        lab.settle()
        seen.append(lab.status)
    assert seen[0] != seen[1]


def test_alpha_moves_the_delay_line_and_the_third_network_alike(lab: MemoryLab):
    before = lab.state.arrays()["totals"]
    lab.alpha.value = 1.3
    after = lab.state.arrays()["totals"]
    assert lab.state.source.parameters["alpha"] == lab.state.alpha == 1.3
    assert after[0] == before[0]
    assert (after[1:] > before[1:]).all()


def test_with_a_matrix_of_ones_own_alpha_is_the_delay_lines(lab: MemoryLab):
    lab.set_matrix([[0.9, 0.0], [2.0, 0.8]])
    before = totals(lab)
    assert lab.d.disabled
    assert lab.size.disabled
    lab.alpha.value = 1.4
    after = totals(lab)
    assert after[NAMES[1]] > before[NAMES[1]]
    assert after[NAMES[2]] == before[NAMES[2]]
    lab.set_matrix("table6")
    assert not lab.d.disabled


def test_fewer_units_take_the_input_along(lab: MemoryLab):
    lab.set(unit=20)
    lab.size.value = 7
    assert not lab.alarm.value
    assert lab.state.unit == lab.state.size == lab.unit.max == 7


def test_a_memory_lost_to_rounding_is_said_and_not_drawn(lab: MemoryLab):
    lab.set(size=64, d=0.4, alpha=1.5)
    assert np.isnan(totals(lab)[NAMES[2]])
    assert "64-bit" in lab.status
    assert not lab.alarm.value
    assert lab.figure.figure.layout.annotations[5].text == "lost"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"alpha": 1.6}, "alpha must be"),
        ({"gamma": 1.2}, "gamma must be"),
        ({"gamma": 1}, "give duration"),
        ({"d": 1.0}, "spectral radius is 1"),
        ({"unit": 21}, "unit must be a whole number of at least 1 and at most 20; got 21"),
        ({"horizon": 0}, "horizon must be"),
        ({"duration": 2.0}, "duration must be"),
    ],
)
def test_a_bad_value_changes_nothing_and_says_why(lab: MemoryLab, changes: dict[str, Any], words: str):
    before = lab.state
    with pytest.raises(ValueError, match=words):
        lab.set(**changes)
    assert lab.state is before


def test_a_radius_of_one_is_fine_over_a_duration(lab: MemoryLab):
    lab.set(gamma=1, duration=50)
    arrays = lab.state.arrays()
    assert np.allclose(arrays["orthogonal"], 1 / 50)
    assert len(arrays["k"]) == 50


# --- matrices


@pytest.mark.parametrize(
    "matrix",
    [
        np.array([[0.5, 0.2], [0.1, 0.3]]),
        SchurMatrix(6),
        2 * np.eye(3),
    ],
    ids=str,
)
def test_any_matrix_can_be_the_third_network(lab: MemoryLab, matrix: Any):
    lab.set_matrix(matrix)
    duration = lab.state.duration
    assert bool(duration) == (dynamics.spectral_radius(lab.V) >= 1)
    n = lab.state.size
    wanted = dynamics.fisher_memory(lab.V, unit(n), 149, duration or None)
    assert np.allclose(lab.state.arrays()["third"], wanted)
    assert f"of at most {n}" in lab.status
    assert MemoryLab.state_of(lab.preset).table().keys() == lab.state.table().keys()


def test_a_matrix_with_a_radius_of_one_cannot_have_noise_for_ever(lab: MemoryLab):
    lab.set_matrix(np.eye(3))
    with pytest.raises(ValueError, match="give duration"):
        lab.set(duration=0)
    assert lab.state.duration == 150


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ("balanced_network", "x' = A x"),
        ([[0.5]], "2 to 200 rows"),
        (np.eye(201), "2 to 200 rows"),
    ],
    ids=str,
)
def test_a_bad_matrix_leaves_the_lab_as_it_was(lab: MemoryLab, matrix: Any, words: str):
    before = lab.state
    with pytest.raises(ValueError, match=words):
        lab.set_matrix(matrix)
    assert lab.state is before


def test_the_parameters_of_the_family_need_the_family(lab: MemoryLab):
    lab.set_matrix(np.eye(2) / 2)
    with pytest.raises(ValueError, match="d-α-β family"):
        lab.set(d=0.1)


# --- text, code, files


def test_the_alpha_in_a_preset_is_the_familys(lab: MemoryLab):
    content = json.loads(lab.preset) | {"alpha": 0.3}
    assert MemoryLab.state_of(json.dumps(content)).alpha == 1.05
