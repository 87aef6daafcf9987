"""ShearLab: a 2×2 shear, two sliders, a plane, a curve, a sentence. A first look at transient growth."""

from __future__ import annotations

import html
import json
from threading import RLock
from typing import Any

import ipywidgets as ipw

from ..figures.shear import HORIZON, LARGEST, shear, shear_figure, shear_push, shear_sentence, steps
from ..live import LiveFigure
from . import registry

FORMAT = 1


class ShearLab(ipw.VBox):
    """V = [[0.9, c], [0, 0.8]] with a slider for c and one for the number of steps k. Put it last in a cell.

    c   at the start, from 0 to 5
    k   at the start, from 0 to 40

    `preset` is the lab's state as a line of text, `from_preset` makes a lab from one, `status` says what is shown.
    """

    def __init__(self, c: float = 2.0, k: int = 6) -> None:
        shear(c), steps(k)  # a bad value: ValueError, before anything is made
        self._lock = RLock()  # a callback may come on a thread of its own
        self.slider = ipw.FloatSlider(
            value=c, min=0.0, max=LARGEST, step=0.1, description="c", readout_format=".1f",
            layout=ipw.Layout(width="330px"),
        )  # fmt: skip
        self.steps = ipw.IntSlider(value=k, min=0, max=HORIZON, description="steps k", layout=ipw.Layout(width="330px"))
        self.text = ipw.Text(description="Preset", continuous_update=False, layout=ipw.Layout(width="300px"))
        self.load = ipw.Button(
            description="Load preset", tooltip="set c from the text", layout=ipw.Layout(width="120px")
        )
        self.figure = LiveFigure(shear_figure())
        self.words = ipw.HTML()
        controls = ipw.HBox([self.slider, self.steps, self.text, self.load], layout=ipw.Layout(flex_flow="row wrap"))
        super().__init__([controls, self.figure, self.words])
        registry.take_place(self)
        for slider in (self.slider, self.steps):
            slider.observe(lambda _: self._draw(), "value")
        self.load.on_click(lambda _: self._load())
        self._draw()

    @classmethod
    def from_preset(cls, text: str) -> ShearLab:
        """The lab that a preset describes. ValueError says what is wrong with the text."""
        return cls(*state_of(text))

    @property
    def preset(self) -> str:
        """This lab in a line of text."""
        return json.dumps({"shear": FORMAT, "c": self._c, "k": self.steps.value})

    @property
    def _c(self) -> float:
        return round(float(self.slider.value), 6)

    @property
    def status(self) -> str:
        """What is shown, in words."""
        return str(self.figure.alt)

    def pause(self) -> None:
        """Nothing here plays."""

    def close(self) -> None:
        """Take the lab off the page, parents first."""
        registry.forget(self)
        parts = list(self.children)
        parts += [inner for part in parts for inner in getattr(part, "children", ())]
        super().close()
        for part in parts:
            part.close()

    def _draw(self) -> None:
        with self._lock:
            c, k = self._c, self.steps.value
            self.figure.push(*shear_push(c, k))
            self.figure.alt = shear_sentence(c, k)
            self.text.value = self.preset
            self._say(self.figure.alt)

    def _load(self) -> None:
        try:
            self.slider.value, self.steps.value = state_of(self.text.value)
        except ValueError as problem:
            self._say(str(problem), problem=True)
            return
        self._draw()

    def _say(self, text: str, problem: bool = False) -> None:
        style = ' role="alert" style="color:#A33C00;font-weight:bold"' if problem else ""
        self.words.value = f"<div{style}>{html.escape(text)}</div>"


def state_of(preset: str) -> tuple[float, int]:
    """The c and the k in a preset of a ShearLab; without a k, 6."""
    example = json.dumps({"shear": FORMAT, "c": 2.0, "k": 6})
    try:
        content = json.loads(preset)
    except (json.JSONDecodeError, TypeError) as error:
        raise ValueError(f"this is not a preset: {error}; copy the whole line, such as {example}") from error
    if not isinstance(content, dict) or content.get("shear") != FORMAT:
        raise ValueError(f'this is not a preset of a ShearLab: it lacks "shear": {FORMAT}; one looks like {example}')
    c: Any = content.get("c")
    shear(c)
    return float(c), steps(content.get("k", 6))
