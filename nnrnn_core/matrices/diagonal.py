"""V = diag(λ), |λ| < 1: the recurrent matrix of the LRU, and its gain for the input."""

from __future__ import annotations

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn

from ..checks import number, whole_number
from ..device import full_precision, on_cpu
from .orthogonal import uniform


class DiagonalMatrix(nn.Module):
    """V = diag(λ), λ = exp(−e^ν + i e^κ): complex and diagonal, and |λ| < 1 for all parameters.

    A complex unit is two entries of the state, x_{2j} + i x_{2j+1}: V is returned as the real (n, n) matrix with blocks
    |λ| [[cos θ, −sin θ], [sin θ, cos θ]], θ = e^κ, on its diagonal. It is an nnRNN's with P = 1, T = 0 and γ < 1. By a
    change of basis every diagonalisable V is such a matrix; what a non-normal V's basis does is then left to the maps
    into the state and out of it.

    Parameters
    ----------
    size
        n, even: n/2 complex units.
    r_min, r_max
        λ at the start is uniform on the ring r_min <= |λ| <= r_max, 0 <= r_min < r_max <= 1 …
    max_phase
        … with angles θ from 0 to so much, 0 < max_phase <= 2π.
    generator
        Source of randomness; None is torch's own.
    device, dtype
        As for a torch.nn module.

    Attributes
    ----------
    nu_log, theta_log, gain_log : torch.nn.Parameter
        (n/2,) ν, κ, and the logarithm of `gain`, which is √(1 − |λ|²) at the start: states are as large as inputs then,
        however slowly they decay. It is γ in the paper that it is from.

    Raises
    ------
    ValueError
        For an odd size, and a ring that is none.

    References
    ----------
    Orvieto et al., Resurrecting recurrent neural networks for long sequences, ICML 2023, sections 3.3 and 3.4.

    Examples
    --------
    >>> V = DiagonalMatrix(4)
    >>> bool((V.eigenvalues().abs() < 1).all())
    True
    """

    nu_log: nn.Parameter
    theta_log: nn.Parameter
    gain_log: nn.Parameter

    def __init__(
        self,
        size: int,
        r_min: float = 0.0,
        r_max: float = 1.0,
        max_phase: float = 2 * math.pi,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if whole_number("size", size, 1) % 2:
            raise ValueError(f"size must be even to hold complex units, of two entries each; got {size}")
        self.size = size
        r_min, r_max = number("r_min", r_min, 0, 1, below=True), number("r_max", r_max, 0, 1)
        if not r_min < r_max:
            raise ValueError(f"r_max must be above r_min = {r_min:g}; got {r_max:g}")
        max_phase = number("max_phase", max_phase, 0, 2 * math.pi, above=True)
        dtype, device = dtype or torch.get_default_dtype(), device or torch.get_default_device()
        with on_cpu():  # in float64: r is near 1
            area = uniform(size // 2, 0, 1, generator, torch.float64)
            # r² uniform between the rings; neither 0 nor 1, whose logarithms are infinite
            square = (r_min**2 + (r_max**2 - r_min**2) * area).clamp(1e-12, 1 - 1e-6)
            phase = (max_phase * uniform(size // 2, 0, 1, generator, torch.float64)).clamp(min=1e-6)
            start = {
                "nu_log": (-square.log() / 2).log(),
                "theta_log": phase.log(),
                "gain_log": (1 - square).log() / 2,
            }
        for name, value in start.items():
            self.register_parameter(name, nn.Parameter(value.to(device=device, dtype=dtype)))

    def polar(self) -> tuple[Float[Tensor, " units"], Float[Tensor, " units"]]:
        """|λ| and θ."""
        return torch.exp(-self.nu_log.exp()), self.theta_log.exp()

    def parts(self) -> tuple[Float[Tensor, " units"], Float[Tensor, " units"]]:
        """Real and imaginary part of λ."""
        size, theta = self.polar()
        return size * theta.cos(), size * theta.sin()

    def gain(self) -> Float[Tensor, " n"]:
        """What multiplies the input to each entry of the state."""
        return self.gain_log.exp().repeat_interleave(2)

    def forward(self) -> Float[Tensor, "n n"]:
        with full_precision(self.nu_log.device):
            re, im = self.parts()
            corners = torch.stack([re, -im, im, re]).view(2, 2, -1)
            return corners.diag_embed().permute(2, 0, 3, 1).reshape(self.size, self.size)

    @torch.no_grad()
    def eigenvalues(self) -> Complex[Tensor, " n"]:
        """λ and its conjugates, read off the parameters, side by side."""
        nu, kappa = self.nu_log.cpu().double(), self.theta_log.cpu().double()  # the CPU first: MPS has no float64
        upper = torch.polar(torch.exp(-nu.exp()), kappa.exp())
        return torch.stack([upper, upper.conj()], 1).flatten()

    def departure(self) -> float:
        """Henrici's departure from normality: 0, for V is normal."""
        return 0.0

    def extra_repr(self) -> str:
        return f"size={self.size}"
