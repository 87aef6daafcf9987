"""XrayLab in JupyterLab: the slider changes the map at once, and the loss, faded until then, follows by itself."""

from __future__ import annotations

import pytest

from browser.lab import Notebook

pytestmark = pytest.mark.browser

GRAPH = ".xray-lab .live-graph.js-plotly-plot"
MAKE = """
import torch
from nnrnn_core import SequenceModel, Training
task = tasks.NoisyMemory(delays=4, length=20)
made = torch.Generator().manual_seed(0)
training = Training(SequenceModel("rnn", 1, 8, 4, **task.model_options, generator=made), task)
lab = XrayLab(training, percent=0)
lab"""
OF_TRACE = f"(name) => Array.from(document.querySelector('{GRAPH}').data.find((t) => t.name === name)"
HERE, MAP = f"{OF_TRACE}.x, Number)", f"{OF_TRACE}.z, (row) => Array.from(row, Number)).flat()"


def test_what_the_slider_takes_is_seen_at_once_and_its_loss_follows(lab_page: Notebook) -> None:
    notebook = lab_page
    notebook.run(MAKE)
    notebook.reveal(GRAPH)
    whole = notebook.page.evaluate(MAP, "T")
    handle = notebook.page.locator(".xray-lab .widget-slider .noUi-handle").first
    handle.focus()
    notebook.page.keyboard.press("End")
    notebook.wait(f"(before) => JSON.stringify(({MAP})('T')) !== before", str(whole).replace(" ", ""))
    # nobody asks the kernel: the page's own ticks bring the loss and its control
    notebook.wait(f"() => ({HERE})('the slider')[0] === 1 && ({HERE})('control, median').length === 9")
    notebook.wait(f"() => document.querySelector('{GRAPH}').ariaLabel.includes('with as much taken')")
    assert notebook.page.locator(".xray-lab [data-pending]").count() == 0
    notebook.page.locator(".xray-lab").get_by_text("More", exact=True).click()
    notebook.page.locator(".xray-lab textarea").fill("0.9 0; 2 0.8")
    notebook.page.locator(".xray-lab").get_by_role("button", name="Use this matrix").click()
    notebook.wait(f"() => document.querySelector('{GRAPH}').ariaLabel.includes('no task')")
    notebook.screenshot("xraylab")
