"""The colours of the figures, on white and as `theme.css` turns them on a dark ground: seen, and told apart."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import numpy as np
import pytest

import badges
from widgets.figures import schur, spectrum, style

PALETTE = {name: value for name, value in vars(style).items() if re.fullmatch(r"#[0-9A-F]{6}", str(value))}
WHITE = np.ones(3)
# Machado, Oliveira & Fernandes (2009): what an eye sees that lacks one kind of cone, in linear RGB.
SEEN_BY = {
    "everyone": np.eye(3),
    "protanopes": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopes": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopes": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def linear(colour: np.ndarray) -> np.ndarray:
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def turned(colour: np.ndarray) -> np.ndarray:
    """By the filter in theme.css, with the matrices of the specification (Filter Effects, 8.4 and 8.5)."""
    text = (badges.ROOT / "widgets/theme.css").read_text("utf-8")
    (share,), (degrees,) = re.findall(r"invert\(([\d.]+)\)", text), re.findall(r"hue-rotate\((\d+)deg\)", text)
    inverted = float(share) * (1 - colour) + (1 - float(share)) * colour
    c, s = math.cos(math.radians(float(degrees))), math.sin(math.radians(float(degrees)))
    grey = np.array([0.213, 0.715, 0.072]) * np.ones((3, 1))
    across = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])
    return np.clip((grey + c * (np.eye(3) - grey) + s * across) @ inverted, 0, 1)


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """WCAG's, from 1 to 21."""
    dark, light = sorted(linear(colour) @ TO_XYZ[1] for colour in (one, other))
    return float((light + 0.05) / (dark + 0.05))


def lab(colour: np.ndarray, eye: str) -> np.ndarray:
    """CIE L*a*b* of what this eye sees: a distance of about 2 can just be noticed."""
    x = TO_XYZ @ np.clip(np.array(SEEN_BY[eye]) @ linear(colour), 0, 1) / TO_XYZ.sum(axis=1)
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_palette_was_found():
    assert {"BLACK", "BLUE", "VERMILION", "GREY"} <= PALETTE.keys()


@pytest.mark.parametrize("colour", [*PALETTE.values(), *spectrum.SHADES])
def test_every_line_stands_out_from_a_light_and_a_dark_ground(colour: str):
    assert contrast(rgb(colour), WHITE) >= 3
    assert contrast(turned(rgb(colour)), turned(WHITE)) >= 3


def test_what_is_black_on_white_is_light_on_dark_and_the_dark_ground_is_jupyterlabs():
    assert turned(WHITE) == pytest.approx(rgb("#121212"), abs=0.01)
    assert turned(rgb(style.BLACK)).min() > 0.9


@pytest.mark.parametrize("eye", SEEN_BY)
@pytest.mark.parametrize("ground", ["light", "dark"])
def test_every_eye_tells_the_colours_apart(eye: str, ground: str):
    shown = {name: rgb(value) if ground == "light" else turned(rgb(value)) for name, value in PALETTE.items()}
    apart = {
        (one, other): float(np.linalg.norm(lab(shown[one], eye) - lab(shown[other], eye)))
        for one, other in itertools.combinations(shown, 2)
    }
    assert min(apart.values()) > 8, min(apart, key=lambda pair: apart[pair])


# --- heat maps

SIZES = np.linspace(0.01, 1, 100)  # of a number, as a share of the scale's end


def shade(scale: list[list[Any]], value: float) -> np.ndarray:
    """The colour of a value between -1 and 1."""
    places, colours = [at for at, _ in scale], np.array([rgb(colour) for _, colour in scale])
    return np.array([np.interp((value + 1) / 2, places, part) for part in colours.T])


@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize("scale", [style.FEED_FORWARD, style.ROTATIONS])
def test_a_heat_map_without_colour_shows_every_sign_and_which_number_is_larger(scale: list[list[Any]], ground: str):
    def grey(value: float) -> float:  # L*, from 0 to 100
        colour = shade(scale, value)
        return float(lab(colour if ground == "light" else turned(colour), "everyone")[0])

    steps = np.diff([grey(value) for value in [*-SIZES[::-1], 0, *SIZES]])
    assert (steps > 0).all() if ground == "light" else (steps < 0).all()
    for size in SIZES:  # a fifth of the scale's end: 11 of 100; a difference of 2 can just be noticed
        assert abs(grey(size) - grey(-size)) > 55 * size


@pytest.mark.parametrize("eye", SEEN_BY)
@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize("scale", [style.FEED_FORWARD, style.ROTATIONS])
def test_a_fifth_of_a_scales_end_is_told_from_0_by_every_eye(scale: list[list[Any]], ground: str, eye: str):
    low, zero, high = (
        lab(colour if ground == "light" else turned(colour), eye)
        for colour in (shade(scale, value) for value in (-0.2, 0, 0.2))
    )
    assert min(np.linalg.norm(low - zero), np.linalg.norm(high - zero)) > 5


@pytest.mark.parametrize("scale", [style.FEED_FORWARD, style.ROTATIONS])
def test_a_number_in_a_cell_stands_out_from_its_colour(scale: list[list[Any]]):
    for value in np.linspace(-1, 1, 101):
        M = np.array([[value]])
        ink, cell = rgb(schur.written(M, np.ones_like(M))["textfont.color"][0]), shade(scale, value)
        assert contrast(ink, cell) > 4
        assert contrast(turned(ink), turned(cell)) > 3
