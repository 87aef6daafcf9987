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

    rate           learning rate of all parameters but those of P, > 0
    rate_P         learning rate of the orthogonal part (P, or V itself in an expRNN), >= 0; about a tenth of `rate`
    optimiser      "adam" or "rmsprop" (the paper's choice)
    smoothing      memory of the squared gradients, in [0, 1): RMSprop's α, Adam's β₂
    momentum       memory of the gradients, in [0, 1): Adam's β₁; RMSprop has none and ignores it
    T_decay        adds T_decay · T to T's gradient before the optimiser sees it (as the authors do), >= 0
    gamma_penalty  δ of the paper's loss term δ‖γ − 1‖², >= 0
    freeze_T       T is neither updated nor decayed, and its optimiser memory stands still
    hold_gamma     γ is neither updated nor penalised: with T = 0 as well, V stays as orthogonal as γ is 1
    batch_size     sequences a step, >= 1
    gradient_clip  largest norm of the whole gradient, > 0, or None
    threads        torch's threads during a step, >= 1; it changes the last bits of the result

    A value out of range raises ValueError and leaves the old one.
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
    "batch_size": partial(checks.whole, low=1),
    "gradient_clip": _clip,
    "threads": partial(checks.whole, low=1),
}
