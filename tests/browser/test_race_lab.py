"""RaceLab in JupyterLab: the committed runs, and one that trains on the page while the controls answer."""

from __future__ import annotations

import pytest

from browser.lab import Notebook
from nnrnn_core.experiments import race
from races import write_race

pytestmark = pytest.mark.browser

LAB = ".race-lab"
GRAPH = f"{LAB} .live-graph.js-plotly-plot"
POINTS = (
    f"() => Array.from(document.querySelector('{GRAPH}').data.find((t) => t.name === 'nnrnn: live').x)"
    ".filter(Number.isFinite).length"
)


def test_a_run_grows_over_the_ribbons_pauses_and_is_there_again(lab_page: Notebook) -> None:
    notebook, folder = lab_page, lab_page.lab.root / "race-results"
    for task in ("noisy-memory", "characters"):
        write_race(folder, task)
    notebook.run(f"lab = RaceLab(folder={str(folder)!r})\nlab")
    notebook.reveal(GRAPH)
    notebook.watch_figures()
    lab = notebook.page.locator(LAB).first

    def press(label: str) -> None:
        lab.get_by_role("button", name=label, exact=True).click()

    def words(text: str) -> None:
        notebook.wait(f"(text) => document.querySelector('{LAB}').innerText.includes(text)", text)

    press("Run nnrnn live")
    notebook.wait(f"() => ({POINTS})() >= 3", timeout=60)
    press("Pause")
    words("Go on")
    points = notebook.page.evaluate(POINTS)
    lab.locator(".widget-dropdown", has_text="Task").locator("select").select_option("characters")
    words(f"{race('characters', folder=folder).ranking()[0]}:")
    words("less is better")
    assert notebook.page.evaluate(POINTS) == 0, "the run is of another task"
    lab.locator(".widget-dropdown", has_text="Task").locator("select").select_option("noisy-memory")
    words("Go on")
    notebook.wait(f"(points) => ({POINTS})() === points", points)
    notebook.screenshot("race-lab")
    press("equal parameters")
    words("No run of noisy-memory at equal parameters")
    assert notebook.figure_faults() == []
