"""Files as a matrix: what is refused, asked about, and never run."""

from __future__ import annotations

import gzip
import importlib
import os
import pickle
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse
import torch
from torch.nn.utils import parametrizations, parametrize, prune

from nnrnn_core import NNRNN, MatrixChoice, SchurMatrix, SequenceModel, Training, read_matrix, tasks
from nnrnn_core.network import ExpRNN
from nnrnn_core.reading import files

A = np.array([[0.9, -2.5e-3], [1e3, 0.0]])


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def choice(source: Any) -> tuple[str, ...]:
    with pytest.raises(MatrixChoice) as asked:
        read_matrix(source)
    return asked.value.names


def refused(source: Any, name: str | None = None) -> str:
    with pytest.raises(ValueError, match=r".") as problem:
        read_matrix(source, name)
    assert not isinstance(problem.value, MatrixChoice)
    return str(problem.value)


# --- paths


def test_a_path_is_a_path_however_it_is_given(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(Path.cwd()))
    np.save("my matrix.npy", A)
    for path in (
        "my matrix.npy",
        " my matrix.npy ",
        Path("my matrix.npy"),
        Path("my matrix.npy").resolve(),
        "~/my matrix.npy",
    ):
        assert np.array_equal(read_matrix(path), A)
    Path("my matrix.npy").rename("MATRIX.NPY")
    assert np.array_equal(read_matrix("MATRIX.NPY"), A)


def test_what_is_no_file_is_said():
    Path("folder.npy").mkdir()
    assert "is a folder: give one file in it" in refused("folder.npy")
    assert "is a folder" in refused(Path("folder.npy")) and "is a folder" in refused(".")
    assert "there is no file 'nothing.npy'; the path counts from" in refused("nothing.npy")
    assert "ends in .npy, .npz" in refused("matrix.abc")
    assert "save the sheet as CSV" in refused("matrix.xlsx")
    assert "would be run" in refused("matrix.pkl")
    Path("empty.csv").touch()
    assert "is empty" in refused("empty.csv")


def test_a_zip_of_many_is_to_be_unpacked():
    with zipfile.ZipFile("many.zip", "w") as parts:
        parts.writestr("a.csv", "1")
        parts.writestr("b.csv", "2")
    assert "unpack it" in refused("many.zip")


def test_a_file_of_two_gigabytes_is_refused_by_its_size_before_it_is_read(monkeypatch: pytest.MonkeyPatch):
    for name in ("large.npy", "large.pt", "large.csv"):
        with open(name, "wb") as file:
            file.truncate(2 * 10**9)  # sparse: it takes no room
    for name in ("large.npy", "large.pt"):
        assert f"{name!r} has 2.0 GB; a matrix is read from up to 268 MB" in refused(name)
    assert "up to 67 MB" in refused("large.csv")
    monkeypatch.setattr(files, "LARGEST_FILE", 10**6)
    np.savez_compressed("bomb.npz", A=np.zeros(1_000_000))
    assert os.path.getsize("bomb.npz") < 10**5
    assert "unpacked it has 8 MB, and 1 MB are read" in refused("bomb.npz")


# --- what is damaged, and what would run code


def test_a_file_that_gzip_has_made_smaller_is_named_by_its_own_name_in_every_error(monkeypatch: pytest.MonkeyPatch):
    def packed(name: str, content: bytes) -> str:
        Path(name).write_bytes(gzip.compress(content))
        return name

    assert files.from_file(Path(packed("A.csv.gz", b"0.9,2\n0,0.8\n")))[1] == "from A.csv.gz"
    np.savez("many.npz", A=np.eye(2), B=np.eye(3))
    several = packed("many.npz.gz", Path("many.npz").read_bytes())
    with pytest.raises(MatrixChoice, match=r"^'many\.npz\.gz' holds 2 square matrices") as asked:
        read_matrix(several)
    assert (asked.value.where, asked.value.names) == (several, ("A", "B"))
    assert np.array_equal(read_matrix(f"{several}:B"), np.eye(3))
    assert refused(packed("ragged.csv.gz", b"1,2\n3\n")) == refused("1,2\n3\n")
    assert "'empty.mtx.gz' is empty" in refused(packed("empty.mtx.gz", b""))
    assert "'A.tar.gz' is not read: unpack it" in refused(packed("A.tar.gz", b"..."))
    Path("cut.csv.gz").write_bytes(Path("A.csv.gz").read_bytes()[:-9])
    Path("none.csv.gz").write_bytes(b"0.9,2\n0,0.8\n")
    assert all("cannot be read as plain arrays" in refused(name) for name in ("cut.csv.gz", "none.csv.gz"))
    monkeypatch.setattr("nnrnn_core.reading.files.LARGEST_FILE", 100)
    assert "'bomb.csv.gz' has more than" in refused(packed("bomb.csv.gz", b"0" * 101))


@pytest.mark.parametrize("ending", [".npy", ".npz", ".pt", ".pth", ".mat"])
def test_what_is_not_what_its_ending_says_is_refused(ending: str):
    Path(f"file{ending}").write_bytes(b"not what it says")
    assert "cannot be read as plain arrays" in refused(f"file{ending}")


@pytest.mark.parametrize("ending", [".npy", ".npz", ".mat", ".pt", ".mtx", ".csv"])
def test_a_file_that_was_cut_off_is_refused(ending: str):
    M = np.random.default_rng(0).standard_normal((20, 20))
    match ending:
        case ".npy":
            np.save("whole.npy", M)
        case ".npz":
            np.savez("whole.npz", M=M)
        case ".mat":
            scipy.io.savemat("whole.mat", {"M": M})
        case ".pt":
            torch.save(torch.tensor(M), "whole.pt")
        case ".mtx":
            scipy.io.mmwrite("whole.mtx", M)
        case ".csv":
            np.savetxt("whole.csv", M, delimiter=",")
    data = Path(f"whole{ending}").read_bytes()
    Path(f"cut{ending}").write_bytes(data[: len(data) * 2 // 3])
    refused(f"cut{ending}")
    assert np.array_equal(read_matrix(f"whole{ending}"), M)


class Boom:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("it-has-run"),)


def test_nothing_is_unpickled():
    np.save("o.npy", np.array([[Boom()]], dtype=object), allow_pickle=True)
    np.savez("o.npz", A=np.array([[Boom()]], dtype=object))
    torch.save({"A": Boom()}, "o.pt")
    torch.save(torch.nn.Linear(2, 2), "module.pt")
    Path("pickle.pth").write_bytes(pickle.dumps(Boom()))
    for name in ("o.npy", "o.npz", "o.pt", "module.pt", "pickle.pth"):
        assert "cannot be read as plain arrays" in refused(name)
    assert "save its state_dict()" in refused("module.pt")
    assert not Path("it-has-run").exists()


# --- several matrices in a file


def test_of_a_mat_file_the_one_square_matrix_is_meant_or_it_is_asked():
    scipy.io.savemat("one.mat", {"A": A, "x": [1, 2], "step": 0.1, "words": "text"})
    assert np.array_equal(read_matrix("one.mat"), A)
    scipy.io.savemat("two.mat", {"A": A, "S": scipy.sparse.csc_array(A.T), "x": [1, 2]})
    assert choice("two.mat") == ("A", "S")
    assert np.array_equal(read_matrix("two.mat", "S"), A.T)
    assert np.array_equal(read_matrix("two.mat:A"), A)
    assert "shape is (1, 2)" in refused("two.mat:x")
    assert "has no 'B'; it has A 2×2, S 2×2, x 1×2" in refused("two.mat", "B")


def test_a_mat_file_of_version_7_3_is_read_or_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    kinds = np.dtype([("real", float), ("imag", float)])
    with h5py.File("new.mat", "w", userblock_size=512) as file:
        file["A"] = A.T  # MATLAB writes columns
        file["C"] = np.array([[(1, 2), (0, 0)], [(3, 0), (4, -1)]], dtype=kinds)
    with open("new.mat", "r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116))
    assert choice("new.mat") == ("A", "C")
    assert np.array_equal(read_matrix("new.mat:A"), A)
    assert np.array_equal(read_matrix("new.mat:C"), [[1 + 2j, 3], [0, 4 - 1j]])

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    assert "save('new.mat', '-v7'), or install h5py" in refused("new.mat")


def test_a_matrix_in_a_struct_or_a_cell_of_matlab_is_to_be_saved_alone():
    scipy.io.savemat("model.mat", {"model": {"A": A}, "C": np.array([A, "x"], dtype=object)})
    for given in ("model.mat", "model.mat:model", "model.mat:model.A"):
        assert "model as a struct" in refused(given) and "A = model.A; save('A.mat', 'A')" in refused(given)
    assert "with A = C{1};" in refused("model.mat:C")
    scipy.io.savemat("both.mat", {"model": {"x": 1}, "A": A})
    assert np.array_equal(read_matrix("both.mat"), A)
    with h5py.File("new.mat", "w") as file:
        file.create_group("S").attrs["MATLAB_sparse"] = 2
        file.create_group("model")["A"] = A.T
    assert "A = full(S);" in refused("new.mat") and "A = model.A;" in refused("new.mat:model.A")


def of_mat73(file: Any, name: str, entries: Any, kind: str, **attributes: int) -> None:
    """As MATLAB writes a variable into a .mat of version 7.3."""
    file[name] = np.asarray(entries).T
    file[name].attrs["MATLAB_class"] = np.bytes_(kind)
    file[name].attrs.update(attributes)


def test_text_cells_and_objects_in_a_mat_file_of_version_7_3_are_no_matrices():
    with h5py.File("new.mat", "w") as file:
        of_mat73(file, "A", A, "double")
        of_mat73(file, "word", np.array([[97, 98], [99, 100]], np.uint16), "char", MATLAB_int_decode=2)
        of_mat73(file, "words", np.zeros((6, 6), np.uint32), "string", MATLAB_object_decode=3)
        of_mat73(file, "nothing", np.zeros((2, 2), np.uint64), "double", MATLAB_empty=1)
        file["#refs#/a"] = A
        cells = file.create_dataset("C", (2, 2), h5py.ref_dtype)
        cells[:] = file["#refs#/a"].ref
        cells.attrs["MATLAB_class"] = np.bytes_("cell")
        file.create_group("f").attrs["MATLAB_class"] = np.bytes_("function_handle")
    assert np.array_equal(read_matrix("new.mat"), A)
    for name, words in {
        "word": "word as a char, and plain arrays are read: save the matrix alone, in MATLAB with A = str2num(word);",
        "words": "words as a string",
        "C": "A = C{1};",
        "f": "f as a function_handle",
        "nothing": "there is no number in it",
    }.items():
        assert words in refused(f"new.mat:{name}")
    with h5py.File("word.mat", "w") as file:
        of_mat73(file, "word", np.array([[97, 98], [99, 100]], np.uint16), "char")
        of_mat73(file, "yes", np.eye(3, dtype=np.uint8), "logical", MATLAB_int_decode=1)
    assert np.array_equal(read_matrix("word.mat"), np.eye(3))


def test_text_in_a_mat_or_npz_file_is_no_matrix():
    words = np.array([["a", "b"], ["c", "d"]])
    scipy.io.savemat("old.mat", {"word": "ab", "model": {"A": A}})
    assert "word as a char" in refused("old.mat:word") and "model as a struct" in refused("old.mat")
    np.savez("words.npz", A=A, words=words)
    assert np.array_equal(read_matrix("words.npz"), A)
    assert "row 1, column 1 is 'a', a text" in refused("words.npz:words")


def test_what_a_reader_cannot_open_is_said_without_advice_to_run_it():
    for ending in (".npy", ".pt"):
        Path(f"file{ending}").write_bytes(b"\x1f\x8b not what it says")
        assert "pickle" not in refused(f"file{ending}") and "unsafe" not in refused(f"file{ending}")
    Path("file.pt").write_bytes(b"hello" * 20)
    assert "it is damaged, or no .pt file" in refused("file.pt")
    assert "is an address: download the file" in refused("https://example.org/A.csv")
    assert "save the table as CSV" in refused("A.parquet")


def test_the_names_offered_are_names_that_are_taken():
    np.savez("names.npz", **{"layer/A": A, "layer:B": 2 * A})
    for name in choice("names.npz"):
        assert np.array_equal(read_matrix(f"names.npz:{name}"), read_matrix("names.npz", name))
    with pytest.raises(ValueError, match=r'say which, name="A"$'):
        read_matrix({"A": A, "B": A})


def test_a_file_without_a_square_matrix_says_what_it_holds():
    np.savez("none.npz", a=np.zeros(3), b=np.zeros((2, 3)))
    assert "must hold a square matrix; it holds a 3, b 2×3" in refused("none.npz")


def test_a_1_by_1_array_is_a_matrix_only_where_there_is_no_larger_one():
    np.savez("small.npz", A=A, rate=np.ones((1, 1)))
    assert np.array_equal(read_matrix("small.npz"), A)
    np.savez("smallest.npz", rate=np.ones((1, 1)))
    assert np.array_equal(read_matrix("smallest.npz"), [[1]])


def test_a_large_sparse_matrix_is_refused_before_it_is_made_dense():
    scipy.sparse.save_npz("large.npz", scipy.sparse.eye_array(200_000, format="csr"))
    scipy.io.mmwrite("large.mtx", scipy.sparse.eye_array(2000, format="coo"))
    assert "at most 1,000 rows here; this one has 200,000" in refused("large.npz")
    assert "this one has 2,000" in refused("large.mtx")


def test_a_name_for_a_file_that_has_none_is_refused():
    Path("table.csv").write_text("1,2\n3,4")
    assert "holds one matrix without a name" in refused("table.csv", "A")


# --- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_table_is_read_in_the_encodings_that_spreadsheets_write(encoding: str):
    Path("table.csv").write_bytes(
        "Größe;Länge\r\n0,5;−2\r\n1000;0,25\r\n".replace("−", "-" if encoding == "cp1252" else "−").encode(encoding)
    )
    assert np.array_equal(read_matrix("table.csv"), [[0.5, -2], [1000, 0.25]])


# --- saved networks


def moved(network: torch.nn.Module) -> torch.nn.Module:
    for parameter in network.parameters():
        parameter.data.normal_(0, 0.3)
    return network


@pytest.mark.parametrize("mask", ["block", "entry"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_v_of_a_saved_nnrnn_is_v_and_not_a_part_of_it(mask: str, dtype: torch.dtype):
    network = moved(NNRNN(3, 6, mask=mask, dtype=dtype))
    network.V.scale.fill_(0.5)
    torch.save(network.state_dict(), "n.pt")
    for source in ("n.pt", network, network.state_dict()):
        V = read_matrix(source)
        assert isinstance(V, SchurMatrix) and V.mask == mask
        assert torch.equal(V(), network.V())


def test_of_layers_and_directions_each_v_has_a_name():
    network = moved(NNRNN(3, 6, num_layers=2, bidirectional=True))
    torch.save(network.state_dict(), "n.pt")
    assert choice("n.pt") == ("layers.0.V", "layers.1.V", "layers.2.V", "layers.3.V")
    for i in range(4):
        V = read_matrix(f"n.pt:layers.{i}.V")
        assert isinstance(V, SchurMatrix) and torch.equal(V(), network.layers[i].V())


def test_a_single_schur_matrix_and_version_0_1_of_the_kit_are_read_too():
    network = moved(NNRNN(3, 6))
    torch.save(network.V.state_dict(), "V.pt")
    old = {name.removeprefix("layers.0."): value for name, value in network.state_dict().items()}
    torch.save(old, "old.pt")
    for name in ("V.pt", "old.pt"):
        V = read_matrix(name)
        assert isinstance(V, SchurMatrix) and torch.equal(V(), network.V())


def test_the_orthogonal_network_gives_v_not_its_base():
    network = moved(ExpRNN(3, 5))
    torch.save(network.state_dict(), "exp.pt")
    assert np.allclose(read_matrix("exp.pt"), network.V().detach().double().numpy(), atol=1e-7)


@pytest.mark.parametrize("recurrent", ["nnrnn", "rnn", "exprnn"])
def test_a_checkpoint_of_a_training_gives_the_v_of_its_model(recurrent: str):
    task = tasks.Copying(3)
    training = Training(SequenceModel(recurrent, task.input_size, 10, task.output_size), task)
    training.step()
    training.save("run.pt")
    torch.save(training.model.state_dict(), "model.pt")
    V = training.model.V
    assert V is not None
    for name in ("run.pt", "model.pt"):
        found = read_matrix(name)
        entries = found().detach().numpy() if isinstance(found, SchurMatrix) else found
        assert np.allclose(entries, V().detach().numpy(), atol=1e-7)


@pytest.mark.parametrize(("kind", "gates"), [(torch.nn.GRU, "rzn"), (torch.nn.LSTM, "ifgo")])
def test_the_gates_of_torchs_networks_are_offered_by_name(kind: Any, gates: str):
    network = kind(3, 5)
    torch.save(
        {"epoch": 3, "model": network.state_dict(), "optimizer": {"state": {0: {"exp_avg": torch.eye(5)}}}}, "t.pth"
    )
    names = tuple(f"model.weight_hh_l0.{gate}" for gate in gates)
    assert choice("t.pth") == names
    for k, name in enumerate(names):
        wanted = network.weight_hh_l0[5 * k : 5 * k + 5].detach().double().numpy()
        assert np.array_equal(read_matrix("t.pth", name), wanted)


def test_an_lstm_cell_does_with_each_gates_matrix_what_its_name_says():
    """c_t = f c + i g with f, i = σ(W h), g = tanh(W h), h_t = o tanh(c_t), where there is no input and no bias."""
    cell = torch.nn.LSTMCell(1, 4, bias=False, dtype=torch.float64)
    h, c = torch.randn(2, 4, dtype=torch.float64)
    h_t, c_t = cell(torch.zeros(1, 1, dtype=torch.float64), (h[None], c[None]))
    W = {gate: read_matrix(cell.state_dict(), f"weight_hh.{gate}") @ h.numpy() for gate in "ifgo"}

    def sigma(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    wanted = sigma(W["f"]) * c.numpy() + sigma(W["i"]) * np.tanh(W["g"])
    assert np.allclose(c_t.detach().numpy(), wanted)
    assert np.allclose(h_t.detach().numpy(), sigma(W["o"]) * np.tanh(wanted))


def test_the_recurrent_matrix_of_torchs_rnn_is_preferred_to_other_square_ones():
    network = torch.nn.RNN(4, 4)
    torch.save(network.state_dict(), "rnn.pt")
    assert np.array_equal(read_matrix("rnn.pt"), network.weight_hh_l0.detach().double().numpy())
    assert np.array_equal(read_matrix("rnn.pt:weight_ih_l0"), network.weight_ih_l0.detach().double().numpy())


def test_any_other_network_offers_its_square_matrices():
    network = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3), torch.nn.Linear(3, 2))
    torch.save(network.state_dict(), "other.pt")
    assert choice("other.pt") == ("0.weight", "1.weight")
    assert "must hold a square matrix; it holds 0.weight 2×3, 0.bias 2" in refused(torch.nn.Sequential(network[2]))
    assert "holds no tensor" in refused({"epoch": 3})


def test_tuples_are_looked_through_as_lists_are():
    torch.save((torch.eye(2), torch.zeros(3)), "tuple.pt")
    assert np.array_equal(read_matrix("tuple.pt"), np.eye(2))
    torch.save({"layers": ([torch.eye(2)], (torch.eye(3),))}, "nested.pt")
    assert choice("nested.pt") == ("layers.0.0", "layers.1.0")


# --- matrices that torch computes from others

COMPUTED: dict[str, tuple[Callable[[torch.nn.Module, str], Any], str]] = {
    "spectral norm": (parametrizations.spectral_norm, "parametrize.remove_parametrizations"),
    "orthogonal": (parametrizations.orthogonal, "parametrize.remove_parametrizations"),
    "weight norm": (parametrizations.weight_norm, "parametrize.remove_parametrizations"),
    "older weight norm": (torch.nn.utils.weight_norm, "remove_weight_norm"),
    "older spectral norm": (torch.nn.utils.spectral_norm, "remove_spectral_norm"),
    "pruned": (lambda network, name: prune.l1_unstructured(network, name, 0.4), "prune.remove"),
}


def computing(what: str, kind: Any = torch.nn.RNN) -> torch.nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of its older ones
        network = kind(3, 4)
        COMPUTED[what][0](network, "weight_hh_l0")
        network(torch.zeros(2, 1, 3))
    return network


@pytest.mark.parametrize("what", COMPUTED)
def test_what_a_network_computes_its_recurrent_matrix_from_is_not_taken_for_it(what: str):
    network = computing(what)
    state, remedy = network.state_dict(), COMPUTED[what][1]
    torch.save({"model": state}, "n.pt")
    parts = [key for key in state if "weight_hh_l0" in key]
    assert parts and "weight_hh_l0" not in state
    for source, prefix in ((state, ""), ("n.pt", "model.")):
        for name in (None, f"{prefix}weight_hh_l0", *(f"{prefix}{part}" for part in parts)):
            said = refused(source, name)
            assert f"{prefix}weight_hh_l0 only as what torch computes it from, {prefix}{parts[0]}" in said
            assert f"call torch.nn.utils.{remedy} before the network is saved, or give the network itself" in said
    assert read_matrix({**state, "other": torch.eye(2)}, "other") is not None


@pytest.mark.parametrize("what", COMPUTED)
def test_of_a_network_itself_the_matrix_is_read_that_it_computes_and_nothing_in_it_changes(what: str):
    network = computing(what)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    found = read_matrix(network)
    assert np.array_equal(found, read_matrix(network, "weight_hh_l0"))
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert np.array_equal(found, network.weight_hh_l0.detach().double().numpy())
    gru = computing(what, torch.nn.GRU)
    assert choice(gru) == tuple(f"weight_hh_l0.{gate}" for gate in "rzn")
    update = read_matrix(gru, "weight_hh_l0.z")
    assert np.array_equal(update, gru.weight_hh_l0[4:8].detach().double().numpy())
    assert "weight_hh_l0 only as" in refused(gru.state_dict(), "weight_hh_l0.z")


def test_in_any_network_a_matrix_that_is_computed_is_not_taken_from_its_parts():
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(3, 3))
    parametrizations.orthogonal(network[0])
    assert choice(network) == ("0.weight", "1.weight")
    assert np.array_equal(read_matrix(network, "0.weight"), network[0].weight.detach().double().numpy())
    assert "0.weight only as what torch computes it from" in refused(network.state_dict())
    assert np.array_equal(read_matrix(network.state_dict(), "1.weight"), network[1].weight.detach().double().numpy())
    kit = NNRNN(3, 4)
    parametrize.register_parametrization(kit.layers[0].V, "theta", torch.nn.Tanh())
    V = read_matrix(kit)
    assert isinstance(V, SchurMatrix) and torch.equal(V(), kit.V())
    for name in (None, "layers.0.V", "layers.0.V.theta"):
        assert "layers.0.V.theta only as what torch computes it from" in refused(kit.state_dict(), name)
    gates = {"W_g": torch.eye(2), "W_v": torch.eye(3), "A_orig": torch.eye(4)}
    assert choice(gates) == tuple(gates), "names that end alike, and are no parts"
