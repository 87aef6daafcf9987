"""LSTM and GRU: torch's own, with a start drawn from a generator. They have no recurrent matrix and no spectrum."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..linear import glorot_normal_


def lstm(input_size: int, hidden_size: int, *, generator: torch.Generator | None = None, **options: Any) -> nn.LSTM:
    """torch.nn.LSTM, its weights drawn Glorot-normal from the generator, its forget gates open at the start.

    Parameters
    ----------
    input_size, hidden_size, options
        As for torch.nn.LSTM.
    generator
        Source of randomness; None is torch's own.

    Returns
    -------
    torch.nn.LSTM

    Raises
    ------
    ValueError
        For options that only networks with one recurrent matrix have.

    References
    ----------
    Hochreiter & Schmidhuber, Neural Computation 1997; Gers, Schmidhuber & Cummins, Neural Computation 2000, for the
    forget gate, and Jozefowicz, Zaremba & Sutskever, ICML 2015, for its bias of 1.
    """
    made = nn.LSTM(input_size, hidden_size, **_known("an LSTM", options))
    _draw(made, generator)
    with torch.no_grad():
        for name, bias in made.named_parameters():
            if name.startswith("bias_ih"):
                bias[hidden_size : 2 * hidden_size] = 1
    return made


def gru(input_size: int, hidden_size: int, *, generator: torch.Generator | None = None, **options: Any) -> nn.GRU:
    """torch.nn.GRU, its weights drawn Glorot-normal from the generator, its biases 0.

    Parameters
    ----------
    input_size, hidden_size, options
        As for torch.nn.GRU.
    generator
        Source of randomness; None is torch's own.

    Returns
    -------
    torch.nn.GRU

    Raises
    ------
    ValueError
        For options that only networks with one recurrent matrix have.

    References
    ----------
    Cho et al., Learning phrase representations using RNN encoder–decoder, EMNLP 2014.
    """
    made = nn.GRU(input_size, hidden_size, **_known("a GRU", options))
    _draw(made, generator)
    return made


def _known(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    if wrong := [name for name in ("nonlinearity", "unit_input", "init") if name in options]:
        why = "it has no recurrent matrix that could start otherwise"
        if wrong != ["init"]:
            why = "it cannot be the linear network that a task on linear networks is about"
        raise ValueError(
            f"{kind} has no {' or '.join(wrong)}: {why}; choose nnrnn or another network with one recurrent matrix"
        )
    return options


@torch.no_grad()
def _draw(module: nn.RNNBase, generator: torch.Generator | None) -> None:
    for name, weight in module.named_parameters():
        if "weight" in name:
            glorot_normal_(weight, generator)
        else:
            weight.zero_()
