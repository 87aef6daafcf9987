"""The stored pictures are those that the numbers give, and can be read on a light and on a dark page."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import nbformat
import numpy as np
import pytest

import badges
import pictures
from test_colours import contrast, rgb
from widgets.figures.shear import shear

pytestmark = pytest.mark.integration

NUMBER = re.compile(r"-?\d+\.\d+")
SVG = "{http://www.w3.org/2000/svg}"
GROUNDS = ("#FFFFFF", "#111111")  # JupyterLab's pages


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_the_stored_picture_is_current(name: str):
    """To a tenth of a pixel, as rounding differs from one machine to another: `python tests/notebooks/pictures.py`."""
    stored, drawn = (pictures.IMAGES / name).read_text("utf-8"), pictures.PICTURES[name]()
    assert NUMBER.sub("#", stored) == NUMBER.sub("#", drawn)
    assert np.allclose(*([float(n) for n in NUMBER.findall(text)] for text in (stored, drawn)), atol=0.11)


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_each_colour_can_be_read_on_both_grounds_and_nothing_paints_a_ground(name: str):
    root = ET.fromstring(pictures.PICTURES[name]())
    painted = [part.get(key) for part in root.iter() for key in ("fill", "stroke")]
    colours = {colour for colour in painted if colour not in (None, "none")}
    assert colours
    for colour in colours:
        assert all(contrast(rgb(colour), rgb(ground)) >= 4 for ground in GROUNDS), colour
    width = float(root.get("width", 0))
    assert all(float(part.get("width", 0)) < width / 4 for part in root.iter(f"{SVG}rect")), "the ground is transparent"
    assert len(list(root.iter(f"{SVG}text"))) >= 3, "words are text"


def test_two_long_parts_sum_to_a_short_vector_that_grows_as_the_shorter_lived_part_goes():
    parts = pictures.parts_of_the_start()
    lengths = np.linalg.norm(parts, axis=0)
    assert np.allclose(shear(2) @ parts, parts * [0.9, 0.8]), "they are eigenvectors"
    assert np.allclose(lengths, 20, rtol=0.01)
    assert np.linalg.norm(parts.sum(axis=1)) == pytest.approx(1)
    later = parts * np.array([0.9, 0.8]) ** 6
    assert (np.linalg.norm(later, axis=0) < lengths).all()
    assert np.linalg.norm(later.sum(axis=1)) == pytest.approx(5.42, abs=0.005)


def test_the_matrix_that_is_drawn_has_the_eigenvalues_of_its_blocks_and_nothing_above_them():
    P, blocks, T = pictures.example()
    assert np.allclose(P.T @ P, np.eye(6))
    assert np.allclose(np.abs(np.linalg.eigvals(P @ (blocks + T) @ P.T)), 0.9)
    assert not np.triu(T, -1)[np.arange(6) % 2 == 1].any() and not np.triu(T).any()


def test_every_picture_is_shown_in_some_notebook():
    shown = "".join(cell.source for path in badges.NOTEBOOKS for cell in nbformat.read(path, as_version=4).cells)
    for name in pictures.PICTURES:
        assert f"](images/{name})" in shown, name
