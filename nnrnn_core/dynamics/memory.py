"""Fisher memory: what the state of a noisy linear network still knows of an input k steps ago.

h_t = V h_{t−1} + v u_t + ξ_t with ξ of unit variance. The Fisher information of h_t about u_{t−k}, all else known, is

    J(k) = (V^k v)ᵀ C⁻¹ V^k v,    C = Σ_{j < duration} V^j (V^j)ᵀ    (paper, section 3; Ganguli, Huh, Sompolinsky 2008).

For normal V with ρ < 1 and ‖v‖ = 1 the J(k) sum to 1, for any V of size n to at most n. With noise of variance ε they
are J(k)/ε.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.linalg
from jaxtyping import Float64
from numpy.typing import ArrayLike
from torch import Tensor

from .form import Matrix, RealMatrix, as_real, vector, whole
from .spectrum import spectral_radius

MemoryCurve = Float64[np.ndarray, " horizon+1"]
Columns = Float64[np.ndarray, "n horizon+1"]
LOST_DIGITS = 1e-3  # relative error of J(k) beyond which `estimate_memory` gives NaN


def fisher_memory(V: Matrix, source: Tensor | ArrayLike, horizon: int, duration: int | None = None) -> MemoryCurve:
    """J(k) for k = 0…horizon, unit noise; `source` is v, (n,). See the head of this file.

    duration   number of terms of C: how many steps the noise has been running. None: for ever, which needs ρ(V) < 1.

    C itself may be singular in float64 (condition 10²⁷ in the paper's Table 6), so only a factor is kept: C = RᵀR,
    doubled by the QR factorisation of the stacked [R (V^m)ᵀ; R], and J(k) = ‖R⁻ᵀ V^k v‖². There J(k) comes out to
    2·10⁻⁶ where V is given lower triangular or as a `SchurMatrix`; multiplied out with a dense P, a matrix like that
    has lost its memory to rounding, and no method finds it again.
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
        R = _stationary_factor(form)
    else:
        R = _finite_factor(form, whole(duration, 1, "duration"))
    if not (np.isfinite(R).all() and np.isfinite(trace).all()):
        raise ValueError("the powers of V leave float64: choose a smaller duration and horizon, or scale V down")
    return _squared_norms(scipy.linalg.solve_triangular(R, trace, trans="T"))


def _stationary_factor(form: RealMatrix) -> RealMatrix:
    power, R = form, np.eye(len(form))
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(64):  # ρ < 1 in float64: 2⁶⁴ steps are for ever
            R = _stacked(R @ power.T, R)
            power = power @ power
            # C ≥ 1, so the next terms are at most ‖V^m‖² ‖C‖ of C in every direction
            if not np.linalg.norm(power) * np.linalg.norm(R) > 1e-9:
                break
    return R


def _finite_factor(form: RealMatrix, duration: int) -> RealMatrix:
    R = np.eye(len(form))
    with np.errstate(over="ignore", invalid="ignore"):
        for power, odd in _doublings(form, duration):
            R = _stacked((_stacked(power.T, R) if odd else R) @ power.T, R)
    return R


def _doublings(form: RealMatrix, duration: int) -> Iterator[tuple[RealMatrix, bool]]:
    """(V^m, odd) for m = 1 … through the binary digits of the duration, highest first: m becomes 2m, or 2m + 1 if odd.

    With W = V^m:  C_{2m} = C_m + W C_m Wᵀ  and  C_{2m+1} = C_m + W C_{m+1} Wᵀ,  C_{m+1} = C_m + W Wᵀ.
    """
    digits = [digit == "1" for digit in f"{duration:b}"]
    power = form
    for before, odd in zip([None, *digits[1:]], digits[1:], strict=False):
        if before is not None:
            power = power @ power @ form if before else power @ power
        yield power, odd


def _stacked(top: RealMatrix, bottom: RealMatrix) -> RealMatrix:
    """Upper triangular R with RᵀR = topᵀ top + bottomᵀ bottom."""
    both = np.vstack([top, bottom])
    if not np.isfinite(both).all():
        return np.full_like(top, np.nan)
    return np.asarray(np.linalg.qr(both, mode="r"))


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

    Since C ≥ 1, the relative error is at most about n · 10⁻¹⁶ · ‖C‖; where that exceeds 10⁻³, or the factorisation
    fails, every value is NaN: then take `fisher_memory`.
    """
    P, form = as_real(V)
    n = len(form)
    v = vector(source, n, "source")
    trace = _responses(form, P.T @ v, whole(horizon, 0, "horizon"))
    C = np.eye(n)
    with np.errstate(over="ignore", invalid="ignore"):
        for power, odd in _doublings(form, whole(duration, 1, "duration")):
            C = power @ (C + power @ power.T if odd else C) @ power.T + C
        trusted = n * np.finfo(float).eps * np.trace(C) < LOST_DIGITS and np.isfinite(trace).all()
    if not trusted:
        return np.full(trace.shape[1], np.nan)
    try:
        factor = np.linalg.cholesky((C + C.T) / 2)
    except np.linalg.LinAlgError:
        return np.full(trace.shape[1], np.nan)
    return _squared_norms(scipy.linalg.solve_triangular(factor, trace, lower=True))
