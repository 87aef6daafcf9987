"""The benchmarks run: tiny sizes, one round, no word about how long anything takes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import torch

from benchmarks import __main__ as benchmarks
from benchmarks import dropin, memory, scaling, table
from benchmarks.measure import Comparison, Row, Setup, in_turn, run

pytestmark = pytest.mark.integration

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


def test_memory_is_how_far_the_peak_rises_above_what_was_there():
    before = torch.ones(10_000_000)
    found = memory.growth_of(lambda: torch.ones(25_000_000).sum(), CPU)
    assert found == pytest.approx(100, abs=5), "megabytes; what is freed at the end counts, what was there does not"
    del before


def test_memory_is_measured_in_a_process_of_its_own_and_without_what_torch_loads():
    assert 0 <= memory.in_own_process("backward pass, tanh", Setup(CPU, quick=True)) < 5


def test_what_would_be_timed_on_a_gpu_mixes_no_devices():
    """On the device meta, which has no numbers: what asks for one (a whole training step does) cannot run there."""
    for name in ("dropin", "recurrence", "memory"):
        for work in benchmarks.ALL[name].works(Setup(torch.device("meta"), quick=True)).values():
            work()


def test_the_incoming_gradient_has_the_size_that_the_table_says():
    for words, wanted in dropin.INCOMING.items():
        network = dropin.moved(8, CPU, torch.Generator().manual_seed(0))
        loss = dropin.scaled_loss(network, torch.randn(5, 2, dropin.INPUTS), wanted)
        assert dropin.size_of_incoming(network, loss) == pytest.approx(wanted, rel=1e-4), words


def test_p_has_left_its_base_by_an_angle_of_about_one():
    skew = dropin.moved(128, CPU, torch.Generator().manual_seed(0)).V.orthogonal.skew().detach()
    assert float(torch.linalg.matrix_norm(skew, 2)) == pytest.approx(1, abs=0.1)


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
    less = {**stored, "comparisons": stored["comparisons"][:1]}
    assert benchmarks.anew(less, some)["comparisons"] == found[:2], "one that was not stored is added"
    with pytest.raises(ValueError, match="measure everything"):
        benchmarks.anew(stored, {**some, "machine": {**some["machine"], "processor": "another"}})


def test_the_table_that_is_shown_is_that_of_the_stored_results():
    stored = json.loads((benchmarks.RESULTS / "cpu.json").read_text("utf-8"))
    shown = benchmarks.README.read_text("utf-8").partition(table.BEGIN)[2].partition(table.END)[0]
    assert shown.strip() == table.whole(stored).strip()
    assert not stored["quick"]
