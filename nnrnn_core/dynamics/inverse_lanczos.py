"""σ_min(z − form) of a triangular form at many points z at once: what `resolvent_level` computes with.

Note [Inverse Lanczos]. A = z − form is triangular, so a product with A⁻¹ or A⁻* is one substitution. 1/σ_min(A) =
‖A⁻¹‖ comes from a few steps of Golub and Kahan's bidiagonalisation of A⁻¹, which is Lanczos' method on (A A*)⁻¹
without the squares. All points z take their steps together, one column each: what a substitution needs of the rows
above has the same factors for every z, and is a matrix product. Points leave as they converge; for those left after
`_most_steps` the inverse is multiplied out.
"""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np
import scipy.linalg.blas
import scipy.linalg.lapack
from jaxtyping import Bool, Complex128, Float64
from scipy.sparse.linalg import ArpackError, LinearOperator, svds

from ..threads import give_way
from .form import ComplexMatrix, frobenius

Levels = Float64[np.ndarray, "..."]
Points = Complex128[np.ndarray, " points"]
Reals = Float64[np.ndarray, " points"]
Columns = Complex128[np.ndarray, "n points"]
Rows = Float64[np.ndarray, "steps points"]
RowsAndOne = Float64[np.ndarray, "steps+1 points"]
DENSE = 128  # rows up to which LAPACK is as fast as ARPACK
NOTHING = 1e-8  # relative change of a level that T may make where it is left out, or the tolerance, if that is less
TOLD_APART = 1e-150  # of the largest entry, or of |z|: smaller levels may come out as 0
SQUARE_ROOT_OF_EXACT = 1e-7  # of the relative error: SciPy squares it
FEW = 8  # points: so few are faster taken one by one
ROWS = 16  # of a substitution, which one matrix product prepares; each then takes all points together
TALL = 64  # the same, where points are few and BLAS takes all rows of one together
CACHE = 2**16  # complex numbers in one array of columns
CAUTION = 10  # factor on the estimate of the error
REFINEMENTS = 12  # most steps towards the largest singular value of a bidiagonal matrix


def levels(form: ComplexMatrix, z: Complex128[np.ndarray, "..."], tolerance: float, real: bool) -> Levels:
    """`resolvent_level` of a lower triangular form; of a real matrix those of z and its conjugate are one."""
    folded, where = np.unique(z.real + 1j * np.abs(z.imag) if real else z, return_inverse=True)
    width = max(1, CACHE // len(form))
    parts = [folded[i : i + width] for i in range(0, len(folded), width)]
    below = frobenius(np.tril(form, -1))
    found = [_of_part(form, below, part, tolerance) for part in parts]
    return np.concatenate([np.empty(0), *found])[where.ravel()].reshape(z.shape)


def unit_of(size: float) -> float:
    """A power of two, so that to divide by it rounds nothing; one that complex numbers can be divided by."""
    return 2.0 ** max(math.frexp(size)[1], -1022)


def is_normal(form: ComplexMatrix) -> bool:
    """Whether what stands below the diagonal of a triangular form is rounding."""
    return bool(frobenius(np.tril(form, -1)) <= len(form) * np.finfo(float).eps * frobenius(form))


def _of_part(form: ComplexMatrix, below: float, z: Points, tolerance: float) -> Reals:
    """|z − λ| of the nearest eigenvalue, as of a normal matrix, where all that stands below the diagonal, of that norm,
    can change it by less than the tolerance; the rest by Lanczos' method."""
    found = _distance(form, z)
    left = min(tolerance, NOTHING) * found < below
    if left.any():
        found[left] = _scaled(form, z[left], tolerance)
    return found


def _distance(form: ComplexMatrix, z: Points) -> Reals:
    nearest: Reals = np.abs(z - np.diag(form)[:, None]).min(axis=0)
    return nearest


def _scaled(form: ComplexMatrix, z: Points, tolerance: float) -> Reals:
    scale = unit_of(max(float(np.abs(form).max()), float(np.abs(z).max())))
    if len(z) <= FEW:
        return scale * np.array([level_from_inverse(form / scale, point) for point in z / scale])
    return scale * _smallest_singular_values(form / scale, z / scale, tolerance)


def _most_steps(n: int) -> int:
    return n // 2 + 8


def _smallest_singular_values(form: ComplexMatrix, z: Points, tolerance: float) -> Reals:
    """σ_min(z − form) for triangular form, with no entry and no z beyond 1. See Note [Inverse Lanczos]."""
    n, found, live = len(form), np.zeros(len(z)), np.arange(len(z))
    below = np.tril(form, -1)
    above = np.ascontiguousarray(below.conj().T[::-1, ::-1])  # A* with its rows and columns reversed: lower again
    alphas, betas = np.empty((0, len(z))), np.zeros((1, len(z)))
    norm, residual, finished = np.full(len(z), np.inf), np.full(len(z), np.inf), np.zeros(len(z), bool)
    with np.errstate(all="ignore"):  # a norm that leaves float64 is a level of 0
        pivots = 1 / (z - np.diag(form)[:, None])
        right, left = _start(n, len(z)), np.zeros_like(pivots)
        for _ in range(_most_steps(n)):
            left = _substitute(below, pivots, right) - betas[-1] * left
            alphas = np.vstack([alphas, _normalise(left)])
            right = _substitute(above, pivots[::-1].conj(), left[::-1])[::-1] - alphas[-1] * right
            betas = np.vstack([betas, _normalise(right)])
            before, residual_before = norm, residual
            norm, residual = _largest_singular_value(alphas, betas, norm, ~finished)
            new = ~finished & _converged(norm, before, residual, residual_before, tolerance)
            found[live[new]] = np.where(np.isfinite(norm[new]), 1 / norm[new], 0.0)
            finished |= new
            if 4 * np.count_nonzero(finished) >= len(live):  # making the arrays smaller costs time too
                keep = np.flatnonzero(~finished)
                live, finished, norm, residual = live[keep], finished[keep], norm[keep], residual[keep]
                right, left, pivots, alphas, betas = (
                    np.take(x, keep, axis=1) for x in (right, left, pivots, alphas, betas)
                )
                if not len(live):
                    return found
    found[live[~finished]] = [level_from_inverse(form, point) for point in z[live[~finished]]]
    return found


def level_from_inverse(form: ComplexMatrix, z: complex) -> float:
    """1/‖(z − form)⁻¹‖₂ of a single point: by ARPACK, or with the inverse of a triangular matrix multiplied out."""
    A = z * np.eye(len(form)) - form
    if len(form) > DENSE and (norm := _norm_of_inverse(A)) is not None:
        return 1 / norm
    inverse, on_spectrum = scipy.linalg.lapack.ztrtri(A, lower=1)
    return 0.0 if on_spectrum or not np.isfinite(inverse).all() else 1 / float(np.linalg.norm(inverse, 2))


def _norm_of_inverse(A: ComplexMatrix) -> float | None:
    """‖A⁻¹‖₂ of a lower triangular A, by some dozens of substitutions; None where they leave float64, or do not suffice
    (of some matrices whose values are all alike)."""
    start, columns = _start(len(A), 1)[:, 0], A.T  # BLAS takes the columns of Aᵀ for those of a matrix
    with np.errstate(all="ignore"):
        once = scipy.linalg.blas.ztrsv(columns, start, trans=1)
        size = float(np.linalg.norm(once))  # by which A⁻¹ is divided: ARPACK squares it
        if not 0 < size < math.inf:
            return None
        inverse = LinearOperator(
            A.shape,
            dtype=complex,
            matvec=lambda x: scipy.linalg.blas.ztrsv(columns, x / size, trans=1),
            rmatvec=lambda x: scipy.linalg.blas.ztrsv(columns, x.conj() / size).conj(),
        )
        with suppress(ArpackError):
            [found] = svds(inverse, k=1, v0=start, tol=SQUARE_ROOT_OF_EXACT, return_singular_vectors=False)
            norm = size * float(found)
            return norm if 0 < norm < math.inf else None
    return None


def _start(n: int, count: int) -> Columns:
    x = np.random.default_rng(0).standard_normal((n, 2)) @ [1, 1j]
    return np.repeat((x / np.linalg.norm(x))[:, None], count, axis=1)


def _substitute(below: ComplexMatrix, pivots: Columns, b: Columns) -> Columns:
    """The columns x with x_i = pivot_i (b_i + Σ_{j < i} below_ij x_j): A⁻¹ b for A = 1/pivots − below."""
    x = np.empty_like(pivots)
    few = x.shape[1] <= FEW
    solve, height = (_column_by_column, TALL) if few else (_row_by_row, ROWS)
    for first in range(0, len(b), height):
        give_way()
        rows = slice(first, min(first + height, len(b)))
        np.add(below[rows, :first] @ x[:first], b[rows], out=x[rows])
        solve(below[rows, rows], pivots[rows], x[rows])
    return x


def _row_by_row(below: ComplexMatrix, pivots: Columns, x: Columns) -> None:
    x[0] *= pivots[0]
    for i in range(1, len(x)):
        x[i] += below[i, :i] @ x[:i]
        x[i] *= pivots[i]


def _column_by_column(below: ComplexMatrix, pivots: Columns, x: Columns) -> None:
    for j in range(x.shape[1]):
        A = np.diag(1 / pivots[:, j]) - below
        x[:, j] = scipy.linalg.blas.ztrsv(A.T, x[:, j], trans=1)  # BLAS takes the columns of Aᵀ for those of a matrix


def _normalise(x: Columns) -> Reals:
    """Scales the columns to length 1, in place, and gives the lengths they had; a column of zeros stays."""
    parts = x.view(float)
    length: Reals = np.sqrt(np.einsum("ij,ij->j", parts, parts).reshape(-1, 2).sum(axis=1))
    x *= np.where(length > 0, 1 / length, 0.0)
    return length


def _largest_singular_value(
    alphas: Rows, betas: RowsAndOne, before: Reals, wanted: Bool[np.ndarray, " points"]
) -> tuple[Reals, Reals]:
    """σ_max(B) for bidiagonal B with α on its diagonal and β beside it, and how far BᵀB's top eigenvector is from one
    of A⁻*A⁻¹: the norm of its residual, relatively.

    x = σ² is the largest root of det(x − BᵀB) = q_1 q_2 … q_k, q_i = x − d_i − e²_{i−1}/q_{i−1}, by Laguerre's method
    from above: σ before the last row came bounds it. The last entry of its eigenvector is 1/√(dq_k/dx).
    """
    k, scale = len(alphas), alphas.max(axis=0)
    a, b = (alphas / scale) ** 2, (betas / scale) ** 2
    d, e = a + b[:-1], a[:-1] * b[1:-1]  # BᵀB: its diagonal, and the squares of what stands beside it
    if k == 1:
        return scale, np.sqrt(b[1])
    old = (before / scale) ** 2
    x = ((old + d[-1]) / 2 + np.sqrt(((old - d[-1]) / 2) ** 2 + e[-1])) * (1 + 1e-12)
    for _ in range(REFINEMENTS):
        q, slope, bend = x - d[0], np.ones_like(x), np.zeros_like(x)
        g = slope / q
        first, second = g.copy(), g * g  # Σ q'/q, and minus its derivative
        for i in range(1, k):
            c = e[i - 1] / q
            bend = c * (bend / q - 2 * g * g)
            slope = 1 + c * g
            q = x - d[i] - c
            g = slope / q
            first += g
            second += g * g - bend / q
        root = np.sqrt(np.maximum((k - 1) * (k * second - first * first), 0))
        step = k / (first + np.copysign(root, first))
        x = x - np.where(np.isfinite(step), step, 0.0)
        if not (np.abs(step) > 1e-7 * x)[wanted].any():  # the third power of which is rounding
            break
    return scale * np.sqrt(x), np.sqrt(a[-1] * b[-1] / slope) / x


def _converged(
    norm: Reals, before: Reals, residual: Reals, residual_before: Reals, tolerance: float
) -> Bool[np.ndarray, " points"]:
    """Whether the error of `norm`, at most the residual, and as its square once the step's gain falls so, is small."""
    decay = (residual / residual_before) ** 2
    to_come = np.where(decay < 0.8, CAUTION * (1 - before / norm) * decay / (1 - decay), np.inf)
    small = (np.fmin(residual, to_come) <= tolerance) & (residual <= 0.1 * math.sqrt(tolerance))
    finished: Bool[np.ndarray, " points"] = small | ~np.isfinite(norm)
    return finished
