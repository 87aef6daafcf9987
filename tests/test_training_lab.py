"""TrainingLab without a browser: every control is pressed, at its extremes too, and asked what it did."""

from __future__ import annotations

import copy
import html
import json
import math
import random
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nnrnn_core import Diverged, SequenceModel, Settings, tasks
from widgets import TrainingLab
from widgets.figures.numbers import fixed, short, total, updates
from widgets.labs import registry
from widgets.labs.drawing import SEQUENCE_APART
from widgets.labs.experiment import DRAG, FRAMES, Experiment
from widgets.labs.plan import make_plan
from widgets.labs.playing import BEHIND, FRAMES_APART, FRAMES_PER_TICK, FULL, LESSON, SHORT_BUDGET


def copying(**options: object) -> TrainingLab:
    return TrainingLab(tasks.Copying(delay=10), 8, **options)  # type: ignore[arg-type]


def weights(lab: TrainingLab) -> list[torch.Tensor]:
    return [tensor.clone() for tensor in lab.experiment.training.model.state_dict().values()]


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def alarm(lab: TrainingLab) -> str:
    return re.sub("<[^>]*>", "", lab.alarm.value + lab.note.value)


def test_the_lab_opens_on_noisy_memory_with_T_zero_and_frozen() -> None:
    lab = TrainingLab()
    training = lab.experiment.training
    assert training.task.name == "noisy-memory" and training.model.hidden_size == 32
    assert training.settings.freeze_T and float(training.model.V.departure()) == 0  # type: ignore[union-attr]
    assert lab.controls.release.description == "Release T" and lab.controls.task.value == "noisy memory"
    assert "orthogonal" in lab.status and lab.status.startswith("After 0 updates: loss")


def test_the_lab_and_a_plain_training_take_the_same_steps_bit_for_bit() -> None:
    lab = copying(start="random", seed=3)
    plain = Experiment(make_plan(tasks.Copying(delay=10), 8, start="random", seed=3)).plan.make()
    lab.controls.ghost.value = True
    losses = [plain.step().loss for _ in range(12)]
    lab.step(5)
    lab.controls.whole_loss.value = True  # looking changes nothing
    lab.controls.history.value = 0
    lab.step(7)
    assert lab.experiment.curves.loss.tolist() == losses
    assert same(weights(lab), list(plain.model.state_dict().values()))


def test_the_clock_takes_the_same_steps_as_step_does() -> None:
    lab, other = copying(), copying()
    lab.controls.play.click()
    assert lab.controls.play.description == "Pause" and lab.lines.playing
    for _ in range(3):
        lab._playing.tick()
    lab.controls.play.click()
    done = lab.experiment.training.index
    lab._playing.tick()
    assert lab.experiment.training.index == done >= 3, "Pause means pause"
    other.step(done)
    assert other.experiment.curves.loss == lab.experiment.curves.loss


# --- titles and sentence have the numbers of the figure, whatever a person has done


def title_total(lab: TrainingLab) -> str:
    return lab.lines.figure.layout.annotations[4].text.partition(", total ")[2].removeprefix("about ")


def assert_the_title_is_that_of_the_figure(lab: TrainingLab, done: list[str]) -> None:
    memory = lab.lines.array("J(k)", "y")
    assert title_total(lab) == (total(memory.sum()) if np.isfinite(memory).all() else ""), done
    assert ("estimate" in lab.lines.figure.layout.annotations[2].text) == (not lab.panels.frame.exact)  # type: ignore[union-attr]


def assert_the_sentence_is_that_of_the_figure(lab: TrainingLab, done: list[str]) -> None:
    x, y = (lab.lines.array("loss", axis) for axis in "xy")
    worst, k = (lab.lines.array("largest ‖Vᵏ‖₂", axis) for axis in "yx")
    radius = np.hypot(*(lab.lines.array("eigenvalues", axis) for axis in "xy")).max()
    memory, gradient = lab.lines.array("J(k)", "y"), lab.lines.array("now", "y")
    words, at = lab.status, int(worst.argmax())
    about = "" if lab.panels.frame.exact else "about "  # type: ignore[union-attr]
    assert words.startswith(f"After {updates(int(x[-1]))}: loss {short(y[-1])}, "), done
    assert f"recall {fixed(lab.lines.array('recall', 'y')[-1])};" in words
    assert f"stretches at most {about}{short(worst[at])}-fold (k = {k[at]:.0f})" in words
    assert f"spectral radius {fixed(radius)}, " in words and f"J(k) totals {about}{total(memory.sum())} (1" in words
    if not lab.controls.whole_loss.value:
        assert f"term: {short(gradient[0], 2)} times as large" in words
    if lab.controls.history.value == FRAMES:
        assert x[-1] == lab.experiment.training.index
        assert "T = 0" in words or f"T scale {short(lab.controls.scale.value)};" in words or "s = 0:" in words, done
    assert not re.search(r"-\d|−\s*−|−0(\D|$)", words), "one minus, and none before a zero"
    assert words == re.sub("<[^>]*>", "", html.unescape(lab.words.value)), "on the page too"


DOINGS: dict[str, Any] = {
    "step": lambda lab: lab.step(),
    "play or pause": lambda lab: lab.controls.play.click(),
    "tick": lambda lab: lab._playing.tick() if lab.playing else None,
    "the slider rests": lambda lab: lab.settle(),
    "s = 0": lambda lab: setattr(lab.controls.scale, "value", 0.0),
    "s = 1.3": lambda lab: setattr(lab.controls.scale, "value", 1.3),
    "freeze or release": lambda lab: lab.controls.release.click(),
    "noise": lambda lab: lab.controls.add_noise.click(),
    "hold gamma": lambda lab: setattr(lab.controls.hold_gamma, "value", not lab.controls.hold_gamma.value),
    "whole loss": lambda lab: setattr(lab.controls.whole_loss, "value", not lab.controls.whole_loss.value),
    "history": lambda lab: setattr(lab.controls.history, "value", FRAMES // 2),
    "now": lambda lab: setattr(lab.controls.history, "value", FRAMES),
    "copy": lambda lab: setattr(lab.controls.ghost, "value", not lab.controls.ghost.value),
    "other pace": lambda lab: setattr(lab.controls.pace, "value", LESSON if lab.controls.pace.value == FULL else FULL),
    "reset": lambda lab: lab.controls.reset.click(),
    "a tick fails": lambda lab: lab.lines.on_error(RuntimeError("out of paper")),
}


@pytest.mark.parametrize("size", [8, 40])  # whose curves are exact while a slider moves, and are not
def test_titles_and_sentence_have_the_numbers_of_the_figure_whatever_was_done(size: int) -> None:
    """A random walk through everything that a person can do; a doing that breaks it is named with all before it."""
    walk, done = random.Random(size), []
    lab = TrainingLab(tasks.Copying(delay=5), size, start="random")
    for _ in range(40):
        done.append(walk.choice(list(DOINGS)))
        DOINGS[done[-1]](lab)
        assert_the_title_is_that_of_the_figure(lab, done)
        if not lab.playing and not lab.form.playing:  # at rest; while things move, words follow a moment later
            assert_the_sentence_is_that_of_the_figure(lab, done)
    lab.close()


# --- one meaning of what is shown: every part is of the network after so many updates


PARTS = ("loss", "score", "scale", "form", "source", "eigenvalues", "departure", "states", "late", "whole")


def equal(one: Any, other: Any) -> bool:
    """Bit for bit; NaN equals NaN, and None equals None."""
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(one, other, equal_nan=True))


@pytest.mark.parametrize("model", ["nnrnn", "rnn", "lstm"])
def test_a_snapshot_is_of_one_network(model: str) -> None:
    """Recomputed with a copy of the network as it was before the step that reported it."""
    experiment = Experiment(
        make_plan(tasks.Copying(delay=10), 8, model, start="random" if model == "nnrnn" else "zero")
    )
    for n in range(3):
        twin = copy.deepcopy(experiment.training)
        batch = twin.task.sample(twin.settings.batch_size, twin.batches, twin.index)
        with torch.no_grad():
            loss = float(twin.task.loss(twin.model(batch.inputs)[0], batch))
        experiment.step(seen=True)
        seen, V = experiment.last, twin.model.V
        assert seen.updates == n == len(experiment.curves.loss) - 1
        assert seen.loss == experiment.curves.loss[n] == pytest.approx(loss, rel=1e-5)
        if V is not None:
            dense = V().detach().double()
            assert np.linalg.norm(seen.form) == pytest.approx(float(torch.linalg.norm(dense)), rel=1e-6)  # type: ignore[arg-type]
        if model == "nnrnn":
            assert np.array_equal(seen.form, V.schur_form().detach().double().numpy())  # type: ignore[union-attr, operator]
            assert np.array_equal(seen.eigenvalues, V.eigenvalues().numpy())  # type: ignore[union-attr]
            assert seen.departure == V.departure()  # type: ignore[union-attr]


@pytest.mark.parametrize("model", ["nnrnn", "rnn", "lstm"])
def test_what_is_shown_at_rest_is_what_the_next_step_reports_bit_for_bit(model: str) -> None:
    experiment = Experiment(make_plan(tasks.Copying(delay=10), 8, model))
    for n in range(4):
        at_rest = experiment.look()
        experiment.step(seen=True)
        assert at_rest.updates == experiment.last.updates == n
        for part in PARTS:
            assert equal(getattr(at_rest, part), getattr(experiment.last, part)), (part, n)


def test_pause_shows_for_so_many_updates_what_was_seen_while_it_played() -> None:
    lab, other = copying(start="random"), copying(start="random")
    lab.controls.play.click()
    for _ in range(2):
        lab._playing.tick()
    seen = lab.experiment.last
    lab.pause()
    assert lab.experiment.last.updates == seen.updates + 1 == lab.experiment.training.index
    assert lab.status.startswith(f"After {lab.experiment.training.index} updates: loss")
    other.step(seen.updates)
    for part in PARTS:
        if getattr(seen, part) is not None:  # the late gradient is not taken at every frame
            assert equal(getattr(seen, part), getattr(other.experiment.last, part)), part


def test_the_loss_drawn_ends_in_the_loss_of_the_network_shown() -> None:
    lab = copying(start="random")
    for shown in range(1, 4):
        lab.step()
        x, y = (lab.lines.array("loss", axis) for axis in "xy")
        assert x.tolist() == list(range(shown + 1))
        assert y.tolist() == [*lab.experiment.curves.loss, lab.experiment.last.loss]
    before = y[-1]
    lab.intervene("scale", 0.0)  # after three updates: the loss there changes, and the mark stands there
    x, y = (lab.lines.array("loss", axis) for axis in "xy")
    assert x[-1] == 3 and y[-1] != before
    assert [(shape.x0, shape.label.text) for shape in lab.lines.figure.layout.shapes] == [(3, "s = 0")]
    lab.step()
    assert lab.experiment.curves.loss[3] == y[-1]


def test_an_untouched_copy_repeats_the_run_until_the_intervention_and_not_after() -> None:
    lab = copying(start="random")
    lab.step(6)
    lab.controls.ghost.value = True  # turned on late, it catches up
    lab.step(6)
    curves = lab.experiment.curves
    assert curves.ghost == curves.loss
    lab.intervene("scale", 0.0)
    lab.step(4)
    assert curves.ghost[:12] == curves.loss[:12] and curves.ghost[12:] != curves.loss[12:]
    lab.controls.ghost.value = False
    assert len(lab.experiment.curves.ghost) == 0


def test_moving_the_scale_of_T_away_and_back_restores_the_network_and_never_moves_an_eigenvalue() -> None:
    lab = copying(start="random")
    before, growth = weights(lab), lab.lines.array("largest ‖Vᵏ‖₂", "y")
    eigenvalues = lab.lines.array("eigenvalues", "x")
    for scale in (0.0, 2.0, 0.35):
        lab.controls.scale.value = scale
        assert float(lab.experiment.training.model.V.scale) == pytest.approx(scale)  # type: ignore[union-attr]
        assert np.array_equal(lab.lines.array("eigenvalues", "x"), eigenvalues)
        assert not np.array_equal(lab.lines.array("largest ‖Vᵏ‖₂", "y"), growth)
    lab.controls.scale.value = 1.0
    assert same(weights(lab), before) and np.array_equal(lab.lines.array("largest ‖Vᵏ‖₂", "y"), growth)


def test_both_gradients_are_there_right_after_a_drag_of_the_scale() -> None:
    lab = copying(start="random")
    lab.controls.scale.value = 0.5
    late = lab.lines.array("now", "y")
    lab.controls.whole_loss.value = True
    whole = lab.lines.array("now", "y")
    assert np.isfinite(late).all() and np.isfinite(whole).all() and not np.array_equal(late, whole)


def test_the_gradient_and_the_words_follow_the_scale_with_the_pages_next_tick_and_are_exact_once_it_rests() -> None:
    lab = copying(start="random")
    words, lab._worded = lab.status, 0.0
    late, growth = lab.lines.array("now", "y"), lab.lines.array("largest ‖Vᵏ‖₂", "y")
    lab.controls.scale.value = 0.5
    assert not np.array_equal(lab.lines.array("largest ‖Vᵏ‖₂", "y"), growth), "the growth answers at once"
    assert np.array_equal(lab.lines.array("now", "y"), late) and lab.form.playing
    assert lab.status == words
    wait = lab._is_it_at_rest()
    assert "T scale 0.5;" in lab.status and "T scale 0.5;" in lab.words.value
    followed = lab.lines.array("now", "y")
    assert not np.array_equal(followed, late) and wait is not None and 0 < wait <= lab.rest
    lab.controls.scale.value = 0.4
    lab._sequence_run = time.monotonic()  # however slow the machine is
    assert 0 < lab._is_it_at_rest() <= SEQUENCE_APART, "not more often"
    lab.controls.scale.value = 0.5
    lab._moved -= lab.rest
    lab._is_it_at_rest()
    assert not lab.form.playing and np.allclose(lab.lines.array("now", "y"), followed)


def test_a_drag_while_it_trains_is_one_mark_and_a_later_one_another() -> None:
    experiment = Experiment(make_plan(tasks.Copying(delay=1), 4, start="random"))
    for scale in (0.9, 0.7, 0.5):
        for _ in range(3):
            experiment.step()
        experiment.intervene("scale", scale)
    assert experiment.curves.marks == [(9, "s = 0.5", True)] and len(experiment.interventions) == 3
    for _ in range(DRAG + 1):
        experiment.step()
    experiment.intervene("scale", 0.6)
    assert [mark.updates for mark in experiment.curves.marks] == [9, 9 + DRAG + 1]


def test_a_tick_paints_its_frames_and_only_one_while_a_sliders_move_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    lab, painted = copying(start="random"), []
    lab.controls.pace.value = FULL
    draw = lab.draw
    monkeypatch.setattr(lab, "draw", lambda *a, **k: (painted.append(1), draw(*a, **k)))
    lab.lines.play(lab._playing.tick)
    lab._playing.tick()
    assert len(painted) == FRAMES_PER_TICK
    lab.lines.pointer_on_slider = True  # the pointer is on a slider
    lab._playing.tick()
    assert len(painted) == FRAMES_PER_TICK + 1
    lab.lines.pointer_on_slider, lab._moved = False, math.inf  # one has moved, and is held
    lab._playing._drawn = -math.inf
    lab._playing.tick()
    lab._playing.tick()
    assert len(painted) == FRAMES_PER_TICK + 2


def test_while_a_slider_is_awaited_frames_are_seldom_and_only_their_steps_are_measured_and_the_lab_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, lab, seen, painted = Clock(monkeypatch), copying(start="random"), [], []
    step, draw = lab.experiment.step, lab.draw
    monkeypatch.setattr(lab, "draw", lambda *a, **k: (painted.append(clock.now), draw(*a, **k)))
    lab.controls.pace.value = FULL
    lab.lines.play(lab._playing.tick)
    lab.lines.pointer_on_slider = True
    monkeypatch.setattr(lab.experiment, "step", lambda **how: (seen.append(how["seen"]), step(**how), clock.wait(0.01)))
    for _ in range(40):
        lab._playing.tick()
    apart = np.diff(painted)
    assert len(painted) > 3 and apart.min() >= FRAMES_APART and apart.max() < 2 * FRAMES_APART + SHORT_BUDGET
    assert sum(seen) <= len(painted) + 1 < len(seen) / 4
    assert lab.controls.speed.value.endswith("steps/s\nslider first")
    lab.lines.pointer_on_slider = False
    for _ in range(8):
        lab._playing.tick()
    assert lab.controls.speed.value.endswith("steps/s")


class Clock:
    """Seconds that pass only when a test says so, or a few each time that one looks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, a_look: float = 0.0) -> None:
        self.now, self._look = 1000.0, a_look
        monkeypatch.setattr("widgets.labs.playing.time.monotonic", self.read)

    def read(self) -> float:
        self.now += self._look
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def play_for(lab: TrainingLab, clock: Clock, seconds: float, round_trip: float, monkeypatch: pytest.MonkeyPatch) -> int:
    """As a page would: after each answer it waits as told, and a message takes a while. Returns the steps."""
    waits: list[int] = []
    monkeypatch.setattr(lab.lines, "answer", waits.append)
    lab.controls.play.click()
    begun, end = lab.experiment.training.index, clock.now + seconds
    while clock.now < end:
        lab._playing.tick()
        clock.now += waits[-1] / 1000 + round_trip
    return lab.experiment.training.index - begun


@pytest.mark.parametrize("round_trip", [0.0, 0.2])
def test_the_lessons_pace_is_kept_however_long_a_message_takes_and_is_said(
    round_trip: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    lab = copying(start="random")
    assert lab.controls.pace.value == LESSON
    steps = play_for(lab, clock, 4, round_trip, monkeypatch)
    assert steps == pytest.approx(4 * LESSON, abs=4)
    said = float(lab.controls.speed.value.removesuffix(" steps/s"))
    assert said == pytest.approx(LESSON, abs=2)
    lab.pause()
    assert lab.controls.speed.value == ""


def test_the_story_of_the_lesson_takes_between_20_and_30_seconds() -> None:
    assert 20 <= (200 + 100) / LESSON <= 30, "200 updates frozen, 100 after the release"


def test_after_a_pause_of_the_machine_the_lessons_pace_makes_up_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    lab = copying(start="random")
    play_for(lab, clock, 1, 0.0, monkeypatch)
    clock.now += 60
    before = lab.experiment.training.index
    lab._playing.tick()
    assert 1 <= lab.experiment.training.index - before <= 1 + LESSON * BEHIND
    lab.pause()


def test_at_full_speed_the_page_asks_at_once_and_the_pace_changes_while_it_plays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Clock(monkeypatch, a_look=5e-3)
    lab, waits = copying(start="random"), []
    monkeypatch.setattr(lab.lines, "answer", waits.append)
    lab.controls.play.click()
    lab._playing.tick()
    assert waits[-1] > 0 and lab.experiment.training.index == 1
    lab.controls.pace.value = FULL
    lab._playing.tick()
    assert waits[-1] == 0 and lab.experiment.training.index > 2
    lab.pause()


@pytest.mark.parametrize("start", ["random", "chain"])
def test_a_start_peaks_at_five_and_trains_at_the_largest_scale(start: str) -> None:
    lab = copying(start=start)
    assert np.nanmax(lab.lines.array("largest ‖Vᵏ‖₂", "y")) == pytest.approx(5, rel=0.02)
    lab.controls.scale.value = 2.0
    lab.step(20)
    assert np.isfinite(lab.experiment.curves.loss).all()


def test_the_release_button_freezes_and_releases_T() -> None:
    lab = TrainingLab()
    lab.step(3)
    assert lab.experiment.training.model.V.departure() == 0  # type: ignore[union-attr]
    lab.controls.release.click()
    assert lab.controls.release.description == "Freeze T"
    lab.step(2)
    departure = lab.experiment.training.model.V.departure()  # type: ignore[union-attr]
    assert departure > 0
    lab.controls.release.click()
    lab.step(2)
    assert lab.experiment.training.model.V.departure() == departure  # type: ignore[union-attr]
    shapes = lab.lines.figure.layout.shapes
    assert [(shape.x0, shape.label.text) for shape in shapes] == [(3, ""), (5, "freeze T, 1 more")], "side by side"


def test_hold_gamma_puts_gamma_at_one_and_keeps_it_there() -> None:
    lab = TrainingLab()
    lab.step(5)
    gamma = lab.experiment.training.model.V.gamma  # type: ignore[union-attr]
    assert not torch.equal(gamma, torch.ones_like(gamma))  # type: ignore[arg-type]
    lab.controls.hold_gamma.value = True
    lab.step(3)
    assert torch.equal(gamma, torch.ones_like(gamma)) and "orthogonal, for γ = 1" in lab.status  # type: ignore[arg-type]


def test_noise_on_T_is_seeded_and_two_presses_draw_twice() -> None:
    labs = [copying(), copying()]
    for lab in labs:
        lab.controls.noise.value = 0.1
        lab.controls.add_noise.click()
    assert same(weights(labs[0]), weights(labs[1]))
    once = labs[0].experiment.training.model.V.T.detach().clone()  # type: ignore[union-attr]
    labs[0].controls.add_noise.click()
    twice = labs[0].experiment.training.model.V.T.detach()  # type: ignore[union-attr]
    assert not torch.allclose(twice, 2 * once) and lab.experiment.training.model.V.departure() > 0.1  # type: ignore[union-attr]


def test_a_preset_rebuilds_the_run_interventions_included_bit_for_bit() -> None:
    lab = copying(start="chain", seed=5)
    lab.step(4)
    lab.controls.scale.value = 0.5
    lab.controls.T_decay.value = 1e-3
    lab.step(3)
    lab.controls.add_noise.click()
    lab.set_T(np.eye(8, k=-2))
    lab.controls.rate.value = 2e-3
    lab.step(3)
    again = TrainingLab.from_preset(lab.preset)
    again.step(10)
    assert again.experiment.curves.loss == lab.experiment.curves.loss and same(weights(again), weights(lab))
    assert again.preset == lab.preset and "\n" not in lab.preset


def test_a_matrix_of_ones_own_starts_the_lab_and_survives_a_preset() -> None:
    T = np.tril(np.random.default_rng(0).standard_normal((8, 8)), -2)
    T *= np.arange(8)[:, None] // 2 > np.arange(8) // 2
    lab = copying(start=T)
    assert np.allclose(lab.experiment.training.model.V.T.detach(), T)  # type: ignore[union-attr]
    again = TrainingLab.from_preset(lab.preset)
    assert same(weights(again), weights(lab)) and again.controls.start.value == "own"
    again.controls.reset.click()
    assert same(weights(again), weights(lab))


def test_a_broken_preset_is_said_and_the_running_training_is_untouched() -> None:
    lab = copying()
    lab.step(3)
    running, text = lab.experiment, lab.preset
    for broken, words in (
        (text[:-5], "not a preset"),
        ("{}", "not a preset of a TrainingLab"),
        (text.replace("copying", "kopying"), "name must be one of"),
        (text.replace('"hidden_size":8', '"hidden_size":7'), "even"),
        (text.replace("[]", '[[0,"explode",1]]'), "explode"),
        (text.replace("[]", '[[0,"scale",9]]'), "T scale"),
    ):
        with pytest.raises(ValueError, match=words):
            TrainingLab.from_preset(broken)
        lab.text.value = broken
        lab.load.click()
        assert words in alarm(lab) and lab.experiment is running and lab.experiment.training.index == 3, words


@pytest.mark.parametrize("size", [7, 0])
def test_a_bad_hidden_size_names_itself(size: object) -> None:
    with pytest.raises(ValueError, match="hidden_size"):
        TrainingLab(tasks.Copying(delay=10), size)  # type: ignore[arg-type]


def test_bad_values_are_said_in_the_lab_and_change_nothing() -> None:
    lab = copying(start="random")
    before = weights(lab)
    for action, value in (
        ("scale", float("nan")), ("scale", 2.1), ("rate", float("nan")), ("rate", -1), ("rate_P", "x"),
        ("T_noise", 0), ("T", np.ones((8, 8))), ("T", np.full((8, 8), np.nan)), ("T", np.zeros((3, 3))), ("fly", 1),
    ):  # fmt: skip
        with pytest.raises(ValueError):
            lab.intervene(action, value)
    assert same(weights(lab), before) and lab.experiment.interventions == []


def test_a_diverging_run_stops_says_so_keeps_the_last_good_network_and_goes_on_with_half_the_rates() -> None:
    settings = Settings(rate=1e-3, rate_P=1e-4, optimiser="adam", smoothing=0.999)
    lab = TrainingLab(tasks.NoisyMemory(), 8, settings=settings, frozen=False)
    lab.step(5)
    with torch.no_grad():
        lab.experiment.training.model.V.gamma.fill_(1e30)  # type: ignore[union-attr, operator]
    lab.controls.play.click()
    lab._playing.tick()
    assert not lab.lines.playing and "not finite" in alarm(lab) and lab.controls.halve.layout.display is None
    assert lab.experiment.training.index == 5 and all(torch.isfinite(tensor).all() for tensor in weights(lab))
    lab.controls.halve.click()
    assert lab.experiment.training.settings.rate == 5e-4 and lab.lines.playing
    lab.pause()
    lab.step(3)
    assert lab.experiment.training.index == 8 and np.isfinite(lab.experiment.curves.loss).all()
    assert [mark[1] for mark in lab.experiment.curves.marks] == ["diverged", "rates halved"]
    again = TrainingLab.from_preset(lab.preset)
    again.step(8)
    assert same(weights(again), weights(lab))


def test_step_and_run_raise_what_went_wrong_and_draw_the_last_good_network() -> None:
    lab = TrainingLab(tasks.NoisyMemory(), 8)
    with torch.no_grad():
        lab.experiment.training.model.V.gamma.fill_(1e30)  # type: ignore[union-attr, operator]
    with pytest.raises(Diverged):
        lab.run(3)
    assert "not finite" in alarm(lab)


def test_the_history_shows_an_earlier_frame_and_comes_back() -> None:
    lab = copying(start="random")
    lab.step(20)
    now = lab.status
    lab.controls.history.value = FRAMES // 5  # of snapshots at 0, 4 … 16
    assert "After 4 updates:" in lab.status and lab.controls.history_label.value == "after 4 of 20 updates"
    assert lab.lines.array("loss", "x").tolist() == [0, 1, 2, 3, 4]
    lab.controls.history.value = lab.controls.history.max
    assert lab.status == now and lab.controls.history_label.value == "now"


def test_the_history_thins_itself_evenly_and_keeps_at_most_its_number_of_frames(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("widgets.labs.experiment.FRAMES", 20)
    experiment = Experiment(make_plan(tasks.Copying(delay=1), 2))
    experiment._stride = 1
    for _ in range(45):
        experiment.step()
    kept = [snapshot.updates for snapshot in experiment.snapshots]
    assert len(kept) <= 20 and kept[0] == 0 and set(np.diff(kept)) == {4}


def test_reset_is_the_same_start_and_the_run_before_it_is_not_lost() -> None:
    lab = copying(start="random")
    start = weights(lab)
    lab.intervene("scale", 0.5)
    lab.step(6)
    end, losses = weights(lab), lab.experiment.curves.loss
    lab.controls.reset.click()
    assert same(weights(lab), start) and lab.controls.scale.value == 1 and lab.experiment.interventions == []
    lab.controls.restore.click()
    assert same(weights(lab), end) and lab.experiment.curves.loss == losses
    lab.step(1)
    assert lab.experiment.training.index == 7


def test_running_a_cell_again_keeps_the_run_of_the_lab_it_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "this_cell", lambda: "cell")
    lab = copying()
    lab.controls.play.click()
    lab._playing.tick()
    done = lab.experiment.training.index
    again = copying()
    assert not lab.lines.playing and again.lines.comm is not None
    again.restore()
    assert again.experiment.training.index == done > 0


def test_only_one_lab_plays_at_a_time() -> None:
    one, two = copying(), copying()
    one.controls.play.click()
    two.controls.play.click()
    assert two.lines.playing and not one.lines.playing and one.controls.play.description == "Play"
    two.pause()


def test_every_task_and_every_model_of_the_menus_can_be_chosen() -> None:
    lab = TrainingLab()
    for label in lab.controls.task.options:
        lab.controls.task.value = label
        tuned = lab.experiment.plan.task.settings_for("nnrnn")
        assert alarm(lab) == "" and lab.experiment.training.settings.rate == tuned.rate
    lab.controls.model.value = "lstm"
    lab.controls.task.value = "noisy memory"
    lab.controls.model.value = "lstm"
    lab.controls.rebuild.click()
    assert "cannot be the linear network" in lab.controls.said.value and alarm(lab) == "", "beside the button"
    assert lab.experiment.training.model.name == "nnrnn"
    lab.controls.task.value = "English text"
    for model in ("rnn", "exprnn", "lstm"):
        lab.controls.model.value = model
        lab.controls.rebuild.click()
        assert alarm(lab) == "" and lab.experiment.training.model.name == model
    lab.step(1)
    assert lab.controls.scale.disabled and lab.status.startswith("After 1 update: loss")


def test_a_control_at_its_extremes_never_breaks_the_lab() -> None:
    lab = copying(start="random")
    c = lab.controls
    for slider in (c.rate, c.rate_P, c.T_decay, c.gamma_penalty, c.noise):
        for value in (slider.base**slider.min, slider.base**slider.max):
            slider.value = value
            assert alarm(lab) == ""
    assert lab.experiment.training.settings.T_decay == pytest.approx(0.1)
    c.T_decay.value = c.T_decay.base**c.T_decay.min
    assert lab.experiment.training.settings.T_decay == 0, "the lowest stop is no decay at all"
    for value in (0, 2.0):
        c.scale.value = value
    c.hidden_size.value = 2
    c.rebuild.click()
    lab.step(2)
    assert lab.experiment.training.model.hidden_size == 2 and alarm(lab) == ""


def test_a_task_of_ones_own_and_a_network_of_ones_own_are_shown_too() -> None:
    task = tasks.Copying(delay=5)
    model = SequenceModel(torch.nn.GRU(10, 6), 10, 6, 9)
    lab = TrainingLab(task, model=model)
    before = [p.clone() for p in model.parameters()]
    lab.step(2)
    assert lab.controls.task.value == "copying (yours)" and lab.controls.model.value == "GRU"
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True)), "the lab trains a copy"
    with pytest.raises(ValueError, match="network of your own"):
        _ = lab.preset
    lab.controls.reset.click()
    assert lab.experiment.training.index == 0 and alarm(lab) == ""


def test_the_run_is_exported_as_npz_and_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = copying(start="random")
    lab.step(5)
    shown = lab.experiment.last
    with np.load(lab.export(tmp_path / "run.npz")) as saved:
        assert saved["loss"].tolist() == [*lab.experiment.curves.loss, shown.loss]
        assert np.array_equal(saved["eigenvalues"], shown.eigenvalues), "V is the network of the last row"
        assert json.loads(str(saved["preset"]))["hidden_size"] == 8
    table = np.genfromtxt(lab.export(tmp_path / "run.csv"), delimiter=",", names=True)
    assert list(table["updates"]) == [0, 1, 2, 3, 4, 5] and np.isclose(table["loss"][5], shown.loss, rtol=1e-8)
    monkeypatch.chdir(tmp_path)
    lab.files[2].click()
    assert "Saved" in alarm(lab) and (tmp_path / "nnrnn-copying-nnrnn-seed0-updates5.npz").exists()


def test_an_exception_in_the_clock_stops_it_and_is_said() -> None:
    lab = copying()
    lab.controls.play.click()
    lab.lines.on_error(RuntimeError("out of paper"))  # type: ignore[misc]
    assert not lab.lines.playing and "out of paper" in alarm(lab) and lab.controls.play.description == "Play"


def test_a_network_of_two_layers_trains_in_a_lab_and_shows_what_it_has():
    task = tasks.Copying(3)
    model = SequenceModel("nnrnn", task.input_size, 8, task.output_size, num_layers=2)
    lab = TrainingLab(task, model=model)
    lab.step(2)
    assert "After 2 updates" in lab.status and lab.controls.whole_loss.disabled
    lab.close()
