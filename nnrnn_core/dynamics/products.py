"""The singular values of a product of Jacobians: how far each direction is stretched, forward and backward in time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float64

from ..checks import whole_number
from .form import Matrix, Numbers, matrices
from .lyapunov import directions_kept, starting_frame

LOST = 1e-290  # of the largest: a singular value below this is near the end of float64


def log_singular_values(
    jacobians: Numbers | Iterable[Matrix], at: Iterable[int] | None = None
) -> Float64[np.ndarray, "count n"]:
    """log σ_i(J_k ⋯ J_1), i = 1 … n, for k = 0, 1, …: divided by k, the finite-time Lyapunov exponents.

    Parameters
    ----------
    jacobians : array_like or tensor, (steps, n, n), or iterable of matrices
        J_1, J_2, …, real or complex. For a gradient that travels back: (J_T)*, (J_{T−1})*, …
    at : iterable of int, or None
        The k that are wanted, from 0 to the number of steps; None is all.

    Returns
    -------
    ndarray, (count, n)
        A row for each k, in increasing order of k; in each row the largest first. −∞ for a direction that is lost: one
        that a step shrinks to n 2⁻⁵² of its largest entry, or that has become 10²⁹⁰ times shorter than the longest.

    Raises
    ------
    ValueError
        If the matrices differ in size or are not finite and square, there is none, or k is out of range.

    Notes
    -----
    By J_t Q_{t−1} = Q_t R_t the product is Q_k R_k ⋯ R_1 Q_0ᵀ, and the triangular R_k ⋯ R_1 keeps the digits of small
    singular values, which the product itself loses as soon as they are 10¹⁶ times smaller than the largest. Q_0 is
    random, from a fixed seed, so that what is lost stands in the last rows.

    References
    ----------
    Dieci & Van Vleck (1995), Applied Numerical Mathematics 17.

    Examples
    --------
    >>> import itertools
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> steps = itertools.repeat(np.diag([0.5, 2.0]), 100)
    >>> dynamics.log_singular_values(steps, at=[100]) / (100 * np.log(2))
    array([[ 1., -1.]])
    """
    wanted = None if at is None else sorted({whole_number("at", k, 0) for k in at})
    kept: dict[int, tuple[np.ndarray, float]] = {}
    Q = R = np.empty((0, 0))
    size, scale, k = 0, 0.0, 0
    for k, J in enumerate(matrices(jacobians), start=1):
        if k == 1:
            size = len(J)
            Q, R = starting_frame(size, None), np.eye(size)
        if len(J) != size:
            raise ValueError(f"jacobians must be of one size; the first has {size} rows, number {k} has {len(J)}")
        largest = float(np.abs(J).max()) or 1.0  # so that no product leaves float64
        Q, step = np.linalg.qr(J / largest @ Q)
        rank = directions_kept(step, size)
        Q, R = Q[:, :rank], step[:rank] @ R
        height = float(np.abs(R).max(initial=0.0)) or 1.0
        R, scale = R / height, scale + np.log(largest) + np.log(height)
        if wanted is None or k in wanted:
            kept[k] = R, scale
    if not k:
        raise ValueError("jacobians must hold at least one step; got none")
    if wanted and wanted[-1] > k:
        raise ValueError(f"at must hold whole numbers up to the {k} steps; got {wanted[-1]}")
    rows = [np.zeros(size)] if wanted is None or 0 in wanted else []
    rows += [_logs(R, scale, size) for R, scale in kept.values()]
    return np.stack(rows) if rows else np.empty((0, size))


def _logs(R: np.ndarray, scale: float, size: int) -> np.ndarray:
    found = np.full(size, -np.inf)
    values = np.linalg.svd(R, compute_uv=False) if R.size else np.empty(0)
    seen = values > LOST * values.max(initial=0.0)
    found[: len(values)][seen] = np.log(values[seen]) + scale
    return found
