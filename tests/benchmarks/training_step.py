"""One training step at N = 128, batch 10, 220 time steps against torch.nn.RNN (tanh), in one process.

    python tests/benchmarks/training_step.py [threads]

Prints medians of 50 and their ratios. "step" is the whole of it: data, V, forward, backward, optimiser, norms of states
and gradients; torch's recurrence is forward and backward alone, then with what a step needs around it.
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch

from nnrnn_core import NNRNN, SequenceModel, Training, tasks

TASK = tasks.Copying(delay=200)


def median(work: Callable[[], object], rounds: int = 50) -> float:
    for _ in range(5):
        work()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return 1e3 * statistics.median(times)


def recurrence(network: torch.nn.Module) -> Callable[[], object]:
    inputs = torch.randn(TASK.length, 10, TASK.input_size)
    return lambda: network(inputs)[0].square().mean().backward()


def training(recurrent: str | torch.nn.Module) -> Training:
    return Training(SequenceModel(recurrent, TASK.input_size, 128, TASK.output_size), TASK)


def main() -> None:
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    torch.set_num_threads(threads)
    peer = median(recurrence(torch.nn.RNN(TASK.input_size, 128)))
    runs = {name: training(kind) for name, kind in (("nnRNN", "nnrnn"), ("torch.nn.RNN", torch.nn.RNN(10, 128)))}
    for run in runs.values():
        run.settings.threads = threads
    print(f"threads: {threads}; milliseconds, and the ratio to torch.nn.RNN (tanh), forward and backward")
    for name, work in (
        ("torch.nn.RNN (tanh), forward and backward", recurrence(torch.nn.RNN(TASK.input_size, 128))),
        ("NNRNN, tanh, forward and backward", recurrence(NNRNN(TASK.input_size, 128, nonlinearity="tanh"))),
        ("NNRNN, modReLU, forward and backward", recurrence(NNRNN(TASK.input_size, 128))),
        ("nnRNN, a whole training step", runs["nnRNN"].step),
        ("the same, with the late gradient", lambda: runs["nnRNN"].step(late=True)),
        ("torch.nn.RNN (tanh), a whole training step", runs["torch.nn.RNN"].step),
    ):
        found = median(work)
        print(f"{found:8.2f}  {found / peer:5.2f}  {name}")


if __name__ == "__main__":
    main()
