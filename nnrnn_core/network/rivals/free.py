"""The vanilla RNN: V free."""

from __future__ import annotations

from functools import partial

import torch

from ...matrices import FreeMatrix
from ...matrices.free import Drawn
from ..layer import Layer
from ..stack import RecurrentNetwork


class FreeLayer(Layer):
    """A layer whose U, too, starts as its V's start says."""

    V: FreeMatrix

    @torch.no_grad()
    def _draw(self, generator: torch.Generator | None) -> None:
        super()._draw(generator)
        if (inputs := self.V.start.inputs) is not None:
            self.U.copy_(inputs(self.U))


class FreeRNN(RecurrentNetwork):
    """h_t = φ(V h_{t−1} + U x_t + b) with every entry of V free: the vanilla RNN.

    torch.nn.RNN is this network too, with another start; here it is beside the others, with the same U and bias.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        As in `NNRNN`; hidden_size may be odd.
    nonlinearity
        φ, "tanh" as in the paper, or another of `NNRNN`.
    init
        V at the start, and U where its source says so: "glorot"; "orthogonal" (Saxe and others 2014); "identity", with
        nonlinearity="relu" the IRNN (Le and others 2015); "scaled-identity", "chain", "feedback-chain" (Orhan and
        Pitkow 2020), whose numbers are set as in `functools.partial(nnrnn_core.matrices.free.chain, alpha=1.02)`; or
        another callable; see `FreeMatrix`.
    unit_input, generator, device, dtype
        As in `NNRNN`.

    Raises
    ------
    TypeError, ValueError
        For arguments that do not fit; see `RecurrentNetwork`.

    References
    ----------
    Elman, Finding structure in time, Cognitive Science 1990. The start: Glorot & Bengio, AISTATS 2010; Saxe,
    McClelland & Ganguli, ICLR 2014; Le, Jaitly & Hinton, arXiv 1504.00941; Orhan & Pitkow, ICLR 2020.

    Examples
    --------
    >>> output, h_n = FreeRNN(3, 5)(torch.zeros(7, 2, 3))
    >>> output.shape, h_n.shape
    (torch.Size([7, 2, 5]), torch.Size([1, 2, 5]))
    """

    layer_kind = FreeLayer

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        init: str | Drawn = "glorot",
        unit_input: bool = False,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        matrix = partial(FreeMatrix, hidden_size, init)
        options = {"unit_input": unit_input, "generator": generator, "device": device, "dtype": dtype}
        layout = (batch_first, dropout, bidirectional)
        super().__init__(matrix, input_size, hidden_size, num_layers, nonlinearity, bias, *layout, **options)  # type: ignore[arg-type]
