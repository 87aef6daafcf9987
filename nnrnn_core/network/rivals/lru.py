"""The linear recurrent unit: V diagonal, complex and stable, and what is nonlinear outside of the recurrence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ...checks import one_of
from ...matrices import DiagonalMatrix
from ...recurrence.diagonal import unroll_diagonal
from ..export import Run
from ..layer import Layer
from ..linear import GatedUnit
from ..stack import RecurrentNetwork

NONLINEAR = ("glu", "identity")


class DiagonalLayer(Layer):
    """h_t = λ ⊙ h_{t−1} + γ ⊙ (B x_t) on complex units: `U` is B, and acts as γ B."""

    V: DiagonalMatrix

    @torch.no_grad()
    def _draw(self, generator: torch.Generator | None) -> None:
        """B: real and imaginary parts of variance 1/(2 inputs), in place of Glorot's 2/(n + inputs)."""
        super()._draw(generator)
        self.U.mul_(math.sqrt((self.hidden_size + self.input_size) / (4 * self.input_size)))

    def input_matrix(self) -> Float[Tensor, "n inputs"]:
        acting = self.V.gain()[:, None] * self.U
        return acting / acting.norm(dim=0) if self.unit_input else acting

    def _by_unroll(self, inputs: Tensor) -> tuple[Tensor, Run]:
        drive, dense = super()._by_unroll(inputs)
        if drive.dtype not in (torch.float32, torch.float64):  # there are no complex numbers in half precision
            return drive, dense
        eigenvalues = torch.complex(*self.V.parts())

        def run(drive: Tensor, h0: Tensor, tap: Tensor | None = None) -> Tensor:
            states: Tensor = unroll_diagonal(drive if tap is None else drive + tap, eigenvalues, h0)
            return states

        return drive, run


class LRU(RecurrentNetwork):
    """h_t = λ ⊙ h_{t−1} + γ ⊙ (B x_t), complex, |λ| < 1: the linear recurrent unit.

    The recurrence is linear and V = diag(λ) normal. What is nonlinear acts at each time by itself: a `GatedUnit`
    between layers, and one in the read-out of a `SequenceModel`. The output is the states of the last layer, real and
    imaginary parts side by side as in `EURNN`, so that the real part of C h is linear in it.

    Parameters
    ----------
    input_size, num_layers, batch_first, dropout, bidirectional
        As in `NNRNN`.
    hidden_size
        n, even: n/2 complex units.
    nonlinearity
        What follows each layer: "glu", or "identity", with which the whole network is linear.
    bias
        Whether there is a bias in the drive; the paper has none.
    r_min, r_max, max_phase
        The ring where λ starts; see `DiagonalMatrix`.
    unit_input, generator, device, dtype
        As in `NNRNN`.

    Raises
    ------
    TypeError, ValueError
        For arguments that do not fit; see `RecurrentNetwork`.

    References
    ----------
    Orvieto et al., Resurrecting recurrent neural networks for long sequences, ICML 2023.

    Examples
    --------
    >>> output, h_n = LRU(3, 8, num_layers=2)(torch.zeros(7, 2, 3))
    >>> output.shape, h_n.shape
    (torch.Size([7, 2, 8]), torch.Size([2, 2, 8]))
    """

    layer_kind = DiagonalLayer

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "glu",
        bias: bool = False,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        r_min: float = 0.0,
        r_max: float = 1.0,
        max_phase: float = 2 * math.pi,
        unit_input: bool = False,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        one_of("nonlinearity", nonlinearity, NONLINEAR)
        matrix = partial(DiagonalMatrix, hidden_size, r_min, r_max, max_phase)
        layout = (bias, batch_first, dropout, bidirectional)
        options = {"generator": generator, "device": device, "dtype": dtype}
        sizes = (input_size, hidden_size, num_layers)
        super().__init__(matrix, *sizes, "identity", *layout, unit_input=unit_input, **options)  # type: ignore[arg-type]
        self.nonlinearity = nonlinearity
        units = [self.readout_unit(**options) for _ in range(1, self.num_layers)]  # type: ignore[arg-type]
        self.gated = cast(Sequence[nn.Module], nn.ModuleList(units))

    def readout_unit(
        self,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> nn.Module:
        """A module that follows a layer: what a read-out of this network applies to the states first."""
        if self.nonlinearity == "identity":
            return nn.Identity()
        return GatedUnit(self.hidden_size * self._directions, generator, device, dtype)

    def between(self, states: Tensor, depth: int) -> Tensor:
        read: Tensor = self.gated[depth - 1](states)
        return read

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        super().reset_parameters(generator)
        for module in self.gated:
            fresh = self.readout_unit(generator, "cpu", self.layers[0].U.dtype)
            module.load_state_dict(fresh.state_dict())
