"""A slider's page that reports late, or by itself, has chosen nothing; a person has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets as ipw
import pytest

from nnrnn_core import tasks
from widgets import (
    AssembleLab,
    GradientLab,
    GrowthLab,
    MemoryLab,
    SchurLab,
    ShearLab,
    SpectrumLab,
    TrainingLab,
    XrayLab,
)
from widgets.sliders import FloatLogSlider, FloatSlider, Page, Slider

LABS: dict[str, Any] = {
    "shear": ShearLab,
    "schur": SchurLab,
    "growth": lambda: GrowthLab("grcar"),  # has parameters
    "gradient": lambda: GradientLab("shear"),
    "memory": lambda: MemoryLab(size=10),
    "spectrum": lambda: SpectrumLab("shear"),
    "assemble": lambda: AssembleLab(4),
    "training": lambda: TrainingLab(tasks.Copying(delay=5), 8, start="random"),
    "xray": XrayLab,
}
ROUNDING = 1e-9


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The questions of a fresh `Page`, which hears nothing by itself."""
    found: list[int] = []
    page = Page()
    monkeypatch.setattr(Page, "_shared", page)
    monkeypatch.setattr(page, "send", lambda content, buffers=None: found.append(content["arrived"]))
    return found


def answer(mark: int) -> None:
    """As a page does to which all has come that was sent before the mark."""
    Page.shared()._handle_custom_msg({"arrived": mark}, [])


def report(slider: Any, value: float) -> None:
    """What a page does, whoever has moved the slider."""
    slider.set_state({"value": value})


def sliders(widget: ipw.Widget) -> Iterator[Any]:
    if isinstance(widget, ipw.FloatSlider | ipw.IntSlider | ipw.FloatLogSlider):
        yield widget
    for child in getattr(widget, "children", ()):
        yield from sliders(child)


def ends(slider: Any) -> tuple[Any, Any]:
    if isinstance(slider, FloatLogSlider):
        return slider.base**slider.min, slider.base**slider.max
    return slider.min, slider.max


@pytest.mark.parametrize("kind", LABS)
@pytest.mark.usefixtures("asked")
def test_in_every_lab_a_late_report_of_what_code_had_set_before_is_nobodys_choice(kind: str) -> None:
    lab = LABS[kind]()
    found = list(sliders(lab))
    assert found and all(isinstance(slider, Slider) for slider in found)
    with lab.quietly():
        for slider in found:
            first, second = ends(slider)
            slider.value = first
            slider.value = second
            report(slider, first)
            assert slider.value == second, slider.description
    lab.close()


@pytest.mark.usefixtures("asked")
def test_of_two_settings_in_a_row_the_second_stays_whatever_the_page_says_of_the_first() -> None:
    lab = AssembleLab(8)
    lab.set(inside=[0.05] * 4)
    lab.set(inside=[1.4] * 4)
    report(lab.inside, 0.04999999999999982)
    assert lab.state.inside == (1.4,) * 4
    lab.close()


def test_a_page_that_reports_late_is_told_the_value_again(asked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    slider, told = FloatSlider(value=0, min=0, max=1, step=0.1), []
    slider.value = 0.5
    slider.value = 1
    monkeypatch.setattr(slider, "send_state", lambda key=None: told.append(key))
    report(slider, 0.5)
    assert told == ["value"]
    report(slider, 1 - ROUNDING)
    assert slider.value == 1 and told == ["value"], "or the page would report its rounding again, for ever"


def test_once_the_page_has_heard_all_every_value_is_a_choice(asked: list[int]) -> None:
    slider = FloatSlider(value=0, min=0, max=1, step=0.1)
    slider.value = 0.5
    slider.value = 1
    while asked[-1] < 2:  # one question at a time: the next when this one is answered
        answer(asked[-1])
    report(slider, 0.5)
    assert slider.value == 1, "the second question is on its way"
    answer(asked[-1])
    report(slider, 0.5)
    assert slider.value == 0.5


def test_what_nobody_has_set_is_a_choice_at_any_time(asked: list[int]) -> None:
    slider = FloatSlider(value=0, min=0, max=1, step=0.1)
    slider.value = 1
    report(slider, 0.7)
    report(slider, 0.8)
    report(slider, 0.7)
    assert slider.value == 0.7, "a person's own value is not kept in mind"
    assert asked == [1]


def test_an_answer_to_a_question_of_before_settles_nothing(asked: list[int]) -> None:
    page = Page.shared()
    mark = page.mark()
    answer(asked[-1])
    assert page.has_passed(mark)
    later = page.mark()
    answer(mark), answer(later + 5)
    assert not page.has_passed(later)
