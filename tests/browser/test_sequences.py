"""Every lab under random sequences of what a person does: whatever is drawn is the newest state, or is marked.

Two looks, both at what is really there. In every animation frame the SVG is read back and held against what Python has
pushed (`drawn.js`); after each sequence what the page holds is held against the arrays in Python, and heat maps are
compared colour by colour. That the arrays in Python are those of the lab's state is tested without a browser, in
`test_labs_show_their_state.py`.

A sequence is made from a seed. NNRNN_SEQUENCES=20 runs twenty for each lab; NNRNN_FIRST_SEED says where they begin.
"""

from __future__ import annotations

import json
import os
import random
import re
from typing import Any

import pytest
from playwright.sync_api import Locator

from browser.lab import LAPTOP, Notebook

pytestmark = pytest.mark.browser

SEQUENCES, FIRST = int(os.environ.get("NNRNN_SEQUENCES", "1")), int(os.environ.get("NNRNN_FIRST_SEED", "1"))
LABS = {
    "spectrum": 'SpectrumLab("grcar", size=16)',
    "schur": "SchurLab()",
    "growth": "GrowthLab()",
    "gradient": "GradientLab()",
    "memory": "MemoryLab()",
    "assemble": "AssembleLab()",
    "shear": "ShearLab()",
    "training": "TrainingLab(tasks.Copying(delay=20), 16, start='random')",
    "race": "RaceLab()",
    "xray": "XrayLab()",
}
DUMP = """
import json
import numpy as np
def flat(value):
    return [None if not np.isfinite(v) else float(v) for v in np.ravel(np.asarray(value, float))]
def dump(lab):
    with lab.lock:
        state = {f._key: {"serial": f._serial, "pending": f._marks(), "data": [
            {part: flat(trace[part]) for part in "xyz" if trace.get(part) is not None} for trace in f._data]}
            for f in lab.figures}
    with open("state.json", "w") as file:
        json.dump(state, file)
"""
GONE_ON = "the page is at"  # how `watchDrawn.differences` begins to say that the page's state is a newer one
RUN = re.compile("^Run .* live$")
WIDTHS = (1366, 1000, 1280, 800, 1600)
WAITS = (0, 0, 30, 100, 400, 700, 1200, 2000)  # milliseconds
KEYS = ("ArrowLeft", "ArrowRight", "ArrowRight", "PageUp", "PageDown", "Home", "End")


class Person:
    """Does at random what a person does with one lab, and remembers it."""

    def __init__(self, notebook: Notebook, name: str, seed: int) -> None:
        self.page, self.name, self.random, self.done = notebook.page, name, random.Random(f"{name} {seed}"), []
        self.lab = self.page.locator(f".{name}-lab").first

    def act(self) -> None:
        kind = self.random.choices(
            ("key", "drag", "button", "choose", "resize", "zoom", "reset", "hover"), (8, 3, 3, 2, 1, 1.5, 1.5, 1)
        )[0]
        self.done.append(kind)
        getattr(self, kind)()
        wait = self.random.choice(WAITS)
        self.done.append(f"{wait} ms")
        self.page.wait_for_timeout(wait)

    def one_of(self, selector: str) -> Locator | None:
        seen = [one for one in self.lab.locator(selector).all() if one.is_visible() and one.is_enabled()]
        return self.random.choice(seen) if seen else None

    def key(self) -> None:
        handle = self.one_of(".widget-slider .noUi-handle")
        if handle is None:
            return
        handle.focus()
        key, times = self.random.choice(KEYS), self.random.randint(1, 8)
        pause = self.random.choice((0, 20, 80))
        self.done.append(
            f"{handle.evaluate('h => h.closest(`.widget-slider`).innerText')}: {times} {key} {pause} apart"
        )
        for _ in range(times):
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(pause)

    def drag(self) -> None:
        handle = self.one_of(".widget-slider .noUi-handle")
        box = handle.bounding_box() if handle is not None else None
        if handle is None or box is None:
            return
        self.done.append(name_of(handle))
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for _ in range(self.random.randint(1, 4)):
            self.page.mouse.move(x + self.random.uniform(-120, 120), y, steps=self.random.randint(1, 6))
        self.page.mouse.up()

    def button(self) -> None:
        names = ("Play", "Pause", "Step", "Release T", "Freeze T", "Throw 50 perturbations", "Go on", "Stop", RUN)
        known = [self.lab.get_by_role("button", name=name, exact=True) for name in names]
        buttons = [one.first for one in known if one.count() and one.first.is_visible() and one.first.is_enabled()]
        more = self.lab.locator("button.preset, .widget-toggle-buttons button").all()
        buttons += [one for one in more if one.is_visible() and one.is_enabled()]
        if buttons:
            button = self.random.choice(buttons)
            self.done.append(button.inner_text())
            button.dispatch_event("click")  # it may be disabled in this moment: then nothing is done, as for a person

    def choose(self) -> None:
        menu = None if self.name == "training" else self.one_of("select")  # another task there takes minutes
        if menu is not None:
            self.done.append(self.random.choice(menu.locator("option").all_inner_texts()))
            menu.select_option(self.done[-1])

    def resize(self) -> None:
        width = self.random.choice(WIDTHS)
        self.done.append(str(width))
        self.page.set_viewport_size({"width": width, "height": LAPTOP["height"]})

    def zoom(self) -> None:
        panel = self.one_of(".draglayer .nsewdrag")
        if panel is None:
            return
        panel.scroll_into_view_if_needed()
        box = panel.bounding_box()
        assert box is not None
        panel.evaluate("(p) => p.closest('.live-graph').querySelector('[data-title=Zoom]').click()")
        a, b = ([self.random.uniform(0.1, 0.9) for _ in range(2)] for _ in range(2))
        self.page.mouse.move(box["x"] + a[0] * box["width"], box["y"] + a[1] * box["height"])
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + b[0] * box["width"], box["y"] + b[1] * box["height"], steps=3)
        self.page.mouse.up()

    def reset(self) -> None:
        self.lab.locator(".live-graph").first.evaluate(
            "(gd) => gd.querySelector('[data-title=\"Reset axes\"]')?.click()"
        )

    def hover(self) -> None:
        panel = self.one_of(".draglayer .nsewdrag")
        if panel is not None:
            panel.hover(position={"x": 20 + 60 * self.random.random(), "y": 20 + 60 * self.random.random()}, force=True)

    def come_to_rest(self) -> None:
        pause = self.lab.get_by_role("button", name="Pause", exact=True)
        if pause.count():
            pause.first.click()
        self.page.wait_for_timeout(1000)


def name_of(handle: Locator) -> str:
    return str(handle.evaluate("h => h.closest('.widget-slider').innerText.replaceAll('\\n', ' ')"))


def state_in_python(notebook: Notebook) -> Any:
    notebook.keep_cells(2)
    notebook.run("dump(lab)")
    return json.loads((notebook.lab.root / "state.json").read_text())


def compared_with_python(notebook: Notebook) -> list[str]:
    """Where the page holds other numbers than Python; asked again while Python goes on (and measures)."""
    ahead = "Object.entries(state).every(([key, { serial }]) => liveFigures.figures[key].serial >= serial)"
    differences: list[str] = []
    for _ in range(30):
        state = state_in_python(notebook)
        notebook.wait(f"(state) => {ahead}", state)
        differences = notebook.page.evaluate("(state) => watchDrawn.differences(state)", state)
        if not any(found.startswith(GONE_ON) for found in differences):
            break
    return differences


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEQUENCES))
@pytest.mark.parametrize("name", LABS)
def test_whatever_a_person_does_the_screen_shows_the_state(lab_page: Notebook, name: str, seed: int) -> None:
    notebook = lab_page
    notebook.run(f"{DUMP}\nlab = {LABS[name]}\nlab")
    notebook.watch_figures()
    notebook.reveal(f".{name}-lab .live-graph.js-plotly-plot .draglayer .nsewdrag")
    person = Person(notebook, name, seed)
    for _ in range(8):
        person.act()
        assert notebook.figure_faults() == [], person.done
    person.come_to_rest()
    assert compared_with_python(notebook) == [], person.done
    notebook.reveal(f".{name}-lab .live-graph.js-plotly-plot .draglayer .nsewdrag")
    notebook.page.wait_for_timeout(100)
    assert notebook.page.evaluate("() => watchDrawn.colourFaults()") == [], person.done
    assert notebook.figure_faults() == [], person.done
    assert notebook.page.evaluate("() => watchDrawn.compared") > 0
