"""What the loop over time works on: torch's tensors or, on a CPU, NumPy's arrays on the same memory.

At the sizes of a lesson a time step is a few products of some microseconds each, so what counts is the cost of a call,
and a call of NumPy's costs a third of one of torch's.
"""

from __future__ import annotations

import math
from threading import RLock
from types import ModuleType
from typing import Any, TypeAlias
from weakref import ref

import numpy as np
import torch
from torch import Tensor

from ..threads import blas_threads
from ..torch_internals import apply, is_lazy, is_wrapped, opaque

Array: TypeAlias = Any  # a tensor or an array; both libraries have `multiply(a, b, out=c)` and its like


def library(array: Array) -> ModuleType:
    """The module whose functions take this array."""
    return torch if isinstance(array, Tensor) else np


def as_arrays(tensors: list[Tensor]) -> list[Array]:
    """The tensors as arrays on the same memory, if all of them can be; else the tensors themselves."""
    if all(shareable(tensor) for tensor in tensors):
        return [(tensor.detach() if tensor.requires_grad else tensor).numpy() for tensor in tensors]
    return tensors


def empty_like(tensor: Tensor) -> Tensor:
    """A contiguous tensor of this shape that is not filled; on a CPU in memory from `allocate`."""
    if shareable(tensor):
        return torch.from_numpy(allocate(tuple(tensor.shape), tensor.detach().numpy().dtype))
    return torch.empty_like(tensor, memory_format=torch.contiguous_format)


LARGE = 2**17  # bytes; for so much the C library asks the operating system each time, and gives it back each time
KEEP = 2**29  # bytes that are kept for the next array at most
_free: list[Array] = []  # flat arrays that nothing uses, the oldest first
_lent: dict[int, tuple[ref[Array], Array]] = {}  # an array that is in use, and the flat array whose memory it has
_lock = RLock()  # reentrant: garbage may be collected while it is held, which gives an array back


def allocate(shape: tuple[int, ...], dtype: Any) -> Array:
    """An array that is not filled, in the memory of an earlier array of as many bytes, if one is free.

    New memory costs a page fault for every 4 kB, which at the sizes of a lesson is a tenth of a training step. Up to
    KEEP bytes stay with the process for this.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size < LARGE:
        return np.empty(shape, dtype)
    with _lock:
        index = next((i for i in reversed(range(len(_free))) if _free[i].nbytes == size), None)
        flat = np.empty(size, np.uint8) if index is None else _free.pop(index)
    array = flat.view(dtype).reshape(shape)
    gone = ref(array, _give_back)
    _lent[id(gone)] = gone, flat
    return array


def _give_back(gone: ref[Array]) -> None:
    with _lock:
        _free.append(_lent.pop(id(gone))[1])
        while sum(kept.nbytes for kept in _free) > KEEP:
            _free.pop(0)


class _Product(torch.autograd.Function):
    """A B by NumPy. Its gradients are such products again, so it may be differentiated any number of times."""

    @staticmethod
    @np.errstate(all="ignore")
    def forward(a: Tensor, b: Tensor) -> Tensor:
        left, right = a.detach().numpy(), b.detach().numpy()
        out = allocate((len(left), right.shape[1]), left.dtype)
        # A second thread of BLAS would win little here, and would keep its core busy when it is done: it waits for more
        # work by spinning, while the loop over time needs that core.
        with blas_threads(1):
            return torch.from_numpy(np.dot(left, right, out=out))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, incoming: Tensor) -> Any:
        a, b = ctx.saved_tensors
        by_a, by_b = ctx.needs_input_grad
        return product(incoming, b.T) if by_a else None, product(a.T, incoming) if by_b else None


@opaque
def product(rows: Tensor, matrix: Tensor) -> Tensor:
    """rows @ matrix, the last axis of `rows` by the first of `matrix`, for many rows and a narrow matrix.

    On a CPU by NumPy, into memory that is used again: for a large batch that takes a fraction of torch's time.
    """
    if not (shareable(rows) and shareable(matrix)):
        return rows @ matrix
    flat: Tensor = apply(_Product, rows.reshape(rows.shape[:-1].numel(), rows.shape[-1]), matrix)
    return flat.view(*rows.shape[:-1], matrix.shape[1])


@np.errstate(all="ignore")
def add_product(total: Array, a: Array, b: Array) -> None:
    """total ← total + aᵀ b"""
    if isinstance(total, Tensor):
        total.addmm_(a.T, b)
    else:
        total += np.dot(a.T, b, out=allocate(total.shape, total.dtype))


def shareable(tensor: Tensor) -> bool:
    """Whether NumPy may work on the tensor's memory."""
    # a subclass, such as torch.func's or a fake tensor, has no memory of its own
    return (
        type(tensor) in (Tensor, torch.nn.Parameter)
        and tensor.is_cpu
        and tensor.dtype in (torch.float32, torch.float64)
        and not is_wrapped(tensor)
        and not is_lazy(tensor)
    )
