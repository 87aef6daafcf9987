"""Draw the pictures of `lab_pictures.py` into notebooks/images: `make pictures`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import numpy as np

from lab_pictures import NOTEBOOKS, PICTURES, Picture
from large import large, panels_of
from widgets.still import still

IMAGES = NOTEBOOKS / "images"
MOST_BYTES = 60_000
WIDTHS = {1: 500, 2: 330, 3: 280}  # of a panel, in pixels, by their number
PATH = re.compile(r' d="([^"]*)"')
BITMAP = re.compile(r"data:image/png;base64,[^\"]*")
NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?")
NEAR = 1.5  # pixels that a curve may lie beside the stored one


def path_of(picture: Picture) -> Path:
    return IMAGES / picture.file


def drawn(picture: Picture) -> tuple[str, str]:
    """The picture as SVG, and the sentence of its lab."""
    lab = picture.lab()
    try:
        parts = lab.figures[0].parts()
        panels = picture.panels or panels_of(parts)
        return still([large(parts, panels, WIDTHS[len(panels)])], lab.status) + "\n", lab.status
    finally:
        lab.close()


def differences(stored: str, now: str) -> list[str]:
    """Where two pictures differ by more than rounding does: words, numbers, and the ways of the curves.

    A number may be off by a hundredth and a curve by a pixel and a half; bitmaps are not looked at (their titles are).
    """
    found = []
    paths = [PATH.findall(text) for text in (stored, now)]
    rest = [BITMAP.sub("", PATH.sub("", text)) for text in (stored, now)]
    words = [re.split(r"[<>]", NUMBER.sub("#", text)) for text in rest]
    found += [f"{old!r} is now {new!r}" for old, new in zip_longest(*words) if old != new]
    numbers = [[float(number.replace(",", "")) for number in NUMBER.findall(text)] for text in rest]
    for old, new in zip_longest(*numbers, fillvalue=np.nan):
        if not np.isclose(old, new, rtol=0.01, atol=0.5 if abs(old) > 20 else 0.006):
            found.append(f"{old:g} is now {new:g}")
    for number, (old, new) in enumerate(zip_longest(*paths, fillvalue="")):
        if (away := max(_away(old, new), _away(new, old))) > NEAR:
            found.append(f"curve {number} is {away:.1f} pixels from where it was")
    return found


def _away(path: str, other: str) -> float:
    """The largest distance of a corner of one path from the other path."""
    corners, ends = np.concatenate([*_pieces(path)] or [np.full((1, 2), 1e6)]), [*_pieces(other)]
    starts = np.concatenate([piece[:-1] if len(piece) > 1 else piece for piece in ends] or [np.zeros((1, 2))])
    stops = np.concatenate([piece[1:] if len(piece) > 1 else piece for piece in ends] or [np.zeros((1, 2))])
    along, to = stops - starts, corners[:, None] - starts
    share = np.clip((to * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-12), 0, 1)
    return float(np.linalg.norm(to - share[..., None] * along, axis=-1).min(axis=1).max())


def _pieces(path: str) -> Iterator[np.ndarray]:
    for piece in path.split("M")[1:]:
        yield np.array([[float(number) for number in corner.split(",")] for corner in piece.split("L")])


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    for picture in PICTURES:
        path, (text, words) = path_of(picture), drawn(picture)
        if path.exists() and not differences(path.read_text("utf-8"), text):
            print(f"{path.name}: as it was")  # rounding alone makes no new version of a file
            continue
        path.write_text(text, "utf-8")
        print(f"{path.name}: {len(text.encode()) / 1000:.0f} kB. {words}")


if __name__ == "__main__":
    main()
