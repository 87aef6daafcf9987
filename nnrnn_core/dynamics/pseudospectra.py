"""Pseudospectra: {z : σ_min(zI − V) ≤ ε}, the eigenvalues of all V + E with ‖E‖₂ ≤ ε (Trefethen & Embree 2005, § 2).

Note [Inverse Lanczos]. V = P form P* with form triangular, so A = z − form has the singular values of zI − V, and a
product with A⁻¹ or A⁻* is one substitution. 1/σ_min(A) = ‖A⁻¹‖ comes from a few steps of Golub and Kahan's
bidiagonalisation of A⁻¹, which is Lanczos' method on (A A*)⁻¹ without the squares. All points z take their steps
together, one column each: what a substitution needs of the rows above has the same factors for every z, and is a
matrix product. Points leave as they converge; for those left after `_most_steps` the inverse is multiplied out.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg.lapack
import torch
from jaxtyping import Bool, Complex128, Float64
from numpy.typing import ArrayLike

from .form import ComplexMatrix, Matrix, as_schur, whole

Levels = Float64[np.ndarray, "..."]
Points = Complex128[np.ndarray, " points"]
Reals = Float64[np.ndarray, " points"]
Columns = Complex128[np.ndarray, "n points"]
Rows = Float64[np.ndarray, "steps points"]
RowsAndOne = Float64[np.ndarray, "steps+1 points"]
TOLERANCE = 1e-8
FEW = 8  # points that are faster taken one by one
ROWS = 16  # of a substitution that one matrix product prepares
CACHE = 2**16  # complex numbers in one array of columns
CAUTION = 10  # by which the estimate of the error is multiplied
REFINEMENTS = 12  # at most, of the largest singular value of a bidiagonal matrix


def resolvent_level(V: Matrix, z: torch.Tensor | ArrayLike, tolerance: float = TOLERANCE) -> Levels:
    """σ_min(zI − V) = 1/‖(zI − V)⁻¹‖₂ at the points z (any shape): the ε at the edge of whose pseudospectrum z lies.

    At most the distance of z to the spectrum; that distance everywhere iff V is normal.

    tolerance   relative error aimed at, on top of rounding (10⁻¹⁵ ‖V‖). Where the two smallest singular values differ
                by less than √tolerance/10 it may be the second that comes out. 10⁻² takes half the time of 10⁻⁸: for
                contours that follow a slider.

    A `SchurMatrix` or a lower triangular V is taken as it stands, and its levels are true far below 10⁻¹⁶ ‖V‖; those
    below 10⁻¹⁵⁰ of the largest entry or |z| come out as 0. A point and its conjugate are computed once, since V is
    real. ValueError: `array`; z not finite; tolerance outside (0, 1).
    """
    return levels(as_schur(V)[1], _points(z, "z"), tolerance)


def pseudospectrum(
    V: Matrix, real: torch.Tensor | ArrayLike, imag: torch.Tensor | ArrayLike, tolerance: float = TOLERANCE
) -> Float64[np.ndarray, "rows columns"]:
    """`resolvent_level` on the grid x + iy, a row for each y in imag and a column for each x in real.

    Half the work where imag is symmetric about 0, if only to rounding, as a `linspace` is.
    """
    x, y = _axis(real, "real"), _axis(imag, "imag")
    if np.abs(y + y[::-1]).max() <= 4 * np.finfo(float).eps * np.abs(y).max():
        y = (y - y[::-1]) / 2
    return resolvent_level(V, x + 1j * y[:, None], tolerance)


def perturbed_eigenvalues(V: Matrix, eps: float, count: int = 50, seed: int = 0) -> Complex128[np.ndarray, "count n"]:
    """The eigenvalues of V + E for `count` random complex E (Gaussian entries, scaled to ‖E‖₂ = eps).

    All lie in the eps-pseudospectrum, and many near its edge. The same seed gives the same directions of E for every
    eps, so that the dots move with a slider and do not jump.
    """
    _, form = as_schur(V)
    size = (whole(count, 1, "count"), *form.shape)
    rng = np.random.default_rng(whole(seed, 0, "seed"))
    E = rng.standard_normal(size) + 1j * rng.standard_normal(size)
    E *= perturbation_size(eps) / np.linalg.norm(E, 2, axis=(1, 2))[:, None, None]
    moved: Complex128[np.ndarray, "count n"] = np.linalg.eigvals(form + E)  # E is as random in this basis
    return moved


def levels(form: ComplexMatrix, z: Complex128[np.ndarray, "..."], tolerance: float = TOLERANCE) -> Levels:
    """`resolvent_level` of a lower triangular form of a real matrix."""
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance must lie between 0 and 1 (10⁻² is coarse, 10⁻⁸ fine); got {tolerance!r}")
    folded, where = np.unique(z.real + 1j * np.abs(z.imag), return_inverse=True)
    width = max(1, CACHE // len(form))
    parts = [folded[i : i + width] for i in range(0, len(folded), width)]
    normal = is_normal(form)
    found = [_distance(form, part) if normal else _scaled(form, part, tolerance) for part in parts]
    return np.concatenate([np.empty(0), *found])[where.ravel()].reshape(z.shape)


def is_normal(form: ComplexMatrix) -> bool:
    """Whether what stands below the diagonal of a triangular form is rounding."""
    return bool(np.linalg.norm(np.tril(form, -1)) <= len(form) * np.finfo(float).eps * np.linalg.norm(form))


def _distance(form: ComplexMatrix, z: Points) -> Reals:
    nearest: Reals = np.abs(z - np.diag(form)[:, None]).min(axis=0)
    return nearest


def _scaled(form: ComplexMatrix, z: Points, tolerance: float) -> Reals:
    scale = 2.0 ** math.frexp(max(np.abs(form).max(), np.abs(z).max()))[1]  # a power of two: no rounding
    if len(z) <= FEW:
        return scale * np.array([_from_inverse(form / scale, point) for point in z / scale])
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
    found[live[~finished]] = [_from_inverse(form, point) for point in z[live[~finished]]]
    return found


def _from_inverse(form: ComplexMatrix, z: complex) -> float:
    """1/‖(z − form)⁻¹‖₂, the inverse of a triangular matrix multiplied out: the fastest way for a single point."""
    inverse, on_spectrum = scipy.linalg.lapack.ztrtri(z * np.eye(len(form)) - form, lower=1)
    norm = np.inf if on_spectrum or not np.isfinite(inverse).all() else np.linalg.norm(inverse, 2)
    return float(1 / norm)


def _start(n: int, count: int) -> Columns:
    x = np.random.default_rng(0).standard_normal((n, 2)) @ [1, 1j]
    return np.repeat((x / np.linalg.norm(x))[:, None], count, axis=1)


def _substitute(below: ComplexMatrix, pivots: Columns, b: Columns) -> Columns:
    """The columns x with x_i = pivot_i (b_i + Σ_{j < i} below_ij x_j): A⁻¹ b for A = 1/pivots − below."""
    x = np.empty_like(pivots)
    for first in range(0, len(b), ROWS):
        rows = slice(first, min(first + ROWS, len(b)))
        np.add(below[rows, :first] @ x[:first], b[rows], out=x[rows])
        x[first] *= pivots[first]
        for i in range(first + 1, rows.stop):
            x[i] += below[i, first:i] @ x[first:i]
            x[i] *= pivots[i]
    return x


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
    d, e = a + b[:-1], a[:-1] * b[1:-1]  # of BᵀB the diagonal, and the squares beside it
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


def _points(z: torch.Tensor | ArrayLike, name: str) -> Complex128[np.ndarray, "..."]:
    values = np.asarray(z.detach().cpu().resolve_conj().resolve_neg() if isinstance(z, torch.Tensor) else z)
    if values.dtype.kind not in "biufc":
        raise ValueError(f"{name} must hold numbers; its dtype is {values.dtype}")
    values = values.astype(complex)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite; it holds {np.count_nonzero(~np.isfinite(values))} infinite or NaN")
    return values


def _axis(values: torch.Tensor | ArrayLike, name: str) -> Float64[np.ndarray, " points"]:
    axis = _points(values, name)
    if axis.ndim != 1 or not axis.size or axis.imag.any():
        raise ValueError(f"{name} must be an axis of the grid, a vector of real numbers; its shape is {axis.shape}")
    return axis.real


def perturbation_size(eps: float) -> float:
    if not (eps >= 0 and math.isfinite(eps)):
        raise ValueError(f"eps must be a finite number of at least 0, the size of a perturbation; got {eps!r}")
    return float(eps)
