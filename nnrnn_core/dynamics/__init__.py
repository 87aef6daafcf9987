"""Functions of a recurrent matrix V (h_t = V h_{t−1}), or of A in x' = A x: its spectrum and how far to trust it, its
transient growth and what frames it, its pseudospectra, its Fisher memory, its gradients through time; the parts that an
nnRNN's V is built from; and a gallery of matrices to try them on.

They take a tensor, an array or a `SchurMatrix`, and compute in float64 with numpy and scipy. Torch need not be there.
"""

from .ablation import ShuffledEnergy, ablate, diagonal_energy, shuffled_energy
from .assembly import block_eigenvalues, free_entries, rotation_blocks
from .bounds import GrowthBounds, PointBound, bound_from_point, growth_bounds
from .cloud import Cloud, OptimalInput, cloud_growth, optimal_input
from .continuous import exponential_growth, propagator, typical_exponential_growth
from .decay import decay_horizon
from .departure import Departure, departure_parts, henrici
from .form import Matrix, Time, as_form, as_real, as_schur
from .gallery import Parameter, Specimen, gallery
from .growth import transient_growth, typical_growth
from .growth_estimate import GrowthEstimate, estimate_growth, growth_powers
from .growth_peak import GrowthPeak, growth_peak, growth_peak_slices
from .kreiss import KreissBounds, kreiss_bounds, kreiss_constant
from .lyapunov import jacobians, lyapunov_exponents
from .memory import estimate_memory, fisher_memory, mean_memory
from .noise import activity
from .numerical_range import numerical_abscissa, numerical_radius, numerical_range
from .products import log_singular_values
from .pseudospectra import perturbed_eigenvalues, pseudospectrum, resolvent_level
from .pseudospectra_slices import PseudospectrumSlice, estimated_seconds, pseudospectra_slices
from .pseudospectral_radius import pseudospectral_abscissa, pseudospectral_radius
from .schur_form import SchurParts, block_rows, reordered, schur_parts
from .spectrum import (
    eigenvalue_conditions,
    eigenvalue_uncertainty,
    eigenvalues,
    eigenvector_condition,
    spectral_abscissa,
    spectral_radius,
)
from .trajectory import Trajectory, trajectory

__all__ = [
    "Cloud",
    "Departure",
    "GrowthBounds",
    "GrowthEstimate",
    "GrowthPeak",
    "KreissBounds",
    "Matrix",
    "OptimalInput",
    "Parameter",
    "PointBound",
    "PseudospectrumSlice",
    "SchurParts",
    "ShuffledEnergy",
    "Specimen",
    "Time",
    "Trajectory",
    "ablate",
    "activity",
    "as_form",
    "as_real",
    "as_schur",
    "block_eigenvalues",
    "block_rows",
    "bound_from_point",
    "cloud_growth",
    "decay_horizon",
    "departure_parts",
    "diagonal_energy",
    "eigenvalue_conditions",
    "eigenvalue_uncertainty",
    "eigenvalues",
    "eigenvector_condition",
    "estimate_growth",
    "estimate_memory",
    "estimated_seconds",
    "exponential_growth",
    "fisher_memory",
    "free_entries",
    "gallery",
    "growth_bounds",
    "growth_peak",
    "growth_peak_slices",
    "growth_powers",
    "henrici",
    "jacobians",
    "kreiss_bounds",
    "kreiss_constant",
    "log_singular_values",
    "lyapunov_exponents",
    "mean_memory",
    "numerical_abscissa",
    "numerical_radius",
    "numerical_range",
    "optimal_input",
    "perturbed_eigenvalues",
    "propagator",
    "pseudospectra_slices",
    "pseudospectral_abscissa",
    "pseudospectral_radius",
    "pseudospectrum",
    "reordered",
    "resolvent_level",
    "rotation_blocks",
    "schur_parts",
    "shuffled_energy",
    "spectral_abscissa",
    "spectral_radius",
    "trajectory",
    "transient_growth",
    "typical_exponential_growth",
    "typical_growth",
]
