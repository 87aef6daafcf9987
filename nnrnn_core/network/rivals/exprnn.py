"""The orthogonal RNN by the exponential map."""

from __future__ import annotations

from functools import partial

import torch

from ...matrices import OrthogonalMatrix
from ...matrices.orthogonal import Initialiser
from ..stack import RecurrentNetwork


class ExpRNN(RecurrentNetwork):
    """h_t = φ(V h_{t−1} + U x_t), V = V₀ exp(A − Aᵀ): the orthogonal RNN.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        As in `NNRNN`; hidden_size may be odd.
    nonlinearity
        φ, "modrelu" or another of `NNRNN`.
    init
        V at the start: "henaff", "cayley", "random" or a callable; see `OrthogonalMatrix`.
    unit_input, generator, device, dtype
        As in `NNRNN`.

    Raises
    ------
    TypeError, ValueError
        For arguments that do not fit; see `RecurrentNetwork`.

    References
    ----------
    Lezcano-Casado & Martínez-Rubio, Cheap Orthogonal Constraints in Neural Networks, ICML 2019.

    Examples
    --------
    >>> V = ExpRNN(3, 5, dtype=torch.float64).V()
    >>> torch.allclose(V.T @ V, torch.eye(5, dtype=torch.float64))
    True
    """

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
        init: str | Initialiser = "henaff",
        unit_input: bool = False,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        matrix = partial(OrthogonalMatrix, hidden_size, init)
        options = {"unit_input": unit_input, "generator": generator, "device": device, "dtype": dtype}
        layout = (batch_first, dropout, bidirectional)
        super().__init__(matrix, input_size, hidden_size, num_layers, nonlinearity, bias, *layout, **options)  # type: ignore[arg-type]
