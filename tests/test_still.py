"""The still pictures beside the labs: numbers stand where the axes say, and what a cell keeps of a lab."""

from __future__ import annotations

import base64
import re
import zlib
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import ipywidgets as ipw
import numpy as np
import plotly.graph_objects as go
import pytest

from nnrnn_core import tasks
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
from widgets.asleep import VIEW, WAKE, outputs
from widgets.still import WIDTH, still

LABS = {
    "shear": ShearLab,
    "spectrum": SpectrumLab,
    "growth": GrowthLab,
    "gradient": GradientLab,
    "memory": MemoryLab,
    "schur": SchurLab,
    "assemble": AssembleLab,
    "race": RaceLab,
    "xray": XrayLab,
    "training": lambda: TrainingLab(tasks.Copying(delay=5), 16, start="random"),
}
SVG = "{http://www.w3.org/2000/svg}"
MARGIN = {"l": 100, "r": 100, "t": 50, "b": 50}


def drawn(*traces: Any, **layout: Any) -> ET.Element:
    """The picture of a figure whose panel is 800 by 300 pixels, its corner at (100, 50)."""
    figure = go.Figure(traces, {"height": 400, "margin": MARGIN, "template": "none", **layout})
    parts = {"data": [dict(trace.to_plotly_json()) for trace in figure.data], "layout": figure.layout.to_plotly_json()}
    return ET.fromstring(still([parts], "words"))


def path_of(picture: ET.Element) -> list[list[float]]:
    path = next(picture.iter(f"{SVG}path")).get("d") or ""
    return [[float(number) for number in point.split(",")] for point in re.split("[ML]", path)[1:]]


def texts(picture: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]


@pytest.mark.parametrize("kind", ["linear", "log"])
def test_points_stand_where_the_axes_say(kind: str):
    ends = [0, 4] if kind == "linear" else [0, 2]  # of a log axis the powers: 1 to 100
    line = go.Scatter(x=[0, 5, 10], y=[1, 2, 4], mode="lines")
    points = path_of(drawn(line, xaxis={"range": [0, 10]}, yaxis={"type": kind, "range": ends}))
    share = np.array([1, 2, 4]) / 4 if kind == "linear" else np.log10([1, 2, 4]) / 2
    assert np.allclose(points, np.column_stack([[0, 400, 800], 300 * (1 - share)]), atol=0.05)


def test_what_is_no_number_is_a_gap_and_what_a_log_axis_cannot_show_too():
    line = go.Scatter(x=[0, 1, 2, 3, 4], y=[1, 2, float("nan"), 3, -1], mode="lines")
    picture = drawn(line, xaxis={"range": [0, 4]}, yaxis={"type": "log", "range": [0, 1]})
    path = next(picture.iter(f"{SVG}path")).get("d") or ""
    assert re.sub(r"[\d.,]", "", path) == "MLM", "two points, a gap, one point"


def test_a_unit_is_as_long_along_both_axes_where_the_figure_says_so():
    line = go.Scatter(x=[-1, 1], y=[-1, 1], mode="lines")
    (x0, y0), (x1, y1) = path_of(drawn(line, xaxis={"range": [-1, 1]}, yaxis={"range": [-1, 1], "scaleanchor": "x"}))
    assert x1 - x0 == pytest.approx(y0 - y1)


def test_a_heat_map_has_a_pixel_for_each_cell_and_none_where_there_is_no_number():
    z = np.array([[0.0, 1.0, np.nan], [0.5, 0.0, 1.0]])
    heat = go.Heatmap(z=z, zmin=0, zmax=1, colorscale=[[0, "#000000"], [1, "#ffffff"]])
    image = next(drawn(heat).iter(f"{SVG}image")).get("href") or ""
    png = base64.b64decode(image.partition("base64,")[2])
    rows = zlib.decompress(png[png.index(b"IDAT") + 4 :])
    assert [list(rows[i : i + 4]) for i in (0, 4)] == [[0, 127, 0, 254], [0, 0, 254, 255]], "the last row is on top"


def test_titles_ticks_and_names_are_written():
    line = go.Scatter(x=[0, 10], y=[1, 100], name="‖V<sup>k</sup>‖ < 1", mode="lines", showlegend=True)
    axes = {"xaxis": {"range": [0, 10], "title": "k"}, "yaxis": {"type": "log", "range": [0, 2], "title": "times"}}
    note = {"text": "Growth", "x": 0, "y": 1, "xref": "paper", "yref": "paper", "showarrow": False}
    found = texts(drawn(line, **axes, annotations=[note]))
    assert {"k", "times", "Growth", "‖Vk‖ < 1", "0", "10", "100", "102"} <= set(found)


def test_a_mark_has_its_own_shape_and_a_filled_trace_is_an_area():
    box = {"xaxis": {"range": [0, 8]}, "yaxis": {"range": [0, 3]}}
    shapes = {"line-ns-open": 1, "x": 2, "circle": 0, "circle-open": 0}  # and how many strokes each has
    for symbol, strokes in shapes.items():
        marker = {"symbol": symbol, "size": 10, "color": "#123456"}
        mark = go.Scatter(x=[4], y=[1], mode="markers", marker=marker, showlegend=False)
        picture = drawn(mark, **box)
        paths = [path.get("d") or "" for path in picture.iter(f"{SVG}path")]
        assert sum(path.count("M") for path in paths) == strokes, symbol
        circles = [circle.get("fill") for circle in picture.iter(f"{SVG}circle")]
        assert circles == ([] if strokes else ["none" if "open" in symbol else "#123456"]), symbol
    area = go.Scatter(x=[0, 8, 8], y=[0, 0, 3], fill="toself", fillcolor="#123456", opacity=0.3, line={"width": 0})
    path = next(drawn(area, **box).iter(f"{SVG}path"))
    assert (path.get("fill"), path.get("fill-opacity")) == ("#123456", "0.3")


def test_names_of_the_legend_stand_beside_each_other_without_touching():
    names = ["a", "a name that is much longer than the place which a short one is given, and goes on", "b", "c", "d"]
    lines = [go.Scatter(x=[0, 1], y=[0, 1], name=name, mode="lines", showlegend=True) for name in names]
    found = [text for text in drawn(*lines).iter(f"{SVG}text") if text.text in names]
    places = sorted((float(text.get("y") or 0), float(text.get("x") or 0), text.text or "") for text in found)
    assert [name for *_, name in places] == names
    for (y, x, name), (below, right, _) in pairwise(places):
        assert below > y or right >= x + 5.5 * len(name), name


@pytest.mark.parametrize("name", LABS)
def test_a_cell_keeps_the_view_a_small_picture_and_words_that_say_what_to_do(name: str):
    lab = LABS[name]()
    view, picture, words = outputs(lab)
    assert view[VIEW]["model_id"] == lab.model_id
    tree = ET.fromstring(picture["image/svg+xml"])
    assert tree.get("aria-label") == lab.status
    assert tree.get("viewBox", "").startswith(f"0 0 {WIDTH} ")
    assert "nan" not in picture["image/svg+xml"].replace(lab.status, "")
    assert len(picture["image/svg+xml"]) < 50_000
    assert words["text/plain"] == f"{lab.status} {WAKE}"
    drawn_traces = sum(1 for _ in tree.iter(f"{SVG}path")) + sum(1 for _ in tree.iter(f"{SVG}circle"))
    assert drawn_traces > len(lab.figures)
    lab.close()


def test_a_lab_at_the_end_of_a_cell_shows_all_three(monkeypatch: pytest.MonkeyPatch):
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("widgets.labs.lab.display", lambda bundle, raw: shown.append(bundle))
    lab = ShearLab()
    lab._ipython_display_()
    assert [next(iter(bundle)) for bundle in shown] == ["text/plain", "image/svg+xml", "text/html"]
    assert isinstance(lab, ipw.VBox)
