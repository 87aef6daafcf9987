"""AssembleLab: the parts of the nnRNN's matrix, and V, which is put together from them while sliders move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import ipywidgets as ipw
import numpy as np

from nnrnn_core.dynamics.assembly import MASKS

from ..figures.assemble import ARRANGEMENTS, assemble_figure, assemble_push
from ..figures.assemble_words import assemble_sentence
from ..figures.numbers import tidy
from ..jupyter import said_in_words
from ..live import LiveFigure
from ..sliders import FloatSlider, IntSlider
from .assemble_state import LARGEST_GAMMA, LARGEST_INSIDE, LARGEST_SIZE, LARGEST_THETA, AssembleState
from .lab import LARGEST_SCALE, ROW, Lab

OF_BLOCK = ("gamma", "theta", "inside")


class AssembleLab(Lab):
    """V = P (Λ + s T) Pᵀ from its parts, with sliders for γ and θ of one block and for s. Put it last in a cell.

    size     2 to 32, even: of V
    mask     "block" or "entry": where T is free
    scale    s
    gamma, theta, inside   of each block, or one number for all: γ, θ, and T's entry inside the block, which counts with
                           the entry mask
    turn     a of P = exp(a (A − Aᵀ))
    block    the one that the sliders move, from 1
    seed     of A and T

    `state` is all that is chosen, `set(field=value)` chooses, `V` is the matrix. `status` says what is shown, `preset`
    is the lab as a line of text, `from_preset` its way back, `code` draws the same, `export(path)` saves the numbers.
    """

    kind = "assemble"
    lines_of_words = 3

    @said_in_words()
    def __init__(self, size: int = 8, *, state: AssembleState | None = None, **chosen: Any) -> None:
        self.state = state or AssembleState.begin(size, **chosen)  # a bad value raises ValueError here
        super().__init__()
        self._bound: list[tuple[ipw.Widget, str]] = []  # controls, and the fields that they show
        in_sight, more = self._make_controls()
        self.figures = [LiveFigure(assemble_figure())]
        self.figures[0].arrange(ARRANGEMENTS)
        rows = [*(ipw.HBox(row, layout=ROW) for row in more), self.saving, *self.code_parts()]
        self.more = ipw.Accordion([ipw.VBox(rows)], selected_index=None)
        self.more.set_title(0, "More")
        self.appear([ipw.HBox(in_sight, layout=ROW), self.alarm, *self.figures, self.words, self.more])
        self.show_controls()
        self.settle()

    @classmethod
    @said_in_words()
    def from_preset(cls, text: str) -> AssembleLab:
        """The lab that a preset describes. ValueError says what is wrong with the text."""
        return cls(state=AssembleState.from_preset(text))

    # ---- what is chosen
    @property
    def V(self) -> np.ndarray:
        """The matrix shown."""
        return self.state.parts.V

    @said_in_words()
    def set(self, **changes: Any) -> None:
        """Choose: `set(mask="entry", scale=0.5)`; the fields of `state`, and size. ValueError: nothing has changed."""
        with self.lock:
            state = self.state
            if "size" in changes:
                state = state.of_size(changes.pop("size"))
            known = AssembleState.__dataclass_fields__
            if unknown := set(changes) - set(known):
                raise ValueError(f"this lab has size, {', '.join(known)} to set; got {', '.join(sorted(unknown))}")
            self._show(replace(state, **changes))

    def load_preset(self, text: str) -> None:
        self._show(AssembleState.from_preset(text))

    def _show(self, state: AssembleState) -> None:
        self.state = state
        self.show_controls()
        self.settle()

    def _slid(self, field: str, value: Any) -> None:
        """A control has chosen a number of the chosen block, a size, or another field."""
        if field in OF_BLOCK:
            self._show(self.state.with_block(**{field: value}))
        else:
            self.set(**{field: value})

    # ---- what the base asks for
    @property
    def status(self) -> str:
        return assemble_sentence(self.state.parts)

    @property
    def preset(self) -> str:
        return self.state.as_preset()

    @property
    def code(self) -> str:
        return self.state.code()

    def columns(self) -> Mapping[str, np.ndarray]:
        """The eigenvalues, what γ and θ say they are, and V column by column."""
        parts = self.state.parts
        pairs = {"": parts.eigenvalues, "meant_": parts.meant}
        values = {f"{name}{part}": getattr(z, part) for name, z in pairs.items() for part in ("real", "imag")}
        return {**values, **{f"V_{j}": column for j, column in enumerate(parts.V.T)}}

    def arrays(self) -> Mapping[str, np.ndarray]:
        parts = self.state.parts
        numbers = {"gamma": parts.gamma, "theta": parts.theta, "T": self.state.T}
        return {"P": parts.P, "form": parts.form, "V": parts.V, "eigenvalues": parts.eigenvalues, **numbers}

    def show_controls(self) -> None:
        state = self.state
        with self.quietly():
            self.block.max = len(state.gamma)
            for control, field in self._bound:
                control.value = state.of_block(field) if field in OF_BLOCK else getattr(state, field)
            self.inside.disabled = state.mask == "block"

    def settle(self) -> None:
        with self.lock:
            self.figures[0].push(*assemble_push(self.state.parts))
            self.say()
            self.show_texts()

    # ---- controls
    def _make_controls(self) -> tuple[list[ipw.Widget], list[list[ipw.Widget]]]:
        slider = self._slider
        in_sight = [
            slider("gamma", "γ", LARGEST_GAMMA, 0.01, "radius of the chosen block: T leaves it the modulus"),
            slider("theta", "θ", LARGEST_THETA, 0.01, "angle of the chosen block, in radians"),
            slider("scale", "T scale s", LARGEST_SCALE, 0.05, "how much of the feed-forward part"),
        ]
        self.gamma, self.theta, self.scale = in_sight
        self.mask = ipw.ToggleButtons(
            options=[(f"{mask} mask", mask) for mask in MASKS],
            tooltips=["strictly below the 2×2 blocks", "below the diagonal: one entry in each block as well"],
            style={"button_width": "110px"},
        )  # fmt: skip
        self._bind(self.mask, "mask")
        self.inside = slider(
            "inside", "t in block", LARGEST_INSIDE, 0.05, "T's entry inside the block", -LARGEST_INSIDE
        )
        self.block = self._whole("block", "block", 1, len(self.state.gamma), 1, "whose γ, θ and t the sliders are")
        self.size = self._whole("size", "n, units", 2, LARGEST_SIZE, 2, "new blocks, as many as it takes")
        self.turn = slider("turn", "a, of P", LARGEST_SCALE, 0.05, "P = exp(a (A − Aᵀ)); 0: P = I")
        return in_sight, [[ipw.Label("T is free in the"), self.mask, self.inside], [self.block, self.size, self.turn]]

    def _slider(self, field: str, label: str, high: float, step: float, words: str, low: float = 0.0) -> ipw.Widget:
        slider = FloatSlider(
            value=0.0, min=low, max=high, step=step, description=label, readout_format=".2f",
            style={"description_width": "80px"}, layout=ipw.Layout(width="330px"),
        )  # fmt: skip
        slider.tooltip = words
        return self._bind(slider, field)

    def _whole(self, field: str, label: str, low: int, high: int, step: int, words: str) -> ipw.Widget:
        slider = IntSlider(
            value=low, min=low, max=high, step=step, description=label,
            style={"description_width": "80px"}, layout=ipw.Layout(width="330px"),
        )  # fmt: skip
        slider.tooltip = words
        return self._bind(slider, field)

    def _bind(self, control: ipw.Widget, field: str) -> ipw.Widget:
        """Tie a control to a field, both ways."""
        self._bound.append((control, field))
        control.observe(lambda change: self.chosen(lambda: self._slid(field, tidy(change["new"]))), "value")
        return control
