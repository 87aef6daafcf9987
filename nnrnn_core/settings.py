"""Hyperparameters of a training run: plain numbers, checked when they are set, allowed to change between steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

from . import checks

OPTIMISERS = ("adam", "rmsprop")


@dataclasses.dataclass
class Settings:
    """Everything that may change between two training steps.

    Parameters
    ----------
    rate
        Learning rate of all parameters except those of P, > 0.
    rate_P
        Learning rate of the orthogonal part (P, or V itself in an expRNN), >= 0; about a tenth of `rate`.
    optimiser
        "adam", or "rmsprop" as in the paper.
    smoothing
        Share of the past in the mean of squared gradients, in [0, 1): RMSprop's α, Adam's β₂.
    momentum
        Share of the past in the mean of gradients, in [0, 1): Adam's β₁. RMSprop has none and ignores it.
    T_decay
        T_decay · T is added to T's gradient before the optimiser sees it, as the authors do; >= 0.
    gamma_penalty
        δ of the paper's loss term δ‖γ − 1‖², >= 0.
    freeze_T
        T is neither updated nor decayed, and what the optimiser remembers of it stands still.
    hold_gamma
        γ is neither updated nor penalised; where T = 0 too, V stays as orthogonal as it is.
    batch_size
        Sequences in a batch, >= 1.
    gradient_clip
        Largest norm of the whole gradient, > 0, or None.
    threads
        Threads of torch during a step, >= 1; their number changes the last bits of the result.

    Raises
    ------
    ValueError
        For a value out of range, also when it is set later; the old one stays.

    Examples
    --------
    >>> settings = Settings(rate=1e-3)
    >>> settings.batch_size = 0
    Traceback (most recent call last):
        ...
    ValueError: batch_size must be a whole number of at least 1; got 0
    >>> settings.batch_size
    10
    """

    rate: float = 1e-3
    rate_P: float = 1e-4
    optimiser: str = "rmsprop"
    smoothing: float = 0.99
    momentum: float = 0.9
    T_decay: float = 0.0
    gamma_penalty: float = 0.0
    freeze_T: bool = False
    hold_gamma: bool = False
    batch_size: int = 10
    gradient_clip: float | None = None
    threads: int = 1

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _CHECKS:
            raise AttributeError(f"Settings has no {name!r}; it has {', '.join(_CHECKS)}")
        object.__setattr__(self, name, _CHECKS[name](name, value))

    def as_dict(self) -> dict[str, Any]:
        """The values by name."""
        return dataclasses.asdict(self)

    def replace(self, **changes: Any) -> Settings:
        """A copy with some values changed."""
        return dataclasses.replace(self, **changes)


def _clip(name: str, value: Any) -> float | None:
    return None if value is None else checks.number(name, value, 0, above=True)


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "rate": partial(checks.number, low=0, above=True),
    "rate_P": partial(checks.number, low=0),
    "optimiser": partial(checks.one_of, choices=OPTIMISERS),
    "smoothing": partial(checks.number, low=0, high=1, below=True),
    "momentum": partial(checks.number, low=0, high=1, below=True),
    "T_decay": partial(checks.number, low=0),
    "gamma_penalty": partial(checks.number, low=0),
    "freeze_T": checks.switch,
    "hold_gamma": checks.switch,
    "batch_size": partial(checks.whole_number, low=1),
    "gradient_clip": _clip,
    "threads": partial(checks.whole_number, low=1),
}
