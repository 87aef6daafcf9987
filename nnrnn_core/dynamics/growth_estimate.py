"""An estimate of transient growth that is fast enough for a live view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Inexact

from ..checks import whole_number
from .form import Matrix, SquareMatrix, form_of

Curve = Float64[np.ndarray, " powers"]
KEPT = 4  # directions that an estimate leaves to the next one
COLD_DIRECTIONS, COLD_STEPS = 2, 6  # of the Krylov space where there is no estimate to start from: few and far
LARGE = 1e150  # norms beyond it count as infinite, for their squares leave float64
BAND = 64  # rows: a product of lower matrices in bands of fewer takes no less time than one of the whole
BANDS = 4  # at most: more save nothing


class GrowthEstimate(NamedTuple):
    """transient ≈ ‖V^k‖₂ and typical = ‖V^k‖_F / √n at the powers k, as `estimate_growth` gives them.

    Attributes
    ----------
    powers : tuple of int
        The k.
    transient : ndarray, (powers,)
        The growth of the direction that grows most.
    typical : ndarray, (powers,)
        The growth of a random direction.
    subspace, workspace : ndarray
        Where the next estimate starts, and memory that it uses again.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.estimate_growth([[0.5]], [0, 1, 2]).transient
    array([1.  , 0.5 , 0.25])
    """

    powers: tuple[int, ...]
    transient: Curve
    typical: Curve
    subspace: Inexact[np.ndarray, "powers n kept"]
    workspace: Inexact[np.ndarray, "powers n n"]


def growth_powers(horizon: int, count: int = 20) -> tuple[int, ...]:
    """Powers 0 = k_0 < k_1 < … = horizon for `estimate_growth`, each the sum of two of those before, dense at first.

    Parameters
    ----------
    horizon : int, at least 0
        The last power.
    count : int, at least 2
        About how many powers.

    Returns
    -------
    tuple of int
        At most count + 1 of them. (The last may be more than one product away.)

    Raises
    ------
    ValueError
        If horizon or count is out of range.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.growth_powers(100, 8)
    (0, 1, 2, 4, 8, 16, 32, 64, 100)
    """
    horizon, count = whole_number("horizon", horizon, 0), whole_number("count", count, 2)
    powers = [0, 1]
    for i in range(2, count):
        wanted = (horizon - powers[-1]) * min(1.0, 2 * i / count) / (count - i)
        powers.append(powers[-1] + max(p for p in powers if p <= max(1, round(wanted))))
    return (*(p for p in powers if p < horizon), horizon)


def estimate_growth(V: Matrix, powers: Sequence[int], start: GrowthEstimate | None = None) -> GrowthEstimate:
    """‖V^k‖₂, from below, and ‖V^k‖_F / √n at some powers k, for a live view: about one matrix product for each power.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    powers : sequence of int
        Increasing, at least 0; those of `growth_powers` cost one product each.
    start : GrowthEstimate or None
        The last estimate, of the same powers and size: the next one is better for it, and cheaper. It is used up.

    Returns
    -------
    GrowthEstimate
        transient exceeds the true value by no more than rounding; it lies less than 2 % below it once it has been
        started from an estimate of a matrix nearby. typical is exact. Both are ∞ where ‖V^k‖_F is beyond 10¹⁵⁰, whose
        square soon leaves float64, and may be 0 where it is below 10⁻¹⁵⁰.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or powers are not increasing whole numbers.

    Notes
    -----
    ‖V^k‖₂ is the largest singular value of M = V^k on the block Krylov space of M*M that the last estimate's best
    directions span with one product; without a start, on that of two random directions and six products.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> estimate = dynamics.estimate_growth([[0.0, 0.0], [3.0, 0.0]], dynamics.growth_powers(2))
    >>> estimate.powers, estimate.transient
    ((0, 1, 2), array([1., 3., 0.]))
    """
    if not isinstance(powers, Iterable):
        raise ValueError(f"powers must be increasing whole numbers, one after another; got {powers!r}")
    ks = tuple(whole_number("powers", k, 0) for k in powers)
    if not ks or any(b <= a for a, b in pairwise(ks)):
        raise ValueError(f"powers must be increasing and at least one; got {list(ks)}")
    form = form_of(V)
    n = len(form)
    if start is not None and start.workspace.shape == (len(ks), n, n) and start.workspace.dtype == form.dtype:
        X, stack, steps = start.subspace, start.workspace, 1
    else:
        X = np.linalg.qr(np.random.default_rng(0).standard_normal((len(ks), n, min(COLD_DIRECTIONS, n))))[0]
        stack, steps = np.empty((len(ks), n, n), form.dtype), COLD_STEPS
    _fill_with_powers(stack, form, ks)
    entries = stack.reshape(len(ks), -1)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.vecdot(entries, entries).real
    fits = squares < LARGE**2  # False also for NaN, which ∞ − ∞ leaves
    stack[~fits] = 0.0
    top, X = _largest_on_krylov_space(stack, X, steps)
    transient = np.where(fits, top, np.inf)
    typical = np.sqrt(np.where(fits, squares / n, np.inf))
    return GrowthEstimate(ks, transient, typical, X, stack)


def _largest_on_krylov_space(
    M: Inexact[np.ndarray, "powers n n"], X: Inexact[np.ndarray, "powers n directions"], steps: int
) -> tuple[Curve, Inexact[np.ndarray, "powers n kept"]]:
    """The largest singular value of each M on the span of X, M*M X, … (M*M)^steps X, and the best few directions."""
    blocks, adjoint = [X], M.conj().transpose(0, 2, 1)
    for step in range(steps):
        image = adjoint @ (M @ blocks[-1])
        blocks.append(np.linalg.qr(image)[0] if step + 1 < steps else image)  # the last is made orthogonal below
    basis = np.linalg.qr(np.concatenate(blocks, axis=2))[0]
    image = M @ basis
    squares, directions = np.linalg.eigh(image.conj().transpose(0, 2, 1) @ image)
    return np.sqrt(np.maximum(squares[:, -1], 0.0)), basis @ directions[:, :, -KEPT:]


def _fill_with_powers(stack: Inexact[np.ndarray, "powers n n"], form: SquareMatrix, powers: Sequence[int]) -> None:
    known = {0: np.eye(len(form)), 1: form}
    lower = not any(form[top:bottom, bottom:].any() for top, bottom in _bands(len(form)))
    product = _lower_product if lower else np.matmul
    with np.errstate(over="ignore", invalid="ignore"):
        for i, k in enumerate(powers):
            # written in place, for fresh memory can cost more than the product; a power known already is copied
            stack[i] = _power(k, known, product, out=stack[i])


def _power(
    k: int, known: dict[int, SquareMatrix], product: Callable[..., SquareMatrix], out: SquareMatrix | None = None
) -> SquareMatrix:
    """form^k, from the largest power known so far whose complement to k is known too, or at least half of k."""
    if k not in known:
        below = max(p for p in known if p < k and (k - p in known or 2 * p <= k))
        known[k] = product(_power(k - below, known, product), _power(below, known, product), out=out)
    return known[k]


def _bands(n: int) -> list[tuple[int, int]]:
    """The first row of each band and the first after it."""
    count = max(1, min(BANDS, n // BAND))
    return list(pairwise(n * i // count for i in range(count + 1)))


def _lower_product(A: SquareMatrix, B: SquareMatrix, out: SquareMatrix | None = None) -> SquareMatrix:
    """A B of two matrices that are lower triangular but for blocks as large as a band: a third of the work."""
    out, bands = np.empty_like(A) if out is None else out, _bands(len(A))
    for i, (top, bottom) in enumerate(bands):
        for left, right in bands[: i + 1]:
            np.matmul(A[top:bottom, left:bottom], B[left:bottom, left:right], out=out[top:bottom, left:right])
        out[top:bottom, bottom:] = 0.0
    return out
