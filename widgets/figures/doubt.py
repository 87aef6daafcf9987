"""What is said of eigenvalues that rounding has moved, the same in every lab."""

from __future__ import annotations

import numpy as np

from .numbers import short

SEEN = 0.005  # of the largest eigenvalue: it is seen in the third digit, and in the plane


def doubt_sentence(eigenvalues: np.ndarray, uncertainty: float) -> str:
    """A warning where rounding may have moved an eigenvalue so far that it is seen; "" otherwise."""
    largest = float(np.abs(eigenvalues).max())
    if uncertainty <= SEEN * largest:
        return ""
    return (
        f"Beware: rounding counts here. It may have moved eigenvalues by {short(uncertainty, 1)}: they are those of a "
        "matrix that differs from this one in the 16th digit."
    )
