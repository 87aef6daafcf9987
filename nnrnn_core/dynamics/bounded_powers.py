"""V^k, or e^{tA}, with bounds: on the norms in a block of k or t, and on what rounding has done.

Note [Blocks]. In continuous time the blocks are intervals, and the smallest are bounded by what lies between their
ends: linear interpolation of X(s) = e^{sA}X(0) over [0, h] is off by at most h²/8 · sup ‖X''‖ ≤ h²/8 · e^{hω}‖A² X(0)‖,
and the norm is convex, so sup ‖X(s)‖ ≤ max(‖X(0)‖, ‖X(h)‖) + h²/8 · e^{hω}‖A² X(0)‖, with ω the numerical abscissa (or
0). So is a sequence off its chord, by at most l²/8 · sup ‖X_{i+2} − 2X_{i+1} + X_i‖, which for powers that tend to a
limit is soon small.

Rounding. Every product carries a bound on its error (Higham 2002, § 3.5): |fl(XY) − XY| ≤ γ |X||Y|, entry by entry, and
errors of the factors are multiplied on, by norms and by entries. An error E made on the way to V^a has become E V^i in
V^{a + i}, and V^p E V^q in a power of two, so P(l) bounds it better than the norms of all factors do. The least counts.
"≤ 1" is asked of V/(1 + δ) with δ = 8nε, or of A − δ‖A‖, as long as that makes no visible
difference: such a V is as near to the one meant as its rounded entries are. An orthogonal V is of norm 1 then.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .form import RealMatrix, SquareMatrix, frobenius
from .numerical_range import numerical_abscissa

EPS = float(np.finfo(float).eps)
TERMS = 18  # of the exponential's series, for an exponent of norm at most ½: the next is 10⁻²²
DRIFT = 1e-6  # most that (1 + δ)^m may be above 1
SLACK = 4  # δ over nε
SMALLEST = 40  # halvings below the first interval of time
LONGEST = 1000  # of that interval: its logarithm to base 2


class Power(NamedTuple):
    """A power, its norm, how far rounding may have moved either, and each entry, and the errors made on the way: in the
    last product, and in all since the window began."""

    M: SquareMatrix
    norm: float
    error: float
    moved: RealMatrix
    rounding: float = 0.0
    made: float = 0.0

    @property
    def above(self) -> float:
        return self.norm + self.error


def product(X: Power, Y: Power, most: float = math.inf) -> Power:
    """XY, with its own rounding and that of X and Y in the error. most: the norm of a power by which what was made on
    the way to X may have been multiplied since."""
    with np.errstate(all="ignore"):
        left, right = np.abs(X.M), np.abs(Y.M)
        rounding = _gamma(X.M) * (left @ right)
        moved = rounding + left @ Y.moved + X.moved @ (right + Y.moved)
        local = frobenius(rounding)
        error, made = local + X.norm * Y.error + X.error * (Y.norm + Y.error), X.made + local + X.norm * Y.error
        return _power(X.M @ Y.M, min(error, most * made), moved)._replace(rounding=local, made=made)


def _power(M: SquareMatrix, error: float, moved: RealMatrix) -> Power:
    """Of two bounds on the error the smaller. LAPACK's norm is off by a low power of n times ε."""
    if not (np.isfinite(M).all() and math.isfinite(error) and np.isfinite(moved).all()):
        return Power(M, math.inf, math.inf, moved)
    norm, error = float(np.linalg.norm(M, 2)), min(error, frobenius(moved))
    return Power(M, norm, error * (1 + 1e-9) + SLACK * len(M) * EPS * norm, np.minimum(moved, error) * (1 + 1e-9))


def _gamma(M: SquareMatrix) -> float:
    """Of a sum of n products; those of complex numbers cost four times the rounding."""
    return (len(M) + 2) * EPS * (1 if np.isrealobj(M) else 4)


class Powers:
    """Blocks of k: level j holds 2^j of them, and none is smaller than one. moved: how far the matrix that is meant may
    be from the form."""

    lowest = 0
    unit = 1.0

    def __init__(self, form: SquareMatrix, moved: float = 0.0) -> None:
        self.form, self.moved = form, moved
        self.start = _power(np.eye(len(form)), 0.0, np.zeros(form.shape))
        self.cache = {0: _power(form, moved, np.full(form.shape, moved))}

    def step(self, level: int) -> Power:
        """V to the 2^level."""
        if level not in self.cache:
            half = self.step(level - 1)
            self.cache[level] = product(half, half)
        return self.cache[level]

    def sharpen(self, level: int, error: float) -> Power:
        """The step with another bound on its error."""
        power = self.step(level)
        self.cache[level] = _power(power.M, min(power.error, error), power.moved)._replace(rounding=power.rounding)
        return self.cache[level]

    def drift(self, length: float) -> float:
        """1 + δ to the power of a length, as long as it is 1 to the eye."""
        return 1 + min(2 * SLACK * len(self.form) * EPS * length, DRIFT)

    def most(self, level: int) -> float:
        """A bound on the norms in the first block of a level that has not been searched."""
        return 1.0 if level == 0 else math.inf

    def contracts(self) -> bool:
        """Whether no norm is above 1 at all."""
        return self.step(0).norm <= self.drift(1.0)

    def within(self, first: Power, last: Power, level: int, below: float) -> float:
        """Another bound on the norms in a block, from the powers at its ends and the norms below its length."""
        if level == self.lowest:
            return first.above
        if not self.moved or not math.isfinite(below):
            return math.inf
        D = self.form - np.eye(len(self.form))
        size, local = float(np.linalg.norm(D)), 3 * self.moved + 3 * _gamma(D) * float(np.linalg.norm(D))
        bend = (
            float(np.linalg.norm(D @ (D @ first.M))) + first.error * size * size + local * size * first.above * len(D)
        )
        return max(first.above, last.above) + 4.0**level / 8 * bend * below * (1 + 1e-9)


class Exponentials(Powers):
    """Intervals of t: level j is τ 2^j long, τ‖A‖ about ½. In here τ A stands for A, so that no square of it leaves
    float64; τ is a power of two, so that nothing is rounded."""

    lowest = -SMALLEST

    def __init__(self, form: SquareMatrix, moved: float = 0.0) -> None:
        self.unit = 2.0 ** min(-math.frexp(frobenius(form) or 1.0)[1] - 1, LONGEST)
        form = self.unit * form
        super().__init__(form, self.unit * moved)
        self.size = frobenius(form)
        rounding = SLACK * len(form) * EPS * self.size
        # of A − δ‖A‖; rounding in it is far less
        self.abscissa = max(numerical_abscissa(form) - rounding, 0.0) + 2 * self.moved
        self.square = form @ form
        self.cache = {}

    def step(self, level: int) -> Power:
        if level > 0:
            return super().step(level)
        if level not in self.cache:
            self.cache[level] = self._series(2.0**level)
        return self.cache[level]

    def drift(self, length: float) -> float:
        return super().drift(length / self.unit * self.size)

    def most(self, level: int) -> float:
        return math.exp(min(2.0**level * self.abscissa * (1 + 1e-9), 700.0))

    def contracts(self) -> bool:
        return self.abscissa <= 0

    def within(self, first: Power, last: Power, level: int, below: float) -> float:
        h = 2.0**level
        bend = float(np.linalg.norm(self.square @ first.M)) + first.error * self.size * self.size
        bend += 3 * self.moved * self.size * first.above
        return max(first.above, last.above) + h * h / 8 * math.exp(min(h * self.abscissa, 700.0)) * bend * (1 + 1e-9)

    def _series(self, h: float) -> Power:
        """e^{hA} for ‖hA‖ ≤ ½: I + hA(I + hA/2(I + …)), whose sums are below 2."""
        one, E = np.eye(len(self.form)), np.eye(len(self.form))
        for k in range(TERMS, 0, -1):
            E = one + (h / k) * self.form @ E
        error = 4 * _gamma(E) * math.sqrt(len(E)) + 2 * h * self.moved
        return _power(E, error, np.full(E.shape, error))
