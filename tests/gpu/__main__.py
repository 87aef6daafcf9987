"""`make gpu`: what only a machine with CUDA can tell, in one command and one file.

    python -m gpu [--out gpu.json] [--rehearse]          (PYTHONPATH: the checkout and its tests/)

It needs a checkout and torch; pytest and what the tests import are used if they are there. In order: each network on
GPU and CPU, which must agree to rounding; one step of each at the size of permuted MNIST beside cuDNN's; launches for a
time step; the tests marked `cuda`. Each result is written as soon as it is there. It exits with 1 where something
failed. `--rehearse` goes through all of it on a CPU at small sizes: what it measures then means nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from .stand_ins import stand_in

MISSING = stand_in()

from .networks import MODELS, RECURRENTS, ROUNDING, Size, difference, launches_per_time_step, milliseconds  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
NEEDS = ("pytest", "pytest_timeout", "hypothesis", "beartype", "jaxtyping", "threadpoolctl", "scipy")  # the tests
DEEP = {"num_layers": 2, "bidirectional": True}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make gpu", description="what only a machine with CUDA can tell")
    parser.add_argument("--out", type=Path, default=Path("gpu.json"), help="the file of results (default gpu.json)")
    parser.add_argument("--rehearse", action="store_true", help="everything on a CPU, at small sizes, to test it")
    chosen = parser.parse_args(arguments)
    if not (chosen.rehearse or torch.cuda.is_available()):
        print(
            f"make gpu: torch {torch.__version__} sees no CUDA device here: there is nothing to measure. Run it on a "
            "machine with an NVIDIA GPU and a torch built for CUDA (PYTHON=… chooses the Python that has it).",
            file=sys.stderr,
        )
        return 1
    device = torch.device("cpu" if chosen.rehearse else "cuda")
    size = Size(16, 3, 8, 1) if chosen.rehearse else Size()
    report = Report(chosen.out, {"machine": machine(device, chosen.rehearse), "failed": []})
    for name in RECURRENTS:
        for options in ({}, DEEP):
            title = f"{name}, two layers in two directions" if options else name
            report.take("difference from the CPU", title, lambda n=name, o=options: agreeing(n, device, o))
    for name in MODELS:
        report.take("ms for a step", name, lambda n=name: milliseconds(n, device, size))
    counted = torch.device("meta") if chosen.rehearse else device
    for name in MODELS:
        report.take("launches for a time step", name, lambda n=name: launches_per_time_step(n, counted, size))
    report.take("tests", "marked cuda", marked_tests)
    print(f"\n{len(report.found['failed'])} failed; the results are in {chosen.out}")
    return 1 if report.found["failed"] else 0


class Report:
    """Results by section and name, in a file that is whole after each of them."""

    def __init__(self, path: Path, found: dict[str, Any]) -> None:
        self.path, self.found = path, found

    def take(self, section: str, name: str, measure: Callable[[], Any]) -> None:
        """Measure, show, and write; what goes wrong is a result too."""
        try:
            value = measure()
        except Exception as problem:  # the next ones are still worth having
            value = f"FAILED: {type(problem).__name__}: {problem}"
            self.found["failed"].append(f"{section}: {name}")
        self.found.setdefault(section, {})[name] = value
        print(f"{section:>26}  {name:<44} {value:.4g}" if isinstance(value, float) else f"{section}  {name}: {value}")
        self.path.write_text(json.dumps(self.found, indent=1, ensure_ascii=False) + "\n", "utf-8")


def agreeing(name: str, device: torch.device, options: dict[str, Any]) -> float:
    """The difference from the CPU; ArithmeticError where it is more than rounding."""
    found = difference(name, device, **options)
    if not found <= ROUNDING:
        raise ArithmeticError(f"GPU and CPU differ by {found:.2g} of the largest entry, more than {ROUNDING:g}")
    return found


def marked_tests() -> str:
    """The tests marked `cuda`, in a process of their own; the last line that pytest says."""
    lacking = [name for name in NEEDS if importlib.util.find_spec(name) is None or name in MISSING]
    if lacking:
        return f"not run: {', '.join(lacking)} is missing here"
    files = [path for path in (ROOT / "tests").glob("test_*.py") if "mark.cuda" in path.read_text("utf-8")]
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-m", "cuda", *map(str, sorted(files))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr)[-2000:])
    return done.stdout.strip().splitlines()[-1]


def machine(device: torch.device, rehearsal: bool) -> dict[str, Any]:
    """Where the numbers are from."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "rehearsal": rehearsal,
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "python": platform.python_version(),
        "stand-ins": MISSING,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
