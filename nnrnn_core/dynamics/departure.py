"""How far a matrix is from normal: what stands below the diagonal of its Schur form, counted without cancellation."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .form import Matrix, form_of, frobenius
from .schur_form import form_and_blocks


class Departure(NamedTuple):
    """√(below² + inside²) is Henrici's departure from normality, as `departure_parts` splits it.

    Attributes
    ----------
    below : float
        ‖T‖_F, of what stands below the 2×2 blocks of the real Schur form.
    inside : float
        What the 2×2 blocks add because they are not multiples of rotations.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.Departure(below=3.0, inside=4.0).below
    3.0
    """

    below: float
    inside: float


def departure_parts(V: Matrix) -> Departure:
    """henrici(V)² = below² + inside²: what stands below the 2×2 blocks of the real Schur form, and what is in them.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.

    Returns
    -------
    Departure
        Of a `SchurMatrix` below is ‖s T‖_F, and inside is 0; with the entry mask inside holds what T has in the blocks.
        Of a complex V the form is the complex one, and inside is 0.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix.

    Notes
    -----
    A block B = [[a, b], [c, d]] departs from normality by √(‖B‖_F² − Σ|λ|²), which is √((a − d)² + (b + c)²) where its
    eigenvalues are complex and |b − c| where they are real. Neither is a difference of large numbers, so what comes
    out for a normal matrix is 0 to rounding.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.departure_parts([[0.0, -1.0, 0.0], [3.0, 0.0, 0.0], [0.5, 0.0, 1.0]])
    Departure(below=0.5, inside=2.0)
    """
    form, inside = form_and_blocks(V)
    if np.iscomplexobj(form):
        return Departure(frobenius(np.where(inside, 0.0, form)), 0.0)
    scale = float(np.abs(form).max()) or 1.0  # so that no square leaves float64
    unit = form / scale
    i = np.flatnonzero(np.diag(inside, 1))
    a, b, c, d = unit[i, i], unit[i, i + 1], unit[i + 1, i], unit[i + 1, i + 1]
    complex_pair = ((a - d) / 2) ** 2 + b * c < 0
    blocks = np.where(complex_pair, np.hypot(a - d, b + c), np.abs(b - c))
    return Departure(frobenius(np.where(inside, 0.0, form)), scale * float(np.linalg.norm(blocks)))


def henrici(V: Matrix, relative: bool = False) -> float:
    """√(‖V‖_F² − Σ|λ|²), Henrici's departure from normality: the Frobenius norm of V's strictly triangular Schur part.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    relative : bool
        Whether to divide by ‖V‖_F.

    Returns
    -------
    float
        0 exactly for normal matrices. Relative: from 0 to 1, and 0 for V = 0.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix.

    Notes
    -----
    Summed from the parts of the Schur form (`departure_parts`), not from the difference, which cancels: for an
    orthogonal matrix of 100 units the difference leaves 10⁻⁷, and this some 10⁻¹⁴.

    References
    ----------
    Henrici (1962), Numerische Mathematik 4.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.henrici([[0.9, 0.0], [5.0, 0.8]])
    5.0
    >>> dynamics.henrici([[0.0, -1.0], [1.0, 0.0]])
    0.0
    """
    departure = math.hypot(*departure_parts(V))
    return departure / frobenius(form_of(V)) if relative and departure > 0 else departure
