"""Scikit-learn's handwritten digits, 8×8, pixel by pixel: the small sister of sequential MNIST."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..settings import Settings
from .images import Images

_ADAM = Settings(
    rate=2e-3, rate_P=2e-4, optimiser="adam", smoothing=0.999, momentum=0.9, batch_size=50, gradient_clip=5.0
)


class Digits(Images):
    """Name a handwritten digit after its 64 pixels, read one by one (see `Images`).

    1,797 digits with 17 grey values (UCI; they ship with scikit-learn, an optional dependency: extra `digits`). A fixed
    draw makes 1,197 of them to train on, 300 valid, 300 test.

    Parameters
    ----------
    permuted
        Whether the pixels come in one fixed random order, in which neighbours are far apart.

    Raises
    ------
    ImportError
        Without scikit-learn.

    Examples
    --------
    >>> task = Digits(permuted=True)
    >>> task.length, task.output_size, task.updates_per_epoch(50)
    (64, 10, 23)
    """

    name = "digits"
    tuned = dict.fromkeys(("nnrnn", "rnn", "exprnn", "lstm"), _ADAM)
    white = 16

    def __init__(self, permuted: bool = False) -> None:
        pictures, labels = _digits()
        source = np.random.RandomState(0)  # the one generator of NumPy whose numbers are fixed for good
        order, drawn = source.permutation(64), source.permutation(len(labels))
        parts = {"train": drawn[600:], "valid": drawn[300:600], "test": drawn[:300]}
        super().__init__({name: (pictures[part], labels[part]) for name, part in parts.items()}, permuted, order)

    def spec(self) -> dict[str, Any]:
        return {"name": self.name, "permuted": self.permuted}


def _digits() -> tuple[np.ndarray, np.ndarray]:
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError("the digits come with scikit-learn; install it: pip install scikit-learn") from error
    found = load_digits()
    return found.data.astype(np.uint8), found.target
