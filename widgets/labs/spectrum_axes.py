"""The axes of a SpectrumLab by hand: ε as a number, the window of the plane, the contours, the grid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as ipw

from .lab import ROW, Lab
from .spectrum_state import POINTS, SpectrumState

AUTOMATIC = {"window": (), "levels": (), "points": 0}


class SpectrumAxes:
    """Fields that choose `eps`, `window`, `levels` and `points`, and a button that makes all but ε automatic again."""

    def __init__(self, lab: Lab) -> None:
        self._lab: Any = lab
        self.said = lab.line()
        self.eps = self._field("ε", "size of the perturbations, as a number: 0.03", lambda text: {"eps": _number(text)})
        self.window = self._field(
            "window", "Re and Im of its middle, half its side: 0, 0, 1.5", lambda text: {"window": _numbers(text)}
        )
        self.levels = self._field("contours", "up to 6 levels ε: 0.1, 0.01", lambda text: {"levels": _numbers(text)})
        self.points = self._field(
            "grid", f"points along an axis, {POINTS[0]} to {POINTS[1]}", lambda text: {"points": _whole(text)}
        )
        self.reset = lab.button("Automatic axes", lambda: self._lab.set(**AUTOMATIC), "as the lab chooses them")
        fields = [self.eps, self.window, self.levels, self.points]
        self.parts = [ipw.HBox([*fields, self.reset], layout=ROW), self.said]

    def show(self, state: SpectrumState) -> None:
        """Every field as the state has it; empty where the lab chooses."""
        self.eps.value = f"{state.eps:.6g}"
        self.window.value = ", ".join(f"{value:.6g}" for value in state.window)
        self.levels.value = ", ".join(f"{value:.6g}" for value in state.levels)
        self.points.value = str(state.points or "")

    def _field(self, label: str, words: str, read: Callable[[str], dict[str, Any]]) -> ipw.Text:
        field = ipw.Text(
            description=label, placeholder="automatic", continuous_update=False,
            style={"description_width": "70px"}, layout=ipw.Layout(width="260px"),
        )  # fmt: skip
        field.tooltip = words

        def typed(change: dict[str, Any]) -> None:
            if not self._lab._quiet:
                self._lab.guarded(lambda: self._lab.set(**read(change["new"])), self.said)

        field.observe(typed, "value")
        return field


def _number(text: str) -> float:
    try:
        return float(text.replace("−", "-"))
    except ValueError:
        raise ValueError(f"a number is wanted here, such as 0.03; got {text!r}") from None


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(_number(part) for part in text.replace(";", ",").split(",") if part.strip())


def _whole(text: str) -> int:
    if not text.strip():
        return 0
    if not text.strip().isdecimal():
        raise ValueError(f"the grid has {POINTS[0]} to {POINTS[1]} points along an axis, a whole number; got {text!r}")
    return int(text)
