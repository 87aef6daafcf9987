"""What a notebook asks its reader: a guess before looking, and answers that are checked with a diagnosis."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .growth import best_start
    from .memory import memory_curve
    from .prediction import guesses, predict, show_guesses
    from .pseudospectra import level_grid
    from .schur import henrici_two_ways
    from .shear import off_diagonal, shear_preset
    from .training import release_at
    from .verdict import Verdict

# Where each name lives; imported when first asked for, so that only the check of a training needs torch.
_HOMES = {
    "Verdict": "verdict",
    "best_start": "growth",
    "guesses": "prediction",
    "henrici_two_ways": "schur",
    "level_grid": "pseudospectra",
    "memory_curve": "memory",
    "off_diagonal": "shear",
    "predict": "prediction",
    "release_at": "training",
    "shear_preset": "shear",
    "show_guesses": "prediction",
}

__all__ = [
    "Verdict",
    "best_start",
    "guesses",
    "henrici_two_ways",
    "level_grid",
    "memory_curve",
    "off_diagonal",
    "predict",
    "release_at",
    "shear_preset",
    "show_guesses",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"widgets.checks has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
