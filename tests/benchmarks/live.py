"""TrainingLab on the screen against its training without one: steps a second, and slider to screen, in one browser.

    python tests/benchmarks/live.py [rounds] [seconds]

JupyterLab and chromium as in the browser tests; the copy task at delay 200, N = 128. Each round plays for some seconds
with all panels drawn, then trains as long in a cell that draws nothing. Slider to screen: from the key to the first
frame in which the growth curve has another shape; at rest, then while it plays. Medians (and 95th percentiles).
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from browser.conftest import QUIET, find_browser  # noqa: E402
from browser.lab import JupyterLab, Notebook, write_notebook  # noqa: E402

LAB = """
import json, time
from pathlib import Path
from widgets import TrainingLab
from nnrnn_core import tasks
lab = TrainingLab(tasks.Copying(delay=200), hidden_size=128, start="random")
lab
"""
NOTE = "Path('note.json').write_text(json.dumps([time.monotonic(), lab.experiment.training.index]));"
HEADLESS = """
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    lab.experiment.step()
"""
GRAPH = ".training-lab .live-graph.js-plotly-plot"
LATENCY = """async (graph) => {
  const lines = [...document.querySelectorAll(graph + ' .scatterlayer path.js-line')];
  const paths = () => lines.map((line) => line.getAttribute('d'));
  const before = paths(), key = globalThis.__key;
  while (performance.now() < key + 5000) {
    await new Promise(requestAnimationFrame);
    const now = paths();
    if (globalThis.__here.some((i) => now[i] !== before[i])) return performance.now() - key;
  }
  throw new Error("the growth curve did not move");
}"""
# the lines of the third panel that move with T alone: not the measured states, which move with every step
GROWTH = """(graph) => {
  const lines = [...document.querySelectorAll(graph + ' .scatterlayer path.js-line')];
  const name = (line) => line.closest('.trace').__data__[0].trace.name;
  globalThis.__here = lines.flatMap((line, i) => (/^(worst|typical)/.test(name(line)) ? [i] : []));
  addEventListener('keydown', () => (globalThis.__key = performance.now()), true);
}"""


def steps_a_second(notebook: Notebook, work: str, wait: float = 0) -> float:
    """Steps a second between two notes, with some work in between."""
    notes = []
    for source in (NOTE, work + NOTE):
        notebook.run(source)
        notes.append(json.loads((notebook.lab.root / "note.json").read_text()))
        notebook.page.wait_for_timeout(1000 * wait if len(notes) == 1 else 0)
    (begun, first), (ended, last) = notes
    return (last - first) / (ended - begun)


def play(page: Page, on: bool) -> None:
    page.locator(".training-lab").get_by_role("button", name="Play" if on else "Pause", exact=True).click()
    page.wait_for_timeout(2500)


def latencies(page: Page, slider: Locator, count: int = 20) -> list[float]:
    found = []
    for i in range(count):
        slider.focus()
        page.keyboard.press("ArrowLeft" if i < count // 2 else "ArrowRight")
        found.append(page.evaluate(LATENCY, GRAPH))
        page.wait_for_timeout(400)
    return found


def measure(notebook: Notebook, rounds: int, seconds: float) -> None:
    page = notebook.page
    notebook.run_all()
    notebook.reveal(GRAPH)
    page.wait_for_timeout(3000)
    ratios = []
    for _ in range(rounds):
        play(page, on=True)
        playing = steps_a_second(notebook, "", seconds)
        play(page, on=False)
        headless = steps_a_second(notebook, HEADLESS.format(seconds=seconds))
        ratios.append(playing / headless)
        print(f"steps a second: {playing:5.1f} playing, {headless:5.1f} without a screen, ratio {ratios[-1]:.2f}")
    print(f"median ratio {statistics.median(ratios):.2f}")
    notebook.reveal(GRAPH)
    page.evaluate(GROWTH, GRAPH)
    slider = page.locator(".training-lab .noUi-handle").first
    for words, on in (("at rest", False), ("playing", True)):
        if on:
            play(page, on=True)
        found = sorted(latencies(page, slider))
        print(f"slider to screen, {words}: {statistics.median(found):.0f} ms ({found[int(0.95 * len(found)) - 1]:.0f})")


def main() -> None:
    rounds, seconds = (int(argument) for argument in [*sys.argv[1:], "3", "6"][:2])
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "notebooks"
        folder.mkdir()
        write_notebook([LAB], folder / "live.ipynb")
        browser = playwright.chromium.launch(executable_path=find_browser(playwright), args=QUIET)
        server = JupyterLab(folder, Path(scratch))
        try:
            context = browser.new_context(viewport={"width": 1400, "height": 1100})
            measure(Notebook(server, context, "live.ipynb", Path(scratch)), rounds, seconds)
        finally:
            browser.close()
            server.close()


main()
