"""SchurLab: the matrix and its Schur form say the same, s moves T and no eigenvalue, another order is another form."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nnrnn_core import SchurMatrix, dynamics
from nnrnn_core.dynamics import block_rows, reordered
from widgets import SchurLab
from widgets.figures.schur import (
    BLOCKS,
    BOXES,
    FEED,
    HORIZON,
    IN_FORM,
    IN_V,
    MATRIX,
    ORDERS,
    PEAK,
    VALUES,
    WORST,
    Form,
    form_of,
    growth_of,
    schur_figure,
)
from widgets.figures.schur_form import form_maps
from widgets.labs.matrices import source_of
from widgets.labs.schur import SchurState

PRESETS = SchurLab.default_presets
GAUSSIAN = np.random.default_rng(7).standard_normal((9, 9)) / 3


@pytest.fixture
def lab() -> Any:
    lab = SchurLab()
    yield lab
    lab.close()


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


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code, names)
    return names


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


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "dense_delay_line"])
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
    assert np.allclose(lab.figures[0].array(WORST, "y"), 0.9 ** np.arange(HORIZON + 1))


@pytest.mark.parametrize("order", ORDERS[1:])
@pytest.mark.parametrize("seed", range(5))
def test_another_order_is_another_form_of_the_same_matrix_with_the_same_henrici_number(order: str, seed: int):
    V = np.random.default_rng(seed).standard_normal((11, 11))
    P, blocks, T = dynamics.schur_parts(V)
    one, other = form_of(P, blocks + T), form_of(P, blocks + T, order)
    assert np.allclose(other.P @ other.form @ other.P.T, V, atol=1e-12)
    assert other.henrici == pytest.approx(one.henrici, rel=1e-12)
    assert not np.allclose(np.abs(one.form), np.abs(other.form), atol=1e-3)
    real = np.diag(other.form) * (1 if order == ORDERS[1] else -1)
    assert (np.diff(real) <= 1e-9).all()


def test_the_order_of_two_real_eigenvalues_can_be_turned_round():
    V = dynamics.gallery["gentle"]()
    _, form = reordered(np.eye(2), V, ORDERS[2])
    assert np.allclose(np.diag(form), [0.8, 0.9])
    assert abs(form[1, 0]) == pytest.approx(1)


def test_henricis_number_is_what_stands_below_the_blocks_and_inside_them():
    P, blocks, T = dynamics.schur_parts(GAUSSIAN)
    form = form_of(P, blocks + T)
    assert form.henrici**2 == pytest.approx(form.below**2 + form.inside**2)
    skew = sum((form.form[i, i + 1] + form.form[i + 1, i]) ** 2 for i in form.rows)  # γ R(θ) has 0 here
    assert form.inside**2 == pytest.approx(skew)


def test_a_block_that_begins_in_an_odd_row_is_boxed_and_belongs_to_the_eigenvalues():
    form = np.tril(np.random.default_rng(0).standard_normal((5, 5)))
    form[1, 2], form[2, 1] = 2.0, -1.0
    assert list(block_rows(form)) == [1]
    blocks, feed_forward = form_maps(form, block_rows(form))
    assert np.isfinite(blocks).sum() == 7 and np.isfinite(feed_forward).sum() == 9
    assert np.array_equal(np.nan_to_num(blocks) + np.nan_to_num(feed_forward), form)
    assert len(SchurLab(dynamics.gallery["random"]()).figures[0].array(BOXES, "x")) % 6 == 0


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_button_shows_its_matrix_and_the_peak_is_on_the_curve(lab: SchurLab, name: str):
    lab.preset_buttons[name].click()
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
    lab.set_matrix("dense_delay_line", size=4)
    assert "Beware" not in lab.status
    lab.set_matrix("delay_line")  # triangular: its eigenvalues are its entries
    assert "Beware" not in lab.status


OWN = {
    "numpy": GAUSSIAN,
    "torch": torch.tensor(GAUSSIAN, dtype=torch.float32),
    "text": "0.9 2; 0 0.8",
    "one number": [[0.5]],
    "zero": np.zeros((3, 3)),
    "schur": trained(),
    "schur in float32": SchurMatrix(6, init="random", generator=torch.Generator().manual_seed(0)),
    "entry mask": trained(mask="entry"),
    "growing": 3 * np.eye(4) + np.tri(4),
    "large": np.random.default_rng(1).standard_normal((70, 70)) / 8,
}


@pytest.mark.parametrize("key", OWN)
@pytest.mark.parametrize("settings", [{}, {"scale": 0.3, "order": ORDERS[1]}], ids=["as it is", "scaled, ordered"])
def test_the_code_makes_what_is_drawn(
    key: str, settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    lab = SchurLab(OWN[key])
    lab.set(**settings)
    lab.export("schur.npz")
    names = run(lab.code)
    for name, value in lab.state.arrays().items():
        assert np.allclose(names[name], value, rtol=1e-9, atol=1e-11), name
    assert names["figure"].data
    lab.close()


@pytest.mark.parametrize("name", PRESETS)
def test_the_code_of_a_preset_makes_what_is_drawn(lab: SchurLab, name: str):
    for settings in ({}, {"scale": 1.5, "order": ORDERS[2]}):
        lab.set_matrix(name)
        lab.set(**settings)
        names = run(lab.code)
        for array, value in lab.state.arrays().items():
            assert np.allclose(names[array], value, rtol=1e-9, atol=1e-11), array


@pytest.mark.parametrize("key", [key for key in OWN if key != "large"])
def test_a_preset_brings_the_lab_back(key: str):
    lab = SchurLab(OWN[key])
    lab.set(scale=0.7, order=ORDERS[2])
    again = SchurLab.from_preset(lab.preset)
    assert again.state.settings() == lab.state.settings() == {"scale": 0.7, "order": ORDERS[2]}
    for name, value in lab.state.arrays().items():
        assert np.allclose(again.state.arrays()[name], value, atol=1e-12), name
    assert again.preset == lab.preset


def test_the_files_hold_the_arrays(lab: SchurLab, tmp_path: Path):
    with np.load(lab.export(tmp_path / "a.npz")) as content:
        for name, value in lab.state.arrays().items():
            assert np.array_equal(content[name], value)
        assert np.allclose(content["V"], content["P"] @ content["form"] @ content["P"].T)
    path = lab.export(tmp_path / "a.csv")
    rows = np.loadtxt(path, delimiter=",", skiprows=1)
    assert np.allclose(rows[:, 2:], lab.state.view.form, atol=1e-8)
    assert path.read_text().startswith("real,imaginary,form_0,form_1")


@pytest.mark.parametrize(
    ("change", "words"),
    [({"scale": 2.1}, "scale must be a number from 0 to 2"), ({"order": "any"}, "largest real part first"),
     ({"scale": True}, "scale"), ({"k": 3}, "scale, order")],
)  # fmt: skip
def test_a_bad_choice_is_an_error_and_changes_nothing(lab: SchurLab, change: dict[str, Any], words: str):
    before = lab.state
    with pytest.raises(ValueError, match=words):
        lab.set(**change)
    assert lab.state is before


@pytest.mark.parametrize("text", ["", "{}", '{"schur":2}', '{"schur":1,"matrix":{"name":"x","parameters":{}}}'])
def test_a_broken_preset_is_said_and_changes_nothing(lab: SchurLab, text: str):
    before = lab.state
    with pytest.raises(ValueError, match="preset"):
        SchurLab.from_preset(text)
    lab.text.value = text
    assert lab.state is before


def test_a_preset_with_an_order_that_does_not_exist_says_which_there_are():
    content = json.loads(SchurLab("gentle").preset) | {"order": "up"}
    with pytest.raises(ValueError, match="as computed"):
        SchurLab.from_preset(json.dumps(content))


def test_a_matrix_that_is_none_is_said_and_changes_nothing(lab: SchurLab):
    before = lab.state
    lab.paste.value = "1 2; 3"
    lab.more.children[0].children[0].children[1].children[1].click()
    assert "row 2 has 1 numbers" in lab.alarm.value and lab.state is before


def test_the_numbers_stand_in_the_cells_of_a_small_matrix_only(lab: SchurLab):
    assert not lab.figures[0].figure.data[4].visible
    lab.set_matrix("gentle")
    figure = lab.figures[0].figure
    for name, first in ((IN_V, "0.9"), (IN_FORM, "0.9")):
        (trace,) = figure.select_traces({"name": name})
        assert trace.visible and list(trace.text) == [first, "0", "1", "0.8"]


def test_the_colours_keep_their_numbers_while_s_moves(lab: SchurLab):
    limits = [lab.figures[0].figure.data[i].zmax for i in range(3)]
    lab.slider.value = 0.1
    assert [lab.figures[0].figure.data[i].zmax for i in range(3)] == limits


def test_the_control_of_the_order_and_the_state_follow_each_other(lab: SchurLab):
    lab.order.value = ORDERS[1]
    assert lab.state.order == ORDERS[1]
    lab.set(order=ORDERS[2], scale=0.25)
    assert (lab.order.value, lab.slider.value) == (ORDERS[2], 0.25)


def test_every_trace_pushed_exists_once():
    names = [trace.name for trace in schur_figure().data]
    assert len(set(names)) == len(names)


def test_a_wide_matrix_is_estimated_while_the_slider_moves_and_exact_at_rest():
    lab = SchurLab(np.random.default_rng(0).standard_normal((100, 100)) / 10)
    lab.slider.value = 1.5
    assert len(lab.figures[0].array(WORST, "x")) < HORIZON
    lab.settle()
    assert np.allclose(lab.figures[0].array(WORST, "y"), dynamics.transient_growth(lab.V, HORIZON))
    assert lab.status == lab.state.sentence()


def test_a_closed_lab_leaves_no_widget_behind():
    lab = SchurLab("gentle")
    parts = [lab.slider, lab.order, lab.figures[0], lab.head, lab.more]
    lab.close()
    assert all(part.comm is None for part in [lab, *parts])
