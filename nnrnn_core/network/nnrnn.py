"""NNRNN, the non-normal RNN: a drop-in for torch.nn.RNN."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from ..matrices import SchurMatrix
from ..matrices.orthogonal import Initialiser
from .stack import RecurrentNetwork


class NNRNN(RecurrentNetwork):
    """h_t = φ(V h_{t−1} + U x_t), V = P (Λ + s T) Pᵀ: the non-normal RNN, a drop-in for torch.nn.RNN.

    Called like torch.nn.RNN: positions, shapes, layers, directions, packed sequences. Each layer in each direction has
    a V of its own, so the parameters, and a state dict, are others.

    Parameters
    ----------
    input_size
        Number of inputs, at least 1.
    hidden_size
        n, the number of units: even, for V has 2×2 blocks.
    num_layers
        Number of layers; each reads the states of the one before.
    nonlinearity
        φ: "modrelu" (sign(x) max(|x| + b, 0), the paper's), "tanh", "relu" or "identity".
    bias
        Whether there is a bias. With modReLU it is its b, and must be there; otherwise it is added to U x.
    batch_first
        Whether input and output are (batch, time, …), and not (time, batch, …).
    dropout
        Probability, from 0 to 1, with which a state is set to 0 on its way to the next layer, in training.
    bidirectional
        Whether each layer has a second direction, which reads the sequence from its end.
    init
        P at the start: "henaff", "cayley", "random" or a callable; see `SchurMatrix`.
    mask
        T's: "block" or "entry"; see `SchurMatrix`.
    unit_input
        Whether each column of the first layer's U is divided by its norm.
    proj_size
        0. Only torch.nn.LSTM has projections; any other number is refused, as by torch.nn.RNN.
    generator, device, dtype
        The source of randomness (None is torch's own), and as everywhere in torch.

    Raises
    ------
    ValueError
        For an odd hidden_size, an unknown nonlinearity, modReLU without bias, and other values that do not fit.
    TypeError
        For sizes and switches of another type, as torch.nn.RNN.

    References
    ----------
    Kerg et al., Non-normal Recurrent Neural Network (nnRNN), NeurIPS 2019, eqs 1 and 4.

    Examples
    --------
    >>> rnn = NNRNN(10, 32)
    >>> output, h_n = rnn(torch.zeros(50, 4, 10))
    >>> output.shape, h_n.shape
    (torch.Size([50, 4, 32]), torch.Size([1, 4, 32]))
    >>> rnn.V().shape
    torch.Size([32, 32])

    Two layers that read both ways:

    >>> output, h_n = NNRNN(10, 32, num_layers=2, bidirectional=True)(torch.zeros(50, 4, 10))
    >>> output.shape, h_n.shape
    (torch.Size([50, 4, 64]), torch.Size([4, 4, 32]))
    """

    V: SchurMatrix

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "modrelu",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        init: str | Initialiser = "cayley",
        mask: str = "block",
        unit_input: bool = False,
        proj_size: int = 0,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        if proj_size != 0:
            raise ValueError(f"proj_size argument is only supported for LSTM, not RNN, as in torch; got {proj_size!r}")
        matrix = partial(_even, hidden_size, init, mask)
        sizes, layout = (input_size, hidden_size, num_layers), (batch_first, dropout, bidirectional)
        options = {"unit_input": unit_input, "generator": generator, "device": device, "dtype": dtype}
        super().__init__(matrix, *sizes, nonlinearity, bias, *layout, **options)  # type: ignore[arg-type]


def _even(size: int, init: str | Initialiser, mask: str, **options: Any) -> SchurMatrix:
    """The matrix of a layer; the error speaks of the network's argument."""
    if size % 2:
        raise ValueError(f"hidden_size must be even to hold 2×2 blocks; got {size}")
    return SchurMatrix(size, init, mask=mask, **options)
