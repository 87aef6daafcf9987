"""V with every entry free."""

from __future__ import annotations

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn

from ..checks import whole_number
from ..dynamics import henrici


class FreeMatrix(nn.Module):
    """V with every entry free; at the start Gaussian with variance 1/n (Glorot and Bengio 2010).

    Parameters
    ----------
    size
        n >= 1; V is (n, n).
    generator
        Source of randomness; None is torch's own.
    device, dtype
        As for a torch.nn module.
    """

    def __init__(
        self,
        size: int,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        whole_number("size", size, 1)
        self.size = size
        device = device or torch.get_default_device()
        drawn = torch.randn(
            size, size, generator=generator, dtype=dtype, device=generator.device if generator else "cpu"
        )
        self.entries = nn.Parameter(drawn.to(device) / math.sqrt(size))

    def forward(self) -> Float[Tensor, "n n"]:
        return self.entries

    def eigenvalues(self) -> Complex[Tensor, " n"]:
        """By `eigvals`: right to rounding times the eigenvalues' condition numbers, which no bound holds down here."""
        values: Tensor = torch.linalg.eigvals(self.entries.detach().cpu().double())
        return values

    def departure(self) -> float:
        """Henrici's departure from normality, `dynamics.henrici`."""
        return henrici(self.entries)
