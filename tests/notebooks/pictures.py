"""The course's pictures: notebooks/images/*.svg, drawn from numbers.

`python tests/notebooks/pictures.py` writes them anew; `test_pictures.py` says when that is needed. A notebook shows one
as `![what it shows](images/cancelling.svg)`. A picture in Markdown does not know whether JupyterLab is dark, so there
is one for both grounds, transparent, in colours that can be read on white and on JupyterLab's black.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from widgets.figures.shear import DIAGONAL, best_path

IMAGES = Path(__file__).resolve().parents[2] / "notebooks" / "images"
# The hues of the figures, halfway between the grounds: each has a contrast of at least 4 with both.
INK, BLUE, GREEN, PURPLE, VERMILION = "#787878", "#2B7FBF", "#008A64", "#B5608C", "#C94F00"
SIZE = 17  # of all words, pixels
C, STEPS = 2.0, (0, 6, 20)  # of notebook 01: the entry beside the diagonal, and the moments that are drawn
UNIT = 28  # pixels for a length of 1 in the picture of the cancelling


def words(x: float, y: float, text: str, anchor: str = "start", colour: str = INK, size: float = SIZE) -> str:
    """A line of text; what stands between _ and _ is lowered, between ^ and ^ raised."""
    safe, parts = html.escape(text, quote=False), []
    for mark, drop in (("_", 5), ("^", -8)):
        pieces = safe.split(mark)
        for i in range(1, len(pieces), 2):
            pieces[i] = f'<tspan dy="{drop}" font-size="70%">{pieces[i]}</tspan><tspan dy="{-drop}">\u200b</tspan>'
        safe = "".join(pieces)
    parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size:g}">')
    return f"{parts[0]}{safe}</text>"


def arrow(
    start: Sequence[float], end: Sequence[float], colour: str, width: float, bend: float = 0, dash: str = "none"
) -> str:
    """An arrow with its tip at `end`; bend: how far the middle of the line is moved to the right, in pixels."""
    begin, tip = np.asarray(start, float), np.asarray(end, float)
    control = (begin + tip) / 2 + [2 * bend, 0]
    along = (tip - (control if bend else begin)) / np.linalg.norm(tip - (control if bend else begin))
    across, head = np.array([-along[1], along[0]]), 4 + 2.5 * width
    neck = tip - head * along
    corners = (tip, neck + 0.45 * head * across, neck - 0.45 * head * across)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    line = f"M{begin[0]:.1f},{begin[1]:.1f}Q{control[0]:.1f},{control[1]:.1f} {neck[0]:.1f},{neck[1]:.1f}"
    return (
        f'<path d="{line}" stroke="{colour}" stroke-width="{width:g}" stroke-dasharray="{dash}" fill="none"/>'
        f'<polygon points="{points}" fill="{colour}"/>'
    )


def picture(width: int, height: int, parts: Sequence[str], title: str) -> str:
    """The parts as an SVG file of this size."""
    font = 'font-family="Arial, Helvetica, sans-serif" font-weight="600"'
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {font}>'
    return "\n".join([head, f"<title>{html.escape(title)}</title>", *parts, "</svg>", ""])


# ---- V = P (Λ + T) Pᵀ


def example() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P, Λ and T of six units, in the form of the nnRNN: three blocks, 0.9 times a rotation, and T below them."""
    draw = np.random.default_rng(5)
    P = np.linalg.qr(draw.standard_normal((6, 6)))[0]
    blocks = np.zeros((6, 6))
    for row, angle in zip((0, 2, 4), (0.6, 1.9, 2.6), strict=True):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        blocks[row : row + 2, row : row + 2] = 0.9 * turn
    pair = np.arange(6) // 2
    return P, blocks, np.where(pair[:, None] > pair, draw.uniform(-0.8, 0.8, (6, 6)), 0)


def cells(M: np.ndarray, x: float, y: float, colour: str, side: float = 25) -> str:
    """A map of the entries: the larger, the denser; 0 is left empty."""
    shade = np.abs(M) / np.abs(M).max()
    return "".join(
        f'<rect x="{x + side * j:.1f}" y="{y + side * i:.1f}" width="{side - 2:g}" height="{side - 2:g}" '
        f'fill="{colour}" fill-opacity="{0.25 + 0.75 * shade[i, j]:.2f}"/>'
        for i, j in np.argwhere(shade > 0)
    )


def frame(x: float, y: float, side: float, colour: str, width: float) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{side:g}" height="{side:g}" '
        f'fill="none" stroke="{colour}" stroke-width="{width:g}"/>'
    )


def three_parts() -> str:
    P, blocks, T = example()
    top, lefts = 50, (40, 280, 520, 760)
    parts = []
    for left, name, caption in zip(
        lefts,
        ("V", "P", "Λ + T", "P^T^"),
        (
            ("the weights from", "unit to unit"),
            ("columns: the modes,", "patterns over the units", "at right angles"),
            ("boxes, Λ: each pair", "of modes on itself", "below, T: from modes", "to later modes"),
            ("how much of each", "mode a state has"),
        ),
        strict=True,
    ):
        parts.append(words(left + 75, top - 18, name, "middle", size=24))
        parts.append(frame(left - 4, top - 4, 156, INK, 1.5))
        parts += [words(left + 75, top + 182 + 22 * i, line, "middle", size=15) for i, line in enumerate(caption)]
    parts += [words(236, top + 82, "=", "middle", size=28)]
    for left, M, colour in zip(
        (*lefts, lefts[2]), (P @ (blocks + T) @ P.T, P, blocks, P.T, T), (INK, BLUE, PURPLE, BLUE, VERMILION),
        strict=True,
    ):  # fmt: skip
        parts.append(cells(M, left, top, colour))
    parts += [frame(lefts[2] + 50 * i - 1, top + 50 * i - 1, 50, INK, 2.5) for i in range(3)]
    return picture(960, 310, parts, "V = P (Λ + T) Pᵀ")


# ---- the chain of modes


def modes() -> str:
    names = ("modes 1 and 2", "modes 3 and 4", "modes 5 and 6")
    left, wide, high, apart = 250, 160, 50, 130
    tops = [20 + apart * i for i in range(3)]
    parts = []
    for i, (top, name) in enumerate(zip(tops, names, strict=True), 1):
        parts.append(
            f'<rect x="{left}" y="{top}" width="{wide}" height="{high}" rx="12" fill="none" stroke="{INK}" '
            'stroke-width="2.5"/>'
        )
        parts.append(words(left + wide / 2, top + 31, name, "middle"))
        parts.append(arrow((left, top + 10), (left, top + high - 10), PURPLE, 3, bend=-40))
        parts.append(words(left - 60, top + 22, f"Λ_{i}_ : turned by θ_{i}_,", "end", PURPLE))
        parts.append(words(left - 60, top + 44, f"multiplied by γ_{i}_", "end", PURPLE))
    for i in range(2):
        x = left + wide / 2
        parts.append(arrow((x, tops[i] + high + 3), (x, tops[i + 1] - 3), VERMILION, 3))
        parts.append(words(x + 14, tops[i] + high + 46, f"T_{i + 2}{i + 1}_", colour=VERMILION))
    right = left + wide
    parts.append(arrow((right, tops[0] + high / 2), (right + 3, tops[2] + high / 2), VERMILION, 3, bend=45))
    parts.append(words(right + 60, tops[1] + 32, "T_31_", colour=VERMILION))
    notes = ("T leads from each pair", "of modes to later ones.", "No arrow leads back.")
    parts += [words(right + 115, tops[1] + 10 + 24 * i, note) for i, note in enumerate(notes)]
    return picture(780, 350, parts, "The chain of modes")


# ---- two long parts that cancel


def parts_of_the_start(c: float = C, k: int = 6) -> np.ndarray:
    """The vector that grows most in k steps, as the sum of two columns, its parts along the eigenvectors."""
    X = np.array([[1.0, -c], [0.0, DIAGONAL[0] - DIAGONAL[1]]])
    parts: np.ndarray = X * np.linalg.solve(X, best_path(c, k)[:, 0])
    return parts


def cancelling() -> str:
    start, drawn = parts_of_the_start(), []
    for k, bottom in zip(STEPS, (110, 220, 330), strict=True):
        first, second = (start * np.array(DIAGONAL) ** k).T
        both = first + second
        origin = np.array([60.0, bottom])
        tip, end = (origin + UNIT * np.array([v[0], -v[1]]) for v in (first, both))
        drawn += [
            arrow(origin, end, VERMILION, 8),
            arrow(origin, tip, BLUE, 3),
            arrow(tip, end, GREEN, 3, dash="9,5"),
            words(20, bottom - 52, f"k = {k}", size=20),
            words(120, bottom - 52, f"→ part along x_1_: {np.linalg.norm(first):.2f}", colour=BLUE),
            words(355, bottom - 52, f"⇠ part along x_2_: {np.linalg.norm(second):.2f}", colour=GREEN),
            words(590, bottom - 52, f"their sum: {np.linalg.norm(both):.2f}", colour=VERMILION),
        ]
    return picture(780, 350, drawn, "Two long parts that nearly cancel")


PICTURES: dict[str, Callable[[], str]] = {
    "three-parts.svg": three_parts,
    "modes.svg": modes,
    "cancelling.svg": cancelling,
}


def main() -> None:
    for name, draw in PICTURES.items():
        (IMAGES / name).write_text(draw(), "utf-8")
        print(IMAGES / name)


if __name__ == "__main__":
    main()
