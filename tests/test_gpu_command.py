"""`make gpu`, rehearsed where there is no GPU: that it says so, misses nothing, and finds what is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gpu import networks
from gpu.__main__ import Report, agreeing, main
from gpu.networks import MODELS, Size, launches_per_time_step
from nnrnn_core.sequence_model import RECURRENTS

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[1]

TORCH_ALONE = """
import runpy, sys
from importlib.machinery import PathFinder
find, hidden = PathFinder.find_spec, {"jaxtyping", "threadpoolctl", "scipy", "tqdm", "pytest", "hypothesis", "beartype"}
PathFinder.find_spec = lambda name, *rest: None if name.partition(".")[0] in hidden else find(name, *rest)
sys.argv = ["gpu", *sys.argv[1:]]
runpy.run_module("gpu", run_name="__main__")
"""


def test_without_cuda_it_says_so_and_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(["--out", str(tmp_path / "gpu.json")]) == 1
    said = capsys.readouterr().err
    assert "sees no CUDA device here" in said and "PYTHON=" in said
    assert not (tmp_path / "gpu.json").exists()


def test_with_torch_alone_it_goes_through_every_network_and_says_what_was_not_run(tmp_path):
    command = [sys.executable, "-c", TORCH_ALONE, "--rehearse", "--out", str(tmp_path / "gpu.json")]
    places = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=places)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "gpu.json").read_text("utf-8"))
    assert found["failed"] == [] and found["machine"]["rehearsal"]
    assert found["machine"]["stand-ins"] == ["jaxtyping", "threadpoolctl", "scipy", "tqdm"]
    assert len(found["difference from the CPU"]) == 2 * len(RECURRENTS)
    for section in ("ms for a step", "launches for a time step"):
        assert list(found[section]) == list(MODELS)
    assert found["tests"]["marked cuda"].startswith("not run: pytest, ")


def test_a_device_that_computes_something_else_is_found_and_the_rest_is_still_measured(monkeypatch, tmp_path):
    real, calls = networks._outputs_and_gradients, []

    def wrong(name, device, **options):
        calls.append(name)
        found = real(name, device, **options)
        return [tensor * (1 + 1e-6 * (len(calls) == 2)) for tensor in found]

    monkeypatch.setattr(networks, "_outputs_and_gradients", wrong)
    report = Report(tmp_path / "gpu.json", {"failed": []})
    for name in ("rnn", "gru"):
        report.take("difference", name, lambda name=name: agreeing(name, torch.device("cpu"), {}))
    found = json.loads((tmp_path / "gpu.json").read_text("utf-8"))
    assert found["failed"] == ["difference: rnn"]
    assert found["difference"]["rnn"].startswith("FAILED: ArithmeticError: GPU and CPU differ by 1e-06")
    assert found["difference"]["gru"] == 0


@pytest.mark.parametrize(("name", "launches"), [("rnn", 4), ("nnrnn", 6), ("rnn-orth", 6), ("exprnn", 6)])
def test_a_time_step_of_a_training_step_is_its_product_and_phi_and_two_launches_backwards(name, launches):
    assert launches_per_time_step(name, torch.device("meta"), Size(16, 3, 8, 1)) == launches


def test_the_scan_of_an_lru_takes_some_launches_for_each_doubling_of_the_time_and_none_for_a_step():
    long = launches_per_time_step("lru", torch.device("meta"), Size(1024, 3, 8, 1))
    longer = launches_per_time_step("lru", torch.device("meta"), Size(2048, 3, 8, 1))
    assert 0 < long < 0.2
    assert longer == pytest.approx(long / 2)
