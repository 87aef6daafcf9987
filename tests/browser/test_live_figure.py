"""LiveFigure in JupyterLab, in a browser: what it draws, what its clock does, what it survives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import TimeoutError

from browser.lab import LAPTOP, ROOT, JupyterLab, Notebook

pytestmark = pytest.mark.browser

SETUP = """
import ipywidgets as ipw, numpy as np, plotly.graph_objects as go
from plotly.subplots import make_subplots
from widgets.live import LiveFigure
"""
LAB = """
try:
    live.close()
except NameError:
    pass
figure = make_subplots(1, 2)
figure.add_scatter(x=np.arange(50), y=np.zeros(50), name="line", mode="lines", row=1, col=1)
figure.add_scatter(x=[0.0, 1.0], y=[0.0, 1.0], name="dots", mode="markers", marker_size=20, row=1, col=2)
figure.update_layout(height=400, hovermode="closest", dragmode="zoom")
figure.update_xaxes(range=[0, 50], row=1, col=1).update_yaxes(range=[-10, 10], row=1, col=1)
figure.update_xaxes(range=[-1, 2], row=1, col=2).update_yaxes(range=[-1, 2], row=1, col=2)
live = LiveFigure(figure)
live.alt = "A flat line."
slider = ipw.IntSlider(description="level", min=0, max=9)
slider.observe(lambda change: live.push({"line": {"y": np.full(50, change.new)}}), "value")
words = ipw.HTML("nothing yet")
ticks = 0
def tick():
    global ticks
    ticks += 1
    live.push({"line": {"y": np.full(50, ticks % 9)}})
    words.value = f"ticks: {ticks}, on a slider: {live.pointer_on_slider}"
play, pause = ipw.Button(description="Play"), ipw.Button(description="Pause")
play.on_click(lambda _: live.play(tick))
pause.on_click(lambda _: live.pause())
live.on_click(lambda trace, x, y: setattr(words, "value", f"clicked {trace} at {x:g}, {y:g}"))
ipw.VBox([ipw.HBox([play, pause, slider]), words, live])
"""
CLOSE_ALL = """
import gc
from widgets.plotly_js import PlotlyJs
kept = PlotlyJs.shared()
for thing in gc.get_objects():
    if isinstance(thing, ipw.Widget) and thing not in (kept, kept.layout):
        thing.close()  # a page that is reloaded finds no widget at all if one holds another that is closed
"""
GRAPH = ".live-graph.js-plotly-plot"
LINE = f"() => document.querySelector('{GRAPH}')?.data[0].y[7]"
# A graph as fast_redraw.js sees it: with one of plotly's private names gone, or of another meaning.
GONE = """(gd) => new Proxy(gd, { get: (_, key) => {
  const value = key === '%s' ? undefined : gd[key];
  return typeof value === 'function' ? value.bind(gd) : value; } })"""
OTHER_AXES = """(gd) => ({ data: gd.data, layout: gd.layout, _fullData: gd._fullData,
  _fullLayout: { ...gd._fullLayout, xaxis: { type: 'linear' } },
  querySelectorAll: (names) => gd.querySelectorAll(names) })"""
OTHER_ELEMENTS = """(gd) => ({ data: gd.data, layout: gd.layout, _fullData: gd._fullData, _fullLayout: gd._fullLayout,
  querySelectorAll: () => [document.createElement('g')] })"""
BUSY = """() => { const make = URL.createObjectURL;
  URL.createObjectURL = (part) => { const url = make.call(URL, part), end = performance.now() + 2500;
    while (performance.now() < end); return url; };
  globalThis.idle = () => (URL.createObjectURL = make); }"""
TICKS = "() => Number((document.body.innerText.match(/ticks: (\\d+)/) ?? [0, 0])[1])"


@pytest.fixture(scope="module")
def opened(jupyterlab: JupyterLab, module_notebook: Callable[..., Notebook]) -> Notebook:
    """One page and one kernel for this module: to open a notebook takes as long as ten tests."""
    notebook = module_notebook(jupyterlab, [SETUP, LAB])
    notebook.run_all()
    return notebook


@pytest.fixture
def notebook(opened: Notebook) -> Iterator[Notebook]:
    """The lab above, run anew; at the end of each test nothing may be broken and nothing be on the console."""
    opened.complaints.clear()
    opened.page.set_viewport_size(LAPTOP)
    opened.page.mouse.move(0, 0)
    opened.keep_cells(2)
    opened.run(CLOSE_ALL)
    opened.keep_cells(2)
    opened.run_cell(1)
    wait_for_paint(opened)
    yield opened
    assert opened.problems() == []


def wait_for_paint(notebook: Notebook) -> None:
    notebook.wait_idle()
    notebook.reveal(GRAPH)
    notebook.wait(f"() => document.querySelector('{GRAPH}').querySelectorAll('.scatterlayer .trace path').length >= 3")


def graph(notebook: Notebook, expression: str) -> Any:
    return notebook.page.evaluate(f"() => {{ const gd = document.querySelector('{GRAPH}'); return {expression}; }}")


def press(notebook: Notebook, label: str) -> None:
    notebook.page.get_by_role("button", name=label, exact=True).click()


def drag(notebook: Notebook, axes: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag the mouse over a subplot, in fractions of its size."""
    box = notebook.page.locator(f"{GRAPH} .draglayer .{axes} .nsewdrag").first.bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    notebook.page.mouse.move(*points[0])
    notebook.page.mouse.down()
    notebook.page.mouse.move(*points[1], steps=5)
    notebook.page.mouse.up()


def double_click(notebook: Notebook, until: str) -> None:
    """On the first panel; again, as a person would, where a busy page took the two clicks for single ones."""
    for _ in range(3):
        notebook.page.locator(f"{GRAPH} .draglayer .xy .nsewdrag").first.dblclick()
        with suppress(TimeoutError):
            notebook.wait(until, timeout=5)
            return
    notebook.wait(until)


def test_the_figure_fills_its_box(notebook: Notebook) -> None:
    width, parent, height = graph(
        notebook, "[gd._fullLayout.width, gd.parentElement.parentElement.clientWidth, gd.clientHeight]"
    )
    assert width == pytest.approx(parent, abs=2)
    assert height == 400
    assert graph(notebook, "[gd.getAttribute('role'), gd.getAttribute('aria-label')]") == ["group", "A flat line."]
    notebook.screenshot("live-figure")


def test_the_figure_follows_the_width_of_its_container(notebook: Notebook) -> None:
    before = graph(notebook, "gd._fullLayout.width")
    notebook.page.set_viewport_size({"width": 1000, "height": 900})
    notebook.wait(f"(w) => document.querySelector('{GRAPH}')._fullLayout.width < w - 100", before)


def test_two_figures_in_a_row_share_the_width(notebook: Notebook) -> None:
    notebook.run("ipw.HBox([LiveFigure(figure), LiveFigure(figure)], layout=ipw.Layout(border='1px solid'))")
    notebook.page.wait_for_function("() => document.querySelectorAll('.widget-hbox .live-graph .trace').length >= 4")
    left, right = notebook.page.evaluate(
        "() => [...document.querySelectorAll('.widget-hbox .live-graph')].map(gd => gd._fullLayout.width)"
    )
    assert left == pytest.approx(right, abs=1)
    assert left > 250


def test_a_slider_moves_the_line(notebook: Notebook) -> None:
    path = "gd.querySelector('.js-line').getAttribute('d')"
    before = graph(notebook, path)
    notebook.page.locator(".widget-slider .noUi-handle").focus()
    notebook.page.keyboard.press("ArrowRight")
    notebook.wait(f"() => ({LINE})() === 1")
    notebook.wait(f"(d) => document.querySelector('{GRAPH} .js-line').getAttribute('d') !== d", before)


def test_pause_stops_the_clock_and_play_starts_it_again(notebook: Notebook) -> None:
    press(notebook, "Play")
    notebook.wait(f"() => ({TICKS})() >= 5")
    press(notebook, "Pause")
    notebook.run("pause_seen = ticks; import time; time.sleep(1); print('ticks since', ticks - pause_seen)")
    notebook.wait("() => document.body.innerText.includes('ticks since 0')")
    ticks = notebook.page.evaluate(TICKS)
    press(notebook, "Play")
    notebook.wait(f"(n) => ({TICKS})() > n", ticks)
    press(notebook, "Pause")


def test_the_clock_knows_whether_the_pointer_moves_on_a_slider_and_a_resting_one_is_forgotten(
    notebook: Notebook,
) -> None:
    near = "() => document.body.innerText.includes('on a slider: True')"
    press(notebook, "Play")
    notebook.wait(f"() => ({TICKS})() >= 3 && !({near})()")
    notebook.page.locator(".widget-slider .noUi-handle").hover()
    notebook.wait(near)
    notebook.wait(f"() => !({near})()")
    press(notebook, "Pause")


def test_zoom_survives_updates_and_a_double_click_gives_it_back(notebook: Notebook) -> None:
    drag(notebook, "xy", (0.2, 0.3), (0.6, 0.7))
    notebook.wait(f"() => document.querySelector('{GRAPH}')._fullLayout.xaxis.range[0] > 5")
    zoomed = graph(notebook, "[...gd._fullLayout.xaxis.range, ...gd._fullLayout.yaxis.range]")
    ranges = "{'yaxis.range': [-20, 20], 'yaxis2.range': [-2, 3]}"
    notebook.run(f"live.push({{'line': {{'y': np.full(50, 3)}}, 'dots': {{'visible': True}}}}, {ranges})")
    notebook.wait(f"() => ({LINE})() === 3 && document.querySelector('{GRAPH}')._fullLayout.yaxis2.range[1] === 3")
    assert graph(notebook, "[...gd._fullLayout.xaxis.range, ...gd._fullLayout.yaxis.range]") == zoomed
    double_click(notebook, f"() => document.querySelector('{GRAPH}')._fullLayout.yaxis.range[1] === 20")
    assert graph(notebook, "gd._fullLayout.xaxis.range") == [0, 50]


def test_new_ranges_move_the_axes_and_the_lines_to_where_plotly_draws_them(notebook: Notebook) -> None:
    height = "Number(gd.querySelector('.js-line').getAttribute('d').split(/[ML,]/)[2])"
    ticks = "[...gd.querySelectorAll('.ytick text')].map((tick) => tick.textContent)"
    notebook.run("live.push({'line': {'y': np.full(50, 3)}}, {'yaxis.range': [-20, 20], 'xaxis.range': [0, 100]})")
    notebook.wait(f"() => ({LINE})() === 3")
    at_once = graph(notebook, f"[{ticks}, {height}, ...gd._fullLayout.xaxis.range]")
    assert set(at_once[0]) >= {"−20", "0", "20"}
    assert at_once[1] == pytest.approx(graph(notebook, "gd._fullLayout.yaxis.c2p(3)"), abs=0.06)
    assert at_once[2:] == [0, 100]
    assert graph(notebook, "gd.calcdata[0][7].y") == 0, "plotly has not been asked for the whole figure"
    notebook.page.locator(f"{GRAPH} .draglayer .xy .nsewdrag").hover()  # plotly draws what is behind
    notebook.wait(f"() => document.querySelector('{GRAPH}').calcdata[0][7].y === 3")
    assert graph(notebook, height) == pytest.approx(at_once[1], abs=0.06)
    assert graph(notebook, "gd._fullLayout.yaxis.range") == [-20, 20]


def test_after_pushed_ranges_and_a_users_zoom_every_line_is_where_its_numbers_are(notebook: Notebook) -> None:
    notebook.watch_figures()
    height = "Number(gd.querySelectorAll('.points path')[1].getAttribute('transform').match(/[-.\\d]+/g)[1])"
    notebook.run("live.push({'dots': {'y': [0, 1.5]}})")  # drawn, and plotly has not been told
    notebook.wait(f"() => document.querySelector('{GRAPH}').data[1].y[1] === 1.5")
    notebook.run("live.push({'line': {'y': np.full(50, 3)}}, {'yaxis.range': [-20, 20]})")
    notebook.wait(f"() => document.querySelector('{GRAPH}')._fullLayout.yaxis.range[1] === 20")
    assert graph(notebook, height) == pytest.approx(graph(notebook, "gd._fullLayout.yaxis2.c2p(1.5)"), abs=0.06)
    notebook.run("live.push({'line': {'y': np.full(50, 5)}, 'dots': {'y': [0, 1.2]}}, {'yaxis.range': [-30, 30]})")
    drag(notebook, "xy", (0.2, 0.3), (0.6, 0.7))
    notebook.wait(f"() => document.querySelector('{GRAPH}')._fullLayout.xaxis.range[0] > 5")
    assert graph(notebook, height) == pytest.approx(graph(notebook, "gd._fullLayout.yaxis2.c2p(1.2)"), abs=0.06)
    assert notebook.figure_faults() == []


def test_a_zoom_after_pushed_ranges_is_undone_and_later_ranges_count(notebook: Notebook) -> None:
    ranges = "[...gd._fullLayout.xaxis.range, ...gd._fullLayout.yaxis.range]"
    for x, y in ((60, 20), (70, 30)):
        notebook.run(f"live.push({{}}, {{'xaxis.range': [0, {x}], 'yaxis.range': [-{y}, {y}]}})")
        notebook.wait(f"(y) => document.querySelector('{GRAPH}')._fullLayout.yaxis.range[1] === y", y)
        drag(notebook, "xy", (0.2, 0.3), (0.6, 0.7))
        notebook.wait(f"() => document.querySelector('{GRAPH}')._fullLayout.xaxis.range[0] > 5")
        if x == 60:
            double_click(notebook, f"() => document.querySelector('{GRAPH}')._fullLayout.xaxis.range[0] === 0")
        else:
            notebook.page.locator(GRAPH).hover()
            notebook.page.locator(f"{GRAPH} .modebar-btn[data-title='Reset axes']").click()
            notebook.wait(f"() => document.querySelector('{GRAPH}')._fullLayout.xaxis.range[0] === 0")
        assert graph(notebook, ranges) == [0, x, -y, y]


def test_reset_axes_leaves_a_reversed_axis_reversed_and_axes_of_one_scale_survive_resizes(notebook: Notebook) -> None:
    notebook.run(
        "figure = go.Figure(go.Heatmap(z=np.eye(4), zmin=0, zmax=1))\n"
        "figure.update_layout(height=300, dragmode='zoom').update_yaxes(autorange='reversed')\n"
        "plane = go.Figure(go.Scatter(x=[0, 1], y=[0, 1]))\n"
        "plane.update_layout(height=300).update_xaxes(range=[-1.7, 1.7])\n"
        "plane.update_yaxes(range=[-1.25, 1.25], scaleanchor='x')\n"
        "live.close(); live = LiveFigure(figure); ipw.VBox([live, LiveFigure(plane)])"
    )
    notebook.reveal(".heatmaplayer image")
    notebook.wait("() => document.querySelectorAll('.live-graph.js-plotly-plot').length === 2")
    drag(notebook, "xy", (0.2, 0.3), (0.6, 0.7))
    notebook.wait(f"() => document.querySelector('{GRAPH}')._fullLayout.yaxis.range[0] < 3")
    double_click(notebook, f"() => document.querySelector('{GRAPH}')._fullLayout.yaxis.range[0] === 3.5")
    assert graph(notebook, "gd._fullLayout.yaxis.range") == [3.5, -0.5]
    plane = "[...document.querySelectorAll('.live-graph.js-plotly-plot')].at(-1)._fullLayout"
    before = notebook.page.evaluate(f"() => [...{plane}.xaxis.range, ...{plane}.yaxis.range]")
    for width in (1000, 700, 1200, LAPTOP["width"]) * 2:
        shown = notebook.page.evaluate(f"() => {plane}.width")
        notebook.page.set_viewport_size({"width": width, "height": LAPTOP["height"]})
        notebook.wait(f"(width) => {plane}.width !== width", shown)
    after = notebook.page.evaluate(f"() => [...{plane}.xaxis.range, ...{plane}.yaxis.range]")
    assert after == pytest.approx(before)
    assert before[2:] == pytest.approx([-1.25, 1.25])


def test_a_drag_does_nothing_until_zoom_is_chosen_and_nothing_can_be_uploaded(notebook: Notebook) -> None:
    notebook.run("live.close(); figure.layout.dragmode = None; live = LiveFigure(figure); live")
    notebook.wait(f"() => document.querySelector('{GRAPH} .draglayer .xy .nsewdrag')")
    ranges = "[...gd._fullLayout.xaxis.range, ...gd._fullLayout.yaxis.range]"
    drag(notebook, "xy", (0.2, 0.3), (0.6, 0.7))
    assert graph(notebook, ranges) == [0, 50, -10, 10]
    buttons = graph(notebook, "[...gd.querySelectorAll('.modebar-btn')].map((button) => button.dataset.title)")
    assert {"Zoom", "Pan", "Reset axes", "Save as SVG"} < set(buttons)
    assert not any("hare" in name or "loud" in name for name in buttons)
    bar, title = graph(notebook, "[gd.querySelector('.modebar').getBoundingClientRect().top, "
                                 "gd.getBoundingClientRect().top + gd._fullLayout._size.t]")  # fmt: skip
    assert bar >= title, "the mode bar begins where the uppermost panel does: titles stand above"
    notebook.page.locator(f"{GRAPH} .modebar-btn[data-title='Zoom']").click()
    drag(notebook, "xy", (0.2, 0.3), (0.6, 0.7))
    notebook.wait(f"() => document.querySelector('{GRAPH}')._fullLayout.xaxis.range[0] > 5")
    notebook.page.locator(f"{GRAPH} .modebar-btn[data-title='Reset axes']").click()
    notebook.wait(f"() => document.querySelector('{GRAPH}')._fullLayout.xaxis.range[0] === 0")
    drag(notebook, "xy", (0.2, 0.3), (0.6, 0.7))
    assert graph(notebook, ranges) == [0, 50, -10, 10]


def test_what_is_pending_is_faded_until_it_is_pushed_whoever_draws_it(notebook: Notebook) -> None:
    faded = "[...gd.querySelectorAll('.scatterlayer .trace')].map((trace) => getComputedStyle(trace).opacity)"
    notebook.run("live.push({'dots': {'y': [0, 1.5]}}, pending=['line'])")
    notebook.wait(f"() => {{ const gd = document.querySelector('{GRAPH}'); return {faded}.join() === '0.25,1'; }}")
    assert "line" in graph(notebook, "gd.ariaDescription")
    notebook.page.set_viewport_size({"width": 1000, "height": 900})
    notebook.wait(f"() => document.querySelector('{GRAPH}')._fullLayout.width < 1000")
    assert graph(notebook, faded) == ["0.25", "1"]
    drag(notebook, "xy", (0.2, 0.3), (0.6, 0.7))
    notebook.wait(f"() => document.querySelector('{GRAPH}')._fullLayout.xaxis.range[0] > 5")
    assert graph(notebook, faded) == ["0.25", "1"]
    notebook.run("live.push({'line': {'y': np.zeros(50)}})")  # the numbers that it has had
    notebook.wait(f"() => {{ const gd = document.querySelector('{GRAPH}'); return {faded}.join() === '1,1'; }}")
    assert graph(notebook, "gd.ariaDescription") == ""


def test_a_hover_label_says_what_is_drawn_or_goes(notebook: Notebook) -> None:
    label = f"document.querySelector('{GRAPH} .hoverlayer .hovertext')"

    def point() -> None:
        box = notebook.page.locator(f"{GRAPH} .points path").nth(1).bounding_box()
        assert box is not None
        notebook.page.mouse.move(box["x"] + 5, box["y"] + 5)

    point()
    notebook.wait(f"() => {label}")
    notebook.run("live.push({'dots': {'y': [0, 1.01]}})")
    notebook.wait(f"() => document.querySelector('{GRAPH}').data[1].y[1] > 1")
    notebook.wait(f"() => !{label} || {label}.textContent.includes('1.01')")
    notebook.page.mouse.move(0, 0)
    notebook.page.wait_for_timeout(400)  # nothing to see: a person stops before reading
    point()
    notebook.wait(f"() => {label}?.textContent.includes('1.01')")


def test_an_interrupt_stops_the_clock_and_the_call_that_runs_comes_to_its_end(notebook: Notebook) -> None:
    notebook.run(
        "live.on_error = lambda problem: setattr(words, 'value', f'stopped by {problem!r}: {begun - ended} open')\n"
        "begun = ended = 0\n"
        "def slow():\n    global begun, ended\n    begun += 1\n    time.sleep(0.3)\n    ended += 1\n"
        "import time; live.play(slow)"
    )
    notebook.page.wait_for_timeout(1000)  # the clock shows nothing
    notebook.command("notebook:interrupt-kernel")
    notebook.wait("() => document.body.innerText.includes('stopped by KeyboardInterrupt(): 0 open')")
    notebook.run("print('playing:', live.playing)")
    notebook.wait("() => document.body.innerText.includes('playing: False')")


def test_a_reloaded_page_shows_the_current_arrays_and_the_clock_goes_on(notebook: Notebook) -> None:
    press(notebook, "Play")
    notebook.wait(f"() => ({TICKS})() >= 3")
    notebook.reload()
    wait_for_paint(notebook)
    ticks = notebook.page.evaluate(TICKS)
    assert ticks >= 3
    notebook.wait(f"(n) => ({TICKS})() > n + 3", ticks)
    press(notebook, "Pause")
    notebook.run("live.pause(); live.push({'line': {'y': np.full(50, 6.5)}})")
    notebook.reload()
    wait_for_paint(notebook)
    assert notebook.page.evaluate(LINE) == 6.5


def test_a_figure_that_came_while_its_page_was_busy_for_seconds_shows_what_is_pushed_later(notebook: Notebook) -> None:
    notebook.page.evaluate(BUSY)  # whenever anywidget is about to load a figure's script
    notebook.run_cell(1)
    wait_for_paint(notebook)
    notebook.page.evaluate("() => idle()")
    notebook.complaints.clear()  # anywidget has given the figure up, and says so
    notebook.run("live.push({'line': {'y': np.full(50, 6.5)}})")
    notebook.wait(f"() => ({LINE})() === 6.5")
    press(notebook, "Play")
    notebook.wait(f"() => ({TICKS})() >= 3")


def test_a_second_page_does_not_double_the_ticks_and_takes_over_when_the_first_goes(notebook: Notebook) -> None:
    notebook.run("owners = []\ninner = tick\ndef tick(): owners.append(live._owner[0]); inner()")
    press(notebook, "Play")
    notebook.wait(f"() => ({TICKS})() >= 3")
    first = notebook.page
    notebook.command("docmanager:save")
    notebook.open()
    wait_for_paint(notebook)
    shown = notebook.page.evaluate(TICKS)
    notebook.wait(f"(n) => ({TICKS})() > n + 5", shown)
    notebook.run("print('clocks:', len(set(owners[1:])))")
    notebook.wait("() => document.body.innerText.includes('clocks: 1')")
    first.close()
    shown = notebook.page.evaluate(TICKS)
    notebook.wait(f"(n) => ({TICKS})() > n + 5", shown)
    press(notebook, "Pause")


def test_plotly_js_is_sent_and_loaded_once(notebook: Notebook) -> None:
    received: list[int] = []
    session = notebook.context.new_cdp_session(notebook.page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameReceived", lambda event: received.append(len(event["response"]["payloadData"])))
    notebook.run("second = LiveFigure(figure)\nsecond")
    notebook.wait("() => document.querySelectorAll('.live-graph .scatterlayer .trace').length >= 4")
    assert 1000 < sum(received) < 100_000, "plotly.js has more than a million"
    assert notebook.page.evaluate("() => [liveFigures.imports, typeof Plotly]") == [1, "undefined"]


def test_a_click_comes_back_as_trace_and_point(notebook: Notebook) -> None:
    dot = notebook.page.locator(f"{GRAPH} .points path").nth(1)
    box = dot.bounding_box()
    assert box is not None
    notebook.page.mouse.move(box["x"] + 5, box["y"] + 5)
    notebook.wait(f"() => document.querySelector('{GRAPH} .hoverlayer .hovertext')")
    notebook.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    notebook.wait("() => document.body.innerText.includes('clicked 1 at 1, 1')")


def test_running_the_cell_again_leaves_one_figure_and_one_clock(notebook: Notebook) -> None:
    press(notebook, "Play")
    notebook.wait(f"() => ({TICKS})() >= 3")
    notebook.run_cell(1)
    wait_for_paint(notebook)
    notebook.wait(
        f"() => document.querySelectorAll('{GRAPH}').length === 1 && Object.keys(liveFigures.figures).length === 1"
    )
    assert notebook.page.evaluate(TICKS) == 0
    press(notebook, "Play")
    notebook.wait(f"() => ({TICKS})() >= 3")
    press(notebook, "Pause")


def test_an_exception_in_a_tick_stops_the_clock_and_reaches_on_error(notebook: Notebook) -> None:
    notebook.run("live.on_error = lambda problem: setattr(words, 'value', f'stopped: {problem!r} {live.playing}')")
    notebook.run("live.play(lambda: 1 / 0)")
    notebook.wait("() => document.body.innerText.includes(\"stopped: ZeroDivisionError('division by zero') False\")")
    notebook.run("live.on_error = None")
    notebook.run("live.play(lambda: {}['nowhere'])")
    notebook.wait("() => document.querySelector('.live-figure').dataset.error.includes(\"KeyError: 'nowhere'\")")
    press(notebook, "Play")
    notebook.wait("() => document.querySelector('.live-figure').dataset.error === ''")


def test_to_wake_the_page_ends_the_wait_for_which_a_tick_asked(notebook: Notebook) -> None:
    notebook.run("live.play(lambda: (tick(), 3600)[1])")
    notebook.wait(f"() => ({TICKS})() > 0")
    ticks = notebook.page.evaluate(TICKS)
    notebook.page.wait_for_timeout(500)
    assert notebook.page.evaluate(TICKS) == ticks
    notebook.run("live.wake()")
    notebook.wait(f"(n) => ({TICKS})() > n", ticks)
    press(notebook, "Pause")


def test_the_clock_goes_on_after_a_busy_cell(notebook: Notebook) -> None:
    press(notebook, "Play")
    notebook.wait(f"() => ({TICKS})() >= 3")
    notebook.run("import time; time.sleep(3.5); after = ticks")  # longer than the page's patience
    ticks = notebook.page.evaluate(TICKS)
    notebook.wait(f"(n) => ({TICKS})() > n + 5", ticks)
    press(notebook, "Pause")


def test_a_heat_map_is_repainted(notebook: Notebook) -> None:
    notebook.run("heat = LiveFigure(go.Figure(go.Heatmap(z=np.zeros((3, 4)), zmin=0, zmax=1), dict(height=300)))\nheat")
    image = "document.querySelector('.heatmaplayer image')?.href.baseVal"
    notebook.reveal(".heatmaplayer image")
    before = notebook.wait(f"() => {image}")
    notebook.run("heat.push({0: {'z': np.eye(3, 4)}})")
    notebook.reveal(".heatmaplayer image")  # the new cell may have pushed it out of sight, where nothing is painted
    notebook.wait(f"(b) => {image} !== b", before)
    z = notebook.page.evaluate(
        "() => [...document.querySelectorAll('.live-graph')].at(-1).data[0].z.map(row => [...row])"
    )
    assert z == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    before = notebook.page.evaluate(f"() => {image}")
    notebook.run("heat.push({0: {'z': np.eye(5)}})")  # another shape, after a frame that plotly was not asked for
    notebook.reveal(".heatmaplayer image")
    notebook.wait(f"(b) => {image} !== b", before)


def test_colours_sizes_gaps_and_other_attributes_are_repainted(notebook: Notebook) -> None:
    fill = "[...gd.querySelectorAll('.points path')].map(p => p.style.fill)"
    notebook.run("live.push({'dots': {'marker.color': ['#ff0000', '#00ff00']}})")
    notebook.wait(f"() => {{ const gd = document.querySelector('{GRAPH}'); return {fill}[1] === 'rgb(0, 255, 0)'; }}")
    dots = "{'x': [0, 1, 2], 'y': [0, 1, 2], 'marker.color': ['#0000ff'] * 3}"
    notebook.run(f"live.push({{'dots': {dots}, 'line': {{'opacity': 0.5}}}})")
    notebook.wait(f"() => {{ const gd = document.querySelector('{GRAPH}'); return {fill}[2] === 'rgb(0, 0, 255)'; }}")
    notebook.wait(f"() => document.querySelector('{GRAPH} .trace').style.opacity === '0.5'")
    notebook.run("y = np.zeros(50); y[20:25] = np.nan; live.push({'line': {'y': y}})")
    notebook.wait(f"() => document.querySelectorAll('{GRAPH} .scatterlayer .js-line').length === 2")


def test_without_plotlys_private_names_the_fast_way_refuses_and_leaves_the_frame_to_plotly(notebook: Notebook) -> None:
    source = (ROOT / "widgets/fast_redraw.js").read_text("utf-8")
    numbers = "{ 0: { y: new Float32Array(50).fill(2) } }"

    def drawn(graph: str) -> Any:
        call = f"return drawFast(({graph})(document.querySelector('{GRAPH}')), {numbers}, {{}});"
        return notebook.page.evaluate(f"() => {{ {source}\n{call} }}")

    assert drawn("(gd) => gd") is True
    for changed in (GONE % "_fullData", GONE % "_fullLayout", OTHER_AXES, OTHER_ELEMENTS):
        assert drawn(changed) is False, changed


def test_a_frame_for_one_subplot_leaves_the_others_drawn(notebook: Notebook) -> None:
    for level in (1, 2):
        notebook.run(f"live.push({{'line': {{'y': np.full(50, {level})}}}})")
        notebook.wait(f"(y) => ({LINE})() === y", level)
    assert graph(notebook, "gd.querySelectorAll('.points path').length") == 2


def test_a_figure_closed_right_after_a_push_leaves_nothing_behind_that_draws(notebook: Notebook) -> None:
    notebook.run("live.push({'line': {'y': np.full(50, 4)}})")
    notebook.wait(f"(y) => ({LINE})() === y", 4)
    notebook.run("live.close()")
    notebook.wait(f"() => !document.querySelector('{GRAPH}')")
    # no state of the page to wait for: a second after the push, plotly would be given the new line
    notebook.page.evaluate("() => new Promise((done) => setTimeout(done, 1500))")


def test_python_has_the_page_save_the_figure(notebook: Notebook) -> None:
    with notebook.page.expect_download() as download:
        notebook.run("live.download('svg', 'spectrum')")
    assert download.value.suggested_filename == "spectrum.svg"
    assert "<svg" in download.value.path().read_text()


def test_labs_send_plotly_js_when_they_are_imported_and_the_page_unpacks_it_before_a_figure_is_there(
    jupyterlab: JupyterLab, open_notebook: Callable[..., Notebook]
) -> None:
    notebook = open_notebook(jupyterlab, ["import widgets.labs"])
    notebook.run_all()
    notebook.wait("() => globalThis.liveFigures?.imports === 1")
    assert notebook.page.evaluate("() => document.querySelectorAll('.live-graph').length") == 0
    notebook.run("import plotly.graph_objects as go\nfrom widgets import LiveFigure\nLiveFigure(go.Figure(go.Bar()))")
    notebook.wait(f"() => document.querySelector('{GRAPH}')")
    assert notebook.page.evaluate("() => liveFigures.imports") == 1
    assert notebook.complaints == []


NO_KERNEL = "No kernel: run the cell again."
NOTICE = "[...document.querySelectorAll('.live-figure')].map((figure) => figure.dataset.error)"


def test_a_figure_whose_kernel_is_gone_says_so_and_its_controls_are_off_until_the_cell_runs_again(
    opened: Notebook,
) -> None:
    notebook = opened
    notebook.keep_cells(2)
    notebook.run(CLOSE_ALL)
    notebook.keep_cells(2)
    notebook.complaints.clear()
    for end in ("restarts", "dies"):
        notebook.run_all()
        notebook.reveal(GRAPH)
        assert notebook.page.evaluate(f"() => {NOTICE}") == [""]
        press(notebook, "Play")
        notebook.wait(f"() => ({TICKS})() >= 3")
        if end == "restarts":
            notebook.run("import time; time.sleep(3)")
            assert notebook.page.evaluate(f"() => {NOTICE}") == [""], "a busy kernel is there"
            notebook.page.evaluate("() => { jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }")
        else:
            notebook.run("import os; os._exit(1)", wait=False)
            notebook.page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()  # "Notebook" has an "ok", too
        notebook.wait(f"(words) => {NOTICE}.join() === words", NO_KERNEL, timeout=10)
        notebook.reveal(GRAPH)
        box = notebook.page.locator("button", has_text="Play").first.bounding_box()
        assert box is not None
        notebook.page.mouse.click(box["x"] + 5, box["y"] + 5)
        notebook.keep_cells(2)
    notebook.run_all()
    notebook.reveal(GRAPH)
    press(notebook, "Play")
    notebook.wait(f"() => ({TICKS})() >= 3")
    late = "Comm not found"  # what JupyterLab says of messages that a kernel sent before it was restarted
    assert [problem for problem in notebook.problems() if late not in problem] == []
