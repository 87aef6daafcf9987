"""Transient growth: how large V^k becomes before its spectral radius decides."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from ..checks import whole_number
from ..threads import give_way
from .form import Matrix, SquareMatrix, form_of, frobenius
from .power_norms import power_norms

LEAST_SIZE = 32  # rows of a matrix: with fewer, one eigenvalue problem for each power takes less time
MOST_VECTORS = 2**18  # numbers in one vector for each power: more would need hundreds of megabytes


def transient_growth(V: Matrix, horizon: int) -> Float64[np.ndarray, " steps"]:
    """‖V^k‖₂ for k = 0…horizon: the growth of the direction that grows most.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    horizon : int, at least 0
        The last k.

    Returns
    -------
    ndarray, (horizon + 1,)
        1 at k = 0; ∞ where V^k leaves float64.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or horizon is out of range.

    Notes
    -----
    Between two bounds that meet to 10⁻¹⁰ (see `power_norms`), otherwise by a dense eigenvalue problem for each power.
    Rounding in V^k itself is of the size of ε ‖V^a‖ ‖V^b‖, a + b = k: what comes long after a large transient may be
    lost in it.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, section 16; Kerg et al. (2019), section 2.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.transient_growth([[0.0, 0.0], [3.0, 0.0]], 2)
    array([1., 3., 0.])
    """
    form, horizon = form_of(V), whole_number("horizon", horizon, 0)
    worthwhile = len(form) >= LEAST_SIZE and len(form) * horizon <= MOST_VECTORS
    norms = power_norms(form, horizon) if worthwhile else np.full(horizon + 1, np.nan)
    unknown = np.isnan(norms)
    for k, M in enumerate(_powers(form, int(np.flatnonzero(unknown).max(initial=0)))):
        if unknown[k]:
            norms[k] = _largest_singular_value(M)
    return norms


def typical_growth(V: Matrix, horizon: int) -> Float64[np.ndarray, " steps"]:
    """‖V^k‖_F / √n for k = 0…horizon: the root mean square of ‖V^k x‖ over random unit x.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    horizon : int, at least 0
        The last k.

    Returns
    -------
    ndarray, (horizon + 1,)
        At most `transient_growth`; ∞ where V^k leaves float64.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or horizon is out of range.

    References
    ----------
    Kerg et al. (2019), figure 1b.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.typical_growth([[0.0, 0.0], [3.0, 0.0]], 2).round(3)
    array([1.   , 2.121, 0.   ])
    """
    return np.array([frobenius(M) / math.sqrt(len(M)) for M in _powers(V, horizon)])


def _scaled(M: SquareMatrix) -> tuple[float, SquareMatrix]:
    """M as scale · unit with max |unit| = 1, so that no square leaves float64; scale ∞ where M has left it."""
    scale = float(np.abs(M).max())
    return (scale, M / scale if scale > 0 else M) if np.isfinite(scale) else (np.inf, np.eye(len(M)))


def _powers(V: Matrix, horizon: int) -> Iterator[SquareMatrix]:
    form = form_of(V)
    M = np.eye(len(form))
    for k in range(whole_number("horizon", horizon, 0) + 1):
        give_way()
        if k:
            with np.errstate(over="ignore", invalid="ignore"):
                M = M @ form
        yield M


def _largest_singular_value(M: SquareMatrix) -> float:
    """The root of the Gram matrix's largest eigenvalue: as exact as an SVD for this one, and twice as fast. (LAPACK's
    search for a single eigenvalue fails where all are alike, as for an orthogonal M.)"""
    scale, unit = _scaled(M)
    return float(scale * np.sqrt(max(np.linalg.eigvalsh(unit.conj().T @ unit)[-1], 0.0)))
