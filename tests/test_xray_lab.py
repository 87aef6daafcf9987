"""XrayLab: a network before and after training, and what is taken from its T beside a control of the same size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nnrnn_core import SchurMatrix, SequenceModel, Training, dynamics, tasks
from nnrnn_core.dynamics.ablation import CONTROLS, SCALED, WAYS
from nnrnn_core.dynamics.schur_form import ORDERS
from nnrnn_core.experiments import Experiment
from nnrnn_core.experiments.runs import network_path
from widgets import XrayLab
from widgets.figures.xray import AFTER, BEFORE, FEED, NOW, of
from widgets.figures.xray_losses import HERE, MIDDLE, RANGE, WAY
from widgets.labs.xray import OWN

NAMES = ("noisy-memory/nnrnn", "noisy-memory/rnn")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Networks as a run leaves them; their training is made up."""
    place = tmp_path_factory.mktemp("networks")
    for name in NAMES:
        experiment, drawn = Experiment.of(name), torch.Generator().manual_seed(4)
        model = experiment.make_training().model
        with torch.no_grad():
            if isinstance(model.V, SchurMatrix):
                model.V.T_entries.normal_(0, 0.1, generator=drawn)
                model.V.gamma.fill_(0.9)
            else:
                model.V.entries.mul_(0.8)
        path = network_path(experiment, place)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(model.state_dict(), path)
    return place


@pytest.fixture(scope="module")
def one_lab(folder: Path) -> Any:
    lab = XrayLab(folder=folder)
    yield lab
    lab.close()


@pytest.fixture
def lab(one_lab: XrayLab) -> XrayLab:
    one_lab.set_network(NAMES[0])
    one_lab.set(when="after", percent=5.0, way=WAYS[0], control=CONTROLS[0], order=ORDERS[0])
    return one_lab


def test_it_opens_on_the_first_network_of_the_folder_after_its_training(lab: XrayLab):
    assert lab.known == NAMES and lab.network.value == NAMES[0] and lab.when.value == "after"
    lab.finish()
    growth = dynamics.transient_growth(lab.state.source.matrix, 100)
    assert np.allclose(lab.figures[0].array(AFTER, "y"), growth)
    assert np.allclose(lab.figures[0].array(BEFORE, "y"), 1, atol=1e-4)
    assert "before → after" in lab.status and "0 %" in lab.status and lab.alarm.value == ""


def test_the_slider_takes_entries_from_the_map_at_once_and_the_loss_follows(lab: XrayLab):
    lab.set(percent=0)
    whole = lab.figures[0].array(FEED, "z")
    lab.percent.value = 20.0
    left = lab.figures[0].array(FEED, "z")
    gone = np.isfinite(whole) & (left != whole)
    assert gone.sum() == round(0.2 * np.count_nonzero(np.nan_to_num(whole))) and not left[gone].any()
    assert np.abs(whole[gone]).min() >= np.nanmax(np.abs(left))
    assert {WAY, RANGE, MIDDLE, of(NOW, 2)} <= set(lab.figures[0].pending) and "being measured" in lab.status
    lab.finish()
    assert not lab.figures[0].pending
    share = lab.state.share
    study = lab.state.study
    assert lab.figures[0].array(HERE, "x")[0] == pytest.approx(share)
    assert lab.figures[0].array(HERE, "y")[0] == pytest.approx(study.loss(WAYS[0], share))
    draws = study.control(CONTROLS[0], share)
    middle = dict(zip(lab.figures[0].array(MIDDLE, "x"), lab.figures[0].array(MIDDLE, "y"), strict=True))
    assert middle[share] == pytest.approx(np.median(draws))


def test_the_loss_is_measured_in_pieces_with_the_pages_ticks(lab: XrayLab):
    lab.percent.value = 33.0
    lab.settle()
    assert lab.figures[0].playing
    while lab.figures[0].playing:
        lab._measure_a_piece()
    assert not lab.figures[0].pending and not lab.state.missing() and "draws" in lab.status


def test_before_the_training_nothing_is_shown_of_what_comes_after(lab: XrayLab):
    lab.when.value = "before"
    lab.finish()
    assert "→" not in lab.status and "T = 0" in lab.status
    assert np.isnan(lab.figures[0].array(AFTER, "y")).all() and np.isnan(lab.figures[0].array(WAY, "y")).all()


def test_with_nothing_taken_away_no_curve_of_the_loss_is_drawn(lab: XrayLab):
    lab.set(percent=0)
    lab.finish()
    assert np.isnan(lab.figures[0].array(WAY, "y")).all() and np.isnan(lab.figures[0].array(MIDDLE, "y")).all()
    assert lab.figures[0].array(HERE, "y")[0] == pytest.approx(lab.state.study.whole)
    assert lab.state.V is lab.state.source.matrix and "Nothing is taken away" in lab.status


@pytest.mark.parametrize("way", WAYS)
def test_every_way_moves_v_by_the_energy_it_names_and_no_eigenvalue(lab: XrayLab, way: str):
    before = lab.state.source
    lab.set(way=way, percent=10)
    whole = before.matrix().detach().double().numpy()
    parts = lab.state.split
    moved = float(np.sum((lab.V - whole) ** 2))
    assert moved == pytest.approx(lab.state.share * np.sum(parts.feed_forward**2), rel=1e-4)
    values = [np.sort(np.abs(dynamics.eigenvalues(parts.eigenvalue_part + T))) for T in (0, lab.state.left)]
    assert np.allclose(*values, atol=1e-9)
    if way == SCALED:
        assert np.allclose(lab.state.left, 0.9 * parts.feed_forward)


def test_another_order_has_another_t_of_the_same_matrix(lab: XrayLab):
    lab.set(percent=0)
    one = lab.figures[0].array(FEED, "z")
    growth, memory = lab.figures[0].array(AFTER, "y"), lab.figures[0].array(of(AFTER, 2), "y")
    lab.order.value = ORDERS[1]
    lab.settle()
    P, blocks, T = lab.state.split
    assert not np.allclose(np.nan_to_num(one), np.nan_to_num(lab.figures[0].array(FEED, "z")), atol=1e-3)
    assert np.allclose(P @ (blocks + T) @ P.T, lab.state.source.matrix().detach().numpy(), atol=1e-5)
    assert np.array_equal(growth, lab.figures[0].array(AFTER, "y"))
    assert np.array_equal(memory, lab.figures[0].array(of(AFTER, 2), "y"), equal_nan=True)


def test_the_menu_shows_another_network_and_what_is_chosen_stays(lab: XrayLab):
    lab.set(percent=15, way=WAYS[1])
    lab.network.value = NAMES[1]
    assert lab.state.subject.name == NAMES[1] and (lab.state.percent, lab.state.way) == (15, WAYS[1])
    assert not lab.state.subject.is_schur and "rnn" in lab.sources.about.value
    lab.network.value = OWN
    assert "under More" in lab.alarm.value and lab.network.value == NAMES[1]


@pytest.mark.parametrize(
    ("what", "order"), [(NAMES[0], ORDERS[0]), (NAMES[1], ORDERS[1]), ("a matrix", ORDERS[0])], ids=[*NAMES, "a matrix"]
)
def test_code_preset_and_file_hold_what_is_drawn(
    lab: XrayLab, what: str, order: str, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("nnrnn_core.experiments.SHIPPED", folder)
    monkeypatch.setattr("widgets.labs.xray_state.SHIPPED", folder)
    lab.set_network(what if what in NAMES else dynamics.gallery["random"](size=6, gain=0.8))
    lab.set(percent=12.0, way=WAYS[2], order=order)
    drawn, found = lab.state.arrays(), {}
    exec(lab.code, found)
    twin = XrayLab.state_of(lab.preset)
    with np.load(lab.export(tmp_path / "lab.npz")) as file:
        for name, values in drawn.items():
            assert np.allclose(found[name], values, rtol=1e-6, atol=1e-9), f"code: {name}"
            assert np.allclose(twin.arrays()[name], values, rtol=1e-9, atol=1e-11), f"preset: {name}"
            assert np.array_equal(file[name], values), f"file: {name}"
    assert found["figure"].data and twin.settings() == lab.state.settings() and "\n" not in lab.preset
    assert {"energy", "shuffled"} <= set(
        np.genfromtxt(lab.export(tmp_path / "x.csv"), delimiter=",", names=True).dtype.names
    )
    lab.load_preset(lab.preset)


def test_a_matrix_alone_has_the_upper_row_and_no_loss(lab: XrayLab):
    lab.guarded(lambda: lab._take("0.9 0 0; 2 0.8 0; 1 3 0.7"))
    assert "no task" in lab.status and lab.network.value == OWN and lab.when.disabled
    lab.finish()
    V = np.array([[0.9, 0, 0], [2, 0.8, 0], [1, 3, 0.7]])
    assert np.allclose(lab.figures[0].array(AFTER, "y"), dynamics.transient_growth(V, 100))
    with pytest.raises(ValueError, match="nothing from before a training"):
        lab.set(when="before")


def test_a_training_of_the_readers_is_evaluated_on_its_own_task():
    task = tasks.Copying(delay=3)
    model = SequenceModel("rnn", 10, 8, 9, generator=torch.Generator().manual_seed(0))
    lab = XrayLab(Training(model, task))
    lab.finish()
    assert "your rnn, 8 units" in lab.status and "8 draws" in lab.status
    with pytest.raises(ValueError, match="save it"):
        _ = lab.preset
    lab.close()
    with pytest.raises(ValueError, match="lstm has none"):
        XrayLab(Training(SequenceModel("lstm", 10, 8, 9), task))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: XrayLab("copy-200/nnrnn", folder=folder), "no trained network 'copy-200/nnrnn'.*To train it"),
        (lambda folder: XrayLab(folder=folder / "nowhere"), "there is no trained network in"),
        (lambda folder: XrayLab(NAMES[0], folder=folder, way="any"), "way must be one of"),
        (lambda folder: XrayLab(NAMES[0], folder=folder, percent=101), "percent must be"),
        (lambda folder: XrayLab("0.9 two; 0 0.8", folder=folder), "two"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(make: Any, words: str, folder: Path):
    with pytest.raises(ValueError, match=words):
        make(folder)


def test_what_the_lab_has_not_cannot_be_set(lab: XrayLab):
    with pytest.raises(ValueError, match="got scale"):
        lab.set(scale=0.5)


def test_a_mangled_preset_is_refused_and_the_lab_stays(lab: XrayLab):
    before = lab.preset
    for content in ({"network": "no/such"}, {"when": "later"}, {"colour": 1}):
        lab.text.value = json.dumps(json.loads(before) | content)
        lab.load.click()
        assert "alert" in lab.note.value and lab.preset == before, content
