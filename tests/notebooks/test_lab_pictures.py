"""The stored pictures of the labs are those that the labs draw: `make pictures` renews them."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import nbformat
import numpy as np
import pytest

import badges
from draw import IMAGES, MOST_BYTES, differences, drawn, path_of
from lab_pictures import PICTURES, Picture
from large import large, panels_of
from nnrnn_core import dynamics
from widgets import MemoryLab
from widgets.labs.plan import make_plan

pytestmark = pytest.mark.integration

SVG = "{http://www.w3.org/2000/svg}"
# What takes seconds to draw is held to the library's numbers, and drawn by `make pictures` alone.
SLOW = {"03-figure-1b", "04-pseudospectra", "08-noisy-memory"}
STORED = {picture.name: path_of(picture).read_text("utf-8") for picture in PICTURES}


@pytest.mark.parametrize("picture", [picture for picture in PICTURES if picture.name not in SLOW], ids=lambda p: p.name)
def test_a_stored_picture_is_what_its_lab_draws(picture: Picture):
    now, words = drawn(picture)
    assert differences(STORED[picture.name], now) == [], "run `make pictures`"
    assert ET.fromstring(STORED[picture.name]).get("aria-label") == words


def test_what_is_slow_to_draw_has_the_numbers_of_the_library():
    words = {name: ET.fromstring(STORED[name]).get("aria-label", "") for name in SLOW}
    chain = dynamics.gallery["table6"](size=100, d=0, alpha=1.05, beta=0)
    assert f"grows {1.05**99:.0f}-fold by k = 99" in words["03-figure-1b"]
    assert f"a typical one {dynamics.typical_growth(chain, 99).max():.1f}-fold" in words["03-figure-1b"]
    growth = dynamics.transient_growth(dynamics.gallery["grcar"](), 60)
    assert f"rises to {round(growth.max(), -1):,.0f} at k = {growth.argmax()}" in words["04-pseudospectra"]
    (loss,) = re.findall(r"loss (\d\.\d+)", words["08-noisy-memory"])
    training = make_plan("noisy-memory").make()
    for index in range(300):
        training.settings.freeze_T = index < 200
        training.step()
    assert float(loss) == pytest.approx(training.probe().loss, rel=0.05), "200 updates with T frozen, 100 without"


def test_pictures_are_small_and_say_what_they_show():
    assert {path.name for path in IMAGES.glob("[0-9][0-9]-*.svg")} <= {picture.file for picture in PICTURES}
    for name, text in STORED.items():
        assert len(text.encode()) <= MOST_BYTES, name
        root = ET.fromstring(text)
        assert len(root.get("aria-label", "")) > 40, name
        sizes = [float(words.get("font-size", 0)) for words in root.iter(f"{SVG}text")]
        width = float(root.get("viewBox", "").split()[2])
        assert min(sizes) * 1208 / width > 15, f"{name}: 15 pixels on a slide of 1280 at the least"


def test_every_carrying_figure_has_its_picture():
    """The first lab of each notebook: the cell that ends with it."""
    with_picture = {picture.cell for picture in PICTURES}
    for path in badges.NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        labs = [
            cell.id
            for cell in cells
            if cell.cell_type == "code" and re.search(r"^(?:\w+ = )?\w+Lab\(", cell.source, re.M)
        ]
        assert labs[0] in with_picture, f"{path.name}: add one to teaching/lab_pictures.py"


# ---- what counts as a difference


def test_rounding_is_no_difference_and_anything_that_is_seen_is():
    stored = STORED["01-shear"]
    assert differences(stored, stored) == []
    assert differences(stored, stored.replace("Peak 5.42", "Peak 5.423")) == []
    assert differences(stored, stored.replace("Peak 5.42", "Peak 5.52"))
    assert differences(stored, stored.replace("Eigenvectors", "Vectors"))
    path = max(re.findall(r' d="([^"]*)"', stored), key=len)
    points = path[1:].split("L")
    assert differences(stored, stored.replace(path, "M" + "L".join(points[::2] + points[-1:]))) == [], "fewer corners"
    moved = "M" + "L".join(f"{point.split(',')[0]},{float(point.split(',')[1]) - 4:g}" for point in points)
    assert differences(stored, stored.replace(path, moved)), "four pixels up"


def test_panels_are_chosen_by_name_and_stand_beside_each_other():
    lab = MemoryLab(size=20)
    parts = lab.figures[0].parts()
    lab.close()
    with pytest.raises(ValueError, match="the figure has the panels x, x2, x3; got x9"):
        large(parts, ("x9",), 300)
    assert panels_of(parts) == ("x", "x2", "x3")
    found = large(parts, ("x3", "x"), 300)
    assert {trace.get("xaxis") or "x" for trace in found["data"]} == {"x", "x3"}
    (left, right), layout = (found["layout"][axis]["domain"] for axis in ("xaxis3", "xaxis")), found["layout"]
    assert 0 < left[0] < left[1] < 0.5 < right[0] < right[1] < 1
    assert layout["width"] == 600
    titles = [note["text"] for note in layout["annotations"] if note["xref"] == "paper"]
    assert [title.split(",")[0] for title in titles] == ["Total memory", "J(k) of the input k steps ago"]
    assert np.allclose(layout["xaxis"]["range"], parts["layout"]["xaxis"]["range"]), "what is drawn stays"
