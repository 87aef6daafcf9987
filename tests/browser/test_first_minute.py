"""The first minute with `make lab`: what is on the screen before anything is done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from browser.lab import APP, READY, ROOT, JupyterLab

pytestmark = pytest.mark.browser

FIRST = ROOT / "notebooks/00_start_here.ipynb"
MODEL = f"{APP}.shell.currentWidget.content.model"
KERNEL_IN_METADATA = f"() => {MODEL}?.getMetadata('language_info')?.version && {MODEL}.getMetadata('kernelspec')"


def test_the_printed_address_opens_notebook_00_unchanged_folded_and_without_a_question(
    chromium: Browser, start_lab: Callable[..., JupyterLab]
) -> None:
    before = FIRST.read_bytes()
    lab = start_lab(ROOT, ["make", "lab"], settings={})
    (printed, *_) = re.findall(r"http://127\.0\.0\.1:\d+/\S+", lab.log.read_text("utf-8"))
    page = chromium.new_page()
    page.goto(printed.replace("token=...", f"token={lab.token}"))  # one that was given to it is not printed
    page.wait_for_function(READY)
    assert page.evaluate(f"() => {APP}.shell.currentWidget.context.path") == "notebooks/00_start_here.ipynb"
    page.wait_for_function(KERNEL_IN_METADATA)
    assert page.evaluate(f"() => {MODEL}.dirty") is False
    setup = page.locator(".jp-CodeCell").first
    assert "Set-up: run this cell first" in setup.inner_text()
    assert "import subprocess" not in setup.inner_text()
    assert page.get_by_text("Jupyter news").count() == 0
    page.evaluate(f"() => {APP}.commands.execute('docmanager:save')")
    page.wait_for_function(f"() => {MODEL}.dirty === false")
    assert json.loads(FIRST.read_bytes()) == json.loads(before), "saving an unchanged notebook changes no line of it"
    page.close()
