"""One pass forwards through time and one back. On a CPU the way back goes in parts of time, and each core has sequences
of its own where a batch is large: the sequences of a batch do not wait for one another."""

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
from .arrays import add_product, empty_like, fastest, shareable
from .loops import backwards, forwards

R = TypeVar("R")
# of the drive (δ_t), of V through all states but h_0, of the activation's parameter; g_t where it is asked for
Gradients: TypeAlias = tuple[Tensor, Tensor, Tensor | None, Tensor | None]

CHUNK = 2**19  # numbers in a part of the way, on a CPU: soon read again, and enough for a quick product of its times
# A share of the batch that is worth a thread: so many sequences, for each thread lays V out anew for its product at
# every step, and so many multiplications a time step, for Python serves one thread at a time.
SEQUENCES, MULTIPLICATIONS = 16, 2**21


def forward_pass(
    drive: Tensor,
    V: Tensor,
    h0: Tensor,
    parameter: Tensor | None,
    tap: Tensor | None,
    activation: Activation,
    overwrite: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """The states of `unroll`, and with a tap that is not 0 the values before it, else None: slopes come from them, and
    a slope taken from a tapped state would be wrong. Nothing is recorded. overwrite: in the drive's own memory, which
    must be contiguous."""
    values = drive if overwrite else empty_like(drive)
    states, taps = (values, []) if tap is None or _is_zero(tap) else (empty_like(values), [tap])
    M, first, *arrays = fastest([V.T.contiguous(), h0, drive, states, values, *taps])
    if isinstance(M, Tensor) and not overwrite:
        arrays[0] = values.copy_(drive)  # where the product adds to it: one launch a time step

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
    tapped: bool,
    activation: Activation,
    overwrite: bool = False,
) -> Gradients:
    """All gradients from ℓ_t (`incoming`); g_t where `tapped` asks for it. tapped_values as from `forward_pass`.
    overwrite: g_t in incoming's own memory, which must be contiguous."""
    values, V = states if tapped_values is None else tapped_values, V.contiguous()
    deltas = empty_like(states)
    gradients = incoming if overwrite else empty_like(states) if tapped else None

    def share(rows: slice) -> tuple[Tensor, Tensor | None]:
        total, parameter = torch.zeros_like(V), None
        before = _Window(states[:, rows], states[:, rows])
        for part, value, delta in _sweep(rows, incoming, V, values, activation, deltas, gradients):
            # while this part has just been used
            change = activation.parameter_gradient(delta.flatten(0, 1), value.flatten(0, 1))
            parameter = change if parameter is None or change is None else parameter + change
            first = max(1, part.start)  # h_0 is not among the states
            h, after = before.read(slice(first - 1, part.stop - 1)), delta[first - part.start :]
            add_product(*fastest([total, after.flatten(0, 1), h.flatten(0, 1)]))
        return total, parameter

    (dV, by_parameter), *rest = _in_shares(share, values)
    for total, parameter in rest:
        dV += total
        by_parameter = None if by_parameter is None or parameter is None else by_parameter + parameter
    return deltas, dV, by_parameter, gradients if tapped else None


def adjoint_pass(direct: Tensor, V: Tensor, states: Tensor, activation: Activation) -> Tensor:
    """g_t at all times from ℓ_t (`direct`)."""
    gradients, V = empty_like(direct), V.contiguous()

    def share(rows: slice) -> None:
        for _ in _sweep(rows, direct, V, states, activation, None, gradients):
            pass

    _in_shares(share, states)
    return gradients


def _is_zero(tap: Tensor) -> bool:
    """Whether the tap is seen to be 0 without waiting for a device. One number in all places is looked at once."""
    return shareable(tap) and not bool((tap if any(tap.stride()) else tap[:1, :1, :1]).any())


class _Window:
    """Some rows of the batch in a (time, batch, n) tensor, one part of time after another as contiguous memory: the
    tensor's own where it is contiguous there, else a copy. Without a tensor it is memory alone."""

    def __init__(self, tensor: Tensor | None, like: Tensor) -> None:
        own = tensor is not None and tensor.is_contiguous()
        self._tensor, self._copy = tensor, None if own else empty_like(like[: _part_length(like)])

    def memory(self, part: slice) -> Tensor:
        if self._copy is not None:
            return self._copy[: part.stop - part.start]
        assert self._tensor is not None
        return self._tensor[part]

    def read(self, part: slice) -> Tensor:
        here = self.memory(part)
        return here if self._copy is None or self._tensor is None else here.copy_(self._tensor[part])

    def write(self, part: slice) -> None:
        if self._copy is not None and self._tensor is not None:
            self._tensor[part].copy_(self.memory(part))


def _sweep(
    rows: slice,
    incoming: Tensor,
    V: Tensor,
    values: Tensor,
    activation: Activation,
    deltas: Tensor | None,
    gradients: Tensor | None,
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """g_t = ℓ_t + Vᵀ δ_{t+1}, δ_t = φ'(·) g_t, from last to first, ℓ = incoming, for some rows of the batch; yields the
    parts of time as they are done, with their values and their δ, contiguous. δ_t and g_t are kept for all times in
    `deltas` and `gradients`, where given; `gradients` may be `incoming`."""
    incoming, values = incoming[:, rows], values[:, rows]
    deltas = None if deltas is None else deltas[:, rows]
    if gradients is not None:
        gradients = gradients[:, rows]
    elif all(shareable(tensor) for tensor in (V, incoming, values)):
        gradients = empty_like(values[:1]).expand(values.shape)  # one place serves all times
    else:
        gradients = empty_like(values)
    read, written = _Window(values, values), _Window(deltas, values)
    M, arriving, g, _ = fastest([V, incoming, gradients, values])
    later = None
    if isinstance(M, Tensor):
        arriving = g.copy_(incoming)  # where the product adds to it: one launch a time step
    for stop in range(len(values), 0, -_part_length(values)):
        part = slice(max(0, stop - _part_length(values)), stop)
        value, delta = read.read(part), written.memory(part)
        activation.slope(value, delta)
        of_delta = delta if isinstance(M, Tensor) else delta.numpy()
        later = backwards(M, later, arriving[part], g[part], of_delta)
        written.write(part)
        yield part, value, delta


def _part_length(values: Tensor) -> int:
    """Times in a part."""
    time, batch, n = values.shape
    return max(1, min(time, CHUNK // max(1, batch * n))) if values.device.type == "cpu" else time


def _in_shares(work: Callable[[slice], R], values: Tensor) -> list[R]:
    """work(rows) for all rows of the batch: at once, or on a CPU, where the batch is large enough, for shares of it
    side by side, one a thread. BLAS's own threads would wait for one another at every time step."""
    _, batch, n = values.shape
    if not shareable(values):
        return [work(slice(None))]
    count = max(1, min(torch.get_num_threads(), batch // SEQUENCES, batch * n * n // MULTIPLICATIONS))
    edges = [batch * i // count for i in range(count + 1)]
    return side_by_side([partial(work, slice(*edge)) for edge in pairwise(edges)])


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
