"""What leaves the kit: a torch.nn.RNN, and the recurrence in operations that every exporter knows.

torch.export and ONNX see no NumPy, and ONNX has no `matrix_exp`. While torch.export traces a network, its layers come
here. The loop is written out, one step after another, so that the program holds for the time length of its example (as
that of torch.nn.RNN). V is computed from the parameters in it; ONNX runtimes fold that into a constant on loading.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import torch
from torch import Tensor

from ..matrices import OrthogonalMatrix, RecurrentMatrix, SchurMatrix

if TYPE_CHECKING:
    from .layer import Layer
    from .stack import RecurrentNetwork

Plain: TypeAlias = Callable[[Tensor], Tensor]
Run: TypeAlias = Callable[..., Tensor]  # drive (time, batch, n), h_0 (batch, n), tap or none -> states

# nonlinearity -> φ in torch's own operations, given the bias; the names are those of `NONLINEARITIES`
PLAIN: dict[str, Callable[[Tensor | None], Plain]] = {
    "modrelu": lambda b: lambda x: torch.sign(x) * torch.relu(torch.abs(x) + cast(Tensor, b)),
    "tanh": lambda _: torch.tanh,
    "relu": lambda _: torch.relu,
    "identity": lambda _: lambda x: x,
    "complex-modrelu": lambda b: lambda x: _complex_modrelu(x, cast(Tensor, b)),
}

HALVINGS, TERMS = 10, 12  # the exponential below is exact to 1e-10 for ‖A‖ up to 500


def _complex_modrelu(x: Tensor, b: Tensor) -> Tensor:
    pairs = x.unflatten(-1, (-1, 2))
    size = pairs.square().sum(-1, keepdim=True).sqrt().clamp(min=1e-30)
    return cast(Tensor, (pairs * torch.relu(1 + b[:, None] / size)).flatten(-2))


def written_out(layer: Layer, inputs: Tensor) -> tuple[Tensor, Run]:
    """The layer's drive, U x_t + b at all times, and its recurrence, a function of the drive, h_0 and the tap."""
    drive = torch.nn.functional.linear(inputs, layer.input_matrix(), layer.added_bias)
    V, phi = matrix(layer.V), PLAIN[layer.nonlinearity](layer.bias)

    def run(drive: Tensor, h: Tensor, tap: Tensor | None = None) -> Tensor:
        states = []
        for t, now in enumerate(drive.unbind()):
            h = phi(h @ V.T + now)
            h = h if tap is None else h + tap[t]
            states.append(h)
        return torch.stack(states)

    return drive, run


def matrix(V: RecurrentMatrix) -> Tensor:
    """V, an exponential in it by sums and products, in float64: each squaring doubles an error."""
    if isinstance(V, SchurMatrix):
        P = _orthogonal(V.orthogonal)
        return (P @ V.schur_form().double() @ P.T).to(V.scale.dtype)
    return _orthogonal(V).to(V.base.dtype) if isinstance(V, OrthogonalMatrix) else V()


def _orthogonal(P: OrthogonalMatrix) -> Tensor:
    return P.base.double() @ exponential(P.skew().double())


def exponential(A: Tensor) -> Tensor:
    """exp(A) = exp(A / 2^k)^(2^k), the inner one by its series."""
    small, identity = A / 2**HALVINGS, torch.eye(len(A), dtype=A.dtype, device=A.device)
    power = identity
    for k in range(TERMS, 0, -1):  # Horner
        power = identity + small @ power / k
    for _ in range(HALVINGS):
        power = power @ power
    return power


def to_torch(network: RecurrentNetwork) -> torch.nn.RNN:
    """See `RecurrentNetwork.to_torch`."""
    kinds = {layer.nonlinearity for layer in network.layers}
    if not (len(kinds) == 1 and kinds <= {"tanh", "relu"}):
        found = " and ".join(map(repr, sorted(kinds)))
        raise ValueError(
            f"to_torch needs the nonlinearity tanh or relu, which torch.nn.RNN has; got {found}: "
            "export the network itself (torch.export, torch.onnx.export with dynamo=True)"
        )
    U = network.layers[0].U
    names = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional")
    # what the layers do counts: the network's own attribute, as torch's, may be set to anything
    options: dict[str, Any] = {"nonlinearity": kinds.pop(), **{name: getattr(network, name) for name in names}}
    with warnings.catch_warnings():  # dropout with one layer: said when this network was made
        warnings.simplefilter("ignore")
        twin = torch.nn.RNN(**options, device=U.device, dtype=U.dtype)
    with torch.no_grad():
        for layer, (weight_ih, weight_hh, *biases) in zip(network.layers, twin.all_weights, strict=True):
            weight_ih.copy_(layer.input_matrix())
            weight_hh.copy_(layer.V())
            if layer.bias is not None:
                biases[0].copy_(layer.bias)
                biases[1].zero_()
    return twin.train(network.training)
