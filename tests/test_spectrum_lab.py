"""SpectrumLab: what is drawn in the plane and beside it is what the matrix says, and a click is a bound on growth."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from threading import Event
from typing import Any

import numpy as np
import pytest

from nnrnn_core import dynamics
from oracles import direct_levels
from widgets import GrowthLab, SchurLab, SpectrumLab
from widgets.figures.numbers import power_of_ten
from widgets.figures.spectrum import (
    BOUND,
    DISC,
    EDGE,
    EIGENVECTOR,
    GROWTH,
    KREISS,
    LEVELS,
    LIMIT,
    MOVED,
    NUMERICAL,
    POINT,
    RANGE,
    SPECTRAL,
    VALUES,
    contour_line,
    window_of,
)
from widgets.labs.matrices import source_of
from widgets.labs.spectrum_parts import PERTURBATIONS
from widgets.labs.spectrum_state import SpectrumState

SMALL = {"size": 12}


@pytest.fixture(scope="module")
def one_lab() -> Iterator[SpectrumLab]:
    lab = SpectrumLab("grcar", **SMALL)
    yield lab
    lab.close()


@pytest.fixture
def lab(one_lab: SpectrumLab, coarse_plane: None) -> SpectrumLab:
    """A lab that shows a small Grcar matrix: the same for all tests, since making one costs more than using it."""
    one_lab.guarded(lambda: one_lab.set_matrix("grcar", **SMALL))
    one_lab.settle()
    return one_lab


def drawn(lab: SpectrumLab, trace: str, axis: str = "y") -> np.ndarray:
    return lab.figures[0].array(trace, axis)


def slider(lab: SpectrumLab, field: str) -> Any:
    return next(control for control, bound in lab._bound if bound == field)


def click(lab: SpectrumLab, x: float, y: float) -> None:
    lab.figures[0]._receive(None, {"click": [0, x, y]}, None)


# --- what is drawn


@pytest.mark.parametrize("name", ["grcar", "balanced_network"])
def test_the_contours_lie_on_their_levels_and_the_dashed_one_on_eps(name: str):
    V = dynamics.gallery[name]()
    plane = SpectrumState.of(source_of(name)).plane()
    for level in (-0.7, -1.0, -1.3):
        line = contour_line(plane, level)
        z = (line["x"] + 1j * line["y"])[np.isfinite(line["x"])]
        assert np.median(np.abs(np.log10(direct_levels(V, z)) - level)) < 0.02
    lab = SpectrumLab(name)
    lab.set(eps=0.1)
    assert np.array_equal(drawn(lab, EDGE), drawn(lab, f"ε = {power_of_ten(-1)}"), equal_nan=True)


def test_a_matrix_without_a_contour_in_sight_draws_none():
    plane = SpectrumState.of(source_of(np.zeros((3, 3)))).plane()
    assert np.isnan(contour_line(plane, 3.0)["x"]).all()


def test_the_scale_moves_contours_and_growth_but_no_eigenvalue(lab: SpectrumLab):
    values = {axis: drawn(lab, VALUES, axis) for axis in "xy"}
    edges, peaks = [], []
    for scale in (0.0, 1.0, 2.0):
        lab.set(scale=scale)
        for axis in "xy":
            assert np.allclose(drawn(lab, VALUES, axis), values[axis], atol=1e-6)
        edges.append(float(np.nanmax(drawn(lab, EDGE, "x"))))
        peaks.append(float(drawn(lab, GROWTH).max()))
    assert edges[0] < edges[1] < edges[2]
    assert peaks[0] < peaks[1] < peaks[2]


def test_growth_lies_between_its_bounds_as_drawn(lab: SpectrumLab):
    lab.bounds.value = True
    lab.settle()
    growth = drawn(lab, GROWTH)
    assert np.allclose(growth, dynamics.transient_growth(lab.V, lab.state.steps), rtol=1e-6)
    assert (drawn(lab, SPECTRAL) <= growth * (1 + 1e-9)).all()
    assert (growth <= drawn(lab, NUMERICAL) * (1 + 1e-6)).all()
    assert (growth <= drawn(lab, EIGENVECTOR) * (1 + 1e-6)).all()
    assert np.isclose(drawn(lab, KREISS)[0], dynamics.kreiss_constant(lab.V), rtol=1e-5)
    boundary = drawn(lab, RANGE, "x") + 1j * drawn(lab, RANGE)
    assert np.abs(boundary).max() <= dynamics.numerical_radius(lab.V) * (1 + 1e-9)


def test_bounds_are_worked_out_and_named_only_where_they_are_asked_for(lab: SpectrumLab):
    def named() -> set[str]:
        lines = [trace for trace in lab.figures[0].figure.data if trace.type == "scatter" and trace.showlegend is None]
        return {trace.name for trace in lines if trace.visible is not False}

    few = named()
    assert few == {EDGE, SPECTRAL, BOUND}
    assert lab.state.frame().bounds is None and lab.state.plane().boundary is None
    assert "Kreiss" not in lab.status and "eigenvector" not in lab.state.table()
    for time in ("discrete", "continuous"):
        lab.set(bounds=True, time=time)
        assert named() == few | {KREISS, EIGENVECTOR, NUMERICAL}
        assert ("Kreiss constant" in lab.status) == (time == "discrete"), "e^(tV) of this V grows without end"
        assert "numerical" in lab.state.table()
        bounded = lab.state.table()
        lab.set(bounds=False)
        assert named() == few
        for name, values in lab.state.table().items():
            assert np.allclose(bounded[name], values, equal_nan=True)
        found: dict[str, Any] = {}
        exec(lab.code, found)
        assert np.allclose(found["spectral"], bounded["spectral"])
    with pytest.raises(ValueError, match="bounds must be True or False; got 1"):
        lab.set(bounds=1)


def test_a_quick_picture_is_the_exact_one_but_coarser(lab: SpectrumLab):
    lab.set(scale=1.3, points=61)
    exact = {name: drawn(lab, name) for name in (GROWTH, SPECTRAL, VALUES, BOUND)}
    reach = float(np.nanmax(drawn(lab, EDGE, "x")))
    lab.set(scale=1.0)
    slider(lab, "scale").value = 1.3
    for name, before in exact.items():
        assert np.allclose(drawn(lab, name), before, rtol=1e-6)
    assert abs(float(np.nanmax(drawn(lab, EDGE, "x"))) - reach) < 0.03


def test_while_eps_moves_the_picture_stays_exact_and_only_the_edge_follows(lab: SpectrumLab):
    lab.set(bounds=True)
    before = {name: drawn(lab, name) for name in (GROWTH, RANGE, f"ε = {power_of_ten(-2)}", KREISS)}
    edge = drawn(lab, EDGE)
    slider(lab, "eps").value = 1e-2
    for name, numbers in before.items():
        assert np.array_equal(drawn(lab, name), numbers, equal_nan=True), name
    assert not np.array_equal(drawn(lab, EDGE), edge, equal_nan=True)
    assert np.array_equal(drawn(lab, EDGE), drawn(lab, f"ε = {power_of_ten(-2)}"), equal_nan=True)


@pytest.mark.parametrize(("field", "ends"), [("scale", (0.0, 2.0)), ("eps", (1e-8, 1.0)), ("horizon", (2, 400))])
def test_a_control_at_either_end_shows_another_state(lab: SpectrumLab, field: str, ends: tuple[float, float]):
    lab.throw.click()
    said = []
    for value in ends:
        slider(lab, field).value = value
        assert lab.status  # of what is drawn while it moves
        lab.settle()
        assert not lab.alarm.value
        assert getattr(lab.state, field) == value
        assert lab.status == lab.state.sentence()
        said.append(lab.status)
    assert said[0] != said[1]


def test_a_growing_matrix_keeps_the_beginning_of_its_growth_in_sight():
    for matrix in (1.1 * np.eye(3), 3 * np.eye(4) + np.tri(4), [[-5.0]]):
        lab = SpectrumLab(matrix)
        low, top = lab.figures[0].figure.layout.yaxis2.range
        assert low <= 0 < top
        lab.close()


# --- a click


@pytest.mark.parametrize("z", [1.1, -1.3 - 0.2j])
def test_a_click_outside_the_circle_draws_the_bound_that_the_point_implies(lab: SpectrumLab, z: complex):
    z = complex(z)
    click(lab, z.real, z.imag)
    expected = dynamics.bound_from_point(lab.V, z, lab.state.steps)
    assert np.allclose(drawn(lab, BOUND), expected.curve, rtol=1e-4)
    assert np.allclose(drawn(lab, LIMIT), expected.limit, rtol=1e-4)
    assert (drawn(lab, BOUND) <= np.maximum.accumulate(drawn(lab, GROWTH)) * (1 + 1e-6)).all()
    assert (drawn(lab, POINT, "x")[0], drawn(lab, POINT)[0]) == (z.real, z.imag)
    assert f"{abs(z.real):.2f}" in lab.status
    assert (lab.real.value, lab.imag.value) == (z.real, z.imag)


def test_a_click_inside_implies_nothing_and_the_sentence_says_so(lab: SpectrumLab):
    click(lab, 0.5, 0.5)
    assert np.isnan(drawn(lab, BOUND)).all()
    assert "inside the unit circle" in lab.status
    lab.set(time="continuous", point=(-1.0, 0.0))
    assert "left of the imaginary axis" in lab.status
    lab.set_matrix(0.5 * np.eye(3))
    lab.set(point=(9.0, 0.0))
    assert "too large" in lab.status


def test_a_click_on_a_curve_beside_the_plane_chooses_no_point(lab: SpectrumLab):
    before, trace = lab.state, [trace.name for trace in lab.figures[0].figure.data].index(GROWTH)
    lab.figures[0]._receive(None, {"click": [trace, 12.0, 3.0]}, None)
    assert lab.state is before
    assert not lab.alarm.value


def test_a_point_can_be_typed(lab: SpectrumLab):
    lab.real.value = 1.25
    lab.imag.value = -0.5
    assert lab.state.point == (1.25, -0.5)
    assert "z = 1.25 − 0.50i" in lab.status


def test_the_first_point_lies_outside_and_says_more_than_most():
    for name in ("grcar", "shear", "random"):
        state = SpectrumState.of(source_of(name))
        assert abs(state.z) > 1
        bound = state.bound()
        assert bound is not None
        rng = np.random.default_rng(0)
        others = rng.uniform(1.1, 1.5, 50) * np.exp(2j * np.pi * rng.uniform(size=50))
        limits = (np.abs(others) - 1) / dynamics.resolvent_level(state.V, others)
        assert bound.limit >= np.quantile(limits, 0.8)


# --- perturbations


def test_a_throw_is_fifty_matrices_whose_eigenvalues_stay_inside_the_edge(lab: SpectrumLab):
    assert np.isnan(drawn(lab, MOVED)).all()
    lab.throw.click()
    x = drawn(lab, MOVED, "x").reshape(-1)[:-1].reshape(-1, 3)
    y = drawn(lab, MOVED).reshape(-1)[:-1].reshape(-1, 3)
    assert len(x) == PERTURBATIONS * lab.state.source.size
    z = x[:, :2].mean(axis=1) + 1j * y[:, 0]
    assert (direct_levels(np.asarray(lab.V), z) <= lab.state.eps * (1 + 1e-6)).all()
    assert f"{PERTURBATIONS} perturbations of size 0.1" in lab.status
    first = drawn(lab, MOVED, "x")
    lab.throw.click()
    assert not np.array_equal(drawn(lab, MOVED, "x"), first, equal_nan=True)
    lab.clear.click()
    assert np.isnan(drawn(lab, MOVED)).all()
    assert "perturbations" not in lab.status


def test_the_dots_of_one_throw_move_with_eps_and_do_not_jump(lab: SpectrumLab):
    lab.set(throw=1, eps=1e-3)
    before = lab.state.moved()
    lab.set(eps=1.01e-3)
    now = lab.state.moved()
    assert before is not None and now is not None
    nearest = np.abs(now[0][:, None] - before[0]).min(axis=1)
    assert nearest.max() < 0.02


# --- time, horizon, sources


def test_time_is_one_switch_and_brings_a_horizon_and_a_point_of_its_own(lab: SpectrumLab):
    lab.time.value = "continuous"
    lab.settle()
    assert lab.state.time == "continuous"
    assert drawn(lab, DISC, "x").tolist() == [0, 0]
    assert np.allclose(drawn(lab, GROWTH), dynamics.exponential_growth(lab.V, lab.state.frame().times), rtol=1e-6)
    assert "spectral abscissa" in lab.status
    lab.time.value = "discrete"
    assert "spectral radius" in lab.status
    assert len(drawn(lab, DISC)) == 181


def test_a_time_chosen_by_hand_stays_for_the_next_matrix_of_ones_own_and_for_no_preset(lab: SpectrumLab):
    lab.sources.paste.value = "0.9 2; 0 0.8"
    assert lab.state.time == "discrete"
    lab.time.value = "continuous"
    lab.sources.paste.value = "-1 5; 0 -1"
    assert lab.state.time == lab.time.value == "continuous"
    lab.sources.buttons["grcar"].click()
    assert lab.state.time == "discrete"


def test_a_matrix_brings_its_own_time(lab: SpectrumLab):
    lab.set_matrix("balanced_network")
    assert lab.state.time == "continuous" and "spectral abscissa" in lab.status
    assert lab.status == lab.state.sentence() == lab.figures[0].alt
    found: dict[str, Any] = {}
    lab.throw.click()
    exec(lab.code, found)
    for name, values in lab.state.arrays().items():
        assert np.allclose(found[name], values, rtol=1e-6, atol=1e-9, equal_nan=True), name


def test_the_horizon_begins_where_the_story_has_been_told():
    for name in ("shear", "grcar", "balanced_network"):
        frame = SpectrumState.of(source_of(name)).frame()
        assert frame.rise.kind == "peaks" and frame.growth[-1] < frame.rise.height


def test_growth_past_float64_is_said_and_not_drawn():
    lab = SpectrumLab(1e30 * np.eye(2) + 1e30 * np.eye(2, k=-1))
    lab.set(bounds=True)
    assert "beyond 10³⁰⁸" in lab.status
    assert math.isinf(lab.state.frame().bounds.kreiss)


# --- what is refused


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"eps": 0.0}, "eps must be a finite number"),
        ({"throw": -1}, "throw must be a whole number"),
        ({"horizon": 2.5}, "horizon counts steps"),
        ({"horizon": 1e4}, "horizon must be a finite number"),
        ({"point": (1.0, float("nan"))}, "imaginary part of point"),
        ({"point": 3}, "two numbers"),
        ({"time": "later"}, "discrete"),
    ],
)
def test_a_bad_choice_changes_nothing_and_says_why(lab: SpectrumLab, changes: dict[str, Any], reason: str):
    state, growth = lab.state, drawn(lab, GROWTH)
    with pytest.raises(ValueError, match=reason):
        lab.set(**changes)
    assert lab.state is state
    assert np.array_equal(drawn(lab, GROWTH), growth)


def test_what_is_typed_wrong_is_said_in_the_lab(lab: SpectrumLab):
    lab.real.value = float("nan")
    assert "real part of point" in lab.alarm.value
    assert lab.real.value == lab.state.point[0]


# --- preset, code, files


def test_levels_are_decades_with_a_contour_each():
    assert list(LEVELS) == sorted(LEVELS, reverse=True)
    assert power_of_ten(-12) == "10⁻¹²"


# --- axes by hand, numbers


def test_axes_by_hand_are_drawn_kept_in_the_preset_and_reset(lab: SpectrumLab):
    axes = lab.axes
    axes.window.value, axes.levels.value, axes.points.value, axes.eps.value = (
        "0.5, 0.25, 0.5",
        "0.2, 0.03",
        "15",
        "0.07",
    )
    assert not axes.said.value
    state = lab.state
    assert (state.window, state.levels, state.points, state.eps) == ((0.5, 0.25, 0.5), (0.2, 0.03), 15, 0.07)
    layout = lab.figures[0].figure.layout
    assert tuple(layout.xaxis.range) == (0.0, 1.0) and tuple(layout.yaxis.range) == (-0.25, 0.75)
    plane = state.plane()
    assert plane.levels.shape == (15, 15) and plane.imag[0] == -0.25
    assert np.allclose(10**plane.levels, direct_levels(lab.V, plane.real + 1j * plane.imag[:, None]), rtol=2e-3)
    for trace, eps in (("ε = 10⁻¹", 0.2), ("ε = 10⁻²", 0.03)):
        wanted = contour_line(plane, math.log10(eps))
        assert np.array_equal(drawn(lab, trace), wanted["y"], equal_nan=True)
    assert np.isnan(drawn(lab, "ε = 10⁻³")).all(), "two contours are wished for, and no third"
    twin = SpectrumLab.state_of(lab.preset)
    assert twin.settings() == state.settings()
    found: dict[str, Any] = {}
    exec(lab.code, found)
    assert np.allclose(found["levels"], 10**plane.levels, rtol=2e-3)
    axes.reset.click()
    assert (lab.state.window, lab.state.levels, lab.state.points) == ((), (), 0)
    assert (axes.window.value, axes.levels.value, axes.points.value, axes.eps.value) == ("", "", "", "0.07")
    assert tuple(lab.figures[0].figure.layout.xaxis.range) != (0.0, 1.0)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("eps", "small", "a number is wanted here, such as 0.03; got 'small'"),
        ("eps", "2", "eps must be"),
        ("window", "1, 2", "window must be three numbers"),
        ("window", "0, 0, -1", "half the side of window"),
        ("levels", "0.1, 0", "a level must be"),
        ("levels", "1,2,3,4,5,6,7", "at most 6 numbers, an ε each; got 7"),
        ("points", "9", "points must be"),
        ("points", "many", "11 to 201 points along an axis, a whole number; got 'many'"),
    ],
)
def test_bad_axes_are_refused_beside_them_and_change_nothing(lab: SpectrumLab, field: str, text: str, words: str):
    before = lab.state
    getattr(lab.axes, field).value = text
    assert words in html.unescape(lab.axes.said.value)
    assert lab.state is before
    assert getattr(lab.axes, field).value != text, "the field says again what is shown"


def test_the_numbers_of_plane_and_curve_unfold_in_a_table(lab: SpectrumLab):
    assert lab.numbers.layout.display == "none"
    lab.show_numbers.click()
    shown = html.unescape(lab.numbers.value)
    plane, table = lab.state.plane(), lab.state.table()
    assert f"<td>{10 ** plane.levels[0, 0]:.6g}</td>" in shown and f"<td>{table['growth'][1]:.6g}</td>" in shown
    assert f"The first of {plane.levels.size} rows and 3 columns" in shown
    lab.set(scale=2)
    assert f"<td>{lab.state.table()['growth'][1]:.6g}</td>" in html.unescape(lab.numbers.value)
    lab.show_numbers.click()
    assert lab.numbers.layout.display == "none"


# --- scale


def test_a_large_matrix_is_coarse_at_first_and_fine_after_the_pages_ticks():
    V = np.random.default_rng(0).standard_normal((110, 110)) / 12
    lab = SpectrumLab(V)
    assert "take about" in lab.progress.value and lab.figures[0].playing
    coarse = len(drawn(lab, EDGE))
    said, pieces = [], 0
    while lab.prepare():
        pieces += 1
        said.append(lab.progress.value)
    assert pieces > 5 and any("of 1,891 points" in words for words in said)
    lab.settle()
    assert not lab.progress.value
    assert len(drawn(lab, EDGE)) > coarse
    plane = lab.state.plane()
    z = plane.real[::20] + 1j * plane.imag[::20, None]
    assert np.allclose(10 ** plane.levels[::20, ::20], direct_levels(V, z), rtol=2e-3)
    lab.close()


def test_newer_work_cancels_older():
    lab = SpectrumLab(np.random.default_rng(0).standard_normal((104, 104)) / 12)
    old = lab.state.levels_search
    while old.last is None:
        lab.prepare()
    slider(lab, "scale").value = 0.5
    new = lab.state.levels_search
    while new.last is None:
        lab.prepare()
    done = old.last.done
    for _ in range(3):
        lab.prepare()
    assert old.last.done == done
    lab.close()


def test_a_control_is_heard_while_a_long_part_runs_and_what_it_finds_is_not_shown(monkeypatch: pytest.MonkeyPatch):
    begun, may_end = Event(), Event()

    def parts(state: SpectrumState):
        begun.set()
        may_end.wait(60)
        yield f"s = {state.scale:g}"

    monkeypatch.setattr(SpectrumState, "parts", parts)
    lab = SpectrumLab(np.random.default_rng(0).standard_normal((104, 104)) / 12)
    assert lab.prepare() and begun.wait(60)
    slider(lab, "scale").value = 0.5  # would never return if it waited for the part
    assert lab.state.scale == 0.5 and lab.prepare()
    may_end.set()
    while lab.prepare():
        assert "s = 1" not in lab.progress.value
    lab.close()


@pytest.mark.parametrize("kind", [GrowthLab, SchurLab])
def test_of_many_rows_nothing_exact_is_left_to_the_drawing_itself(kind: Any, monkeypatch: pytest.MonkeyPatch):
    lab = kind(np.random.default_rng(0).standard_normal((104, 104)) / 12)
    while lab.prepare():
        pass
    for work in ("transient_growth", "typical_growth", "optimal_input"):
        monkeypatch.setattr(dynamics, work, None)
    lab.settle()
    assert not lab.alarm.value and not lab.progress.value
    lab.close()


@pytest.mark.parametrize("kind", [GrowthLab, SchurLab, SpectrumLab])
def test_a_matrix_of_more_than_256_rows_opens(kind: Any):
    lab = kind(np.random.default_rng(0).standard_normal((260, 260)) / 20)
    assert lab.figures[0].playing and lab.status and not lab.alarm.value
    lab.close()


def test_another_time_begins_as_the_lab_of_that_time_does_and_a_large_matrix_without_a_search(
    monkeypatch: pytest.MonkeyPatch,
):
    for size, searches in ((6, True), (260, False)):
        source = source_of(np.random.default_rng(0).standard_normal((size, size)) / 20)
        if not searches:
            monkeypatch.setattr("widgets.labs.spectrum_parts._telling_point", None)
        turned = SpectrumState.of(source).changed(time="continuous")
        assert turned == SpectrumState.of(source, "continuous")


def test_the_window_holds_what_lies_near_the_axis_where_a_few_eigenvalues_are_far_away():
    near = np.array([-1 + 1j, -1 - 1j, -2, -0.5])
    assert window_of(np.append(near, -300), "continuous") == window_of(near[[0, 1, 2, 3]], "continuous")
    assert window_of(-np.arange(1.0, 20), "continuous").half > 10, "no gap: all of them"
    lab = SpectrumLab(np.diag([-1.0, -2, -3, -4, -500]), time="continuous")
    assert lab.figures[0].figure.layout.annotations[0].text == "Pseudospectra, 4 of 5 eigenvalues"
    lab.close()
