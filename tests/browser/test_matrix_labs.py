"""The labs of one matrix in JupyterLab, in a browser: every button and slider in sight, and a click in the plane."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator

from browser.lab import JupyterLab, Notebook

pytestmark = pytest.mark.browser

LAB = ".matrix-lab"
GRAPH = f"{LAB} .live-graph.js-plotly-plot"
# all numbers that the page draws; not the words, for a slider's own readout moves whatever the kernel does
PICTURE = f"""() => JSON.stringify(Array.from(document.querySelectorAll('{GRAPH}')).map((gd) => gd.data.map(
    ({{ x, y, z }}) => [x, y, z].map((part) => Array.from(part ?? [], (v) => v?.length ? [...v] : v)))))"""
TRACE = f"(name) => Array.from(document.querySelector('{GRAPH}').data.find((t) => t.name === name).y, Number)"


def opened(open_notebook: Callable[..., Notebook], jupyterlab: JupyterLab, source: str) -> Notebook:
    name = source.partition("(")[0]
    notebook = open_notebook(jupyterlab, [f"from widgets import {name}", f"lab = {source}\nlab"])
    notebook.run_all()
    notebook.reveal(GRAPH)
    return notebook


def lab(notebook: Notebook) -> Locator:
    return notebook.page.locator(LAB).first


def changed(notebook: Notebook, action: Callable[[], object]) -> None:
    """The action changes what the page shows."""
    before = notebook.page.evaluate(PICTURE)
    action()
    notebook.wait(f"(before) => ({PICTURE})() !== before", before)


def sliders(notebook: Notebook) -> list[Locator]:
    """Those in sight, each at its handle."""
    return [one for one in lab(notebook).locator(".widget-slider .noUi-handle").all() if one.is_visible()]


def shown_sentence(notebook: Notebook) -> str:
    """What the figure says of itself; the sentence below it is the same."""
    words = str(notebook.wait(f"() => document.querySelector('{GRAPH}').ariaLabel"))
    assert words in lab(notebook).inner_text()
    return words


def click_in(notebook: Notebook, axes: str, x: float, y: float) -> None:
    """A click of the mouse on the point x, y of the axes ("" or "2")."""
    where = notebook.page.evaluate(
        f"""([axes, x, y]) => {{ const gd = document.querySelector('{GRAPH}'), box = gd.getBoundingClientRect();
        const [xaxis, yaxis] = ["xaxis", "yaxis"].map((name) => gd._fullLayout[name + axes]);
        return [box.x + xaxis._offset + xaxis.d2p(x), box.y + yaxis._offset + yaxis.d2p(y)]; }}""",
        [axes, x, y],
    )
    notebook.page.mouse.move(*where)
    notebook.page.mouse.click(*where)


def use_everything_in_sight(notebook: Notebook) -> None:
    """Every preset, then every slider to both ends; each must show."""
    presets = lab(notebook).locator("button.preset").all()
    assert presets
    for preset in [*presets[1:], presets[0]]:
        if preset.is_enabled():
            changed(notebook, preset.click) if len(presets) > 1 else preset.click()
            preset.and_(notebook.page.locator(".mod-info")).wait_for()
    assert sliders(notebook)
    for handle in sliders(notebook):
        for key in ("End", "Home"):
            at_end = handle.get_attribute("aria-valuenow") == handle.get_attribute(
                "aria-valuemax" if key == "End" else "aria-valuemin"
            )
            if at_end:
                continue
            handle.focus()
            changed(notebook, lambda key=key: notebook.page.keyboard.press(key))


@pytest.mark.parametrize("source", ["SchurLab()", "GrowthLab()", "MemoryLab()", "SpectrumLab()"])
def test_every_preset_and_slider_of_a_lab_shows_on_the_page(
    jupyterlab: JupyterLab, open_notebook: Callable[..., Notebook], source: str
) -> None:
    notebook = opened(open_notebook, jupyterlab, source)
    notebook.screenshot(source[:-2].lower())
    sentence = shown_sentence(notebook)
    use_everything_in_sight(notebook)
    notebook.run("lab.settle(); sentence = lab.status")
    notebook.wait(f"(before) => document.querySelector('{GRAPH}').ariaLabel !== before", sentence)
    notebook.screenshot(source[:-2].lower() + "-extremes")
    lab(notebook).get_by_text("More", exact=True).click()
    lab(notebook).get_by_role("button", name="Show code").click()
    notebook.wait(f"() => document.querySelector('{LAB} pre')?.innerText.includes('dynamics.')")
    lab(notebook).locator("textarea").fill("0.9 2; 0 0.8")
    changed(notebook, lab(notebook).get_by_role("button", name="Use this matrix").click)
    lab(notebook).locator("textarea").fill("0.9 two; 0 0.8")
    lab(notebook).get_by_role("button", name="Use this matrix").click()
    notebook.wait(f"() => document.querySelector('{LAB} [role=alert]')?.innerText.includes('real numbers')")
    with notebook.page.expect_download() as download:
        lab(notebook).get_by_role("button", name="Figures as SVG").click()
    assert "<svg" in download.value.path().read_text()
    notebook.run_cell(1)
    notebook.reveal(GRAPH)
    assert notebook.page.locator(LAB).count() == 1
    assert notebook.problems() == []


def test_a_click_in_the_plane_draws_the_bound_on_the_growth_curve(
    jupyterlab: JupyterLab, open_notebook: Callable[..., Notebook]
) -> None:
    notebook = opened(open_notebook, jupyterlab, 'SpectrumLab("grcar", size=20)')
    before = notebook.page.evaluate(TRACE, "≥ from z")
    click_in(notebook, "", 0.2, 1.1)
    notebook.wait(f"() => /At z = 0\\.[12]\\d [+] 1\\.[01]\\d*i/.test(document.querySelector('{LAB}').innerText)")
    notebook.wait(f"(before) => ({TRACE})('≥ from z')[9] !== before[9]", before)
    bound, growth = (notebook.page.evaluate(TRACE, name) for name in ("≥ from z", "growth"))
    highest = [max(growth[: k + 1]) for k in range(len(growth))]
    assert all(low <= high * (1 + 1e-5) for low, high in zip(bound, highest, strict=True))
    point = notebook.page.evaluate(TRACE, "z")
    click_in(notebook, "2", 12, growth[12])  # on the growth curve: no point of the plane
    notebook.wait(f"() => document.querySelector('{GRAPH} .hoverlayer .hovertext')")
    lab(notebook).get_by_role("button", name="Throw 50 perturbations").click()
    notebook.wait(f"() => document.querySelector('{LAB}').innerText.includes('50 perturbations of size')")
    assert notebook.page.evaluate(TRACE, "z") == point
    assert re.search(r"as far as \|z\| = 1\.\d", lab(notebook).inner_text())
    notebook.screenshot("spectrumlab-clicked")
    assert notebook.problems() == []
