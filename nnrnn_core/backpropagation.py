"""Loss and gradient of a whole SequenceModel written out, on NumPy's arrays: autograd's numbers without its calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
import torch
from torch import Tensor, nn

from .matrices import FreeMatrix, OrthogonalMatrix, SchurMatrix
from .matrices.orthogonal import above_diagonal
from .matrices.schur import Places, at_base, at_base_back
from .network import NNRNN, ExpRNN, FreeRNN, RecurrentNetwork
from .recurrence.arrays import Array, memory, shareable
from .recurrence.passes import backward_pass, forward_pass
from .sequence_model import SequenceModel

Arrays: TypeAlias = dict[str, Array]
NETWORKS = (NNRNN, FreeRNN, ExpRNN)


def tensor_places(model: nn.Module) -> dict[str, tuple[dict[str, Any], str]]:
    """Where each parameter and buffer is found, as (dictionary, key), by its name in the model: `model.to` puts other
    tensors there."""
    return {
        f"{name}.{key}".lstrip("."): (tensors, key)
        for name, module in model.named_modules()
        for tensors in (module._parameters, module._buffers)
        for key, tensor in tensors.items()
        if tensor is not None
    }


@dataclass(frozen=True, eq=False)
class Pass:
    """One batch through the model and back.

    loss       of the task
    V          (n, n), as it was used
    outputs    (time, batch, outputs)
    states     (time, batch, n), h_t
    gradients  (time, batch, n), ∂L/∂h_t, all later effects included
    by_parameter  ∂(loss + δ‖γ − 1‖²)/∂ each parameter, by its name in the model
    """

    loss: float
    V: Tensor
    outputs: Tensor
    states: Tensor
    gradients: Tensor
    by_parameter: Arrays


class Backpropagation:
    """y_t = W h_t + c, h_t = φ(V h_{t−1} + U x_t + b), and back (paper, eqs 1 and 4).

    From ∂L/∂y_t, ℓ_t = Wᵀ ∂L/∂y_t and, with δ_t and g_t as in `unroll`:  ∂L/∂W = Σ ∂L/∂y_t h_tᵀ,  ∂L/∂U = Σ δ_t x_tᵀ,
    ∂L/∂b = Σ δ_t or the activation's own, and from ∂L/∂V the gradients of V's parameters, at P's base.

    A step of a lesson is some hundred calls for a few microseconds' work each. Here they are NumPy's, a third as long
    as torch's, on views of the parameters that are made once.
    """

    def __init__(self, model: SequenceModel) -> None:
        self.model = model
        self._modules = list(model.modules())
        self._own = (model.readout, model.recurrent, model.V)
        self._places = tensor_places(model)
        self._addresses: list[int] = []
        self._views: Arrays = {}

    def takes(self) -> bool:
        """Whether the model is one of the kit's on the CPU, and nothing (a hook, a frozen parameter, a subclass) would
        see or change what autograd does."""
        model = self.model
        if (model.readout, model.recurrent, model.V) != self._own or type(model) is not SequenceModel:
            return False
        if type(model.recurrent) not in NETWORKS or type(model.V) not in MATRICES:
            return False
        if type(model.readout) is not nn.Linear or model.readout.bias is None:
            return False
        if any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in self._modules):
            return False
        parameters = [p for module in self._modules for p in module._parameters.values() if p is not None]
        return all(p.requires_grad and not p._backward_hooks and shareable(p) for p in parameters)

    @np.errstate(all="ignore")  # what overflows is inf, as with torch, and no warning
    def run(
        self,
        inputs: Tensor,
        state: Tensor | None,
        noise: Tensor | None,
        loss_gradient: Callable[[Tensor], tuple[float, Tensor]],
        gamma_penalty: float = 0.0,
    ) -> Pass:
        """One batch.

        inputs         (time, batch, inputs), in the model's dtype, as all others
        state          (1, batch, n), what the sequences begin with; None is 0
        noise          (time, batch, n), added to U x_t, or None
        loss_gradient  from outputs (time, batch, outputs) to the loss and its derivative by them
        gamma_penalty  δ
        """
        views, shape, network = self._arrays(), inputs.shape[:2], cast(RecurrentNetwork, self.model.recurrent)
        x, W, activation = inputs.numpy().reshape(-1, inputs.shape[2]), views["readout.weight"], network.activation
        value, back = MATRICES[type(network.V)]
        V, S = value(views)
        U, norms = self._read_in(views)
        drive = np.dot(x, U.T, out=memory((len(x), len(U)), x.dtype))
        if network.added_bias is not None:
            drive += views["recurrent.bias"]
        if noise is not None:
            drive += noise.numpy().reshape(drive.shape)
        h0 = torch.from_numpy(np.zeros((shape[1], len(V)), V.dtype)) if state is None else state[0]
        matrix, drive = torch.from_numpy(V), torch.from_numpy(drive).view(*shape, -1)
        states, _ = forward_pass(drive, matrix, h0, activation.parameter, None, activation, overwrite=True)
        h = states.numpy().reshape(len(x), -1)
        y = np.dot(h, W.T)
        y += views["readout.bias"]
        outputs = torch.from_numpy(y).view(*shape, -1)

        loss, by_outputs = loss_gradient(outputs)
        dy = by_outputs.numpy().reshape(y.shape)
        found = {"readout.weight": np.dot(dy.T, h), "readout.bias": dy.sum(0)}
        incoming = torch.from_numpy(np.dot(dy, W, out=memory(h.shape, h.dtype))).view(states.shape)
        deltas, dV, by_activation, gradients = backward_pass(
            incoming, matrix, states, None, True, activation, overwrite=True
        )
        if state is not None:
            dV.addmm_(deltas[0].T, state[0])
        delta = deltas.numpy().reshape(h.shape)
        dU = np.dot(x.T, delta).T  # so, and not delta.T x, which takes half as long again
        found["recurrent.U"] = dU if norms is None else (dU - U * (U * dU).sum(0)) / norms
        if network.bias is not None:
            found["recurrent.bias"] = delta.sum(0) if by_activation is None else by_activation.numpy()
        found |= back(views, dV.numpy(), S)
        if gamma_penalty and isinstance(network.V, SchurMatrix):
            found["recurrent.V.gamma"] += 2 * gamma_penalty * (views["recurrent.V.gamma"] - 1)
        return Pass(loss, matrix, outputs, states, cast(Tensor, gradients), found)

    def _arrays(self) -> Arrays:
        """Views of all parameters and buffers by name; made anew where one lies elsewhere than it did."""
        tensors = [tensors[key] for tensors, key in self._places.values()]
        addresses = [tensor.data_ptr() for tensor in tensors]
        if addresses != self._addresses:
            self._views = {n: tensor.detach().numpy() for n, tensor in zip(self._places, tensors, strict=True)}
            self._addresses = addresses
        return self._views

    def _read_in(self, views: Arrays) -> tuple[Array, Array | None]:
        """U as the network uses it, and the norms its columns were divided by, if they were."""
        U = views["recurrent.U"]
        if not self.model.recurrent.unit_input:
            return U, None
        norms = np.sqrt((U * U).sum(0))
        return U / norms, norms


# --- V from its parameters, with what its gradient needs beside, and the gradients of the parameters from that of V


def _schur(views: Arrays) -> tuple[Array, Array]:
    names = ("orthogonal.base", "theta", "gamma", "T_entries", "scale")
    return at_base(_places(views), *(views[f"recurrent.V.{name}"] for name in names))


def _schur_back(views: Arrays, G: Array, S: Array) -> Arrays:
    names = ("orthogonal.base", "theta", "gamma", "scale")
    gradients = at_base_back(_places(views), G, S, *(views[f"recurrent.V.{name}"] for name in names))
    parameters = ("orthogonal.entries", "theta", "gamma", "T_entries")
    return {f"recurrent.V.{name}": gradient for name, gradient in zip(parameters, gradients, strict=True)}


def _places(views: Arrays) -> Places:
    """Those of `SchurMatrix.places`."""
    blocks, below = views["recurrent.V.blocks"], views["recurrent.V.below"]
    return blocks, below, views["recurrent.V.orthogonal.places"], views["recurrent.V.orthogonal.mirrored"]


def _orthogonal(views: Arrays) -> tuple[Array, None]:
    return views["recurrent.V.base"], None


def _orthogonal_back(views: Arrays, G: Array, _: None) -> Arrays:
    D = views["recurrent.V.base"].T @ G
    return {"recurrent.V.entries": above_diagonal(D, views["recurrent.V.places"], views["recurrent.V.mirrored"])}


def _free(views: Arrays) -> tuple[Array, None]:
    return views["recurrent.V.entries"], None


def _free_back(views: Arrays, G: Array, _: None) -> Arrays:
    return {"recurrent.V.entries": G}


# kind of V -> (from its parameters' arrays to V and what its gradient needs, from ∂L/∂V to its parameters' gradients)
MATRICES: dict[type, Any] = {
    SchurMatrix: (_schur, _schur_back),
    OrthogonalMatrix: (_orthogonal, _orthogonal_back),
    FreeMatrix: (_free, _free_back),
}
