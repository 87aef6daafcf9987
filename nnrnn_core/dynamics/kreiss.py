"""The Kreiss constant: how far the pseudospectra reach past the unit circle, over their ε.

Note [Three circles]. With M(r) = max {1/σ_min(z − V) : |z| = r}, K = sup_{r > 1} (r − 1) M(r).

1. On one circle, ε is a singular value of z − V where a pencil of twice the size has an eigenvalue on the circle (Note
   [Criss-cross]). None there for an ε just below the least level found: that level is the least. Some there: between
   two of them lies a lower level, and the search goes on from there.
2. Between two circles, log M is below its chord over log r, by Hadamard's theorem of the three circles, which holds for
   any function that is analytic outside the spectrum, the resolvent too. log(r − 1) is concave in log r, so the largest
   sum of both has a closed form: an upper bound on K between the circles, off by the square of their distance.
3. Beyond the last circle 1/σ_min ≤ 1/(r − w), with w the numerical radius; where w ≤ 1, K = 1.

The next circle lies where the upper bound is largest, until it has come down to the largest value found. In continuous
time lines take the place of circles, Re z that of log r, and the numerical abscissa that of w.
"""

from __future__ import annotations

import math
from bisect import insort
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import scipy  # loads what is asked of it when it is first asked
from jaxtyping import Float64

from ..checks import number, whole_number
from .form import (
    ComplexMatrix,
    HoldsSchurForm,
    Matrix,
    Time,
    check_time,
    form_of,
    frobenius,
    is_lower,
    is_real,
    triangle_of,
)
from .inverse_lanczos import level_from_inverse, levels, unit_of
from .numerical_range import numerical_abscissa, numerical_radius
from .pseudospectral_radius import middles
from .spectrum import eigenvalue_uncertainty, eigenvalues

EPS = float(np.finfo(float).eps)
STABLE = 1e-12  # how far rounding may carry an eigenvalue past the edge
FARTHEST = 1e100  # of the numerical radius
NEAREST = 1e-8  # the first circle, where a level on the unit circle itself is 0 or rounding
RESOLVED = 1e-10  # a level below this part of the norm is too close to rounding for a proof
ROUNDED = 8  # times nε‖V‖: what rounding may have done to a level
SEARCH = 1e-6  # relative error allowed to the levels among which the least is looked for
OFF_CURVE = 1e-5  # how far from the circle, or the line, rounding may carry an eigenvalue of the pencil
OUTSIDE = 6  # curves that are looked at, where rounding hides which eigenvalues lie past the edge
ROUNDS = 20  # of lowering the level on a circle; three are common
POLISH = 1e-6  # of the gap between two places: the level is off by the square
EDGE = 0.05  # a new circle keeps this part of the gap away from both its neighbours
DEFECTIVE = 10  # times the value a hundred times as far from the edge: it grows without end
Places = Float64[np.ndarray, " places"]


class KreissBounds(NamedTuple):
    """value ≤ K ≤ above, as `kreiss_bounds` gives them.

    Attributes
    ----------
    value : float
        (|z| − 1)/σ_min(zI − V), or Re z/σ_min(zI − A), at the z found: a lower bound, whatever else.
    above : float
        An upper bound, proven up to rounding; ∞ where there is none.
    at : complex
        z; ∞ where value is 1, the limit far away, and on the spectrum where it is ∞.
    certified : bool
        Whether the two agree to the tolerance.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.kreiss_bounds([[0.5]])
    KreissBounds(value=1.0, above=1.0, at=inf, certified=True)
    """

    value: float
    above: float
    at: complex
    certified: bool


def kreiss_constant(V: Matrix, time: Time = "discrete") -> float:
    """K(V) = sup_{|z| > 1} (|z| − 1)/σ_min(zI − V), so that K ≤ sup_k ‖V^k‖₂ ≤ e n K.

    Continuous time: K(A) = sup_{Re z > 0} Re z/σ_min(zI − A), and K ≤ sup_t ‖e^{tA}‖₂ ≤ e n K.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    time : {"discrete", "continuous"}
        Whether V^k or e^{tV} is bounded.

    Returns
    -------
    float
        At least 1; 1 for normal V with ρ ≤ 1, ∞ where ρ > 1 or an eigenvalue on the edge is defective. It is the
        `value` of `kreiss_bounds`, which also says whether it is proven.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or time is neither.

    References
    ----------
    Kreiss (1962), BIT 2; Spijker (1991), BIT 31; Note [Three circles] in the source.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.kreiss_constant([[0.5, 0.0], [0.0, -0.5]])
    1.0
    >>> round(dynamics.kreiss_constant([[0.0, 0.0], [8.0, 0.0]]), 6)
    2.125
    """
    return kreiss_bounds(V, time).value


def kreiss_bounds(V: Matrix, time: Time = "discrete", tolerance: float = 1e-6, budget: int = 400) -> KreissBounds:
    """value ≤ K(V) = sup_{|z| > 1} (|z| − 1)/σ_min(zI − V) ≤ above, found so that no narrow peak is missed.

    Continuous time: K(A) = sup_{Re z > 0} Re z/σ_min(zI − A).

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    time : {"discrete", "continuous"}
        Whether V^k or e^{tV} is bounded by it.
    tolerance : float, above 0 and below 1
        Relative difference of the two at which the search ends.
    budget : int, at least 1
        Most eigenvalue problems of size 2n that are solved. Some tens are common: at n = 32 some tenths of a second, at
        n = 128 some tens of seconds. When the budget is spent, the bounds are as far apart as they then are.

    Returns
    -------
    KreissBounds
        Not certified where an eigenvalue lies on the edge, to rounding, unless the numerical range ends there too (a
        normal V): `value` is then the largest found down to a distance of 10⁻⁸. Nor where levels are so low that
        rounding may hide one, or a V^k is so large (a numerical radius beyond 10¹⁰⁰) that circles leave float64.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or time, tolerance or budget is out of range.

    References
    ----------
    Mitchell (2020), SIAM Journal on Matrix Analysis and Applications 41, for other methods that miss no peak; Note
    [Three circles] in the source.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> found = dynamics.kreiss_bounds([[0.0, 0.0], [8.0, 0.0]])
    >>> found.certified, round(found.value, 6), round(abs(found.at), 6)
    (True, 2.125, 2.13335)
    """
    discrete = check_time(time) == "discrete"
    tolerance = number("tolerance", tolerance, 0, 1, above=True, below=True)
    budget = whole_number("budget", budget, 1)
    values, form = eigenvalues(V), triangle_of(V)
    size = np.abs(values) - 1 if discrete else values.real
    unit = 1.0 if discrete else unit_of(frobenius(form)) if form.any() else 1.0  # of length in the half plane
    outermost = int(size.argmax())
    past = float(size[outermost]) if size[outermost] > STABLE * unit else 0.0
    if past and past > eigenvalue_uncertainty(V)[outermost]:
        return KreissBounds(math.inf, math.inf, complex(values[outermost]), True)
    reach = numerical_radius(V) - 1 if discrete else numerical_abscissa(V) / unit
    if reach <= len(form) * EPS:
        return KreissBounds(1.0, 1.0, math.inf, True)
    if reach > FARTHEST:
        return KreissBounds(1.0, math.inf, math.inf, False)
    curves = (_Circles if discrete else _Lines)(form / unit, is_real(V), reach * (1 + 1e-9))
    given = isinstance(V, HoldsSchurForm) or is_lower(form_of(V))  # as it stands, without LAPACK's rounding
    rounding = 0.0 if given else ROUNDED * len(form) * EPS * curves.norm
    search = _Search(curves, rounding, tolerance, budget)
    if past:  # rounding may have carried an eigenvalue there
        value, above, z = search.outside(past / unit)
    else:
        value, above, z = search.run(at_edge=bool(size[outermost] > -STABLE * unit))
    return KreissBounds(value, above, unit * z, value < math.inf and above <= value * (1 + tolerance))


class _Curve(NamedTuple):
    """A circle or a line: its place s, log M(s) from below and from above, and where on it the former was found."""

    s: float
    below: float
    above: float
    place: float


class _Circles:
    """|z| = e^s, s > 0. reach: w − 1."""

    period: float | None = 2 * np.pi

    def __init__(self, form: ComplexMatrix, real: bool, reach: float) -> None:
        self.form, self.real, self.reach = form, real, reach
        self.norm = float(np.linalg.norm(form, 2))
        self.nearest = self._places(np.diag(form))  # where eigenvalues come nearest

    def levels(self, s: float, places: Places) -> Places:
        return np.asarray(levels(self.form, self.z(s, places), SEARCH, self.real))

    def level(self, s: float, place: float) -> float:
        return level_from_inverse(self.form, self.z(s, place))

    def crossings(self, s: float, level: float, base: float) -> Places:
        """Candidates for the places at which `level` is a singular value of z − form; at `base` it is none."""
        r, one, zero, turn = math.exp(s), np.eye(len(self.form)), np.zeros_like(self.form), np.exp(1j * base)
        left = np.block([[self.form, level * one], [zero, r * one]])
        right = -turn * np.block([[r * one, zero], [level * one, self.form.conj().T]])
        with np.errstate(all="ignore"):  # λ = −turn (1 + w)/(1 − w) makes of the pencil an eigenvalue problem for w
            w = np.linalg.eigvals(np.linalg.solve(left + right, left - right))
            turns = -turn * (1 + w) / (1 - w)
        return np.asarray(np.angle(turns[np.abs(np.abs(turns) - 1) <= OFF_CURVE]))

    def z(self, s: float, place: Any) -> Any:
        return math.exp(s) * np.exp(1j * place)

    def away(self, s: float) -> float:
        return math.expm1(s)

    def beyond(self, s: float) -> float:
        """(r − 1)/(r − w), which bounds all that lies farther out."""
        return 1 + self.reach / max(math.expm1(s) - self.reach, 0.0) if math.expm1(s) > self.reach else math.inf

    def last(self, excess: float) -> float:
        """The s where that has come down to 1 + excess."""
        return math.log1p(self.reach + self.reach / excess)

    def peak(self, slope: float) -> float:
        """Where log(e^s − 1) + slope · s is largest."""
        return -math.log1p(1 / slope) if slope < -1 else math.inf

    def _places(self, z: np.ndarray) -> Places:
        angles: Places = np.angle(z)
        return angles


class _Lines(_Circles):
    """Re z = s. reach: the numerical abscissa."""

    period = None

    def crossings(self, s: float, level: float, base: float) -> Places:
        right, ones = self.form - s * np.eye(len(self.form)), level * np.eye(len(self.form))
        found = np.linalg.eigvals(np.block([[right, ones], [-ones, -right.conj().T]]))
        return np.asarray(found.imag[np.abs(found.real) <= OFF_CURVE * np.abs(found).max()])

    def z(self, s: float, place: Any) -> Any:
        return s + 1j * place

    def away(self, s: float) -> float:
        return s

    def beyond(self, s: float) -> float:
        return 1 + self.reach / (s - self.reach) if s > self.reach else math.inf

    def last(self, excess: float) -> float:
        return self.reach + self.reach / excess

    def peak(self, slope: float) -> float:
        return -1 / slope if slope < 0 else math.inf

    def _places(self, z: np.ndarray) -> Places:
        return z.imag


class _Search:
    """Curves in the order of s, and the bounds that follow from them."""

    def __init__(self, curves: _Circles, rounding: float, tolerance: float, budget: int) -> None:
        self.curves, self.rounding, self.tolerance, self.budget = curves, rounding, tolerance, budget
        self.known: list[_Curve] = []
        self.value, self.z, self.slack = 1.0, complex(math.inf), 0.0

    def run(self, at_edge: bool) -> tuple[float, float, complex]:
        """value, above and z."""
        first = 0.0
        if at_edge or self.curves.levels(0.0, self.curves.nearest).min() <= RESOLVED * self.curves.norm:
            first = NEAREST
            if self._log_value(self.add(first)) > math.log(DEFECTIVE) + self._log_value(self.add(100 * first)):
                return math.inf, math.inf, complex(self.curves.z(0.0, self.known[0].place))
        else:
            self.add(first)
        self.add(self.curves.last(1.0))
        if self.value <= 1 + self.tolerance:
            self.add(self.curves.last(0.01))
        self.add(max(self.curves.last(max(self.value - 1, self.tolerance)), 2 * self.known[-1].s))
        above = math.inf
        while True:
            bounds = [self.between(a, b) for a, b in pairwise(self.known)]
            highest, s = max(bounds)
            above = max(math.exp(min(highest, 700)), self.curves.beyond(self.known[-1].s), self.value)
            if above <= self.value * (1 + self.tolerance + self.slack) or self.budget <= 0:
                return self.value, math.inf if first else above, self.z
            number = len(self.known)
            self.add(s if math.exp(min(highest, 700)) >= self.curves.beyond(self.known[-1].s) else 2 * self.known[-1].s)
            if len(self.known) == number:  # no number of float64 lies between two curves any more
                return self.value, math.inf if first else above, self.z

    def outside(self, past: float) -> tuple[float, float, complex]:
        """value, above and z where computed eigenvalues lie past the edge: from curves outside all of them."""
        for s in np.geomspace(2 * past, max(8 * past, self.curves.last(1.0)), OUTSIDE):
            self.add(float(s))
        return self.value, math.inf, self.z

    def between(self, a: _Curve, b: _Curve) -> tuple[float, float]:
        """The largest value that the chord allows between two curves, as a logarithm, and where."""
        slope = (b.above - a.above) / (b.s - a.s)
        s = min(max(self.curves.peak(slope), a.s), b.s)
        if s == 0:
            return -math.inf, s
        bound = math.log(self.curves.away(s)) + a.above + slope * (s - a.s)
        gap = EDGE * (b.s - a.s)
        return bound, min(max(s, a.s + gap), b.s - gap)

    def add(self, s: float) -> _Curve:
        """The curve at s, computed and put in its place, unless it is there."""
        if there := [curve for curve in self.known if curve.s == s]:
            return there[0]
        level, proven, place = self.least(s)
        # below by what rounding has done to the form, which may be all of a level
        curve = _Curve(s, -math.log(level + self.rounding), -math.log(proven), place)
        insort(self.known, curve)
        found = self.curves.away(s) * math.exp(curve.below)
        if s > 0 and found > self.value:
            self.value, self.z = found, complex(self.curves.z(s, place))
            self.slack = 4 * (level / proven - 1 - self.tolerance / 4)
        return curve

    def least(self, s: float) -> tuple[float, float, float]:
        """The least level on a curve, a little less that is proven not to be reached, and the place of the former."""
        places = np.concatenate([self.curves.nearest, [curve.place for curve in self.known]])
        found = self.curves.levels(s, places)
        base = float(places[found.argmax()])
        level, place = self.polished(s, places, found)
        for _ in range(ROUNDS):
            share = max(self.tolerance / 4, ROUNDED * len(self.curves.form) * EPS * self.curves.norm / level)
            crossings = self.curves.crossings(s, level * (1 - min(share, 0.5)), base)
            self.budget -= 1
            places = np.concatenate([crossings, middles(crossings, self.curves.period)])
            found = self.curves.levels(s, places)
            if not (found < level * (1 - share)).any():
                break
            level, place = self.polished(s, places, found)
        return level, level * (1 - min(share, 0.5)), place

    def polished(self, s: float, places: Places, found: Places) -> tuple[float, float]:
        """The least level, and its place, by a search between the neighbours of the least that was found."""
        order = np.argsort(places)
        places, best = places[order], int(found[order].argmin())
        start = float(places[best])
        a, b = float(places[max(best - 1, 0)]), float(places[min(best + 1, len(places) - 1)])
        level = self.curves.level(s, start)
        if a == b:
            return level, start
        result = scipy.optimize.minimize_scalar(
            lambda place: self.curves.level(s, place),
            bounds=(a, b),
            method="bounded",
            options={"xatol": POLISH * (b - a), "maxiter": 20},
        )
        return min((level, start), (float(result.fun), float(result.x)))

    def _log_value(self, curve: _Curve) -> float:
        return math.log(self.curves.away(curve.s)) + curve.below
