"""P = P₀ exp(A − Aᵀ): an orthogonal matrix that an ordinary optimiser may move."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn

from ..checks import whole
from ..device import full_precision
from ..recurrence.arrays import Array, fastest, library

Initialiser = Callable[[int, torch.Generator | None, torch.dtype], Tensor]


class OrthogonalMatrix(nn.Module):
    """P = P₀ exp(A − Aᵀ), with P₀ a saved orthogonal base and A strictly upper triangular (paper, section 2).

    size       n, the matrix is (n, n)
    init       P at the start, A = 0: "henaff", "cayley", "random", or a callable
               (size, generator, dtype) -> (n, n) orthogonal tensor
    generator  the source of randomness; None is torch's own

    `entries` holds the n(n − 1)/2 numbers of A. The gradient is autograd's, through `torch.matrix_exp`. Whoever
    calls `rebase` after each update may take the short gradient of `tangent_space` instead: they agree at A = 0.
    """

    base: Tensor
    places: Tensor
    mirrored: Tensor

    def __init__(
        self,
        size: int,
        init: str | Initialiser = "random",
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        whole("size", size, 1)
        dtype = dtype or torch.get_default_dtype()
        base = initialiser(init)(size, generator, dtype)
        if base.shape != (size, size):
            raise ValueError(f"init must return a ({size}, {size}) matrix; got {tuple(base.shape)}")
        defect = float((base.T @ base - torch.eye(size, dtype=base.dtype)).abs().max())
        if not defect <= 1e3 * size * torch.finfo(dtype).eps:
            raise ValueError(f"init must return an orthogonal matrix; PᵀP differs from the identity by {defect:.1e}")
        rows, columns = torch.triu_indices(size, size, 1, device=device)
        self.size = size
        self.register_buffer("base", base.to(device=device, dtype=dtype))
        self.register_buffer("places", rows * size + columns, persistent=False)
        self.register_buffer("mirrored", columns * size + rows, persistent=False)
        self.entries = nn.Parameter(torch.zeros(size * (size - 1) // 2, device=device, dtype=dtype))
        self.at_base = False

    def skew(self) -> Float[Tensor, "n n"]:
        """A − Aᵀ."""
        upper = self.entries.new_zeros(self.size**2).scatter(0, self.places, self.entries).view(self.size, self.size)
        return upper - upper.T

    def forward(self) -> Float[Tensor, "n n"]:
        with full_precision(self.base.device):  # in bfloat16 P is orthogonal only to 1e-3
            if self.at_base:
                P: Tensor = _AtBase.apply(self.entries, self.base, self.places, self.mirrored)  # type: ignore[no-untyped-call]
                return P
            return self.base @ torch.matrix_exp(self.skew())

    @torch.no_grad()
    @np.errstate(all="ignore")  # what overflows is inf, as with torch, and no warning
    def rebase(self, *, polish: bool = True) -> None:
        """P₀ ← P₀ exp(A − Aᵀ), A ← 0: P stays. polish: a Newton–Schulz step takes off the rounding of many updates."""
        base, entries = fastest([self.base, self.entries])
        places = self.places if isinstance(base, Tensor) else self.places.numpy()
        upper = library(base).zeros_like(base.reshape(-1))
        upper[places] = entries
        upper = upper.reshape(base.shape)
        P = _times_exponential(base, upper - upper.T)
        base[...] = 1.5 * P - 0.5 * (P @ (P.T @ P)) if polish else P
        entries[...] = 0

    def eigenvalues(self) -> Complex[Tensor, " n"]:
        """Those of the matrix itself; it is normal, so that `eigvals` is right to rounding."""
        values: Tensor = torch.linalg.eigvals(self().detach().cpu().double())
        return values

    def departure(self) -> float:
        """Henrici's departure from normality: 0, the matrix is orthogonal."""
        return 0.0


class _AtBase(torch.autograd.Function):
    """P₀ exp(A − Aᵀ) at A = 0: the value is P₀, the gradient that of P₀ (I + A − Aᵀ), with one product: for
    D = P₀ᵀ ∂L/∂P it is D − Dᵀ, above the diagonal."""

    @staticmethod
    def forward(entries: Tensor, base: Tensor, places: Tensor, mirrored: Tensor) -> Tensor:
        return base.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs[1:])

    @staticmethod
    def backward(ctx: Any, incoming: Tensor) -> Any:
        base, *places = ctx.saved_tensors
        return above_diagonal(base.T @ incoming, *places), None, None, None


def above_diagonal(D: Array, upper: Array, lower: Array) -> Array:
    """D − Dᵀ above the diagonal, in the order of `OrthogonalMatrix.entries`; lower: the places of the transpose."""
    take = library(D).take
    return take(D, upper) - take(D, lower)


def _times_exponential(base: Array, A: Array) -> Array:
    """base · exp(A): for an A as small as one update makes it by the series, until the next term is below rounding,
    which saves `matrix_exp` its search for a method and is more exact; else by `matrix_exp`."""
    size, eps = float(library(A).linalg.norm(A)), library(A).finfo(A.dtype).eps
    # by the root, for a power of a large size is out of range
    terms = next((d for d in range(1, 11) if size < (eps * math.factorial(d + 1)) ** (1 / (d + 1))), None)
    if terms is None:  # large, or not finite
        exponential = torch.matrix_exp(torch.as_tensor(A))
        return base @ (exponential if isinstance(A, Tensor) else exponential.numpy())
    product = base
    for k in range(terms, 0, -1):  # Horner
        product = product @ A
        if k > 1:
            product /= k
        product += base
    return product


@contextmanager
def tangent_space(module: nn.Module) -> Iterator[None]:
    """Inside, every OrthogonalMatrix of `module` gives P₀, with the gradient of P₀ exp(A − Aᵀ) at A = 0, which costs
    one matrix product. A matrix that is not at its base (other weights were loaded since the last update, say) is
    re-based first."""
    matrices = to_base(module.modules())
    for matrix in matrices:
        matrix.at_base = True
    try:
        yield
    finally:
        for matrix in matrices:
            matrix.at_base = False


def to_base(modules: Iterable[nn.Module]) -> list[OrthogonalMatrix]:
    """The orthogonal matrices among the modules, those that were not at their base re-based."""
    matrices = [m for m in modules if isinstance(m, OrthogonalMatrix)]
    for matrix in matrices:
        (entries,) = fastest([matrix.entries])
        if bool(entries.any()):
            matrix.rebase()
    return matrices


def uniform(count: int, low: float, high: float, generator: torch.Generator | None, dtype: torch.dtype) -> Tensor:
    """U(low, high), drawn where the generator lives, so that one seed gives one network on every device."""
    drawn = torch.rand(count, generator=generator, dtype=dtype, device=generator.device if generator else "cpu")
    return (low + (high - low) * drawn).cpu()


def _plane_rotations(angles: Tensor, size: int) -> Tensor:
    """exp of the skew matrix with [[0, s], [−s, 0]] on its diagonal; an odd last axis stays where it is."""
    skew = torch.zeros(size, size, dtype=angles.dtype)
    first = 2 * torch.arange(len(angles))
    skew[first, first + 1], skew[first + 1, first] = angles, -angles
    return torch.matrix_exp(skew)


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
