"""h_t = φ(V h_{t−1} + drive_t), and backpropagation through time written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..torch_internals import apply, opaque
from .activations import Activation
from .passes import adjoint_pass, backward_pass, forward_pass


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
    The gradient of V is a product over all times, taken in parts. On a CPU a large batch is shared out among as many
    threads as torch has, which changes the last bits. Differentiable once; a second derivative raises RuntimeError.
    """
    _check(drive, V, h0, tap, activation.parameter)
    states: Tensor
    states, _ = apply(_Unroll, drive, V, h0, activation.parameter, tap, activation)
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
    return adjoint_pass(direct, V, states, activation)


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
        # recorded only where a second derivative could be asked for (create_graph, torch.func)
        adjoint: Callable[..., Any] = _Adjoint.apply if torch.is_grad_enabled() else _adjoint
        return *adjoint(incoming, *ctx.saved_tensors, ctx.tapped, ctx.activation), None


def _adjoint(
    incoming: Tensor,
    V: Tensor,
    h0: Tensor,
    states: Tensor,
    tapped_values: Tensor | None,
    tapped: bool,
    activation: Activation,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None, Tensor | None]:
    """The gradients of all arguments of `_Unroll` but the activation."""
    deltas, dV, parameter, gradients = backward_pass(incoming, V, states, tapped_values, tapped, activation)
    return deltas, dV.addmm_(deltas[0].T, h0), deltas[0] @ V, parameter, gradients


class _Adjoint(torch.autograd.Function):
    """`_adjoint`, a function of autograd's own so that a second derivative, under torch.func too, is an error and not a
    silent zero."""

    forward = staticmethod(_adjoint)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        raise RuntimeError("unroll is differentiable once; a second derivative needs a plain loop over time")
