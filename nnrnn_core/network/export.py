"""The recurrence in operations that every exporter knows: torch.export and ONNX see neither NumPy nor `matrix_exp`.

While torch.export traces a network, its layers come here. The loop is written out, a step after another, so that the
exported program holds for the time length of its example. V is a function of the parameters in it: ONNX runtimes
fold it into a constant when they load the program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..matrices import OrthogonalMatrix, RecurrentMatrix, SchurMatrix

if TYPE_CHECKING:
    from .layer import Layer

Plain = Callable[[Tensor], Tensor]

# nonlinearity -> φ in torch's own operations, given the bias; the names are those of `NONLINEARITIES`
PLAIN: dict[str, Callable[[Tensor | None], Plain]] = {
    "modrelu": lambda b: lambda x: torch.sign(x) * torch.relu(torch.abs(x) + b),
    "tanh": lambda _: torch.tanh,
    "relu": lambda _: torch.relu,
    "identity": lambda _: lambda x: x,
}

HALVINGS, TERMS = 10, 12  # the exponential below is exact to 1e-10 for ‖A‖ up to 500


def phi(layer: Layer) -> Plain:
    """The layer's φ."""
    return PLAIN[layer.nonlinearity](layer.bias)


def drive(layer: Layer, inputs: Tensor) -> Tensor:
    """U x_t + b at all times."""
    return torch.nn.functional.linear(inputs, layer.input_matrix(), layer.added_bias)


def matrix(V: RecurrentMatrix) -> Tensor:
    """V, an exponential in it by sums and products."""
    if isinstance(V, SchurMatrix):
        P = _orthogonal(V.orthogonal)
        return P @ V.schur_form() @ P.T
    return _orthogonal(V) if isinstance(V, OrthogonalMatrix) else V()


def unroll(drive: Tensor, V: Tensor, h0: Tensor, phi: Plain, tap: Tensor | None = None) -> Tensor:
    """`nnrnn_core.unroll` as a plain loop."""
    states, h = [], h0
    for t, now in enumerate(drive.unbind()):
        h = phi(h @ V.T + now)
        h = h if tap is None else h + tap[t]
        states.append(h)
    return torch.stack(states)


def _orthogonal(P: OrthogonalMatrix) -> Tensor:
    return P.base @ exponential(P.skew())


def exponential(A: Tensor) -> Tensor:
    """exp(A) = exp(A / 2^k)^(2^k), the inner one by its series; in float64, for each squaring doubles an error."""
    small = A.double() / 2**HALVINGS
    identity = torch.eye(len(A), dtype=small.dtype, device=A.device)
    power = identity
    for k in range(TERMS, 0, -1):  # Horner
        power = identity + small @ power / k
    for _ in range(HALVINGS):
        power = power @ power
    return power.to(A.dtype)
