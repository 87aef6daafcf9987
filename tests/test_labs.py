"""What every lab does alike: text, code, files, alarm, its place in the cell. What one draws: test_<name>_lab.py."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets as ipw
import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from nnrnn_core import SchurMatrix, tasks
from nnrnn_core.threads import blas_threads
from widgets import (
    AssembleLab,
    GradientLab,
    GrowthLab,
    MemoryLab,
    RaceLab,
    SchurLab,
    ShearLab,
    SpectrumLab,
    TrainingLab,
    XrayLab,
)
from widgets.labs import registry
from widgets.labs.growth import GrowthState
from widgets.labs.lab import LARGEST_SCALE, Lab

pytestmark = pytest.mark.usefixtures("coarse_plane")
SCHUR = SchurMatrix(6, init="random", generator=torch.Generator().manual_seed(0))
with torch.no_grad():
    SCHUR.T_entries.normal_(0, 0.2, generator=torch.Generator().manual_seed(1))
    SCHUR.gamma.fill_(0.9)
WIDE = np.random.default_rng(5).standard_normal((20, 20)) / 6  # too wide for its entries to be written out
MATRICES: dict[str, Any] = {"a name": "shear", "a wide one": WIDE, "a SchurMatrix": SCHUR}
MATRIX_LABS: dict[type[Any], dict[str, Any]] = {  # with something to choose beside the scale
    SpectrumLab: {"eps": 0.02, "throw": 3, "point": (1.1, 0.4), "horizon": 25},
    SchurLab: {"order": "largest real part first"},
    GrowthLab: {"horizon": 30, "k": 7},
    GradientLab: {"nonlinearity": "tanh", "length": 20, "gain": 1.1, "bias": 0.1},
    MemoryLab: {"horizon": 20, "duration": 30, "gamma": 0.8},
}
CASES = list(itertools.product(MATRIX_LABS, MATRICES))
IDS = [f"{lab.__name__}-{key}" for lab, key in CASES]


@pytest.fixture(scope="module")
def labs() -> Iterator[dict[type[Any], Any]]:
    """A lab of each kind, the same for all tests: making one costs more than using it."""
    made: dict[type[Any], Any] = {kind: kind("shear") for kind in MATRIX_LABS} | {ShearLab: ShearLab()}
    yield made
    for lab in made.values():
        lab.close()


@pytest.fixture(params=MATRIX_LABS, ids=lambda kind: kind.__name__)
def lab(request: pytest.FixtureRequest, labs: dict[type[Any], Any]) -> Any:
    lab = labs[request.param]
    lab.guarded(lambda: lab.set_matrix("shear"))
    return lab


@pytest.fixture
def one(labs: dict[type[Any], Any]) -> Any:
    """One of them, for what the base does and no lab does otherwise."""
    lab = labs[GrowthLab]
    lab.guarded(lambda: lab.set_matrix("shear"))
    return lab


def walk(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def press(lab: Any, label: str) -> None:
    (button,) = [part for part in walk(lab) if getattr(part, "description", None) == label]
    button.click()


def run(code: str) -> dict[str, Any]:
    """The names that the code leaves; it may import the core, and nothing else of the kit."""
    for node in ast.walk(ast.parse(code)):
        names = [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in getattr(node, "names", [])]
        assert {str(name).partition(".")[0] for name in names} <= {"nnrnn_core", "numpy", "plotly", "torch"}
    found: dict[str, Any] = {}
    exec(code, found)
    return found


# --- text, code, files


@pytest.mark.parametrize(("kind", "key"), CASES, ids=IDS)
def test_code_preset_and_file_hold_what_is_drawn(labs: dict[type[Any], Any], kind: Any, key: str, tmp_path: Path):
    lab = labs[kind]
    lab.set_matrix(MATRICES[key])
    lab.set(scale=0.7, **MATRIX_LABS[kind])
    drawn = lab.state.arrays()
    found = run(lab.code)
    twin = kind.state_of(lab.preset)
    with np.load(lab.export(tmp_path / "lab.npz")) as file:
        for name, values in drawn.items():
            assert np.allclose(found[name], values, rtol=1e-6, atol=1e-9, equal_nan=True), f"code: {name}"
            assert np.allclose(twin.arrays()[name], values, rtol=1e-9, atol=1e-11, equal_nan=True), f"preset: {name}"
            assert np.array_equal(file[name], values, equal_nan=True), f"file: {name}"
        dense = lab.V().detach().numpy() if isinstance(lab.V, SchurMatrix) else lab.V
        assert np.allclose(file["V"], dense) and str(file["preset"]) == lab.preset
    assert found["figure"].data
    assert twin.settings() == lab.state.settings() and "\n" not in lab.preset
    assert twin.as_preset(kind.kind) == lab.preset == lab.text.value
    rows = np.genfromtxt(lab.export(tmp_path / "lab.csv"), delimiter=",", names=True)
    for name, values in lab.state.table().items():
        assert np.allclose(rows[name], values, rtol=1e-7, atol=1e-8, equal_nan=True), f"table: {name}"


def test_a_matrix_too_large_to_be_carried_travels_as_a_file(lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    lab.set_matrix(np.random.default_rng(1).standard_normal((66, 66)) / 9)
    with pytest.raises(ValueError, match="save it as npz"):
        _ = lab.preset
    assert lab.text.value == "" and "save it as npz" in lab.text.placeholder
    lab.export(f"{lab.kind}.npz")
    found = run(lab.code)
    for name, values in lab.state.arrays().items():
        assert np.allclose(found[name], values, rtol=1e-6, atol=1e-9, equal_nan=True), name


def test_a_shear_computes_exports_and_remembers_what_is_drawn(labs: dict[type[Any], Any], tmp_path: Path):
    lab = labs[ShearLab]
    lab.slider.value, lab.steps.value = 3.4, 12
    found, twin = run(lab.code), ShearLab.from_preset(lab.preset)
    with np.load(lab.export(tmp_path / "lab.npz")) as file:
        for name, values in lab.arrays().items():
            assert np.allclose(found[name], values) and np.array_equal(file[name], values), name
        assert str(file["preset"]) == lab.preset
    assert (twin.state, twin.status) == (lab.state, lab.status) == ((3.4, 12), lab.status)
    rows = np.genfromtxt(lab.export(tmp_path / "lab.csv"), delimiter=",", names=True)
    assert np.allclose(rows["growth"], lab.columns()["growth"], rtol=1e-8)
    twin.close()


def test_a_file_of_another_kind_is_refused(one: Any, tmp_path: Path):
    with pytest.raises(ValueError, match=r"path must end in \.npz or \.csv; got"):
        one.export(tmp_path / "lab.xlsx")


def test_the_buttons_of_files_save_beside_the_notebook(one: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for label, ending in (("Numbers as npz", "npz"), ("Numbers as CSV", "csv")):
        press(one, label)
        name = f"{one.kind}-shear.{ending}"
        assert name in one.note.value and "alert" not in one.note.value and (tmp_path / name).exists()


def test_the_code_is_shown_when_asked_for_and_follows(one: Any):
    press(one, "Show code")
    assert "dynamics.gallery[&quot;shear&quot;]" in one.code_words.value
    one.set_matrix("delay_line")
    assert "delay_line" in one.code_words.value
    press(one, "Hide code")
    assert one.code_words.layout.display == "none"


# --- what goes wrong is said, and changes nothing


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("k = 3", "not a preset"),
        ("[]", "lacks"),
        ('{"nnrnn": 1}', "lacks"),
        ('{"KIND": 1}', "matrix must have"),
        ('{"KIND": 1, "matrix": {"name": "sheer", "parameters": {}}}', "must be one of shear,"),
        ('{"KIND": 1, "matrix": {"name": "shear", "parameters": {}}, "scale": 9}', "scale must be"),
        ('{"KIND": 1, "matrix": {"name": "shear", "parameters": {}}, "colour": 1}', "cannot be read"),
    ],
)
def test_a_broken_preset_is_said_and_changes_nothing(one: Any, text: str, words: str):
    text, before = text.replace("KIND", one.kind), one.state
    with pytest.raises(ValueError, match=words):
        type(one).from_preset(text)
    one.text.value = text
    press(one, "Load preset")
    assert words in one.note.value and 'role="alert"' in one.note.value and one.note.layout.display is None
    assert one.state is before and one.alarm.value == ""
    one.set_matrix("shear")
    one.guarded(lambda: None)  # the next control
    assert one.note.value == "" and one.note.layout.display == "none"


@pytest.mark.parametrize(
    ("changes", "words"), [({"scale": 2.1}, "scale must be"), ({"scale": True}, "scale must be"), ({"K": 3}, "got K")]
)
def test_a_bad_choice_is_an_error_and_changes_nothing(one: Any, changes: dict[str, Any], words: str):
    before = one.state
    with pytest.raises(ValueError, match=words):
        one.set(**changes)
    assert one.state is before and one.status == one.state.sentence()


def test_a_pasted_matrix_is_used_and_a_bad_one_is_said(one: Any):
    one.sources.paste.value = "0.9 2; 0 0.8"
    press(one, "Use this matrix")
    assert np.array_equal(one.V, [[0.9, 2], [0, 0.8]]) and "your 2×2 matrix" in one.sources.about.value
    assert all(button.button_style == "" for button in one.sources.buttons.values())
    one.sources.paste.value = "0.9 2; 0"
    said = one.sources.said
    assert "row 2 has 1 numbers" in said.value and one.state.source.size == 2
    one.set_matrix("shear")
    press(one, "Use this matrix")
    assert "row 2 has 1 numbers" in said.value and one.state.source.name == "shear"


def test_an_exception_that_is_no_valueerror_names_its_kind(one: Any):
    one.guarded(lambda: {}["nowhere"])
    assert "KeyError" in one.alarm.value
    one.guarded(lambda: None)
    assert one.alarm.value == "" and one.alarm.layout.display == "none"


def test_a_bad_matrix_or_name_of_a_preset_makes_no_lab():
    for wrong in ({"matrix": "sheer"}, {"matrix": [[1, 2]]}, {"presets": ["sheer"]}, {"presets": "shear"}):
        with pytest.raises(ValueError, match=r"gallery|square"):
            GrowthLab(**wrong)


def test_the_preset_buttons_are_those_asked_for():
    lab = GrowthLab(WIDE, presets=["random", "ring"])
    assert list(lab.sources.buttons) == ["random", "ring"] and np.array_equal(lab.V, WIDE)
    lab.sources.buttons["ring"].click()
    assert lab.state.source.name == "ring" and lab.sources.buttons["ring"].button_style == "info"
    lab.close()


def enter(lab: Any, text: str) -> None:
    """What the page sends for Enter in the preset's line: first the key, and then the text, if it has been edited."""
    lab.text._handle_custom_msg({"event": "submit"}, [])
    lab.text.value = text


def test_enter_loads_the_preset_once(one: Any, monkeypatch: pytest.MonkeyPatch):
    loaded: list[str] = []
    monkeypatch.setattr(one, "load_preset", loaded.append)
    one.text.value = "edited and left"
    assert loaded == [], "nothing was asked for"
    enter(one, "edited and left")
    enter(one, "edited again")
    enter(one, "edited again")
    assert loaded == ["edited and left", "edited again"]


def test_enter_on_a_broken_preset_says_so_beside_it(one: Any):
    before = one.state
    enter(one, "k = 3")
    assert "not a preset" in one.note.value and one.state is before
    enter(one, one.preset.replace('"k":9', '"k":4'))
    assert one.note.value == "" and one.state.k == 4


def test_the_preset_stands_in_the_same_place_in_every_lab(labs: dict[type[Any], Any]):
    training = TrainingLab(tasks.Copying(delay=3), 4)
    for lab in [*labs.values(), training]:
        (more,) = [part for part in walk(lab) if isinstance(part, ipw.Accordion)]
        assert lab.saving in more.children[0].children
        files, preset, note = lab.saving.children
        assert files.children == tuple(lab.files) and preset.children == (lab.text, lab.load) and note is lab.note
    training.close()


# --- controls, clock, life


def test_every_lab_scales_the_feed_forward_part_as_far(labs: dict[type[Any], Any]):
    training = TrainingLab(tasks.Copying(delay=3), 4)
    parts = [part for lab in [*labs.values(), training] for part in walk(lab)]
    scales = [part for part in parts if getattr(part, "description", "") == "T scale s"]
    assert [slider.max for slider in scales] == [LARGEST_SCALE] * 6
    training.close()


def test_what_the_page_rounds_is_nobodys_choice(one: Any):
    """A page moves a float slider to its next step, and reports that: see `sliders.py`."""
    (scale,) = [part for part in walk(one) if getattr(part, "description", "") == "T scale s"]
    one.set(scale=0.33)
    scale.set_state({"value": 0.35})
    assert one.state.scale == 0.33
    scale.set_state({"value": 0.4})
    assert one.state.scale == 0.4


def test_a_slider_that_has_come_to_rest_is_drawn_exactly_and_the_clock_stops(lab: Any):
    (scale,) = [part for part in walk(lab) if getattr(part, "description", "") == "T scale s"]
    scale.value = 1.5
    clock = lab.figures[-1]
    wait = lab._is_it_at_rest()
    assert clock.playing and wait is not None and 0 < wait <= lab.rest
    lab._moved -= lab.rest
    answers = list(itertools.islice(iter(lab._is_it_at_rest, None), 20))  # parts of the work, until all is drawn
    assert answers == [0.0] * len(answers) and len(answers) < 20 and not clock.playing
    assert lab.status == lab.state.sentence() == clock.alt and lab.text.value == lab.preset


def test_running_a_cell_again_closes_the_lab_that_it_had_made_and_all_its_parts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "this_cell", lambda: "cell")
    makers: list[Any] = [*MATRIX_LABS, ShearLab, lambda: TrainingLab(tasks.Copying(delay=3), 4)]
    parts: list[Any] = []
    for make in makers:
        lab: Lab = make()
        assert all(part.comm is None for part in parts), "those of the lab before"
        parts = [*walk(lab), *lab.figures]
        assert all(part.comm is not None for part in parts)
    lab.close()
    assert all(part.comm is None for part in parts)


# --- what a class sees first

FEW = 6  # entries of a figure's legends
ALL_LABS = [
    *MATRIX_LABS, ShearLab, AssembleLab, RaceLab, XrayLab, TrainingLab, lambda: TrainingLab(tasks.Copying(delay=3), 4)
]  # fmt: skip


@pytest.mark.parametrize("make", ALL_LABS, ids=lambda make: getattr(make, "__name__", ""))
def test_a_figure_opens_with_few_entries_in_its_legends(make: Any) -> None:
    lab = make()
    for figure in lab.figures:
        named = figure.figure.layout.showlegend is not False
        lines = [trace for trace in figure.figure.data if trace.type == "scatter" and trace.visible is not False]
        entries = [trace.name for trace in lines if (named if trace.showlegend is None else trace.showlegend)]
        assert len(entries) <= FEW, entries
    lab.close()


def test_what_a_lab_computes_takes_one_thread_of_blas(monkeypatch: pytest.MonkeyPatch):
    """Two of them wait for each other in a loop, and beside a page that draws that takes ten times as long."""
    seen, of = [], GrowthState.of

    def watched(source: Any, time: Any = None) -> GrowthState:
        seen.append({library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"})
        return of(source, time)

    monkeypatch.setattr(GrowthState, "of", watched)
    with blas_threads(2):
        lab = GrowthLab("shear")
        lab.set_matrix("rotation")
        lab.sources.buttons["random"].click()
        lab.close()
    assert len(seen) == 3 and all(numbers == {1} for numbers in seen)
