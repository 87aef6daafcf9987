"""The answer of notebook 05."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from nnrnn_core import dynamics

from ..figures.numbers import fixed
from .verdict import Verdict, asked, first_match

HORIZON = 7


def memory_curve(function: Callable[[np.ndarray, np.ndarray, int], Any]) -> Verdict:
    """Whether `function(V, v, horizon)` is J(k) = (V^k v)ᵀ C⁻¹ V^k v, k = 0 … horizon, with C = V C Vᵀ + I."""
    for name, V, v in _cases():
        answer = asked(f"memory_curve of {name}", function, V.copy(), v.copy(), HORIZON)
        if isinstance(answer, Verdict):
            return answer
        try:
            curve = np.asarray(answer, float).squeeze()
        except (TypeError, ValueError):
            return Verdict(f"You returned {answer!r:.80}: return the {HORIZON + 1} numbers J(0) … J({HORIZON}).")
        right = dynamics.fisher_memory(V, v, HORIZON)
        if curve.shape != right.shape or not np.allclose(curve, right, rtol=1e-6, atol=1e-12):
            return Verdict(_diagnosis(curve, name, V, v, right))
    return Verdict("Right. On the delay line of alpha 1 it is 1/(k + 1): k + 1 units have added their noise.", True)


def _cases() -> list[tuple[str, np.ndarray, np.ndarray]]:
    draw = np.random.default_rng(0)
    v = draw.standard_normal(4)
    return [
        ("a random 4×4 matrix", draw.standard_normal((4, 4)) / 4, v / np.linalg.norm(v)),
        ("a delay line", dynamics.gallery["delay_line"](size=5, alpha=1.0), np.eye(5)[0]),
        ("a scaled rotation", dynamics.gallery["rotation"](size=4, gamma=0.9), np.eye(4)[1]),
    ]


def _diagnosis(curve: np.ndarray, name: str, V: np.ndarray, v: np.ndarray, right: np.ndarray) -> str:
    one = np.eye(len(v))
    C = _noise(V)
    trace = _trace(V, v, HORIZON)
    powers = np.stack([V**k @ v for k in range(HORIZON + 1)], axis=1)
    continuous = scipy.linalg.solve_continuous_lyapunov(V - one, -one)
    late = scipy.linalg.solve_discrete_lyapunov(V, V @ V.T)
    mistakes = [
        (right.sum(), "You returned their sum. Return the numbers J(0) … J(horizon), horizon + 1 of them."),
        (right[:-1], "The last one is missing: k runs from 0 to horizon, and horizon belongs to it."),
        (_curve(_trace(V, v, HORIZON + 1), C)[1:], "Yours begins at k = 1: J(0) = vᵀ C⁻¹ v comes first."),
        (right.cumsum(), "You added J(0) … J(k) up: return each by itself."),
        (np.sqrt(right), "The square root is too much: J(k) is the squared length, in units of the noise."),
        (_curve(trace, one), "That is the signal alone, ‖V^k v‖². Measure it in units of the noise: C⁻¹ goes in "
         "between."),
        (_curve(trace, np.linalg.inv(C)), "You multiplied by C. J(k) has C⁻¹ in the middle: np.linalg.solve(C, x)."),
        (_curve(trace, _noise(V.T)), "Your C belongs to Vᵀ. solve_discrete_lyapunov(V, Q) solves C = V C Vᵀ + Q for V "
         "as it is."),
        (_curve(_trace(V.T, v, HORIZON), C), "The trace of the input is V^k v; yours is (Vᵀ)^k v."),
        (_curve(powers, C), "V**k takes the power of every entry: np.linalg.matrix_power(V, k) is the matrix's."),
        (_curve(trace, continuous), "That C is of continuous time: take scipy.linalg.solve_discrete_lyapunov."),
        (_curve(trace, late), "C lacks the noise that has just come in: Q is the identity matrix, not V Vᵀ."),
        (_curve(trace, _noise(V, np.ones_like(V))), "Your C has + 1 where the identity matrix belongs. NumPy adds the "
         "1 to every entry, as if all units got the same noise: take np.eye(len(V))."),
        (_curve(trace, C - one + 1), "Your sum for C begins with the number 1, and NumPy adds it to every entry: begin "
         "with np.eye(len(V))."),
    ]  # fmt: skip
    if words := first_match(curve, mistakes, atol=1e-8):
        return words
    if curve.shape != right.shape:
        return f"You returned shape {curve.shape}: return J(0) … J(horizon), here {HORIZON + 1} numbers."
    first = int(np.flatnonzero(~np.isclose(curve, right, rtol=1e-6, atol=1e-12))[0])
    found = f"On {name} J({first}) should be {fixed(right[first], 4)}; yours is {fixed(curve[first], 4)}."
    return f"{found} Check C first: C = V C Vᵀ + I."


def _noise(V: np.ndarray, fresh: np.ndarray | None = None) -> np.ndarray:
    """C = V C Vᵀ + fresh, the covariance of the noise that comes in at every step; default the identity matrix."""
    return np.asarray(scipy.linalg.solve_discrete_lyapunov(V, np.eye(len(V)) if fresh is None else fresh))


def _trace(V: np.ndarray, v: np.ndarray, horizon: int) -> np.ndarray:
    """V^k v, k = 0 … horizon, as columns."""
    return np.stack([np.linalg.matrix_power(V, k) @ v for k in range(horizon + 1)], axis=1)


def _curve(trace: np.ndarray, C: np.ndarray) -> np.ndarray:
    """xᵀ C⁻¹ x of every column; NaN where C has no inverse."""
    try:
        return np.asarray((trace * np.linalg.solve(C, trace)).sum(axis=0))
    except np.linalg.LinAlgError:
        return np.full(trace.shape[1], np.nan)
