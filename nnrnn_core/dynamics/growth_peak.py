"""The peak of ‖V^k‖₂ over all k, or of ‖e^{tA}‖₂ over all t, with a proof.

Note [Return]. If ‖V^m‖ ≤ 1 for some m ≥ 1, then ‖V^{qm + r}‖ ≤ ‖V^m‖^q ‖V^r‖ ≤ ‖V^r‖: the peak is below m. Windows
[L, 2L) are searched for L = 1, 2, 4, … until ‖V^L‖ ≤ 1. In a window ‖V^{a + i}‖ ≤ ‖V^a‖ P(l) for i < l, where P(l), the
peak below l, is known: a block whose bound does not exceed the largest norm found is left out, any other is halved.
Where eigenvalues stay on the circle, the windows end when V^L is its own limit: see Note [Limit] in `growth_limit`.

What bounds the norms in a block, in either time, and what rounding does to them, is said in `bounded_powers`.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np

from ..checks import number, whole_number
from .bounded_powers import DRIFT, Exponentials, Power, Powers, product
from .continuous import nilpotent_powers
from .form import HoldsSchurForm, Matrix, SquareMatrix, Time, check_time, form_of, triangle_of
from .growth_limit import Limit, limit_of
from .spectrum import eigenvalue_uncertainty, eigenvalues

EPS = float(np.finfo(float).eps)
CLIMB = 20  # halvings of the step on the way to a first value
DOUBLINGS = 60  # most windows; 2⁶⁰ steps are for ever


class GrowthPeak(NamedTuple):
    """sup_k ‖V^k‖₂ = value, reached at k = at, as `growth_peak` gives it.

    Attributes
    ----------
    value : float
        The largest norm found; ∞ where growth has no end.
    at : float
        The k or t where it was found; ∞ where growth has no end, or comes as near to the value as one likes but, to the
        tolerance, not above it, as k or t grows.
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
        Three cases. `proven` with a finite value: that is the peak, or, with at = ∞, what ‖V^k‖ tends to or comes back
        to for ever, as where V^k tends to a projector. `proven` with value ∞: growth goes on without end, for ρ > 1, or
        an eigenvalue on the edge is defective and V is triangular or nilpotent. Not `proven`: the budget was spent
        first, rounding hides the answer, or more than one angle of the eigenvalues on the edge is no part of a turn;
        `value` is then the largest norm found.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or time, tolerance or budget is out of range.

    Notes
    -----
    Proven means: for V divided by 1 + 8nε, or A shifted by 8nε‖A‖ (ε = 2.2·10⁻¹⁶), which is what rounding leaves open,
    and with a bound on all rounding errors of the products and 4nε for those of a norm. Where eigenvalues lie on the
    edge, or one positive one just inside: for a matrix that has them there exactly, and is within 32nε‖V‖_F κ of V, κ
    the condition of its eigenvectors to these eigenvalues (1 for one).

    References
    ----------
    Higham (2002), Accuracy and Stability of Numerical Algorithms, section 3.5; Notes [Return], [Limit] in the source.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.growth_peak([[0.9, 0.0], [5.0, 0.8]]).at
    6.0
    >>> dynamics.growth_peak([[0.0, -1.0], [1.0, 0.0]])
    GrowthPeak(value=1.0, at=0.0, proven=True, above=1.0)
    >>> dynamics.growth_peak([[1.1]])
    GrowthPeak(value=inf, at=inf, proven=True, above=inf)
    >>> found = dynamics.growth_peak([[1.0, 0.0], [5.0, 0.5]])  # V^k tends to [[1, 0], [10, 0]]
    >>> round(found.value, 6), found.at, found.proven
    (10.049876, inf, True)
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
    limit = limit_of(V, discrete)
    steps = (Powers if discrete else Exponentials)(form_of(V), limit.moved if limit else 0.0)
    yield (yield from _Search(steps, limit, tolerance, budget).run())


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
    form = triangle_of(V) if isinstance(V, HoldsSchurForm) else form  # triangular, as there is no doubt
    edge = np.unique(values[np.isin(values, (1, -1, 1j, -1j)) if discrete else beyond == 0])
    return any(_defective(form, complex(value)) for value in edge)


def _defective(form: SquareMatrix, value: complex) -> bool:
    """Whether an eigenvalue that stands on the diagonal more than once has fewer eigenvectors. Only values that are
    held exactly are asked for."""
    count = int((np.diag(form) == value).sum())
    singular = np.linalg.svd(form - value * np.eye(len(form)), compute_uv=False)
    certain = int((singular > 10 * len(form) * EPS * singular[0]).sum())  # the rank is at least this
    return certain > len(form) - count


class _Block(NamedTuple):
    """From `start`, 2^level units long, with the powers at both its ends."""

    first: Power
    last: Power
    start: float
    level: int


class _Search:
    """First the powers of two, until they have come down to 1; then what lies between them. See Note [Return]."""

    def __init__(self, steps: Powers, limit: Limit | None, tolerance: float, budget: int) -> None:
        self.steps, self.limit, self.tolerance, self.budget = steps, limit, tolerance, budget
        self.value, self.at = 1.0, 0.0
        self.settled = False  # what comes after the windows is the limit

    @property
    def so_far(self) -> GrowthPeak:
        return GrowthPeak(self.value, self.at, False, math.inf)

    def run(self) -> Generator[GrowthPeak, None, GrowthPeak]:
        """What is found, after what is found on the way."""
        if self.steps.contracts():
            return GrowthPeak(1.0, 0.0, True, 1.0)
        windows, outcome = yield from self.windows()
        if outcome == "outgrows":
            return GrowthPeak(math.inf, math.inf, True, math.inf)
        if outcome not in ("returns", "settles"):
            return self.so_far
        self.climb()
        yield self.so_far
        bounds = {0: (yield from self.explore(_Block(self.steps.start, self.steps.step(0), 0.0, 0), {}))}
        made = self.steps.step(0).error
        for level in range(windows):
            first = self.steps.sharpen(level, bounds[level] * bounds[level] * made)
            block = _Block(first, self.steps.step(level + 1), self.steps.unit * 2.0**level, level)
            inside = yield from self.explore(block, bounds)
            bounds[level + 1] = max(bounds[level], min(inside, first.above * bounds[level]))
            made = 2 * made + self.steps.step(level + 1).rounding + first.error * first.error
        above = max(bounds[windows], self.value)
        if self.settled:
            last = self.steps.sharpen(windows, bounds[windows] * bounds[windows] * made)
            left = self.rest(last, self.steps.unit * 2.0**windows)
            after = self.onwards(self.steps.unit * 2.0**windows, left, bounds[windows])
            above = max(above, after if left < 1 else math.inf)
        return GrowthPeak(self.value, self.at, above <= self.value * (1 + self.tolerance), above)

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
            if self.settles(power, length):
                return level, "settles"
            # |tr V^m| ≤ n ρ^m
            if abs(complex(np.trace(power.M))) > len(power.M) * (1 + DRIFT + power.error):
                return level, "outgrows"
        return DOUBLINGS, "stays"

    def settles(self, power: Power, length: float) -> bool:
        """Whether what comes later seems to be the limit, to the tolerance. See Note [Limit] in `growth_limit`."""
        limit = self.limit
        if limit is None or limit.rest(power.M, length) > self.tolerance / 16:
            return False
        if limit.least >= (1 - self.tolerance / 4) * self.value:
            self.value, self.at = limit.least, math.inf
        self.settled = True
        return True

    def rest(self, power: Power, k: float) -> float:
        """A bound on the part that decays."""
        return math.inf if self.limit is None else self.limit.rest(power.M, k) + power.error

    def onwards(self, k: float, decaying: float, below: float) -> float:
        """A bound on the norms of l steps from k on. decaying: what is left by then of the part that decays; below: the
        norms of fewer steps than l."""
        return math.inf if self.limit is None else self.limit.most * (self.limit.left(k) + decaying) + decaying * below

    def see(self, power: Power, start: float) -> bool:
        if not math.isfinite(power.above):  # it has left float64, which says nothing about it
            return False
        if power.norm <= self.value * (1 + (self.tolerance / 4 if self.at == math.inf else 0)):
            return False
        self.value, self.at = power.norm, start
        return True

    def climb(self) -> None:
        """Onwards from the largest power of two, in steps that halve: a good first value leaves most blocks out."""
        if self.at in (0, math.inf):
            return
        level = round(math.log2(self.at / self.steps.unit))
        best, start = self.steps.step(level), self.at
        for smaller in range(level - 1, max(level - CLIMB, self.steps.lowest) - 1, -1):
            length = self.steps.unit * 2.0**smaller
            tried = product(best, self.steps.step(smaller))
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
            middle = product(first, self.steps.step(level - 1), most)
            half = self.steps.unit * 2.0 ** (level - 1)
            waiting.append(_Block(middle, last, start + half, level - 1))
            waiting.append(_Block(first, middle, start, level - 1))
        return above

    def bound(self, block: _Block, bounds: dict[int, float]) -> float:
        """On the norms in the block."""
        enough, below = self.value * (1 + self.tolerance / 2), bounds.get(block.level, math.inf)
        onwards = block.first.above * min(below, self.steps.most(block.level))
        if self.settled and onwards > enough:
            onwards = min(onwards, self.onwards(block.start, self.rest(block.first, block.start), below))
        if onwards <= enough:
            return onwards
        return min(onwards, self.steps.within(block.first, block.last, block.level, below))
