"""The figures of a training: what is drawn is what the frame holds."""

from __future__ import annotations

from array import array
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrnn_core import tasks
from nnrnn_core.dynamics import fisher_memory, henrici, transient_growth, typical_growth
from widgets.figures.axes import POINTS, log_ticks, nice_end, thinned
from widgets.figures.frame import frame_of
from widgets.figures.marks import LINES, Mark, grouped, mark_shapes, written
from widgets.figures.numbers import fixed, short
from widgets.figures.schur_form import BOXES, form_figure, form_push
from widgets.figures.training import CIRCLE, MEASURED, TYPICAL, Curves, lines_figure, lines_push, sentence
from widgets.labs.experiment import Experiment
from widgets.labs.plan import make_plan


def experiment(steps: int = 3, **plan: object) -> Experiment:
    found = Experiment(make_plan(tasks.Copying(delay=20), 16, **plan))  # type: ignore[arg-type]
    for _ in range(steps):
        found.step(seen=True)
    return found


def test_an_exact_frame_holds_the_growth_and_the_memory_of_V_itself() -> None:
    lab = experiment(start="random")
    frame = frame_of(lab.look(), exact=True)
    V = lab.training.model.V
    assert np.allclose(frame.largest, transient_growth(V, 40))  # type: ignore[arg-type]
    assert np.allclose(frame.typical, typical_growth(V, 40))  # type: ignore[arg-type]
    U = lab.training.model.recurrent.input_matrix().detach().double()  # type: ignore[operator, union-attr]
    source = np.linalg.svd(U.numpy())[0][:, 0]
    assert np.allclose(frame.memory, fisher_memory(V, source, 39, 40), rtol=1e-4)  # type: ignore[arg-type]


def test_an_estimate_stays_within_two_percent_below_the_exact_curve() -> None:
    snapshot = experiment(start="random").look()
    exact, estimate = frame_of(snapshot, exact=True), frame_of(snapshot, exact=False)
    ratio = estimate.largest / exact.largest[estimate.powers]
    assert np.all(ratio <= 1 + 1e-9) and np.all(ratio > 0.98)
    assert np.allclose(estimate.memory, exact.memory, rtol=1e-3)


def test_every_trace_that_is_pushed_exists_in_the_figure_and_every_layout_key_too() -> None:
    lab = experiment()
    words = lab.words()
    frame = frame_of(lab.last, exact=False)
    lines, form = lines_figure(words), form_figure(words)
    for figure, (traces, layout) in ((lines, lines_push(frame, frame, lab.curves, words)), (form, form_push(frame))):
        names = [trace.name for trace in figure.data]
        assert set(traces) <= set(names) and len(names) == len(set(names))
        assert all(key in figure.layout for key in layout)


def test_a_panel_with_one_curve_needs_no_legend_and_what_is_hidden_sets_no_axis() -> None:
    lab = experiment()
    frame = frame_of(lab.last, exact=False)
    first = replace(frame, snapshot=replace(frame.snapshot, late=1e-5 * frame.snapshot.late), late=1e-5 * frame.late)  # type: ignore[operator]
    ranges = []
    for more in (False, True):
        traces, layout = lines_push(frame, first, lab.curves, lab.words(), growth=more, start=more)
        for name in (TYPICAL, MEASURED, "at the start", "J(k), at the start"):
            assert traces[name]["visible"] is more and ("y" in traces[name]) is more
        assert all(traces[name]["showlegend"] is more for name in ("largest ‖Vᵏ‖₂", "now", "J(k)"))
        ranges.append(layout["yaxis4.range"])
    assert ranges[1][0] < ranges[0][0]


@pytest.mark.parametrize(("span", "full"), [(0.8, True), (1.9, True), (2.0, False), (8.0, False)])
def test_numbers_of_a_log_axis_are_written_in_full_on_few_decades_and_as_powers_on_more(
    span: float, full: bool
) -> None:
    ticks = log_ticks("yaxis2", -1, -1 + span, 4)
    assert ticks == {"yaxis2.dtick": "D2" if full else span / 4 if span > 4 else 1, "yaxis2.tickformat": "~g" * full}


@given(st.floats(-8, 8), st.floats(0.02, 0.79))
def test_a_part_of_a_decade_has_two_to_six_numbers(low: float, span: float) -> None:
    step = float(str(log_ticks("yaxis", low, low + span, 3)["yaxis.dtick"]).removeprefix("L"))
    inside = np.floor(10 ** (low + span) / step) - np.ceil(10**low / step) + 1
    assert 2 <= inside <= 6


def test_a_frame_is_around_every_block_so_that_it_is_told_from_what_is_below_without_colour() -> None:
    for model in ("nnrnn", "rnn"):
        frame = frame_of(experiment(model=model).look(), exact=False)
        traces, layout = form_push(frame)
        corners = np.array([traces[BOXES]["x"], traces[BOXES]["y"]]).reshape(2, -1, 6)[:, :, 0] + 0.5
        assert np.array_equal(corners[0], corners[1])
        held = {(i, j) for row in corners[0].astype(int) for i in (row, row + 1) for j in (row, row + 1)}
        single = {(i, i) for i in range(16)}
        assert {tuple(entry) for entry in np.argwhere(~np.isnan(traces["Λ"]["z"])).tolist()} == held | single
        assert layout["xaxis.range"] == layout["yaxis.range"][::-1] == [-0.5, 15.5]


def test_the_late_gradient_is_one_at_its_own_time_step() -> None:
    lab = experiment()
    frame = frame_of(lab.last, exact=False)
    traces, _ = lines_push(frame, frame, lab.curves, lab.words(), late=True)
    assert traces["now"]["y"][-1] == pytest.approx(1)
    traces, layout = lines_push(frame, frame, lab.curves, lab.words(), late=False)
    assert np.allclose(traces["now"]["y"], frame.snapshot.whole)
    assert "whole loss" in layout["annotations[3].text"]


def test_the_heat_map_draws_the_blocks_and_the_feed_forward_part_and_nothing_above_them() -> None:
    lab = experiment(start="chain")
    traces, _ = form_push(frame_of(lab.look(), exact=False))
    rotations, feed_forward = traces["Λ"]["z"], traces["s T"]["z"]
    assert np.isnan(rotations).sum() == 16 * 16 - 4 * 8
    assert np.isnan(feed_forward).sum() == 16 * 16 - (16 * 15 // 2 - 8)
    V = lab.training.model.V
    assert np.allclose(np.nansum(feed_forward**2), V.departure() ** 2)  # type: ignore[union-attr]
    largest = np.nanmax(np.abs(feed_forward))
    assert largest <= traces["s T"]["zmax"] == -traces["s T"]["zmin"] <= 1.5 * largest


def test_the_heat_maps_title_says_after_how_many_updates_it_was_so() -> None:
    _, layout = form_push(frame_of(experiment(steps=3).look(), exact=False))
    assert layout["annotations[0].text"] == "Λ + s T after 3 updates"


def test_a_matrix_without_blocks_is_drawn_in_its_numerical_schur_form() -> None:
    frame = frame_of(experiment(model="rnn").look(), exact=False)
    traces, _ = form_push(frame)
    drawn = np.nan_to_num(traces["Λ"]["z"]) + np.nan_to_num(traces["s T"]["z"])
    assert not np.triu(drawn, 2).any()
    assert np.linalg.norm(drawn) == pytest.approx(np.linalg.norm(frame.snapshot.form))  # type: ignore[arg-type]
    assert henrici(drawn) == pytest.approx(frame.departure)


@pytest.mark.parametrize("model", ["rnn", "exprnn", "lstm"])
def test_every_model_can_be_drawn_and_said(model: str) -> None:
    lab = experiment(model=model)
    for exact in (True, False):
        frame = frame_of(lab.look(), exact)
        lines_push(frame, frame, lab.curves, lab.words())
        form_push(frame)
        assert sentence(frame, lab.words()).startswith("After 3 updates: loss")


def test_the_sentence_says_whether_V_is_normal_and_whether_it_is_orthogonal() -> None:
    lab = experiment(steps=0)
    say = lambda: sentence(frame_of(lab.look(), exact=True), lab.words())  # noqa: E731
    assert "T = 0: V is normal, and orthogonal" in say()
    lab.training.model.V.gamma.data.mul_(0.9)  # type: ignore[union-attr, operator]
    assert "V is normal, not orthogonal" in say() and "spectral radius 0.900" in say()
    lab.intervene("T", np.eye(16, k=-2))
    assert "T scale 1" in say() and "departure from normality 3.74" in say()
    lab.intervene("scale", 0)
    assert "s = 0: V is normal" in say()


@pytest.mark.parametrize("length", [1, 2, POINTS, POINTS + 1, 12345])
def test_a_thinned_curve_keeps_every_bins_extremes_and_its_end_and_never_has_more_points_than_it_may(
    length: int,
) -> None:
    y = np.random.default_rng(length).standard_normal(length)
    x, kept = thinned(y)  # type: ignore[arg-type]
    assert len(x) == len(kept) <= POINTS and np.all(np.diff(x) > 0)
    assert np.array_equal(kept, y[x.astype(int)]) and x[-1] == length - 1, "points of the curve itself"
    assert (kept.min(), kept.max()) == (y.min(), y.max())
    size = max(1, -(-(length - 1) // ((POINTS - 1) // 2))) if length > POINTS else 1
    for start in range(0, length - 1, size):
        one_bin = y[start : min(start + size, length - 1)]
        assert {one_bin.min(), one_bin.max()} <= set(kept)


def test_an_empty_curve_is_a_gap() -> None:
    assert all(np.isnan(part).tolist() == [True] for part in thinned([]))


def test_powers_beyond_double_precision_are_drawn_as_gaps_and_said() -> None:
    lab = experiment(steps=0)
    lab.intervene("T", 1e30 * np.tril(np.ones((16, 16)), -2) * (np.arange(16)[:, None] // 2 > np.arange(16) // 2))
    frame = frame_of(lab.look(), exact=True)
    _, layout = lines_push(frame, frame, lab.curves, lab.words())
    assert np.isfinite(layout["yaxis3.range"]).all()
    assert "beyond double precision" in sentence(frame, lab.words())


def test_the_untouched_copy_and_the_marks_are_drawn_from_the_curves() -> None:
    lab = experiment()
    curves = Curves(*(array("d", values) for values in ([1.0, 0.5], [0.1, 0.2], [1.0, 0.9])), [Mark(1, "release T")])
    frame = frame_of(lab.last, exact=False)
    traces, layout = lines_push(frame, frame, curves, lab.words())
    shown = frame.snapshot
    assert shown.updates == 2, "the third step reported the network after two updates"
    assert traces["loss"]["x"].tolist() == [0, 1, 2] and traces["loss"]["y"].tolist() == [1.0, 0.5, shown.loss]
    assert traces["untouched copy"]["y"].tolist() == [1.0, 0.9]
    assert layout["shapes"][0]["x0"] == 1 and layout["shapes"][0]["label"]["text"] == "release T"


def test_before_the_first_update_the_point_the_baseline_and_the_floor_are_in_sight() -> None:
    lab = Experiment(make_plan(tasks.NoisyMemory(), 8))
    words, frame = lab.words(), frame_of(lab.look(), exact=True)
    traces, layout = lines_push(frame, frame, lab.curves, words)
    (loss,) = traces["loss shown"]["y"]
    assert words.floor is not None and loss > 4 * words.baseline, "a bad start, far above the lines"
    low, high = layout["yaxis.range"]
    assert low < np.log10([words.floor, words.baseline, loss]).min() and np.log10(loss) < high < np.log10(loss) + 0.5
    assert {trace.name: trace.mode for trace in lines_figure(words).data}["loss shown"] == "markers"


def test_eigenvalues_far_outside_the_unit_circle_stay_in_sight_and_the_axes_keep_their_proportion() -> None:
    lab = experiment(steps=0)
    frame = frame_of(lab.look(), exact=True)
    for radius in (0.5, 1.0, 1.3, 40.0):
        _, layout = lines_push(replace(frame, eigenvalues=radius * frame.eigenvalues), frame, lab.curves, lab.words())
        (_, x), (_, y) = layout["xaxis2.range"], layout["yaxis2.range"]
        assert x / y == pytest.approx(CIRCLE[0] / CIRCLE[1]) and radius < y <= max(CIRCLE[1], 2 * 1.1 * radius)


# --- marks: few are drawn, all are counted, and no word lies on another

MARKS = st.lists(st.tuples(st.integers(0, 5000), st.sampled_from(["s = 0.5", "release T", "rates halved"])), min_size=1)


@given(MARKS)
def test_marks_are_few_their_words_do_not_overlap_and_each_is_counted(found: list[tuple[int, str]]) -> None:
    marks = [Mark(updates, words, words.startswith("s")) for updates, words in sorted(found)]
    end = nice_end(marks[-1].updates)
    shapes = mark_shapes(marks, end)
    assert len(shapes) <= min(LINES, len(marks)) and {shape["x0"] for shape in shapes} <= {m.updates for m in marks}
    texts = written(grouped(marks, end), end)
    assert sum(group.size for group in texts) == len(marks)
    assert [group.text for group in texts] == [text for shape in shapes if (text := shape["label"]["text"])]
    spans = [group.span(end) for group in texts]
    assert all(before[1] < after[0] for before, after in pairwise(spans))
    said, done = ({group.mark.slight for group in texts}, {mark.slight for mark in marks})
    assert (False in said) == (False in done), "a release is said rather than a slider's move beside it"


def test_a_thousand_moves_after_a_release_are_few_lines_and_the_release_is_said() -> None:
    marks = [Mark(3, "release T"), *(Mark(i, f"s = {i}", True) for i in range(4, 1000))]
    shapes = mark_shapes(marks, 1000)
    texts = [shape["label"]["text"] for shape in shapes if shape["label"]["text"]]
    assert len(shapes) == LINES and any(text.startswith("release T") for text in texts) and len(texts) < 5
    assert sum(int(text.split(", ")[1].split()[0]) + 1 for text in texts) == len(marks)


@pytest.mark.parametrize("value", [-0.0, -1e-9, 0.0])
def test_a_zero_has_no_minus(value: float) -> None:
    assert fixed(value) == "0.000" and short(-0.0) == "0" and fixed(-0.5) == "−0.500"


def test_what_is_drawn_is_bounded_however_long_the_run_and_however_many_the_moves() -> None:
    lab = experiment()
    for updates in (3_000, 100_000):
        frame = frame_of(replace(lab.last, updates=updates), exact=False)
        curve = array("d", np.random.default_rng(0).uniform(0.1, 1, updates))
        marks = [Mark(i * updates // 5000, f"s = {i}", True) for i in range(5000)]
        traces, layout = lines_push(frame, frame, Curves(curve, curve, curve, marks), lab.words())
        points = {name: len(attributes["y"]) for name, attributes in traces.items()}
        assert max(points.values()) <= POINTS and len(layout["shapes"]) <= LINES
        assert sum(len(shape["label"]["text"]) for shape in layout["shapes"]) < 100
