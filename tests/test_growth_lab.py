"""GrowthLab: how far V^k carries a state, headless."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnrnn_core import dynamics
from widgets import GrowthLab
from widgets.figures.growth import (
    BAND,
    BEST,
    BEST_START,
    HERE,
    PEAK,
    RESPONSE,
    TYPICAL,
    growth_figure,
    growth_of,
    growth_push,
    moment_push,
)
from widgets.labs.growth import GrowthState
from widgets.labs.matrices import source_of

PRESETS = ("balanced_network", "shear", "rotation", "random", "table6")
SHEAR = GrowthState.of(source_of("shear"))
matrices = arrays(float, (4, 4), elements=st.floats(-1, 1))


@pytest.fixture(scope="module")
def one_lab() -> Iterator[GrowthLab]:
    lab = GrowthLab("shear")
    yield lab
    lab.close()


@pytest.fixture
def lab(one_lab: GrowthLab) -> GrowthLab:
    """A lab that shows the shear: the same for all tests, since making one costs more than using it."""
    one_lab.guarded(lambda: one_lab._show(SHEAR))
    return one_lab


def said(lab: GrowthLab) -> str:
    return re.sub("<[^>]*>", "", lab.alarm.value)


def shown(lab: GrowthLab) -> dict[str, np.ndarray]:
    """What the figure holds of the state."""
    figure = lab.figures[0]
    return {
        "times": figure.array(BEST_START, "x"),
        "largest": figure.array(BEST_START, "y"),
        "typical": figure.array(TYPICAL, "y"),
        "best_input": figure.array(BEST, "y")[1::3],
        "response": figure.array(RESPONSE, "y")[1::3],
    }


def assert_shows_its_state(lab: GrowthLab) -> None:
    lab.settle()
    exact = lab.state.arrays()
    for name, drawn in shown(lab).items():
        wanted = np.where(exact[name] > 0, exact[name], np.nan) if name in ("largest", "typical") else exact[name]
        assert np.allclose(drawn, wanted, equal_nan=True), name
    assert lab.status == lab.state.sentence() == lab.figures[0].alt


# --- the theorems that the figure rests on


@settings(deadline=None, max_examples=20)
@given(matrices)
def test_the_typical_start_gains_less_than_the_best_and_no_less_than_its_share(V: np.ndarray):
    growth = growth_of(V, 10)
    assert np.all(growth.typical <= growth.largest * (1 + 1e-9))
    assert np.all(growth.largest <= 2 * growth.typical * (1 + 1e-9)), "√N times the typical one, N = 4"
    assert np.all(growth.high <= growth.largest * (1 + 1e-9))
    assert np.all(growth.low <= growth.high)


@pytest.mark.parametrize("name", ["random", "table6"])
def test_an_estimate_for_a_slider_is_close_to_the_exact_curves(name: str):
    V = dynamics.gallery[name]()
    exact, fast = growth_of(V, 100), growth_of(V, 100, exact=False)
    k = fast.times.astype(int)
    assert len(k) < 60
    assert np.allclose(fast.typical, exact.typical[k])
    assert np.all(fast.largest <= exact.largest[k] * (1 + 1e-9))
    assert np.all(fast.largest >= 0.9 * exact.largest[k])


def test_in_continuous_time_the_curves_are_those_of_the_exponential():
    A = dynamics.gallery["stability_optimised"]()
    growth = growth_of(A, 20, "continuous")
    assert np.allclose(growth.times, np.linspace(0, 20, 101))
    assert np.allclose(growth.largest, dynamics.exponential_growth(A, growth.times))
    assert np.allclose(growth.typical, dynamics.typical_exponential_growth(A, growth.times))
    assert np.allclose(growth.radius, np.exp(dynamics.spectral_abscissa(A) * growth.times))


def test_the_spread_of_a_unit_is_the_typical_growth_over_the_root_of_the_units():
    """Its variance over starts on the unit sphere is Σ_j (V^k)_ij² / N."""
    V = dynamics.gallery["table6"](size=100, d=0, alpha=1.05, beta=0)
    growth = growth_of(V, 80)
    assert np.all(growth.spread <= 1.05 * growth.typical / 10)
    assert np.all(growth.spread[:40] >= 0.9 * growth.typical[:40] / 10 * np.sqrt(1 - np.arange(40) / 100))


def test_figure_1b_of_the_paper_is_the_typical_growth():
    lab = GrowthLab("table6", size=100, d=0, alpha=1.05, beta=0)
    growth = lab.state.growth
    assert lab.state.horizon == 150
    assert growth.peak == (pytest.approx(1.05**99), 99)
    assert (growth.largest.max().round(), growth.typical.max().round(1), growth.typical.argmax()) == (125, 25.5, 90)
    assert "125-fold by k = 99" in lab.status and "25.5-fold by k = 90" in lab.status
    lab.close()


def test_what_leaves_float64_leaves_gaps_and_no_warning():
    growth = growth_of(1e4 * np.eye(3), 100)
    assert np.isinf(growth.largest[-1])
    traces, layout = growth_push(growth, "discrete")
    assert np.isnan(traces[BEST_START]["y"][-1])
    assert np.all(np.isfinite(layout["yaxis.range"]))
    assert growth.peak[1] == 77


# --- the figure


def test_the_horizon_holds_the_transient():
    for name in ("shear", "grcar", "balanced_network", "random"):
        growth = GrowthState.of(source_of(name)).growth
        assert growth.largest[-1] < 1 < growth.peak[0]


def test_the_figure_has_the_traces_and_the_axes_that_are_pushed():
    figure = copy.deepcopy(growth_figure())
    names = [trace.name for trace in figure.data]
    V = dynamics.gallery["shear"]()
    for traces, layout in (
        growth_push(growth_of(V, 20), "discrete"),
        moment_push(dynamics.optimal_input(V, 3), 3, "discrete"),
    ):
        assert set(traces) <= set(names)
        for path, value in layout.items():
            figure.layout[path] = value
    assert len(set(names)) == len(names)


def test_every_trace_keeps_to_what_the_page_draws_fast():
    """Lines without area or shape, and markers of a constant number (fast_redraw.js)."""
    for trace in growth_figure().data:
        assert trace.type == "scatter" and trace.fill is None and trace.line.shape is None
    counts = {len(growth_push(growth_of(np.eye(n), 20 * n), "discrete")[0][BAND]["x"]) for n in (2, 5)}
    assert len(counts) == 1


def test_the_axes_hold_peak_and_start(lab: GrowthLab):
    for name in ("balanced_network", "rotation", "delay_line", "random"):
        lab.set_matrix(name)
        low, high = lab.figures[0].figure.layout.yaxis.range
        assert low < 0 < np.log10(lab.state.growth.peak[0]) + 1e-9 < high + 1e-9
        assert lab.figures[0].array(PEAK, "y") == pytest.approx(lab.state.growth.peak[0])
        assert lab.figures[0].array(HERE, "y") == pytest.approx(lab.state.best.gain)


# --- the default, presets, sentence


def test_the_default_makes_the_point():
    lab = GrowthLab()
    assert lab.state.source.name == "balanced_network"
    assert lab.state.growth.rate == pytest.approx(-1)
    assert lab.state.best.gain > 2.5
    assert lab.status.startswith("By the eigenvalues alone (spectral abscissa −1) a state would shrink, yet the best")
    assert lab.state.best.input[0] > 0 > lab.state.best.input[1]
    assert lab.state.best.response.min() > 0


@pytest.mark.parametrize("name", PRESETS)
def test_a_button_shows_its_matrix_at_its_peak(lab: GrowthLab, name: str):
    lab.sources.buttons[name].click()
    state = lab.state
    assert not said(lab)
    assert (state.source.name, state.time) == (name, dynamics.gallery[name].time)
    assert state.growth.peak[0] == pytest.approx(state.best.gain) or state.growth.peak[0] == 1
    assert 0 < state.k <= state.horizon == lab.k.max
    assert lab.sources.buttons[name].button_style == "info"
    assert_shows_its_state(lab)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rotation", "would shrink, and no start grows"),
        ("ring", "would keep its length, and so does every start: the longest stays at 1"),
        ("random", "a typical one not at all"),
        ("kahan", "16.7-fold by k = 100, a typical one 3.73-fold"),
        ("grcar", "2,470-fold by k = 46, a typical one 463-fold"),
        ("table6", "1.15·10⁷-fold"),
    ],
)
def test_the_sentence_names_the_kind_of_growth(lab: GrowthLab, name: str, words: str):
    lab.set_matrix(name)
    assert words in lab.status


def test_a_matrix_that_grows_for_ever_is_said_to(lab: GrowthLab):
    lab.set_matrix(1.5 * np.eye(2))
    assert "would grow for ever, and the best start still grows at the end" in lab.status


# --- controls


@pytest.mark.parametrize("name", ["balanced_network", "random"])
@pytest.mark.parametrize("field", ["k", "scale", "horizon"])
def test_every_slider_does_something_at_its_ends_and_the_figure_follows(lab: GrowthLab, name: str, field: str):
    lab.set_matrix(name)
    (slider,) = (
        [lab.k]
        if field == "k"
        else [lab.horizon]
        if field == "horizon"
        else [c for c, bound in lab._bound if bound == field]
    )
    seen = []
    for value in (slider.min, (3 * slider.min + slider.max) // 4 or slider.max / 4, slider.max):
        slider.value = value
        assert not said(lab)
        assert getattr(lab.state, field) == pytest.approx(value)
        assert_shows_its_state(lab)
        seen.append(json.dumps({key: values.tolist() for key, values in shown(lab).items()}))
    assert len(set(seen)) == 3


def test_k_reaches_exactly_to_the_horizon(lab: GrowthLab):
    lab.set(horizon=20)
    assert lab.k.max == 20
    lab.set(k=20)
    lab.horizon.value = 6
    assert (lab.state.horizon, lab.state.k, lab.k.max, lab.k.value) == (6, 6, 6, 6)
    lab.horizon.value = 100
    assert (lab.state.k, lab.k.max) == (6, 100)


def test_the_feed_forward_part_decides_the_growth_and_no_eigenvalue(lab: GrowthLab):
    lab.set(scale=0)
    assert np.allclose(lab.state.growth.largest, lab.state.growth.radius)
    lab.set(scale=2)
    assert lab.state.growth.rate == pytest.approx(0.9)
    assert lab.state.growth.peak[0] == pytest.approx(dynamics.transient_growth([[0.9, 0], [2, 0.9]], 50).max())


def test_while_a_slider_moves_the_drawing_is_fast_and_when_it_rests_exact():
    lab = GrowthLab("random")
    lab.set(horizon=100)
    before = shown(lab)
    lab.set(scale=1.5)
    exact = shown(lab)
    lab.set(scale=1.0)
    lab._show(lab.state.changed(scale=1.5), settled=False)
    assert len(shown(lab)["times"]) < len(exact["times"]) == len(before["times"])
    lab.k.value = 50
    assert "k = 50" in lab.status
    lab.settle()
    assert np.array_equal(shown(lab)["largest"], exact["largest"])
    lab.close()


def test_a_move_of_k_leaves_the_curves_alone(lab: GrowthLab):
    before = shown(lab)
    lab.k.value = 2
    after = shown(lab)
    assert np.array_equal(before["largest"], after["largest"]) and len(after["times"]) == 51
    assert not np.allclose(before["response"], after["response"])
    assert np.linalg.norm(after["response"]) == pytest.approx(lab.state.growth.largest[2])


def test_time_of_an_own_matrix_is_chosen_by_the_switch(lab: GrowthLab):
    lab.set_matrix([[-1.0, 0.0], [5.0, -1.0]])
    assert lab.state.time == "discrete"
    lab.time.value = "continuous"
    lab.settle()
    assert not said(lab)
    assert lab.state.growth.peak[0] == pytest.approx(dynamics.exponential_growth(lab.V, lab.state.growth.times).max())
    assert (lab.k.description, lab.k.max) == ("time t", lab.state.horizon)
    assert GrowthLab.from_preset(lab.preset).state.time == "continuous"
    found: dict[str, Any] = {}
    exec(lab.code, found)
    for key, values in lab.state.arrays().items():
        assert np.allclose(found[key], values), key
    lab.set(time="discrete", k=3)
    assert (lab.state.k, lab.k.description) == (3, "steps k")
    assert_shows_its_state(lab)


def test_sliders_of_the_matrix_keep_the_view(lab: GrowthLab):
    lab.set(horizon=30, k=4)
    sliders = {slider.description: slider for slider in lab.sources.parameters.children}
    sliders["strength"].value = 3.0
    assert lab.state.source.parameters["strength"] == 3.0
    assert (lab.state.horizon, lab.state.k) == (30, 4)
    assert_shows_its_state(lab)


# --- matrices of one's own, and what cannot be


@pytest.mark.parametrize(
    "matrix",
    [np.zeros((3, 3)), 1e4 * np.eye(2), 1e120 * np.ones((2, 2)), -1e5 * np.eye(2)],
)
@pytest.mark.parametrize("time", ["discrete", "continuous"])
def test_extreme_matrices_are_shown_or_refused_in_words(lab: GrowthLab, matrix: np.ndarray, time: str):
    lab.set_matrix(matrix)
    problem = ""
    try:
        lab.set(time=time)
    except ValueError as error:
        problem = str(error)
    assert not problem or re.search("float64|finite", problem)
    assert lab.state.time == ("discrete" if problem else time)
    assert lab.status == lab.state.sentence()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"k": 51}, "k must be a finite number of at least 0 and at most 50; got 51"),
        ({"k": 2.5}, "k must be a whole number of steps"),
        ({"horizon": 1001}, "at most 1000; got 1001"),
        ({"horizon": 10.5}, "horizon must be a whole number"),
        ({"horizon": None}, "horizon must be a finite number"),
        ({"time": "real"}, "time must be"),
        ({"K": 3}, "has scale, k, horizon, time to set; got K"),
    ],
)
def test_a_bad_value_is_refused_in_words_and_changes_nothing(lab: GrowthLab, changes: dict[str, Any], words: str):
    before, drawn = lab.state, shown(lab)
    with pytest.raises(ValueError, match=re.escape(words)):
        lab.set(**changes)
    assert lab.state is before
    for name, values in shown(lab).items():
        assert np.array_equal(values, drawn[name], equal_nan=True)


def test_a_moment_beyond_float64_is_refused_and_the_lab_stays(lab: GrowthLab):
    lab.set_matrix(1e4 * np.eye(2))
    before = lab.state
    lab.k.value = 100
    assert "leaves float64" in said(lab)
    assert lab.state is before and lab.k.value == before.k
    lab.k.value = 3
    assert not said(lab) and lab.state.best.gain == pytest.approx(1e12)


# --- code, files, end


def test_the_state_compares_and_copies_without_its_lab():
    state = GrowthState.of(source_of("delay_line"))
    assert (state.k, state.horizon, state.time) == (49, 75, "discrete")
    assert state.changed(horizon=30).k == 30
    assert state.changed(horizon=30, k=4).k == 4
    assert state.changed(time="continuous").time == "continuous"


def test_a_slider_of_the_other_time_is_hidden_and_changes_nothing(lab: GrowthLab):
    hidden = lab._sliders["continuous"][0]
    hidden.value = 0.01
    assert lab.state.k == 9 and hidden.layout.display == "none"
    assert lab.k.layout.display is None


@pytest.mark.parametrize("units", [2, 7, 10, 13, 90, 301])
def test_the_ticks_of_units_are_whole_numbers(units: int):
    _, layout = moment_push(dynamics.optimal_input(0.5 * np.eye(units), 1), 1, "discrete")
    assert layout["xaxis3.dtick"] == int(layout["xaxis3.dtick"]) >= units / 10


def test_a_radius_that_decides_is_never_written_as_the_one_that_does_not():
    lab = GrowthLab([[1 - 1e-7, 0], [0.3, 0.5]])
    assert "(spectral radius 1 − 1·10⁻⁷) a state would shrink" in lab.status
    lab.set_matrix([[1.0, 0], [0.3, 0.5]])
    assert "(spectral radius 1) a state would keep its length" in lab.status
    lab.close()
