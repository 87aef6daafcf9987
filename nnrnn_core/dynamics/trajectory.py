"""A driven network without torch: its states, and the slopes of φ from which its Jacobians are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from ..checks import number, one_of
from .form import Matrix, Numbers, array, dense, numpy_array, vector

States = Float64[np.ndarray, "steps n"]

# φ(x) and φ'(x) of the pre-activation x. `bias` is added to x, except for modReLU, whose threshold it is.
_PHI: dict[str, Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]] = {
    "identity": lambda x, b: (x + b, np.ones_like(x)),
    "tanh": lambda x, b: (h := np.tanh(x + b), 1 - h * h),
    "relu": lambda x, b: (h := np.maximum(x + b, 0), (h > 0).astype(float)),
    "modrelu": lambda x, b: (h := np.sign(x) * np.maximum(np.abs(x) + b, 0), (h != 0).astype(float)),
}


class Trajectory(NamedTuple):
    """What `trajectory` gives. J_t = ∂h_t/∂h_{t−1} is `slopes[t − 1][:, None] * V`.

    Attributes
    ----------
    states : ndarray, (steps + 1, n)
        h_0 … h_steps.
    slopes : ndarray, (steps, n)
        The diagonals of D_1 … D_steps: φ' at the pre-activations of h_1 … h_steps.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.trajectory([[0.5]], [[1.0], [0.0]], "relu").states[:, 0]
    array([0. , 1. , 0.5])
    """

    states: States
    slopes: States


def trajectory(
    V: Matrix, drive: Numbers, nonlinearity: str = "tanh", bias: float = 0.0, h_0: Numbers | None = None
) -> Trajectory:
    """h_t = φ(V h_{t−1} + u_t + b) for t = 1, 2, …, and the slopes φ' there.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Real and finite.
    drive : array_like or tensor, (steps, n)
        u_t: what comes in at step t, U x_t.
    nonlinearity : {"identity", "tanh", "relu", "modrelu"}
        φ.
    bias : float
        b, of every unit. With modReLU it is φ's own: φ(x) = sign(x) max(|x| + b, 0).
    h_0 : array_like or tensor, (n,), or None
        The state before the first step; None is zeros.

    Returns
    -------
    Trajectory

    Raises
    ------
    ValueError
        If an argument has another shape or is not finite, φ is unknown, or the states leave float64.

    Notes
    -----
    `jacobians` does the same for a network of the kit, which is torch's.

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> V = np.array([[0.0, -1.0], [1.0, 0.0]])
    >>> path = dynamics.trajectory(V, np.ones((3, 2)), "tanh")
    >>> J = path.slopes[:, :, None] * V
    >>> J.shape
    (3, 2, 2)
    """
    phi = _PHI[one_of("nonlinearity", nonlinearity, _PHI)]
    M = array(dense(V, "V"), "V")
    n = len(M)
    u = _rows(drive, n)
    states, slopes = np.zeros((len(u) + 1, n)), np.empty((len(u), n))
    if h_0 is not None:
        states[0] = vector(h_0, n, "h_0")
    b = np.full(n, number("bias", bias))
    for t in range(len(u)):
        with np.errstate(over="ignore", invalid="ignore"):
            states[t + 1], slopes[t] = phi(M @ states[t] + u[t], b)
        if not np.isfinite(states[t + 1]).all():
            raise ValueError(f"the states leave float64 at step {t + 1}: scale V down, or take tanh, which is bounded")
    return Trajectory(states, slopes)


def _rows(drive: Numbers, size: int) -> States:
    rows = numpy_array(drive)
    if rows.ndim != 2 or rows.shape[1] != size or rows.dtype.kind not in "biuf" or not np.isfinite(rows).all():
        raise ValueError(
            f"drive must be finite real numbers, (steps, {size}), as V has rows; its shape is {rows.shape}"
        )
    return rows.astype(float)
