"""One lab in each front end: JupyterLab light and dark, Notebook 7, Voilà; and where no kernel is."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, TimeoutError

from browser.lab import JupyterLab, Notebook, write_notebook
from widgets.asleep import WAKE

pytestmark = pytest.mark.browser

CELLS = ["from widgets import ShearLab\nlab = ShearLab()\nlab"]
LAB = ".shear-lab"
GRAPH = f"{LAB} .live-graph.js-plotly-plot"
GROWTH = f"() => document.querySelector('{GRAPH}')?.data.find((t) => t.name.startsWith('‖V')).y[6]"
# the share of light in the lightest and the darkest point of a picture
LIGHT = """async (source) => {
  const image = Object.assign(new Image(), { src: source });
  await image.decode();
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const light = Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 1] / 255); // green says it
  return [light[0], light.reduce((a, b) => Math.min(a, b)), light.reduce((a, b) => Math.max(a, b))]; }"""
# for each output with a picture of a lab: the heights of the view, the picture and the words
HEIGHTS = """() => [...document.querySelectorAll('.lab-asleep')].map((words) => {
  const row = words.closest('.jp-OutputArea-child'), picture = row.previousElementSibling;
  return [picture.previousElementSibling, picture, row].map((part) => part.offsetHeight); })"""

# executes a notebook, keeps it, and makes a page of it; in one process, for it takes seconds to load what does it
KEEP = """
import sys, nbformat
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
notebook = nbformat.read(sys.argv[1], as_version=4)
ExecutePreprocessor(store_widget_state=False).preprocess(notebook)
nbformat.write(notebook, sys.argv[1])
with open(sys.argv[1].replace(".ipynb", ".html"), "w", encoding="utf-8") as page:
    page.write(HTMLExporter().from_notebook_node(notebook)[0])
"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page whose errors fail the test."""
    page, wrong = chromium.new_page(viewport={"width": 1280, "height": 900}), []

    def failed(error: Error) -> None:
        if "/static/notebook/" not in (error.stack or ""):  # Notebook 7 beside a JupyterLab misses a schema of its own
            wrong.append(f"{error}\n{error.stack}")

    page.on("pageerror", failed)
    yield page
    page.close()
    assert wrong == []


def try_the_lab(page: Page) -> None:
    """The figure is drawn, a slider moves it, and the kernel's sentence follows."""
    page.wait_for_function(GROWTH, timeout=60_000)
    before = page.evaluate(GROWTH)
    page.locator(f"{LAB} .noUi-handle").first.focus()
    page.keyboard.press("End")  # c = 5
    page.wait_for_function(f"(before) => ({GROWTH})() > 2 * before", arg=before)
    page.wait_for_function(f"() => document.querySelector('{LAB}').innerText.includes('c = 5: ')")
    page.wait_for_function(f"() => ({HEIGHTS})().every(([view, picture, words]) => view && !picture && !words)")


@pytest.fixture(scope="module")
def notebook(jupyterlab: JupyterLab, module_notebook: Callable[..., Notebook]) -> Notebook:
    """The lab in a notebook of JupyterLab, for the tests that need no other."""
    return module_notebook(jupyterlab, CELLS)


def light_of(page: Page) -> tuple[float, float, float]:
    """Of the figure on the screen: the ground's, the darkest point's, the lightest point's."""
    picture = base64.b64encode(page.locator(GRAPH).screenshot()).decode()
    ground, darkest, lightest = page.evaluate(LIGHT, f"data:image/png;base64,{picture}")
    return ground, darkest, lightest


def comes_to(page: Page, look: Callable[[float, float, float], bool]) -> None:
    """The figure looks so, within seconds: the theme's style sheets are loaded after the page has said which it is."""
    for _ in range(50):
        light = light_of(page)
        if look(*light):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"ground, darkest and lightest point: {light}")


def test_in_jupyterlab_the_figure_follows_the_theme_of_the_open_page(notebook: Notebook) -> None:
    notebook.run_all()
    notebook.reveal(GRAPH)
    try_the_lab(notebook.page)
    ground, darkest, _ = light_of(notebook.page)
    assert ground > 0.98 and darkest < 0.15, "black lines on white"
    notebook.command("apputils:change-theme", theme="JupyterLab Dark")
    notebook.wait("() => document.body.dataset.jpThemeLight === 'false'")
    comes_to(notebook.page, lambda ground, _, lightest: ground < 0.1 and lightest > 0.9)  # light lines on dark
    notebook.screenshot("jupyterlab-dark")
    notebook.command("apputils:change-theme", theme="JupyterLab Light")
    notebook.wait("() => document.body.dataset.jpThemeLight === 'true'")
    comes_to(notebook.page, lambda ground, *_: ground > 0.98)
    assert notebook.problems() == []


def test_notebook_7(jupyterlab: JupyterLab, page: Page) -> None:
    write_notebook(CELLS, jupyterlab.root / "seven.ipynb")
    page.goto(f"{jupyterlab.url}/notebooks/seven.ipynb?token={jupyterlab.token}")
    began = page.locator(".jp-InputPrompt").filter(has_text=re.compile(r"\[[*\d]"))
    for _ in range(5):  # what is chosen before the kernel is there is not done, and may be answered by a dialog
        if page.locator(".jp-Dialog").count():
            page.keyboard.press("Escape")
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        with suppress(TimeoutError):
            began.first.wait_for(timeout=10_000)
            break
    try_the_lab(page)


def test_voila(jupyterlab: JupyterLab, page: Page) -> None:
    write_notebook(CELLS, jupyterlab.root / "voila.ipynb")
    page.goto(f"{jupyterlab.url}/voila/render/voila.ipynb?token={jupyterlab.token}")
    try_the_lab(page)


def test_a_saved_notebook_opened_without_its_kernel_shows_the_picture_and_what_to_do(
    jupyterlab: JupyterLab, notebook: Notebook
) -> None:
    notebook.run_all()
    notebook.reveal(GRAPH)
    try_the_lab(notebook.page)
    notebook.command("docmanager:save")
    notebook.wait("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    assert (jupyterlab.root / notebook.path).stat().st_size < 50_000
    notebook.page.close()
    notebook.end_kernel()  # and no other: those of other pages go on
    notebook.open()
    notebook.wait(f"() => ({HEIGHTS})().some(([view, picture, words]) => !view && picture > 200 && words > 20)")
    assert WAKE in notebook.page.locator(".lab-asleep").inner_text()
    notebook.screenshot("asleep")
    notebook.run_all()  # it does what it says
    try_the_lab(notebook.page)


def test_a_notebook_as_a_page_without_a_network_shows_every_lab(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "kept.ipynb"
    write_notebook([*CELLS, "from widgets import TrainingLab\nTrainingLab(hidden_size=8)"], path)
    subprocess.run([sys.executable, "-c", KEEP, path], check=True, capture_output=True)
    assert path.stat().st_size < 60_000
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto(path.with_suffix(".html").as_uri())
    page.wait_for_function(f"() => ({HEIGHTS})().every(([view, picture, words]) => !view && picture > 200 && words)")
    assert len(page.evaluate(HEIGHTS)) == 2
    context.close()
