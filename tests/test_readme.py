"""README.md: its Python runs, its files exist, its versions and map are the project's."""

from __future__ import annotations

import re
from typing import Any

import nbformat
import pytest
import torch

import badges
from benchmarks import __main__ as benchmarks
from nnrnn_core import dynamics
from nnrnn_core.experiments.paper import paper
from nnrnn_core.sequence_model import RECURRENTS
from nnrnn_core.tasks import TASKS

TEXT = (badges.ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
MAP_LINE = re.compile(r"^\| \W*(\d\d [^|*\]]+)")


def map_of(text: str) -> dict[str, bool]:
    """The notebooks in a map, and whether each is planned only."""
    lines = [line for line in text.splitlines() if MAP_LINE.match(line)]
    return {MAP_LINE.findall(line)[0].strip(): line.rstrip(" |").endswith("planned") for line in lines}


def run(block: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(block, "README.md", "exec"), names)
    return names


def test_the_network_in_ten_lines_learns():
    torch.manual_seed(0)
    names = run(BLOCKS[0])
    statements = [line for line in BLOCKS[0].splitlines() if line and not line.startswith(("import", "from"))]
    assert len(statements) <= 10
    assert names["output"].shape == (50, 4, 32)
    assert names["h_n"].shape == (1, 4, 32)
    V = names["rnn"].V
    assert V.departure() > 0, "T has moved from its start at 0"
    assert torch.allclose(V.P.T @ V.P, torch.eye(32), atol=1e-5)


def test_the_generator_prints_a_record_a_step(capsys: pytest.CaptureFixture[str]):
    run(BLOCKS[1])
    rows = [[float(word) for word in line.split()] for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == [1, 2, 3]
    assert all(len(row) == 4 for row in rows)


def test_a_matrix_of_ones_own_is_read(capsys: pytest.CaptureFixture[str]):
    run(BLOCKS[2])
    radius, growth = map(float, capsys.readouterr().out.split())
    assert radius == pytest.approx(0.9)
    assert growth > 3


def test_every_python_block_is_tested():
    assert len(BLOCKS) == 3


def test_every_file_that_is_linked_exists():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT)
    assert "LICENSE" in links
    assert [link for link in links if not (badges.ROOT / link).exists()] == []


def test_the_map_names_every_notebook_and_calls_planned_what_is_not_there():
    written = {path.stem[:2] for path in badges.NOTEBOOKS}
    start = nbformat.read(badges.ROOT / "notebooks/00_start_here.ipynb", as_version=4)
    maps = map_of(TEXT), map_of("\n".join(cell.source for cell in start.cells))
    for planned in maps:
        assert {name[:2] for name, later in planned.items() if not later} == written
        assert [name[:2] for name in planned] == [f"{i:02d}" for i in range(11)]
    assert [*maps[0]] == [*maps[1]]


def test_the_numbers_of_its_first_lines_are_those_of_the_kit():
    opening = TEXT.partition("## Two commands")[0]
    assert f"a gallery of {len(dynamics.gallery)} matrices" in opening
    assert "seven tasks" in opening
    assert len(TASKS) == 7
    kits, papers = set(RECURRENTS), {name for entry in paper()["settings"] for name in entry["networks"]}
    assert kits - papers == {"gru", "lru"}
    assert "and two more (GRU and LRU)" in opening


def test_what_it_says_about_speed_is_in_the_stored_results():
    text = TEXT.partition("## How fast")[2].partition("##")[0]
    (recurrence,) = (c for c in benchmarks.stored_results(benchmarks.RESULTS, "cpu")["comparisons"]
                     if c["name"] == "recurrence")  # fmt: skip
    found = {(row["what"], *row["against"]): max(row["ratios"]) for row in recurrence["rows"]}
    assert recurrence["threads"] == 1
    assert "N = 128, batch 10, 220 steps" in recurrence["title"]
    assert "N = 128, batch 10, 220 steps" in text
    assert "less than half the time of `torch.nn.RNN`" in text
    assert found["unroll, tanh", "torch.nn.RNN, tanh"] < 0.5
    assert "at most a fifth of that of a loop over time" in text
    assert found["unroll, tanh", "naive loop, tanh"] <= 0.2
    assert found["unroll, modReLU", "naive loop, modReLU"] <= 0.2


def test_the_cpu_build_named_is_the_tested_version():
    (version,) = re.findall(r"pip install torch==(\S+)", TEXT)
    assert f"torch=={version}\n" in (badges.ROOT / ".ci/constraints.txt").read_text("utf-8")
