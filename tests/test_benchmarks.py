"""The benchmarks run: tiny sizes, one round, no word about how long anything takes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import torch

import badges
from benchmarks import __main__ as benchmarks
from benchmarks import memory, scaling, table
from benchmarks.measure import Comparison, Row, Setup, in_turn, run

README = (badges.ROOT / "README.md").read_text("utf-8")
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a quick run."""
    path = tmp_path_factory.mktemp("results")
    benchmarks.main(["--quick", "--rounds", "1", "--device", "cpu", "--out", str(path)])
    return path


def test_every_target_has_its_line_in_the_table(folder: Path):
    results = json.loads((folder / "cpu.json").read_text("utf-8"))
    names = [name for name in benchmarks.ALL if name != benchmarks.IN_A_BROWSER]
    assert [c["name"] for c in results["comparisons"]] == names
    lines = table.table(results).splitlines()
    for name in names:
        for row in benchmarks.ALL[name].rows:
            if row.target is not None:
                assert any(line.startswith(f"| {row.what} |") and f" {row.target:g}" in line for line in lines), row


def test_every_ratio_is_that_of_its_medians(folder: Path):
    for comparison in json.loads((folder / "cpu.json").read_text("utf-8"))["comparisons"]:
        medians = {name: value for name, (value,) in comparison["medians"].items()}
        for row in comparison["rows"]:
            (ratio,) = row.pop("ratios")
            assert ratio == pytest.approx(Row(**row).ratio(medians), rel=2e-3)


def test_the_picture_of_the_scaling_is_a_drawing(folder: Path):
    root = ET.parse(folder / "cpu-scaling.svg").getroot()
    assert len(root.findall("{*}polyline")) == len(scaling.SERIES)


def test_memory_is_measured_in_a_process_of_its_own():
    assert memory.in_own_process("backward pass, tanh", Setup(CPU, quick=True)) >= 0


@pytest.mark.parametrize("name", ["recurrence", "memory", "scaling"])
def test_what_would_be_timed_on_a_gpu_mixes_no_devices(name: str):
    """On the device meta, which has no numbers: what asks for one (a whole training step does) cannot run there."""
    for work in benchmarks.ALL[name].works(Setup(torch.device("meta"), quick=True)).values():
        work()


def test_rounds_take_turns():
    calls: list[str] = []
    found = in_turn({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 2, CPU)
    assert "".join(calls) == "aabbaabb"  # each once before it is timed
    assert [len(times) for times in found.values()] == [2, 2]


def test_a_ratio_is_to_the_quickest_and_a_speed_up_the_other_way_round():
    comparison = Comparison(
        "some",
        "some",
        lambda setup: {"a": lambda: 2.0, "b": lambda: 8.0, "c": lambda: 4.0},
        (Row("a", ("b", "c", "absent"), 1.0), Row("a", ("b",), 1.0, speedup=True), Row("absent", ("a",)), Row("a")),
        unit="MB",
        timed=False,
    )
    found = run(comparison, Setup(CPU), 1, runs=2)
    assert [row["ratios"] for row in found["rows"]] == [[0.5, 0.5], [4.0, 4.0], [2.0, 2.0]]


def test_some_comparisons_measured_anew_take_the_place_of_their_older_ones(folder: Path):
    stored = json.loads((folder / "cpu.json").read_text("utf-8"))
    some = {**stored, "comparisons": [{**stored["comparisons"][1], "rounds": 99}]}
    found = benchmarks.anew(stored, some)["comparisons"]
    assert [c["name"] for c in found] == [c["name"] for c in stored["comparisons"]]
    assert [c == before for c, before in zip(found, stored["comparisons"], strict=True)].count(False) == 1
    assert found[1]["rounds"] == 99
    with pytest.raises(ValueError, match="measure everything"):
        benchmarks.anew(stored, {**some, "machine": {**some["machine"], "processor": "another"}})


def test_the_table_of_the_readme_is_that_of_the_stored_results():
    stored = json.loads((benchmarks.RESULTS / "cpu.json").read_text("utf-8"))
    shown = README.partition(table.BEGIN)[2].partition(table.END)[0]
    assert shown.strip() == table.whole(stored).strip()
    assert not stored["quick"]
