"""How numbers are written in sentences, titles and labels: one place for all figures and labs."""

from __future__ import annotations

import math
from typing import Any

from nnrnn_core.dynamics import Time

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def short(value: float, digits: int = 3) -> str:
    """A number in a few digits: 0.333, 2,470, −1, 1.15·10⁷; what has left float64 in words."""
    if not math.isfinite(value):
        return "not determined" if math.isnan(value) else "beyond 10³⁰⁸"
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    if -5 < int(power) < 6:
        text = f"{float(f'{value:.{digits}g}'):z,.10g}"  # z: no minus before a zero
    else:
        text = f"{float(mantissa):g}·{power_of_ten(int(power))}"
    return text.replace("-", "−")


def fixed(value: float, places: int = 3) -> str:
    """A number with so many places behind the point: 1.000. It does not jump from side to side while it changes."""
    return f"{value:z.{places}f}".replace("-", "−")


def count(value: int) -> str:
    """A whole number: 12,345."""
    return f"{value:,}"


def updates(value: int) -> str:
    """A number of updates, with its noun: 1 update, 1,200 updates."""
    return f"{count(value)} update{'' if value == 1 else 's'}"


def total(value: float) -> str:
    """A total of J(k), which is compared with 1: 0.0123, 1.000, 20.83; "lost" where float64 does not determine it."""
    if not math.isfinite(value):
        return "lost"
    return short(value) if value < 0.1 else fixed(value, 3 if value < 10 else 2)


def moment(value: float, time: Time) -> str:
    """When something happens: k = 7 steps, or t = 0.8."""
    return f"k = {value:.0f}" if time == "discrete" else f"t = {short(value)}"


def power_of_ten(exponent: int) -> str:
    """10 to the power of a whole number: 10⁻³."""
    return "10" + str(exponent).translate(RAISED)


def tidy(value: Any) -> Any:
    """What a slider reports as 0.30000000000000004, as 0.3; anything but a float as it is."""
    return float(f"{value:.9g}") if isinstance(value, float) else value
