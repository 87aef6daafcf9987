"""CONTRIBUTING.md: its recipes work, and the names in its tables are there."""

from __future__ import annotations

import re
import textwrap
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch

import badges
from nnrnn_core import SequenceModel, Training
from nnrnn_core.experiments import catalogue
from nnrnn_core.sequence_model import RECURRENTS

pytestmark = pytest.mark.as_installed
TEXT = (badges.ROOT / "CONTRIBUTING.md").read_text("utf-8")
CHANGES = (badges.ROOT / "CHANGELOG.md").read_text("utf-8")
BLOCKS = [textwrap.dedent(block) for block in re.findall(r"^ *```python\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)]
TASK, NETWORK, LAB, RACE = BLOCKS
ROWS = re.findall(r"^\| ([\w./]+\.\w+) \| `([^`]+)` \|", TEXT, re.MULTILINE)


def run(block: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(block, "CONTRIBUTING.md", "exec", dont_inherit=True), names)
    return names


def test_the_task_of_the_recipe_is_learnt():
    torch.manual_seed(0)
    names = run(TASK)
    assert names["losses"][-1] < 0.1 < names["Echo"]().baseline
    assert names["training"].evaluate(batches=2)[1] > 0.95, "right answers"


def test_the_network_of_the_recipe_is_the_plain_loop_over_time_and_is_known_by_name(
    monkeypatch: pytest.MonkeyPatch, generator: torch.Generator
):
    monkeypatch.setitem(RECURRENTS, "symmetric", None)  # so that it is taken out again
    names = run(NETWORK)
    assert names["step"].eigenvalues.imag.any() == False  # noqa: E712
    network = names["symmetric"](3, 4, generator=generator, dtype=torch.float64)
    inputs = torch.randn(5, 2, 3, generator=generator, dtype=torch.float64)
    h, states = torch.zeros(2, 4, dtype=torch.float64), []
    for x in inputs:
        h = torch.tanh(h @ network.V().T + x @ network.U.T + network.layers[0].bias)
        states.append(h)
    output, h_n = network(inputs)
    torch.testing.assert_close(output, torch.stack(states))
    torch.testing.assert_close(h_n[0], h)
    mine, plain = (torch.autograd.grad(y.square().sum(), network.V.B)[0] for y in (output, torch.stack(states)))
    torch.testing.assert_close(mine, plain)
    assert SequenceModel("symmetric", 10, 6, 9).name == "symmetric"


def test_a_checkpoint_finds_the_network_of_the_recipe_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Any):
    monkeypatch.setitem(RECURRENTS, "symmetric", None)
    names = run(NETWORK)
    training = Training(names["model"], names["task"])
    training.save(tmp_path / "run.pt")
    assert Training.load(tmp_path / "run.pt").step().loss == training.step().loss


def test_the_lab_of_the_recipe_follows_its_slider_and_its_preset():
    lab = run(LAB)["lab"]
    np.testing.assert_allclose(lab.figures[0].array("power", "y"), 0.9 ** np.arange(21))
    assert lab.status.startswith("λ = 0.9")
    lab.load_preset("decay 0.25")
    assert lab.preset == "decay 0.25"
    lab.text.value = "decay 7"
    lab.load.click()
    assert "from 0 to 1" in lab.note.value
    assert lab.preset == "decay 0.25"
    lab.close()


def test_every_name_on_the_way_of_a_slider_and_of_a_parameter_is_where_the_tables_say():
    assert len(ROWS) > 25
    missing = [
        f"{file}: {name}"
        for file, name in ROWS
        if not (badges.ROOT / file).is_file() or name not in (badges.ROOT / file).read_text("utf-8")
    ]
    assert missing == []


def test_every_file_that_is_named_in_the_text_exists():
    named = set(re.findall(r"`((?:nnrnn_core|widgets|tests|notebooks|\.ci|\.github)/[\w./-]*)`", TEXT))
    assert [name for name in sorted(named) if not (badges.ROOT / name).exists()] == []


def test_the_newest_version_of_the_changelog_is_that_of_pyproject():
    newest, *_ = re.findall(r"^## (\S+)", CHANGES, re.MULTILINE)
    assert newest == badges.PYPROJECT["project"]["version"]


def test_the_race_of_the_recipe_runs_every_experiment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: Any):
    tiny = catalogue.Scale({"name": "adding", "length": 4}, 4, 2, 1)
    monkeypatch.setitem(catalogue.CLASS, "adding", tiny)
    names = run(RACE)
    # threads in place of processes: these see the small task, too
    monkeypatch.setitem(names["race"].__globals__, "ProcessPoolExecutor", ThreadPoolExecutor)
    names["race"](str(tmp_path))
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 10
    assert all(line.endswith(".jsonl") for line in printed)
