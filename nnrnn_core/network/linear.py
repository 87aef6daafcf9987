"""Linear maps drawn from a generator, and the gated one that follows a linear recurrence."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


@torch.no_grad()
def glorot_linear(
    inputs: int,
    outputs: int,
    generator: torch.Generator | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Linear:
    """A torch.nn.Linear whose weights are Glorot-normal from the generator, and whose bias is 0."""
    linear = nn.Linear(inputs, outputs, device=device, dtype=dtype)
    glorot_normal_(linear.weight, generator)
    linear.bias.zero_()
    return linear


@torch.no_grad()
def glorot_normal_(weight: Tensor, generator: torch.Generator | None) -> None:
    """Fill a weight matrix, drawn where the generator lives, so that one seed gives one network on every device."""
    drawn = torch.empty(weight.shape, dtype=weight.dtype, device=generator.device if generator else "cpu")
    weight.copy_(nn.init.xavier_normal_(drawn, generator=generator))


class GatedUnit(nn.Module):
    """h + (A g + a) ⊙ σ(B g + b) with g = GELU(h), at each time by itself: a gated linear unit with a way around it.

    References
    ----------
    Dauphin et al., Language modeling with gated convolutional networks, ICML 2017; as it follows an LRU in Orvieto et
    al., ICML 2023. Left out here: the normalisation before the recurrence, the input's own way past it (D x), and the
    way around recurrence and gate together, for which here the state goes past the gate.
    """

    def __init__(
        self,
        width: int,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.both = glorot_linear(width, 2 * width, generator, device, dtype)

    def forward(self, h: Tensor) -> Tensor:
        gated: Tensor = functional.glu(self.both(functional.gelu(h)), dim=-1)
        return h + gated
