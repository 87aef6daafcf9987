"""modReLU on complex units, each a pair of real entries of the state: a φ whose derivative is not diagonal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .arrays import Array, library


class Pulling(ABC):
    """An activation of units that have several entries of the state each, so that φ' is a matrix for each unit.

    It has what `Activation` has, but its `slope` is an error, and `pull` is in its place.

    Attributes
    ----------
    width : int
        Entries of the state in a unit; its parameter is (n / width,).
    """

    width: int
    parameter: Tensor | None

    @staticmethod
    @abstractmethod
    def in_place(like: Array, parameter: Tensor | None) -> Callable[[Array], object]:
        """As that of `Activation`."""

    @staticmethod
    @abstractmethod
    def parameter_gradient(delta: Tensor, h: Tensor) -> Tensor | None:
        """As that of `Activation`."""

    @abstractmethod
    def pull(self, like: Array, parameter: Tensor | None) -> Callable[..., Array]:
        """A function (g, h, out=None) that gives φ'(x)ᵀ g from h = φ(x), for tensors or arrays as `like`. `out`, where
        it writes, may be h."""

    @staticmethod
    def slope(h: Tensor, out: Tensor) -> None:
        raise TypeError("the derivative of this activation is a matrix for each unit and no slope: take pull")


class ComplexModReLU(Pulling):
    """φ(z) = z/|z| max(|z| + b, 0), with the complex unit z = x_{2j} + i x_{2j+1}.

    Its derivative is 1 along z, and (|z| + b)/|z| across it: the phase stays, so that what is across z is scaled as z
    is. With u = h/|h| and s = |h|/(|h| − b), told from the value h alone,

        φ'ᵀ g = s g + (1 − s) u Re(ū g),    ∂h/∂b = u,    and 0 where h = 0.

    Parameters
    ----------
    bias
        b, (n/2,), one number a unit, of either sign.

    Notes
    -----
    Across a small z with b > 0 the derivative is as large as b/|z|. In z = 0 value and derivative are 0.

    References
    ----------
    Arjovsky, Shah and Bengio, Unitary evolution recurrent neural networks, ICML 2016, section 4; Jing et al., Tunable
    efficient unitary neural networks (EUNN) and their application to RNNs, ICML 2017.
    """

    width = 2

    def __init__(self, bias: Float[Tensor, " units"]) -> None:
        self.parameter = bias

    @staticmethod
    def in_place(like: Array, parameter: Tensor | None) -> Callable[[Array], object]:
        b, smallest = _of_kind(like, parameter), _smallest(like)

        def value_(x: Array) -> None:
            z = as_complex(x)
            size = abs(z)
            z *= (1 + b / size.clip(smallest, None)).clip(0, None)

        return value_

    def pull(self, like: Array, parameter: Tensor | None) -> Callable[..., Array]:
        b, smallest = _of_kind(like, parameter), _smallest(like)

        def pulled(g: Array, h: Array, out: Array | None = None) -> Array:
            z, arriving = as_complex(h), as_complex(g)
            size = abs(z)
            s = size / (size - b).clip(smallest, None)
            u = z / size.clip(smallest, None)
            radial = (u.conj() * arriving).real
            found = as_real(s * arriving + (1 - s) * radial * u)
            if out is None:
                return found
            out[...] = found
            return out

        return pulled

    @staticmethod
    def parameter_gradient(delta: Tensor, h: Tensor) -> Tensor | None:
        z, across = as_complex(h), as_complex(delta)
        size = abs(z).clip(_smallest(h), None)
        found: Tensor = ((z.conj() * across).real / size).sum(0)
        return found

    def derivative_times(self, h: Float[Tensor, " n"], V: Float[Tensor, "n n"]) -> Float[Tensor, "n n"]:
        """φ'(x) V, from h = φ(x); φ' is symmetric."""
        rows: Tensor = self.pull(V, self.parameter)(V.T.contiguous(), h.expand_as(V).contiguous())
        return rows.T


def as_complex(x: Array) -> Array:
    """(…, 2 m) real entries as (…, m) complex numbers, on the same memory."""
    if isinstance(x, Tensor):
        return torch.view_as_complex(x.unflatten(-1, (-1, 2)))
    return x.view(np.complex64 if x.dtype == np.float32 else np.complex128)


def as_real(z: Array) -> Array:
    """The other way."""
    if isinstance(z, Tensor):
        return torch.view_as_real(z).flatten(-2)
    return z.view(z.real.dtype)


def _of_kind(like: Array, parameter: Tensor | None) -> Array:
    if parameter is None:
        raise TypeError("ComplexModReLU needs its bias b, a tensor of shape (n/2,); got None")
    return parameter if isinstance(like, Tensor) else parameter.detach().numpy()


def _smallest(like: Array) -> float:
    """Below it |z| counts as so much: b/|z| stays finite, and 0 b/|z| = 0. In float32 it is 2e-31."""
    return float(library(like).finfo(like.dtype).tiny) * 2.0**24
