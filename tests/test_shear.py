"""The first slider: a 2×2 shear, its figure, its lab."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrnn_core.dynamics import eigenvalues, transient_growth
from widgets.figures.shear import (
    ELLIPSE,
    FIRST,
    GROWTH,
    HORIZON,
    LEGENDS,
    PATH,
    PEAK,
    RADIUS,
    SECOND,
    UNNAMED,
    best_path,
    eigenvector_angle,
    rise,
    shear,
    shear_figure,
    shear_push,
    shear_sentence,
)
from widgets.labs.shear import ShearLab

cs = st.floats(0, 5)


@given(cs)
def test_c_does_not_move_the_eigenvalues(c: float):
    assert np.allclose(np.sort(eigenvalues(shear(c)).real), [0.8, 0.9], atol=1e-12)


@given(cs)
def test_the_growth_never_lies_below_the_power_of_the_spectral_radius(c: float):
    growth = transient_growth(shear(c), HORIZON)
    assert np.all(growth >= 0.9 ** np.arange(HORIZON + 1) * (1 - 1e-12))


@pytest.mark.parametrize(("c", "height"), [(1, 2.76), (2, 5.42), (5, 13.48)])
def test_the_peak_comes_at_the_sixth_step(c: float, height: float):
    found, k, _ = rise(c)
    assert k == 6
    assert found == pytest.approx(height, abs=0.005)


def test_the_off_diagonal_entry_is_the_difference_of_the_powers():
    """(V^k)₁₂ = c (0.9^k − 0.8^k)/(0.9 − 0.8), largest at k = 6; the norm cannot be below it."""
    k = np.arange(HORIZON + 1)
    entry = 2 * (0.9**k - 0.8**k) / 0.1
    assert np.argmax(entry) == 6
    assert np.all(shear_push(2)[0][GROWTH]["y"] >= entry)


def test_without_shear_the_growth_is_the_power_of_the_spectral_radius():
    traces, _ = shear_push(0)
    (radius,) = shear_figure().select_traces({"name": RADIUS})
    assert np.allclose(traces[GROWTH]["y"], radius.y)
    assert "falls from the first step on" in shear_sentence(0)


@given(cs, st.integers(0, HORIZON))
def test_the_path_starts_on_the_unit_circle_and_ends_at_the_largest_stretch(c: float, k: int):
    path = best_path(c, k)
    assert np.linalg.norm(path[:, 0]) == pytest.approx(1)
    assert np.linalg.norm(path[:, -1]) == pytest.approx(transient_growth(shear(c), k)[k])
    assert np.allclose(shear(c) @ path[:, :-1], path[:, 1:])


@given(cs)
def test_the_drawn_eigenvectors_stay_on_their_lines(c: float):
    traces, _ = shear_push(c)
    for name, value in ((FIRST, 0.9), (SECOND, 0.8)):
        w = np.array([traces[name]["x"], traces[name]["y"]])
        assert np.allclose(shear(c) @ w, value * w)


def test_the_ellipse_is_as_long_as_the_norm_and_the_plane_holds_it():
    for c in (0.0, 2.0, 5.0):
        for k in (0, 6, HORIZON):
            traces, layout = shear_push(c, k)
            x, y = traces[ELLIPSE]["x"], traces[ELLIPSE]["y"]
            assert np.hypot(x, y).max() == pytest.approx(transient_growth(shear(c), k)[k], rel=2e-3)
            assert layout["xaxis.range"][0] < x.min() < x.max() < layout["xaxis.range"][1]


def test_the_plane_holds_the_whole_path():
    for c in (0.0, 1.0, 5.0):
        for k in range(HORIZON + 1):
            traces, layout = shear_push(c, k)
            for axis in "xy":
                low, high = layout[f"{axis}axis.range"]
                assert low < traces[PATH][axis].min() and traces[PATH][axis].max() < high, (c, k)


def test_the_eigenvectors_are_perpendicular_without_shear_and_nearly_parallel_with_much():
    assert eigenvector_angle(0) == 90
    assert eigenvector_angle(5) == pytest.approx(1.146, abs=1e-3)


@pytest.mark.parametrize("c", [5.1, float("nan"), "2"])
def test_a_c_out_of_range_is_an_error(c: object):
    with pytest.raises(ValueError, match="c must be a finite number of at least 0 and at most 5"):
        ShearLab(c)  # type: ignore[arg-type]


@pytest.mark.parametrize("c", [0.0, 5.0])
def test_the_slider_moves_curve_peak_sentence_and_preset(c: float):
    lab = ShearLab(1.0)
    lab.slider.value = c
    height, k, _ = rise(c)
    assert np.allclose(lab.figures[0].array(GROWTH, "y"), transient_growth(shear(c), HORIZON))
    assert lab.figures[0].array(PEAK, "x") == [k]
    assert lab.figures[0].figure.layout.yaxis2.range[1] > height
    assert lab.status == shear_sentence(c)
    assert ShearLab.from_preset(lab.preset).slider.value == c
    assert lab.text.value == lab.preset


def test_a_preset_typed_into_the_lab_moves_the_slider():
    lab = ShearLab()
    lab.text.value = '{"shear": 1, "c": 3.5}'
    lab.load.click()
    assert lab.slider.value == 3.5
    assert "3.5" in lab.status


@pytest.mark.parametrize("k", [-1, 1.5])
def test_a_k_out_of_range_is_an_error(k: object):
    with pytest.raises(ValueError, match="k must be a whole number of at least 0 and at most 40"):
        ShearLab(2.0, k)  # type: ignore[arg-type]


def test_the_second_slider_moves_the_ellipse_and_the_sentence():
    lab = ShearLab()
    before = lab.figures[0].array(ELLIPSE, "x")
    lab.steps.value = 12
    assert not np.allclose(lab.figures[0].array(ELLIPSE, "x"), before)
    assert "k = 12" in lab.status
    assert ShearLab.from_preset(lab.preset).steps.value == 12


def test_a_broken_preset_is_said_and_moves_nothing():
    lab = ShearLab()
    lab.text.value = "c is 3"
    lab.load.click()
    assert "not a preset" in lab.note.value and lab.note.layout.display is None
    assert lab.slider.value == 2.0


def test_the_legends_name_six_curves_and_more_names_the_rest():
    named = [trace.name for trace in shear_figure().data if trace.showlegend is not False]
    assert sorted(named) == sorted(name for names in LEGENDS.values() for name in names)
    assert len(named) == 6 < len(shear_figure().data) == len(named) + UNNAMED.count(":")
