"""h_t = φ(V h_{t−1} + drive_t), and backpropagation through time written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .activations import Activation
from .arrays import Array, accumulate, add_product, empty_like, fastest, library, opaque, shareable
from .device import torch_threads

# of the drive (δ_t), of V through all states but h_0, of the activation's parameter; g_t where it is asked for
Gradients: TypeAlias = tuple[Tensor, Tensor, Tensor | None, Tensor | None]


# one opaque call to torch.compile: dynamo would unroll the loop over time
@opaque
def unroll(
    drive: Float[Tensor, "time batch n"],
    V: Float[Tensor, "n n"],
    h0: Float[Tensor, "batch n"],
    activation: Activation,
    tap: Float[Tensor, "time batch n"] | None = None,
) -> Float[Tensor, "time batch n"]:
    """h_t = φ(V h_{t−1} + drive_t) + tap_t for t = 1 … time (paper, eq. 1).

    drive       U x_t + b at all times
    activation  from `nnrnn_core.activations`
    tap         zeros, whose gradient is then ∂L/∂h_t: the total derivative of the loss by the state, all its later
                effects included. The tapped state is what comes out and what feeds the next step.

    Backwards, with ℓ_t what arrives from the read-out and δ_t = φ'(·) g_t:  g_t = ℓ_t + Vᵀ δ_{t+1}.
    The gradient of V is a product over all times, taken in parts that fit a core's cache. Differentiable once; a second
    derivative raises RuntimeError.
    """
    _check(drive, V, h0, tap, activation.parameter)
    states: Tensor
    states, _ = _Unroll.apply(drive, V, h0, activation.parameter, tap, activation)  # type: ignore[no-untyped-call]
    return states


@torch.no_grad()
def total_gradients(
    direct: Float[Tensor, "time batch n"],
    V: Float[Tensor, "n n"],
    states: Float[Tensor, "time batch n"],
    activation: Activation,
) -> Float[Tensor, "time batch n"]:
    """∂L/∂h_t at all times from what the read-out alone sends to each state: g_t = ℓ_t + Vᵀ φ'(·) g_{t+1}.

    direct  ℓ_t, the derivative of the loss by h_t with all later states held
    states  h_t as `unroll` gave them, without a tap or at tap 0
    The same as the gradient of a tap, without the gradients of V and of the input, for less than half the time.
    """
    gradients = empty_like(direct)
    for _ in _sweep(direct, V, states, activation, gradients=gradients):
        pass
    return gradients


def _check(drive: Tensor, V: Tensor, h0: Tensor, tap: Tensor | None, parameter: Tensor | None) -> None:
    time, batch, n = drive.shape if drive.dim() == 3 else (0, 0, 0)
    if time < 1:
        raise ValueError(f"drive must be (time, batch, n) with time >= 1; got {tuple(drive.shape)}")
    if V.shape != (n, n):
        raise ValueError(f"V must be ({n}, {n}) to fit the drive's {n} units; got {tuple(V.shape)}")
    if h0.shape != (batch, n):
        raise ValueError(f"h0 must be ({batch}, {n}) to fit the drive; got {tuple(h0.shape)}")
    if tap is not None and tap.shape != drive.shape:
        raise ValueError(f"tap must have the drive's shape {tuple(drive.shape)}; got {tuple(tap.shape)}")
    if parameter is not None and parameter.shape != (n,):
        raise ValueError(f"the activation's parameter must be ({n},), one number a unit; got {tuple(parameter.shape)}")
    wanted = f"{drive.dtype} on {drive.device}"
    for name, tensor in (("V", V), ("h0", h0), ("tap", tap), ("the activation's parameter", parameter)):
        if tensor is not None and f"{tensor.dtype} on {tensor.device}" != wanted:
            raise TypeError(f"{name} is {tensor.dtype} on {tensor.device}, drive is {wanted}: make them alike")


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
    source, *arrays = fastest([drive, V.T.contiguous(), h0, states, values, *taps])
    _loop(activation, parameter, _part_length(values), None if overwrite else source, *arrays)
    return states, values if taps else None


class _Unroll(torch.autograd.Function):
    """The loop."""

    @staticmethod
    def forward(
        drive: Tensor, V: Tensor, h0: Tensor, parameter: Tensor | None, tap: Tensor | None, activation: Activation
    ) -> tuple[Tensor, Tensor | None]:
        return forward_pass(drive, V, h0, parameter, tap, activation)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        states, values = output
        if values is not None:
            ctx.mark_non_differentiable(values)
        ctx.tapped, ctx.activation = inputs[4] is not None, inputs[5]
        ctx.save_for_backward(inputs[1], inputs[2], states, values)

    @staticmethod
    def backward(ctx: Any, incoming: Tensor, _: Tensor | None) -> Any:
        arguments = (incoming, *ctx.saved_tensors, ctx.tapped, ctx.activation)
        deltas, dV, dh0, parameter, gradients = _Adjoint.apply(*arguments)  # type: ignore[no-untyped-call]
        return deltas, dV, dh0, parameter, gradients, None


def _is_zero(tap: Tensor) -> bool:
    """Whether the tap is seen to be 0 without waiting for a device. One number in all places is looked at once."""
    return shareable(tap) and not bool((tap if any(tap.stride()) else tap[:1, :1, :1]).any())


@np.errstate(all="ignore")  # what overflows is inf, as with torch, and no warning
def _loop(
    activation: Activation,
    parameter: Tensor | None,
    length: int,
    drive: Array | None,
    M: Array,
    h: Array,
    states: Array,
    values: Array,
    tap: Array | None = None,
) -> None:
    """values_t = φ(states_{t−1} M + drive_t); with a tap the state is the value and the tap. Without a drive it is what
    `values` holds."""
    add_to, phi_, add = accumulate(M), activation.in_place(values[0], parameter), library(M).add
    for begin in range(0, len(values), length):
        part = slice(begin, begin + length)
        if drive is not None:  # a product adds to what is there
            values[part] = drive[part]
        for t, value in enumerate(values[part], begin):
            add_to(h, value)
            phi_(value)
            h = value if tap is None else add(value, tap[t], out=states[t])


CHUNK = 2**18  # numbers in a part of the way, on a CPU: what a core's cache holds
# Multiplications from which on BLAS uses its threads for one product (OpenBLAS's own rule). It is then left all
# the work: where it and torch's threads take turns, each pool waits for the other, four times as long as it computes.
BLAS_THREADS = 2**18


def _part_length(values: Tensor) -> int:
    """Times in a part."""
    time, batch, n = values.shape
    return max(1, min(time, CHUNK // max(1, batch * n))) if values.device.type == "cpu" else time


def _sweep(
    incoming: Tensor,
    V: Tensor,
    values: Tensor,
    activation: Activation,
    deltas: Tensor | None = None,
    gradients: Tensor | None = None,
) -> Iterator[slice]:
    """g_t = ℓ_t + Vᵀ δ_{t+1}, δ_t = φ'(·) g_t, from last to first, ℓ = incoming; yields the parts of time as they are
    done. δ_t and g_t are kept for all times in `deltas` and `gradients`, where given; `gradients` may be `incoming`."""
    time, length = len(values), _part_length(values)
    memory = [empty_like(values[:length]) if kept is None else kept for kept in (deltas, gradients)]
    arrays, later = fastest([V.contiguous(), incoming, *memory]), None
    add_to = accumulate(arrays[0])
    for stop in range(time, 0, -length):
        part = slice(max(0, stop - length), stop)
        here = [part if len(kept) == time else slice(0, part.stop - part.start) for kept in memory]
        activation.slope(values[part], memory[0][here[0]])
        if gradients is not incoming:
            arrays[3][here[1]] = arrays[1][part]
        later = _loop_back(add_to, later, arrays[2][here[0]], arrays[3][here[1]])
        if deltas is None:
            later = 1 * later  # a copy: the next part takes its memory
        yield part


@np.errstate(all="ignore")
def _loop_back(add_to: Callable[[Array, Array], object], later: Array | None, deltas: Array, gradients: Array) -> Array:
    """g_t and δ_t of a part of time, where `gradients` holds ℓ_t and `deltas` the slopes; `later` is the δ after it.
    Returns the first δ."""
    multiply = library(deltas).multiply
    for t in range(len(deltas) - 1, -1, -1):
        g, delta = gradients[t], deltas[t]
        if later is not None:
            add_to(later, g)
        later = multiply(g, delta, out=delta)
    return later


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
    values = states if tapped_values is None else tapped_values
    deltas = empty_like(states)
    # g_t is kept for all times where a tap asks for it, or where it saves a launch a step
    gradients = incoming if overwrite else empty_like(states) if tapped or not shareable(states) else None
    dV = torch.zeros_like(V, memory_format=torch.contiguous_format)
    parameter, batch = None, states.shape[1]
    before, after, total = states.flatten(0, 1), deltas.flatten(0, 1), dV
    by_blas = batch * V.numel() > BLAS_THREADS or torch.get_num_threads() == 1
    if by_blas:
        before, after, total = fastest([before, after, total])
    with torch_threads(1) if by_blas else nullcontext():
        for part in _sweep(incoming, V, values, activation, deltas, gradients):
            # while this part is in the processor's cache
            change = activation.parameter_gradient(deltas[part].flatten(0, 1), values[part].flatten(0, 1))
            parameter = change if parameter is None or change is None else parameter + change
            rows = slice(max(1, part.start) * batch, part.stop * batch)
            add_product(total, after[rows], before[rows.start - batch : rows.stop - batch])
    return deltas, dV, parameter, gradients if tapped else None


class _Adjoint(torch.autograd.Function):
    """The adjoint loop, a function of its own so that a second derivative, under torch.func too, is an error and not
    a silent zero."""

    @staticmethod
    def forward(
        incoming: Tensor,
        V: Tensor,
        h0: Tensor,
        states: Tensor,
        tapped_values: Tensor | None,
        tapped: bool,
        activation: Activation,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None, Tensor | None]:
        deltas, dV, parameter, gradients = backward_pass(incoming, V, states, tapped_values, tapped, activation)
        return deltas, dV.addmm_(deltas[0].T, h0), deltas[0] @ V, parameter, gradients

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        raise RuntimeError("unroll is differentiable once; a second derivative needs a plain loop over time")
