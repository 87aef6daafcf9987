"""The first minute with `make lab`, and a TrainingLab in it: what a student does, and what comes of it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator

from browser.lab import APP, READY, ROOT, SETTINGS, JupyterLab, Notebook
from widgets.figures.training import ROW

pytestmark = pytest.mark.browser

FIRST = ROOT / "notebooks/00_start_here.ipynb"
MODEL = f"{APP}.shell.currentWidget.content.model"
KERNEL_IN_METADATA = f"() => {MODEL}?.getMetadata('language_info')?.version && {MODEL}.getMetadata('kernelspec')"
LESSON = "notebooks/08_train_it_live.ipynb"
LAB = ".training-lab"
GRAPH = f"{LAB} .live-graph.js-plotly-plot"
TRACE = f"(name) => Array.from(document.querySelector('{GRAPH}').data.find((t) => t.name.startsWith(name)).y)"
UPDATES = (
    f"() => Number((document.querySelector('{LAB}')?.innerText"
    r".match(/After ([\d,]+) updates?:/)?.[1] ?? '-1').replace(',', ''))"
)
PLAYING = """
import gc
from widgets import TrainingLab
labs = [thing for thing in gc.get_objects() if isinstance(thing, TrainingLab) and thing.lines.playing]
assert len(labs) == {count}, labs
"""


@pytest.fixture(scope="module")
def make_lab(chromium: object, start_lab: Callable[..., JupyterLab]) -> JupyterLab:
    """The server of `make lab`, as it comes but for autosave: what it asks a newcomer is seen here."""
    kept = {name: value for name, value in SETTINGS.items() if "docmanager" in name}
    return start_lab(ROOT, ["make", "lab"], settings=kept)


@pytest.fixture
def notebook(lab_page: Notebook) -> Notebook:
    """A small lab with a T to scale."""
    lab_page.run("lab = TrainingLab(tasks.Copying(delay=20), 16, start='random')\nlab")
    lab_page.reveal(GRAPH)
    return lab_page


def lab(notebook: Notebook) -> Locator:
    return notebook.page.locator(LAB).first


def press(notebook: Notebook, label: str) -> None:
    lab(notebook).get_by_role("button", name=label, exact=True).click()


def wait_for_updates(notebook: Notebook, count: int, timeout: float = 120) -> None:
    notebook.wait(f"(count) => ({UPDATES})() >= count", count, timeout)


def wait_for_words(notebook: Notebook, text: str, timeout: float = 60) -> None:
    notebook.wait(
        f"(text) => document.querySelector('{LAB}').innerText.includes(text)", text, timeout
    )  # fmt: skip


def trace(notebook: Notebook, name: str) -> list[float]:
    values: list[float] = notebook.page.evaluate(TRACE, name)
    return values


def unfold_more(notebook: Notebook) -> None:
    lab(notebook).get_by_text("More", exact=True).click()
    lab(notebook).get_by_role("button", name="Load preset").wait_for(state="visible")


def slide(notebook: Notebook, label: str, key: str, times: int) -> None:
    slider = lab(notebook).locator(".widget-slider", has_text=label).locator(".noUi-handle").first
    slider.focus()
    for _ in range(times):
        notebook.page.keyboard.press(key)


def test_the_printed_address_opens_notebook_00_unchanged_folded_and_without_a_question(
    chromium: Browser, make_lab: JupyterLab
) -> None:
    before = FIRST.read_bytes()
    (printed, *_) = re.findall(r"http://127\.0\.0\.1:\d+/\S+", make_lab.log.read_text("utf-8"))
    page = chromium.new_page()
    page.goto(printed.replace("token=...", f"token={make_lab.token}"))  # one that was given to it is not printed
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


def test_a_student_trains_releases_T_drags_it_and_runs_the_cell_again(
    make_lab: JupyterLab, open_notebook: Callable[..., Notebook]
) -> None:
    notebook = open_notebook(make_lab, LESSON)
    notebook.run_all(timeout=300)
    assert notebook.cell_errors() == []
    notebook.reveal(GRAPH)
    press(notebook, "Play")
    wait_for_words(notebook, " steps/s")
    press(notebook, "full speed")
    wait_for_updates(notebook, 150)
    wait_for_words(notebook, "above the floor")
    press(notebook, "Release T")
    wait_for_words(notebook, "below the floor")
    notebook.screenshot("training-lab-released")
    press(notebook, "Pause")
    notebook.wait(f"() => document.querySelector('{LAB} button').innerText.includes('Play')")
    notebook.run("with memory.lock: print('trained for', memory.experiment.training.index, 'updates')")
    stopped = int(notebook.wait(r"() => document.body.innerText.match(/trained for (\d+) updates/)?.[1]"))
    notebook.reveal(GRAPH)
    notebook.wait(f"(count) => ({UPDATES})() === count", stopped)  # the button changes before the last state is drawn
    growth, eigenvalues = trace(notebook, "largest"), trace(notebook, "eigenvalues")
    slide(notebook, "T scale", "ArrowLeft", 6)
    notebook.wait(f"(before) => ({TRACE})('largest')[5] !== before", growth[5])
    assert trace(notebook, "eigenvalues") == eigenvalues, "T never moves an eigenvalue"
    assert notebook.page.evaluate(UPDATES) == stopped, "Pause means pause"
    press(notebook, "Play")
    wait_for_updates(notebook, stopped + 10)
    cells = notebook.page.evaluate(
        "() => Array.from(jupyterapp.shell.currentWidget.content.model.cells).map((c) => c.sharedModel.getSource())"
    )
    first = next(i for i, source in enumerate(cells) if re.search(r"TrainingLab\(", source))
    notebook.run_cell(first)
    notebook.reveal(GRAPH)
    wait_for_words(notebook, "After 0 updates:")
    notebook.run(PLAYING.format(count=0))
    notebook.reveal(GRAPH)
    press(notebook, "Play")
    wait_for_updates(notebook, 5)
    notebook.run(PLAYING.format(count=1))
    assert notebook.problems() == []


def test_every_control_does_something_on_the_page(notebook: Notebook, tmp_path: Path) -> None:
    press(notebook, "Step")
    wait_for_words(notebook, "After 1 update:")
    press(notebook, "Freeze T")
    wait_for_words(notebook, "Release T")
    slide(notebook, "T scale", "Home", 1)
    wait_for_words(notebook, "s = 0: V is normal")
    slide(notebook, "T scale", "End", 1)
    wait_for_words(notebook, "T scale 2;")
    unfold_more(notebook)
    before = trace(notebook, "now")
    lab(notebook).get_by_text("gradient of the whole loss").click()
    notebook.wait(f"(before) => ({TRACE})('now')[3] !== before", before[3])
    lab(notebook).get_by_text("untouched copy (halves").click()
    for _ in range(8):
        press(notebook, "Step")
    wait_for_words(notebook, "After 9 updates:")
    copied = [value for value in trace(notebook, "untouched copy") if value is not None and math.isfinite(value)]
    assert len(copied) == 9
    lab(notebook).get_by_text("hold γ = 1").click()
    wait_for_words(notebook, "spectral radius 1.000")
    for label in ("Learning rate", "of P", "T decay", "γ penalty", "T noise"):
        for key in ("End", "Home"):
            slide(notebook, label, key, 1)
    press(notebook, "Add noise to T")
    slide(notebook, "History", "Home", 1)
    wait_for_words(notebook, "after 0 of 9 updates")
    slide(notebook, "History", "End", 1)
    wait_for_words(notebook, "now")
    with notebook.page.expect_download() as first:
        press(notebook, "Figures as SVG")
    assert first.value.suggested_filename.endswith(".svg") and "<svg" in first.value.path().read_text()
    press(notebook, "Numbers as CSV")
    wait_for_words(notebook, "Saved:")
    notebook.screenshot("training-lab-more")
    press(notebook, "Reset")
    wait_for_words(notebook, "After 0 updates:")
    press(notebook, "Back to the run before")
    wait_for_words(notebook, "After 9 updates:")


def test_a_broken_preset_and_an_impossible_model_are_said_on_the_page(notebook: Notebook) -> None:
    unfold_more(notebook)
    field = lab(notebook).locator("input[type=text]").last
    whole = field.input_value()
    field.fill(whole[:-3])
    field.press("Tab")
    press(notebook, "Load preset")
    wait_for_words(notebook, "not a preset")
    lab(notebook).locator("select").first.select_option("noisy memory")
    wait_for_words(notebook, "floor")
    lab(notebook).locator(".widget-dropdown", has_text="Model").locator("select").select_option("lstm")
    press(notebook, "Apply: a new run")
    wait_for_words(notebook, "cannot be the linear network")
    press(notebook, "Step")
    wait_for_words(notebook, "After 1 update:")


def test_after_a_reload_the_lab_is_there_and_plays_on(notebook: Notebook) -> None:
    press(notebook, "Play")
    wait_for_updates(notebook, 5)
    notebook.reload()
    notebook.reveal(GRAPH)
    count = notebook.page.evaluate(UPDATES)
    wait_for_updates(notebook, count + 5)
    press(notebook, "Pause")
    notebook.wait(f"() => document.querySelector('{LAB} button').innerText.includes('Play')")


# What is written on the figure (titles, legends, marks, numbers and names of axes) and its plots, as rectangles of the
# page; a pair that overlaps, and what reaches beyond the figure.
OVERLAPS = f"""() => {{
  const found = [];
  const meet = ([, , a], [, , b]) =>
    a.left + 3 < b.right && b.left + 3 < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom;
  for (const gd of document.querySelectorAll('{LAB} .live-graph.js-plotly-plot')) {{
    const own = gd.getBoundingClientRect();
    const all = (kind, selector) => [...gd.querySelectorAll(selector)]
      .map((e) => [kind, e.textContent, e.getBoundingClientRect()]).filter(([, , box]) => box.width * box.height);
    const heads = [['title', '.annotation text'], ['legend', 'text.legendtext'], ['mark', '.shape-group text']]
      .flatMap((one) => all(...one));
    const feet = [...all('axis', '.xtitle'), ...all('number', '.xtick text, .ytick text')];
    const others = [...feet, ...all('plot', '.draglayer .nsewdrag')];
    heads.forEach((one, i) => [...heads.slice(i + 1), ...others].forEach((other) => {{
      if (meet(one, other)) found.push([...one.slice(0, 2), ...other.slice(0, 2)].join(' / '));
    }}));
    for (const [kind, text, box] of [...heads, ...feet])
      if (box.left < own.left - 1 || box.right > own.right + 1 || box.top < own.top - 1 || box.bottom > own.bottom + 1)
        found.push(`${{kind}} ${{text}} is cut off`);
  }}
  return found; }}"""
ENDS = f"""() => ['.live-figure', 'button', '.widget-html']
  .flatMap((part) => [...document.querySelectorAll('{LAB} ' + part)])
  .filter((e) => e.checkVisibility() && !e.closest('.jupyter-widget-Collapse-contents'))
  .flatMap((e) => [e.getBoundingClientRect().top, e.getBoundingClientRect().bottom])"""
PLACED = f"""() => [...document.querySelectorAll('{LAB} .live-graph.js-plotly-plot')].every((gd) =>
  gd.layout?.width === gd.clientWidth && gd.layout.height === gd.clientHeight)"""


@pytest.fixture
def noisy(lab_page: Notebook) -> Notebook:
    """The lesson's lab after its story, with the file browser away."""
    story = "lab.step(20); lab.controls.release.click(); lab.step(20); lab.intervene('scale', 1.5); lab.step(2)"
    lab_page.run(f"lab = TrainingLab()\n{story}\nlab")
    lab_page.reveal(GRAPH)
    if lab_page.page.evaluate("() => !(window.jupyterapp || window.jupyterlab).shell.leftCollapsed"):
        lab_page.command("application:toggle-left-area")
    return lab_page


def test_nothing_lies_over_anything_and_nothing_is_cut_off_at_any_width(noisy: Notebook) -> None:
    for width, rows in ((1920, 2), (1280, 2), (850, 3), (400, 6)):
        noisy.page.set_viewport_size({"width": width, "height": 1000})
        height = f"Math.floor(document.querySelector('{GRAPH}').clientHeight / {ROW})"
        noisy.wait(f"(rows) => ({PLACED})() && {height} === rows", rows)
        assert noisy.page.evaluate(OVERLAPS) == [], width


def test_in_full_screen_all_panels_the_controls_and_the_sentence_are_in_sight(noisy: Notebook) -> None:
    noisy.page.set_viewport_size({"width": 1280, "height": 720})
    press(noisy, "Full screen")
    noisy.wait(f"() => document.fullscreenElement?.matches('{LAB}') && ({PLACED})()")
    ends = noisy.page.evaluate(ENDS)
    assert min(ends) >= 0 and max(ends) <= 720, ends
    assert noisy.page.evaluate(OVERLAPS) == []
    press(noisy, "Full screen")
    noisy.wait(f"() => !document.fullscreenElement && ({PLACED})()")
