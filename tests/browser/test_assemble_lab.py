"""AssembleLab in JupyterLab, in a browser: every control changes what is drawn, and what is drawn is what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from browser.lab import Notebook

pytestmark = pytest.mark.browser

LAB = ".assemble-lab"
GRAPH = f"{LAB} .live-graph.js-plotly-plot"
PICTURE = f"""() => JSON.stringify(document.querySelector('{GRAPH}').data.map(
    ({{ x, y, z }}) => [x, y, z].map((part) => Array.from(part ?? [], (v) => v?.length ? [...v] : v))))"""
FAR = f"""() => {{ const {{ data }} = document.querySelector('{GRAPH}'), points = (name) => {{
    const {{ x, y }} = data.find((trace) => trace.name === name); return Array.from(x, (v, i) => [v, y[i]]); }};
    const meant = points('γ exp(±iθ)');
    return Math.max(...points('eigenvalues').map(([x, y], i) => Math.hypot(x - meant[i][0], y - meant[i][1]))); }}"""
CONTROLS = ("γ", "θ", "T scale s", "t in block", "block", "n, units", "a, of P")


def test_every_control_changes_what_is_drawn_and_only_the_entry_mask_moves_eigenvalues(
    lab_page: Notebook,
) -> None:
    notebook = lab_page
    notebook.run("lab = AssembleLab()\nlab")
    notebook.reveal(GRAPH)
    lab = notebook.page.locator(LAB)
    notebook.watch_figures()
    lab.get_by_text("More", exact=True).click()
    assert notebook.page.evaluate(FAR) < 1e-6

    def changed(action: Callable[[], object]) -> None:
        before = notebook.page.evaluate(PICTURE)
        action()
        notebook.wait(f"(before) => ({PICTURE})() !== before", before)

    changed(lab.get_by_role("button", name="entry mask").click)
    assert notebook.page.evaluate(FAR) > 0.1
    for name in CONTROLS:
        handle = lab.locator(f".widget-slider:has(.widget-label:text-is('{name}')) .noUi-handle")
        for key, end in (("Home", "aria-valuemin"), ("End", "aria-valuemax")):
            if handle.get_attribute("aria-valuenow") != handle.get_attribute(end):
                handle.focus()
                changed(lambda key=key: notebook.page.keyboard.press(key))
    box = lab.locator(".widget-text input")
    box.fill('{"assemble":1,"gamma":[0.9,0.8],"theta":[0.5,2],"inside":[0.4,1]}')
    changed(lambda: box.press("Enter"))
    assert notebook.page.evaluate(FAR) < 1e-6
    notebook.wait(f"() => document.querySelector('{GRAPH}').ariaLabel.startsWith('4 units, block mask')")
    # the page's slider moves the first to 0.04999999999999982, and reports it when the second has been set
    notebook.run("for entry in (0.05, 1.4):\n    lab.set(inside=[entry] * 2)")
    notebook.page.wait_for_timeout(500)
    assert '"inside":[1.4,1.4]' in box.input_value()
    assert notebook.figure_faults() == []
    assert notebook.page.evaluate("() => watchDrawn.colourFaults()") == []
