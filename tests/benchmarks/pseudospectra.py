"""σ_min(zI − V) on a grid: the kit against one batched SVD and against a loop of SVDs, in one process.

    python tests/benchmarks/pseudospectra.py

Three matrices, 41×41 points at N = 32 and 61×61 at N = 64, at the tolerance of a lab at rest (1e-3), of a slider that
moves (1e-2), and of the library's default (1e-8). Prints medians of five (the SVDs: one), and the ratios to the batch.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from nnrnn_core import dynamics
from nnrnn_core.device import threads


def milliseconds(work: Callable[[], object], rounds: int = 5) -> float:
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return 1e3 * statistics.median(times)


def main() -> None:
    for size, points in ((32, 41), (64, 61)):
        axis = np.linspace(-1.5, 1.5, points)
        z = axis + 1j * axis[:, None]
        for name in ("grcar", "random", "nnrnn"):
            V = dynamics.gallery[name](size=size)
            own = {
                tolerance: milliseconds(lambda V=V, axis=axis, t=tolerance: dynamics.pseudospectrum(V, axis, axis, t))
                for tolerance in (1e-2, 1e-3, 1e-8)
            }
            stack = z[..., None, None] * np.eye(size) - V
            batch = milliseconds(lambda stack=stack: np.linalg.svd(stack, compute_uv=False), 1)
            loop = milliseconds(
                lambda stack=stack: [[np.linalg.svd(M, compute_uv=False) for M in row] for row in stack], 1
            )
            found = ", ".join(f"{t:g}: {ms:.0f} ms ({batch / ms:.0f}×)" for t, ms in own.items())
            print(f"N = {size}, {points}×{points}, {name:7s} batch {batch:.0f} ms, loop {loop:.0f} ms; kit {found}")


if __name__ == "__main__":
    with threads(1):
        main()
