"""Named matrices that each show one thing about non-normal dynamics, with parameters to turn.

    V = gallery["delay_line"](size=20, alpha=1.1)

Feed-forward is below the diagonal, the paper's side: unit 0 drives unit 1. A specimen in discrete time is a V of
h_t = V h_{t−1}, one in continuous time an A of x' = A x. The same parameters, seed included, give the same matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import chains, classics, complex_matrices, neuroscience, random_networks, rotations, starts
from .specimen import Parameter, Specimen

FAMILIES = (chains, classics, random_networks, rotations, starts, neuroscience, complex_matrices)

gallery: Mapping[str, Specimen] = MappingProxyType(
    {specimen.build.__name__: specimen for family in FAMILIES for specimen in family.SPECIMENS}
)

__all__ = ["Parameter", "Specimen", "gallery"]
