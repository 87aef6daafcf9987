"""V = P (Λ + s T) Pᵀ: the recurrent matrix of the nnRNN, held in its Schur form."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Complex, Float, Int
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ..checks import whole
from ..device import full_precision
from ..recurrence.arrays import Array, library
from .orthogonal import Initialiser, OrthogonalMatrix, above_diagonal, uniform

MASKS = ("block", "entry")
Places: TypeAlias = tuple[Array, Array, Array, Array]  # see `SchurMatrix.places`


class SchurMatrix(nn.Module):
    """V = P (Λ + s T) Pᵀ (paper, section 2 and eq. 4), for column vectors: h_t = V h_{t−1}.

    P orthogonal, P₀ exp(A − Aᵀ). Λ has n/2 blocks γ [[cos θ, −sin θ], [sin θ, cos θ]] on its diagonal. T is strictly
    below those blocks, so that the eigenvalues of V are γ e^{±iθ} and Henrici's departure from normality is ‖s T‖_F,
    for every T and s. V starts with γ = 1, θ ~ U(0, 2π), T = 0.

    size       n, even
    init       of P: "henaff", "cayley", "random" or a callable (see `OrthogonalMatrix`). P of the first two consists
               of plane rotations and commutes with Λ: V starts as plain rotation blocks. "random" gives a dense V.
    mask       "block", or "entry": the mask of the authors' released code, every entry below the diagonal. It reaches
               into the blocks and moves the eigenvalues; it is here to be compared with.

    γ R(θ) blocks do not cover every real matrix (two distinct real eigenvalues have no block), so there is no way
    back from a given V to these parameters.
    """

    scale: Tensor
    blocks: Tensor
    below: Tensor

    def __init__(
        self,
        size: int,
        init: str | Initialiser = "cayley",
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        mask: str = "block",
    ) -> None:
        super().__init__()
        whole("size", size, 1)
        if size % 2:
            raise ValueError(f"size must be even to hold 2×2 blocks; got {size}")
        if mask not in MASKS:
            raise ValueError(f"mask must be one of {', '.join(MASKS)}; got {mask!r}")
        dtype = dtype or torch.get_default_dtype()
        self.size, self.mask = size, mask
        self.orthogonal = OrthogonalMatrix(size, init, generator, device, dtype)
        theta = uniform(size // 2, 0, 2 * math.pi, generator, dtype)
        self.theta = nn.Parameter(theta.to(device))
        self.gamma = nn.Parameter(torch.ones(size // 2, device=device, dtype=dtype))
        rows, columns = self._free_entries(device)
        self.T_entries = nn.Parameter(torch.zeros(len(rows), device=device, dtype=dtype))
        first = 2 * torch.arange(size // 2, device=device)
        blocks = torch.cat([first, first + 1, first, first + 1]), torch.cat([first, first + 1, first + 1, first])
        self.register_buffer("blocks", blocks[0] * size + blocks[1], persistent=False)
        self.register_buffer("below", rows * size + columns, persistent=False)
        self.register_buffer("scale", torch.ones((), device=device, dtype=dtype))

    def _free_entries(self, device: torch.device | str | None) -> Int[Tensor, "2 entries"]:
        rows, columns = torch.tril_indices(self.size, self.size, -1)
        free = rows // 2 > columns // 2 if self.mask == "block" else rows > columns
        return torch.stack([rows[free], columns[free]]).to(device)

    @property
    def P(self) -> Float[Tensor, "n n"]:
        matrix: Tensor = self.orthogonal()
        return matrix

    @property
    def T(self) -> Float[Tensor, "n n"]:
        """The feed-forward part, unscaled."""
        flat = self.T_entries.new_zeros(self.size**2).scatter(0, self.below, self.T_entries)
        return flat.view(self.size, self.size)

    @property
    def places(self) -> Places:
        """Where things stand in a flattened (n, n) matrix: the corners of the blocks, all upper left ones, lower right,
        upper right, lower left; the entries of T; those of A, and those of Aᵀ."""
        return self.blocks, self.below, self.orthogonal.places, self.orthogonal.mirrored

    def schur_form(self) -> Float[Tensor, "n n"]:
        """Λ + s T."""
        cosine, sine = self.gamma * self.theta.cos(), self.gamma * self.theta.sin()
        values = torch.cat([cosine, cosine, -sine, sine, self.scale * self.T_entries])
        # accumulate: the entry mask puts T on top of the blocks' lower corners
        empty = self.gamma.new_zeros(self.size**2)
        fill = empty.scatter_add if self.mask == "entry" else empty.scatter
        return fill(0, torch.cat([self.blocks, self.below]), values).view(self.size, self.size)

    def forward(self) -> Float[Tensor, "n n"]:
        with full_precision(self.scale.device):
            orthogonal = self.orthogonal
            if orthogonal.at_base:
                V: Tensor
                parameters = orthogonal.entries, self.theta, self.gamma, self.T_entries
                V, _ = _AtBase.apply(*parameters, self)  # type: ignore[no-untyped-call]
                return V
            P = self.P
            return P @ self.schur_form() @ P.T

    def rebase(self) -> None:
        """Fold P's parameter into its base; V stays."""
        self.orthogonal.rebase()

    @torch.no_grad()
    def set_T(self, T: ArrayLike | Tensor) -> None:
        """Put a matrix of one's own in the place of T; entries outside T's mask must be 0."""
        given = torch.as_tensor(np.asarray(T) if not isinstance(T, Tensor) else T).detach()
        if given.shape != (self.size, self.size):
            raise ValueError(f"T must be ({self.size}, {self.size}); got {tuple(given.shape)}")
        if given.is_complex() or not bool(torch.isfinite(given.to(self.T_entries.dtype)).all()):
            raise ValueError(f"T must be real and finite in {self.T_entries.dtype}; it holds other entries")
        places = self.below.to(given.device)
        outside = given.flatten().index_fill(0, places, 0).view_as(given)
        if bool(outside.any()):
            i, j = (int(k) for k in outside.nonzero()[0])
            raise ValueError(
                f"T must be 0 outside its mask (free only where row // 2 > column // 2); T[{i}, {j}] is "
                f"{float(given[i, j]):g}: zero it, for instance with numpy's T * mask"
                if self.mask == "block"
                else f"T must be strictly lower triangular; T[{i}, {j}] is {float(given[i, j]):g}"
            )
        self.T_entries.copy_(given.flatten()[places])

    @torch.no_grad()
    def eigenvalues(self) -> Complex[Tensor, " n"]:
        """γ e^{±iθ}, read off the parameters, exact for every T; the pair of block i at 2i (+) and 2i + 1 (−).

        With the entry mask, those of the blocks with T's entry t = s T[2i+1, 2i] in their lower corner:
        γ cos θ ± √(−γ sin θ (γ sin θ + t)).
        """
        if self.mask == "block":
            return _of_blocks(self.gamma, self.theta)
        gamma, theta = self.gamma.cpu().double(), self.theta.cpu().double()  # the CPU first: MPS has no float64
        sine = gamma * theta.sin()
        inside = (self.scale * self.T).cpu().double().diagonal(-1)[::2]
        root = torch.sqrt((-sine * (sine + inside)).to(torch.complex128))
        cosine = gamma * theta.cos()
        return torch.stack([cosine + root, cosine - root], 1).flatten()

    @torch.no_grad()
    def departure(self) -> float:
        """Henrici's departure from normality: ‖s T‖_F, and with the entry mask √(‖Λ + s T‖_F² − Σ|λ|²)."""
        if self.mask == "block":
            return abs(float(self.scale)) * float(np.linalg.norm(self.T_entries.cpu().double().numpy()))
        excess = self.schur_form().cpu().double().square().sum() - self.eigenvalues().abs().square().sum()
        return math.sqrt(max(0.0, float(excess)))

    @torch.no_grad()
    def spectrum(self) -> Callable[[], tuple[Complex[Tensor, " n"], float]]:
        """A function that gives `eigenvalues` and `departure` as they are now, and computes the first when called."""
        departure = self.departure()
        if self.mask == "block":
            gamma, theta = self.gamma.clone(), self.theta.clone()
            return lambda: (_of_blocks(gamma, theta), departure)
        eigenvalues = self.eigenvalues()
        return lambda: (eigenvalues, departure)

    def extra_repr(self) -> str:
        return f"size={self.size}, mask={self.mask!r}"


def _of_blocks(gamma: Tensor, theta: Tensor) -> Complex[Tensor, " n"]:
    """γ e^{±iθ}, the pair of each block side by side."""
    gamma, theta = gamma.detach().cpu().double(), theta.detach().cpu().double()  # the CPU first: MPS has no float64
    upper = torch.complex(gamma * theta.cos(), gamma * theta.sin())
    return torch.stack([upper, upper.conj()], 1).flatten()


def at_base(
    places: Places, base: Array, theta: Array, gamma: Array, T_entries: Array, scale: Array
) -> tuple[Array, Array]:
    """V = P S Pᵀ and S = Λ + s T at P = P₀, of tensors or of arrays; autograd does not see it."""
    xp, (blocks, below, _, _) = library(base), places
    cosine, sine = gamma * xp.cos(theta), gamma * xp.sin(theta)
    S = xp.zeros_like(base.reshape(-1))
    S[below] = scale * T_entries
    S[blocks] += xp.concatenate([cosine, cosine, -sine, sine])  # the entry mask has T there already
    S = S.reshape(base.shape)
    return base @ S @ base.T, S


def at_base_back(
    places: Places, G: Array, S: Array, base: Array, theta: Array, gamma: Array, scale: Array
) -> tuple[Array, Array, Array, Array]:
    """The gradients of A's entries, θ, γ and T's entries from G = ∂L/∂V, at P = P₀ exp(A − Aᵀ), A = 0.

    That of S is K = P₀ᵀ G P₀; that of A is D − Dᵀ above the diagonal, with D = P₀ᵀ ∂L/∂P = K Sᵀ + Kᵀ S: four products.
    In a block, with x = K₁₁ + K₂₂ and y = K₂₁ − K₁₂:  ∂L/∂γ = x cos θ + y sin θ,  ∂L/∂θ = γ (y cos θ − x sin θ).
    """
    xp, (blocks, below, upper, lower) = library(G), places
    K = base.T @ G @ base
    D = K @ S.T + K.T @ S
    first, last, right, left = xp.take(K, blocks).reshape(4, -1)
    x, y, cosine, sine = first + last, left - right, xp.cos(theta), xp.sin(theta)
    by_theta, by_gamma = gamma * (y * cosine - x * sine), x * cosine + y * sine
    return above_diagonal(D, upper, lower), by_theta, by_gamma, scale * xp.take(K, below)


class _AtBase(torch.autograd.Function):
    """`at_base` and its gradients."""

    @staticmethod
    def forward(entries: Tensor, theta: Tensor, gamma: Tensor, T_entries: Tensor, V: SchurMatrix) -> Any:
        return at_base(V.places, V.orthogonal.base, theta, gamma, T_entries, V.scale)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        _, theta, gamma, _, V = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(output[1], V.orthogonal.base, theta, gamma, V.scale)
        ctx.places = V.places

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, G: Tensor, _: Tensor) -> Any:
        return *at_base_back(ctx.places, G, *ctx.saved_tensors), None
