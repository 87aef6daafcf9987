"""Peak memory of the way back, each measurement in a process of its own.

python -m benchmarks.memory WAY DEVICE [--quick]     prints MB above what was there before
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from nnrnn_core import NNRNN, unroll

from .loops import Problem, kit
from .measure import CORES, Comparison, Row, Setup, Works, wait

MB = 1e6
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def sizes(setup: Setup) -> tuple[int, int, int]:
    return setup.size(512, 8), setup.size(100, 2), setup.size(784, 30)


def states_alone(setup: Setup) -> float:
    """The bytes of all states."""
    n, batch, time = sizes(setup)
    return 4 * n * batch * time / MB


def backward(setup: Setup, name: str) -> float:
    """The backward pass, with states, drive and incoming gradient there before."""
    p, tiny = (Problem.of(*size, setup.device) for size in (sizes(setup), (2, 1, 2)))
    kit(tiny, name)()  # what torch loads when it is first asked for a gradient is there before as well
    states = unroll(p.drive, p.V, p.h0, p.activation(name))
    return growth_of(lambda: torch.autograd.grad(states, p.leaves(name), p.incoming), setup.device)


def last_state(setup: Setup, segments: int | None) -> float:
    """Both ways of a loss on the last state, with inputs of one number a step there before."""
    n, batch, time = sizes(setup)
    network = NNRNN(1, n, device=setup.device)
    inputs = torch.randn(time, batch, 1, device=setup.device)

    def gradients(inputs: torch.Tensor) -> object:
        loss = network.final_state(inputs, segments=segments and min(segments, len(inputs))).square().mean()
        return torch.autograd.grad(loss, [*network.parameters()])

    gradients(inputs[:2, :1])  # as above
    return growth_of(lambda: gradients(inputs), setup.device)


WAYS: dict[str, Callable[[Setup], float]] = {
    "backward pass, tanh": lambda setup: backward(setup, "tanh"),
    "backward pass, modReLU": lambda setup: backward(setup, "modReLU"),
    "final_state, both ways": lambda setup: last_state(setup, None),
    "final_state in 28 segments, both ways": lambda setup: last_state(setup, 28),
}


def growth_of(work: Callable[[], object], device: torch.device) -> float:
    """How far the memory in use rises above where it was, in MB."""
    wait(device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif RESET.exists():
        RESET.write_text("5")
    before = memory(device, peak=False)
    result = work()
    wait(device)
    peak = memory(device, peak=True)
    del result
    return (peak - before) / MB


def memory(device: torch.device, peak: bool) -> float:
    """Bytes in use now or at most: on a GPU by torch, on Linux of the process, elsewhere its peak so far."""
    if device.type == "cuda":
        return (torch.cuda.max_memory_allocated if peak else torch.cuda.memory_allocated)(device)
    if RESET.exists():
        (line,) = (x for x in STATUS.read_text().splitlines() if x.startswith("VmHWM:" if peak else "VmRSS:"))
        return 1024 * float(line.split()[1])
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def in_own_process(way: str, setup: Setup) -> float:
    root = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join([str(root / "tests"), str(root), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "benchmarks.memory", way, str(setup.device), *(["--quick"] * setup.quick)]
    environment = {**os.environ, "PYTHONPATH": paths}
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def works(setup: Setup) -> Works:
    measure = (lambda way, setup: WAYS[way](setup)) if setup.quick else in_own_process
    measured = {way: (lambda way=way: measure(way, setup)) for way in WAYS}
    return {**measured, "the states": lambda: states_alone(setup)}


COMPARISONS = (
    Comparison(
        "memory",
        "Peak memory above what was there before; N = 512, batch 100, 784 steps",
        works,
        (
            Row("backward pass, tanh", ("the states",), 1.2),
            Row("backward pass, modReLU", ("the states",), 1.2),
            Row("final_state in 28 segments, both ways", ("final_state, both ways",)),
        ),
        rounds=1,
        threads=min(2, CORES),
        unit="MB",
        timed=False,
    ),
)

if __name__ == "__main__":
    print(WAYS[sys.argv[1]](Setup(torch.device(sys.argv[2]), "--quick" in sys.argv)))
