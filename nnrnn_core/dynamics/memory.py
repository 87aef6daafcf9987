"""Fisher memory: what the state of a noisy linear network still knows of an input k steps ago.

h_t = V h_{t−1} + v u_t + ξ_t with ξ of unit variance. The Fisher information of h_t about u_{t−k}, all else known, is

    J(k) = (V^k v)* C⁻¹ V^k v,    C = Σ_{j < duration} V^j (V^j)*    (paper, section 3; Ganguli, Huh, Sompolinsky 2008).

For normal V with ρ < 1 and ‖v‖ = 1 the J(k) sum to 1, for any V of size n to at most n. With noise of variance ε they
are J(k)/ε.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from jaxtyping import Complex128, Float64

from ..checks import whole_number
from .form import Matrix, Numbers, SquareMatrix, any_vector, as_form, numpy_array
from .noise import doublings, noise_covariance, noise_factor, noise_steps

MemoryCurve = Float64[np.ndarray, " steps"]
Columns = Float64[np.ndarray, "n steps"] | Complex128[np.ndarray, "n steps"]
Vector = Float64[np.ndarray, " n"] | Complex128[np.ndarray, " n"]
ROUNDING_LIMIT = 1e-4  # relative error of J(k) beyond which `fisher_memory` is an error
LOST_DIGITS = 1e-3  # relative error of J(k) beyond which `estimate_memory` gives NaN


def fisher_memory(V: Matrix, source: Numbers, horizon: int, duration: int | None = None) -> MemoryCurve:
    """J(k) = (V^k v)* C⁻¹ V^k v with C = Σ_{j < duration} V^j (V^j)*, for k = 0…horizon.

    The Fisher information of the state of h_t = V h_{t−1} + v u_t + ξ_t about the input k steps ago, for noise ξ of
    unit variance.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    source : array_like or tensor, (n,)
        v, the direction in which the input enters.
    horizon : int, at least 0
        The last k.
    duration : int, at least 1, or None
        Number of terms of C: how many steps the noise has been running. None: for ever, which needs ρ(V) < 1.

    Returns
    -------
    ndarray, (horizon + 1,)
        At least 0. For normal V with ρ < 1 and ‖v‖ = 1 all J(k) sum to 1, for any V to at most n.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, source does not fit it, horizon or duration is out of range, noise
        that runs for ever grows without bound, powers of V leave float64, or rounding may disturb J(k) by more than
        10⁻⁴, relatively.

    Notes
    -----
    C itself may be singular in float64 (condition 10²⁷ in the paper's Table 6), so only a factor is kept: C = R*R,
    doubled by the QR factorisation of the stacked [R (V^m)*; R], and J(k) = ‖R⁻* V^k v‖². What counts then is the
    condition of R with its columns scaled to norm 1, not that of C: J(k) comes out to 2·10⁻⁶ in Table 6, where V is
    lower triangular (or a `SchurMatrix`). Multiplied out with a dense P the same matrix has lost its memory to
    rounding.

    References
    ----------
    Ganguli, Huh & Sompolinsky (2008), PNAS 105; Kerg et al. (2019), section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> line = dynamics.gallery["delay_line"](size=4, alpha=1.0)
    >>> dynamics.fisher_memory(line, np.eye(4)[0], 4).round(3)
    array([1.   , 0.5  , 0.333, 0.25 , 0.   ])
    """
    P, form = as_form(V)
    v = any_vector(source, len(form), "source")
    trace = _responses(form, P.T @ v, whole_number("horizon", horizon, 0))
    R = _noise_factor(V, form, duration)
    _check_leaves_float64(trace)
    return _squared_norms(_whitened(R, trace))


def mean_memory(V: Matrix, horizon: int, duration: int | None = None, inputs: Numbers | None = None) -> MemoryCurve:
    """J̄(k) = tr((V^k U)* C⁻¹ V^k U) / ‖U‖_F²: the Fisher memory J(k) of several inputs, or of every direction.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    horizon : int, at least 0
        The last k.
    duration : int, at least 1, or None
        As for `fisher_memory`.
    inputs : array_like or tensor, (n, m), or None
        U, finite and not 0: a column for the direction of each input. None: all directions alike, U = 1.

    Returns
    -------
    ndarray, (horizon + 1,)
        The mean of J(k) over the columns of U, each scaled to norm 1 and weighted with its squared norm. For normal V
        with ρ < 1 all J̄(k) sum to 1.

    Raises
    ------
    ValueError
        As for `fisher_memory`, and if the inputs do not fit V or are 0.

    Notes
    -----
    Over all directions the J̄(k), k < duration, sum to 1 for every V: Σ_k V^k (V^k)* is C itself, and tr(C⁻¹ C)/n = 1.
    What a non-normal V has more of in some directions it has less of in others.

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> V = dynamics.gallery["delay_line"](size=4, alpha=1.0)
    >>> dynamics.mean_memory(V, 3, 10, np.eye(4)[:, :1]).round(3)  # into the first unit
    array([1.   , 0.5  , 0.333, 0.25 ])
    >>> float(dynamics.mean_memory(V, 9, 10).sum().round(12))  # over all units
    1.0
    """
    P, form = as_form(V)
    columns = P.T if inputs is None else P.T @ _columns(inputs, len(form))
    R, weight, found = _noise_factor(V, form, duration), float(np.linalg.norm(columns)) ** 2, []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(whole_number("horizon", horizon, 0) + 1):
            _check_leaves_float64(columns)
            found.append(float(_squared_norms(_whitened(R, columns)).sum()) / weight)
            columns = form @ columns
    return np.array(found)


def _columns(inputs: Numbers, size: int) -> Columns:
    found = numpy_array(inputs)
    if found.ndim != 2 or len(found) != size or not np.isfinite(found).all() or not found.any():
        raise ValueError(
            f"inputs must be finite, not 0, with {size} rows, as V has, and a column for each input; "
            f"its shape is {found.shape}"
        )
    return found.astype(complex if np.iscomplexobj(found) else float)


def _noise_factor(V: Matrix, form: SquareMatrix, duration: int | None) -> SquareMatrix:
    """Upper triangular R with R*R = C, precise enough for J(k). ValueError otherwise."""
    with np.errstate(over="ignore", invalid="ignore"):
        R, reach = noise_factor(form, noise_steps(V, form, duration))
    _check_leaves_float64(R, reach)
    if np.finfo(float).eps * np.linalg.norm(_whitened(R, np.diag(reach))) > ROUNDING_LIMIT:
        raise ValueError(
            "V amplifies so much that its dense entries no longer determine J(k) in float64: give V as a SchurMatrix "
            "or in lower triangular form (the source in the same basis), or choose a smaller duration"
        )
    return R


def _check_leaves_float64(*arrays: np.ndarray) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError("the powers of V leave float64: choose a smaller duration and horizon, or scale V down")


def _whitened(R: SquareMatrix, columns: Columns) -> Columns:
    """R⁻* x for every column x: in units of the noise."""
    return np.asarray(scipy.linalg.solve_triangular(R, columns, trans="C"))


def _responses(form: SquareMatrix, v: Vector, horizon: int) -> Columns:
    """The columns V^k v, k = 0…horizon: known ones times V^m give the next m."""
    columns, power = v[:, None], form
    with np.errstate(over="ignore", invalid="ignore"):
        while columns.shape[1] <= horizon:
            columns = np.hstack([columns, power @ columns])
            power = power @ power
    return np.ascontiguousarray(columns[:, : horizon + 1])


def _squared_norms(columns: Columns) -> MemoryCurve:
    return np.asarray((columns * columns.conj()).real.sum(axis=0))


def estimate_memory(V: Matrix, source: Numbers, horizon: int, duration: int) -> MemoryCurve:
    """J(k) = (V^k v)* C⁻¹ V^k v as `fisher_memory` gives it, fast enough for a live view, or NaN.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    source : array_like or tensor, (n,)
        v, the direction in which the input enters.
    horizon : int, at least 0
        The last k.
    duration : int, at least 1
        How many steps the noise has been running.

    Returns
    -------
    ndarray, (horizon + 1,)
        To 10⁻³, relatively; all NaN where that cannot be promised: then take `fisher_memory`.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, source does not fit it, or horizon or duration is out of range.

    Notes
    -----
    C itself and its Cholesky factor, some 30 matrix products. Since C ≥ 1, the relative error is at most about
    n · 10⁻¹⁶ · (‖C‖ + max ‖V^m‖² √‖C‖).

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> line = dynamics.gallery["delay_line"](size=4, alpha=1.0)
    >>> dynamics.estimate_memory(line, np.eye(4)[0], 4, duration=10).round(3)
    array([1.   , 0.5  , 0.333, 0.25 , 0.   ])
    """
    P, form = as_form(V)
    n = len(form)
    v = any_vector(source, n, "source")
    trace = _responses(form, P.T @ v, whole_number("horizon", horizon, 0))
    with np.errstate(over="ignore", invalid="ignore"):
        C, largest = noise_covariance(form, doublings(form, whole_number("duration", duration, 1)))
        lost = n * np.finfo(float).eps * (np.trace(C) + largest**2 * np.sqrt(np.trace(C)))
        trusted = lost < LOST_DIGITS and np.isfinite(trace).all()
    if not trusted:
        return np.full(trace.shape[1], np.nan)
    try:
        factor = np.linalg.cholesky((C + C.conj().T) / 2)
    except np.linalg.LinAlgError:
        return np.full(trace.shape[1], np.nan)
    return _squared_norms(scipy.linalg.solve_triangular(factor, trace, lower=True))
