"""Matrices that the kit does not know, opened in the labs from files as a user has them; and what is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse
import torch

from nnrnn_core import dynamics
from widgets import GradientLab, GrowthLab, MemoryLab, SchurLab, SpectrumLab

pytestmark = pytest.mark.usefixtures("coarse_plane")
LABS = [GrowthLab, SchurLab, SpectrumLab, MemoryLab, GradientLab]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def shown(lab: Any) -> np.ndarray:
    V = lab.V
    return np.asarray(V) if isinstance(V, np.ndarray) else V().detach().double().numpy()


# --- ten matrices in ten formats


def leslie() -> str:
    """Leslie's matrix of a population in five age classes: births in its first row, survival below the diagonal."""
    births, survival = [0, 1.2, 2.5, 1.8, 0.4], [0.3, 0.6, 0.7, 0.5]
    A = np.diag(survival, -1) + np.vstack([births, np.zeros((4, 5))])
    frame = pd.DataFrame(A, [f"class {k}" for k in range(5)], [f"class {k}" for k in range(5)])
    frame.to_csv("leslie.csv", sep=";", decimal=",", encoding="utf-8-sig")
    return "leslie.csv"


def connectome() -> str:
    """A sparse random network of 60 neurons in which each excites or inhibits."""
    rng = np.random.default_rng(0)
    signs = np.where(rng.random(60) < 0.8, 1, -4)
    A = scipy.sparse.random_array((60, 60), density=0.1, rng=rng) * signs
    scipy.io.mmwrite("connectome.mtx", scipy.sparse.coo_array(A * 0.1))
    return "connectome.mtx"


def advection() -> str:
    """Upwind differences of −u_x + u_xx/50: strongly non-normal."""
    n = 24
    D = scipy.sparse.diags_array([np.full(n - 1, 1.0 + 0.02 * n), np.full(n, -1 - 0.04 * n)], offsets=[-1, 0])
    step = scipy.sparse.eye_array(n) + D / (2 + 0.1 * n)
    scipy.sparse.save_npz("advection.npz", step.tocsr())
    return "advection.npz"


def google() -> str:
    """The damped link matrix of a few pages, columns adding up to 0.85."""
    links = np.array([[0, 0, 1, 0.5], [1 / 3, 0, 0, 0], [1 / 3, 0.5, 0, 0.5], [1 / 3, 0.5, 0, 0]])
    Path("links.txt").write_text("0.85 * " + repr(links))
    return "links.txt"


def markov() -> str:
    Path("markov.tsv").write_text("\tsun\train\nsun\t0,9\t0,1\nrain\t0,5\t0,5\n", "utf-16")
    return "markov.tsv"


def companion() -> str:
    Path("companion.dat").write_text("0 0 -0.2D+00\n1 0 0.3D+00\n0 1 0.5D+00\n")
    return "companion.dat"


def transition() -> str:
    scipy.io.savemat("model.mat", {"A": np.array([[0.5, 2.0], [0.0, 0.4]]), "B": np.ones((2, 1)), "Q": np.eye(2)})
    return "model.mat:A"


def hilbert() -> str:
    np.save("hilbert.npy", (1 / np.add.outer(np.arange(1, 9), np.arange(8))).astype(np.float32))
    return "hilbert.npy"


def lstm() -> str:
    torch.manual_seed(0)
    torch.save({"model": torch.nn.LSTM(3, 12).state_dict()}, "lstm.pt")
    return "lstm.pt:model.weight_hh_l0.f"


def competition() -> str:
    """Lotka–Volterra competition, linearised, as a paper typesets it."""
    rows = r"2 & -1 & 0 \\ 3 & 1 & \sqrt{2} \\ 0 & 0 & 1"
    Path("paper.txt").write_text(rf"\frac{{1}}{{4}}\begin{{pmatrix}} {rows} \end{{pmatrix}}")
    return "paper.txt"


OWN = [leslie, connectome, advection, google, markov, companion, transition, hilbert, lstm, competition]


@pytest.mark.parametrize("make", OWN, ids=lambda make: make.__name__)
def test_a_matrix_from_a_users_file_opens_in_a_lab_and_leaves_as_code_and_preset(make: Callable[[], str]):
    lab = LAB[GrowthLab]
    lab.set_matrix(make())
    assert lab.status and not lab.alarm.value
    assert "from " in lab.sources.about.value, "it says which file"
    V = shown(lab)
    found: dict[str, Any] = {}
    exec(lab.code, found)
    assert np.array_equal(found["V"], V)
    assert np.array_equal(GrowthLab.state_of(lab.preset).V, V)


def test_the_numbers_of_some_are_those_of_their_makers():
    def opened(name: str) -> np.ndarray:
        LAB[GrowthLab].set_matrix(name)
        return shown(LAB[GrowthLab])

    A = shown(GrowthLab(leslie()))
    assert A.shape == (5, 5) and A[0, 2] == 2.5 and A[2, 1] == 0.6
    # the births of one newborn in its life
    lifetime = 1.2 * 0.3 + 2.5 * 0.3 * 0.6 + 1.8 * 0.3 * 0.6 * 0.7 + 0.4 * 0.3 * 0.6 * 0.7 * 0.5
    assert (dynamics.spectral_radius(A) > 1) == (lifetime > 1)
    assert np.allclose(np.linalg.eigvals(opened(google())).real.max(), 0.85)
    assert np.allclose(opened(markov()).sum(1), 1)
    assert np.allclose(np.poly(opened(companion())), [1, -0.5, -0.3, 0.2])


# --- a file with several matrices, in the lab's controls


def test_the_names_in_a_file_appear_as_a_menu_and_choose():
    torch.save(torch.nn.LSTM(3, 4).state_dict(), "lstm.pt")
    lab = GrowthLab("shear")
    controls = lab.sources
    assert controls.choice.layout.display == "none"
    before = shown(lab)
    controls.paste.value = "lstm.pt"
    assert "say which" in controls.said.value and np.array_equal(shown(lab), before), "the last good matrix stays"
    assert controls.choice.layout.display is None
    assert [value for _, value in controls.choice.options] == ["", *(f"weight_hh_l0.{gate}" for gate in "ifgo")]
    state = torch.load("lstm.pt")
    for k, gate in enumerate("ifgo"):
        controls.choice.value = f"weight_hh_l0.{gate}"
        assert np.array_equal(shown(lab), state["weight_hh_l0"][4 * k : 4 * k + 4].double().numpy())
        assert not lab.alarm.value and f"weight_hh_l0.{gate}" in controls.about.value
    controls.buttons["shear"].click()
    assert controls.choice.layout.display == "none"


def test_a_name_is_given_to_the_constructor_and_to_set_matrix():
    scipy.io.savemat("two.mat", {"A": [[0.5, 1], [0, 0.5]], "B": [[0.1, 2], [0, 0.3]]})
    lab = GrowthLab("two.mat", name="A")
    assert shown(lab)[0, 0] == 0.5
    lab.set_matrix("two.mat", name="B")
    assert shown(lab)[0, 0] == 0.1


# --- what is no matrix, and matrices at the edge


BAD = {
    "0.9 2; 0": "row 2 has 1 numbers",
    "0.9 nan; 0 1": "row 1, column 2 is NaN",
    "9007199254740993 1; 0 1": "lies beyond 2⁵³",
    "folder": "is a folder",
    "many.zip": "unpack it",
    "large.npy": "has 2.0 GB",
    "1 " * 5_000: "a row of the text has 5,000 entries",
    "x" * 10_000_000: "matrix must be a matrix, a file, or one of the gallery",
    "[foo 1; 2 3]": "is not understood",
    "[[]]": "no number",
}


# All labs read with the same control: every text in one of them, and one text in the others.
@pytest.mark.parametrize(
    ("make", "text"),
    [*((GrowthLab, text) for text in BAD), *((make, "0.9 2; 0") for make in LABS[1:])],
    ids=lambda value: value[:20] if isinstance(value, str) else value.__name__,
)
def test_bad_input_is_said_in_the_lab_and_the_last_good_matrix_stays(make: Any, text: str):
    Path("folder").mkdir()
    Path("many.zip").write_bytes(b"PK")
    with open("large.npy", "wb") as file:
        file.truncate(2 * 10**9)
    lab = LAB[make]
    before, status = shown(lab), lab.status
    lab.guarded(lambda: lab.sources._read(text))
    assert BAD[text] in lab.alarm.value.replace("&#x27;", "'")
    assert len(lab.alarm.value) < 1000
    assert np.array_equal(shown(lab), before) and lab.status == status


LAB: dict[Any, Any] = {}


@pytest.fixture(autouse=True, scope="module")
def _one_lab_of_each_kind() -> Any:
    LAB.update({make: make("[0.5 1; 0 0.5]") for make in LABS})
    yield
    for lab in LAB.values():
        lab.close()


EDGES = {
    "1×1": np.array([[0.5]]), "zero": np.zeros((3, 3)), "1×1 zero": np.zeros((1, 1)), "equal": np.full((4, 4), 0.2),
    "identity": np.eye(3), "tiny": np.full((2, 2), 1e-300), "one entry": np.eye(3, k=1),
}  # fmt: skip


@pytest.mark.parametrize("make", LABS)
def test_a_matrix_at_the_edge_is_shown_or_refused_in_words(make: Any):
    make(EDGES["zero"]).close()  # a lab that begins with one; the others take the place of another matrix
    for what, matrix in EDGES.items():
        lab = LAB[make]
        lab.guarded(lambda lab=lab, matrix=matrix: lab.set_matrix(matrix))
        if make is MemoryLab and len(matrix) == 1:
            assert "rows; this one has 1" in lab.alarm.value, what
        else:
            assert np.array_equal(shown(lab), matrix) and not lab.alarm.value, what
            assert lab.status and "nan" not in lab.status.lower(), what


def test_a_matrix_larger_than_a_lab_takes_is_refused_with_its_size():
    with pytest.raises(ValueError, match="at most 1,000 rows here; this one has 1,001"):
        GrowthLab(np.eye(1001))
