"""P = P₀ exp(A − Aᵀ): an orthogonal matrix that an ordinary optimiser may move."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn

from ..checks import whole_number
from ..device import full_precision, on_cpu
from .exponential import skew_exponential

Initialiser = Callable[[int, torch.Generator | None, torch.dtype], Tensor]


class OrthogonalMatrix(nn.Module):
    """P = P₀ exp(A − Aᵀ), with P₀ orthogonal and A strictly upper triangular.

    Parameters
    ----------
    size
        n >= 1; P is (n, n).
    init
        P at the start, where A = 0: "henaff", "cayley", "random", or a function (size, generator, dtype) that returns
        an orthogonal (size, size) tensor.
    generator
        Source of randomness; None is torch's own.
    device, dtype
        As for a torch.nn module.

    Attributes
    ----------
    entries : torch.nn.Parameter
        The n(n − 1)/2 numbers of A above its diagonal, row by row.
    base : torch.Tensor
        P₀, a buffer.

    Raises
    ------
    ValueError
        If `size` is out of range, `init` is unknown, or what it returns is not orthogonal.

    Notes
    -----
    The gradient is that of `skew_exponential`, at any A. In half precision P is computed in float32.

    References
    ----------
    Kerg et al., Non-normal Recurrent Neural Network (nnRNN), NeurIPS 2019, section 2. Lezcano-Casado and
    Martínez-Rubio, Cheap orthogonal constraints in neural networks, ICML 2019.

    Examples
    --------
    >>> P = OrthogonalMatrix(4)()
    >>> torch.allclose(P.T @ P, torch.eye(4), atol=1e-6)
    True
    """

    base: Tensor

    def __init__(
        self,
        size: int,
        init: str | Initialiser = "random",
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.size = whole_number("size", size, 1)
        dtype = dtype or torch.get_default_dtype()
        device = device or torch.get_default_device()
        precise = at_least_float32(dtype)
        with on_cpu():
            base = initialiser(init)(size, generator, precise)
            _check_orthogonal(base, size, precise)
        self.register_buffer("base", base.to(device=device, dtype=dtype))
        self.entries = nn.Parameter(torch.zeros(size * (size - 1) // 2, device=device, dtype=dtype))

    def skew(self) -> Float[Tensor, "n n"]:
        """A − Aᵀ."""
        above = torch.ones_like(self.base, dtype=torch.bool).triu(1)
        A = torch.zeros_like(self.base).masked_scatter(above, self.entries)
        return A - A.mT

    def precise(self) -> Float[Tensor, "n n"]:
        """P in float32 or better."""
        dtype = at_least_float32(self.base.dtype)
        return self.base.to(dtype) @ skew_exponential(self.skew().to(dtype))

    def forward(self) -> Float[Tensor, "n n"]:
        with full_precision(self.base.device):  # in bfloat16 P is orthogonal only to 1e-3
            return self.precise().to(self.base.dtype)

    @torch.no_grad()
    def rebase(self, *, polish: bool = True) -> None:
        """P₀ ← P₀ exp(A − Aᵀ), A ← 0: P stays as it is.

        Parameters
        ----------
        polish
            A Newton–Schulz step, P ← P (3 I − Pᵀ P)/2, takes off the rounding that many updates add up. Now and then is
            enough.
        """
        with full_precision(self.base.device):
            P = self.precise()
            self.base.copy_(1.5 * P - 0.5 * (P @ (P.mT @ P)) if polish else P)
            self.entries.zero_()

    @torch.no_grad()
    def eigenvalues(self) -> Complex[Tensor, " n"]:
        """The n eigenvalues, by `torch.linalg.eigvals` in float64: P is normal, so they are right to rounding."""
        values: Tensor = torch.linalg.eigvals(self.precise().cpu().double())
        return values

    def departure(self) -> float:
        """Henrici's departure from normality: 0, for P is orthogonal."""
        return 0.0

    def extra_repr(self) -> str:
        return f"size={self.size}"


def at_least_float32(dtype: torch.dtype) -> torch.dtype:
    """The precision that P is computed in: that of the parameters, but not half precision."""
    return dtype if torch.finfo(dtype).bits >= 32 else torch.float32


def uniform(count: int, low: float, high: float, generator: torch.Generator | None, dtype: torch.dtype) -> Tensor:
    """U(low, high) on the CPU, drawn where the generator lives, so that one seed gives one network on every device."""
    source = generator.device if generator else "cpu"
    drawn = torch.rand(count, generator=generator, dtype=at_least_float32(dtype), device=source)
    return (low + (high - low) * drawn).cpu()


def check_drawn(found: Any, size: int) -> None:
    """ValueError unless an initialiser, which may be anybody's, has returned a matrix of this size."""
    if not isinstance(found, Tensor) or found.shape != (size, size):
        what = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(f"init must return a ({size}, {size}) matrix, a tensor; got {what}")


def _check_orthogonal(base: Tensor, size: int, dtype: torch.dtype) -> None:
    check_drawn(base, size)
    defect = float((base.mT @ base - torch.eye(size, dtype=base.dtype)).abs().max())
    if not defect <= 1e3 * size * torch.finfo(dtype).eps:
        raise ValueError(f"init must return an orthogonal matrix; PᵀP differs from the identity by {defect:.1e}")


def _plane_rotations(angles: Tensor, size: int) -> Tensor:
    """Rotations of the coordinate planes (0, 1), (2, 3), …: blocks [[cos s, sin s], [−sin s, cos s]] on the diagonal.

    Where the size is odd, the last axis stays where it is.
    """
    rotations = torch.eye(size, dtype=angles.dtype)
    first, cosine, sine = 2 * torch.arange(len(angles)), angles.cos(), angles.sin()
    rotations[first, first], rotations[first, first + 1] = cosine, sine
    rotations[first + 1, first], rotations[first + 1, first + 1] = -sine, cosine
    return rotations


def henaff(size: int, generator: torch.Generator | None, dtype: torch.dtype) -> Tensor:
    """Rotations of the coordinate planes by s ~ U(−π, 0) (Henaff et al. 2016; paper, A.4)."""
    return _plane_rotations(uniform(size // 2, -math.pi, 0, generator, dtype), size)


def cayley(size: int, generator: torch.Generator | None, dtype: torch.dtype) -> Tensor:
    """Rotations by s = −tan(u/2), u ~ U(0, π/2): near the identity (Helfrich et al. 2018; paper, A.4)."""
    return _plane_rotations(-torch.tan(uniform(size // 2, 0, math.pi / 2, generator, dtype) / 2), size)


def random(size: int, generator: torch.Generator | None, dtype: torch.dtype) -> Tensor:
    """Uniform on the rotations: Q of a Gaussian matrix, with R's diagonal made positive and det Q = 1."""
    source = generator.device if generator else "cpu"
    gaussian = torch.randn(size, size, generator=generator, dtype=dtype, device=source)
    Q, R = torch.linalg.qr(gaussian.cpu())
    Q = Q * R.diagonal().sign()
    if torch.linalg.det(Q) < 0:
        Q[:, 0] = -Q[:, 0]
    rotation: Tensor = Q
    return rotation


INITIALISERS: dict[str, Initialiser] = {"henaff": henaff, "cayley": cayley, "random": random}


def initialiser(init: str | Initialiser) -> Initialiser:
    """The initialiser of that name; an unknown name lists the names."""
    if callable(init):
        return init
    if init not in INITIALISERS:
        raise ValueError(f"init must be one of {', '.join(INITIALISERS)} or a callable; got {init!r}")
    return INITIALISERS[init]
