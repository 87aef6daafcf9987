"""Lyapunov exponents: the mean rates at which a product of Jacobians stretches, one for each direction.

For a trajectory of a network the Jacobians are J_t = ∂h_t/∂h_{t−1} = diag(φ'_t) V; their product is the gradient that
travels back through time. Exponents near 0 keep it (Vogt et al. 2022; Engelken, Wolf, Abbott 2023).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64

from ..checks import whole_number
from .form import Matrix, Numbers, RealMatrix, TensorLike, array, matrices, no_grad, numpy_array

Exponents = Float64[np.ndarray, " count"]


@runtime_checkable
class OneLayer(Protocol):
    """What `jacobians` asks of a network: one layer in one direction, whose `activation` has a `slope`."""

    def __call__(self, input: Any, hx: Any = None) -> Any: ...

    def V(self) -> Any: ...


def lyapunov_exponents(jacobians: Numbers | Iterable[Matrix], count: int | None = None, warmup: int = 0) -> Exponents:
    """λ_i = (1/T) Σ_t log |R_t,ii|, where J_t Q_{t−1} = Q_t R_t by QR.

    Parameters
    ----------
    jacobians : array_like or tensor, (steps, n, n), or iterable of matrices
        J_1, J_2, …, such as `jacobians` gives or `itertools.repeat(V, steps)`.
    count : int, from 1 to n, or None
        How many exponents; None is n.
    warmup : int, at least 0
        First steps that only turn Q_t towards the directions that stretch; T counts those after them.

    Returns
    -------
    ndarray, (count,)
        The largest exponents, in decreasing order, in natural logarithms for each step. −∞ for a direction that is
        lost: one that a step shrinks to n 2⁻⁵² of its largest entry, where rounding begins.

    Raises
    ------
    ValueError
        If no steps are left after the warm-up, the matrices differ in size or are not finite and square, or count
        or warmup is out of range.

    Notes
    -----
    All n sum to the mean of log |det J_t|, whatever T. For J_t = V they tend to log |λ(V)| as 1/T, and no longer see
    its transients. The frame Q_0 is random, from a fixed seed.

    References
    ----------
    Benettin et al. (1980), Meccanica 15; Vogt et al. (2022), Frontiers in Applied Mathematics and Statistics 8.

    Examples
    --------
    >>> import itertools
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> steps = itertools.repeat(np.diag([0.5, 2.0]), 100)
    >>> np.exp(dynamics.lyapunov_exponents(steps, warmup=50)).round(6)
    array([2. , 0.5])
    """
    skip = whole_number("warmup", warmup, 0)
    Q, sums, steps = np.empty((0, 0)), np.empty(0), 0
    for steps, J in enumerate(matrices(jacobians), start=1):
        if steps == 1:
            Q = starting_frame(len(J), count)
            sums = np.zeros(Q.shape[1])
        if len(J) != len(Q):
            raise ValueError(f"jacobians must be of one size; the first has {len(Q)} rows, number {steps} has {len(J)}")
        scale = float(np.abs(J).max()) or 1.0  # so that no product leaves float64
        Q, R = np.linalg.qr(J / scale @ Q)
        rank = directions_kept(R, len(J))
        Q, sums[rank:] = Q[:, :rank], -np.inf
        if steps > skip:
            sums[:rank] += np.log(scale) + np.log(np.abs(np.diag(R)[:rank]))
    if steps <= skip:
        raise ValueError(f"jacobians must hold more steps than the warm-up of {skip}; got {steps}")
    return np.sort(sums / (steps - skip))[::-1].copy()


def jacobians(network: OneLayer, input: TensorLike, h_0: TensorLike | None = None) -> Iterator[RealMatrix]:
    """J_t = ∂h_t/∂h_{t−1} = diag(φ'(V h_{t−1} + U x_t + b)) V for t = 1, 2, …, one at a time.

    Parameters
    ----------
    network : NNRNN, or another network of the kit with one layer in one direction
        Not changed.
    input : tensor, (time, input_size)
        One trajectory, unbatched.
    h_0 : tensor, (1, n), or None
        The state before it; None is zeros.

    Yields
    ------
    ndarray, (n, n)
        J_t.

    Raises
    ------
    ValueError
        If input is not one sequence, or does not fit the network.

    References
    ----------
    Kerg et al. (2019), section 2; Vogt et al. (2022), Frontiers in Applied Mathematics and Statistics 8.

    Examples
    --------
    >>> import torch
    >>> from nnrnn_core import NNRNN, dynamics
    >>> network = NNRNN(1, 4, nonlinearity="identity")
    >>> [J.shape for J in dynamics.jacobians(network, torch.zeros(2, 1))]
    [(4, 4), (4, 4)]
    """
    shape = tuple(input.shape)
    if len(shape) != 2:
        raise ValueError(f"input must be one sequence, (time, input_size); got {shape}")
    with no_grad():
        states, _ = network(input, h_0)
        activation, matrix = network.activation, network.V()  # type: ignore[attr-defined]
        if hasattr(activation, "derivative_times"):  # of units with several entries of the state each
            return (numpy_array(activation.derivative_times(h, matrix)) for h in states)
        slopes = states.clone()
        activation.slope(states, slopes)
        V = array(matrix, "V")
    return (slope[:, None] * V for slope in numpy_array(slopes))


def directions_kept(R: np.ndarray, size: int) -> int:
    """How many columns of a frame in general position a step keeps, whose matrix has 1 as its largest entry: those
    before the first that is no longer told from rounding. It is R of the QR decomposition of what it makes of them."""
    gone = np.flatnonzero(np.abs(np.diag(R)) <= size * np.finfo(float).eps)
    return int(gone[0]) if len(gone) else len(R)


def starting_frame(size: int, count: int | None) -> Float64[np.ndarray, "n count"]:
    """Orthonormal columns in general position: from the identity, a diagonal J would never show its largest rates."""
    columns = size if count is None else whole_number("count", count, 1)
    if columns > size:
        raise ValueError(f"count must be at most the {size} units; got {columns}")
    Q: np.ndarray = np.linalg.qr(np.random.default_rng(0).standard_normal((size, columns)))[0]
    return Q
