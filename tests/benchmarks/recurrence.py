"""Forward and backward through time: the kit against the bare matrix products, torch.nn.RNN and the naive loop."""

from __future__ import annotations

import torch

from .loops import BARE, Problem, bare, kit, large_products, naive, torch_network
from .matrices import Schur
from .measure import CORES, Comparison, Row, Setup, Works


def small(setup: Setup) -> Works:
    p = Problem.of(setup.size(128, 8), setup.size(10, 2), setup.size(220, 5), setup.device)
    return {
        "unroll, tanh": kit(p, "tanh"),
        "unroll, modReLU": kit(p, "modReLU"),
        **bare(p),
        "three large products": large_products(p),
        "torch.nn.RNN, tanh": torch_network(p, torch.nn.RNN),
        "torch.nn.LSTM": torch_network(p, torch.nn.LSTM),
        "naive loop, tanh": naive(p, "tanh"),
        "naive loop, modReLU": naive(p, "modReLU"),
        "loop over unbound drive, tanh": naive(p, "tanh", indexed=False),
        "loop over unbound drive, modReLU": naive(p, "modReLU", indexed=False),
        "unroll, tanh, tapped": kit(p, "tanh", tap=True),
        "unroll, modReLU, tapped": kit(p, "modReLU", tap=True),
    }


def large(setup: Setup) -> Works:
    p = Problem.of(setup.size(512, 8), setup.size(100, 2), setup.size(784, 5), setup.device)
    V = Schur.of(setup)
    return {
        "unroll, tanh": kit(p, "tanh"),
        "unroll, modReLU": kit(p, "modReLU"),
        **bare(p),
        "V and its gradient": V.gradient,
        "V and its gradient, P free": V.moved(),
        "re-basing P": V.rebasing(),
    }


COMPARISONS = (
    Comparison(
        "recurrence",
        "Recurrence, forward and backward; N = 128, batch 10, 220 steps",
        small,
        (
            Row("unroll, tanh", BARE, 2.0),
            Row("unroll, modReLU", BARE, 2.0),
            Row("unroll, tanh", ("three large products",)),
            Row("unroll, tanh", ("torch.nn.RNN, tanh",), 0.5),
            Row("unroll, tanh", ("torch.nn.LSTM",)),
            Row("unroll, tanh", ("naive loop, tanh",), 0.2),
            Row("unroll, modReLU", ("naive loop, modReLU",), 0.2),
            Row("unroll, tanh", ("loop over unbound drive, tanh",)),
            Row("unroll, modReLU", ("loop over unbound drive, modReLU",)),
            Row("unroll, tanh, tapped", ("unroll, tanh",), 1.1),
            Row("unroll, modReLU, tapped", ("unroll, modReLU",), 1.1),
        ),
        rounds=50,
    ),
    Comparison(
        "large",
        "Recurrence, forward and backward, and V; N = 512, batch 100, 784 steps",
        large,
        (
            Row("unroll, tanh", BARE, 1.3),
            Row("unroll, modReLU", BARE, 1.3),
            Row("V and its gradient", ("unroll, modReLU",), 0.1),
            Row("V and its gradient, P free", ("unroll, modReLU",)),
            Row("re-basing P", ("unroll, modReLU",)),
        ),
        rounds=3,
        threads=min(2, CORES),
    ),
)
