"""Works side by side: rounds in turn, medians, and ratios with their targets."""

from __future__ import annotations

import gc
import importlib
import math
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from threadpoolctl import threadpool_info

from nnrnn_core import __version__
from nnrnn_core.threads import threads

Work: TypeAlias = Callable[[], Any]
Works: TypeAlias = dict[str, Work]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Setup:
    """Where to compute, and whether the sizes are only to be tried out."""

    device: torch.device
    quick: bool = False

    def size(self, real: int, tiny: int) -> int:
        return tiny if self.quick else real


@dataclass(frozen=True)
class Row:
    """what / against, the quickest of several; with `speedup` against / what. Without `against` the value itself.

    target  an upper bound of the ratio, with `speedup` a lower one; None where the ratio is only reported
    """

    what: str
    against: tuple[str, ...] = ()
    target: float | None = None
    speedup: bool = False

    def ratio(self, medians: dict[str, float]) -> float:
        limit = min((medians[name] for name in self.against), default=1.0)
        above, below = (limit, medians[self.what]) if self.speedup else (medians[self.what], limit)
        return above / below if below else math.inf


@dataclass(frozen=True)
class Comparison:
    """Works that are measured in turn, and what of them is compared.

    works  made anew in every run; a name may be missing (no such library, no such device), its rows then are too
    timed  else the works return what they measured, in `unit`
    """

    name: str
    title: str
    works: Callable[[Setup], Works]
    rows: tuple[Row, ...] = ()
    rounds: int = 30
    threads: int = 1
    unit: str = "ms"
    timed: bool = True
    on_gpu: bool = True

    def rows_of(self, names: object) -> list[Row]:
        """The rows of works that are there, each against those that are."""
        here = set(names)  # type: ignore[call-overload]
        cut = [Row(r.what, tuple(a for a in r.against if a in here), r.target, r.speedup) for r in self.rows]
        return [c for c, r in zip(cut, self.rows, strict=True) if c.what in here and bool(c.against) == bool(r.against)]


def run(comparison: Comparison, setup: Setup, rounds: int | None, runs: int) -> dict[str, Any]:
    """Medians of every work and ratios of every row, one number a run, as plain values."""
    medians: dict[str, list[float]] = {}
    for _ in range(runs):
        with threads(comparison.threads):
            works = comparison.works(setup)
            found = in_turn(works, rounds or comparison.rounds, setup.device, timed=comparison.timed)
        for name, values in found.items():
            medians.setdefault(name, []).append(statistics.median(values))
    each = [{name: values[i] for name, values in medians.items()} for i in range(runs)]
    return {
        "name": comparison.name,
        "title": comparison.title,
        "threads": comparison.threads,
        "rounds": rounds or comparison.rounds,
        "unit": comparison.unit,
        "medians": medians,
        "rows": [{**asdict(row), "ratios": [row.ratio(m) for m in each]} for row in comparison.rows_of(medians)],
    }


def in_turn(works: Works, rounds: int, device: torch.device, timed: bool = True) -> dict[str, list[float]]:
    """a, b, c, a, b, c …, so that a drift of the machine meets all alike: milliseconds, or what the works return.

    Timed is the second of two calls: the first finds memory and caches as the work before left them, and in use each
    of these works follows itself.
    """
    if not timed:
        return {name: [float(work()) for _ in range(rounds)] for name, work in works.items()}
    found: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, work in works.items():
                work()
                found[name].append(milliseconds(work, device))
    finally:
        gc.enable()
    return found


def milliseconds(work: Work, device: torch.device) -> float:
    wait(device)
    begun = time.perf_counter()
    work()
    wait(device)
    return 1e3 * (time.perf_counter() - begun)


def wait(device: torch.device) -> None:
    """Until the device has done all it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def machine(device: torch.device) -> dict[str, Any]:
    """What the numbers depend on."""
    return {
        "date": date.today().isoformat(),
        "kit": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "blas": ", ".join(sorted({str(library.get("architecture")) for library in blas_libraries()})),
        "system": platform.system(),
        "processor": processor(),
        "avx512": "avx512f" in cpu_info("flags").split(),
        "cores": CORES,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
    }


def blas_libraries() -> list[dict[str, Any]]:
    """What NumPy and SciPy multiply with. Their kernels are chosen for the processor at hand."""
    importlib.import_module("scipy.linalg.blas")
    return [library for library in threadpool_info() if library["user_api"] == "blas"]


def processor() -> str:
    return cpu_info("model name") or platform.processor() or platform.machine()


def cpu_info(what: str) -> str:
    """What Linux says about the first processor; empty where it says nothing."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(what)), "")
