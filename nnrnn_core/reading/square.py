"""What every reader ends with: a square, finite matrix of a size that can be worked with, or words that say why not."""

from __future__ import annotations

import numpy as np

from .numbers import inexact

LARGEST = 1000  # rows


def square(M: np.ndarray) -> np.ndarray:
    """M as (n, n) float64, or complex128 if an imaginary part is not 0. ValueError says what is wrong and where."""
    check_shape(M.shape)
    if M.dtype.kind not in "biufc":
        raise ValueError(f"a matrix must hold numbers; its dtype is {M.dtype}")
    with np.errstate(over="ignore"):  # of more than 64 bits: infinite, and refused as such
        exact = M.astype(complex if M.dtype.kind == "c" else float)
    if M.dtype.kind in "iu" and (lost := np.argwhere((np.abs(exact) >= 2.0**53) & (_as(exact, M.dtype) != M))).size:
        i, j = lost[0]
        raise ValueError(f"row {i + 1}, column {j + 1} of the matrix: {inexact(M[i, j])}")
    if (wrong := np.argwhere(~np.isfinite(exact))).size:
        i, j = wrong[0]
        what = "NaN (no number)" if np.isnan(exact[i, j]) else "infinite"
        others = f", and {len(wrong) - 1} other entries are no numbers either" if len(wrong) > 1 else ""
        raise ValueError(f"a matrix must be finite; row {i + 1}, column {j + 1} is {what}{others}")
    return exact.real.copy() if not np.any(exact.imag) else exact


def check_shape(shape: tuple[int, ...]) -> None:
    """Before anything large is made."""
    if len(shape) != 2 or shape[0] != shape[1] or not shape[0]:
        empty = ": there is no number in it" if 0 in shape else ""
        raise ValueError(f"a matrix must be a square matrix; its shape is {tuple(shape)}{empty}")
    if shape[0] > LARGEST:
        raise ValueError(f"a matrix may have at most {LARGEST:,} rows here; this one has {shape[0]:,}")


def _as(exact: np.ndarray, kind: np.dtype) -> np.ndarray:
    """Back to integers; what lies outside of them becomes another one."""
    with np.errstate(invalid="ignore"):
        back: np.ndarray = exact.astype(kind)
    return back
