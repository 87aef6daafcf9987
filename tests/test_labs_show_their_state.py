"""Labs under random moves of their controls: every curve is of the present state, or is marked as pending."""

from __future__ import annotations

from typing import Any

import ipywidgets as ipw
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nnrnn_core import tasks
from widgets import AssembleLab, GradientLab, GrowthLab, MemoryLab, SchurLab, ShearLab, SpectrumLab, TrainingLab
from widgets.labs.lab import Lab
from widgets.labs.matrix import MatrixLab

pytestmark = pytest.mark.shapes  # every lab once, so that a call with a wrong shape does not go unseen
LABS: dict[str, Any] = {
    "schur": lambda: SchurLab("shear", presets=("shear", "gentle")),
    "growth": lambda: GrowthLab("shear", presets=("shear", "rotation")),
    "gradient": lambda: GradientLab("shear", presets=("shear", "rotation")),
    "memory": lambda: MemoryLab(size=10),
    "spectrum": lambda: SpectrumLab("grcar", size=4, presets=("shear", "grcar")),
    "shear": ShearLab,
    "assemble": lambda: AssembleLab(4),
}
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(0, 30), st.floats(0, 1)),
        st.tuples(st.just("press"), st.integers(0, 30), st.none()),
        st.tuples(st.just("rest"), st.just(0), st.none()),
    ),
    min_size=1,
    max_size=6,
)


def controls(widget: ipw.Widget, kind: Any) -> list[Any]:
    """All controls of a kind, in the order of the page, that a person could use."""
    found = [widget] if isinstance(widget, kind) and widget.layout.display != "none" else []
    return found + [one for child in getattr(widget, "children", ()) for one in controls(child, kind)]


def move(slider: Any, share: float) -> None:
    if isinstance(slider, ipw.FloatLogSlider):
        exponent = slider.min + share * (slider.max - slider.min)
        slider.value = slider.base ** (slider.step * round(exponent / slider.step))
    else:
        value = slider.min + round(share * (slider.max - slider.min) / slider.step) * slider.step
        slider.value = type(slider.value)(min(value, slider.max))


def act(lab: Lab, kind: str, number: int, share: float | None) -> None:
    sliders = controls(lab, (ipw.FloatSlider, ipw.IntSlider, ipw.FloatLogSlider))
    presets = [button for button in controls(lab, ipw.Button) if "preset" in button._dom_classes]
    if kind == "move" and share is not None:
        move(sliders[number % len(sliders)], share)
    elif kind == "press" and presets:
        presets[number % len(presets)].click()
    elif kind == "rest":
        lab.settle()


def shown(lab: Lab) -> dict[tuple[int, str], Any]:
    """Every array that the figures draw."""
    return {
        (i, f"{trace.get('name')}.{part}"): np.asarray(trace[part])
        for i, figure in enumerate(lab.figures)
        for trace in figure._data
        for part in ("x", "y", "z")
        if trace.get(part) is not None
    }


def equal(a: np.ndarray, b: np.ndarray) -> bool:
    if a.shape != b.shape or a.dtype.kind not in "fiu":
        return np.array_equal(a, b)
    return np.allclose(a, b, rtol=1e-9, equal_nan=True)


def silently_old(lab: Lab, twin: Lab) -> list[str]:
    """What is neither as another lab of this state draws it at rest, nor as one draws it while a slider moves, nor
    pending."""
    if isinstance(twin, MatrixLab):
        twin._show(lab.state)
        allowed = [shown(twin)]
        twin._drawn = None  # type: ignore[attr-defined]  # so that it draws anew
        twin.paint(settled=False)
        allowed.append(shown(twin))
    else:
        twin.load_preset(lab.preset)
        allowed = [shown(twin)]
    return [
        name
        for (i, name), array in shown(lab).items()
        if name.rpartition(".")[0] not in lab.figures[i].pending
        and not any(equal(array, one[i, name]) for one in allowed)
    ]


@pytest.mark.parametrize("kind", LABS)
def test_whatever_is_moved_every_curve_is_of_the_present_state_or_pending(kind: str) -> None:
    lab, twin = LABS[kind](), LABS[kind]()
    begin = lab.preset

    @settings(
        max_examples=5,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(MOVES)
    def check(moves: list[tuple[str, int, float | None]]) -> None:
        lab.load_preset(begin)
        for step in moves:
            act(lab, *step)
            assert silently_old(lab, twin) == [], step
        lab.settle()
        assert [figure.pending for figure in lab.figures] == [set()] * len(lab.figures)
        assert silently_old(lab, twin) == []

    try:
        check()
    finally:
        lab.close()
        twin.close()


def test_a_move_of_a_trainings_T_fades_what_takes_a_sequence_until_one_has_been_run() -> None:
    lab = TrainingLab(tasks.Copying(delay=5), 36, start="random")
    before = lab.lines.array("now", "y")
    lab.controls.scale.value = 0.5
    assert lab.form.pending == {"s T"}
    assert {"now", "J(k)"} < lab.lines.pending
    assert "loss" not in lab.lines.pending and "eigenvalues" not in lab.lines.pending, "T moves neither"
    assert np.array_equal(lab.lines.array("now", "y"), before), "the gradient of the T before, hence pending"
    lab.while_moving(0.5)
    assert not lab.lines.pending
    assert not np.array_equal(lab.lines.array("now", "y"), before)
    lab.settle()
    assert not lab.form.pending
    lab.close()
