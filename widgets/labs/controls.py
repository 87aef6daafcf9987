"""The training lab's controls: what a person can press and drag. What they then do stands in `wiring.py`."""

from __future__ import annotations

import math
from typing import Any

import ipywidgets as ipw

from nnrnn_core import SequenceModel, Settings
from nnrnn_core.sequence_model import RECURRENTS
from nnrnn_core.training import parameter_groups
from nnrnn_core.training.starts import STARTS

from ..figures.numbers import short
from ..sliders import FloatLogSlider, FloatSlider, IntSlider
from .experiment import FRAMES, Experiment
from .lab import LARGEST_SCALE, ROW, Lab
from .plan import Plan
from .playing import FULL, LESSON

TASKS: dict[str, dict[str, Any]] = {
    "noisy memory": {"name": "noisy-memory", "delays": 20, "noise": 0.5, "length": 80},
    "copy, delay 200": {"name": "copying", "delay": 200},
    "English text": {"name": "characters", "length": 100},
}
WIDE = {"description_width": "120px"}


def _button(description: str, tooltip: str, width: str = "120px", **more: Any) -> ipw.Button:
    return ipw.Button(description=description, tooltip=tooltip, layout=ipw.Layout(width=width), **more)


def _log_slider(description: str, low: float, high: float, value: float) -> FloatLogSlider:
    return FloatLogSlider(
        value=value, min=low, max=high, step=0.1, description=description, style=WIDE, readout_format=".1e",
        continuous_update=False, layout=ipw.Layout(width="380px"),
    )  # fmt: skip


class Controls:
    """In sight: play, step, reset, T scale, release, task. Under More: all the rest."""

    def __init__(self, lab: Lab) -> None:
        self.play = _button("Play", "train, until Pause", "80px", button_style="primary")
        self.step = _button("Step", "one training step", "60px")
        self.reset = _button("Reset", "the same start again: same seed, same settings; the run so far is kept", "65px")
        self.release = _button("Release T", "let T learn, or hold it as it is", "100px")
        self.scale = FloatSlider(
            value=1.0, min=0.0, max=LARGEST_SCALE, step=0.05, description="T scale s", readout_format=".2f",
            style={"description_width": "70px"}, layout=ipw.Layout(width="260px"),
        )  # fmt: skip
        self.task = ipw.Dropdown(
            options=list(TASKS), description="Task", style={"description_width": "40px"},
            layout=ipw.Layout(width="200px"),
        )  # fmt: skip
        self.pace = ipw.ToggleButtons(
            options=[("lesson pace", LESSON), ("full speed", FULL)], value=LESSON, style={"button_width": "auto"},
            tooltips=[f"{LESSON:g} steps a second: what happens can be watched", "as fast as this machine can"],
            layout=ipw.Layout(width="auto"),
        )  # fmt: skip
        self.speed = ipw.Label("", layout=ipw.Layout(width="90px"))
        self.speed.add_class("training-speed")
        self.present = _button("Full screen", "all panels, the controls and the sentence; Esc ends it", "auto")
        self.halve = _button("Halve the rates and go on", "go on training from the last good parameters", "auto")
        self.halve.layout.display = "none"
        # Its range is fixed: after a change of it, the browser's slider still sends End to the old one.
        self.history = IntSlider(
            value=FRAMES, min=0, max=FRAMES, description="History", style={"description_width": "60px"}, readout=False,
            layout=ipw.Layout(width="60%"),
        )  # fmt: skip
        self.history_label = ipw.Label("now")
        self._make_more(lab)
        buttons = [self.play, self.step, self.reset, self.pace, self.speed]
        top = [ipw.HBox(buttons, layout=ROW), self.release, self.scale, self.task, self.present]
        alarm = ipw.HBox([lab.alarm, self.halve], layout=ROW)
        self.head = ipw.VBox([ipw.HBox(top, layout=ROW), alarm])
        self.foot = ipw.VBox([ipw.HBox([self.history, self.history_label]), self.more])
        for part in (lab.words, self.foot):
            part.add_class("below-the-figures")  # in full screen

    def _make_more(self, lab: Lab) -> None:
        wide = ipw.Layout(width="380px")
        self.model = ipw.Dropdown(options=list(RECURRENTS), description="Model", style=WIDE, layout=wide)
        self.hidden_size = ipw.BoundedIntText(value=32, min=2, max=512, step=2, description="Hidden size", style=WIDE)
        self.start = ipw.Dropdown(options=list(STARTS), description="T starts as", style=WIDE, layout=wide)
        self.seed = ipw.IntText(value=0, description="Seed", style=WIDE)
        self.rebuild = _button("Apply: a new run", "with this model, size, start of T and seed", "160px")
        self.hold_gamma = ipw.Checkbox(description="hold γ = 1", indent=False)
        self.whole_loss = ipw.Checkbox(description="gradient of the whole loss", indent=False)
        self.more_growth = ipw.Checkbox(description="typical and measured growth", indent=False)
        self.at_start = ipw.Checkbox(description="gradient and memory at the start", indent=False)
        self.ghost = ipw.Checkbox(description="untouched copy (halves the speed)", indent=False)
        self.rate = _log_slider("Learning rate", -5, -1, 1e-3)
        self.rate_P = _log_slider("… of P", -7, -1, 1e-4)
        self.T_decay = _log_slider("T decay", -7, -1, 1e-7)
        self.gamma_penalty = _log_slider("γ penalty", -5, 1, 1e-5)
        self.noise = _log_slider("T noise σ", -4, 0, 1e-2)
        self.add_noise = _button("Add noise to T", "T ← T + σ · N(0, 1), from the seed", "160px")
        self.restore = _button("Back to the run before", "undo Reset, or a new run", "180px")
        self.said = lab.line()  # what the buttons above have to say
        left = ipw.VBox([self.model, self.hidden_size, self.start, self.seed, self.rebuild, self.restore])
        middle = ipw.VBox([self.rate, self.rate_P, self.T_decay, self.gamma_penalty, self.noise, self.add_noise])
        right = ipw.VBox([self.hold_gamma, self.whole_loss, self.more_growth, self.at_start, self.ghost])
        rows = [
            ipw.HBox([left, middle, right], layout=ipw.Layout(flex_flow="row wrap")),
            self.said,
            lab.saving,
        ]
        self.more = ipw.Accordion([ipw.VBox(rows)], selected_index=None)
        self.more.set_title(0, "More")

    def show(self, experiment: Experiment) -> None:
        """Put every control where the experiment is."""
        plan, training = experiment.plan, experiment.training
        self._show_plan(plan, training.model)
        self._show_settings(training.settings)
        self.scale.value = experiment.scale if math.isfinite(experiment.scale) else 1.0
        self.ghost.value = experiment.ghost is not None
        groups = parameter_groups(training.model)
        has_T, has_P = bool(groups["T"]), bool(groups["P"])
        for control in (self.scale, self.release, self.hold_gamma, self.T_decay, self.gamma_penalty, self.noise):
            control.disabled = not has_T
        self.add_noise.disabled, self.rate_P.disabled = not has_T, not has_P
        self.whole_loss.disabled = training.model.layer is None

    def _show_plan(self, plan: Plan, model: SequenceModel) -> None:
        self.model.options = list(dict.fromkeys([*RECURRENTS, model.name]))
        self.model.value, self.hidden_size.value = model.name, model.hidden_size
        start = plan.start if isinstance(plan.start, str) else "own"
        self.start.options = list(dict.fromkeys([*STARTS, start]))
        self.start.value, self.seed.value = start, plan.seed
        wanted = plan.task.spec()
        label = next((label for label, spec in TASKS.items() if spec == wanted), None)
        self.task.options = [*TASKS, *([] if label else [f"{plan.task.name} (yours)"])]
        self.task.value = label or self.task.options[-1]

    def _show_settings(self, settings: Settings) -> None:
        """The lowest stop of a log slider stands for 0."""
        for name in ("rate", "rate_P", "T_decay", "gamma_penalty"):
            slider = getattr(self, name)
            slider.value = min(max(getattr(settings, name), slider.base**slider.min), slider.base**slider.max)
        self.hold_gamma.value = settings.hold_gamma
        self.release.description = "Release T" if settings.freeze_T else "Freeze T"
        self.release.button_style = "warning" if settings.freeze_T else ""

    def show_playing(self, playing: bool) -> None:
        self.play.description = "Pause" if playing else "Play"
        self.play.button_style = "" if playing else "primary"
        self.step.disabled = playing
        self.speed.value = ""

    def show_speed(self, steps: float, slider_first: bool = False) -> None:
        """Measured, in steps a second. slider_first: it trains in short turns now, so that a slider's move is answered
        at once; that is why it is slower."""
        self.speed.value = f"{short(steps, 2)} steps/s" + ("\nslider first" if slider_first else "")

    def zero_or(self, slider: FloatLogSlider) -> float:
        """A log slider's value; its lowest stop means 0: no decay, no penalty."""
        return 0.0 if slider.value <= slider.base**slider.min * 1.001 else float(slider.value)
