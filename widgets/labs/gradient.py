"""GradientLab: gradients through time as products of Jacobians, with the feed-forward part and without it."""

from __future__ import annotations

from typing import Any, ClassVar

import ipywidgets as ipw

from ..figures.gradient import ARRANGEMENTS, LONG, Stretch, exponents_push, gradient_figure, gradient_push, shown_push
from ..live import LiveFigure
from ..sliders import FloatSlider, IntSlider
from .gradient_state import NONLINEARITIES, GradientState
from .lab import ROW
from .matrices import source_of
from .matrix import MatrixLab
from .matrix_state import MatrixState


class GradientLab(MatrixLab):
    __doc__ = f"""How far products of Jacobians stretch, forward and backward, beside the same network with T = 0.

    To set: scale (of the feed-forward part), nonlinearity ("identity", "tanh", "relu", "modrelu"), length, and gain,
    strength (of the noise that drives the network), bias, seed, details (the root mean square, T = 0 in all panels, the
    long run: under More). Up to 200 rows, discrete time.

    {MatrixLab.__doc__}"""
    kind: ClassVar[str] = "gradient"
    state_type: ClassVar[type[MatrixState]] = GradientState
    default_presets: ClassVar[tuple[str, ...]] = (
        "nnrnn_schur", "random_orthogonal", "shear", "delay_line", "feed_forward_layers", "random", "grcar", "table6",
    )  # fmt: skip
    lines_of_words: ClassVar[int] = 3
    _drawn: tuple[Stretch, Stretch, bool]  # with T, without it, and whether they are exact

    @property
    def status(self) -> str:
        return str(self.state.sentence_of(*self._drawn))

    def make_figures(self) -> list[LiveFigure]:
        figure = LiveFigure(gradient_figure())
        figure.arrange(ARRANGEMENTS)
        return [figure]

    def make_controls(self) -> tuple[list[ipw.Widget], list[ipw.Widget]]:
        names = [(label, name) for name, label in NONLINEARITIES.items()]
        self.nonlinearity = ipw.ToggleButtons(
            options=names, description="φ", style={"button_width": "auto", "description_width": "20px"},
            layout=ipw.Layout(width="auto", display="flex", flex_flow="row nowrap", align_items="center"),
        )  # fmt: skip
        self.nonlinearity.tooltip = "the nonlinearity"
        self.length = self._slider("length", "steps", 5, 150, 1, "from the first state to the last, whose loss it is")
        self.gain = self._slider("gain", "gain g", 0.5, 1.5, 0.05, "a factor of V")
        self.strength = self._slider("strength", "input", 0.0, 1.0, 0.05, "strength of the noise into every unit")
        self.bias = self._slider("bias", "bias b", -1.0, 1.0, 0.05, "of every unit; of modReLU the threshold")
        self.seed = self._slider("seed", "noise number", 0, 20, 1, "which noise drives the network")
        self.details = ipw.Checkbox(
            description="root mean square; in the lower panels T = 0 and the long run", indent=False,
            layout=ipw.Layout(width="auto"),
        )  # fmt: skip
        more = [ipw.HBox([self.gain, self.strength], layout=ROW), ipw.HBox([self.bias, self.seed], layout=ROW)]
        more.append(self.bind(self.details, "details"))
        return [self.scale_slider(), self.bind(self.nonlinearity, "nonlinearity"), self.length], more

    def _slider(self, field: str, label: str, low: float, high: float, step: float, words: str) -> ipw.Widget:
        kind = IntSlider if isinstance(step, int) else FloatSlider
        slider = kind(
            value=low, min=low, max=high, step=step, description=label, readout_format="d" if step == 1 else ".2f",
            style={"description_width": "90px"}, layout=ipw.Layout(width="330px"),
        )  # fmt: skip
        slider.tooltip = words
        return self.bind(slider, field)

    def show_controls(self) -> None:
        with self.quietly():
            for slider, value in ((self.length, self.state.length), (self.seed, self.state.seed)):
                slider.min, slider.max = min(slider.min, value), max(slider.max, value)
            for slider in (self.strength, self.bias, self.seed):
                slider.disabled = self.state.is_linear  # whose Jacobians no input changes
        super().show_controls()

    def paint(self, settled: bool) -> None:
        state = self.state
        shown, normal = state.stretch(settled), state.without_T(settled)
        waits = state.details and not (settled or state.is_linear)  # a driven network's long run is no slider's work
        traces, layout = gradient_push(shown, normal, state.rate, state.details)
        long = state.long_time if state.details and not waits else None
        more, axes = exponents_push(shown, normal, state.rates, long)
        traces |= more
        for name, seen in shown_push(state.details).items():
            traces.setdefault(name, {}).update(seen)
        self._drawn = shown, normal, settled
        self.figures[0].push(traces, layout | axes, pending=(LONG,) if waits else ())

    def _take(self, matrix: Any) -> None:
        """A matrix that a control has chosen comes under the present circumstances."""
        self._show(self.state.with_source(source_of(matrix)), settled=False)
