"""Entropies of what was counted: the losses of guesses that know the frequencies and nothing else."""

from __future__ import annotations

import torch
from torch import Tensor


def entropy(symbols: Tensor) -> float:
    """−Σ p ln p of the frequencies p of whole numbers from 0, in nats.

    Examples
    --------
    >>> round(entropy(torch.tensor([0, 1, 1, 0])), 4)
    0.6931
    """
    share = torch.bincount(symbols).double() / len(symbols)
    return float(torch.special.entr(share).sum())


def conditional_entropy(asked: Tensor, known: Tensor) -> float:
    """H(asked | known) = H(asked, known) − H(known), in nats: the least loss of a guess that sees `known` alone.

    Examples
    --------
    >>> abs(conditional_entropy(torch.tensor([3, 1, 3]), torch.tensor([0, 2, 0]))) < 1e-12
    True
    """
    known = known.long()
    return entropy(known * (int(asked.max()) + 1) + asked) - entropy(known)
