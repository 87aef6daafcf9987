"""Matrices with complex entries."""

from __future__ import annotations

import cmath

import numpy as np
import scipy.linalg

from ..form import SquareMatrix
from .specimen import Parameter, entry, size


@entry(
    "Rotated oscillator",
    "The harmonic oscillator −u″ + e^(iφ) x² u in Hermite functions, with its minus sign: x' = A x.",
    "The near eigenvalues lie on the ray −e^(iφ/2) (2k + 1) of the operator's. The farther out, the smaller "
    "a perturbation moves them; yet the norm of exp(tA) never rises: the numerical range lies left of the "
    "imaginary axis.",
    time="continuous",
    size=size(60, 120),
    angle=Parameter(1.57, 0.0, 1.57, 0.01, "φ; at 0 the matrix is normal"),
)
def rotated_oscillator(size: int, angle: float) -> SquareMatrix:
    """−(p² + e^{iφ} x²) on the first `size` Hermite functions (Davies 1999)."""
    level, turn = np.arange(size), cmath.exp(1j * angle)
    beside = np.sqrt((level[2:] - 1) * level[2:]) * (turn - 1) / 2
    return np.asarray(-np.diag((level + 0.5) * (1 + turn)) - np.diag(beside, 2) - np.diag(beside, -2))


@entry(
    "Bull's head",
    "A Toeplitz matrix with 2i above the diagonal, 1 two and 0.7 three below it, all times scale.",
    "The eigenvalues lie on arcs. The curve of the symbol, which has the shape of a bull's head, lies far outside: for "
    "z inside it, σ_min(zI − V) falls exponentially with the size.",
    size=size(50),
    scale=Parameter(0.28, 0.05, 0.5, 0.01, "factor on all entries"),
)
def bulls_head(size: int, scale: float) -> SquareMatrix:
    """scale · Toeplitz with the symbol 2i/z + z² + 0.7 z³ (Trefethen & Embree 2005, section 7)."""
    column, row = np.zeros(size, complex), np.zeros(size, complex)
    column[2:4] = np.array([1, 0.7])[: len(column[2:4])]
    row[1] = 2j
    return np.asarray(scale * scipy.linalg.toeplitz(column, row))


SPECIMENS = (rotated_oscillator, bulls_head)
