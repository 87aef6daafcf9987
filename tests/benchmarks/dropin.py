"""NNRNN as a torch user calls it, beside torch.nn.RNN: the module, a loss, `backward`, and torch's RMSprop.

P is free: its parameter A is as large as some hundred steps of an ordinary optimiser make it, and nothing re-bases it.
The incoming gradient ∂L/∂V is made small or large by a factor in the loss, because the cost of some derivatives of
the matrix exponential grows with it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from nnrnn_core import NNRNN

from .loops import INPUTS
from .matrices import leave_base
from .measure import CORES, Comparison, Row, Setup, Work, Works

INCOMING = {"small": 1e-4, "large": 1e3}  # ‖∂L/∂V‖_F
RATE = 1e-9  # of RMSprop: the arithmetic of every update, and a network that stays as it is over all rounds

Loss = Callable[[], Tensor]


def moved(n: int, device: torch.device, source: torch.Generator) -> NNRNN:
    """An NNRNN whose P has left its base."""
    network = NNRNN(INPUTS, n, generator=source).to(device)
    leave_base(network.V.orthogonal)
    return network


def loss_of(network: nn.Module, inputs: Tensor, factor: float = 1.0) -> Loss:
    return lambda: factor * network(inputs)[0].square().mean()


def scaled_loss(network: NNRNN, inputs: Tensor, incoming: float) -> Loss:
    """The loss times a factor that makes ‖∂L/∂V‖_F what is wanted. The device meta has no numbers: there it is 1."""
    loss = loss_of(network, inputs)
    return loss if inputs.is_meta else loss_of(network, inputs, incoming / size_of_incoming(network, loss))


def size_of_incoming(network: NNRNN, loss: Loss) -> float:
    """‖∂L/∂V‖_F."""
    found: list[Tensor] = []
    handle = network.V.register_forward_hook(lambda module, arguments, V: V.register_hook(found.append) and None)
    try:
        loss().backward()
    finally:
        handle.remove()
    return float(found[0].norm())


def gradients(network: nn.Module, loss: Loss) -> Work:
    """Forward and backward, into the `grad` of every parameter."""

    def work() -> None:
        network.zero_grad()
        loss().backward()

    return work


def with_update(network: nn.Module, loss: Loss) -> Work:
    """The same, and an update by torch's RMSprop."""
    optimiser, both_ways = torch.optim.RMSprop(network.parameters(), lr=RATE), gradients(network, loss)

    def work() -> None:
        both_ways()
        optimiser.step()

    return work


def works(setup: Setup, n: int, batch: int, time: int) -> Works:
    source = torch.Generator().manual_seed(0)
    size = setup.size(n, 8), setup.size(batch, 2), setup.size(time, 5)
    inputs = torch.randn(size[2], size[1], INPUTS, generator=source).to(setup.device)
    torchs = nn.RNN(INPUTS, size[0]).to(setup.device)
    loss = loss_of(torchs, inputs)
    found: Works = {PEER: gradients(torchs, loss), PEER + UPDATE: with_update(torchs, loss)}
    for words, wanted in INCOMING.items():
        network = moved(size[0], setup.device, source)
        loss = scaled_loss(network, inputs, wanted)
        found[name(words)] = gradients(network, loss)
        found[name(words) + UPDATE] = with_update(network, loss)
    return found


PEER, UPDATE = "torch.nn.RNN", " and RMSprop"


def name(words: str) -> str:
    return f"NNRNN, {words} gradient"


def rows(alone: float, updated: float | None) -> tuple[Row, ...]:
    return (
        *(Row(name(words), (PEER,), alone) for words in INCOMING),
        *(Row(name(words) + UPDATE, (PEER + UPDATE,), updated) for words in INCOMING),
    )


COMPARISONS = (
    Comparison(
        "dropin",
        "`NNRNN` as a torch user calls it, P free, forward and backward; N = 128, batch 10, 220 steps",
        lambda setup: works(setup, 128, 10, 220),
        rows(0.5, 0.6),
        rounds=50,
    ),
    Comparison(
        "dropin-large",
        "`NNRNN` as a torch user calls it, P free, forward and backward; N = 512, batch 100, 200 steps",
        lambda setup: works(setup, 512, 100, 200),
        rows(0.7, None),
        rounds=9,
        threads=min(2, CORES),
    ),
)
