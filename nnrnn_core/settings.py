"""Hyperparameters of a training run: plain numbers, checked when they are set, allowed to change between steps."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

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


def _number(low: float, low_included: bool = True, high: float = math.inf) -> Any:
    wanted = f"{'at least' if low_included else 'above'} {low:g}" + (f" and below {high:g}" if high < math.inf else "")

    def check(name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name} must be a number {wanted}; got {value!r}")
        if not math.isfinite(value) or value < low or value >= high or (value == low and not low_included):
            raise ValueError(f"{name} must be {wanted} and finite; got {value!r}")
        return float(value)

    return check


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}")
    return value


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False; got {value!r}")
    return value


def _optimiser(name: str, value: Any) -> str:
    if value not in OPTIMISERS:
        raise ValueError(f"{name} must be one of {', '.join(OPTIMISERS)}; got {value!r}")
    return str(value)


def _clip(name: str, value: Any) -> float | None:
    return None if value is None else float(_number(0, low_included=False)(name, value))


_CHECKS: dict[str, Any] = {
    "rate": _number(0, low_included=False),
    "rate_P": _number(0),
    "optimiser": _optimiser,
    "smoothing": _number(0, high=1),
    "momentum": _number(0, high=1),
    "T_decay": _number(0),
    "gamma_penalty": _number(0),
    "freeze_T": _switch,
    "hold_gamma": _switch,
    "batch_size": _count,
    "gradient_clip": _clip,
    "threads": _count,
}
