"""Where to compute, and with how many threads."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TypeVar

import torch
from threadpoolctl import ThreadpoolController

R = TypeVar("R")


def best_device() -> torch.device:
    """cuda where there is one, else mps, else the cpu."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def full_precision(device: torch.device) -> AbstractContextManager[object]:
    """Autocast off, on a device that has it."""
    if torch.amp.is_autocast_available(device.type):
        return torch.autocast(device.type, enabled=False)
    return nullcontext()


@contextmanager
def threads(count: int) -> Iterator[None]:
    """The number of threads of torch, which belongs to the calling thread, and of NumPy's BLAS, which belongs to the
    process: set, then put back. On matrices as small as a lesson's a second thread costs more than it brings, and
    beside a browser that draws, OpenBLAS's spinning threads make it ten times slower."""
    with torch_threads(count), _blas().limit(limits=count, user_api="blas"):
        yield


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """The number of threads of torch alone."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def side_by_side(works: list[Callable[[], R]]) -> list[R]:
    """The results of all works, each in a thread of Python's with one thread of torch and of BLAS, and no gradients:
    for works that spend their time in products, during which Python serves the others. (Where torch has one thread and
    there is one work, it is simply done.)"""
    if len(works) == 1 and torch.get_num_threads() == 1:  # nothing to set: that costs as much as some time steps
        return [works[0]()]
    inference = torch.is_inference_mode_enabled()

    def alone(work: Callable[[], R]) -> R:
        with torch.inference_mode(inference), torch.no_grad(), torch_threads(1):  # each belongs to a thread
            return work()

    # new threads each time: those of a pool that is kept are not there after a fork
    with threads(1), ThreadPoolExecutor(len(works)) as pool:
        others = [pool.submit(alone, work) for work in works[1:]]
        return [alone(works[0]), *(other.result() for other in others)]


@cache
def _blas() -> ThreadpoolController:
    """The BLAS libraries of this process, NumPy's and SciPy's; finding them takes milliseconds."""
    importlib.import_module("scipy.linalg.blas")  # what is not loaded yet is not found
    return ThreadpoolController()
