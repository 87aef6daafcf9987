"""One pass forwards through time and one backwards.

On a CPU the backward pass goes through time in parts, so that what was just written is still in the cache when it is
read. Where the batch is large, each thread takes some of its sequences through time by itself, for the sequences of a
batch do not depend on one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import TypeAlias, TypeVar

import torch
from torch import Tensor

from ..threads import threads, torch_threads
from .activations import Activation
from .arrays import add_product, as_arrays, empty_like, shareable
from .complex_modrelu import Pulling
from .loops import backwards, forwards

R = TypeVar("R")
# The gradients of the drive (δ_t at all times), of V through all states except h_0, and of the activation's parameter;
# then g_t at all times, or None if it was not asked for.
Gradients: TypeAlias = tuple[Tensor, Tensor, Tensor | None, Tensor | None]

CHUNK = 2**19  # numbers in a part of time, on a CPU: few enough for the cache, enough for a fast product over its times
# A thread is worth its cost for a share of the batch of at least so many sequences (BLAS copies V into its own layout
# for each product of each thread) and so many multiplications in a time step (Python serves one thread at a time).
SEQUENCES, MULTIPLICATIONS = 16, 2**21


def forward_pass(
    drive: Tensor,
    V: Tensor,
    h0: Tensor,
    parameter: Tensor | None,
    tap: Tensor | None,
    activation: Activation,
) -> tuple[Tensor, Tensor | None]:
    """The states of `unroll`, and the values of φ before a tap that is not 0 was added; without such a tap None.

    Slopes are taken from those values: a slope taken from a tapped state would be wrong. Autograd records nothing here.
    """
    values = empty_like(drive)
    states, taps = (values, []) if tap is None or _is_zero(tap) else (empty_like(values), [tap])
    M, first, *arrays = as_arrays([V.T.contiguous(), h0, drive, states, values, *taps])
    if isinstance(M, Tensor):
        arrays[0] = values.copy_(drive)  # the product is added to it in place: one launch for each time step

    def share(rows: slice) -> None:
        of_rows = [array[:, rows] for array in arrays]
        phi_ = activation.in_place(of_rows[2][0], parameter)
        forwards(M, phi_, first[rows], *of_rows)

    _in_shares(share, values)
    return states, values if taps else None


def backward_pass(
    incoming: Tensor,
    V: Tensor,
    states: Tensor,
    tapped_values: Tensor | None,
    parameter: Tensor | None,
    tapped: bool,
    activation: Activation,
) -> Gradients:
    """All gradients from ℓ_t (`incoming`), and g_t if `tapped`. `tapped_values` as `forward_pass` returned them."""
    values, V = states if tapped_values is None else tapped_values, V.contiguous()
    deltas = empty_like(states)
    gradients = empty_like(states) if tapped else None

    def share(rows: slice) -> tuple[Tensor, Tensor | None]:
        total, by_parameter = torch.zeros_like(V), None
        before = _Window(states[:, rows], states[:, rows])
        for part, value, delta in _sweep(rows, incoming, V, values, parameter, activation, deltas, gradients):
            # now, while this part of time is in the cache
            change = activation.parameter_gradient(delta.flatten(0, 1), value.flatten(0, 1))
            by_parameter = change if by_parameter is None or change is None else by_parameter + change
            first = max(1, part.start)  # h_0 is not among the states
            h, after = before.read(slice(first - 1, part.stop - 1)), delta[first - part.start :]
            add_product(*as_arrays([total, after.flatten(0, 1), h.flatten(0, 1)]))
        return total, by_parameter

    (dV, by_parameter), *rest = _in_shares(share, values)
    for total, change in rest:
        dV += total
        by_parameter = None if by_parameter is None or change is None else by_parameter + change
    return deltas, dV, by_parameter, gradients


def adjoint_pass(direct: Tensor, V: Tensor, states: Tensor, activation: Activation) -> Tensor:
    """g_t at all times from ℓ_t (`direct`)."""
    gradients, V = empty_like(direct), V.contiguous()

    def share(rows: slice) -> None:
        for _ in _sweep(rows, direct, V, states, activation.parameter, activation, None, gradients):
            pass

    _in_shares(share, states)
    return gradients


def _is_zero(tap: Tensor) -> bool:
    """Whether the tap is known to be 0 without waiting for a GPU. Where one number stands for all, one is looked at."""
    return shareable(tap) and not bool((tap if any(tap.stride()) else tap[:1, :1, :1]).any())


class _Window:
    """Some rows of the batch in a (time, batch, n) tensor, one part of time after another, as contiguous memory.

    It is the tensor's own memory where that is contiguous, and a copy elsewhere. Without a tensor it is scratch memory.
    """

    def __init__(self, tensor: Tensor | None, like: Tensor) -> None:
        own = tensor is not None and tensor.is_contiguous()
        self._tensor, self._copy = tensor, None if own else empty_like(like[: _part_length(like)])

    def place(self, part: slice) -> Tensor:
        if self._copy is not None:
            return self._copy[: part.stop - part.start]
        assert self._tensor is not None
        return self._tensor[part]

    def read(self, part: slice) -> Tensor:
        here = self.place(part)
        return here if self._copy is None or self._tensor is None else here.copy_(self._tensor[part])

    def write(self, part: slice) -> None:
        if self._copy is not None and self._tensor is not None:
            self._tensor[part].copy_(self.place(part))


def _sweep(
    rows: slice,
    incoming: Tensor,
    V: Tensor,
    values: Tensor,
    parameter: Tensor | None,
    activation: Activation,
    deltas: Tensor | None,
    gradients: Tensor | None,
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """g_t = ℓ_t + Vᵀ δ_{t+1} and δ_t = φ'(·) g_t, from the last time to the first, for some rows of the batch.

    ℓ is `incoming`. Yields each part of time when it is done, with its values and its δ, both contiguous. Where
    `deltas` and `gradients` are given, δ_t and g_t of all times are written there.
    """
    incoming, values = incoming[:, rows], values[:, rows]
    deltas = None if deltas is None else deltas[:, rows]
    if gradients is not None:
        gradients = gradients[:, rows]
    elif all(shareable(tensor) for tensor in (V, incoming, values)):
        gradients = empty_like(values[:1]).expand(values.shape)  # one place serves all times
    else:
        gradients = empty_like(values)
    read, written = _Window(values, values), _Window(deltas, values)
    M, arriving, g, _ = as_arrays([V, incoming, gradients, values])
    later, pull = None, None
    if isinstance(activation, Pulling):
        pull = activation.pull(values[0] if isinstance(M, Tensor) else values[0].detach().numpy(), parameter)
    if isinstance(M, Tensor):
        arriving = g.copy_(incoming)  # the product is added to it in place: one launch for each time step
    for stop in range(len(values), 0, -_part_length(values)):
        part = slice(max(0, stop - _part_length(values)), stop)
        value, delta = read.read(part), written.place(part)
        if pull is None:
            activation.slope(value, delta)
        else:
            delta.copy_(value)
        of_delta = delta if isinstance(M, Tensor) else delta.numpy()
        later = backwards(M, later, arriving[part], g[part], of_delta, pull)
        written.write(part)
        yield part, value, delta


def _part_length(values: Tensor) -> int:
    """Time steps in a part."""
    time, batch, n = values.shape
    return max(1, min(time, CHUNK // max(1, batch * n))) if values.device.type == "cpu" else time


def _in_shares(work: Callable[[slice], R], values: Tensor) -> list[R]:
    """work(rows) for all rows of the batch: in one call, or on a CPU in one call for each thread's share of a large
    batch.

    BLAS's own threads would wait for one another at every time step; these do not.
    """
    _, batch, n = values.shape
    if not shareable(values):
        return [work(slice(None))]
    count = max(1, min(torch.get_num_threads(), batch // SEQUENCES, batch * n * n // MULTIPLICATIONS))
    edges = [batch * i // count for i in range(count + 1)]
    return side_by_side([partial(work, slice(*edge)) for edge in pairwise(edges)])


def side_by_side(works: list[Callable[[], R]]) -> list[R]:
    """The results of all works, each done in a Python thread with one thread of torch and of BLAS, without gradients.

    It is meant for works that spend their time in products, during which Python serves the other threads.
    """
    if len(works) == 1 and torch.get_num_threads() == 1:  # nothing to set, which would cost as much as some time steps
        return [works[0]()]
    inference = torch.is_inference_mode_enabled()

    def alone(work: Callable[[], R]) -> R:
        with torch.inference_mode(inference), torch.no_grad(), torch_threads(1):  # each belongs to a thread
            return work()

    # New threads each time: those of a pool that is kept do not exist in a forked process.
    with threads(1), ThreadPoolExecutor(len(works)) as pool:
        others = [pool.submit(alone, work) for work in works[1:]]
        return [alone(works[0]), *(other.result() for other in others)]
