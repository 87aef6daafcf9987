"""Lyapunov exponents: the mean rates at which a product of Jacobians stretches, one a direction.

For a trajectory of a network the Jacobians are J_t = ∂h_t/∂h_{t−1} = diag(φ'_t) V; their product is the gradient that
travels back through time. Exponents near 0 keep it (Vogt et al. 2022; Engelken, Wolf, Abbott 2023).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import ArrayLike

from .form import Matrix, RealMatrix, array, as_real, whole

if TYPE_CHECKING:  # the networks take as long to import as all the rest
    from ..network import RecurrentNetwork

Exponents = Float64[np.ndarray, " count"]


def lyapunov_exponents(
    jacobians: torch.Tensor | ArrayLike | Iterable[Matrix], count: int | None = None, warmup: int = 0
) -> Exponents:
    """λ_i = (1/T) Σ_t log |R_t,ii|, where J_t Q_{t−1} = Q_t R_t by QR: the `count` largest, in decreasing order, per
    step, in natural logarithms (Benettin et al. 1980).

    jacobians  J_1, J_2, …: (steps, n, n), or an iterable of matrices: `jacobians`, `itertools.repeat(V, steps)`
    count      how many, 1…n; None is n
    warmup     first steps that only turn Q_t towards the directions that stretch; T counts those after them

    All n sum to the mean of log |det J_t|, whatever T. For J_t = V they tend to log |λ(V)| as 1/T, and no longer see
    its transients. −∞ for a direction that is lost, but where rounding leaves 10⁻¹⁶ of it. The frame starts at random,
    from a fixed seed. Errors: no steps after the warm-up; matrices of different sizes; `array`.
    """
    skip = whole(warmup, 0, "warmup")
    Q, sums, steps = np.empty((0, 0)), np.empty(0), 0
    for steps, given in enumerate(_each(jacobians), start=1):
        J = _dense(given)
        if steps == 1:
            Q = _start(len(J), count)
            sums = np.zeros(Q.shape[1])
        if len(J) != len(Q):
            raise ValueError(f"jacobians must be of one size; the first has {len(Q)} rows, number {steps} has {len(J)}")
        scale = float(np.abs(J).max()) or 1.0  # so that no product leaves float64
        Q, R = np.linalg.qr(J / scale @ Q)
        if steps > skip:
            with np.errstate(divide="ignore"):
                sums += np.log(scale) + np.log(np.abs(np.diag(R)))
    if steps <= skip:
        raise ValueError(f"jacobians must hold more steps than the warm-up of {skip}; got {steps}")
    return np.sort(sums / (steps - skip))[::-1].copy()


@torch.no_grad()
def jacobians(network: RecurrentNetwork, input: torch.Tensor, h_0: torch.Tensor | None = None) -> Iterator[RealMatrix]:
    """J_t = ∂h_t/∂h_{t−1} = diag(φ'(V h_{t−1} + U x_t + b)) V, (n, n), for t = 1, 2, …, one at a time.

    input (time, input_size) and h_0 (1, n), zeros if None: one trajectory, unbatched. Errors: those of the network.
    """
    if input.dim() != 2:
        raise ValueError(f"input must be one sequence, (time, input_size); got {tuple(input.shape)}")
    states, _ = network(input, h_0)
    slopes = torch.empty_like(states)
    network.activation.slope(states, slopes)
    V = array(network.V(), "V")
    return (slope[:, None] * V for slope in slopes.cpu().double().numpy())


def _each(jacobians: torch.Tensor | ArrayLike | Iterable[Matrix]) -> Iterator[Matrix]:
    if isinstance(jacobians, torch.Tensor | np.ndarray) and jacobians.ndim != 3:
        raise ValueError(f"jacobians must be (steps, n, n); its shape is {tuple(jacobians.shape)}")
    if not isinstance(jacobians, Iterable):
        raise ValueError(f"jacobians must be (steps, n, n) or an iterable of matrices; got {type(jacobians).__name__}")
    return iter(jacobians)


def _dense(J: Matrix) -> RealMatrix:
    if not isinstance(J, torch.nn.Module):
        return array(J, "a Jacobian")
    P, form = as_real(J)
    dense: RealMatrix = P @ form @ P.T
    return dense


def _start(size: int, count: int | None) -> Float64[np.ndarray, "n count"]:
    """Orthonormal columns in general position: from the identity, a diagonal J would never show its largest rates."""
    columns = size if count is None else whole(count, 1, "count")
    if columns > size:
        raise ValueError(f"count must be at most the {size} units; got {columns}")
    Q: np.ndarray = np.linalg.qr(np.random.default_rng(0).standard_normal((size, columns)))[0]
    return Q
