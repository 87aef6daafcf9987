"""The EURNN: V unitary, a product of rotations of two units each."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from ...matrices import UnitaryMatrix
from ..stack import RecurrentNetwork


class EURNN(RecurrentNetwork):
    """h_t = φ(V h_{t−1} + U x_t), V unitary: the tunable efficient unitary RNN.

    **A complex state, carried as real numbers.** A complex unit is a pair of entries of the state, real part and
    imaginary part side by side. V is the real 2×2-block matrix of the complex one, U x the complex input, and modReLU
    is that of complex numbers, `ComplexModReLU`. So the states, their gradients and V are real tensors as those of
    every other network here, and the read-out is linear in real and imaginary parts. `hidden_size` counts real numbers:
    N complex units are hidden_size = 2 N.

    Parameters
    ----------
    input_size, num_layers
        As in `NNRNN`.
    hidden_size
        n, entries of the state; even with complex units.
    nonlinearity
        φ: "modrelu", which is the complex one for complex units, or another of `NNRNN`, for each entry.
    *layout, **options
        As in `NNRNN`: bias, batch_first, dropout, bidirectional, and unit_input, generator, dtype by name.
    style, capacity, complex_units
        Of V; see `UnitaryMatrix`.
    device
        As everywhere in torch.

    Raises
    ------
    TypeError, ValueError
        For arguments that do not fit; see `RecurrentNetwork` and `UnitaryMatrix`.

    References
    ----------
    Jing et al., Tunable efficient unitary neural networks (EUNN) and their application to RNNs, ICML 2017.

    Examples
    --------
    >>> rnn = EURNN(3, 8, style="fft")
    >>> rnn.V.capacity, bool((rnn.V.eigenvalues().abs() - 1).abs().max() < 1e-9)
    (2, True)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "modrelu",
        *layout: Any,
        style: str = "tunable",
        capacity: int | None = None,
        complex_units: bool = True,
        device: torch.device | str | None = None,
        **options: Any,
    ) -> None:
        if complex_units and nonlinearity == "modrelu":
            nonlinearity = "complex-modrelu"
        matrix = partial(UnitaryMatrix, hidden_size, style, capacity, complex_units)
        super().__init__(matrix, input_size, hidden_size, num_layers, nonlinearity, *layout, device=device, **options)
