"""x' = A x: the propagator e^{tA}, and how large it becomes before the spectral abscissa decides."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import scipy.linalg
from jaxtyping import Float64

from ..checks import number
from .form import Matrix, Numbers, SquareMatrix, as_form, form_of, frobenius, numpy_array, vector

Times = Float64[np.ndarray, " times"]
EXACT = 2.0**53  # whole numbers below it are held, added and multiplied without rounding
MOST_POWERS = 64  # rows of a matrix all of whose powers are kept
SPACING = 8 * np.finfo(float).eps  # relative to the last time: what rounding does to equally spaced ones


def exponential_growth(A: Matrix, times: Numbers) -> Times:
    """‖e^{tA}‖₂ at times t ≥ 0: the growth of the direction that grows most, `transient_growth` in continuous time.

    Parameters
    ----------
    A : array_like, tensor or SchurMatrix, (n, n)
        Of x' = A x, finite, real or complex.
    times : array_like or tensor, (times,)
        Finite, at least 0. Times that increase by equal steps cost one exponential and a product each, others an
        exponential each.

    Returns
    -------
    ndarray, (times,)
        e^{αt} for normal A (α the spectral abscissa); the slope at t = 0 is the numerical abscissa. ∞ where e^{tA}
        leaves float64.

    Raises
    ------
    ValueError
        If A is not a finite, square matrix, times are out of range, or t A leaves float64.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, sections 14 and 15.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.exponential_growth([[-1.0, 0.0], [10.0, -1.0]], [0, 1, 2]).round(3)
    array([1.   , 3.715, 2.713])
    """
    return np.array([_spectral_norm(E) for E in _exponentials(A, times)], dtype=float)


def typical_exponential_growth(A: Matrix, times: Numbers) -> Times:
    """‖e^{tA}‖_F / √n at times t ≥ 0: the root mean square of ‖e^{tA} x‖ over random unit x.

    Parameters
    ----------
    A : array_like, tensor or SchurMatrix, (n, n)
        Of x' = A x, finite, real or complex.
    times : array_like or tensor, (times,)
        Finite, at least 0. Times that increase by equal steps cost one exponential and a product each, others an
        exponential each.

    Returns
    -------
    ndarray, (times,)
        At most `exponential_growth`. ∞ where e^{tA} leaves float64.

    Raises
    ------
    ValueError
        If A is not a finite, square matrix, times are out of range, or t A leaves float64.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.typical_exponential_growth([[-1.0, 0.0], [10.0, -1.0]], [0, 1, 2]).round(3)
    array([1.   , 2.627, 1.919])
    """
    return np.array([frobenius(E) / math.sqrt(len(E)) for E in _exponentials(A, times)], dtype=float)


def propagator(A: Matrix, t: float) -> SquareMatrix:
    """e^{tA}: what x' = A x does to a state in the time t.

    Parameters
    ----------
    A : array_like, tensor or SchurMatrix, (n, n)
        Of x' = A x, finite, real or complex.
    t : float
        Finite; may be negative.

    Returns
    -------
    ndarray, (n, n)
        In A's own basis. Every entry is ∞ where e^{tA} leaves float64.

    Raises
    ------
    ValueError
        If A is not a finite, square matrix, t is not finite, or t A leaves float64.

    Notes
    -----
    P e^{t form} Pᵀ with the form of `as_form`, which does not go through A's dense entries, by scaling and squaring.

    References
    ----------
    Al-Mohy & Higham (2009), SIAM Journal on Matrix Analysis and Applications 31.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.propagator([[0.0, 0.0], [5.0, 0.0]], 2.0)
    array([[ 1.,  0.],
           [10.,  1.]])
    """
    P, form = as_form(A)
    E = exponential(form, number("t", t))
    return P @ E @ P.T if np.isfinite(E).all() else E


def exponential(form: SquareMatrix, t: float) -> SquareMatrix:
    """e^{t form}; every entry ∞ where one of them leaves float64. ValueError where t · form itself does."""
    return _whole(form, nilpotent_powers(form), t)


def _whole(form: SquareMatrix, powers: tuple[float, list[SquareMatrix]] | None, t: float) -> SquareMatrix:
    """`exponential`, with what `nilpotent_powers` gives. Scaling and squaring squares what rounding did, which is
    hopeless where powers of A are huge, and then 0: with A⁵ = 0 e^{tA} is a polynomial of degree 4."""
    with np.errstate(all="ignore"):
        exponent = t * form
        if not np.isfinite(exponent).all():
            raise ValueError(f"t A leaves float64 at t = {t:g}: choose smaller times, or scale A down")
        if powers is None:
            E: SquareMatrix = scipy.linalg.expm(exponent)
        else:
            shift, known = powers
            E = np.exp(t * shift) * sum(np.float64(t) ** k / math.factorial(k) * M for k, M in enumerate(known))
    return E if np.isfinite(E).all() else np.full_like(form, np.inf)


def nilpotent_powers(form: SquareMatrix) -> tuple[float, list[SquareMatrix]] | None:
    """(c, [I, N, N², …]) for form = cI + N where a power of N is 0 and none was rounded: a proof, in whole numbers."""
    if len(form) > MOST_POWERS:
        return None
    shift = float(np.trace(form).real) / len(form)
    N = form - shift * np.eye(len(form))
    size = float(np.abs(N).max())
    if not (size < EXACT and np.array_equal(N, np.round(N)) and np.array_equal(N + shift * np.eye(len(form)), form)):
        return None
    powers = [np.eye(len(form)), N]
    while powers[-1].any():
        if len(powers) > len(form) or (np.abs(powers[-1]) @ np.abs(N)).max() >= EXACT / 4:
            return None
        powers.append(powers[-1] @ N)
    return shift, powers[:-1]


def _exponentials(A: Matrix, times: Numbers) -> Iterator[SquareMatrix]:
    """e^{t form} at each of the times; with an infinite or NaN entry where it leaves float64."""
    form, ts = form_of(A), _checked(times)
    step = (ts[-1] - ts[0]) / (len(ts) - 1) if len(ts) > 2 else 0.0
    even = ts[0] + step * np.arange(len(ts)) if len(ts) else ts
    # a negative step would need e^{−tA}, which can be far larger than e^{tA}
    powers = nilpotent_powers(form)
    if powers is not None or step <= 0 or np.abs(ts - even).max() > SPACING * ts[-1]:
        yield from (_whole(form, powers, float(t)) for t in ts)
        return
    E, once = exponential(form, float(ts[0])), exponential(form, float(step))
    for i in range(len(ts)):
        if i:
            with np.errstate(over="ignore", invalid="ignore"):
                E = E @ once
        yield E


def _spectral_norm(E: SquareMatrix) -> float:
    """By LAPACK, which scales where squares would leave float64; ∞ where the entries have left it."""
    return float(scipy.linalg.norm(E, 2)) if np.isfinite(E).all() else math.inf


def _checked(times: Numbers) -> Times:
    shape = numpy_array(times).shape
    if len(shape) != 1:
        raise ValueError(f"times must be a list of numbers; its shape is {tuple(shape)}")
    ts = vector(times, shape[0], "times")
    if (ts < 0).any():
        raise ValueError(f"times must be at least 0; got {ts.min():g}")
    return ts
