"""The cost of the recurrence against N, time and batch: slopes, and a picture of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from widgets.figures.style import BLUE, GREY

from .loops import Problem, kit
from .measure import Comparison, Setup, Works

SERIES = {
    "N": [2**i for i in range(4, 11)],
    "time": [50, 100, 200, 500, 1000, 2000, 5000],
    "batch": [2**i for i in range(9)],
}
BASE = {"N": 128, "batch": 10, "time": 100}
PALE = "#E4E4E4"
WIDTH, HEIGHT, LEFT, TOP, GAP = 230, 240, 64, 42, 78


def works(setup: Setup) -> Works:
    def work(axis: str, size: int) -> Any:
        sizes = BASE | {axis: size}
        return kit(Problem.of(sizes["N"], sizes["batch"], sizes["time"], setup.device), "tanh")

    series = {axis: sizes[:3] for axis, sizes in SERIES.items()} if setup.quick else SERIES
    return {f"{axis} {size}": work(axis, size) for axis, sizes in series.items() for size in sizes}


def curve(medians: dict[str, list[float]], axis: str) -> tuple[np.ndarray, np.ndarray]:
    """Sizes and milliseconds along one axis, medians over the runs."""
    names = [name for name in medians if name.startswith(axis)]
    return np.array([int(name.split()[1]) for name in names]), np.array([np.median(medians[name]) for name in names])


def slope(sizes: np.ndarray, ms: np.ndarray) -> float:
    """Of log ms against log size, over the upper half of the sizes."""
    upper = slice(len(sizes) // 2, None)
    return float(np.polyfit(np.log(sizes[upper]), np.log(ms[upper]), 1)[0])


def slopes(medians: dict[str, list[float]]) -> dict[str, float]:
    return {axis: slope(*curve(medians, axis)) for axis in SERIES}


# --- the picture --------------------------------------------------------------------------------------------------


def picture(medians: dict[str, list[float]]) -> str:
    """Three panels with logarithmic axes in one SVG; dashed, lines of whole slopes through the last point."""
    curves = {axis: curve(medians, axis) for axis in SERIES}
    values = np.concatenate([ms for _, ms in curves.values()])
    low, high = math.log10(values.min() / 1.6), math.log10(values.max() * 1.6)
    panels = "".join(panel(i, axis, *curves[axis], low, high) for i, axis in enumerate(curves))
    width, height = LEFT + 3 * (WIDTH + GAP) - 20, TOP + HEIGHT + 52
    style = 'font-family="Arial, Helvetica, sans-serif" font-size="13"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" {style}>\n'
        f'<rect width="{width}" height="{height}" fill="white"/>\n{panels}</svg>\n'
    )


def panel(index: int, axis: str, sizes: np.ndarray, ms: np.ndarray, low: float, high: float) -> str:
    """The curve of one axis, from 10^low to 10^high milliseconds."""
    left, foot = LEFT + index * (WIDTH + GAP), TOP + HEIGHT
    first, last = math.log(sizes[0]), math.log(sizes[-1])

    def at(size: float, value: float) -> tuple[float, float]:
        across, up = (math.log(size) - first) / (last - first), (math.log10(value) - low) / (high - low)
        return left + WIDTH * across, foot - HEIGHT * up

    parts = [text(left, TOP - 18, f"{axis}: slope {slope(sizes, ms):.2f} on the upper half", "start", weight="bold")]
    for k in range(math.ceil(low), math.floor(high) + 1):
        x, y = at(sizes[0], 10.0**k)
        parts += [line((x, y), (x + WIDTH, y), PALE), text(x - 8, y + 4, f"{10.0**k:g} ms", "end")]
    for power in (1, 2) if axis == "N" else (1,):
        size = max(sizes[0], sizes[-1] * (10.0**low / ms[-1]) ** (1 / power))
        begin, end = at(size, ms[-1] * (size / sizes[-1]) ** power), at(sizes[-1], ms[-1])
        x, y = (0.6 * b + 0.4 * e for b, e in zip(begin, end, strict=True))
        parts.append(line(begin, end, GREY, 'stroke-dasharray="4 4"'))
        # above the line where the curve is below it, else below
        beside = (x - 6, y - 8, "end") if (axis, power) == ("N", 1) else (x + 12, y + 12, "start")
        parts.append(text(*beside[:2], f"slope {power}", beside[2], GREY))
    points = [at(size, value) for size, value in zip(sizes, ms, strict=True)]
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts.append(f'<polyline points="{way}" fill="none" stroke="{BLUE}" stroke-width="2"/>')
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{BLUE}"/>' for x, y in points]
    parts += [text(x, foot + 20, str(size)) for (x, _), size in zip(points[::2], sizes[::2], strict=True)]
    fixed = ", ".join(f"{name} {size}" for name, size in BASE.items() if name != axis)
    return "\n".join([*parts, text(left + WIDTH / 2, foot + 40, f"{axis} ({fixed})")]) + "\n"


def line(begin: tuple[float, float], end: tuple[float, float], colour: str, more: str = "") -> str:
    (x0, y0), (x1, y1) = begin, end
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour}" {more}/>'


def text(
    x: float, y: float, words: str, anchor: str = "middle", colour: str = "#000000", weight: str = "normal"
) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-weight="{weight}">{words}</text>'


COMPARISONS = (
    Comparison("scaling", "Recurrence, forward and backward, tanh, against N, time and batch", works, rounds=7),
)
