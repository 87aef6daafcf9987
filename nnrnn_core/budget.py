"""The width at which a network has a given number of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from torch import nn

from .checks import whole_number

STEPS = 4096  # widths that are tried, one after another, until a network takes one (the FFT style takes powers of two)


@runtime_checkable
class Sized(Protocol):
    """What a width depends on: the sizes of a task, and what it asks of a model."""

    input_size: int
    output_size: int

    @property
    def model_options(self) -> dict[str, Any]: ...


def count_parameters(module: nn.Module) -> int:
    """Numbers that are trained."""
    return sum(parameter.numel() for parameter in module.parameters())


def budget_width(model: Callable[[int], nn.Module], parameters: int) -> int:
    """The width n at which model(n) has a number of parameters nearest to `parameters`, found by halving.

    The number must grow with n. Widths that the model refuses with a ValueError (odd ones, say) are passed over.
    """
    whole_number("parameters", parameters, 1)
    low = _count_from(model, 1)
    if low[1] > 2 * parameters:
        least = f"{-(-low[1] // 2)}, half of what the narrowest network has, {low[0]} wide"
        raise ValueError(f"parameters must be at least {least}; got {parameters}")
    high = low
    while high[1] < parameters:
        low, high = high, _count_from(model, 2 * high[0])
    while low[0] + 1 < high[0]:
        middle = (low[0] + high[0]) // 2
        found = _count_from(model, middle)
        if found[0] >= high[0]:  # no width between the middle and the upper end: go on below the middle
            found = _count_below(model, middle, low)
            if found[0] == low[0]:
                break
        low, high = (found, high) if found[1] < parameters else (low, found)
    return min((low, high), key=lambda end: (abs(end[1] - parameters), end[0]))[0]


def _count_from(model: Callable[[int], nn.Module], width: int) -> tuple[int, int]:
    """The first width from this one on that the model takes, and its number of parameters."""
    for n in range(width, width + STEPS):
        try:
            return n, count_parameters(model(n))
        except ValueError as error:
            refused = error
    raise refused


def _count_below(model: Callable[[int], nn.Module], width: int, low: tuple[int, int]) -> tuple[int, int]:
    """The last width below this one that the model takes, or `low`."""
    for n in range(width - 1, low[0], -1):
        try:
            return n, count_parameters(model(n))
        except ValueError:
            continue
    return low
