"""What a person can do to a training between two steps: by name, checked, told in a word, replayed from a preset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from nnrnn_core import SchurMatrix, Training, checks

from ..figures.numbers import short
from .lab import LARGEST_SCALE


@dataclass(frozen=True)
class Action:
    """do(training, value) returns the value as it is noted; word(value) stands on the loss curve; absolute: of several
    in a row between two steps only the last counts."""

    do: Callable[[Training, Any], Any]
    word: Callable[[Any], str]
    absolute: bool = True


def _schur(training: Training) -> SchurMatrix:
    if not isinstance(training.model.V, SchurMatrix):
        raise ValueError(f"{training.model.name} has no T; choose the model nnrnn")
    return training.model.V


def _set_scale(training: Training, value: Any) -> float:
    V = _schur(training)
    scale = checks.number("T scale", value, 0, LARGEST_SCALE)
    V.scale.fill_(scale)
    return scale


def _set_T(training: Training, value: ArrayLike) -> np.ndarray:
    V = _schur(training)
    V.set_T(value)
    return V.T.detach().cpu().numpy()


def _add_noise(training: Training, value: list[Any]) -> list[Any]:
    """T ← T + σ · N(0, 1); value: σ and the number of the draw, which
    together with the run's seed and its number of updates decides what is drawn."""
    V = _schur(training)
    sigma, draw = value
    sigma = checks.number("T noise", sigma, 0, above=True)
    source = np.random.SeedSequence([training.seed % 2**32, training.index, draw]).generate_state(1)[0]
    generator = torch.Generator().manual_seed(int(source))
    with torch.no_grad():
        drawn = torch.randn(V.T_entries.shape, generator=generator, dtype=V.T_entries.dtype)
        V.T_entries.add_(sigma * drawn.to(V.T_entries.device))
    return [sigma, draw]


def _hold_gamma(training: Training, value: Any) -> bool:
    V = _schur(training)
    training.settings.hold_gamma = value
    if value:
        with torch.no_grad():
            V.gamma.fill_(1)
    return bool(value)


def _freeze_T(training: Training, value: Any) -> bool:
    _schur(training)
    training.settings.freeze_T = value
    return bool(value)


def _stop(training: Training, _: Any) -> None:
    """Back to the last good parameters: what a step that diverged did to the run."""
    training.restore_last_good()


def _halve_rates(training: Training, _: Any) -> None:
    training.settings.rate /= 2
    training.settings.rate_P /= 2


def _setting(name: str, symbol: str) -> Action:
    def do(training: Training, value: Any) -> Any:
        setattr(training.settings, name, value)
        return getattr(training.settings, name)

    return Action(do, lambda value: f"{symbol} {short(value, 2)}")


ACTIONS: dict[str, Action] = {
    "scale": Action(_set_scale, lambda value: f"s = {short(value)}"),
    "freeze_T": Action(_freeze_T, lambda value: "freeze T" if value else "release T"),
    "hold_gamma": Action(_hold_gamma, lambda value: "hold γ = 1" if value else "γ free"),
    "T": Action(_set_T, lambda _: "own T"),
    "T_noise": Action(_add_noise, lambda value: f"T noise {short(value[0], 2)}", absolute=False),
    "diverged": Action(_stop, lambda _: "diverged"),
    "halve_rates": Action(_halve_rates, lambda _: "rates halved", absolute=False),
    "T_decay": _setting("T_decay", "T decay"),
    "gamma_penalty": _setting("gamma_penalty", "γ penalty"),
    "rate": _setting("rate", "rate"),
    "rate_P": _setting("rate_P", "rate of P"),
}
