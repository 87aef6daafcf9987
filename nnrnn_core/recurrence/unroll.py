"""h_t = φ(V h_{t−1} + drive_t), and backpropagation through time written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..torch_internals import apply, opaque
from .activations import Activation
from .complex_modrelu import Pulling
from .passes import adjoint_pass, backward_pass, forward_pass


# For torch.compile this is one call that it does not look into: it would unroll the loop over time.
@opaque
def unroll(
    drive: Float[Tensor, "time batch n"],
    V: Float[Tensor, "n n"],
    h0: Float[Tensor, "batch n"],
    activation: Activation,
    tap: Float[Tensor, "time batch n"] | None = None,
) -> Float[Tensor, "time batch n"]:
    """h_t = φ(V h_{t−1} + drive_t) + tap_t for t = 1 … time.

    Parameters
    ----------
    drive
        (time, batch, n): U x_t + b at all times.
    V
        (n, n): the recurrent matrix.
    h0
        (batch, n): the state before the first step.
    activation
        φ, from `nnrnn_core.activations`.
    tap
        (time, batch, n) or None. Zeros, whose gradient is then ∂L/∂h_t: the total derivative of the loss by the state,
        all its later effects included. The tapped state is what is returned and what feeds the next step.

    Returns
    -------
    Tensor
        (time, batch, n): the states h_1 … h_time.

    Raises
    ------
    ValueError, TypeError
        If shapes, dtypes or devices do not fit.
    RuntimeError
        If a second derivative is asked for: it may be differentiated once.

    Notes
    -----
    Backwards, with ℓ_t what arrives from the read-out and δ_t = φ'(·) g_t:  g_t = ℓ_t + Vᵀ δ_{t+1}. The gradient of V
    is a product over all times, taken in parts. On a CPU the sequences of a large batch are shared among as many
    threads as torch has; their number changes the last bits.

    References
    ----------
    Kerg et al., Non-normal Recurrent Neural Network (nnRNN), NeurIPS 2019, eq. 1.

    Examples
    --------
    A pulse travels down a chain of three units:

    >>> from nnrnn_core.activations import identity
    >>> pulse = torch.zeros(3, 1, 3)
    >>> pulse[0, 0, 0] = 1
    >>> unroll(pulse, torch.eye(3).roll(1, 0), torch.zeros(1, 3), identity)[:, 0]
    tensor([[1., 0., 0.],
            [0., 1., 0.],
            [0., 0., 1.]])
    """
    _check(drive, V, h0, tap, activation)
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
    """g_t = ℓ_t + Vᵀ φ'(·) g_{t+1}: ∂L/∂h_t at all times, later effects included.

    It is the gradient of a tap of `unroll`, in less than half the time, for no gradient of V and of the drive is found.

    Parameters
    ----------
    direct
        (time, batch, n): ℓ_t, the derivative of the loss by h_t with all later states held.
    V, activation
        As for `unroll`.
    states
        (time, batch, n): h_t as `unroll` returned them, without a tap or with a tap of zeros.

    Returns
    -------
    Tensor
        (time, batch, n).
    """
    return adjoint_pass(direct, V, states, activation)


def _check(drive: Tensor, V: Tensor, h0: Tensor, tap: Tensor | None, activation: Activation) -> None:
    if not hasattr(activation, "parameter"):  # quicker than isinstance with a protocol
        raise TypeError(f"activation must be one of nnrnn_core.activations, as activations.tanh; got {activation!r}")
    if not drive.is_floating_point():
        raise TypeError(f"drive must have real floating-point numbers; got {drive.dtype}")
    parameter = activation.parameter
    time, batch, n = drive.shape if drive.dim() == 3 else (0, 0, 0)
    if time < 1:
        raise ValueError(f"drive must be (time, batch, n) with time >= 1; got {tuple(drive.shape)}")
    if V.shape != (n, n):
        raise ValueError(f"V must be ({n}, {n}) to fit the drive's {n} units; got {tuple(V.shape)}")
    if h0.shape != (batch, n):
        raise ValueError(f"h0 must be ({batch}, {n}) to fit the drive; got {tuple(h0.shape)}")
    if tap is not None and tap.shape != drive.shape:
        raise ValueError(f"tap must have the drive's shape {tuple(drive.shape)}; got {tuple(tap.shape)}")
    width = activation.width if isinstance(activation, Pulling) else 1
    if n % width or (parameter is not None and parameter.shape != (n // width,)):
        wanted = f"({n},), one number a unit" if width == 1 else f"({n}/{width},), one number for each {width} units"
        found = None if parameter is None else tuple(parameter.shape)
        raise ValueError(f"the activation's parameter must be {wanted}; got {found}")
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
        ctx.save_for_backward(inputs[1], inputs[2], states, values, inputs[3])

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
    parameter: Tensor | None,
    tapped: bool,
    activation: Activation,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None, Tensor | None]:
    """The gradients of all arguments of `_Unroll` except the activation."""
    found = backward_pass(incoming, V, states, tapped_values, parameter, tapped, activation)
    deltas, dV, by_parameter, gradients = found
    return deltas, dV.addmm_(deltas[0].T, h0), deltas[0] @ V, by_parameter, gradients


class _Adjoint(torch.autograd.Function):
    """`_adjoint` as a function of autograd, so that a second derivative is an error and not a silent zero, under
    torch.func too."""

    forward = staticmethod(_adjoint)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        raise RuntimeError("unroll is differentiable once; a second derivative needs a plain loop over time")
