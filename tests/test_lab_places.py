"""A lab's place is one run of a cell: all labs that the run makes live together, the next run replaces them all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import ipywidgets as ipw
import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel

from nnrnn_core import MatrixChoice, tasks
from widgets import GrowthLab, ShearLab, TrainingLab
from widgets.labs import registry

TWO = "labs = [ShearLab(1.0), ShearLab(2.0)]\nbox = VBox(labs)\nmade += labs"
REPORT = "import json; print(json.dumps([lab.comm is not None for lab in made] + [len(box.children)]))"


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    """A real ipykernel, in which labs are made as a notebook makes them."""
    manager, client = start_new_kernel()
    client.execute_interactive("from ipywidgets import VBox\nfrom widgets import ShearLab\nmade = []", timeout=120)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(kernel: Any, cell: str) -> str:
    """What the cell prints; an exception fails the test."""
    said: list[str] = []

    def hear(message: dict[str, Any]) -> None:
        content = message["content"]
        assert message["msg_type"] != "error", content
        said.append(content.get("text", "") if message["msg_type"] == "stream" else "")

    kernel.execute_interactive(cell, timeout=60, output_hook=hear)
    return "".join(said)


def test_two_labs_of_one_run_live_together_and_the_next_run_replaces_both(kernel: Any) -> None:
    run(kernel, TWO)
    assert json.loads(run(kernel, REPORT)) == [True, True, 2]
    run(kernel, "first = box")
    run(kernel, TWO)
    assert json.loads(run(kernel, REPORT)) == [False, False, True, True, 2]
    assert run(kernel, "print(len(first.children))").strip() == "0"  # a closed lab in a living box never loads again
    run(kernel, "another = ShearLab()\nmade.append(another)")  # another cell
    assert json.loads(run(kernel, REPORT)) == [False, False, True, True, True, 2]


def test_what_a_lab_refuses_is_said_in_one_line_of_the_cell(kernel: Any) -> None:
    said: list[Any] = []

    def hear(message: dict[str, Any]) -> None:
        if message["msg_type"] == "error":
            said.append(message["content"]["traceback"])

    for cell, words in (
        ("from widgets import GrowthLab\nGrowthLab({})", "holds no tensor or array"),
        ("GrowthLab([[1, float('nan')], [0, 1]])", "row 1, column 2 is NaN"),
        ("GrowthLab('run.mat')", "there is no file 'run.mat'"),
        ("GrowthLab([[1, 2], [3]])", "row 2 has 1 numbers"),
        ("ShearLab(99)", "c must be"),
        ("ShearLab.from_preset('{')", "not a preset"),
    ):
        kernel.execute_interactive(cell, timeout=60, output_hook=hear)
        (line,) = said.pop()
        assert line.startswith("ValueError: ") and words in line and "\n" not in line


def test_what_a_lab_refuses_is_an_exception_as_any_other() -> None:
    A = np.eye(2)
    with pytest.raises(MatrixChoice) as refused:
        GrowthLab({"A": A, "B": A})
    assert refused.value.names == ("A", "B")
    assert "source_of" in [frame.name for frame in refused.traceback]


class Runs:
    """Stands for a notebook: which cell runs, and which run of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        monkeypatch.setattr(registry, "this_cell", lambda: "cell")
        monkeypatch.setattr(registry, "this_run", lambda: str(self.number))

    def again(self) -> None:
        self.number += 1


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    return Runs(monkeypatch)


def trained(steps: int) -> TrainingLab:
    lab = TrainingLab(tasks.Copying(delay=3), 4)
    lab.step(steps)
    return lab


def restored(lab: TrainingLab) -> int:
    lab.restore()
    return lab.experiment.training.index


def test_each_training_keeps_the_run_of_the_lab_in_its_place(runs: Runs) -> None:
    trained(1), ShearLab(), trained(2)
    runs.again()
    labs = [trained(0), trained(0)]
    assert [restored(lab) for lab in labs] == [1, 2]


def test_a_run_without_a_successor_waits_for_one(runs: Runs) -> None:
    trained(1), trained(2)
    runs.again()
    one = trained(3)
    runs.again()
    labs = [trained(0), trained(0)]
    assert [restored(lab) for lab in labs] == [3, 2]
    assert restored(labs[0]) == 0 and one.comm is None


def test_a_cell_that_forgets_its_labs_keeps_no_more_than_a_few(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "HEIRLESS", 2)
    trained(1), trained(2)
    runs.again()
    ShearLab()  # the heir of neither, and one that waits itself from now on
    runs.again()
    labs = [trained(0), trained(0)]
    assert restored(labs[0]) == 1
    with pytest.raises(ValueError, match="no run before"):
        labs[1].restore()


def test_a_lab_leaves_every_box_before_it_closes() -> None:
    lab, other = ShearLab(), ipw.Label("stays")
    box = ipw.HBox([ipw.VBox([lab]), other])
    lab.close()
    assert box.children[0].children == () and box.children[1] is other and other.comm is not None
