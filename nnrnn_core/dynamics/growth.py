"""Transient growth: how large V^k becomes before its spectral radius decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from .form import Matrix, RealMatrix, real_form, whole
from .power_norms import power_norms

Curve = Float64[np.ndarray, " powers"]
BLOCK = 4  # directions followed by the power iteration of `estimate_growth`
COLD_STEPS = 6  # its steps without a warm start
LARGE = 1e150
LEAST_SIZE = 32  # of a matrix, below which one eigenvalue problem a power takes less time
LEAST_HALVED = 64  # of a matrix, below which a product of three parts takes no less time than one of the whole
MOST_VECTORS = 2**18  # numbers in one vector for each power: more would need hundreds of megabytes


def transient_growth(V: Matrix, horizon: int) -> Float64[np.ndarray, " steps"]:
    """‖V^k‖₂ for k = 0…horizon: the growth of the worst direction; ∞ where V^k leaves float64.

    Between two bounds that meet to 1e-10 (see `power_norms`), else by a dense eigenvalue problem a power. Rounding in
    V^k itself is of the size of ε ‖V^a‖ ‖V^b‖, a + b = k: what comes long after a large transient may be lost in it.
    """
    form, horizon = real_form(V), whole(horizon, 0, "horizon")
    worthwhile = len(form) >= LEAST_SIZE and len(form) * horizon <= MOST_VECTORS
    norms = power_norms(form, horizon) if worthwhile else np.full(horizon + 1, np.nan)
    unknown = np.isnan(norms)
    for k, M in enumerate(_powers(form, int(np.flatnonzero(unknown).max(initial=0)))):
        if unknown[k]:
            norms[k] = _largest_singular_value(M)
    return norms


def typical_growth(V: Matrix, horizon: int) -> Float64[np.ndarray, " steps"]:
    """‖V^k‖_F / √n for k = 0…horizon: the root mean square of ‖V^k x‖ over random unit x (paper, fig. 1b)."""
    return np.array([_root_mean_square(M) for M in _powers(V, horizon)])


class GrowthEstimate(NamedTuple):
    """`transient` ≈ ‖V^k‖₂ and `typical` = ‖V^k‖_F / √n at the powers k; the rest is for the next estimate."""

    powers: tuple[int, ...]
    transient: Curve
    typical: Curve
    subspace: Float64[np.ndarray, "powers n block"]
    workspace: Float64[np.ndarray, "powers n n"]


def growth_powers(horizon: int, count: int = 20) -> tuple[int, ...]:
    """About `count` powers 0…horizon for `estimate_growth`, dense at first, each one product away from those before."""
    horizon, count = whole(horizon, 0, "horizon"), whole(count, 2, "count")
    powers = [0, 1]
    for i in range(2, count):
        wanted = (horizon - powers[-1]) * min(1.0, 2 * i / count) / (count - i)
        powers.append(powers[-1] + max(p for p in powers if p <= max(1, round(wanted))))
    return (*(p for p in powers if p < horizon), horizon)


def estimate_growth(V: Matrix, powers: Sequence[int], start: GrowthEstimate | None = None) -> GrowthEstimate:
    """Both growth curves at the given increasing powers, for a live view: about one matrix product a power.

    ‖V^k‖₂ is the largest singular value of V^k on a subspace, improved by one step of a block Lanczos iteration a
    call. Hence never above the true value but for rounding; below it by less than 2 % once the subspace is warm: give
    the last estimate (same powers, same size; used up by this) as `start`. Without one, several steps are taken.
    ‖V^k‖_F needs no estimate. Where it is beyond 10¹⁵⁰, and its square soon leaves float64, both are ∞.
    """
    ks = tuple(whole(k, 0, "powers") for k in powers)
    if not ks or any(b <= a for a, b in pairwise(ks)):
        raise ValueError(f"powers must be increasing and at least one; got {list(ks)}")
    form = real_form(V)
    n = len(form)
    if start is not None and start.workspace.shape == (len(ks), n, n):
        X, stack, steps = start.subspace, start.workspace, 1
    else:
        X = np.linalg.qr(np.random.default_rng(0).standard_normal((len(ks), n, min(BLOCK, n))))[0]
        stack, steps = np.empty((len(ks), n, n)), COLD_STEPS
    _fill_with_powers(stack, form, ks)
    entries = stack.reshape(len(ks), -1)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.vecdot(entries, entries)
    fits = squares < LARGE**2  # False also for NaN, which ∞ − ∞ leaves
    stack[~fits] = 0.0
    for _ in range(steps):
        top, X = _lanczos(stack, X)
    transient = np.where(fits, top, np.inf)
    typical = np.sqrt(np.where(fits, squares / n, np.inf))
    return GrowthEstimate(ks, transient, typical, X, stack)


def _lanczos(
    M: Float64[np.ndarray, "powers n n"], X: Float64[np.ndarray, "powers n block"]
) -> tuple[Curve, Float64[np.ndarray, "powers n block"]]:
    """The largest singular value of each M on the span of X and MᵀM X, and the best subspace of X's size in there."""
    basis = np.linalg.qr(np.concatenate([X, M.transpose(0, 2, 1) @ (M @ X)], axis=2))[0]
    image = M @ basis
    squares, directions = np.linalg.eigh(image.transpose(0, 2, 1) @ image)
    return np.sqrt(np.maximum(squares[:, -1], 0.0)), basis @ directions[:, :, -X.shape[2] :]


def _fill_with_powers(stack: Float64[np.ndarray, "powers n n"], form: RealMatrix, powers: Sequence[int]) -> None:
    known = {0: np.eye(len(form)), 1: form}
    half = len(form) // 2
    product = np.matmul if len(form) < LEAST_HALVED or form[:half, half:].any() else _lower_product
    with np.errstate(over="ignore", invalid="ignore"):
        for i, k in enumerate(powers):
            # written in place, for fresh memory can cost more than the product; a power known already is copied
            stack[i] = _power(k, known, product, out=stack[i])


def _power(
    k: int, known: dict[int, RealMatrix], product: Callable[..., RealMatrix], out: RealMatrix | None = None
) -> RealMatrix:
    """form^k, from the largest power known so far whose complement to k is known too, or at least half of k."""
    if k not in known:
        below = max(p for p in known if p < k and (k - p in known or 2 * p <= k))
        known[k] = product(_power(k - below, known, product), _power(below, known, product), out=out)
    return known[k]


def _lower_product(A: RealMatrix, B: RealMatrix, out: RealMatrix | None = None) -> RealMatrix:
    """A B of two matrices whose upper right quarter is 0, as that of V in Schur form: half of the work."""
    out, half = np.empty_like(A) if out is None else out, len(A) // 2
    np.matmul(A[:half, :half], B[:half, :half], out=out[:half, :half])
    np.matmul(A[half:], B[:, :half], out=out[half:, :half])
    np.matmul(A[half:, half:], B[half:, half:], out=out[half:, half:])
    out[:half, half:] = 0.0
    return out


def _scaled(M: RealMatrix) -> tuple[float, RealMatrix]:
    """M as scale · unit with max |unit| = 1, so that no square leaves float64; scale ∞ where M has left it."""
    scale = float(np.abs(M).max())
    return (scale, M / scale if scale > 0 else M) if np.isfinite(scale) else (np.inf, np.eye(len(M)))


def _powers(V: Matrix, horizon: int) -> Iterator[RealMatrix]:
    form = real_form(V)
    M = np.eye(len(form))
    for k in range(whole(horizon, 0, "horizon") + 1):
        if k:
            with np.errstate(over="ignore", invalid="ignore"):
                M = M @ form
        yield M


def _root_mean_square(M: RealMatrix) -> float:
    scale, unit = _scaled(M)
    return float(scale * np.linalg.norm(unit) / np.sqrt(len(M)))


def _largest_singular_value(M: RealMatrix) -> float:
    """The root of the Gram matrix's largest eigenvalue: as exact as an SVD for this one, and twice as fast. (LAPACK's
    search for a single eigenvalue fails where all are alike, as for an orthogonal M.)"""
    scale, unit = _scaled(M)
    return float(scale * np.sqrt(max(np.linalg.eigvalsh(unit.T @ unit)[-1], 0.0)))
