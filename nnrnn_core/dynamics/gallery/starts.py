"""The paper's family of chains, and two chains that a training may start from."""

from __future__ import annotations

import numpy as np

from ..form import RealMatrix
from .building import tridiagonal
from .specimen import Parameter, entry, gain, size


@entry(
    "Table 6",
    "The paper's family: d on the diagonal, alpha below it, beta everywhere further down.",
    "Its one eigenvalue is d: with d = 0 the memory is gone after size steps, with d > 0 a trace stays.",
    size=size(64),
    d=Parameter(0.2, 0.0, 1.0, 0.01, "each unit's memory of itself"),
    alpha=gain(1.05, "weight of each link"),
    beta=Parameter(0.005, 0.0, 0.1, 0.005, "weight to all units further down"),
)
def table6(size: int, d: float, alpha: float, beta: float) -> RealMatrix:
    """d on the diagonal, alpha below it, beta everywhere further down (paper, section 3, Table 6)."""
    return tridiagonal(size, alpha, d, 0) + beta * np.tri(size, k=-2)


@entry(
    "Chain",
    "Orhan and Pitkow's start of training: a delay line with alpha near 1.",
    "alpha decides what comes out at the end, alpha^(size − 1), and moves no eigenvalue away from 0.",
    size=size(64),
    alpha=Parameter(1.02, 0.9, 1.1, 0.005, "weight of each link"),
)
def chain(size: int, alpha: float) -> RealMatrix:
    return tridiagonal(size, alpha, 0, 0)


@entry(
    "Chain with feedback",
    "Orhan and Pitkow's other start: a chain whose units also answer the unit before, with weight beta.",
    "The eigenvalues leave 0 for the real numbers 2 √(alpha · beta) cos(jπ/(size + 1)).",
    size=size(64),
    alpha=Parameter(0.99, 0.5, 1.1, 0.01, "weight of each link forward"),
    beta=Parameter(0.05, 0.0, 0.3, 0.01, "weight of each link back"),
)
def feedback_chain(size: int, alpha: float, beta: float) -> RealMatrix:
    return tridiagonal(size, alpha, 0, beta)


SPECIMENS = (table6, chain, feedback_chain)
