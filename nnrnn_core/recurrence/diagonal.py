"""h_t = λ ⊙ h_{t−1} + drive_t: the linear recurrence of a diagonal V, without a product of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Complex, Float
from torch import Tensor

from ..torch_internals import apply, is_wrapped, opaque
from .arrays import allocate
from .complex_modrelu import as_complex, as_real


@opaque
def unroll_diagonal(
    drive: Float[Tensor, "time batch n"], eigenvalues: Complex[Tensor, " units"], h0: Float[Tensor, "batch n"]
) -> Float[Tensor, "time batch n"]:
    """`unroll` for V = diag(λ) on complex units and φ the identity. It may be differentiated any number of times.

    On a CPU it is a loop over time of two short calls of NumPy's for each step; elsewhere a scan by doubling, which is
    log₂(time) operations on all times at once.

    Parameters
    ----------
    drive
        (time, batch, n): U x_t + b (+ the tap) at all times; entries 2j and 2j + 1 are unit j's real and imaginary
        part.
    eigenvalues
        (n/2,): λ.
    h0
        (batch, n): the state before the first step.

    Returns
    -------
    Tensor
        (time, batch, n): the states h_1 … h_time.
    """
    states: Tensor = apply(_Scan, as_complex(drive.contiguous()), eigenvalues, as_complex(h0.contiguous()))
    return as_real(states)  # type: ignore[no-any-return]


class _Scan(torch.autograd.Function):
    """Backwards it is the same recurrence from the last time to the first, g_t = ℓ_t + λ̄ g_{t+1}, so that it can call
    itself there."""

    @staticmethod
    def forward(drive: Tensor, eigenvalues: Tensor, h0: Tensor) -> Tensor:
        given = drive, eigenvalues, h0
        return _by_numpy(*given) if all(_plain(tensor) for tensor in given) else _by_doubling(*given)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs[1:], output)

    @staticmethod
    def backward(ctx: Any, incoming: Tensor) -> Any:
        eigenvalues, h0, states = saved = ctx.saved_tensors
        incoming = incoming.resolve_conj()
        if not torch.is_grad_enabled() and all(_plain(tensor) for tensor in (incoming, *saved)):
            return _adjoint_by_numpy(incoming, *saved)
        # a second derivative may be asked for, so that this is in operations of autograd
        conjugate = eigenvalues.conj().resolve_conj()
        g = apply(_Scan, incoming.flip(0), conjugate, torch.zeros_like(h0)).flip(0)
        before = torch.cat([h0[None], states[:-1]])
        return g, (g * before.conj()).sum((0, 1)), conjugate * g[0]


def _plain(tensor: Tensor) -> bool:
    """Whether NumPy may work on the tensor's memory."""
    return type(tensor) is Tensor and tensor.is_cpu and not tensor.is_conj() and not is_wrapped(tensor)


@np.errstate(all="ignore")
def _by_numpy(drive: Tensor, eigenvalues: Tensor, h0: Tensor) -> Tensor:
    times, h = drive.detach().numpy(), h0.detach().numpy()
    states = allocate(times.shape, times.dtype)
    factor = np.broadcast_to(eigenvalues.detach().numpy(), h.shape).copy()  # operands of one shape are quicker
    for now, state in zip(times, states, strict=True):
        np.multiply(h, factor, state)
        h = np.add(state, now, state)
    return torch.from_numpy(states)


@np.errstate(all="ignore")
def _adjoint_by_numpy(
    incoming: Tensor, eigenvalues: Tensor, h0: Tensor, states: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """g_t at all times, Σ g_t h̄_{t−1}, and λ̄ g_1."""
    arriving, values = incoming.numpy(), states.numpy()
    gradients = allocate(values.shape, values.dtype)
    factor = np.broadcast_to(eigenvalues.numpy().conj(), h0.shape).copy()
    later, total, room = np.zeros_like(factor), np.zeros_like(factor), np.empty_like(factor)
    before = [h0.numpy(), *values[:-1]]
    for now, g, h in zip(arriving[::-1], gradients[::-1], before[::-1], strict=True):
        np.multiply(later, factor, g)
        later = np.add(g, now, g)
        np.conjugate(h, room)  # while h and g are in the cache
        np.multiply(room, g, room)
        np.add(total, room, total)
    return torch.from_numpy(gradients), torch.from_numpy(total.sum(0)), torch.from_numpy(factor * later)


def _by_doubling(drive: Tensor, eigenvalues: Tensor, h0: Tensor) -> Tensor:
    """After k rounds each state holds the last 2^k terms of Σ λ^j drive_{t−j}."""
    states = torch.cat([(drive[0] + eigenvalues * h0)[None], drive[1:]])
    reach, power = 1, eigenvalues
    while reach < len(states):
        states = torch.cat([states[:reach], states[reach:] + power * states[:-reach]])
        reach, power = 2 * reach, power * power
    return states
