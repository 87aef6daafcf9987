"""What a notebook asks its reader: a guess before looking, and answers that are checked with a diagnosis."""

from .growth import best_start
from .memory import memory_curve
from .prediction import guesses, predict
from .pseudospectra import level_grid
from .schur import henrici_two_ways
from .shear import off_diagonal, shear_preset
from .training import release_at
from .verdict import Verdict

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
]
