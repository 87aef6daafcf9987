"""A file from the reader's computer is read as one on the kernel's disk is, with ipywidgets 8 and with 7."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import torch
from traitlets import Bunch

from nnrnn_core import read_matrix
from widgets import GrowthLab

A = np.array([[0.5, -2.0], [3.0, 0.25]])


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def lab() -> Iterator[Any]:
    lab = GrowthLab("shear")
    yield lab
    lab.close()


def brought(lab: Any, name: str, version: int) -> None:
    """The page brings this file, and the kernel has none of that name any more."""
    content = Path(name).read_bytes()
    os.remove(name)
    button = lab.sources.upload
    if version == 8:
        more = {"type": "", "size": len(content), "last_modified": dt.datetime.now(dt.UTC)}
        new: Any = ({"name": name, "content": memoryview(content), **more},)
    else:
        new = {name: {"metadata": {"name": name}, "content": content}}
    button.notify_change(Bunch(name="value", old=(), new=new, owner=button, type="change"))


def saved(name: str) -> str:
    """A file that holds A."""
    match Path(name).suffix:
        case ".npy":
            np.save(name, A)
        case ".mat":
            scipy.io.savemat(name, {"A": A, "x": [1, 2]})
        case ".csv":
            np.savetxt(name, A, delimiter=",")
        case ".pt":
            torch.save(torch.tensor(A), name)
    return name


@pytest.mark.parametrize("version", [7, 8])
@pytest.mark.parametrize("name", ["my data.npy", "run.mat", "table.csv", "weights.pt"])
def test_a_file_from_the_readers_computer_is_shown_and_leaves_as_code_that_names_it(lab: Any, name: str, version: int):
    lab.set_matrix("shear")
    brought(lab, saved(name), version)
    assert np.array_equal(lab.V, A)
    assert not lab.sources.said.value and not lab.alarm.value
    assert f"from {name}" in lab.sources.about.value
    found: dict[str, Any] = {}
    exec(lab.code, found)
    assert np.array_equal(found["V"], A) and f"# V is from {name}" in lab.code


@pytest.mark.parametrize("version", [7, 8])
def test_a_bad_file_is_refused_in_the_words_of_the_reader_and_the_last_good_matrix_stays(lab: Any, version: int):
    lab.set_matrix("shear")
    before = lab.V
    for name, content in (("run.mat", b"no such thing"), ("a.csv", b"1,2\n3"), ("a.xlsx", b"PK"), ("a.npy", b"")):
        Path(name).write_bytes(content)
        with pytest.raises(ValueError, match=name) if name != "a.csv" else pytest.raises(ValueError) as refused:
            read_matrix(Path(name))
        brought(lab, name, version)
        assert str(refused.value).replace("'", "&#x27;") in lab.sources.said.value
        assert lab.V is before


def test_of_a_file_with_several_matrices_each_is_chosen_by_its_name(lab: Any):
    lab.set_matrix("shear")
    np.savez("two.npz", **{"layer/A": A, "B": A.T})
    brought(lab, "two.npz", 8)
    choice = lab.sources.choice
    assert "&#x27;two.npz&#x27; holds 2 square matrices" in lab.sources.said.value and choice.layout.display is None
    for name, M in (("layer/A", A), ("B", A.T)):
        choice.value = name
        assert np.array_equal(lab.V, M) and not lab.alarm.value
    assert "from two.npz, B" in lab.sources.about.value


def test_the_same_file_is_read_each_time_that_it_is_opened(lab: Any):
    now, content = dt.datetime.now(dt.UTC), Path(saved("A.npy")).read_bytes()
    for _ in range(2):
        lab.set_matrix("shear")
        file = {"name": "A.npy", "type": "", "size": len(content), "last_modified": now, "content": content}
        lab.sources.upload.value = (file,)
        assert np.array_equal(lab.V, A) and lab.sources.upload.value == ()


def test_a_name_with_folders_stays_a_name(lab: Any):
    np.save("A.npy", A)
    content = Path("A.npy").read_bytes()
    for name in ("../../A.npy", "C:\\data\\A.npy"):
        new = {name: {"metadata": {}, "content": content}}
        lab.sources.upload.notify_change(Bunch(name="value", old={}, new=new, owner=lab.sources.upload, type="change"))
        assert np.array_equal(lab.V, A) and "from A.npy" in lab.sources.about.value


def test_the_button_has_a_name_and_says_what_it_takes(lab: Any):
    assert lab.sources.upload.description == "Open a file"
    assert ".npy" in lab.sources.upload.accept.split(",") and ".mat" in lab.sources.upload.tooltip
