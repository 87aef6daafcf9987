"""φ and its slope, each slope in terms of the value h = φ(x), so that nothing but the states need be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor


@runtime_checkable
class Activation(Protocol):
    """An elementwise φ, for `unroll`.

    parameter                 a learnt tensor of φ, shape (n,), or None
    value_(x, parameter)      x ← φ(x), in place
    pull_back(g, h, out)      out ← g · φ'(x), the slope told from h = φ(x); g and h stay
    parameter_gradient(δ, h)  Σ g · ∂h/∂parameter over the rows of δ = g · φ'(x), or None
    """

    parameter: Tensor | None

    @staticmethod
    def value_(x: Tensor, parameter: Tensor | None) -> None: ...

    @staticmethod
    def pull_back(gradient: Tensor, h: Tensor, out: Tensor) -> None: ...

    @staticmethod
    def parameter_gradient(delta: Tensor, h: Tensor) -> Tensor | None: ...


class _Plain:
    """An activation without a parameter."""

    parameter: Tensor | None = None

    @staticmethod
    def parameter_gradient(delta: Tensor, h: Tensor) -> Tensor | None:
        return None


class Identity(_Plain):
    """φ(x) = x: the linear network of the theorems."""

    @staticmethod
    def value_(x: Tensor, parameter: Tensor | None) -> None:
        pass

    @staticmethod
    def pull_back(gradient: Tensor, h: Tensor, out: Tensor) -> None:
        out.copy_(gradient)


class Tanh(_Plain):
    """φ(x) = tanh x, φ' = 1 − h²."""

    @staticmethod
    def value_(x: Tensor, parameter: Tensor | None) -> None:
        x.tanh_()

    @staticmethod
    def pull_back(gradient: Tensor, h: Tensor, out: Tensor) -> None:
        torch.ops.aten.tanh_backward.grad_input(gradient, h, grad_input=out)


class ReLU(_Plain):
    """φ(x) = max(x, 0), φ' = 1[h > 0]."""

    @staticmethod
    def value_(x: Tensor, parameter: Tensor | None) -> None:
        x.relu_()

    @staticmethod
    def pull_back(gradient: Tensor, h: Tensor, out: Tensor) -> None:
        torch.ops.aten.threshold_backward.grad_input(gradient, h, 0, grad_input=out)


class ModReLU:
    """φ(x) = sign(x) max(|x| + b, 0), φ' = 1[h ≠ 0], ∂h/∂b = sign(h) (paper, section 2; Arjovsky et al. 2016).

    For b > 0 it jumps by 2b at x = 0; at x = 0 itself value and slope are 0, as torch's sign and relu give them.
    """

    def __init__(self, bias: Float[Tensor, " n"]) -> None:
        self.parameter: Tensor | None = bias

    @staticmethod
    def value_(x: Tensor, parameter: Tensor | None) -> None:
        if parameter is None:
            raise TypeError("ModReLU needs its bias b, a tensor of shape (n,); got None")
        magnitude = x.abs().add_(parameter).relu_()
        x.sign_().mul_(magnitude)

    @staticmethod
    def pull_back(gradient: Tensor, h: Tensor, out: Tensor) -> None:
        torch.ops.aten.threshold_backward.grad_input(gradient, h.abs(), 0, grad_input=out)

    @staticmethod
    def parameter_gradient(delta: Tensor, h: Tensor) -> Tensor | None:
        return (h.sign() * delta).sum(0)


identity, tanh, relu = Identity(), Tanh(), ReLU()


def _modrelu(bias: Tensor | None) -> Activation:
    if bias is None:
        raise ValueError("nonlinearity 'modrelu' has its b in the bias, which bias=False leaves out; take another")
    return ModReLU(bias)


# What a network's `nonlinearity` may be: name -> the activation, given the network's bias.
NONLINEARITIES: dict[str, Callable[[Tensor | None], Activation]] = {
    "modrelu": _modrelu,
    "tanh": lambda _: tanh,
    "relu": lambda _: relu,
    "identity": lambda _: identity,
}
