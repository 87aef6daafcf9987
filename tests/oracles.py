"""Slow, obvious or exact ways to what the kit computes fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import jaxtyping
import numpy as np
import torch

Activate = Callable[[torch.Tensor], torch.Tensor]


def exact_fisher_memory(V: np.ndarray, source: np.ndarray, horizon: int, duration: int, bits: int = 200) -> np.ndarray:
    """J(k) = (V^k v)ᵀ C⁻¹ V^k v, C = Σ_{j < duration} V^j (V^j)ᵀ, in integers with `bits` digits after the point.

    Binary digits. Exact to far below float64 while the condition of C is below 2^(bits/2).
    """

    def fixed(x: np.ndarray) -> np.ndarray:
        ratios = (float(value).as_integer_ratio() for value in np.ravel(x))
        return np.array([(p << bits) // q for p, q in ratios], object).reshape(np.shape(x))

    def times(A: np.ndarray, B: np.ndarray) -> np.ndarray:
        return (A @ B) >> bits

    one, V = fixed(np.eye(len(V))), fixed(V)
    power, C = V, one
    for digit in f"{duration:b}"[1:]:
        C, power = times(times(power, C), power.T) + C, times(power, power)
        if digit == "1":
            C, power = times(times(V, C), V.T) + one, times(V, power)
    trace = [fixed(source)]
    for _ in range(horizon):
        trace.append(times(V, trace[-1]))
    X, J = np.stack(trace, axis=1), np.zeros(horizon + 1, object)
    for i in range(len(V)):  # C = L D Lᵀ by elimination; the same steps solve L y = x, and J = Σ y² / D
        J = J + X[i] ** 2 // C[i, i]
        ratio = (C[i + 1 :, i] << bits) // C[i, i]
        X[i + 1 :] = X[i + 1 :] - (np.outer(ratio, X[i]) >> bits)
        C[i + 1 :, i + 1 :] = C[i + 1 :, i + 1 :] - (np.outer(ratio, C[i, i + 1 :]) >> bits)
    return np.array([float(int(value) / 2**bits) for value in J])


def direct_growth(V: np.ndarray, horizon: int) -> np.ndarray:
    """‖V^k‖₂ for k = 0…horizon, by a singular value decomposition of every power."""
    return np.array([np.linalg.norm(np.linalg.matrix_power(V, k), 2) for k in range(horizon + 1)])


def direct_levels(V: np.ndarray, z: np.ndarray) -> np.ndarray:
    """σ_min(zI − V) by a singular value decomposition at every point."""
    return np.linalg.svd(np.asarray(z)[..., None, None] * np.eye(len(V)) - V, compute_uv=False)[..., -1]


def table6_matrix(alpha: float, beta: float, d: float, size: int = 100) -> np.ndarray:
    """The paper's matrix of section 3: d on the diagonal, alpha below it, beta everywhere further down."""
    ones = np.ones((size, size))
    return d * np.eye(size) + alpha * np.eye(size, k=-1) + beta * np.tril(ones, -2)


def naive_unroll(
    drive: torch.Tensor, V: torch.Tensor, h0: torch.Tensor, phi: Activate, tap: torch.Tensor | None = None
) -> torch.Tensor:
    """h_t = φ(V h_{t−1} + drive_t) + tap_t, a plain loop that autograd sees through."""
    states, h = [], h0
    for t, now in enumerate(drive):
        h = phi(h @ V.T + now)
        h = h if tap is None else h + tap[t]
        states.append(h)
    return torch.stack(states)


def modrelu(bias: torch.Tensor) -> Activate:
    """φ(x) = sign(x) max(|x| + b, 0), by autograd."""
    return lambda x: x.sign() * torch.relu(x.abs() + bias)


def complex_modrelu(bias: torch.Tensor) -> Activate:
    """φ(z) = z/|z| max(|z| + b, 0) on pairs (x_{2j}, x_{2j+1}), by autograd; 0 at 0."""

    def phi(x: torch.Tensor) -> torch.Tensor:
        z = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
        size = torch.where(z == 0, 1, z).abs()
        h = torch.where(z == 0, 0, z / size * torch.relu(size + bias))
        return torch.view_as_real(h).flatten(-2)

    return phi


@contextmanager
def as_installed() -> Iterator[None]:
    """Inside, the shapes in signatures go unchecked, as on a user's machine: what is refused is refused by the kit."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", before)
