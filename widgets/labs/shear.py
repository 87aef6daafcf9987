"""ShearLab: a 2×2 shear, two sliders, a plane, a curve, a sentence. A first look at transient growth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import ipywidgets as ipw
import numpy as np

from nnrnn_core import dynamics

from ..figures.numbers import tidy
from ..figures.shear import (
    ARRANGEMENTS,
    HORIZON,
    LARGEST,
    UNNAMED,
    shear,
    shear_figure,
    shear_push,
    shear_sentence,
    steps,
)
from ..jupyter import said_in_words
from ..live import LiveFigure
from ..sliders import FloatSlider, IntSlider
from .lab import ROW, Lab
from .preset_text import read_preset

FORMAT = 1


class ShearLab(Lab):
    """V = [[0.9, c], [0, 0.8]] with a slider for c and one for the number of steps k. Put it last in a cell.

    c   at the start, from 0 to 5
    k   at the start, from 0 to 40

    `status` says what is shown, `preset` is the lab's state as a line of text, `from_preset` makes a lab from one,
    `code` draws the same, `export(path)` saves the numbers.
    """

    kind = "shear"

    @said_in_words()
    def __init__(self, c: float = 2.0, k: int = 6) -> None:
        shear(c), steps(k)  # a bad value raises ValueError here, before anything is made
        super().__init__()
        self.slider = FloatSlider(
            value=c, min=0.0, max=LARGEST, step=0.1, description="c", readout_format=".1f",
            layout=ipw.Layout(width="330px"),
        )  # fmt: skip
        self.steps = IntSlider(value=k, min=0, max=HORIZON, description="steps k", layout=ipw.Layout(width="330px"))
        self.figures = [LiveFigure(shear_figure())]
        self.figures[0].arrange(ARRANGEMENTS)
        for slider in (self.slider, self.steps):
            slider.observe(lambda _: self.chosen(self.settle), "value")
        controls = ipw.HBox([self.slider, self.steps], layout=ROW)
        more = ipw.Accordion([ipw.VBox([ipw.HTML(UNNAMED), self.saving, *self.code_parts()])], selected_index=None)
        more.set_title(0, "More")
        self.appear([controls, self.alarm, *self.figures, self.words, more])
        self.settle()

    @classmethod
    @said_in_words()
    def from_preset(cls, text: str) -> ShearLab:
        """The lab that a preset describes. ValueError says what is wrong with the text."""
        return cls(*state_of(text))

    @property
    def state(self) -> tuple[float, int]:
        """c and k, as the sliders say."""
        return float(tidy(self.slider.value)), int(self.steps.value)

    @property
    def status(self) -> str:
        return shear_sentence(*self.state)

    @property
    def preset(self) -> str:
        c, k = self.state
        return json.dumps({"shear": FORMAT, "c": c, "k": k})

    def load_preset(self, text: str) -> None:
        c, k = state_of(text)
        with self.quietly():
            self.slider.value, self.steps.value = c, k
        self.settle()

    @property
    def code(self) -> str:
        c, k = self.state
        return f"""import numpy as np
import plotly.graph_objects as go
from nnrnn_core import dynamics

V = np.array([[0.9, {c!r}], [0.0, 0.8]])
k = np.arange({HORIZON + 1})
growth = dynamics.transient_growth(V, {HORIZON})
start, response, gain = dynamics.optimal_input(V, {k})  # the start of length 1 that {k} steps stretch most
figure = go.Figure([go.Scatter(x=k, y=growth, name="‖V^k‖₂"), go.Scatter(x=k, y=0.9**k, name="0.9^k")])
figure
"""

    def columns(self) -> Mapping[str, np.ndarray]:
        growth = dynamics.transient_growth(shear(self.state[0]), HORIZON)
        return {"k": np.arange(HORIZON + 1), "growth": growth}

    def arrays(self) -> Mapping[str, np.ndarray]:
        V = shear(self.state[0])
        best = dynamics.optimal_input(V, self.state[1])
        return {"V": V, **self.columns(), "start": best.input, "response": best.response}

    def show_controls(self) -> None:
        """The sliders are the state: they stand where it is."""

    def settle(self) -> None:
        with self.lock:
            self.figures[0].push(*shear_push(*self.state))
            self.say()
            self.show_texts()


def state_of(preset: str) -> tuple[float, int]:
    """The c and the k in a preset of a ShearLab; without a k, 6."""
    example = json.dumps({"shear": FORMAT, "c": 2.0, "k": 6})
    content = read_preset(preset, "shear", FORMAT, "ShearLab", example)
    c: Any = content.get("c")
    shear(c)
    return float(c), steps(content.get("k", 6))
