"""‖V^k‖₂ for many k at once, without most of the powers: Lanczos between a lower and an upper bound."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float64, Inexact

from ..threads import give_way
from .form import SquareMatrix

Rows = Inexact[np.ndarray, "rows n n"]
Columns = Inexact[np.ndarray, "columns n n"]
Grid = Float64[np.ndarray, "rows columns"]
Vectors = Inexact[np.ndarray, "rows columns n"]

STEPS = 12  # most steps of the Lanczos iteration: a power that needs more is cheaper by a dense eigenvalue problem
CHECKS = (4, 6, 8, 10, STEPS)  # the steps after which the bounds are looked at
TOLERANCE = 2e-12  # relative, of ‖V^k‖₂²
RANGE = (1e-140, 1e140)  # where ‖V^k‖_F² may be, so that its square stays in float64
EPS = float(np.finfo(float).eps)


@np.errstate(all="ignore")
def power_norms(form: SquareMatrix, horizon: int) -> Float64[np.ndarray, " powers"]:
    """‖form^k‖₂ for k = 0…horizon; NaN where the bounds have not met to 1e-10, or rounding is too large for it.

    With k = i s + j and s about √(2 horizon), form^k = A_i B_j, A_i = form^(is), B_j = form^j: few dense powers serve
    all k. For G = (A_i B_j)* A_i B_j, Lanczos gives orthonormal Q with Q*GQ = T tridiagonal, G Q = Q T + β u eᵀ, and
    λ_max(T) ≤ λ_max(G) ≤ λ_max([[T, β e], [β eᵀ, c]]), where c is at least G's largest eigenvalue off Q: the trace
    there, tr G − tr T, or the Frobenius norm, √(‖G‖_F² − ‖T‖_F² − 2β²). The bounds meet where the singular values of
    form^k fall off; for an orthogonal matrix they never do.
    """
    s = min(math.isqrt(2 * horizon) + 1, horizon + 1)
    B = _powers(form, s)
    A = _powers(B[-1] @ form, horizon // s + 1)
    known = _traces(A, B)
    theta = np.full((len(A), s), np.nan)
    rows = np.arange(len(A))
    start = np.random.default_rng(0).standard_normal(len(form))
    Q = np.broadcast_to(start / np.linalg.norm(start), (len(A), s, 1, len(form)))
    T = np.zeros((len(A), s, STEPS + 1, STEPS + 1))
    for step in range(1, STEPS + 1):
        give_way()
        w = _gram(A, B, Q[:, :, -1])
        T[..., step - 1, step - 1] = np.vecdot(w, Q[:, :, -1]).real
        for _ in range(2):  # twice is enough for orthogonality to rounding
            w -= ((Q.conj() @ w[..., None]).swapaxes(-1, -2) @ Q)[..., 0, :]
        beta = np.linalg.norm(w, axis=-1, keepdims=True)
        T[..., step - 1, step] = T[..., step, step - 1] = beta[..., 0]
        if step in CHECKS:
            theta[rows], hopeless = _bounds(T[..., : step + 1, : step + 1], *(numbers[rows] for numbers in known))
            going = ~(np.isfinite(theta[rows]) | hopeless).all(axis=1)
            if not going.any():
                break
            if not going.all():
                rows, A, Q, T, w, beta = rows[going], A[going], Q[going], T[going], w[going], beta[going]
        Q = np.concatenate([Q, (w / np.where(beta > 0, beta, 1.0))[:, :, None]], axis=2)
    norms: np.ndarray = np.sqrt(theta).flatten()[: horizon + 1]
    return norms


def _powers(M: SquareMatrix, count: int) -> Rows:
    """M^0 … M^(count − 1)."""
    stack = np.empty((count, *M.shape), M.dtype)
    stack[0] = np.eye(len(M))
    for k in range(1, count):
        give_way()
        np.dot(stack[k - 1], M, out=stack[k])
    return stack


def _gram(A: Rows, B: Columns, x: Vectors) -> Vectors:
    """(A_i B_j)* A_i B_j x_ij for all i and j: products with as many columns as there are of the other index."""
    y = (x.swapaxes(0, 1) @ B.swapaxes(1, 2)).swapaxes(0, 1) @ A.swapaxes(1, 2)
    z: np.ndarray = ((y.conj() @ A).swapaxes(0, 1) @ B).swapaxes(0, 1)
    return z.conj()


def _traces(A: Rows, B: Columns) -> tuple[Grid, Grid, Grid]:
    """tr G = ⟨A_i*A_i, B_j B_j*⟩, NaN where out of range; ‖G‖_F², which is at hand where A_i is the identity, else ∞;
    and the rounding of A_i B_j x, of the size of ε ‖A_i‖_F ‖B_j‖_F."""
    left, right = A.conj().swapaxes(1, 2) @ A, B @ B.conj().swapaxes(1, 2)
    flat = right.reshape(len(B), -1)
    traces = (left.reshape(len(A), -1) @ flat.conj().T).real
    traces[~((traces > RANGE[0]) & (traces < RANGE[1]))] = np.nan
    squares = np.full(traces.shape, np.inf)
    squares[0] = np.vecdot(flat, flat).real
    sizes = [np.trace(M, axis1=1, axis2=2).real for M in (left, right)]
    return traces, squares, EPS * np.sqrt(np.outer(*sizes))


def _bounds(
    T: Float64[np.ndarray, "rows columns steps steps"], traces: Grid, squares: Grid, rounding: Grid
) -> tuple[Grid, Bool[np.ndarray, "rows columns"]]:
    """λ_max(G) where its bounds have met, else NaN; and whether they cannot meet any more: a step takes at most
    λ_max(G) off the one c, and its square off the square of the other. T's last row and column hold β."""
    left = STEPS - (T.shape[-1] - 1)
    noise = T.shape[-1] * rounding**2 / EPS  # the rounding error of the traces
    fits = np.isfinite(traces) & np.isfinite(noise**2) & np.isfinite(T).all(axis=(-1, -2))
    T = np.where(fits[..., None, None], T, 0.0)
    T[..., -1, -1] = 0.0
    lower = np.linalg.eigvalsh(T[..., :-1, :-1])[..., -1]
    by_trace = traces - np.trace(T, axis1=-2, axis2=-1) + noise
    by_square = np.maximum(squares - np.square(T).sum(axis=(-1, -2)), 0.0) + noise**2 / EPS
    T[..., -1, -1] = np.where(fits, np.minimum(by_trace, np.sqrt(by_square)), 0.0)
    upper = np.linalg.eigvalsh(T)[..., -1]
    met = fits & (upper - lower <= TOLERANCE * lower) & (rounding <= TOLERANCE * np.sqrt(lower))
    hopeless = (by_trace > (1 + left) * lower) & (by_square > (1 + left) * lower**2)
    return np.where(met, (lower + upper) / 2, np.nan), hopeless | ~fits
