"""The loop over time, forwards and backwards, on NumPy's arrays or on tensors.

A time step of a lesson's network takes some microseconds, so on arrays what counts is how little Python there is in it;
on tensors, which may live on a GPU, how few launches.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided
from threadpoolctl import threadpool_info
from torch import Tensor

from .arrays import Array

InPlace = Callable[[Array], object]
Pull = Callable[..., Array]  # g and h = φ(x), and where to write φ'(x)ᵀ g


def forwards(
    M: Array, phi_: InPlace, h: Array, drive: Array, states: Array, values: Array, tap: Array | None = None
) -> None:
    """values_t = φ(states_{t−1} M + drive_t) from states_{−1} = h, written into `values` and `states`.

    With a tap states_t = values_t + tap_t; without one `states` and `values` are the same array. On tensors `drive` and
    `values` must be the same, so that product and sum are one launch.
    """
    loop = _forwards_tensors if isinstance(M, Tensor) else _forwards_arrays
    loop(M, phi_, h, drive, states, values, tap)


def backwards(
    M: Array, later: Array | None, arriving: Array, gradients: Array, deltas: Array, pull: Pull | None = None
) -> Array:
    """g_t = ℓ_t + δ_{t+1} M and δ_t = φ'(·) g_t, from the last time to the first; ℓ is `arriving`.

    `deltas` holds the slopes φ' and receives δ. With `pull`, for a φ that is not elementwise, `deltas` holds the values
    of φ, and δ_t = pull(g_t, values_t). `later` is the δ of the time after the last one, or None. Returns a
    copy of the first δ: the part of time before this one may use the same memory. On tensors `arriving` and
    `gradients` must be the same, so that product and sum are one launch.
    """
    loop = _backwards_tensors if isinstance(M, Tensor) else _backwards_arrays
    return loop(M, later, arriving, gradients, deltas, pull)


@np.errstate(all="ignore")  # what overflows is inf, as with torch, and no warning
def _forwards_arrays(
    M: Array, phi_: InPlace, h: Array, drive: Array, states: Array, values: Array, tap: Array | None
) -> None:
    room, product, add = *_room(states), np.add
    before = [_padded(h, len(room)), *_with_rows(states, len(room))]
    for t, (h, now, value) in enumerate(zip(before, drive, values, strict=True)):
        h.dot(M, room)  # np.dot with out= would take a tenth longer
        add(now, product, value)
        phi_(value)
        if tap is not None:
            add(value, tap[t], states[t])


@np.errstate(all="ignore")
def _backwards_arrays(
    M: Array, later: Array | None, arriving: Array, gradients: Array, deltas: Array, pull: Pull | None
) -> Array:
    room, product, add, multiply = *_room(deltas), np.add, pull or np.multiply
    gradients[-1] = arriving[-1] if later is None else arriving[-1] + np.dot(later, M)
    multiply(gradients[-1], deltas[-1], out=deltas[-1])
    later = _padded(deltas[-1], len(room))
    for now, g, delta, wide in zip(
        arriving[-2::-1], gradients[-2::-1], deltas[-2::-1], _with_rows(deltas, len(room))[::-1], strict=True
    ):
        later.dot(M, room)
        add(now, product, g)
        multiply(g, delta, delta)
        later = wide
    return deltas[0].copy()


def _forwards_tensors(
    M: Tensor, phi_: InPlace, h: Tensor, drive: Tensor, states: Tensor, values: Tensor, tap: Tensor | None
) -> None:
    for t, value in enumerate(values):
        value.addmm_(h, M)
        phi_(value)
        h = value if tap is None else torch.add(value, tap[t], out=states[t])


def _backwards_tensors(
    M: Tensor, later: Tensor | None, arriving: Tensor, gradients: Tensor, deltas: Tensor, pull: Pull | None
) -> Tensor:
    multiply = pull or torch.mul
    for g, delta in zip(reversed(list(gradients)), reversed(list(deltas)), strict=True):
        if later is not None:
            g.addmm_(later, M)
        later = multiply(g, delta, out=delta)
    return deltas[0].clone()


# --- rows that fill the tiles of BLAS


@cache
def tile_rows() -> int:
    """How many rows a kernel of BLAS multiplies at once: OpenBLAS's for AVX2 takes longer for 10 rows than for 12."""
    kernels = {library["architecture"] for library in threadpool_info() if library["internal_api"] == "openblas"}
    return 4 if kernels and kernels <= {"Haswell", "Zen"} else 1


def _room(array: Array) -> tuple[Array, Array]:
    """Memory for the product of one time of a (time, batch, n) array, and its first `batch` rows.

    It may have more rows than the batch, to fill a kernel's tile: then some rows of the next time are multiplied too,
    and their products are ignored.
    """
    _, batch, n = array.shape
    rows = -(-batch // tile_rows()) * tile_rows()
    room = np.empty((rows if array.flags.c_contiguous and rows <= 2 * batch else batch, n), array.dtype)
    return room, room[:batch]


def _with_rows(array: Array, rows: int) -> Array:
    """array[t] for all t except the last, each with the first rows of array[t + 1] behind its own; to be read only."""
    time, _, n = array.shape
    return as_strided(array, (time - 1, rows, n), array.strides, writeable=False)


def _padded(h: Array, rows: int) -> Array:
    """h with rows of zeros behind its own."""
    padded = np.zeros((rows, h.shape[1]), h.dtype)
    padded[: len(h)] = h
    return padded
