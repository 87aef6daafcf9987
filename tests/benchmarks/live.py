"""TrainingLab on the screen: steps against the same training without one, slider to screen, Run All to first paint.

JupyterLab and chromium as in the browser tests; the copy task at delay 200, N = 128. In turn the lab plays for three
seconds with all panels drawn, and then trains as long in a cell that draws nothing; often, for two processes that share
a machine with others meet its slow seconds by chance. Slider to screen: from the key to the first animation frame in
which the growth curve has another shape, at rest and while it plays.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .measure import Comparison, Row, Setup, Works

ROOT = Path(__file__).resolve().parents[2]
LAB = """
import json, time
from pathlib import Path
from widgets import TrainingLab
from nnrnn_core import tasks
lab = TrainingLab(tasks.Copying(delay={delay}), hidden_size={n}, start="random")
lab.controls.pace.value = float("inf")
lab
"""
COUNT = """
frames, push = [0], lab.lines.push
def counted(*arguments):
    frames[0] += 1
    push(*arguments)
lab.lines.push = counted
"""
NOTE = "Path('note.json').write_text(json.dumps([time.monotonic(), lab.experiment.training.index, frames[0]]))"
HEADLESS = """
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    lab.experiment.step()
"""
GRAPH = ".training-lab .live-graph.js-plotly-plot"
PAINTED = GRAPH + " .scatterlayer path.js-line"
# Of the third panel the lines that move with T alone: not the measured states, which move with every step. From the key
# on every animation frame is looked at: a script that came after the key could come after the answer too.
LISTEN = """(selector) => {
  const name = (line) => line.closest('.trace').__data__[0].trace.name;
  const shown = () => [...document.querySelectorAll(selector)]
    .filter((line) => /^(largest|typical)/.test(name(line))).map((line) => line.getAttribute('d')).join();
  addEventListener('keydown', () => {
    const [before, key] = [shown(), performance.now()];
    globalThis.__answer = 0;
    const look = () => (shown() === before ? requestAnimationFrame(look) : (__answer = performance.now() - key));
    requestAnimationFrame(look);
  }, true);
}"""
SLIDERS = ("at rest", "while it trains")


class NoBrowserError(Exception):
    """Neither chromium nor chrome is installed."""


@contextmanager
def opened(setup: Setup) -> Iterator[tuple[Any, Any, Path]]:
    """A JupyterLab with the notebook live.ipynb, a browser's context, and a folder."""
    from playwright.sync_api import sync_playwright

    from browser.conftest import QUIET, find_browser
    from browser.lab import JupyterLab, write_notebook

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        program = find_browser(playwright)
        if program is None:
            raise NoBrowserError
        folder = Path(scratch) / "notebooks"
        folder.mkdir()
        write_notebook([LAB.format(n=setup.size(128, 8), delay=setup.size(200, 10))], folder / "live.ipynb")
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        server = JupyterLab(folder, Path(scratch))
        try:
            yield server, browser.new_context(viewport={"width": 1400, "height": 1100}), Path(scratch)
        finally:
            browser.close()
            server.close()


def first_paint(notebook: Any) -> float:
    """Milliseconds from Run All, in a kernel that has imported nothing, to the first painted line."""
    notebook.page.wait_for_timeout(2000)
    begun = time.monotonic()
    notebook.command("notebook:run-all-cells")
    notebook.page.wait_for_selector(PAINTED, state="attached")
    return 1e3 * (time.monotonic() - begun)


def play(notebook: Any, on: bool) -> None:
    notebook.page.locator(".training-lab").get_by_role("button", name="Play" if on else "Pause", exact=True).click()
    notebook.page.wait_for_timeout(2500)


def between(notebook: Any, work: str, wait: float = 0) -> tuple[float, float]:
    """Milliseconds a step and a repaint between two notes, with some work or some waiting in between."""
    notes = []
    for source in (NOTE, work + NOTE):
        notebook.run(source)
        notes.append(json.loads((notebook.lab.root / "note.json").read_text()))
        notebook.page.wait_for_timeout(1000 * wait if len(notes) == 1 else 0)
    (begun, first, drawn), (ended, last, drawn_last) = notes
    return 1e3 * (ended - begun) / max(1, last - first), 1e3 * (ended - begun) / max(1, drawn_last - drawn)


def steps(notebook: Any, rounds: int, seconds: float) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        play(notebook, on=True)
        playing, repaint = between(notebook, "", seconds)
        play(notebook, on=False)
        headless, _ = between(notebook, HEADLESS.format(seconds=seconds))
        for name, value in zip(("a step, all panels drawn", "a repaint", "a step, nothing drawn"),
                               (playing, repaint, headless), strict=True):  # fmt: skip
            found.setdefault(name, []).append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def sliders(notebook: Any, count: int) -> dict[str, float]:
    """Median and 95th percentile of slider to screen; at rest first."""
    page = notebook.page
    page.evaluate(LISTEN, PAINTED)
    slider, found = page.locator(".training-lab .noUi-handle").first, {}
    for words in SLIDERS:
        if words != SLIDERS[0]:
            play(notebook, on=True)
        times = []
        for i in range(count):
            slider.focus()
            page.keyboard.press("ArrowLeft" if i % 20 < 10 else "ArrowRight")  # to the middle of the scale and back
            times.append(page.wait_for_function("() => globalThis.__answer").json_value())
            page.wait_for_timeout(400)
        found[f"slider to screen, {words}"] = statistics.median(times)
        found[f"the same, 95th percentile, {words}"] = sorted(times)[int(0.95 * count) - 1]
    return found


def measured(server: Any, context: Any, scratch: Path, setup: Setup) -> dict[str, float]:
    from browser.lab import Notebook

    notebook = Notebook(server, context, "live.ipynb", scratch)
    found = {"Run All to first paint": first_paint(notebook)}
    notebook.wait_idle()
    notebook.reveal(GRAPH)
    notebook.run(COUNT)
    found |= steps(notebook, setup.size(12, 1), setup.size(3, 1))
    notebook.run("lab.step()")  # what is shown is where the training is: those steps without a screen were not drawn
    notebook.reveal(GRAPH)
    found |= sliders(notebook, setup.size(60, 2))  # of 20, the second slowest alone would be the 95th percentile
    return found


def works(setup: Setup) -> Works:
    """Measured at once, in one page; what is measured in turn returns it. Nothing where there is no browser."""
    if importlib.util.find_spec("playwright") is None:
        return {}
    sys.path[:0] = [path for path in (str(ROOT), str(ROOT / "tests")) if path not in sys.path]
    try:
        with opened(setup) as page:
            found = measured(*page, setup)
    except NoBrowserError as problem:
        print(f"live is left out. {problem.__doc__}", file=sys.stderr)
        return {}
    return {name: lambda value=value: value for name, value in found.items()}


COMPARISONS = (
    Comparison(
        "live",
        "`TrainingLab` in JupyterLab and chromium; copy task, N = 128",
        works,
        (
            Row("a step, all panels drawn", ("a step, nothing drawn",), 1.18),
            Row("a repaint", target=125),
            *(
                Row(f"{what}{words}", target=target)
                for words, targets in zip(SLIDERS, ((45, 75), (95, 150)), strict=True)
                for what, target in zip(("slider to screen, ", "the same, 95th percentile, "), targets, strict=True)
            ),
            Row("Run All to first paint", target=7000),
        ),
        rounds=1,
        timed=False,
        on_gpu=False,
    ),
)
