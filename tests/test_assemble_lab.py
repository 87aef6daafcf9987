"""AssembleLab: V from its parts, the eigenvalues under both masks, controls, text, code and files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nnrnn_core import SchurMatrix, dynamics
from widgets import AssembleLab
from widgets.figures.assemble import BLOCKS, CHOSEN, FEED, IN_V, MEANT, P_MAP, PAIRS, V_MAP
from widgets.figures.assemble_words import moved
from widgets.labs.assemble_state import AssembleState


@pytest.fixture(scope="module")
def made() -> Iterator[AssembleLab]:
    lab = AssembleLab()
    yield lab
    lab.close()


@pytest.fixture
def lab(made: AssembleLab) -> AssembleLab:
    made.load_preset(AssembleState.begin(8).as_preset())
    return made


def drawn(lab: AssembleLab, name: str) -> np.ndarray:
    """A map, or points of the plane as complex numbers."""
    figure = lab.figures[0]
    if name in (P_MAP, BLOCKS, FEED, V_MAP):
        return figure.array(name, "z")
    return figure.array(name, "x") + 1j * figure.array(name, "y")


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The largest distance of an eigenvalue from the nearest one of the others."""
    return float(np.abs(one[:, None] - other).min(axis=1).max())


def test_it_opens_with_a_dense_V_whose_eigenvalues_are_where_gamma_and_theta_say(lab: AssembleLab):
    V = drawn(lab, V_MAP)
    assert (np.abs(V) > 0.01).mean() > 0.9 and dynamics.henrici(V) > 1
    assert apart(drawn(lab, PAIRS), drawn(lab, MEANT)) < 1e-12
    assert apart(np.linalg.eigvals(V), drawn(lab, MEANT)) < 1e-6
    assert "no pair depends on s or T" in lab.status and "no pair has moved" in str(lab.figures[0].figure.layout)


def test_the_maps_are_the_parts_and_V_is_their_product(lab: AssembleLab):
    lab.scale.value, lab.theta.value = 0.7, 2.0
    P, V = drawn(lab, P_MAP), drawn(lab, V_MAP)
    form = np.nan_to_num(drawn(lab, BLOCKS)) + np.nan_to_num(drawn(lab, FEED))
    assert np.allclose(P.T @ P, np.eye(8), atol=1e-14) and np.allclose(P @ form @ P.T, V) and np.array_equal(V, lab.V)
    assert np.allclose(form[:2, :2], dynamics.rotation_blocks(0.9, 2.0))
    assert np.allclose(np.nan_to_num(drawn(lab, FEED)), 0.7 * lab.state.T)


def test_a_SchurMatrix_with_the_same_parts_is_the_same_V(lab: AssembleLab):
    for mask in ("block", "entry"):
        lab.set(mask=mask, scale=1.5)
        parts = lab.state.parts
        V = SchurMatrix(8, lambda *_, P=parts.P: torch.tensor(P), dtype=torch.float64, mask=mask)
        with torch.no_grad():
            V.gamma.copy_(torch.tensor(parts.gamma)), V.theta.copy_(torch.tensor(parts.theta)), V.scale.fill_(1.5)
        V.set_T(lab.state.T)
        assert np.allclose(V().detach().numpy(), lab.V, atol=1e-13)
        assert np.allclose(V.eigenvalues().numpy(), drawn(lab, PAIRS), atol=1e-13)


def test_under_the_block_mask_no_slider_but_gamma_and_theta_moves_an_eigenvalue(lab: AssembleLab):
    before = drawn(lab, PAIRS)
    for slider, value in ((lab.scale, 2.0), (lab.turn, 0.3), (lab.inside, -1.0)):
        slider.value = value
        assert np.array_equal(drawn(lab, PAIRS), before)
    assert apart(np.linalg.eigvals(drawn(lab, V_MAP)), before) < 1e-6
    lab.gamma.value = 1.2
    assert np.allclose(np.abs(drawn(lab, CHOSEN)), 1.2) and np.array_equal(drawn(lab, PAIRS)[2:], before[2:])


def test_under_the_entry_mask_eigenvalues_leave_and_come_back_with_s(lab: AssembleLab):
    lab.mask.value = "entry"
    assert apart(drawn(lab, PAIRS), drawn(lab, MEANT)) > 0.1 and "4 of 4 pairs have moved" in lab.status
    assert apart(np.linalg.eigvals(drawn(lab, V_MAP)), drawn(lab, PAIRS)) < 1e-6
    lab.scale.value = 0.0
    assert apart(drawn(lab, PAIRS), drawn(lab, MEANT)) == 0 and "none moves a pair now" in lab.status


def test_one_entry_inside_a_block_moves_that_pair_alone_as_the_formula_says(lab: AssembleLab):
    lab.set(mask="entry", gamma=[1.0] * 4, theta=[0.7, 1, 2, 3], inside=[0.3, 0, 0, 0])
    assert np.allclose(np.abs(drawn(lab, CHOSEN)) ** 2, 1 + 0.3 * np.sin(0.7))
    assert "modulus 1.092 in place of γ" in lab.status and "1 of 4 pairs has moved" in lab.status
    lab.inside.value = -1.0
    assert np.allclose(drawn(lab, CHOSEN).imag, 0) and "has become real" in lab.status and "1 is real" in lab.status


def test_the_sliders_are_those_of_the_chosen_block(lab: AssembleLab):
    lab.set(theta=[0.5, 1.0, 1.5, 2.0])
    lab.block.value = 3
    assert lab.theta.value == 1.5
    lab.theta.value, lab.gamma.value = 1.75, 0.5
    assert lab.state.theta == (0.5, 1.0, 1.75, 2.0) and lab.state.gamma == (0.9, 0.9, 0.5, 0.9)
    assert np.allclose(drawn(lab, CHOSEN), 0.5 * np.exp([1.75j, -1.75j]))
    lab.size.value = 4
    assert lab.state.block == lab.block.value == 1 and lab.block.max == 2 and lab.V.shape == (4, 4)


def test_t_waits_for_the_entry_mask(lab: AssembleLab):
    assert lab.inside.disabled
    lab.mask.value = "entry"
    assert not lab.inside.disabled


def test_numbers_stand_in_the_cells_of_a_small_matrix_only(lab: AssembleLab):
    assert lab.figures[0]._data[lab.figures[0]._index(IN_V)]["visible"] is False
    lab.set(size=2)
    assert len(lab.figures[0].array(IN_V, "text")) == 4


def test_what_the_page_rounds_is_nobodys_choice(lab: AssembleLab):
    lab.set(gamma=[0.333] * 4)
    lab.gamma.set_state({"value": 0.335})
    assert lab.state.gamma[0] == 0.333
    lab.gamma.set_state({"value": 0.34})
    assert lab.state.gamma == (0.34, 0.333, 0.333, 0.333)


def test_a_colour_keeps_its_number_while_s_moves(lab: AssembleLab):
    ends = []
    for scale in (0.0, 1.0, 2.0):
        lab.scale.value = scale
        ends.append([lab.figures[0].array(name, "zmax") for name in (V_MAP, FEED)])
    assert np.ptp(ends) == 0


@pytest.mark.parametrize("mask", ["block", "entry"])
def test_code_preset_and_files_hold_what_is_drawn(lab: AssembleLab, tmp_path: Path, mask: str):
    lab.set(size=6, mask=mask, scale=0.6, turn=1.3, inside=[0.2, -2.0, 1.0], block=2)
    found: dict[str, Any] = {}
    exec(lab.code, found)
    twin = AssembleLab.from_preset(lab.preset)
    assert (twin.state, twin.status, twin.preset) == (lab.state, lab.status, lab.text.value)
    with np.load(lab.export(tmp_path / "lab.npz")) as file:
        for name, values in lab.arrays().items():
            assert np.allclose(found[name], values, atol=1e-12) and np.array_equal(file[name], values), name
    assert found["figure"].data
    rows = np.genfromtxt(lab.export(tmp_path / "lab.csv"), delimiter=",", names=True)
    assert np.allclose(rows["real"] + 1j * rows["imag"], drawn(lab, PAIRS), atol=1e-8)
    twin.close()


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"size": 7}, "size must be even"),
        ({"size": 34}, "size must be a whole number of at least 2 and at most 32"),
        ({"mask": "upper"}, "mask must be one of block, entry"),
        ({"gamma": 2.0}, r"gamma\[0\] must be"),
        ({"theta": [0.1]}, "one number for each block; got 4 of gamma, 1 of theta"),
        ({"inside": [0, 0, 0, float("nan")]}, r"inside\[3\] must be"),
        ({"block": 5}, "block must be"),
        ({"seed": -1}, "seed must be"),
        ({"scale": 2.5}, "scale must be"),
    ],
)
def test_a_bad_value_makes_no_lab_and_changes_nothing(lab: AssembleLab, chosen: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        AssembleLab(**chosen)
    before = lab.state
    with pytest.raises(ValueError, match=words if "theta" not in chosen else "got 4 of gamma, 1 of theta"):
        lab.set(**{name: [2.0] * 4 if name == "gamma" else value for name, value in chosen.items()})
    assert lab.state is before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("n = 8", "not a preset"),
        ('{"shear":1}', "not a preset of an AssembleLab"),
        ('{"assemble":1,"gamma":[1]}', "cannot be read"),
        ('{"assemble":1,"gamma":"1","theta":[1],"inside":[0]}', "gamma must be a list"),
        ('{"assemble":1,"gamma":[1],"theta":[1],"inside":[0],"colour":1}', "cannot be read"),
    ],
)
def test_a_broken_preset_is_said_beside_it_and_changes_nothing(lab: AssembleLab, text: str, words: str):
    before = lab.state
    lab.text.value = text
    lab.load.click()
    assert words in lab.note.value and 'role="alert"' in lab.note.value and lab.state is before


def test_an_unknown_field_is_refused_with_the_known_ones(lab: AssembleLab):
    with pytest.raises(ValueError, match=r"this lab has size, gamma, theta,.*got colour"):
        lab.set(colour=1)


def test_words_agree_with_their_number():
    def said(**chosen: Any) -> str:
        return moved(AssembleState.begin(**chosen).parts)

    assert said(size=2, mask="entry", inside=0.3) == "the pair has moved"
    assert said(size=2, mask="block") == "no pair has moved"
    assert said(size=4, mask="entry", inside=[0.3, 0]) == "1 of 2 pairs has moved"
    assert said(size=4, mask="entry", inside=0.3) == "2 of 2 pairs have moved"
