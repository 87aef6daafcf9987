"""How many threads a computation may use, and which goes first. This works where torch is not installed, too."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import Any

from threadpoolctl import ThreadpoolController


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Set the number of threads of torch and of NumPy's BLAS; put both back at the end.

    Torch's number belongs to the calling thread, that of BLAS to the whole process. For matrices as small as a lesson's
    a second thread costs more than it saves, and beside a browser that draws, OpenBLAS's waiting threads make the
    computation ten times slower.
    """
    with torch_threads(count), blas_threads(count):
        yield


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Set the number of threads of NumPy's and SciPy's BLAS alone, for the whole process; put it back at the end.

    Where several of Python's threads set it, the last one decides, and when all have ended the number is again what it
    was before the first.
    """
    key = object()
    with _limits_lock:
        if not _limits:
            _before[:] = [library.num_threads for library in _blas()]
        _limits[key] = count
        _set_blas_threads([count] * len(_blas()))
    try:
        yield
    finally:
        with _limits_lock:
            del _limits[key]
            last = next(reversed(_limits.values()), None)
            _set_blas_threads(_before if last is None else [last] * len(_before))


_limits: dict[object, int] = {}  # those that are in force, the last one on top
_before: list[int] = []  # the numbers before the first of them
_limits_lock = RLock()


def _set_blas_threads(counts: Sequence[int]) -> None:
    for library, count in zip(_blas(), counts, strict=True):
        if hasattr(library, "clear_controlling_thread"):  # since 3.7, else threads but the first would change nothing
            library.clear_controlling_thread(force=True)
        library.set_num_threads(count)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Set the number of torch's threads alone; without torch, nothing."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


_first = RLock()


@contextmanager
def first() -> Iterator[None]:
    """Compute what a person waits for: meanwhile the other threads stop where they next call `give_way`.

    Two threads that call NumPy in turns slow each other down more than twofold, because Python serves one at a time.
    """
    with _first:
        yield


def give_way() -> None:
    """Wait as long as another thread is `first`. Long computations call it between two of their steps."""
    with _first:
        pass


@cache
def _blas() -> list[Any]:
    """The BLAS libraries of this process, NumPy's and SciPy's. Finding them takes milliseconds, so it is done once."""
    importlib.import_module("scipy.linalg.blas")  # a library that is not loaded yet is not found
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)
