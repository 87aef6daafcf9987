"""Fisher memory: what the state of a noisy linear network still knows of an input k steps ago.

h_t = V h_{t−1} + v u_t + ξ_t with ξ of unit variance. The Fisher information of h_t about u_{t−k}, all else known, is

    J(k) = (V^k v)ᵀ C⁻¹ V^k v,    C = Σ_{j < duration} V^j (V^j)ᵀ    (paper, section 3; Ganguli, Huh, Sompolinsky 2008).

For normal V with ρ < 1 and ‖v‖ = 1 the J(k) sum to 1, for any V of size n to at most n. With noise of variance ε they
are J(k)/ε.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import TypeAlias

import numpy as np
import scipy.linalg
from jaxtyping import Float64
from numpy.typing import ArrayLike
from torch import Tensor

from .form import Matrix, RealMatrix, as_real, vector, whole
from .spectrum import spectral_radius

MemoryCurve = Float64[np.ndarray, " steps"]
Columns = Float64[np.ndarray, "n steps"]
Doubling: TypeAlias = tuple[RealMatrix, tuple[RealMatrix, ...], bool]
ROUNDING_LIMIT = 1e-4  # relative error of J(k) beyond which `fisher_memory` is an error
LOST_DIGITS = 1e-3  # relative error of J(k) beyond which `estimate_memory` gives NaN


def fisher_memory(V: Matrix, source: Tensor | ArrayLike, horizon: int, duration: int | None = None) -> MemoryCurve:
    """J(k) for k = 0…horizon, unit noise; `source` is v, (n,). See the head of this file.

    duration   number of terms of C: how many steps the noise has been running. None: for ever, which needs ρ(V) < 1.

    C itself may be singular in float64 (condition 10²⁷ in the paper's Table 6), so only a factor is kept: C = RᵀR,
    doubled by the QR factorisation of the stacked [R (V^m)ᵀ; R], and J(k) = ‖R⁻ᵀ V^k v‖². What counts then is the
    condition of R with its columns scaled to norm 1, not that of C: J(k) comes out to 2·10⁻⁶ in Table 6, where V is
    lower triangular (or a `SchurMatrix`). Multiplied out with a dense P the same matrix has lost its memory to
    rounding: where the relative error may exceed 10⁻⁴, ValueError.
    """
    P, form = as_real(V)
    v = vector(source, len(form), "source")
    trace = _responses(form, P.T @ v, whole(horizon, 0, "horizon"))
    if duration is None:
        radius = spectral_radius(V)
        if radius >= 1:
            raise ValueError(
                f"V has spectral radius {radius:.6g}, so noise that runs for ever grows without bound: "
                "give duration, the number of steps it runs (for a network, the length of its sequences)"
            )
        doublings: Iterator[Doubling] = _squarings(form)
    else:
        doublings = _doublings(form, whole(duration, 1, "duration"))
    with np.errstate(over="ignore", invalid="ignore"):
        R, reach = _noise_factor(form, doublings)
    if not (np.isfinite(R).all() and np.isfinite(reach).all() and np.isfinite(trace).all()):
        raise ValueError("the powers of V leave float64: choose a smaller duration and horizon, or scale V down")
    if np.finfo(float).eps * np.linalg.norm(_whitened(R, np.diag(reach))) > ROUNDING_LIMIT:
        raise ValueError(
            "V amplifies so much that its dense entries no longer determine J(k) in float64: give V as a SchurMatrix "
            "or in lower triangular form (the source in the same basis), or choose a smaller duration"
        )
    return _squared_norms(_whitened(R, trace))


def _noise_factor(form: RealMatrix, doublings: Iterator[Doubling]) -> tuple[RealMatrix, Float64[np.ndarray, " n"]]:
    """Upper triangular R with RᵀR = C, and the size of what was added up in each row of C's factor Rᵀ.

    Rounding disturbs that row by 10⁻¹⁶ of this size, which exceeds the row's own norm where powers of V cancel.
    """
    R, reach = np.eye(len(form)), np.ones(len(form))
    for power, factors, odd in doublings:
        size = np.linalg.norm(R, axis=0)
        for factor in reversed(factors):
            size = np.abs(factor) @ size
        R = _stacked((_stacked(power.T, R) if odd else R) @ power.T, R)
        reach = np.maximum(reach, np.maximum(size, np.linalg.norm(R, axis=0)))
        # C ≥ 1, so all terms to come are at most ‖V^2m‖² ‖C‖ of C in every direction
        if not np.linalg.norm(power) ** 2 * np.linalg.norm(R) > 1e-9:
            break
    return R, reach


def _squarings(form: RealMatrix) -> Iterator[Doubling]:
    """`_doublings` for ever; 2⁶⁴ steps are that in float64."""
    power, factors = form, (form, np.eye(len(form)))
    for _ in range(64):
        yield power, factors, False
        factors, power = (power, power), power @ power


def _doublings(form: RealMatrix, duration: int) -> Iterator[Doubling]:
    """(V^m, its factors, odd) for m = 1 … by the duration's binary digits, highest first: m becomes 2m + odd.

    With W = V^m:  C_{2m} = C_m + W C_m Wᵀ  and  C_{2m+1} = C_m + W C_{m+1} Wᵀ,  C_{m+1} = C_m + W Wᵀ.
    """
    factors: tuple[RealMatrix, ...] = (form,)
    for digit in f"{duration:b}"[1:]:
        odd = digit == "1"
        power = reduce(np.matmul, factors)
        yield power, factors, odd
        factors = (power, power, form) if odd else (power, power)


def _stacked(top: RealMatrix, bottom: RealMatrix) -> RealMatrix:
    """Upper triangular R with RᵀR = topᵀ top + bottomᵀ bottom."""
    both = np.vstack([top, bottom])
    if not np.isfinite(both).all():
        return np.full_like(top, np.nan)
    return np.asarray(np.linalg.qr(both, mode="r"))


def _whitened(R: RealMatrix, columns: Columns) -> Columns:
    """R⁻ᵀ x for every column x: in units of the noise."""
    return np.asarray(scipy.linalg.solve_triangular(R, columns, trans="T"))


def _responses(form: RealMatrix, v: Float64[np.ndarray, " n"], horizon: int) -> Columns:
    """The columns V^k v, k = 0…horizon: known ones times V^m give the next m."""
    columns, power = v[:, None], form
    with np.errstate(over="ignore", invalid="ignore"):
        while columns.shape[1] <= horizon:
            columns = np.hstack([columns, power @ columns])
            power = power @ power
    return np.ascontiguousarray(columns[:, : horizon + 1])


def _squared_norms(columns: Columns) -> MemoryCurve:
    return np.asarray((columns * columns).sum(axis=0))


def estimate_memory(V: Matrix, source: Tensor | ArrayLike, horizon: int, duration: int) -> MemoryCurve:
    """J(k) as `fisher_memory` gives it, for a live view: C itself and its Cholesky factor, some 30 matrix products.

    Since C ≥ 1, the relative error is at most about n · 10⁻¹⁶ · (‖C‖ + max ‖V^m‖² √‖C‖); where that exceeds 10⁻³, or
    the factorisation fails, every value is NaN: then take `fisher_memory`.
    """
    P, form = as_real(V)
    n = len(form)
    v = vector(source, n, "source")
    trace = _responses(form, P.T @ v, whole(horizon, 0, "horizon"))
    C, largest = np.eye(n), 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        for power, factors, odd in _doublings(form, whole(duration, 1, "duration")):
            largest = max(largest, float(np.linalg.norm(factors[0])))
            C = power @ (C + power @ power.T if odd else C) @ power.T + C
        lost = n * np.finfo(float).eps * (np.trace(C) + largest**2 * np.sqrt(np.trace(C)))
        trusted = lost < LOST_DIGITS and np.isfinite(trace).all()
    if not trusted:
        return np.full(trace.shape[1], np.nan)
    try:
        factor = np.linalg.cholesky((C + C.T) / 2)
    except np.linalg.LinAlgError:
        return np.full(trace.shape[1], np.nan)
    return _squared_norms(scipy.linalg.solve_triangular(factor, trace, lower=True))
