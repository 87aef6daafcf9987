"""The peak of ‖V^k‖₂ over all k, or of ‖e^{tA}‖₂ over all t, with a proof.

Note [Return]. If ‖V^m‖ ≤ 1 for some m ≥ 1, then ‖V^{qm + r}‖ ≤ ‖V^m‖^q ‖V^r‖ ≤ ‖V^r‖: the peak is below m. Windows
[L, 2L) are searched for L = 1, 2, 4, … until ‖V^L‖ ≤ 1. In a window ‖V^{a + i}‖ ≤ ‖V^a‖ P(l) for i < l, where P(l), the
peak below l, is known: a block whose bound does not exceed the largest norm found is left out, any other is halved.

In continuous time the blocks are intervals, and the smallest are bounded by what lies between their ends: linear
interpolation of X(s) = e^{sA}X(0) over [0, h] is off by at most h²/8 · sup ‖X''‖ ≤ h²/8 · e^{hω}‖A² X(0)‖, and the norm
is convex, so sup ‖X(s)‖ ≤ max(‖X(0)‖, ‖X(h)‖) + h²/8 · e^{hω}‖A² X(0)‖, with ω the numerical abscissa (or 0).

Rounding. Every product carries a bound on its error (Higham 2002, § 3.5): |fl(XY) − XY| ≤ γ |X||Y|, entry by entry, and
errors of the factors are multiplied on, by norms and by entries. An error E made on the way to V^a has become E V^i in
V^{a + i}, and V^p E V^q in a power of two, so P(l) bounds it better than the norms of all factors do. The least counts.
"≤ 1" is asked of V/(1 + δ) with δ = 8nε, or of A − δ‖A‖, as long as that makes no visible
difference: such a V is as near to the one meant as its rounded entries are. An orthogonal V is of norm 1 then.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np

from ..checks import number, whole_number
from .continuous import nilpotent_powers
from .form import HoldsSchurForm, Matrix, RealMatrix, SquareMatrix, Time, as_schur, check_time, form_of
from .numerical_range import numerical_abscissa
from .spectrum import eigenvalue_uncertainty, eigenvalues

EPS = float(np.finfo(float).eps)
TERMS = 18  # of the exponential's series, for an exponent of norm at most ½: the next is 10⁻²²
CLIMB = 20  # halvings of the step on the way to a first value
DRIFT = 1e-6  # most that (1 + δ)^m may be above 1
DOUBLINGS = 60  # most windows; 2⁶⁰ steps are for ever
SLACK = 4  # δ over nε
SMALLEST = 40  # halvings below the first interval of time


class GrowthPeak(NamedTuple):
    """sup_k ‖V^k‖₂ = value, reached at k = at, as `growth_peak` gives it.

    Attributes
    ----------
    value : float
        The largest norm found; ∞ where growth has no end.
    at : float
        The k or t where it was found; ∞ where growth has no end.
    proven : bool
        Whether that is a proof, up to rounding: no norm exceeds value by more than the tolerance, or growth has no end.
        False where nothing was decided within the budget.
    above : float
        No norm exceeds it: at most (1 + tolerance) value where the peak is proven, ∞ otherwise.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> found = dynamics.growth_peak([[0.0, 0.0], [3.0, 0.0]])
    >>> found.value, found.at, found.proven, bool(found.above < 3.000003)
    (3.0, 1.0, True, True)
    """

    value: float
    at: float
    proven: bool
    above: float


def growth_peak(V: Matrix, time: Time = "discrete", tolerance: float = 1e-6, budget: int = 20_000) -> GrowthPeak:
    """sup_k ‖V^k‖₂ over all k ≥ 0, or sup_t ‖e^{tA}‖₂ over all t ≥ 0: where it is, and whether that is proven.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    time : {"discrete", "continuous"}
        Whether V^k or e^{tV} grows.
    tolerance : float, above 0 and below 1
        Relative: by how much a norm that was not looked at may exceed the value.
    budget : int, at least 1
        Most powers (or exponentials) whose norm is computed: the work of about as many singular value decompositions.

    Returns
    -------
    GrowthPeak
        Three cases. `proven` with a finite value: that is the peak. `proven` with value ∞: growth goes on without end,
        for ρ > 1, or an eigenvalue on the edge is defective and V is triangular or nilpotent. Not `proven`: the budget
        was spent first, or rounding hides the answer, as for ρ = 1 where V^k tends to a projector of norm above 1;
        `value` is then the largest norm found.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or time, tolerance or budget is out of range.

    Notes
    -----
    Proven means: for V divided by 1 + 8nε, or A shifted by 8nε‖A‖ (ε = 2.2·10⁻¹⁶), which is what rounding leaves open,
    and with a bound on all rounding errors of the products and 4nε for those of a norm.

    References
    ----------
    Higham (2002), Accuracy and Stability of Numerical Algorithms, section 3.5; Note [Return] in the source.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.growth_peak([[0.9, 0.0], [5.0, 0.8]]).at
    6.0
    >>> dynamics.growth_peak([[0.0, -1.0], [1.0, 0.0]])
    GrowthPeak(value=1.0, at=0.0, proven=True, above=1.0)
    >>> dynamics.growth_peak([[1.1]])
    GrowthPeak(value=inf, at=inf, proven=True, above=inf)
    """
    return [*growth_peak_slices(V, time, tolerance, budget)][-1]


def growth_peak_slices(
    V: Matrix, time: Time = "discrete", tolerance: float = 1e-6, budget: int = 20_000
) -> Iterator[GrowthPeak]:
    """sup_k ‖V^k‖₂ as `growth_peak` gives it, a little at a time, for a page that must answer in between.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    time : {"discrete", "continuous"}
        Whether V^k or e^{tV} grows.
    tolerance, budget
        As in `growth_peak`.

    Yields
    ------
    GrowthPeak
        The largest found so far, after each power that was looked at: some products of matrices and one singular value
        decomposition lie between two. The last is that of `growth_peak`. Whoever does not ask for the next one has
        stopped the search.

    Raises
    ------
    ValueError
        When the first is asked for: if V is not a finite, square matrix, or time, tolerance or budget is out of range.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> [*found] = dynamics.growth_peak_slices([[0.9, 0.0], [5.0, 0.8]])
    >>> found[0].proven, found[-1] == dynamics.growth_peak([[0.9, 0.0], [5.0, 0.8]])
    (False, True)
    """
    discrete = check_time(time) == "discrete"
    tolerance = number("tolerance", tolerance, 0, 1, above=True, below=True)
    budget = whole_number("budget", budget, 1)
    if _endless(V, discrete):
        yield GrowthPeak(math.inf, math.inf, True, math.inf)
        return
    form = form_of(V)
    search = _Search((_Powers if discrete else _Exponentials)(form), tolerance, budget)
    yield from search.run()


def _endless(V: Matrix, discrete: bool) -> bool:
    """Whether the spectrum proves that growth has no end."""
    values, doubt = eigenvalues(V), eigenvalue_uncertainty(V)
    beyond = np.abs(values) - 1 if discrete else values.real
    if (beyond > doubt + 4 * EPS * np.abs(values)).any():
        return True
    form = form_of(V)
    if not discrete and form.any() and (found := nilpotent_powers(form)) is not None and len(found[1]) > 1:
        return found[0] >= 0
    if doubt.any():
        return False
    form = as_schur(V)[1] if isinstance(V, HoldsSchurForm) else form  # triangular, as there is no doubt
    edge = np.unique(values[np.isin(values, (1, -1, 1j, -1j)) if discrete else beyond == 0])
    return any(_defective(form, complex(value)) for value in edge)


def _defective(form: SquareMatrix, value: complex) -> bool:
    """Whether an eigenvalue that stands on the diagonal more than once has fewer eigenvectors. Only values that are
    held exactly are asked for."""
    count = int((np.diag(form) == value).sum())
    singular = np.linalg.svd(form - value * np.eye(len(form)), compute_uv=False)
    certain = int((singular > 10 * len(form) * EPS * singular[0]).sum())  # the rank is at least this
    return certain > len(form) - count


class _Power(NamedTuple):
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


def _product(X: _Power, Y: _Power, most: float = math.inf) -> _Power:
    """XY, with its own rounding and that of X and Y in the error. most: the norm of a power by which what was made on
    the way to X may have been multiplied since."""
    with np.errstate(all="ignore"):
        left, right = np.abs(X.M), np.abs(Y.M)
        rounding = _gamma(X.M) * (left @ right)
        moved = rounding + left @ Y.moved + X.moved @ (right + Y.moved)
        local = float(np.linalg.norm(rounding))
        error, made = local + X.norm * Y.error + X.error * (Y.norm + Y.error), X.made + local + X.norm * Y.error
        return _power(X.M @ Y.M, min(error, most * made), moved)._replace(rounding=local, made=made)


def _power(M: SquareMatrix, error: float, moved: RealMatrix) -> _Power:
    """Of two bounds on the error the smaller. LAPACK's norm is off by a low power of n times ε."""
    if not (np.isfinite(M).all() and math.isfinite(error) and np.isfinite(moved).all()):
        return _Power(M, math.inf, math.inf, moved)
    norm, error = float(np.linalg.norm(M, 2)), min(error, float(np.linalg.norm(moved)))
    return _Power(M, norm, error * (1 + 1e-9) + SLACK * len(M) * EPS * norm, np.minimum(moved, error) * (1 + 1e-9))


def _gamma(M: SquareMatrix) -> float:
    """Of a sum of n products; those of complex numbers cost four times the rounding."""
    return (len(M) + 2) * EPS * (1 if np.isrealobj(M) else 4)


class _Powers:
    """Blocks of k: level j holds 2^j of them, and none is smaller than one."""

    lowest = 0
    unit = 1.0

    def __init__(self, form: SquareMatrix) -> None:
        self.form = form
        self.start = _power(np.eye(len(form)), 0.0, np.zeros(form.shape))
        self.cache = {0: _power(form, 0.0, np.zeros(form.shape))}

    def step(self, level: int) -> _Power:
        """V to the 2^level."""
        if level not in self.cache:
            half = self.step(level - 1)
            self.cache[level] = _product(half, half)
        return self.cache[level]

    def sharpen(self, level: int, error: float) -> _Power:
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

    def within(self, first: _Power, last: _Power, level: int) -> float:
        """Another bound on the norms in a block, from the powers at its ends."""
        return first.above if level == self.lowest else math.inf


class _Exponentials(_Powers):
    """Intervals of t: level j is τ 2^j long, τ‖A‖ about ½."""

    lowest = -SMALLEST

    def __init__(self, form: SquareMatrix) -> None:
        super().__init__(form)
        self.size = float(np.linalg.norm(form)) or 1.0
        self.unit = 2.0 ** (-math.frexp(self.size)[1] - 1)
        rounding = SLACK * len(form) * EPS * self.size
        self.abscissa = max(numerical_abscissa(form) - rounding, 0.0)  # of A − δ‖A‖; rounding in it is far less
        self.square = form @ form
        self.cache = {}

    def step(self, level: int) -> _Power:
        if level > 0:
            return super().step(level)
        if level not in self.cache:
            self.cache[level] = self._series(self.unit * 2.0**level)
        return self.cache[level]

    def drift(self, length: float) -> float:
        return super().drift(length * self.size)

    def most(self, level: int) -> float:
        return math.exp(min(self.unit * 2.0**level * self.abscissa * (1 + 1e-9), 700.0))

    def contracts(self) -> bool:
        return self.abscissa <= 0

    def within(self, first: _Power, last: _Power, level: int) -> float:
        h = self.unit * 2.0**level
        bend = float(np.linalg.norm(self.square @ first.M)) + first.error * self.size**2
        return max(first.above, last.above) + h * h / 8 * math.exp(min(h * self.abscissa, 700.0)) * bend * (1 + 1e-9)

    def _series(self, h: float) -> _Power:
        """e^{hA} for ‖hA‖ ≤ ½: I + hA(I + hA/2(I + …)), whose sums are below 2."""
        one, E = np.eye(len(self.form)), np.eye(len(self.form))
        for k in range(TERMS, 0, -1):
            E = one + (h / k) * self.form @ E
        error = 4 * _gamma(E) * math.sqrt(len(E))
        return _power(E, error, np.full(E.shape, error))


class _Block(NamedTuple):
    """From `start`, 2^level units long, with the powers at both its ends."""

    first: _Power
    last: _Power
    start: float
    level: int


class _Search:
    """First the powers of two, until they have come down to 1; then what lies between them. See Note [Return]."""

    def __init__(self, steps: _Powers, tolerance: float, budget: int) -> None:
        self.steps, self.tolerance, self.budget = steps, tolerance, budget
        self.value, self.at = 1.0, 0.0

    @property
    def so_far(self) -> GrowthPeak:
        return GrowthPeak(self.value, self.at, False, math.inf)

    def run(self) -> Iterator[GrowthPeak]:
        if self.steps.contracts():
            yield GrowthPeak(1.0, 0.0, True, 1.0)
            return
        windows, outcome = yield from self.windows()
        if outcome != "returns":
            endless = outcome == "outgrows"
            yield GrowthPeak(math.inf, math.inf, True, math.inf) if endless else self.so_far
            return
        self.climb()
        yield self.so_far
        bounds = {0: (yield from self.explore(_Block(self.steps.start, self.steps.step(0), 0.0, 0), {}))}
        made = self.steps.step(0).error
        for level in range(windows):
            first = self.steps.sharpen(level, bounds[level] ** 2 * made)
            block = _Block(first, self.steps.step(level + 1), self.steps.unit * 2.0**level, level)
            inside = yield from self.explore(block, bounds)
            bounds[level + 1] = max(bounds[level], min(inside, first.above * bounds[level]))
            made = 2 * made + self.steps.step(level + 1).rounding + first.error**2
        above = max(bounds[windows], self.value)
        yield GrowthPeak(self.value, self.at, above <= self.value * (1 + self.tolerance), above)

    def windows(self) -> Generator[GrowthPeak, None, tuple[int, str]]:
        """How many there are, and why no more."""
        for level in range(DOUBLINGS):
            yield self.so_far
            power, length = self.steps.step(level), self.steps.unit * 2.0**level
            if not math.isfinite(power.above):
                return level, "overflows"
            self.see(power, length)
            if power.above <= self.steps.drift(length):
                return level, "returns"
            # |tr V^m| ≤ n ρ^m
            if abs(complex(np.trace(power.M))) > len(power.M) * (1 + DRIFT + power.error):
                return level, "outgrows"
        return DOUBLINGS, "stays"

    def see(self, power: _Power, start: float) -> bool:
        if power.norm <= self.value:
            return False
        self.value, self.at = power.norm, start
        return True

    def climb(self) -> None:
        """Onwards from the largest power of two, in steps that halve: a good first value leaves most blocks out."""
        if self.at == 0:
            return
        level = round(math.log2(self.at / self.steps.unit))
        best, start = self.steps.step(level), self.at
        for smaller in range(level - 1, max(level - CLIMB, self.steps.lowest) - 1, -1):
            length = self.steps.unit * 2.0**smaller
            tried = _product(best, self.steps.step(smaller))
            if self.see(tried, start + length):
                best, start = tried, start + length

    def explore(self, block: _Block, bounds: dict[int, float]) -> Generator[GrowthPeak, None, float]:
        """A bound on every norm in the block: each is looked at, or left out as not above the largest."""
        waiting, above = [block._replace(first=block.first._replace(made=block.first.error))], 0.0
        most = bounds.get(block.level, math.inf)
        while waiting:
            first, last, start, level = block = waiting.pop()
            self.see(first, start)
            self.see(last, start + self.steps.unit * 2.0**level)
            bound = self.bound(block, bounds)
            if bound <= self.value * (1 + self.tolerance / 2) or level == self.steps.lowest or self.budget <= 0:
                above = max(above, bound)
                continue
            self.budget -= 1
            yield self.so_far
            middle = _product(first, self.steps.step(level - 1), most)
            half = self.steps.unit * 2.0 ** (level - 1)
            waiting.append(_Block(middle, last, start + half, level - 1))
            waiting.append(_Block(first, middle, start, level - 1))
        return above

    def bound(self, block: _Block, bounds: dict[int, float]) -> float:
        """On the norms in the block."""
        onwards = block.first.above * min(bounds.get(block.level, math.inf), self.steps.most(block.level))
        if onwards <= self.value * (1 + self.tolerance / 2):
            return onwards
        return min(onwards, self.steps.within(block.first, block.last, block.level))
