"""Pseudospectra a little at a time, first coarse and then fine, for a page that must answer in between."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from ..checks import number, whole_number
from .form import Matrix, Numbers, is_real, triangle_of
from .inverse_lanczos import levels
from .pseudospectra import TOLERANCE, grid

STRIDES = (8, 4, 2, 1)  # every eighth point in both directions first, then every fourth, …
FIRST = 16  # points of the first slice
FEWEST = 9  # points of any: fewer are taken one by one, which is slower
CALLING = 2**20  # points times n²: below it the calls of NumPy take longer than the arithmetic in them
SHARE = 0.7  # of the time allowed, which a slice aims at
TRIAL = 256  # rows of the product by which the machine's speed is measured
FORM, LEVEL, STEP = 150.0, 1.5, 6.0  # the work, in products of matrices: of the form (n³), of a point (n²), in steps


class PseudospectrumSlice(NamedTuple):
    """σ_min(zI − V) on the grid as far as it is known, as `pseudospectra_slices` gives it.

    Attributes
    ----------
    levels : ndarray, (rows, columns)
        Where a point is not known yet it has the level of the nearest known one below and left of it on a coarser grid;
        NaN where there is none.
    done, points : int
        How many different points are known, of how many.
    remaining : float
        Seconds that the rest will take, at the speed so far.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> [last] = list(dynamics.pseudospectra_slices([[0.0]], [1.0], [2.0]))[-1:]
    >>> last.done, last.points, last.remaining
    (1, 1, 0.0)
    """

    levels: Float64[np.ndarray, "rows columns"]
    done: int
    points: int
    remaining: float


def pseudospectra_slices(
    V: Matrix, real: Numbers, imag: Numbers, tolerance: float = TOLERANCE, seconds: float = 0.05
) -> Iterator[PseudospectrumSlice]:
    """σ_min(zI − V) on the grid z = x + iy as `pseudospectrum` gives it, in slices: coarse, then fine.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    real : array_like or tensor, (columns,)
        The x of the grid.
    imag : array_like or tensor, (rows,)
        The y of the grid. Half the work where V is real and they are symmetric about 0.
    tolerance : float, above 0 and below 1
        As in `resolvent_level`.
    seconds : float, above 0
        How long a slice may take. The first one adds the Schur form, which cannot be divided, and the slices after it
        get their size from how long the last one took, but never fewer points than what takes hardly longer than one:
        on a machine that others use too, the slices would else become ever smaller and the whole ever slower.

    Yields
    ------
    PseudospectrumSlice
        The last is `pseudospectrum`. Whoever does not ask for the next one has stopped the work.

    Raises
    ------
    ValueError
        When the first slice is asked for: if V is not a finite, square matrix, an axis is not a vector of finite real
        numbers, or tolerance or seconds is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> V, axis = dynamics.gallery["random"](), np.linspace(-1, 1, 9)
    >>> whole = dynamics.pseudospectrum(V, axis, axis)
    >>> for part in dynamics.pseudospectra_slices(V, axis, axis):
    ...     pass
    >>> bool(np.allclose(part.levels, whole, rtol=1e-6))
    True
    """
    number("tolerance", tolerance, 0, 1, above=True, below=True)
    allowed = number("seconds", seconds, 0, above=True)
    z = grid(real, imag)
    form = triangle_of(V)
    points, where = np.unique(z.real + 1j * np.abs(z.imag) if is_real(V) else z, return_inverse=True)
    where, found = where.reshape(z.shape), np.full(len(points), np.nan)
    least = max(FEWEST, CALLING // len(form) ** 2)
    size, spent = max(FIRST, least), 0.0
    for stride in STRIDES:
        wanted = np.unique(where[::stride, ::stride])
        waiting = wanted[np.isnan(found[wanted])]
        while len(waiting):
            taken = size if len(waiting) >= size + FEWEST else len(waiting)  # so the speed decides no digit of a level
            now, waiting = waiting[:taken], waiting[taken:]
            start = time.perf_counter()
            found[now] = levels(form, points[now], tolerance, real=False)
            took = time.perf_counter() - start
            spent += took
            done = int(np.count_nonzero(~np.isnan(found)))
            yield PseudospectrumSlice(_filled(found[where]), done, len(points), spent / done * (len(points) - done))
            size = max(least, int(min(2 * size, size * SHARE * allowed / max(took, 1e-9))))


def estimated_seconds(size: int, count: int, tolerance: float = TOLERANCE) -> float:
    """How long `pseudospectrum` of a matrix takes on this machine, roughly.

    Parameters
    ----------
    size : int, at least 1
        n, of an (n, n) matrix.
    count : int, at least 0
        How many points; those of a real V in the lower half plane are not computed and do not count.
    tolerance : float, above 0 and below 1
        As in `resolvent_level`.

    Returns
    -------
    float
        Seconds, to a factor of about 3: from the number of operations, and the time that this machine takes for a
        matrix product now. Matrices whose levels come close to each other take longer.

    Raises
    ------
    ValueError
        If size, count or tolerance is out of range.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> 0 < dynamics.estimated_seconds(64, 100) < dynamics.estimated_seconds(1000, 100) < 3600
    True
    """
    n, points = whole_number("size", size, 1), whole_number("count", count, 0)
    digits = -np.log10(number("tolerance", tolerance, 0, 1, above=True, below=True))
    one = np.random.default_rng(0).standard_normal((TRIAL, TRIAL)) + 1j
    times = []
    for _ in range(3):
        start = time.perf_counter()
        one @ one
        times.append(time.perf_counter() - start)
    operation = min(times) / TRIAL**3
    return float(operation * (FORM * n**3 + points * LEVEL * n**2 * (STEP + digits)))


def _filled(known: Float64[np.ndarray, "rows columns"]) -> Float64[np.ndarray, "rows columns"]:
    """What is not known yet, from the finest grid on which it is."""
    filled = np.full_like(known, np.nan)
    for stride in STRIDES:
        rows, columns = (np.arange(length) // stride * stride for length in known.shape)
        coarse = known[np.ix_(rows, columns)]
        filled = np.where(np.isnan(coarse), filled, coarse)
    return filled
