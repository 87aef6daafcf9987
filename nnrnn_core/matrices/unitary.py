"""V = F_L ⋯ F_1 D: a unitary matrix as a product of layers of rotations of two units each (the EURNN's)."""

from __future__ import annotations

import math

import torch
from jaxtyping import Complex, Float, Int64
from torch import Tensor, nn

from ..checks import one_of, switch, whole_number
from ..device import full_precision, on_cpu
from .orthogonal import at_least_float32, uniform

STYLES = ("tunable", "fft")


class UnitaryMatrix(nn.Module):
    """V = F_L ⋯ F_1 D, each F_l rotating units in pairs by [[e^{iφ} cos ϑ, −e^{iφ} sin ϑ], [sin ϑ, cos ϑ]].

    D = diag(e^{iω}). (After the rotations, D would only repeat what the φ of the last ones do.) A complex unit is two
    entries of the state, x_{2j} + i x_{2j+1}: V is returned as the real (n, n) matrix whose blocks [[a, −b], [b, a]]
    stand for the entries a + i b. That matrix is orthogonal, so that V is normal and all its eigenvalues have modulus
    1, to rounding and for all parameters. With `complex_units=False` all units are real, φ = ω = 0, and V is a product
    of rotations.

    Parameters
    ----------
    size
        n, entries of the state: n/2 complex units, or n real ones. At least 2 units.
    style
        Which units a layer pairs. "tunable": neighbours, (0, 1), (2, 3), … in the odd layers and (1, 2), (3, 4), … in
        the even ones. "fft": log₂(units) layers, in which those pair that are 1, 2, 4, … apart; the number of units is
        a power of two.
    capacity
        L, the number of layers of the tunable style, >= 1; None is 2. With as many layers as units V has as many
        parameters as the unitary matrices have dimensions (of real units: as the rotations).
    complex_units
        Whether units are complex.
    generator
        Source of randomness; None is torch's own.
    device, dtype
        As for a torch.nn module. In half precision V is computed in float32.

    Attributes
    ----------
    capacity : int
        L, the number of layers.
    angles : torch.nn.Parameter
        ϑ of all rotations, one layer after another, U(−π, π) at the start.
    phases : torch.nn.Parameter or None
        φ of all rotations, then ω of all units, as the angles.

    Raises
    ------
    ValueError
        For a size that does not fit, an unknown style, and a capacity for the style that has none.

    References
    ----------
    Jing et al., Tunable efficient unitary neural networks (EUNN) and their application to RNNs, ICML 2017, section 4.
    Clements et al., Optimal design for universal multiport interferometers, Optica 2016, for full capacity.

    Examples
    --------
    >>> V = UnitaryMatrix(8, dtype=torch.float64)()
    >>> torch.allclose(V.T @ V, torch.eye(8, dtype=torch.float64))
    True
    """

    phases: nn.Parameter | None

    def __init__(
        self,
        size: int,
        style: str = "tunable",
        capacity: int | None = None,
        complex_units: bool = True,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.size, self.style = whole_number("size", size, 1), one_of("style", style, STYLES)
        switch("complex_units", complex_units)
        self.width = 2 if complex_units else 1  # entries of the state in a unit
        if size % self.width or size < 2 * self.width:
            kind = "complex units, of two entries each" if complex_units else "units"
            raise ValueError(f"size must hold two or more {kind}; got {size}")
        if style == "fft" and capacity is not None:
            raise ValueError(f"capacity belongs to the tunable style; fft has log2(units) layers; got {capacity}")
        units = size // self.width
        if style == "fft" and units & (units - 1):
            raise ValueError(f"the fft style needs a power of two of units; got {units}: take the tunable one")
        layers = units.bit_length() - 1 if style == "fft" else 2 if capacity is None else capacity
        self.capacity = whole_number("capacity", layers, 1)
        dtype, device = dtype or torch.get_default_dtype(), device or torch.get_default_device()
        with on_cpu():
            rotations = int((self._partners("cpu") > torch.arange(units)).sum())
            angles = uniform(rotations, -math.pi, math.pi, generator, dtype)
            phases = uniform(rotations + units, -math.pi, math.pi, generator, dtype) if complex_units else None
        self.angles = nn.Parameter(angles.to(device=device, dtype=dtype))
        own = None if phases is None else nn.Parameter(phases.to(device=device, dtype=dtype))
        self.register_parameter("phases", own)

    def _partners(self, device: torch.device | str) -> Int64[Tensor, "layers units"]:
        """The partner of each unit in each layer, or itself. (Not a buffer: it follows from the size, and memory that
        `to_empty` has given holds nothing.)"""
        units = self.size // self.width
        own, layer = torch.arange(units, device=device), torch.arange(self.capacity, device=device)[:, None]
        if self.style == "fft":
            return own ^ (1 << layer)
        partner = own + 1 - 2 * ((own + layer) % 2)  # odd layers begin their pairs at 1
        return torch.where((partner < 0) | (partner >= units), own, partner)

    def forward(self) -> Float[Tensor, "n n"]:
        with full_precision(self.angles.device):
            return self._product(at_least_float32(self.angles.dtype)).to(self.angles.dtype)

    def _product(self, dtype: torch.dtype) -> Float[Tensor, "n n"]:
        """Layer after layer: what a unit keeps, plus what it takes from its partner."""
        units, width = self.size // self.width, self.width
        product = torch.eye(self.size, dtype=dtype, device=self.angles.device).view(units, width, self.size)
        if self.phases is not None:
            product = _turned(self.phases[len(self.angles) :].to(dtype)) @ product
        partners = self._partners(self.angles.device)
        for partner, kept, taken in zip(partners, *self._coefficients(partners, dtype), strict=True):
            product = kept @ product + taken @ product[partner]
        return product.reshape(self.size, self.size)

    def _coefficients(self, partners: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """What each unit keeps and takes in each layer, (layers, units, width, width) each.

        The first of a pair keeps e^{iφ} cos ϑ and takes −e^{iφ} sin ϑ, the second cos ϑ and sin ϑ. A unit without a
        partner keeps itself.
        """
        own = torch.arange(self.size // self.width, device=partners.device).expand_as(partners)
        first, second = own < partners, own > partners
        angles = torch.zeros(own.shape, dtype=dtype, device=own.device)
        angles = angles.masked_scatter(first, self.angles.to(dtype))
        angles = angles.where(~second, angles.gather(1, partners))
        sign = first.to(dtype) * -2 + 1  # the first takes with a minus
        if self.phases is None:
            return angles.cos()[..., None, None], (sign * angles.sin())[..., None, None]
        phases = torch.zeros_like(angles).masked_scatter(first, self.phases[: len(self.angles)].to(dtype))
        turn = _turned(phases)
        return angles.cos()[..., None, None] * turn, (sign * angles.sin())[..., None, None] * turn

    @torch.no_grad()
    def eigenvalues(self) -> Complex[Tensor, " n"]:
        """The n eigenvalues, by `torch.linalg.eigvals` in float64: V is normal, so they are right to rounding.

        Of complex units they are those of the complex matrix and their conjugates.
        """
        values: Tensor = torch.linalg.eigvals(self._product(torch.float64).cpu())
        return values

    def departure(self) -> float:
        """Henrici's departure from normality: 0, for V is unitary."""
        return 0.0

    def extra_repr(self) -> str:
        return f"size={self.size}, style={self.style!r}, capacity={self.capacity}, complex_units={self.width == 2}"


def _turned(phases: Tensor) -> Tensor:
    """e^{iφ} as a 2×2 matrix, (..., 2, 2)."""
    cosine, sine = phases.cos(), phases.sin()
    return torch.stack([cosine, -sine, sine, cosine], -1).view(*phases.shape, 2, 2)
