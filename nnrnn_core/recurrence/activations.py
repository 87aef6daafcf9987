"""The activations φ. Each tells its slope φ'(x) from its value h = φ(x), so that only the states need to be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .arrays import Array, empty_like, library
from .complex_modrelu import ComplexModReLU


@runtime_checkable
class Activation(Protocol):
    """What `unroll` asks of an elementwise φ. (One that is not elementwise is `Pulling`.)

    Attributes
    ----------
    parameter : Tensor or None
        A learnt tensor of φ, (n,).

    Methods
    -------
    in_place(like, parameter)
        A function x ← φ(x) for tensors or arrays of the shape and kind of `like`. It may keep scratch memory, so that
        nothing is allocated inside the loop.
    slope(h, out)
        out ← φ'(x), from h = φ(x).
    parameter_gradient(delta, h)
        Σ g · ∂h/∂parameter over the rows of δ = g · φ'(x), or None.
    """

    parameter: Tensor | None

    @staticmethod
    def in_place(like: Array, parameter: Tensor | None) -> Callable[[Array], object]: ...

    @staticmethod
    def slope(h: Tensor, out: Tensor) -> None: ...

    @staticmethod
    def parameter_gradient(delta: Tensor, h: Tensor) -> Tensor | None: ...


class _Plain:
    """An activation without a parameter."""

    parameter: Tensor | None = None

    @staticmethod
    def parameter_gradient(delta: Tensor, h: Tensor) -> Tensor | None:
        return None


class Identity(_Plain):
    """φ(x) = x: the linear network that theorems speak of."""

    @staticmethod
    def in_place(like: Array, parameter: Tensor | None) -> Callable[[Array], object]:
        return lambda x: x

    @staticmethod
    def slope(h: Tensor, out: Tensor) -> None:
        out.fill_(1)


class Tanh(_Plain):
    """φ(x) = tanh x, φ' = 1 − h²."""

    @staticmethod
    def in_place(like: Array, parameter: Tensor | None) -> Callable[[Array], object]:
        tanh = library(like).tanh
        return lambda x: tanh(x, out=x)

    @staticmethod
    def slope(h: Tensor, out: Tensor) -> None:
        torch.addcmul(h.new_ones(()), h, h, value=-1, out=out)  # one pass


class ReLU(_Plain):
    """φ(x) = max(x, 0), φ' = 1[h > 0]."""

    @staticmethod
    def in_place(like: Array, parameter: Tensor | None) -> Callable[[Array], object]:
        maximum, zero = library(like).maximum, library(like).zeros_like(like)
        return lambda x: maximum(x, zero, out=x)

    @staticmethod
    def slope(h: Tensor, out: Tensor) -> None:
        torch.gt(h, 0, out=out)


class ModReLU:
    """φ(x) = sign(x) max(|x| + b, 0), with slope φ' = 1[h ≠ 0] and ∂h/∂b = sign(h).

    Parameters
    ----------
    bias
        b, (n,), of either sign.

    Notes
    -----
    For b > 0 it jumps by 2b at x = 0; at x = 0 itself value and slope are 0, as torch's sign and relu give them. The
    jump is a line as steep as the dtype allows: it is over at |x| = b / max, in float32 3e-39 b.

    References
    ----------
    Arjovsky, Shah and Bengio, Unitary evolution recurrent neural networks, ICML 2016; the paper's section 2.
    """

    def __init__(self, bias: Float[Tensor, " n"]) -> None:
        self.parameter: Tensor | None = bias

    @staticmethod
    def in_place(like: Array, parameter: Tensor | None) -> Callable[[Array], object]:
        if parameter is None:
            raise TypeError("ModReLU needs its bias b, a tensor of shape (n,); got None")
        xp = library(like)
        b = xp.empty_like(like)
        b[...] = parameter if isinstance(like, Tensor) else parameter.detach().numpy()
        # x − clip(x, −|b|, |b|) where b ≤ 0, and x − clip(−∞ x, −|b|, |b|) where b > 0: x ± b, and 0 at x = 0.
        # Operands of one shape: NumPy takes three times as long over one that it has to broadcast.
        steep, high, shift = xp.ones_like(like), xp.absolute(b), xp.empty_like(like)
        steep[b > 0] = -xp.finfo(like.dtype).max
        low = -high

        def value_(x: Array) -> None:
            xp.multiply(x, steep, out=shift)
            if xp is torch:
                torch.clamp(shift, low, high, out=shift)
            else:
                np.maximum(shift, low, out=shift)
                np.minimum(shift, high, out=shift)
            xp.subtract(x, shift, out=x)

        return value_

    @staticmethod
    def slope(h: Tensor, out: Tensor) -> None:
        torch.ne(h, 0, out=out)

    @staticmethod
    def parameter_gradient(delta: Tensor, h: Tensor) -> Tensor | None:
        return torch.sign(h, out=empty_like(h)).mul_(delta).sum(0)


identity, tanh, relu = Identity(), Tanh(), ReLU()


def _own(name: str, kind: Callable[[Tensor], Activation]) -> Callable[[Tensor | None], Activation]:
    def made(bias: Tensor | None) -> Activation:
        if bias is None:
            raise ValueError(f"nonlinearity {name!r} has its b in the bias, which bias=False leaves out; take another")
        return kind(bias)

    return made


# What a network's `nonlinearity` may be: name -> the activation for the network's bias.
NONLINEARITIES: dict[str, Callable[[Tensor | None], Activation]] = {
    "modrelu": _own("modrelu", ModReLU),
    "tanh": lambda _: tanh,
    "relu": lambda _: relu,
    "identity": lambda _: identity,
    "complex-modrelu": _own("complex-modrelu", ComplexModReLU),
}
# Those that have the bias as a parameter of their own, and the entries of the state for each of its numbers.
WITH_OWN_BIAS = {"modrelu": 1, "complex-modrelu": ComplexModReLU.width}
