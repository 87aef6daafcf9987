"""V = P (Λ + s T) Pᵀ: the recurrent matrix of the nnRNN, held in its Schur form."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Bool, Complex, Float
from numpy.typing import ArrayLike
from torch import Tensor, nn

from ..checks import one_of, whole_number
from ..device import full_precision, on_cpu
from ..dynamics import block_eigenvalues, henrici
from ..dynamics.assembly import MASKS
from .exponential import rotated
from .orthogonal import Initialiser, OrthogonalMatrix, at_least_float32, uniform


class SchurMatrix(nn.Module):
    """V = P (Λ + s T) Pᵀ, for column vectors: h_t = V h_{t−1}.

    P is orthogonal. Λ has n/2 blocks γ [[cos θ, −sin θ], [sin θ, cos θ]] on its diagonal. T is strictly below those
    blocks, so that the eigenvalues of V are γ e^{±iθ}, and Henrici's departure from normality is ‖s T‖_F, for every T
    and s. V starts with γ = 1, θ ~ U(0, 2π), T = 0: orthogonal.

    Parameters
    ----------
    size
        n >= 2, even.
    init
        P at the start: "henaff", "cayley", "random" or a function (see `OrthogonalMatrix`). P of the first two consists
        of plane rotations and commutes with Λ, so V starts as plain rotation blocks. "random" gives a dense V.
    generator
        Source of randomness; None is torch's own.
    device, dtype
        As for a torch.nn module. In half precision V is computed in float32.
    mask
        Where T is free. "block": strictly below the 2×2 blocks. "entry", the mask of the authors' released code: every
        entry below the diagonal; it reaches into the blocks and moves the eigenvalues, and is here to be compared with.

    Attributes
    ----------
    theta, gamma : torch.nn.Parameter
        (n/2,) angles in radians, and radii, of the blocks.
    T_entries : torch.nn.Parameter
        The free entries of T, row by row.
    orthogonal : OrthogonalMatrix
        P.
    scale : torch.Tensor
        s, a buffer that is saved; 1 at the start.

    Raises
    ------
    ValueError
        If `size` is not even or out of range, or a name is unknown.

    Notes
    -----
    γ R(θ) blocks do not cover every real matrix (two distinct real eigenvalues have no block), so there is no way back
    from a given V to these parameters.

    References
    ----------
    Kerg et al., Non-normal Recurrent Neural Network (nnRNN), NeurIPS 2019, section 2 and eq. 4.

    Examples
    --------
    >>> V = SchurMatrix(6, generator=torch.Generator().manual_seed(0))
    >>> V().shape
    torch.Size([6, 6])
    >>> V.eigenvalues().abs()
    tensor([1., 1., 1., 1., 1., 1.], dtype=torch.float64)
    >>> V.set_T(np.eye(6, k=-2))
    >>> V.departure()
    2.0
    """

    scale: Tensor

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
        if whole_number("size", size, 1) % 2:
            raise ValueError(f"size must be even to hold 2×2 blocks; got {size}")
        self.size, self.mask = size, one_of("mask", mask, MASKS)
        dtype = dtype or torch.get_default_dtype()
        device = device or torch.get_default_device()
        self.orthogonal = OrthogonalMatrix(size, init, generator, device, dtype)
        with on_cpu():
            theta = uniform(size // 2, 0, 2 * math.pi, generator, dtype)
            free = int(self._free("cpu").sum())
        self.theta = nn.Parameter(theta.to(device=device, dtype=dtype))
        self.gamma = nn.Parameter(torch.ones(size // 2, device=device, dtype=dtype))
        self.T_entries = nn.Parameter(torch.zeros(free, device=device, dtype=dtype))
        self.register_buffer("scale", torch.ones((), device=device, dtype=dtype))

    def _free(self, device: torch.device | str) -> Bool[Tensor, "n n"]:
        """Where T is free."""
        index = torch.arange(self.size, device=device)
        if self.mask == "block":
            index = index // 2
        return index[:, None] > index

    @property
    def P(self) -> Float[Tensor, "n n"]:
        """The orthogonal factor, (n, n)."""
        matrix: Tensor = self.orthogonal()
        return matrix

    @property
    def T(self) -> Float[Tensor, "n n"]:
        """The feed-forward part, (n, n), unscaled."""
        empty = self.T_entries.new_zeros(self.size, self.size)
        return empty.masked_scatter(self._free(empty.device), self.T_entries)

    def schur_form(self) -> Float[Tensor, "n n"]:
        """Λ + s T, (n, n)."""
        blocks = rotation_blocks(self.gamma, self.theta)
        return torch.addcmul(blocks, self.scale, self.T)

    def forward(self) -> Float[Tensor, "n n"]:
        with full_precision(self.scale.device):
            dtype = at_least_float32(self.scale.dtype)
            base, skew = self.orthogonal.base.to(dtype), self.orthogonal.skew().to(dtype)
            return rotated(self.schur_form().to(dtype), base, skew).to(self.scale.dtype)

    def rebase(self) -> None:
        """Fold P's parameter into its base: P₀ ← P, A ← 0. V stays as it is."""
        self.orthogonal.rebase()

    @torch.no_grad()
    def set_T(self, T: ArrayLike | Tensor) -> None:
        """Put a matrix of one's own in the place of T.

        Parameters
        ----------
        T
            (n, n), real and finite, 0 outside the mask.

        Raises
        ------
        ValueError
            If T does not fit; the old one stays.
        """
        given = torch.as_tensor(np.asarray(T) if not isinstance(T, Tensor) else T).detach()
        if given.shape != (self.size, self.size):
            raise ValueError(f"T must be ({self.size}, {self.size}); got {tuple(given.shape)}")
        if given.is_complex() or not bool(torch.isfinite(given.to(self.T_entries.dtype)).all()):
            raise ValueError(f"T must be real and finite in {self.T_entries.dtype}; it holds other entries")
        free = self._free(given.device)
        outside = given.masked_fill(free, 0)
        if bool(outside.any()):
            i, j = (int(k) for k in outside.nonzero()[0])
            raise ValueError(
                f"T must be 0 outside its mask (free only where row // 2 > column // 2); T[{i}, {j}] is "
                f"{float(given[i, j]):g}: zero it, for instance with numpy's T * mask"
                if self.mask == "block"
                else f"T must be strictly lower triangular; T[{i}, {j}] is {float(given[i, j]):g}"
            )
        self.T_entries.copy_(given[free])

    @torch.no_grad()
    def eigenvalues(self) -> Complex[Tensor, " n"]:
        """γ e^{±iθ}, read off the parameters, exact for every T.

        Returns
        -------
        Tensor
            (n,) complex128 on the CPU; the pair of block i at 2i (+) and 2i + 1 (−). With the entry mask the
            eigenvalues of the blocks with T's entry t = s T[2i+1, 2i] in their lower corner: γ cos θ ± √(−γ sin θ (γ
            sin θ + t)).
        """
        if self.mask == "block":
            return _of_blocks(self.gamma, self.theta)
        gamma, theta = self.gamma.cpu().double(), self.theta.cpu().double()  # the CPU first: MPS has no float64
        inside = (self.scale * self.T).cpu().double().diagonal(-1)[::2]
        return torch.from_numpy(block_eigenvalues(gamma.numpy(), theta.numpy(), inside.numpy()))

    @torch.no_grad()
    def departure(self) -> float:
        """Henrici's departure from normality, √(‖V‖_F² − Σ|λ|²).

        Returns
        -------
        float
            ‖s T‖_F; with the entry mask `dynamics.henrici`, for T reaches into the blocks.
        """
        if self.mask == "entry":
            return henrici(self.schur_form())
        return abs(float(self.scale)) * float(np.linalg.norm(self.T_entries.cpu().double().numpy()))

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


def rotation_blocks(gamma: Float[Tensor, " pairs"], theta: Float[Tensor, " pairs"]) -> Float[Tensor, "n n"]:
    """Λ, differentiable: γ [[cos θ, −sin θ], [sin θ, cos θ]] for each pair of γ and θ, on the diagonal."""
    cosine, sine = gamma * theta.cos(), gamma * theta.sin()
    corners = torch.stack([cosine, -sine, sine, cosine]).view(2, 2, -1)
    # corner (a, b) of block i stands in row 2i + a and column 2i + b
    return corners.diag_embed().permute(2, 0, 3, 1).reshape(2 * len(gamma), 2 * len(theta))


def _of_blocks(gamma: Tensor, theta: Tensor) -> Complex[Tensor, " n"]:
    """γ e^{±iθ}, the pair of each block side by side."""
    gamma, theta = gamma.detach().cpu().double(), theta.detach().cpu().double()  # the CPU first: MPS has no float64
    upper = torch.complex(gamma * theta.cos(), gamma * theta.sin())
    return torch.stack([upper, upper.conj()], 1).flatten()
