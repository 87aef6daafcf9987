"""The labs of a matrix where torch is not installed: a fresh process, in which torch cannot be found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = r"""
import importlib.abc, json, os, sys

class NoTorch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, NoTorch())
os.chdir(sys.argv[1])
import numpy as np
from widgets import AssembleLab, GradientLab, GrowthLab, MemoryLab, SchurLab, ShearLab, SpectrumLab, XrayLab, checks
from widgets.environment import report

def parts(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)

def used(lab):
    before, first = lab.status, lab.preset
    for part in list(parts(lab)):  # every slider in sight or under More to a third of its range
        if type(part).__name__ in ("FloatSlider", "IntSlider") and not part.disabled and part.layout.display != "none":
            part.value = type(part.value)(part.min + (part.max - part.min) / 3)
    lab.settle()
    after, alarm = lab.status, lab.alarm.value
    names = {}
    exec(lab.code, names)
    twin = type(lab).from_preset(lab.preset)
    with np.load(lab.export(lab.kind + ".npz")) as file:
        same = all(np.allclose(names[name], file[name], equal_nan=True) for name in lab.arrays() if name != "V")
    lab.export(lab.kind + ".csv")
    return {"moved": before != after and first != lab.preset, "alarm": alarm, "code": same,
            "preset": twin.preset == lab.preset, "status": twin.status == lab.status}

def refused(action):
    try:
        action()
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"

found = {make.__name__: used(make() if make in (AssembleLab, ShearLab) else make("shear"))
         for make in (AssembleLab, SpectrumLab, SchurLab, GrowthLab, GradientLab, MemoryLab, XrayLab, ShearLab)}
found["own"] = [float(GrowthLab(matrix).V[0][1]) for matrix in ([[0.9, 2], [0, 0.8]], "0.9 2; 0 0.8", "growth.npz")]
open("weights.pt", "w").write("not empty")
found["pt"] = refused(lambda: GrowthLab("weights.pt"))
schur = '{"growth":1,"matrix":{"schur":{"size":2,"mask":"block","dtype":"float32"},"state":{}}}'
found["schur"] = refused(lambda: GrowthLab.from_preset(schur))
found["check"] = str(checks.best_start(lambda V, k: np.linalg.svd(np.linalg.matrix_power(V, k))[2][0]))
found["report"] = report()
found["loaded"] = sorted(name for name in sys.modules if name.partition(".")[0] == "torch")
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the process without torch found."""
    command = [sys.executable, "-c", SCRIPT, str(tmp_path_factory.mktemp("files"))]
    path = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=path, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert answer["loaded"] == []
    return answer


@pytest.mark.parametrize(
    "lab", ["AssembleLab", "SpectrumLab", "SchurLab", "GrowthLab", "GradientLab", "MemoryLab", "XrayLab", "ShearLab"]
)
def test_a_lab_is_made_moved_exported_and_rebuilt_without_torch(found: dict[str, Any], lab: str):
    assert found[lab] == {"moved": True, "alarm": "", "code": True, "preset": True, "status": True}


def test_a_matrix_of_ones_own_needs_no_torch(found: dict[str, Any]):
    assert found["own"][:2] == [2.0, 2.0] and len(found["own"]) == 3


def test_what_needs_torch_says_so(found: dict[str, Any]):
    for what in ("pt", "schur"):
        assert found[what].startswith("ValueError") and "torch is not installed" in found[what]


def test_the_checks_of_a_matrix_and_the_report_of_the_environment_need_no_torch(found: dict[str, Any]):
    assert found["check"].startswith("Right")
    assert "torch cannot be imported" in found["report"] and "install it" in found["report"]
