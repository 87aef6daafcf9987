"""RNN-orth: V free, and orthogonal at the start alone."""

from __future__ import annotations

from typing import Any

import torch

from ...matrices.free import Drawn
from .free import FreeRNN


class OrthogonalStartRNN(FreeRNN):
    """h_t = φ(V h_{t−1} + U x_t) with every entry of V free, from a random orthogonal V: the paper's RNN-orth.

    It is `FreeRNN` with another start and with modReLU. The paper gives it one learning rate and no constraint.

    Parameters
    ----------
    input_size, hidden_size, num_layers, nonlinearity
        As in `FreeRNN`; modReLU where nothing is said.
    *layout, **options
        As in `FreeRNN`: bias, batch_first, dropout, bidirectional, and what goes by name.
    init
        V at the start, as in `FreeRNN`.
    device
        As everywhere in torch.

    Raises
    ------
    TypeError, ValueError
        For arguments that do not fit; see `RecurrentNetwork`.

    References
    ----------
    Saxe, McClelland & Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
    ICLR 2014; Kerg et al. 2019, table 2.

    Examples
    --------
    >>> V = OrthogonalStartRNN(3, 5).V()
    >>> torch.allclose(V.T @ V, torch.eye(5), atol=1e-6)
    True
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "modrelu",
        *layout: Any,
        init: str | Drawn = "orthogonal",
        device: torch.device | str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, nonlinearity, *layout, init=init, device=device, **options
        )
