"""SchurLab: the matrix and its Schur form say the same, s moves T and no eigenvalue, another order is another form."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from matrices import sampled, seeds
from nnrnn_core import SchurMatrix, dynamics
from widgets import SchurLab
from widgets.figures.numbers import short
from widgets.figures.schur import (
    BEST_START,
    BLOCKS,
    BOXES,
    FEED,
    IN_FORM,
    IN_V,
    MATRIX,
    ORDERS,
    PEAK,
    VALUES,
    Form,
    form_of,
    growth_of,
)
from widgets.figures.schur_form import beyond_words, colour_end, form_maps
from widgets.labs.matrices import source_of
from widgets.labs.schur import SchurState

HORIZON = 100  # steps that are drawn of a peak that comes early
PRESETS = ("nnrnn", "gentle", "random", "balanced_network")  # own blocks, two real values, both kinds, other time
GAUSSIAN = np.random.default_rng(7).standard_normal((9, 9)) / 3


@pytest.fixture(scope="module")
def one_lab() -> Any:
    lab = SchurLab()
    yield lab
    lab.close()


@pytest.fixture
def lab(one_lab: SchurLab) -> SchurLab:
    """A lab that shows its first preset: the same for all tests, since making one costs more than using it."""
    one_lab.guarded(lambda: one_lab.set_matrix("nnrnn"))
    return one_lab


def trained(size: int = 8, mask: str = "block") -> SchurMatrix:
    generator = torch.Generator().manual_seed(3)
    V = SchurMatrix(size, init="random", generator=generator, dtype=torch.float64, mask=mask)
    with torch.no_grad():
        V.gamma.fill_(0.9)
        V.T_entries.copy_(0.3 * torch.randn(len(V.T_entries), generator=generator, dtype=torch.float64))
    return V


def sorted_values(form: Form) -> np.ndarray:
    return np.sort_complex(form.eigenvalues.round(10))  # conjugates must not be told apart by rounding


def drawn_form(lab: SchurLab) -> np.ndarray:
    figure = lab.figures[0]
    return np.nan_to_num(figure.array(BLOCKS, "z")) + np.nan_to_num(figure.array(FEED, "z"))


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_drawn_is_the_matrix_in_another_orthonormal_basis(lab: SchurLab, name: str):
    lab.set_matrix(name)
    for scale, order in itertools.product([0.0, 1.0, 2.0], ORDERS):
        lab.set(scale=scale, order=order)
        V, form, P = lab.figures[0].array(MATRIX, "z"), drawn_form(lab), lab.state.view.P
        size = max(1.0, float(np.linalg.norm(V)))
        assert np.allclose(P @ P.T, np.eye(len(P)), atol=1e-12)
        assert np.allclose(P @ form @ P.T, V, atol=1e-12 * size)
        assert np.allclose(V, lab.V, atol=1e-12 * size)
        assert np.allclose(np.triu(form, 2), 0)
        assert lab.status == lab.state.sentence()


@pytest.mark.parametrize("name", PRESETS)
def test_s_moves_no_eigenvalue_and_the_square_of_henricis_number_by_that_of_t(name: str):
    source = source_of(name)
    one = SchurState(source).view
    for scale in (0.0, 0.5, 2.0):
        view = SchurState(source, scale).view
        assert np.allclose(sorted_values(view), sorted_values(one), atol=1e-9)
        assert view.henrici**2 == pytest.approx((scale * one.below) ** 2 + one.inside**2, abs=1e-9)


def test_the_eigenvalues_drawn_stand_still_while_the_slider_moves(lab: SchurLab):
    before = lab.figures[0].array(VALUES, "x")
    for scale in (0.0, 0.35, 2.0):
        lab.slider.value = scale
        assert np.allclose(lab.figures[0].array(VALUES, "x"), before, atol=1e-10)
        assert f"s = {scale:g}:" in lab.status


def test_without_t_a_schur_matrix_is_normal_and_its_departure_is_the_norm_of_s_t():
    V = trained()
    lab = SchurLab(V)
    assert lab.state.view.henrici == pytest.approx(V.departure(), rel=1e-12)
    assert lab.state.view.inside == 0
    lab.set(scale=0.0)
    assert lab.state.view.normal and "normal" in lab.status
    assert np.allclose(lab.figures[0].array(BEST_START, "y"), 0.9 ** np.arange(HORIZON + 1))


@pytest.mark.parametrize("order", ORDERS[1:])
@pytest.mark.parametrize("seed", range(2))
def test_another_order_is_another_form_of_the_same_matrix_with_the_same_henrici_number(order: str, seed: int):
    V = np.random.default_rng(seed).standard_normal((11, 11))
    P, blocks, T = dynamics.schur_parts(V)
    one, other = form_of(P, blocks + T), form_of(P, blocks + T, order)
    assert np.allclose(other.P @ other.form @ other.P.T, V, atol=1e-12)
    assert other.henrici == pytest.approx(one.henrici, rel=1e-12)
    assert not np.allclose(np.abs(one.form), np.abs(other.form), atol=1e-3)
    real = np.diag(other.form) * (1 if order == ORDERS[1] else -1)
    assert (np.diff(real) <= 1e-9).all()


def test_henricis_number_is_what_stands_below_the_blocks_and_inside_them():
    P, blocks, T = dynamics.schur_parts(GAUSSIAN)
    form = form_of(P, blocks + T)
    assert form.henrici**2 == pytest.approx(form.below**2 + form.inside**2)
    skew = sum((form.form[i, i + 1] + form.form[i + 1, i]) ** 2 for i in form.rows)  # γ R(θ) has 0 here
    assert form.inside**2 == pytest.approx(skew)


def test_a_block_that_begins_in_an_odd_row_is_boxed_and_belongs_to_the_eigenvalues():
    form = np.tril(np.random.default_rng(0).standard_normal((5, 5)))
    form[1, 2], form[2, 1] = 2.0, -1.0
    blocks, feed_forward = form_maps(form, np.array([1]))
    assert np.isfinite(blocks).sum() == 7 and np.isfinite(feed_forward).sum() == 9
    assert np.array_equal(np.nan_to_num(blocks) + np.nan_to_num(feed_forward), form)
    assert len(SchurLab(dynamics.gallery["random"]()).figures[0].array(BOXES, "x")) % 6 == 0


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_button_shows_its_matrix_and_the_peak_is_on_the_curve(lab: SchurLab, name: str):
    lab.sources.buttons[name].click()
    assert lab.state.source.name == name and lab.alarm.value == ""
    assert np.allclose(lab.figures[0].array(MATRIX, "z"), dynamics.gallery[name]())
    times, growth = growth_of(lab.state.view.form, lab.state.source.time)
    assert lab.figures[0].array(PEAK, "y")[0] == pytest.approx(growth.max())
    assert lab.figures[0].array(PEAK, "x")[0] in times


def test_continuous_time_has_its_own_growth_and_border(lab: SchurLab):
    lab.set_matrix("balanced_network")
    assert "e^(tA)" in lab.status and "rises to 2.8 at t = 0.8" in lab.status
    A = dynamics.gallery["balanced_network"]()
    assert np.allclose(lab.state.growth()[1], dynamics.exponential_growth(A, lab.state.growth()[0]))
    assert lab.state.view.henrici == pytest.approx(4.3 * 2.1)  # w (1 + k)


def test_eigenvalues_that_rounding_has_moved_come_with_a_warning(lab: SchurLab):
    assert "Beware" not in lab.status
    lab.set_matrix("dense_delay_line")
    assert "Beware" in lab.status
    lab.set_matrix("random")
    assert "Beware" not in lab.status
    lab.set_matrix("delay_line")  # triangular: its eigenvalues are its entries
    assert "Beware" not in lab.status


@pytest.mark.parametrize(
    ("change", "words"),
    [({"order": "any"}, "largest real part first"), ({"k": 3}, "scale, order")],
)
def test_a_bad_choice_is_an_error_and_changes_nothing(lab: SchurLab, change: dict[str, Any], words: str):
    before = lab.state
    with pytest.raises(ValueError, match=words):
        lab.set(**change)
    assert lab.state is before


def test_a_preset_with_an_order_that_does_not_exist_says_which_there_are():
    content = json.loads(SchurLab("gentle").preset) | {"order": "up"}
    with pytest.raises(ValueError, match="as computed"):
        SchurLab.from_preset(json.dumps(content))


def test_the_numbers_stand_in_the_cells_of_a_small_matrix_only(lab: SchurLab):
    assert not lab.figures[0].figure.data[4].visible
    lab.set_matrix("gentle")
    figure = lab.figures[0].figure
    for name, first in ((IN_V, "0.9"), (IN_FORM, "0.9")):
        (trace,) = figure.select_traces({"name": name})
        assert trace.visible and list(trace.text) == [first, "0", "1", "0.8"]


def test_the_colours_keep_their_numbers_while_s_moves(lab: SchurLab):
    limits = [trace.zmax for trace in lab.figures[0].figure.select_traces({"type": "heatmap"})]
    lab.slider.value = 0.1
    assert [trace.zmax for trace in lab.figures[0].figure.select_traces({"type": "heatmap"})] == limits
    assert len(limits) == 3


def test_the_control_of_the_order_and_the_state_follow_each_other(lab: SchurLab):
    lab.order.value = ORDERS[1]
    assert lab.state.order == ORDERS[1]
    lab.set(order=ORDERS[2], scale=0.25)
    assert (lab.order.value, lab.slider.value) == (ORDERS[2], 0.25)


def test_a_wide_matrix_is_estimated_while_the_slider_moves_and_exact_at_rest():
    lab = SchurLab(np.random.default_rng(0).standard_normal((100, 100)) / 10)
    lab.slider.value = 1.5
    assert len(lab.figures[0].array(BEST_START, "x")) < HORIZON
    lab.settle()
    assert np.allclose(lab.figures[0].array(BEST_START, "y"), dynamics.transient_growth(lab.V, HORIZON))
    assert lab.status == lab.state.sentence()


# --- heavy tails


def connectome(tail: float) -> np.ndarray:
    """Weights of 60 neurons, and a few that are `tail` times the rest."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((60, 60)) / 20 * np.where(rng.random((60, 60)) < 0.02, tail, 1)


def test_a_few_entries_a_hundred_times_the_rest_leave_the_rest_its_colours_and_are_counted_in_the_title():
    V = connectome(100)
    lab = SchurLab(V)
    figure = lab.figures[0]
    end = next(trace.zmax for trace in figure.figure.select_traces({"name": "V"}))
    assert np.quantile(np.abs(V), 0.8) > 0.1 * end, "most entries are seen"
    assert np.allclose(figure.array("V", "z"), V), "what the pointer shows is the entry itself"
    beyond = int((np.abs(V) > end).sum())
    assert 0 < beyond <= 0.05 * V.size
    title = figure.figure.layout.annotations[0].text
    assert title == f"V; {beyond} beyond the colours, up to {short(np.abs(V).max())}"
    lab.set_matrix(connectome(1))
    assert figure.figure.layout.annotations[0].text == "V: the weights between units"
    lab.close()


@sampled(seeds, st.floats(0.1, 3), examples=30)
def test_at_most_one_in_twenty_of_what_is_seen_lies_beyond_the_colours_and_no_end_is_beyond_the_largest(seed, tail):
    rng = np.random.default_rng(seed)
    M = np.exp(tail * rng.standard_normal((12, 12))) * rng.choice([-1, 0, 1], (12, 12))
    end, largest = colour_end(M), np.abs(M).max()
    assert (np.abs(M) > end).sum() <= 0.05 * np.count_nonzero(M)
    assert end <= 2 * (largest or 1)
    assert (beyond_words((M, end)) == "") == (largest <= end * (1 + 1e-5))
    assert colour_end(M, np.full((3, 3), np.nan)) == end, "what is not drawn does not count"
    assert colour_end(2.0**10 * np.sign(M)) >= 1024 * (np.abs(M).max() > 0), "equal entries are all within"
