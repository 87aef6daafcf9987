"""Every lab by keyboard and by screen reader, in JupyterLab; axe looks for what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from browser.lab import Notebook

pytestmark = pytest.mark.browser

LABS = {
    "shear-lab": "ShearLab()",
    "schur-lab": "SchurLab('shear')",
    "growth-lab": "GrowthLab()",
    "gradient-lab": "GradientLab()",
    "memory-lab": "MemoryLab()",
    "spectrum-lab": "SpectrumLab()",
    "assemble-lab": "AssembleLab()",
    "training-lab": "TrainingLab(tasks.Copying(delay=5), 8, start='random')",
    "race-lab": "RaceLab()",
    "xray-lab": "XrayLab()",
}
FIRST = "button, select, .noUi-handle"
ACTIVE = """() => { const at = document.activeElement; return { lab: !!at.closest('.%s'),
  name: at.ariaLabel || at.innerText || at.labels?.[0]?.innerText || at.placeholder || '',
  bar: !!at.closest('.modebar') }; }"""
HANDLE = ".widget-slider:has(.widget-label:text-is('{}')) .noUi-handle"


@pytest.fixture
def labs(lab_page: Notebook) -> Notebook:
    """A page for one of them."""
    return lab_page


def shown(labs: Notebook, name: str) -> str:
    """Make a lab and wait until it has been looked after; returns its selector."""
    labs.run(f"lab = {LABS[name]}\nlab")
    labs.reveal(f".{name} .live-graph.js-plotly-plot")
    labs.wait(f"() => document.querySelector('.{name} .modebar')?.ariaLabel")
    labs.wait(f"() => [...document.querySelectorAll('.{name} .noUi-handle')].every((handle) => handle.ariaLabel)")
    return f".{name}"


def unfold(labs: Notebook, selector: str) -> None:
    """Open More, by keyboard."""
    header = labs.page.locator(f"{selector} .jupyter-widget-Collapse-header").first
    if header.get_attribute("aria-expanded") == "false":
        header.focus()
        labs.page.keyboard.press("Enter")
    labs.wait(f"() => document.querySelector('{selector} .jupyter-widget-Collapse-header').ariaExpanded === 'true'")
    labs.wait(f"() => [...document.querySelectorAll('{selector} .noUi-handle')].every((handle) => handle.ariaLabel)")


def tab_stops(labs: Notebook, name: str) -> list[dict[str, Any]]:
    """What the Tab key goes through, from the lab's first control on, until it leaves the lab."""
    labs.page.locator(f".{name}").locator(FIRST).first.focus()
    stops = []
    while (here := labs.page.evaluate(ACTIVE % name))["lab"]:
        stops.append(here)
        labs.page.keyboard.press("Tab")
        assert len(stops) < 100, stops[-3:]
    return stops


@pytest.mark.parametrize("name", LABS)
def test_axe_finds_nothing_serious_and_the_tab_key_reaches_only_what_has_a_name(labs: Notebook, name: str) -> None:
    selector = shown(labs, name)
    unfold(labs, selector)
    found = Axe().run(labs.page, context=selector).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []
    stops = tab_stops(labs, name)
    assert [stop for stop in stops if not stop["name"].strip()] == []
    bars = labs.page.locator(f"{selector} .modebar").count()
    assert sum(stop["bar"] for stop in stops) == bars, "a mode bar is one stop"


def test_a_network_is_trained_and_its_T_scaled_without_a_mouse(labs: Notebook) -> None:
    selector = shown(labs, "training-lab")
    press = labs.page.keyboard.press
    play = labs.page.locator(f"{selector} button").first
    play.focus()
    press("Enter")
    labs.wait(f"() => /After \\d\\d+ updates/.test(document.querySelector('{selector}').innerText)")
    press("Enter")
    labs.wait(f"() => document.querySelector('{selector} button').innerText.includes('Play')")
    labs.page.locator(selector).locator(HANDLE.format("T scale s")).focus()
    press("ArrowRight")
    labs.wait(f"() => document.querySelector('{selector}').innerText.includes('T scale 1.05')")
    unfold(labs, selector)
    rate = labs.page.locator(selector).locator(HANDLE.format("Learning rate"))
    rate.focus()
    before = rate.get_attribute("aria-valuetext")
    press("Home")
    labs.wait(f"() => [...document.querySelectorAll('{selector} .noUi-handle')].some(h => h.ariaValueText === '10⁻⁵')")
    assert before != rate.get_attribute("aria-valuetext") == "10⁻⁵"
    bar = labs.page.locator(f"{selector} .modebar").first
    bar.locator("[tabindex='0']").focus()
    first = labs.page.evaluate("() => document.activeElement.ariaLabel")
    press("ArrowDown")
    assert labs.page.evaluate("() => document.activeElement.ariaLabel") != first
    assert labs.page.evaluate("() => !!document.activeElement.closest('.modebar')")


def test_nothing_moves_by_itself_for_whoever_asked_for_that(labs: Notebook) -> None:
    selector = shown(labs, "shear-lab")
    moving = f"""() => [...document.querySelectorAll('{selector}, {selector} *')].filter((element) =>
      getComputedStyle(element).transitionDuration !== '0s').length"""
    assert labs.page.evaluate(moving) > 0
    labs.page.emulate_media(reduced_motion="reduce")
    assert labs.page.evaluate(moving) == 0
    labs.page.emulate_media(reduced_motion="no-preference")
