"""What a notebook asks its reader: a guess before looking, and answers that are checked with a diagnosis."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assembly import assembled, free_entries, gamma_penalty, orthogonal_factor, rotation_blocks
    from .assembly_whole import built_parts, rate_groups
    from .block import free_parameters, squared_modulus
    from .growth import best_start
    from .memory import memory_curve
    from .prediction import guesses, predict
    from .pseudospectra import level_grid
    from .schur import henrici_two_ways
    from .shear import off_diagonal, shear_preset
    from .training import release_at
    from .verdict import Verdict

# Where each name lives; imported when first asked for, so that only the checks of a training and of a
# network's parts need torch.
_HOMES = {
    "Verdict": "verdict",
    "assembled": "assembly",
    "best_start": "growth",
    "built_parts": "assembly_whole",
    "free_entries": "assembly",
    "free_parameters": "block",
    "gamma_penalty": "assembly",
    "guesses": "prediction",
    "henrici_two_ways": "schur",
    "level_grid": "pseudospectra",
    "memory_curve": "memory",
    "off_diagonal": "shear",
    "orthogonal_factor": "assembly",
    "predict": "prediction",
    "rate_groups": "assembly_whole",
    "release_at": "training",
    "rotation_blocks": "assembly",
    "shear_preset": "shear",
    "squared_modulus": "block",
}

__all__ = [
    "Verdict",
    "assembled",
    "best_start",
    "built_parts",
    "free_entries",
    "free_parameters",
    "gamma_penalty",
    "guesses",
    "henrici_two_ways",
    "level_grid",
    "memory_curve",
    "off_diagonal",
    "orthogonal_factor",
    "predict",
    "rate_groups",
    "release_at",
    "rotation_blocks",
    "shear_preset",
    "squared_modulus",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"widgets.checks has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
