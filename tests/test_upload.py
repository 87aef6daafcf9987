"""A file from the reader's computer is read as one on the kernel's disk is, in how many pieces it may come."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import torch

from nnrnn_core import read_matrix
from widgets import GrowthLab, SpectrumLab

A = np.array([[0.5, -2.0], [3.0, 0.25]])


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def lab() -> Iterator[Any]:
    lab = GrowthLab("shear")
    yield lab
    lab.close()


def sent(lab: Any, name: str, content: bytes, piece: int = 2**20, transfer: str = "1") -> None:
    """What the page does when this file is chosen."""
    for start in range(0, len(content) or 1, piece):
        message = {"transfer": transfer, "name": name, "size": len(content), "start": start}
        lab.sources.upload._receive(None, message, [memoryview(content[start : start + piece])])


def brought(lab: Any, name: str, piece: int = 2**20) -> None:
    """The page brings this file, and the kernel has none of that name any more."""
    content = Path(name).read_bytes()
    os.remove(name)
    sent(lab, name, content, piece)


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


@pytest.mark.parametrize("piece", [7, 2**20])
@pytest.mark.parametrize("name", ["my data.npy", "run.mat", "table.csv", "weights.pt"])
def test_a_file_from_the_readers_computer_is_shown_and_leaves_as_code_that_names_it(lab: Any, name: str, piece: int):
    lab.set_matrix("shear")
    brought(lab, saved(name), piece)
    assert np.array_equal(lab.V, A)
    assert not lab.sources.said.value and not lab.alarm.value
    assert f"from {name}" in lab.sources.about.value
    found: dict[str, Any] = {}
    exec(lab.code, found)
    assert np.array_equal(found["V"], A) and f"# V is from {name}" in lab.code


def test_a_bad_file_is_refused_in_the_words_of_the_reader_and_the_last_good_matrix_stays(lab: Any):
    lab.set_matrix("shear")
    before = lab.V
    for name, content in (("run.mat", b"no such thing"), ("a.csv", b"1,2\n3"), ("a.xlsx", b"PK"), ("a.npy", b"")):
        Path(name).write_bytes(content)
        with pytest.raises(ValueError, match=name) if name != "a.csv" else pytest.raises(ValueError) as refused:
            read_matrix(Path(name))
        brought(lab, name)
        assert str(refused.value).replace("'", "&#x27;") in lab.sources.said.value
        assert lab.V is before


def test_of_a_file_with_several_matrices_each_is_chosen_by_its_name(lab: Any):
    lab.set_matrix("shear")
    np.savez("two.npz", **{"layer/A": A, "B": A.T})
    brought(lab, "two.npz")
    choice = lab.sources.choice
    assert "&#x27;two.npz&#x27; holds 2 square matrices" in lab.sources.said.value and choice.layout.display is None
    for name, M in (("layer/A", A), ("B", A.T)):
        choice.value = name
        assert np.array_equal(lab.V, M) and not lab.alarm.value
    assert "from two.npz, B" in lab.sources.about.value


def test_the_same_file_is_read_each_time_that_it_is_opened(lab: Any):
    content = Path(saved("A.npy")).read_bytes()
    for transfer in ("1", "2"):
        lab.set_matrix("shear")
        sent(lab, "A.npy", content, transfer=transfer)
        assert np.array_equal(lab.V, A)


def test_a_name_with_folders_stays_a_name(lab: Any):
    content = Path(saved("A.npy")).read_bytes()
    for name in ("../../A.npy", "C:\\data\\A.npy"):
        lab.set_matrix("shear")
        sent(lab, name, content)
        assert np.array_equal(lab.V, A) and "from A.npy" in lab.sources.about.value


def test_of_a_file_that_comes_in_part_nothing_is_read_and_it_is_said(lab: Any):
    lab.set_matrix("shear")
    before, button, content = lab.V, lab.sources.upload, Path(saved("A.npy")).read_bytes()
    first = {"transfer": "1", "name": "A.npy", "size": len(content), "start": 0}
    button._receive(None, first, [content[:50]])
    assert lab.V is before and not lab.sources.said.value, "the rest may be on its way"
    button._receive(None, {**first, "start": 60}, [content[60:]])
    assert "has not arrived whole: open it again" in lab.sources.said.value
    button._receive(None, {**first, "start": 50}, [content[50:]])  # what comes too late is of no transfer any more
    assert lab.V is before
    button._receive(None, first, [content[:50]])
    sent(lab, "A.npy", content, transfer="2")  # chosen while the other one was on its way
    assert np.array_equal(lab.V, A) and not lab.sources.said.value
    after = lab.V
    button._receive(None, {**first, "start": 50}, [content[50:]])
    assert lab.V is after and not lab.sources.said.value


def test_what_is_too_large_and_what_the_browser_cannot_read_is_refused_in_words(lab: Any):
    lab.set_matrix("shear")
    before, button = lab.V, lab.sources.upload
    button._receive(None, {"name": "A.npy", "size": 10**9}, [])
    assert "A.npy&#x27; has 1000 MB, and up to 268 MB are read: save the matrix alone" in lab.sources.said.value
    button._receive(None, {"name": "A.npy", "problem": "NotReadableError"}, [])
    assert "A.npy&#x27; cannot be read by the browser: NotReadableError" in lab.sources.said.value
    for other in ({}, {"name": "A.npy"}, {"transfer": "1", "name": "A.npy", "size": 1, "start": 0}):
        button._receive(None, other, [])
    assert lab.V is before


def test_before_a_large_matrix_is_drawn_nothing_of_the_one_before_is_taken_for_its(monkeypatch: pytest.MonkeyPatch):
    lab, seen = SpectrumLab("shear"), []
    paint = type(lab).paint

    def watched(lab: Any, settled: bool) -> None:
        seen.append((lab.progress.value, lab.figures[0].pending))
        paint(lab, settled)

    monkeypatch.setattr(type(lab), "paint", watched)
    lab.sources.paste.value = str((np.eye(101) / 2).tolist())
    [(words, faded)] = seen
    assert "Being worked out: your 101×101 matrix." in words
    assert {"eigenvalues", "growth", "unit circle / imaginary axis", "annotations[0].text"} <= faded
    assert not {"eigenvalues", "growth", "annotations[0].text"} & lab.figures[0].pending, "they are drawn now"
    assert "Coarse at first: for 101 rows the fine pseudospectra take about" in lab.progress.value
    lab.close()


def test_the_button_has_a_name_and_says_what_it_takes(lab: Any):
    assert lab.sources.upload.description == "Open a file"
    assert ".npy" in lab.sources.upload.accept.split(",") and ".mat" in lab.sources.upload.tooltip
