"""Where to compute, and with how many threads."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache

import torch
from threadpoolctl import ThreadpoolController


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


@cache
def _blas() -> ThreadpoolController:
    """The BLAS libraries of this process, NumPy's and SciPy's; finding them takes milliseconds."""
    importlib.import_module("scipy.linalg.blas")  # what is not loaded yet is not found
    return ThreadpoolController()
