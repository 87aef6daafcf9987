"""Functions of a recurrent matrix V (h_t = V h_{t−1}): its spectrum, its transient growth, its Fisher memory.

They take a tensor, an array or a `SchurMatrix`, and compute in float64 with numpy and scipy.
"""

from .form import as_real, as_schur
from .growth import GrowthEstimate, estimate_growth, growth_powers, transient_growth, typical_growth
from .memory import estimate_memory, fisher_memory
from .spectrum import eigenvalues, eigenvector_condition, henrici, spectral_radius

__all__ = [
    "GrowthEstimate",
    "as_real",
    "as_schur",
    "eigenvalues",
    "eigenvector_condition",
    "estimate_growth",
    "estimate_memory",
    "fisher_memory",
    "growth_powers",
    "henrici",
    "spectral_radius",
    "transient_growth",
    "typical_growth",
]
