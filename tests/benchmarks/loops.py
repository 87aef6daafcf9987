"""One recurrence in many ways, forward and backward: the kit's, its bare matrix products, torch's, a naive loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nnrnn_core.activations import Activation, ModReLU, tanh
from nnrnn_core.matrices.orthogonal import random
from nnrnn_core.recurrence import unroll

from .measure import Work, Works

INPUTS = 10
Leaves = Sequence[Tensor]


@dataclass(frozen=True)
class Problem:
    """Leaves of a recurrence, and the gradient ∂L/∂h that comes in at all times. V is orthogonal: nothing explodes."""

    drive: Tensor
    V: Tensor
    h0: Tensor
    bias: Tensor
    incoming: Tensor

    @classmethod
    def of(cls, n: int, batch: int, time: int, device: torch.device) -> Problem:
        source = torch.Generator().manual_seed(0)
        drawn = [torch.randn(time, batch, n, generator=source) / n**0.5 for _ in range(2)]
        V, h0 = random(n, source, torch.float32).contiguous(), torch.randn(batch, n, generator=source) / n**0.5
        bias = 0.01 * (2 * torch.rand(n, generator=source) - 1)
        drive, V, h0, bias = (x.to(device).requires_grad_() for x in (drawn[0], V, h0, bias))
        return cls(drive, V, h0, bias, drawn[1].to(device))

    def activation(self, name: str) -> Activation:
        return ModReLU(self.bias) if name == "modReLU" else tanh

    def leaves(self, name: str) -> list[Tensor]:
        return [self.drive, self.V, self.h0, *([self.bias] if name == "modReLU" else [])]


def kit(p: Problem, name: str, tap: bool = False) -> Work:
    """The gradients of all leaves through `unroll`; with the zero tap that `Training` sets, or without one."""
    activation, leaves, zero = p.activation(name), p.leaves(name), p.drive.new_zeros(())

    def work() -> object:
        taps = [zero.expand(p.drive.shape).requires_grad_()] if tap else []
        return torch.autograd.grad(unroll(p.drive, p.V, p.h0, activation, *taps), [*leaves, *taps], p.incoming)

    return work


def naive(
    p: Problem, name: str, *, indexed: bool = True, matrix: Callable[[], Tensor] | None = None, leaves: Leaves = ()
) -> Work:
    """The loop over time that autograd records, with drive[t] as the equation has it; or over the drive itself, which
    spares autograd a gradient of the drive's size a step. A matrix of one's own, with its leaves, takes V's place."""

    def phi(x: Tensor) -> Tensor:
        return torch.sign(x) * torch.relu(x.abs() + p.bias) if name == "modReLU" else torch.tanh(x)

    def work() -> object:
        V, h, states = matrix() if matrix else p.V, p.h0, []
        for d in (p.drive[t] for t in range(len(p.drive))) if indexed else p.drive:
            h = phi(h @ V.T + d)
            states.append(h)
        return torch.autograd.grad(torch.stack(states), leaves or p.leaves(name), p.incoming)

    return work


def torch_network(p: Problem, kind: type[torch.nn.Module]) -> Work:
    """torch's own: the gradients of its weights and of its first state, for inputs of a few features."""
    time, batch, n = p.drive.shape
    network = kind(INPUTS, n).to(p.drive.device)
    inputs = torch.randn(time, batch, INPUTS, device=p.drive.device)
    leaves = [*network.parameters()]
    return lambda: torch.autograd.grad(network(inputs)[0], leaves, p.incoming)


def products_by_numpy(p: Problem) -> Work:
    """One product a time step forwards, one backwards, and one for the gradient of V: no less will do."""
    V, h0, incoming = (x.detach().numpy() for x in (p.V, p.h0, p.incoming))
    M, states, g = np.ascontiguousarray(V.T), np.empty_like(incoming), np.empty_like(h0)

    def work() -> object:
        h = h0
        for t in range(len(states)):
            h = np.dot(h, M, out=states[t])
        for delta in incoming[::-1]:
            np.dot(delta, V, out=g)
        return np.dot(incoming.reshape(-1, len(V)).T, states.reshape(-1, len(V)))

    return work


def products_by_torch(p: Problem) -> Work:
    """The same by torch."""
    V, h0, incoming = p.V.detach(), p.h0.detach(), p.incoming
    M, states, g = V.T.contiguous(), torch.empty_like(incoming), torch.empty_like(h0)
    backwards = incoming.flip(0)

    def work() -> object:
        h = h0
        for t in range(len(states)):
            h = torch.mm(h, M, out=states[t])
        for delta in backwards:
            torch.mm(delta, V, out=g)
        return incoming.flatten(0, 1).T @ states.flatten(0, 1)

    return work


def large_products(p: Problem) -> Work:
    """As many multiplications in three calls, as if the time steps did not wait for one another."""
    V, rows = p.V.detach(), p.incoming.flatten(0, 1)
    out = torch.empty_like(rows)
    return lambda: (torch.mm(rows, V.T, out=out), torch.mm(rows, V, out=out), rows.T @ out)


BARE = ("bare products, NumPy", "bare products, torch")


def bare(p: Problem) -> Works:
    on_cpu = p.drive.device.type == "cpu"
    return {**({BARE[0]: products_by_numpy(p)} if on_cpu else {}), BARE[1]: products_by_torch(p)}
