"""Where the energy of a feed-forward part stands, and how to take some of it away: what an ablation needs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from ..checks import number, one_of
from .form import Numbers, SquareMatrix, square
from .schur_form import SchurParts

SCALED = "all of T, scaled"
PRIORITIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "largest entries first": np.abs,
    "smallest entries first": lambda T: -np.abs(T),
    "nearest diagonals first": lambda T: np.arange(len(T)) - np.arange(len(T))[:, None].astype(float),
}
WAYS = (*PRIORITIES, SCALED)
REMOVED, ADDED, SHRUNK = "taken from T at random", "added below the blocks at random", "taken from Λ"
CONTROLS = (REMOVED, ADDED, SHRUNK)


def diagonal_energy(T: Numbers) -> Float64[np.ndarray, " diagonals"]:
    """E_k = Σ_{i−j=k} |T_ij|² for k = 1 … n − 1: how much of ‖T‖_F² stands on each diagonal below the main one.

    Parameters
    ----------
    T : array_like or tensor, (n, n)
        Finite, n >= 1; what stands on or above the diagonal is not counted.

    Returns
    -------
    ndarray, (n − 1,)
        At least 0. For a strictly lower T all of them sum to ‖T‖_F².

    Raises
    ------
    ValueError
        If T is not a finite, square matrix.

    Notes
    -----
    The k-th diagonal has n − k entries. So entries of one size give E_k in proportion to n − k: a profile that falls
    says nothing yet. And the profile belongs to one order of the modes, see `reordered`.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.diagonal_energy([[0, 0, 0], [1, 0, 0], [3, 2, 0]])
    array([5., 9.])
    """
    entries = np.abs(square(T, "T")) ** 2
    return np.array([np.diagonal(entries, -k).sum() for k in range(1, len(entries))])


class ShuffledEnergy(NamedTuple):
    """What `diagonal_energy` would be if the entries of T stood in other places, as `shuffled_energy` gives it.

    Attributes
    ----------
    mean, deviation : ndarray, (n − 1,)
        Mean and standard deviation of each E_k over all permutations of the entries.

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> dynamics.ShuffledEnergy(np.array([5.0]), np.array([0.0])).mean
    array([5.])
    """

    mean: Float64[np.ndarray, " diagonals"]
    deviation: Float64[np.ndarray, " diagonals"]


def shuffled_energy(T: Numbers) -> ShuffledEnergy:
    """Mean and deviation of E_k = Σ_{i−j=k} |T_ij|² over all permutations of the entries of T that are not 0.

    The null hypothesis for a profile: these sizes of entries, and no preference for a diagonal.

    Parameters
    ----------
    T : array_like or tensor, (n, n)
        Finite, n >= 1; entries on or above the diagonal are not counted. Zeros stay where they are.

    Returns
    -------
    ShuffledEnergy

    Raises
    ------
    ValueError
        If T is not a finite, square matrix.

    Notes
    -----
    E_k is then the sum of c of m numbers, drawn without replacement: c of the m places are on the k-th diagonal. Its
    mean is c times theirs, μ, and its variance c σ² (m − c)/(m − 1), with their variance σ².

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> mean, deviation = dynamics.shuffled_energy([[0, 0, 0], [1, 0, 0], [3, 2, 0]])
    >>> mean.round(2), deviation.round(2)  # of 1, 4 and 9: two of them, and one
    (array([9.33, 4.67]), array([3.3, 3.3]))
    """
    lower = np.tril(square(T, "T"), -1)
    squares = np.abs(lower[lower != 0]) ** 2
    held = np.array([np.count_nonzero(np.diagonal(lower, -k)) for k in range(1, len(lower))], float)
    m = len(squares)
    if m < 2:
        return ShuffledEnergy(diagonal_energy(lower), np.zeros(len(held)))
    return ShuffledEnergy(held * squares.mean(), squares.std() * np.sqrt(held * (m - held) / (m - 1)))


def ablate(T: Numbers, energy: float, priority: Numbers) -> SquareMatrix:
    """T′ with ‖T − T′‖_F² = energy: entries of T set to 0, those of highest priority first, the last one in part.

    Parameters
    ----------
    T : array_like or tensor, (n, n)
        Finite. Only entries that are not 0 can be taken away.
    energy : float
        From 0 to ‖T‖_F².
    priority : array_like or tensor, (n, n)
        Finite and real. |T| takes the largest entries first, −|T| the smallest, j − i those nearest to the diagonal,
        random numbers any. Of equal priorities the entry that comes first, row by row, goes first.

    Returns
    -------
    ndarray, (n, n)

    Raises
    ------
    ValueError
        If T or priority is not a finite, square matrix, they do not fit, or energy is out of range.

    Notes
    -----
    Two removals of the same energy move T, and V = P (Λ + T) P*, by the same distance in the Frobenius norm. That is
    what makes one a control for the other: they differ in which entries they take.

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> T = np.array([[0.0, 0, 0], [1, 0, 0], [3, 2, 0]])
    >>> dynamics.ablate(T, 9, np.abs(T))
    array([[0., 0., 0.],
           [1., 0., 0.],
           [0., 2., 0.]])
    >>> dynamics.ablate(T, 2, -np.abs(T)).round(3)
    array([[0., 0., 0.],
           [0., 0., 0.],
           [3., 1., 0.]])
    """
    left, order = square(T, "T").copy(), square(priority, "priority")
    if order.shape != left.shape or np.iscomplexobj(order):
        raise ValueError(f"priority must be real and {left.shape}, as T is; it is {order.dtype} and {order.shape}")
    places = _in_order(left, order)
    entries = left.ravel()[places]
    held = np.cumsum(np.abs(entries) ** 2)
    whole = float(held[-1]) if len(held) else 0.0
    # rounding, and no more, may lead beyond all that there is
    number("energy", energy, 0, (1 + 1e-9) * whole)
    gone = int(np.searchsorted(held, (1 + 1e-12) * energy, side="right"))
    entries[:gone] = 0
    missing = energy - (held[gone - 1] if gone else 0.0)
    if gone < len(entries) and missing > 1e-12 * energy:  # not for rounding alone
        entries[gone] *= 1 - min(1.0, np.sqrt(missing) / np.abs(entries[gone]))
    left.ravel()[places] = entries
    return left


def _in_order(T: np.ndarray, priority: np.ndarray) -> np.ndarray:
    """The places in T.ravel() of the entries that are not 0, those of highest priority first."""
    places = np.flatnonzero(T)
    return places[np.argsort(-priority.ravel()[places], kind="stable")]


def without(T: np.ndarray, way: str, share: float) -> np.ndarray:
    """T without a share of its energy, in one of `WAYS`: ‖T − T′‖_F² is that share of ‖T‖_F²."""
    one_of("way", way, WAYS)
    number("share", share, 0, 1)
    if way == SCALED:
        return (1 - math.sqrt(share)) * T
    return ablate(T, share * float(np.sum(np.abs(T) ** 2)), PRIORITIES[way](T))


def share_of(T: np.ndarray, way: str, entries: float) -> float:
    """The share of ‖T‖_F² in a fraction of T's entries, the first ones in that way; of a scaling by 1 − fraction, the
    square of the fraction."""
    number("entries", entries, 0, 1)
    if one_of("way", way, WAYS) == SCALED:
        return entries**2
    places = _in_order(T, PRIORITIES[way](T))
    if not len(places):
        return 0.0
    squares = np.abs(T.ravel()[places]) ** 2
    return min(1.0, float(squares[: round(entries * len(places))].sum() / squares.sum()))


def controlled(parts: SchurParts, what: str, share: float, draw: int) -> np.ndarray:
    """Λ + T after a change as large as a share of ‖T‖_F², in one of `CONTROLS`; NaN where Λ has not so much.

    A removal and an addition at random below the blocks leave the eigenvalues where they are, as an ablation does; what
    is taken from Λ does not.
    """
    _, blocks, T = parts
    energy, drawn = share * float(np.sum(np.abs(T) ** 2)), np.random.default_rng(draw)
    if one_of("what", what, CONTROLS) == REMOVED:
        return np.asarray(blocks + ablate(T, energy, drawn.random(T.shape)))
    if what == ADDED:
        noise = np.where(T != 0, drawn.standard_normal(T.shape), 0.0)
        return np.asarray(blocks + T + math.sqrt(energy) / np.linalg.norm(noise) * noise)
    left = 1 - math.sqrt(energy) / float(np.linalg.norm(blocks))
    return np.asarray((left if left >= 0 else math.nan) * blocks + T)
