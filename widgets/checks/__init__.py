"""What a notebook asks its reader: a guess before looking, and answers that are checked with a diagnosis."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .floors import entry_for, floor_of_normals
    from .growth import best_start
    from .memory import memory_curve
    from .prediction import guesses, predict, show_guesses
    from .pseudospectra import level_grid
    from .remembered import memory_of_a_normal, memory_within_range, total_from_unit
    from .resolvent import bound_of_a_point, far_above_kreiss, radius_of_a_link
    from .schur import henrici_two_ways
    from .shear import off_diagonal, shear_preset
    from .training import below_half, release_at
    from .verdict import Verdict

# Where each name lives; imported when first asked for, so that only the check of a training needs torch.
_HOMES = {
    "Verdict": "verdict",
    "below_half": "training",
    "best_start": "growth",
    "bound_of_a_point": "resolvent",
    "entry_for": "floors",
    "far_above_kreiss": "resolvent",
    "floor_of_normals": "floors",
    "guesses": "prediction",
    "henrici_two_ways": "schur",
    "level_grid": "pseudospectra",
    "memory_curve": "memory",
    "memory_of_a_normal": "remembered",
    "memory_within_range": "remembered",
    "off_diagonal": "shear",
    "predict": "prediction",
    "radius_of_a_link": "resolvent",
    "release_at": "training",
    "shear_preset": "shear",
    "show_guesses": "prediction",
    "total_from_unit": "remembered",
}

__all__ = [
    "Verdict",
    "below_half",
    "best_start",
    "bound_of_a_point",
    "entry_for",
    "far_above_kreiss",
    "floor_of_normals",
    "guesses",
    "henrici_two_ways",
    "level_grid",
    "memory_curve",
    "memory_of_a_normal",
    "memory_within_range",
    "off_diagonal",
    "predict",
    "radius_of_a_link",
    "release_at",
    "shear_preset",
    "show_guesses",
    "total_from_unit",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"widgets.checks has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
