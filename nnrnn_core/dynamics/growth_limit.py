"""What stays of V^k, or of e^{tA}, where eigenvalues lie on the unit circle, or on the imaginary axis.

Note [Limit]. Let W X = X Ω and Z* W = Ω Z*, with Z*X = I and Ω diagonal, |ω| = 1. Then W^k = S_k + D_k with
S_k = X Ω^k Z* and D_k = W^k (I − XZ*), and D_{k+l} = D_k D_l. S comes back to each of its values, as near as one likes,
so that lim sup ‖W^k‖ = sup ‖S_k‖ =: s where D → 0. And where η = ‖D_L‖ < 1, every k = mL + r ≥ L has
‖D_k‖ ≤ η^m ‖D_r‖ ≤ η (P(L) + s), with P(L) the largest norm below L, and ‖W^k‖ ≤ s + η (P(L) + s).

W is as near to V as rounding is. X and Z are singular vectors of V − ω with σ ≈ 0, and no matrix nearer than σ has the
eigenvalue ω. With F = XΩ − VX, G = ΩZ* − Z*V and E = F X⁺ + (Z*)⁺ G (I − XX⁺), W = V + E.

‖S_k‖ is the norm of a small matrix, by the triangles of X = QR and Z = QR. It has a period where every ω is a root of
unity. With one free angle θ beside them it is the largest of trigonometric polynomials of φ = kθ, of degree 1: at most
1/cos(π/m) of what it is at m places (M. Riesz 1914). In continuous time that is a period.

The same holds of W = r W', r < 1, with r^k S_k: of a chain whose rows, in few digits, sum to a little less than 1. Then
every k ≥ L has ‖W^k‖ ≤ r^L s + η (P(L) + s).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Complex128, Float64

from .form import Matrix, SquareMatrix, form_of, frobenius
from .spectrum import eigenvalue_uncertainty, eigenvalues

EPS = float(np.finfo(float).eps)
NEAR = 32  # over nε‖V‖_F κ(X): how far W may be from V
SLOW = 3e-3  # over ‖A‖ in continuous time: one positive eigenvalue so near to the edge is taken like one on it
SURE = 1e-7  # an eigenvalue that rounding may have moved by more is not known to lie on the edge
ORDER = 1000  # most, of a root of unity: two of them are at least 10⁻⁶ of a turn apart
BESIDE = 8  # the longest period that a free angle may have beside it
NUMBERS = 2**21  # most, in all the small matrices whose norms are computed
PLACES = 4096  # of a free angle
ORBIT = 2**18  # steps among which the one nearest to the best angle is looked for
APART = 1e-6  # least singular value of Y*X: with less, ω is defective to the eye

Turn = Fraction | float  # of ω = e^{2πi·turn}, exact for a root of unity; in continuous time of iθ, turn = θ/2π
Turns = Sequence[Turn]
Vectors = Complex128[np.ndarray, "n edge"]


class Limit(NamedTuple):
    """r^k S_k = r^k X Ω^k Z* of a matrix W with ‖W − V‖ ≤ moved.

    slip: on the error of S_k, and for each step more. s, the supremum of ‖S_k‖, is at most `most`, and some norms come
    as near to `least` as one likes. fading: −log r, 0 or more.
    """

    X: Vectors
    Z: Vectors
    turns: Turns
    moved: float
    slip: tuple[float, float]
    least: float
    most: float
    real: bool
    fading: float

    def left(self, k: float) -> float:
        """r^k."""
        return math.exp(-self.fading * k)

    def rest(self, M: SquareMatrix, k: float) -> float:
        """‖M − r^k S_k‖, or more."""
        S = self.left(k) * (self.X * _phases(self.turns, [k])[0]) @ self.Z.conj().T
        return float(np.linalg.norm(M - (S.real if self.real else S))) * (1 + 1e-9) + self.slip[0] + self.slip[1] * k


def limit_of(V: Matrix, discrete: bool) -> Limit | None:
    """None where no eigenvalue lies on the edge, rounding hides which do, or more than one angle is free."""
    form, values = form_of(V), eigenvalues(V)
    near = NEAR * len(form) * EPS * frobenius(form)
    doubt = eigenvalue_uncertainty(V) + near
    beyond = np.log(np.maximum(np.abs(values), EPS)) if discrete else values.real
    outermost = int(beyond.argmax())
    fading = 0.0 if abs(beyond[outermost]) <= doubt[outermost] else -float(beyond[outermost])
    if not 0 <= fading <= SLOW * (1.0 if discrete else np.abs(values).max()):
        return None
    if fading:
        form, values = (
            (form * math.exp(fading), values * math.exp(fading))
            if discrete
            else (form + fading * np.eye(len(form)), values + fading)
        )
    columns, rows, turns = [], [], []
    for turn in _edge(values, doubt, discrete):
        left, singular, right = np.linalg.svd(form - _omega([turn], discrete)[0] * np.eye(len(form)))
        null = singular <= near
        columns.append(right[null].conj().T)
        rows.append(left[:, null])
        turns += [turn] * max(int(null.sum()), 1)
    if not turns or (fading and any(turns)) or len(turns) != sum(part.shape[1] for part in columns):
        return None
    X, Y = np.hstack(columns), np.hstack(rows)
    overlap = Y.conj().T @ X
    if np.linalg.svd(overlap, compute_uv=False)[-1] < APART:
        return None
    Z = np.linalg.solve(overlap, Y.conj().T).conj().T
    moved, skew = _moved(form, X, Z, _omega(turns, discrete))
    moved += 2 * EPS * frobenius(form) if fading else 0.0
    if moved > near * np.linalg.cond(X) or (bounds := _bounds(X, Z, turns, discrete)) is None:
        return None
    both = float(np.linalg.norm(X) * np.linalg.norm(Z))
    fastest = max((abs(turn) for turn in turns if isinstance(turn, float)), default=0.0)
    slip = both * (2 * skew + 16 * (len(turns) + 2) * EPS), both * 16 * EPS * fastest
    slip = slip[0], slip[1] + 4 * EPS * fading * both
    least, most = bounds
    return Limit(X, Z, tuple(turns), moved, slip, 0.0 if fading else least, most, np.isrealobj(form), fading)


def _edge(values: np.ndarray, doubt: np.ndarray, discrete: bool) -> list[Turn]:
    """The turns of the eigenvalues on the edge, each once; none where they are not known."""
    there = np.abs(np.abs(values) - 1 if discrete else values.real) <= doubt
    if not there.any() or doubt[there].max() > SURE * (1.0 if discrete else np.abs(values).max()):
        return []
    error = float(doubt[there].max())
    roots: set[Turn] = set()
    free: set[float] = set()
    for turn in (np.angle(values[there]) if discrete else values[there].imag) / (2 * math.pi):
        root = Fraction(float(turn)).limit_denominator(ORDER) if discrete else Fraction(0)
        if abs(turn - root) <= error:
            roots.add(root % 1)
        else:
            same = [known for known in free if abs(abs(known) - abs(turn)) <= 2 * error]
            free.add(math.copysign(same[0] if same else turn, turn))
    return [*roots, *free] if len({abs(turn) for turn in free}) <= 1 else []


def _omega(turns: Turns, discrete: bool) -> Complex128[np.ndarray, " edge"]:
    return _phases(turns, [1.0])[0] if discrete else 2j * np.pi * np.array(turns, float)


def _phases(turns: Turns, steps: Iterable[float]) -> Complex128[np.ndarray, "steps edge"]:
    """Ω^k: a root of unity is turned exactly, and quarters of a turn have no rounding."""
    counts = np.array([[_turned(turn, k) for turn in turns] for k in steps])
    phases = np.exp(2j * np.pi * counts)
    return np.where(np.mod(4 * counts, 1) == 0, np.round(phases), phases)


def _turned(turn: Turn, k: float) -> float:
    return float(turn * Fraction(k) % 1) if isinstance(turn, Fraction) else turn * k


def _moved(form: SquareMatrix, X: Vectors, Z: Vectors, omega: np.ndarray) -> tuple[float, float]:
    """‖W − V‖, or more, and ‖Z*X − I‖: where that is not 0, another Z is meant, a little away."""
    rows, skew = Z.conj().T, float(np.linalg.norm(Z.conj().T @ X - np.eye(len(omega))))
    F, G = X * omega - form @ X, omega[:, None] * rows - rows @ form
    back, forth = scipy.linalg.pinv(X), scipy.linalg.pinv(rows)
    rounding = 1.5 * (len(form) + 3) * EPS
    size = np.abs(form) + np.abs(omega).max() * np.eye(len(form))
    moved = np.linalg.norm(F @ back) + np.linalg.norm(forth @ G)
    moved += rounding * np.linalg.norm(size @ np.abs(X)) * np.linalg.norm(back, 2)
    moved += rounding * np.linalg.norm(np.abs(rows) @ size) * np.linalg.norm(forth, 2)
    if len(set(omega)) > 1:
        moved += 4 * skew * np.abs(omega).max() * np.linalg.norm(rows, 2) * np.linalg.norm(forth, 2)
    return float(moved), skew


def _bounds(X: Vectors, Z: Vectors, turns: Turns, discrete: bool) -> tuple[float, float] | None:
    """Of sup ‖S_k‖; None where that is too much work."""
    left, right = np.linalg.qr(X)[1], np.linalg.qr(Z)[1].conj().T
    free = [turn for turn in turns if isinstance(turn, float)]
    period = math.lcm(*(turn.denominator for turn in turns if isinstance(turn, Fraction)))
    if period * len(turns) ** 2 * (PLACES if free else 1) > NUMBERS or (free and period > BESIDE):
        return None

    def norms(phases: np.ndarray) -> Float64[np.ndarray, "..."]:
        return np.asarray(np.linalg.norm((left * phases[..., None, :]) @ right, 2, axis=(-2, -1)))

    if not free:
        largest = float(norms(_phases(turns, range(period))).max())
        return largest, largest
    rooted = _phases([0.0 if isinstance(turn, float) else turn for turn in turns], range(period))
    signs = np.array([math.copysign(1, turn) if isinstance(turn, float) else 0 for turn in turns])
    places = np.arange(PLACES) / PLACES
    found = norms(rooted[:, None] * np.exp(2j * np.pi * places[:, None] * signs))
    step, place = np.unravel_index(int(found.argmax()), found.shape)
    least = float(found[step, place])
    if discrete:
        orbit = np.arange(int(step), ORBIT, period)
        away = np.abs((orbit * abs(free[0]) - places[place] + 0.5) % 1 - 0.5)
        least = float(norms(_phases(turns, [float(orbit[away.argmin()])]))[0])
    return least, float(found.max()) / math.cos(math.pi / PLACES)
