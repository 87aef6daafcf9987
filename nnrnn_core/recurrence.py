"""h_t = φ(V h_{t−1} + drive_t), and backpropagation through time written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .activations import Activation
from .arrays import Array, affine, fastest, library


# one opaque call to torch.compile: dynamo would unroll the loop over time
@torch.compiler.disable  # type: ignore[untyped-decorator]
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
    The gradient of V is one product over all times. Differentiable once; a second derivative raises RuntimeError.
    """
    _check(drive, V, h0, tap, activation.parameter)
    states, _ = _Unroll.apply(drive, V, h0, activation.parameter, tap, activation)  # type: ignore[no-untyped-call]
    after: Tensor = states[1:]
    return after


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
    incoming = torch.cat([torch.zeros_like(direct[:1]), direct])
    gradients = torch.empty_like(incoming)
    _sweep(incoming, V, states, activation, gradients)
    return gradients[1:]


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


class _Unroll(torch.autograd.Function):
    """The loop. `states` is (time + 1, batch, n) with h0 at index 0, so that states[:-1] are the predecessors of
    states[1:]. With a tap the values before it are kept beside the states: slopes come from them, and a slope taken
    from a tapped state would be wrong."""

    @staticmethod
    def forward(
        drive: Tensor, V: Tensor, h0: Tensor, parameter: Tensor | None, tap: Tensor | None, activation: Activation
    ) -> tuple[Tensor, Tensor | None]:
        states = drive.new_empty(drive.shape[0] + 1, *drive.shape[1:])
        states[0] = h0
        values = states[1:] if tap is None else torch.empty_like(states[1:])
        taps = [] if tap is None else [tap]
        _loop(activation, parameter, *fastest([drive, V.T.contiguous(), states, values, *taps]))
        return states, None if tap is None else values

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        states, values = output
        if values is not None:
            ctx.mark_non_differentiable(values)
        ctx.activation = inputs[5]
        ctx.save_for_backward(inputs[1], states, values)

    @staticmethod
    def backward(ctx: Any, incoming: Tensor, _: Tensor | None) -> Any:
        V, states, values = ctx.saved_tensors
        adjoint = _Adjoint.apply(incoming, V, states, values, ctx.activation)  # type: ignore[no-untyped-call]
        deltas, dV, h0, parameter, gradients = adjoint
        return deltas, dV, h0, parameter, None if gradients is None else gradients[1:], None


@np.errstate(all="ignore")  # what overflows is inf, as with torch, and no warning
def _loop(
    activation: Activation, parameter: Tensor | None, drive: Array, M: Array, states: Array, values: Array, *tap: Array
) -> None:
    """values_t = φ(states_{t−1} M + drive_t); with a tap the state is the value and the tap."""
    step, phi_ = affine(drive), activation.in_place(values[0], parameter)
    for t, value in enumerate(values):
        phi_(step(drive[t], states[t], M, value))
        for kick in tap:
            library(value).add(value, kick[t], out=states[t + 1])


def _sweep(
    incoming: Tensor, V: Tensor, values: Tensor, activation: Activation, gradients: Tensor | None
) -> tuple[Tensor, Tensor]:
    """g_t = ℓ_t + Vᵀ δ_{t+1}, δ_t = φ'(·) g_t, from last to first; ℓ = incoming, index 0 the initial state.

    Returns δ_t for t = 1 … time and g_0; all g_t go into `gradients`, if given.
    """
    deltas = torch.empty_like(values)
    activation.slope(values, deltas)  # of all times at once; multiplied by g_t in the loop
    kept = incoming.new_empty(1, *incoming.shape[1:]) if gradients is None else gradients
    kept[-1] = incoming[-1]
    _loop_back(*fastest([incoming, V.contiguous(), deltas, kept]))
    return deltas, kept[0]


@np.errstate(all="ignore")
def _loop_back(incoming: Array, V: Array, deltas: Array, kept: Array) -> None:
    step, multiply, g = affine(incoming), library(incoming).multiply, kept[-1]
    for t in range(len(deltas) - 1, -1, -1):
        multiply(g, deltas[t], out=deltas[t])
        g = step(incoming[t], deltas[t], V, kept[t] if len(kept) > 1 else kept[0])


class _Adjoint(torch.autograd.Function):
    """The adjoint loop, a function of its own so that a second derivative, under torch.func too, is an error and not
    a silent zero."""

    @staticmethod
    def forward(
        incoming: Tensor, V: Tensor, states: Tensor, tapped_values: Tensor | None, activation: Activation
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None, Tensor | None]:
        values = states[1:] if tapped_values is None else tapped_values
        # g_t is kept for all times only where a tap asks for it
        gradients = None if tapped_values is None else torch.empty_like(incoming)
        deltas, g = _sweep(incoming, V, values, activation, gradients)
        rows = deltas.flatten(0, 1)
        dV = rows.T @ states[:-1].flatten(0, 1)
        parameter = activation.parameter_gradient(rows, values.flatten(0, 1))
        return deltas, dV, g.clone(), parameter, gradients

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        raise RuntimeError("unroll is differentiable once; a second derivative needs a plain loop over time")
