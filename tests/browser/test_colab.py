"""Labs on a page of Google Colab's look-alike: Notebook 6, ipywidgets 7 and its sliders, a kernel without subshells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browser.lab import ROOT, WATCH, Server, write_notebook

pytestmark = pytest.mark.browser

PYTHON = ROOT / ".venv-colab/bin/python"
CELLS = [
    "from widgets import GrowthLab, TrainingLab\nGrowthLab('shear')",
    "training = TrainingLab(hidden_size=8)\ntraining",
]
GROWTH, TRAINING = ".growth-lab", ".training-lab"
PEAK = f"() => document.querySelector('{GROWTH} .js-plotly-plot')?.data.find((t) => t.name === 'peak').y[0]"
LOSSES = f"""() => document.querySelector('{TRAINING} .js-plotly-plot')?.data.find((t) => t.name === 'loss')
  .y.filter(Number.isFinite).length ?? 0"""
SCALE = f"{GROWTH} .widget-slider:has-text('T scale') .ui-slider-handle"
SLOW = "[anywidget] Failed to initialize model."  # within two seconds; `hear` in plotly_js.js says why that is no harm
NOTICES = "() => [...document.querySelectorAll('.live-figure')].map((figure) => figure.dataset.error)"


class Notebook6(Server):
    """The classic notebook of `.venv-colab`, on an empty folder; it runs this checkout of the kit."""

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self.root = scratch / "root"
        self.root.mkdir()
        names = {"port": self.port, "token": self.token, "port_retries": 0, "ip": "127.0.0.1"}
        options = [f"--NotebookApp.{name}={value}" for name, value in names.items()]
        self.start([str(PYTHON), "-m", "notebook", "--no-browser", "--allow-root", *options])


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Iterator[Page]:
    """A notebook of CELLS, whose kernel is there; errors on the page fail the test."""
    if not PYTHON.exists():
        pytest.skip("no .venv-colab: `make test-colab` makes it")
    server = Notebook6(tmp_path)
    page, wrong = chromium.new_page(viewport={"width": 1280, "height": 1000}), []
    page.on("pageerror", lambda error: SLOW in error.message or wrong.append(f"{error}\n{error.stack}"))
    write_notebook(CELLS, server.root / "colab.ipynb")
    try:
        page.goto(f"{server.url}/notebooks/colab.ipynb?token={server.token}")
        page.wait_for_function("() => window.Jupyter?.notebook?.kernel?.widget_manager")
        page.wait_for_function("() => Jupyter.notebook.kernel.is_connected()")
        yield page
    finally:
        page.close()
        server.close()
    assert wrong == []


def run(page: Page, cell: int) -> None:
    page.evaluate("(i) => Jupyter.notebook.execute_cells([i])", cell)
    page.wait_for_function("(i) => Number.isInteger(Jupyter.notebook.get_cell(i).input_prompt_number)", arg=cell)


def test_with_colabs_versions_figures_sliders_training_and_the_kernels_end_are_as_elsewhere(page: Page) -> None:
    # at once: the page has not heard yet which widgets the new kernel has, and draws the cell again when it does
    run(page, 0)
    page.wait_for_function(f"() => ({PEAK})() > 3.9", timeout=60_000)
    page.evaluate(WATCH.read_text("utf-8"))
    assert page.evaluate("() => [...document.querySelectorAll('[data-still]')].every((still) => !still.clientHeight)")

    scale = page.locator(SCALE)
    page.wait_for_function("(handle) => handle.ariaLabel === 'T scale s'", arg=scale.element_handle())
    scale.focus()
    page.keyboard.press("End")
    page.wait_for_function(f"() => Math.abs(({PEAK})() - 7.768) < 1e-3")  # of [[0.9, 2], [0, 0.9]], at k = 9
    page.wait_for_function(f"() => document.querySelector('{GROWTH}').innerText.includes('7.77-fold by k = 9')")
    assert (scale.get_attribute("role"), scale.get_attribute("aria-valuetext")) == ("slider", "2.00")

    more = page.locator(f"{GROWTH} .p-Collapse-header")
    more.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("(header) => header.ariaExpanded === 'true'", arg=more.element_handle())

    with page.expect_file_chooser() as chooser:
        page.locator(f"{GROWTH} button", has_text="Open a file").click()
    chooser.value.set_files({"name": "own.csv", "mimeType": "text/csv", "buffer": b"0.5,0\n6,0.5\n"})
    page.wait_for_function(f"() => document.querySelector('{GROWTH}').innerText.includes('from own.csv')")

    run(page, 1)
    page.wait_for_function(f"() => ({LOSSES})() === 1", timeout=60_000)
    page.locator(f"{TRAINING} button", has_text="Play").first.click()
    page.wait_for_function(f"() => ({LOSSES})() > 10")
    page.locator(f"{TRAINING} button", has_text="Pause").first.click()
    assert page.evaluate("() => watchDrawn.faults") == []

    page.evaluate("() => void Jupyter.notebook.kernel.restart()")
    page.wait_for_function(f"() => ({NOTICES})().every((words) => words === 'No kernel: run the cell again.')")
