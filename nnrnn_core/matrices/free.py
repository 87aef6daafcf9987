"""V with every entry free, and where it may start."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn

from ..checks import whole_number
from ..device import on_cpu
from ..dynamics import henrici
from .orthogonal import at_least_float32, check_drawn, random

Drawn = Callable[[int, torch.Generator | None, torch.dtype], Tensor]


class FreeMatrix(nn.Module):
    """V with every entry free.

    Parameters
    ----------
    size
        n >= 1; V is (n, n).
    init
        V at the start: a name of `STARTS`, or a function (size, generator, dtype) that returns a (size, size) tensor.
    generator
        Source of randomness; None is torch's own.
    device, dtype
        As for a torch.nn module.

    Attributes
    ----------
    entries : torch.nn.Parameter
        V.
    start : Start
        The start of that name, with what it says of the input matrix.

    Raises
    ------
    ValueError
        For an unknown name, and a function that returns a matrix of another shape.

    Examples
    --------
    >>> FreeMatrix(3, "chain")()
    Parameter containing:
    tensor([[0., 0., 0.],
            [1., 0., 0.],
            [0., 1., 0.]], requires_grad=True)
    """

    def __init__(
        self,
        size: int,
        init: str | Drawn = "glorot",
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.size = whole_number("size", size, 1)
        self.start = start_of(init)
        dtype, device = dtype or torch.get_default_dtype(), device or torch.get_default_device()
        with on_cpu():
            drawn = self.start.matrix(size, generator, at_least_float32(dtype))
        check_drawn(drawn, size)
        self.entries = nn.Parameter(drawn.to(device=device, dtype=dtype))

    def forward(self) -> Float[Tensor, "n n"]:
        return self.entries

    def eigenvalues(self) -> Complex[Tensor, " n"]:
        """By `eigvals`: right to rounding times the eigenvalues' condition numbers, which no bound holds down here."""
        values: Tensor = torch.linalg.eigvals(self.entries.detach().cpu().double())
        return values

    def departure(self) -> float:
        """Henrici's departure from normality, `dynamics.henrici`."""
        return henrici(self.entries)


# --- where V may start


def glorot(size: int, generator: torch.Generator | None, dtype: torch.dtype) -> Tensor:
    """Gaussian with variance 1/n (Glorot and Bengio, AISTATS 2010)."""
    source = generator.device if generator else "cpu"
    drawn = torch.randn(size, size, generator=generator, dtype=dtype, device=source)
    return drawn.cpu() / math.sqrt(size)


def scaled_identity(size: int, _: torch.Generator | None, dtype: torch.dtype, *, scale: float = 1.0) -> Tensor:
    """λ I: with λ = 1 the IRNN's (Le, Jaitly and Hinton 2015); Orhan and Pitkow compare their chains with it."""
    return scale * torch.eye(size, dtype=dtype)


def chain(size: int, _: torch.Generator | None, dtype: torch.dtype, *, alpha: float = 1.0) -> Tensor:
    """α on the first subdiagonal: unit i drives unit i + 1. Orhan and Pitkow try α from 0.99 to 1.05."""
    return alpha * torch.eye(size, dtype=dtype).roll(1, 0).tril(-1)


def feedback_chain(
    size: int, _: torch.Generator | None, dtype: torch.dtype, *, alpha: float = 0.99, beta: float = 0.02
) -> Tensor:
    """α below the diagonal, β above it: a chain with feedback. Orhan and Pitkow try β from 0.01 to 0.07 at α = 0.99."""
    down = chain(size, None, dtype)
    return alpha * down + beta * down.T


def first_units(weights: Tensor) -> Tensor:
    """0.9 I: input k drives unit k alone (Orhan and Pitkow)."""
    return 0.9 * torch.eye(*weights.shape, dtype=weights.dtype)


def small(weights: Tensor) -> Tensor:
    """Standard deviation 0.001 in place of Glorot's (Le, Jaitly and Hinton)."""
    return weights * (0.001 / math.sqrt(2 / sum(weights.shape)))


class Start(NamedTuple):
    """V at the start, and U from the Glorot-normal one, where its source says something of it."""

    matrix: Drawn
    inputs: Callable[[Tensor], Tensor] | None = None


# Saxe, McClelland and Ganguli, ICLR 2014: "orthogonal". Orhan and Pitkow, ICLR 2020: "scaled-identity", the chains.
STARTS: dict[str, Start] = {
    "glorot": Start(glorot),
    "orthogonal": Start(random),
    "identity": Start(scaled_identity, small),
    "scaled-identity": Start(scaled_identity, first_units),
    "chain": Start(chain, first_units),
    "feedback-chain": Start(feedback_chain, first_units),
}


def start_of(init: str | Drawn) -> Start:
    """The start of that name; an unknown name lists the names."""
    if callable(init):
        return Start(init)
    if init not in STARTS:
        raise ValueError(f"init must be one of {', '.join(STARTS)} or a callable; got {init!r}")
    return STARTS[init]
