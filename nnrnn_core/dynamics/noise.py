"""The covariance C = Σ_{j < duration} V^j (V^j)* of a state that unit noise has driven for so many steps, by doubling.

h_t = V h_{t−1} + ξ_t with ξ of unit variance; C_m is the covariance after m steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import TypeAlias

import numpy as np
from jaxtyping import Float64

from ..checks import whole_number
from .form import Matrix, SquareMatrix, as_form
from .spectrum import spectral_radius

Doubling: TypeAlias = tuple[SquareMatrix, tuple[SquareMatrix, ...], bool]


def activity(V: Matrix, duration: int | None = None) -> Float64[np.ndarray, " n"]:
    """√C_ii for every unit i, C = Σ_{j < duration} V^j (V^j)*: the standard deviation to which unit noise drives it.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    duration : int, at least 1, or None
        How many steps the noise has been running. None: for ever, which needs ρ(V) < 1.

    Returns
    -------
    ndarray, (n,)
        At least 1; NaN where it leaves float64.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, duration is out of range, or noise that runs for ever grows without
        bound.

    References
    ----------
    Ganguli, Huh & Sompolinsky (2008), PNAS 105.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> line = dynamics.gallery["delay_line"](size=4, alpha=1.0)
    >>> (dynamics.activity(line) ** 2).round(12)
    array([1., 2., 3., 4.])
    """
    P, form = as_form(V)
    with np.errstate(over="ignore", invalid="ignore"):
        C, _ = noise_covariance(form, noise_steps(V, form, duration))
        variance = np.einsum("ij,jk,ik->i", P, C, P, optimize=True).real
    return np.asarray(np.sqrt(np.where(np.isfinite(variance), variance, np.nan)))


def noise_steps(V: Matrix, form: SquareMatrix, duration: int | None) -> Iterator[Doubling]:
    """The doublings that lead to the duration; None is for ever. ValueError where C has no bound then."""
    if duration is not None:
        return doublings(form, whole_number("duration", duration, 1))
    radius = spectral_radius(V)
    if radius >= 1:
        raise ValueError(
            f"V has spectral radius {radius:.6g}, so noise that runs for ever grows without bound: "
            "give duration, the number of steps it runs (for a network, the length of its sequences)"
        )
    return squarings(form)


def noise_covariance(form: SquareMatrix, steps: Iterator[Doubling]) -> tuple[SquareMatrix, float]:
    """C, and the largest ‖V^m‖_F that was met on the way."""
    C, largest = np.eye(len(form)), 1.0
    for power, factors, odd in steps:
        largest = max(largest, float(np.linalg.norm(factors[0])))
        C = power @ (C + power @ power.conj().T if odd else C) @ power.conj().T + C
        if not power.any():  # and none of the powers to come adds anything
            break
    return C, largest


def noise_factor(form: SquareMatrix, steps: Iterator[Doubling]) -> tuple[SquareMatrix, Float64[np.ndarray, " n"]]:
    """Upper triangular R with R*R = C, and the size of what was added up in each row of C's factor R*.

    Rounding disturbs that row by 10⁻¹⁶ of this size, which exceeds the row's own norm where powers of V cancel.
    """
    R, reach = np.eye(len(form)), np.ones(len(form))
    for power, factors, odd in steps:
        size = np.linalg.norm(R, axis=0)
        for factor in reversed(factors):
            size = np.abs(factor) @ size
        R = _stacked((_stacked(power.conj().T, R) if odd else R) @ power.conj().T, R)
        reach = np.maximum(reach, np.maximum(size, np.linalg.norm(R, axis=0)))
        # C ≥ 1, so all terms to come are at most ‖V^2m‖² ‖C‖ of C in every direction
        if not np.linalg.norm(power) ** 2 * np.linalg.norm(R) > 1e-9:
            break
    return R, reach


def squarings(form: SquareMatrix) -> Iterator[Doubling]:
    """`doublings` for ever; 2⁶⁴ steps are that in float64."""
    power, factors = form, (form, np.eye(len(form)))
    for _ in range(64):
        yield power, factors, False
        factors, power = (power, power), power @ power


def doublings(form: SquareMatrix, duration: int) -> Iterator[Doubling]:
    """(V^m, its factors, odd) for m = 1 … by the duration's binary digits, highest first: m becomes 2m + odd.

    With W = V^m:  C_{2m} = C_m + W C_m W*  and  C_{2m+1} = C_m + W C_{m+1} W*,  C_{m+1} = C_m + W W*.
    """
    factors: tuple[SquareMatrix, ...] = (form,)
    for digit in f"{duration:b}"[1:]:
        odd = digit == "1"
        power = reduce(np.matmul, factors)
        yield power, factors, odd
        factors = (power, power, form) if odd else (power, power)


def _stacked(top: SquareMatrix, bottom: SquareMatrix) -> SquareMatrix:
    """Upper triangular R with R*R = top* top + bottom* bottom."""
    both = np.vstack([top, bottom])
    if not np.isfinite(both).all():
        return np.full_like(top, np.nan)
    return np.asarray(np.linalg.qr(both, mode="r"))
