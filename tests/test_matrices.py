"""How a matrix comes into a lab and leaves it again: every door, and every way of missing it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnrnn_core import NNRNN, MatrixChoice, SchurMatrix, dynamics
from nnrnn_core.reading import LARGEST
from widgets.labs.matrices import CARRIED, WRITTEN, Source, source_from_preset, source_of

M = np.array([[0.9, -2.5e-3], [1e3, 0.0]])
PLACE = Path("nowhere.npy")


def entries(source: Source) -> np.ndarray:
    V = source.matrix
    return V().detach().double().numpy() if isinstance(V, SchurMatrix) else V


def nnrnn(size: int = 6, mask: str = "block", dtype: torch.dtype = torch.float32) -> SchurMatrix:
    V = SchurMatrix(size, "random", torch.Generator().manual_seed(0), dtype=dtype, mask=mask)
    with torch.no_grad():
        V.T_entries.normal_(0, 0.3, generator=torch.Generator().manual_seed(1))
    return V


def made(source: Source, scale: float, file: str = "lab.npz") -> np.ndarray:
    """V as the source's lines of code make it."""
    found: dict[str, Any] = {}
    lines = ["import numpy as np", "from nnrnn_core import dynamics", *source.code(scale, file)]
    exec("\n".join(lines), found)
    V = found["V"]
    return V().detach().double().numpy() if isinstance(V, SchurMatrix) else V


# --- what comes in


@pytest.mark.parametrize(
    "matrix",
    [
        M, M.tolist(), torch.tensor(M), torch.nn.Parameter(torch.tensor(M)), np.asfortranarray(M),
        str(M.tolist()), repr(M), str(torch.tensor(M, dtype=torch.float64)), source_of(M),
    ],
)  # fmt: skip
def test_a_matrix_is_taken_whatever_it_is_written_in(matrix: Any):
    source = source_of(matrix)
    assert np.allclose(source.matrix, M, rtol=1e-4)
    assert source.matrix.dtype == np.float64
    assert (source.size, source.time, source.name) == (2, "discrete", None)
    assert source.title == "your 2×2 matrix"


def test_the_source_is_a_copy():
    mine = M.copy()
    source = source_of(mine)
    mine[:] = 7
    assert np.array_equal(source.matrix, M)


@pytest.mark.parametrize(("mask", "dtype"), [("block", torch.float32), ("entry", torch.float64)])
def test_a_schur_matrix_stays_one_and_training_does_not_reach_it(mask: str, dtype: torch.dtype):
    V = nnrnn(6, mask, dtype)
    source = source_of(V)
    before = entries(source)
    assert isinstance(source.matrix, SchurMatrix) and (source.matrix.mask, source.size) == (mask, 6)
    assert np.allclose(before, V().detach().double().numpy())
    with torch.no_grad():
        V.gamma.fill_(0.1)
    assert np.array_equal(entries(source), before)
    assert not any(parameter.requires_grad for parameter in source.matrix.parameters())


@pytest.mark.parametrize("name", ["shear", "balanced_network"])
def test_a_name_brings_the_matrix_of_the_gallery(name: str):
    source = source_of(name)
    specimen = dynamics.gallery[name]
    assert np.array_equal(source.matrix, specimen())
    assert (source.name, source.title, source.time) == (name, specimen.title, specimen.time)
    assert source.parameters == {key: known.default for key, known in specimen.parameters.items()}


def test_a_name_takes_its_parameters():
    source = source_of("delay_line", size=3, alpha=0.5)
    assert np.array_equal(source.matrix, [[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]])
    assert source.parameters == {"size": 3, "alpha": 0.5}


@pytest.mark.parametrize(
    ("matrix", "parameters", "words"),
    [
        ([[1, 2]], {}, "square matrix; its shape is (1, 2)"),
        (np.zeros((0, 0)), {}, "square"),
        (np.zeros((2, 2, 2)), {}, "square"),
        ([[1, np.nan], [0, 1]], {}, "finite; row 1, column 2 is NaN"),
        ([[1, np.inf], [np.inf, 1]], {}, "row 1, column 2 is infinite, and 1 other"),
        ([["a", "b"], ["c", "d"]], {}, "row 1, column 1 is 'a', a text and not a number"),
        (np.eye(LARGEST + 1), {}, "at most 1,000 rows here; this one has 1,001"),
        ("shear", {"radius": 9}, "radius must be"),
        ("shear", {"colour": 1}, "no parameter colour"),
        ("delay_line", {"size": 2.5}, "whole number"),
        (M, {"size": 3}, "parameters belong to a matrix of the gallery; got size"),
        ("delay line", {}, "one of the gallery"),
        ("", {}, "one of the gallery"),
        ("no-such-file.npy", {}, "there is no file 'no-such-file.npy'"),
        (PLACE, {}, "there is no file"),
        (Path("matrix.xyz"), {}, "read from a file that ends in .npy, .npz"),
        ("shear.npy:V", {}, "there is no file 'shear.npy'"),
        ("1 2; 3", {}, "row 2 has 1 numbers, and row 1 has 2"),
    ],
)
def test_what_is_no_matrix_is_refused_in_words(matrix: Any, parameters: dict[str, float], words: str):
    with pytest.raises(ValueError, match=re.escape(words)):
        source_of(matrix, **parameters)


# --- files


def test_a_file_with_several_matrices_is_asked_about_by_name(tmp_path: Path):
    np.savez(tmp_path / "two.npz", A=M, B=M.T)
    with pytest.raises(MatrixChoice, match="A \\(2×2\\) and B") as asked:
        source_of(tmp_path / "two.npz")
    assert asked.value.names == ("A", "B")
    source = source_of(tmp_path / "two.npz", "B")
    assert np.array_equal(source.matrix, M.T)
    assert source.note == "from two.npz, B"


def test_what_a_lab_has_exported_comes_back_as_its_matrix(tmp_path: Path):
    np.savez(tmp_path / "lab.npz", V=M, Q=np.eye(2), preset="")
    assert np.array_equal(source_of(tmp_path / "lab.npz").matrix, M)
    np.savez(tmp_path / "other.npz", V=M, Q=np.eye(2))
    with pytest.raises(MatrixChoice):  # V may be the eigenvectors of Q
        source_of(tmp_path / "other.npz")


def test_a_name_without_a_file_is_refused():
    for matrix in ("shear", "1 2; 3 4", M):
        with pytest.raises(ValueError, match="a name chooses among the matrices of a file"):
            source_of(matrix, "A")


def test_a_saved_network_of_the_kit_comes_as_the_matrix_that_it_was(tmp_path: Path):
    network = NNRNN(3, 6)
    with torch.no_grad():
        network.V.T_entries.normal_()
        network.V.orthogonal.entries.normal_()
    torch.save(network.state_dict(), tmp_path / "n.pt")
    source = source_of(tmp_path / "n.pt")
    assert isinstance(source.matrix, SchurMatrix)
    assert torch.equal(source.matrix(), network.V())


# --- the feed-forward part, scaled


@settings(max_examples=25)
@given(arrays(float, (5, 5), elements=st.floats(-1, 1)), st.floats(0, 2))
def test_the_scale_multiplies_the_feed_forward_part_and_nothing_else(matrix: np.ndarray, scale: float):
    source = source_of(matrix)
    P, blocks, feed_forward = source.parts
    assert np.allclose(P @ (blocks + feed_forward) @ P.T, matrix)
    assert source.scaled(1) is source.matrix
    scaled = source.scaled(scale)
    assert np.isrealobj(scaled)
    assert np.allclose(P.T @ scaled @ P, blocks + scale * feed_forward)


@pytest.mark.parametrize("scale", [0.0, 2.0])
def test_the_scale_moves_no_eigenvalue(scale: float):
    source = source_of(np.random.default_rng(0).standard_normal((5, 5)))
    assert np.allclose(np.poly(source.scaled(scale)), np.poly(source.matrix))


def test_the_scale_of_a_schur_matrix_is_its_own():
    source = source_of(nnrnn())
    twin = source.scaled(0.5)
    assert isinstance(twin, SchurMatrix)
    assert float(twin.scale) == pytest.approx(0.5 * float(source.matrix.scale))
    assert np.allclose(np.abs(dynamics.eigenvalues(twin)), np.abs(dynamics.eigenvalues(source.matrix)))


# --- out again, as code and as text


def wide(size: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((size, size))


OUT: list[tuple[str, Any]] = [
    ("a name", "delay_line"), ("as large as is written out", wide(WRITTEN)),
    ("as large as is carried", wide(CARRIED)), ("a SchurMatrix", nnrnn()),
    ("another mask", nnrnn(4, "entry", torch.float64)),
]  # fmt: skip


@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize(("what", "matrix"), OUT, ids=[what for what, _ in OUT])
def test_the_code_makes_the_matrix_again(what: str, matrix: Any, scale: float):
    source = source_of(matrix)
    wanted = source.scaled(scale)
    dense = wanted().detach().double().numpy() if isinstance(wanted, SchurMatrix) else wanted
    assert np.allclose(made(source, scale), dense, atol=1e-12)


@pytest.mark.parametrize(("what", "matrix"), OUT, ids=[what for what, _ in OUT])
def test_a_preset_brings_the_matrix_back_bit_for_bit(what: str, matrix: Any):
    source = source_of(matrix)
    again = source_from_preset(source.as_preset())
    assert type(again.matrix) is type(source.matrix)
    assert np.array_equal(entries(again), entries(source))
    assert (again.name, again.parameters) == (source.name, source.parameters)


def test_a_matrix_too_large_to_be_carried_goes_by_file(tmp_path: Path):
    source = source_of(wide(CARRIED + 1))
    with pytest.raises(ValueError, match="up to 64 rows, and this one has 65: save it as npz"):
        source.as_preset()
    file = str(tmp_path / "lab.npz")
    np.savez(file, V=source.matrix)
    assert np.array_equal(made(source, 1.0, file), source.matrix)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, 'must have a "name" and "parameters", or "entries"; got None'),
        ({}, 'must have a "name"'),
        ({"name": "shear"}, "must have"),
        ({"name": "sheer", "parameters": {}}, "one of shear,"),
        ({"name": "shear", "parameters": {"radius": 99}}, "radius must be"),
        ({"entries": [[1, 2]]}, "square"),
        ({"entries": "abc"}, "one of the gallery"),
        ({"schur": {"size": 4, "mask": "block", "dtype": "float16"}, "state": {}}, "must have"),
    ],
)
def test_a_broken_matrix_of_a_preset_is_refused_in_words(content: Any, words: str):
    with pytest.raises(ValueError, match=re.escape(words)):
        source_from_preset(content)


def test_two_sources_are_told_apart_by_identity():
    assert source_of(M) != source_of(M)
    source = source_of(M)
    assert source_of(source) is source and len({source, source}) == 1
