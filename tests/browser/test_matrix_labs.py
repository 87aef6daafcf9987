"""The labs of one matrix in JupyterLab, in a browser: every button and slider in sight, and a click in the plane."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from browser.lab import Notebook

pytestmark = pytest.mark.browser

LABS = ["ShearLab", "GrowthLab", "SchurLab", "MemoryLab", "SpectrumLab", "AssembleLab", "GradientLab"]
LAB = ".matrix-lab"
GRAPH = f"{LAB} .live-graph.js-plotly-plot"
# all numbers that the page draws; not the words, for a slider's own readout moves whatever the kernel does
PICTURE = f"""() => JSON.stringify(Array.from(document.querySelectorAll('{GRAPH}')).map((gd) => gd.data.map(
    ({{ x, y, z }}) => [x, y, z].map((part) => Array.from(part ?? [], (v) => v?.length ? [...v] : v)))))"""
TRACE = f"(name) => Array.from(document.querySelector('{GRAPH}').data.find((t) => t.name === name).y, Number)"


@pytest.fixture
def notebook(lab_page: Notebook) -> Notebook:
    """A page for one lab or a few."""
    return lab_page


def show(notebook: Notebook, source: str) -> None:
    """Run a cell with that lab."""
    notebook.run(f"lab = {source}\nlab")
    notebook.reveal(GRAPH)


def lab(notebook: Notebook) -> Locator:
    return notebook.page.locator(LAB).first


def changed(notebook: Notebook, action: Callable[[], object]) -> None:
    """The action changes what the page shows."""
    before = notebook.page.evaluate(PICTURE)
    action()
    notebook.wait(f"(before) => ({PICTURE})() !== before", before)


def sliders(notebook: Notebook) -> list[Locator]:
    """Those in sight, each at its handle."""
    return [one for one in lab(notebook).locator(".widget-slider .noUi-handle").all() if one.is_visible()]


def shown_sentence(notebook: Notebook) -> str:
    """What the figure says of itself; the sentence below it is the same."""
    words = str(notebook.wait(f"() => document.querySelector('{GRAPH}').ariaLabel"))
    assert words in lab(notebook).inner_text()
    return words


def click_in(notebook: Notebook, axes: str, x: float, y: float) -> tuple[float, float]:
    """A click of the mouse on the point x, y of the axes ("" or "2"); where that is on the page."""
    where = notebook.page.evaluate(
        f"""([axes, x, y]) => {{ const gd = document.querySelector('{GRAPH}'), box = gd.getBoundingClientRect();
        const [xaxis, yaxis] = ["xaxis", "yaxis"].map((name) => gd._fullLayout[name + axes]);
        return [box.x + xaxis._offset + xaxis.d2p(x), box.y + yaxis._offset + yaxis.d2p(y)]; }}""",
        [axes, x, y],
    )
    notebook.page.mouse.move(*where)
    notebook.page.mouse.click(*where)
    return tuple(where)


def use_everything_in_sight(notebook: Notebook) -> None:
    """Every preset, then every slider to both ends and every toggle; each must show."""
    presets = lab(notebook).locator("button.preset").all()
    assert presets
    for preset in [*presets[1:], presets[0]]:
        if preset.is_enabled():
            changed(notebook, preset.click) if len(presets) > 1 else preset.click()
            preset.and_(notebook.page.locator(".mod-info")).wait_for()
    assert sliders(notebook)
    for handle in sliders(notebook):
        for key in ("End", "Home"):
            at_end = handle.get_attribute("aria-valuenow") == handle.get_attribute(
                "aria-valuemax" if key == "End" else "aria-valuemin"
            )
            if at_end:
                continue
            handle.focus()
            changed(notebook, lambda key=key: notebook.page.keyboard.press(key))
    for toggle in lab(notebook).locator(".widget-toggle-buttons button:not(.mod-active):visible").all():
        changed(notebook, toggle.click)


SOURCES = ["SchurLab()", "GrowthLab()", "GradientLab(presets=('nnrnn_schur', 'grcar'))", "MemoryLab()", "SpectrumLab()"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.partition("(")[0])
def test_every_preset_and_slider_of_a_lab_shows_on_the_page(notebook: Notebook, source: str) -> None:
    show(notebook, source)
    name = source.partition("(")[0].lower()
    notebook.screenshot(name)
    sentence = shown_sentence(notebook)
    use_everything_in_sight(notebook)
    notebook.run("lab.settle(); sentence = lab.status")
    notebook.wait(f"(before) => document.querySelector('{GRAPH}').ariaLabel !== before", sentence)
    notebook.screenshot(name + "-extremes")
    lab(notebook).get_by_text("More", exact=True).click()
    lab(notebook).get_by_role("button", name="Show code").click()
    notebook.wait(f"() => document.querySelector('{LAB} pre')?.innerText.includes('dynamics.')")
    lab(notebook).locator("textarea").fill("0.9 2; 0 0.8")
    changed(notebook, lab(notebook).get_by_role("button", name="Use this matrix").click)
    lab(notebook).locator("textarea").fill("0.9 two; 0 0.8")
    lab(notebook).get_by_role("button", name="Use this matrix").click()
    notebook.wait(f"() => document.querySelector('{LAB} [role=alert]')?.innerText.includes('two')")
    with notebook.page.expect_download() as download:
        lab(notebook).get_by_role("button", name="Figures as SVG").click()
    assert "<svg" in download.value.path().read_text()
    notebook.run_cell(1)
    notebook.reveal(GRAPH)
    assert notebook.page.locator(LAB).count() == 1


def test_a_click_in_the_plane_draws_the_bound_on_the_growth_curve(notebook: Notebook) -> None:
    show(notebook, 'SpectrumLab("grcar", size=20)')
    before = notebook.page.evaluate(TRACE, "≥ from z")
    click_in(notebook, "", 0.2, 1.1)
    notebook.wait(f"() => /At z = 0\\.[12]\\d [+] 1\\.[01]\\d*i/.test(document.querySelector('{LAB}').innerText)")
    notebook.wait(f"(before) => ({TRACE})('≥ from z')[9] !== before[9]", before)
    bound, growth = (notebook.page.evaluate(TRACE, name) for name in ("≥ from z", "growth"))
    highest = [max(growth[: k + 1]) for k in range(len(growth))]
    assert all(low <= high * (1 + 1e-5) for low, high in zip(bound, highest, strict=True))
    point = notebook.page.evaluate(TRACE, "z")
    left, top = click_in(notebook, "2", 12, growth[12])  # on the growth curve: no point of the plane
    notebook.page.mouse.move(left + 1, top)  # a redraw takes the label away until the pointer moves
    notebook.wait(f"() => document.querySelector('{GRAPH} .hoverlayer .hovertext')")
    lab(notebook).get_by_role("button", name="Throw 50 perturbations").click()
    notebook.wait(f"() => document.querySelector('{LAB}').innerText.includes('50 perturbations of size')")
    assert notebook.page.evaluate(TRACE, "z") == point
    assert re.search(r"as far as \|z\| = 1\.\d", lab(notebook).inner_text())
    notebook.screenshot("spectrumlab-clicked")


# Words and numbers that are cut by the figure's edge or lie on one another; titles and legends that lie on a plot; and
# what is too small: titles and legends anywhere, all words, raised and lowered ones too, on a projector.
COVERED = """() => Array.from(document.querySelectorAll('.live-graph.js-plotly-plot')).flatMap((gd) => {
    const frame = gd.getBoundingClientRect(), { _plots } = gd._fullLayout;
    const plots = Object.values(_plots).map(({ xaxis, yaxis }) => ({ left: frame.x + xaxis._offset,
        right: frame.x + xaxis._offset + xaxis._length, top: frame.y + yaxis._offset,
        bottom: frame.y + yaxis._offset + yaxis._length }));
    const words = Array.from(gd.querySelectorAll('.main-svg text')).filter((text) => text.textContent.trim() &&
        text.getBoundingClientRect().width).map((text) => [text, text.getBoundingClientRect()]);
    const above = (text) => text.matches('.annotation-text-g text, .legendtext, .legendtitletext');
    const size = (text) => parseFloat(getComputedStyle(text).fontSize);
    const leaves = Array.from(gd.querySelectorAll('.main-svg :is(text, tspan)')).filter((text) =>
        !text.children.length && text.textContent.replace(/\\u200b/g, '').trim() && text.getBoundingClientRect().width);
    const both = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
        Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
    return words.flatMap(([text, box], i) => [
        ...(box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 ||
            box.bottom > frame.bottom + 1 ? ['cut: ' + text.textContent] : []),
        ...(above(text) && plots.some((plot) => both(box, plot)) ? ['on a plot: ' + text.textContent] : []),
        ...words.slice(i + 1).filter(([, other]) => both(box, other)).map(([other]) =>
            text.textContent + ' on ' + other.textContent),
        ...(above(text) && size(text) < 14 ? ['small: ' + text.textContent] : [])]).concat(innerWidth < 1800 ? [] :
        leaves.filter((text) => size(text) < 14).map((text) => `small: ${text.textContent}, ${size(text)} px`)); })"""
ARRANGED = """() => { const all = Array.from(document.querySelectorAll('.live-figure'));
    return all.length && all.every((el) => el.querySelector('.js-plotly-plot')?.layout?.width === el.clientWidth); }"""


OTHERS = ["TrainingLab", "RaceLab", "XrayLab"]


@pytest.mark.parametrize("names", [LABS[:3], LABS[3:], OTHERS], ids=" ".join)
def test_nothing_is_cut_or_covered_at_any_width(notebook: Notebook, names: list[str]) -> None:
    """In one cell: labs of one run live together."""
    notebook.run(f"VBox([{', '.join(f'{name}()' for name in names)}])")
    notebook.reveal(".live-graph.js-plotly-plot")
    left = "(open) => { const { shell } = window.jupyterapp ?? window.jupyterlab;"
    for width, side in ((400, False), (850, False), (1280, True), (1920, False)):
        notebook.page.set_viewport_size({"width": width, "height": 900})
        notebook.page.evaluate(f"{left} open ? shell.expandLeft() : shell.collapseLeft(); }}", side)
        notebook.wait(ARRANGED)
        assert notebook.page.evaluate(COVERED) == [], width
        notebook.screenshot(f"labs-{names[0].lower()}-{width}")


def test_a_file_that_is_larger_than_a_message_may_be_opens_and_opens_again(notebook: Notebook, tmp_path: Path) -> None:
    """Jupyter's server closes the connection of a page that sends more than 10 MB at once."""
    file = tmp_path / "large.csv"
    file.write_text("0.5,-2\n1000,0.25\n" + f"# {'-' * 97}\n" * 120_000)
    assert file.stat().st_size > 11e6
    show(notebook, "GrowthLab('shear')")
    lab(notebook).get_by_text("More", exact=True).click()
    for preset in ("Shear", "Rotation"):
        lab(notebook).get_by_role("button", name=preset, exact=True).click()
        notebook.wait(f"() => !document.querySelector('{LAB}').innerText.includes('large.csv')")
        with notebook.page.expect_file_chooser() as chooser:
            lab(notebook).get_by_role("button", name="Open a file").click()
        chooser.value.set_files(file)
        notebook.wait(
            f"() => document.querySelector('{LAB}').innerText.includes('matrix. Your own matrix, from large.csv')"
        )
    lab(notebook).get_by_role("button", name="Open a file", exact=True).wait_for()


PASTE = """(field, text) => { const clipboardData = new DataTransfer(); clipboardData.setData('text/plain', text);
    return field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })); }"""


def test_a_long_text_is_read_as_a_file_is_and_a_short_one_stays_in_its_field(notebook: Notebook) -> None:
    show(notebook, "GrowthLab('shear')")
    lab(notebook).get_by_text("More", exact=True).click()
    field = lab(notebook).locator("textarea")
    assert field.evaluate(PASTE, "0.5 -2; 1000 0.25"), "the browser itself puts it into the field"
    assert not field.evaluate(PASTE, "0.5,-2\n1000,0.25\n" + f"# {'-' * 97}\n" * 120_000)
    notebook.wait(f"() => document.querySelector('{LAB}').innerText.includes('from pasted text.txt')")


def test_two_labs_of_a_cell_are_replaced_when_it_runs_again_and_survive_a_reload(notebook: Notebook) -> None:
    shown = "(count) => document.querySelectorAll('.live-graph.js-plotly-plot').length === count"
    notebook.run("display(VBox([ShearLab(1.0), ShearLab(2.0)]))\ndisplay(ShearLab(3.0))")
    notebook.wait(shown, 3)
    notebook.run_cell(1)
    notebook.wait(shown, 3)
    notebook.reload()
    notebook.reveal(".live-graph.js-plotly-plot")
    notebook.wait(shown, 3)


def test_enter_in_the_box_loads_the_preset_and_a_broken_one_is_said_beside_it(notebook: Notebook) -> None:
    notebook.run("lab = ShearLab()\nlab")
    notebook.reveal(".live-graph.js-plotly-plot")
    lab = notebook.page.locator(".shear-lab")
    lab.get_by_text("More", exact=True).click()
    box = lab.locator(".widget-text input")
    box.fill('{"shear": 1, "c": 3.5, "k": 9}')
    box.press("Enter")
    notebook.wait("() => document.querySelector('.live-graph').ariaLabel.startsWith('c = 3.5')")
    box.fill("c is 4")
    box.press("Enter")
    alert = lab.get_by_role("alert")
    alert.wait_for()
    assert "not a preset" in alert.inner_text()
    there, here = alert.bounding_box(), box.bounding_box()
    assert there is not None and here is not None and abs(there["y"] - here["y"]) < 100
    lab.get_by_role("button", name="Numbers as CSV").click()
    lab.get_by_role("status").filter(has_text="Saved").wait_for()
    assert lab.get_by_role("alert").count() == 0
