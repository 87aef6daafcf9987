"""What each control of a TrainingLab does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnrnn_core import tasks

from ..figures.frame import frame_of
from ..figures.numbers import count, updates
from .controls import TASKS
from .experiment import FRAMES
from .plan import make_plan

if TYPE_CHECKING:
    from .training import TrainingLab


def connect(lab: TrainingLab) -> None:
    """Give every button and every other control what it does; each goes through `Lab.guarded`."""
    c = lab.controls
    for button, action, line in (
        (c.play, lab.play_or_pause, None), (c.step, lab.step, None), (c.halve, lambda: _halve_and_go_on(lab), None),
        (c.present, lambda: lab.lines.full_screen(f".{lab.kind}-lab"), None),
        (c.reset, lambda: lab.new_run(lab.experiment.plan), None), (c.restore, lab.restore, c.said),
        (c.release, lambda: lab.intervene("freeze_T", not lab.experiment.training.settings.freeze_T), None),
        (c.rebuild, lambda: _rebuild(lab), c.said),
        (c.add_noise, lambda: lab.intervene("T_noise", c.noise.value), c.said),
    ):  # fmt: skip
        button.on_click(lambda _, action=action, line=line: lab.guarded(action, line))
    for control, changed in (
        (c.scale, lambda: lab.drag_scale(round(c.scale.value, 6))),  # 0 and 1 exactly
        (c.task, lambda: _change_task(lab)),
        (c.pace, lambda: lab.set_pace(c.pace.value)),
        (c.history, lambda: _show_history(lab)),
        (c.hold_gamma, lambda: lab.intervene("hold_gamma", c.hold_gamma.value)),
        (c.whole_loss, lambda: _show_other_curves(lab)),
        (c.more_growth, lambda: _show_other_curves(lab)),
        (c.at_start, lambda: _show_other_curves(lab)),
        (c.ghost, lambda: lab.experiment.set_ghost(c.ghost.value)),
        (c.rate, lambda: lab.intervene("rate", c.rate.value)),
        (c.rate_P, lambda: lab.intervene("rate_P", c.rate_P.value)),
        (c.T_decay, lambda: lab.intervene("T_decay", c.zero_or(c.T_decay))),
        (c.gamma_penalty, lambda: lab.intervene("gamma_penalty", c.zero_or(c.gamma_penalty))),
    ):
        control.observe(lambda _, changed=changed: lab.chosen(changed), "value")


def _halve_and_go_on(lab: TrainingLab) -> None:
    lab.experiment.intervene("halve_rates")
    lab.show_controls()
    lab.play_or_pause()


def _change_task(lab: TrainingLab) -> None:
    spec = TASKS.get(lab.controls.task.value)
    if spec is not None:
        plan = lab.experiment.plan
        model = plan.model if isinstance(plan.model, str) else "nnrnn"
        lab.new_run(make_plan(tasks.make(**spec), None, model, "zero", plan.seed))


def _rebuild(lab: TrainingLab) -> None:
    c, plan = lab.controls, lab.experiment.plan
    model = plan.model if c.model.value == lab.experiment.training.model.name else c.model.value
    start = plan.start if c.start.value == "own" else c.start.value
    lab.new_run(make_plan(plan.task, c.hidden_size.value, model, start, c.seed.value))


def _show_history(lab: TrainingLab) -> None:
    c, snapshots = lab.controls, lab.experiment.snapshots
    if lab.playing:
        wanted = c.history.value
        lab.pause()
        with lab.quietly():
            c.history.value = wanted
    place = round(c.history.value / FRAMES * len(snapshots))
    if place == len(snapshots):
        lab.look()
        lab.draw(exact=lab.small)
        return
    snapshot = snapshots[place]
    lab.paint(frame_of(snapshot, lab.small, lab.panels.frame))
    c.history_label.value = f"after {count(snapshot.updates)} of {updates(lab.experiment.training.index)}"


def _show_other_curves(lab: TrainingLab) -> None:
    if not lab.playing:
        lab.look()  # a slider's move may have left only one of the two gradients behind
    lab.draw(exact=lab.small and not lab.playing)
