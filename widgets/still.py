"""A figure as a still picture, for where neither a kernel nor plotly is: lines, markers, heat maps, titles, as SVG.

plotly makes a picture only with a browser at its side (kaleido), and matplotlib would be a second account of every
figure; what the kit's figures are made of fits on these pages. `tests/test_still.py` holds the places of points to
those that plotly gives them.
"""

from __future__ import annotations

import base64
import html
import math
import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

WIDTH = 1000  # pixels, of a figure whose layout has none
LINE = 18  # pixels from one line of the legend to the next
KEYS, KEY = 60, 220  # pixels to the left of the legend, and from one key in a line to the next
SAMPLE, LETTER = 34, 6.2  # pixels of a key before its name, and of a letter of it
CELLS = 100  # a heat map of more rows or columns is thinned
INK, GROUND = "#222", "#fff"
DASHES = {"dot": "2,3", "dash": "8,4", "dashdot": "8,3,2,3", "longdash": "14,4", "longdashdot": "14,3,2,3"}
MARGIN = {"l": 80, "r": 80, "t": 100, "b": 80}  # plotly's own


@dataclass(frozen=True)
class Axis:
    """A range of numbers, or of their logarithms, along pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool

    def pixels(self, values: Any) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            numbers = np.log10(np.asarray(values, float)) if self.log else np.asarray(values, float)
        along = (numbers - self.low) / (self.high - self.low)
        return np.where(np.isfinite(along), self.start + np.clip(along, -5, 6) * (self.end - self.start), np.nan)

    def ticks(self) -> list[tuple[float, str]]:
        """(value, text) of some four round numbers."""
        low, high = sorted((self.low, self.high))
        step = 10.0 ** math.floor(math.log10((high - low) / 2))
        step *= next((m for m in (1, 2, 5) if (high - low) / (m * step) <= 5), 10)
        step = max(1.0, step) if self.log else step
        numbers = step * np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        if self.log:
            return [(10.0**n, f"10<sup>{n:.0f}</sup>".replace("-", "−")) for n in numbers]
        return [(n, f"{n + 0:.10g}".replace("-", "−")) for n in np.round(numbers, 12)]


def still(figures: Sequence[Mapping[str, Any]], words: str, key: str = "") -> str:
    """The figures (each {"data": traces, "layout": …} of plain values and arrays) as one SVG, one below the other.

    words: what they show, for readers who cannot see them. key: an attribute by which the live view finds the picture.
    """
    parts, top, width = [], 0.0, max(_width(figure["layout"]) for figure in figures)
    for figure in figures:
        picture, height = _figure(figure["data"], figure["layout"])
        parts.append(f'<g transform="translate(0,{top:.0f})">{picture}</g>')
        top += height
    style = f'style="max-width:{width}px" font-family="Arial,Helvetica,sans-serif" font-size="12" fill="none"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top:.0f}" width="100%" role="img" {style}'
    label = html.escape(words, quote=True)
    ground = f'<rect width="{width}" height="{top:.0f}" fill="{GROUND}"/>'
    return f'{head} data-still="{key}" aria-label="{label}"><title>{label}</title>{ground}{"".join(parts)}</svg>'


def _figure(data: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> tuple[str, float]:
    """A figure and its height."""
    panels = {pair: _axes(pair, data, layout) for pair in dict.fromkeys(map(_pair, data))}
    parts = [_frame(layout, pair, *axes) for pair, axes in panels.items()]
    for trace in data:
        x, y = panels[_pair(trace)]
        box = f'x="{x.start:.1f}" y="{y.end:.1f}" width="{x.end - x.start:.1f}" height="{y.start - y.end:.1f}"'
        parts.append(f"<svg {box}>{''.join(_trace(trace, x, y))}</svg>")
    parts += [_annotation(note, layout, panels) for note in layout.get("annotations", ())]
    keys, height = _keys(data, layout)
    return "".join(parts) + keys, height


def _width(layout: Mapping[str, Any]) -> int:
    return int(layout.get("width") or WIDTH)


def _pair(trace: Mapping[str, Any]) -> tuple[str, str]:
    return trace.get("xaxis") or "x", trace.get("yaxis") or "y"


def _axes(pair: tuple[str, str], data: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> tuple[Axis, Axis]:
    """The axes of a panel; it is made smaller where one unit is to be as long along both."""
    x_words, y_words = (_settings(layout, name) for name in pair)
    margin = {**MARGIN, **layout.get("margin", {})}
    across, down = _width(layout) - margin["l"] - margin["r"], layout["height"] - margin["t"] - margin["b"]
    over = _settings(layout, y_words["overlaying"]) if "overlaying" in y_words else y_words
    (x0, x1), (y0, y1) = x_words.get("domain") or (0, 1), over.get("domain") or (0, 1)
    left, right = margin["l"] + x0 * across, margin["l"] + x1 * across
    bottom, top = margin["t"] + (1 - y0) * down, margin["t"] + (1 - y1) * down
    (x_low, x_high), (y_low, y_high) = (
        words.get("range") or _extent([trace for trace in data if _pair(trace) == pair], name, words)
        for name, words in zip("xy", (x_words, y_words), strict=True)
    )
    if "scaleanchor" in x_words or "scaleanchor" in y_words:
        unit = min((right - left) / abs(x_high - x_low), (bottom - top) / abs(y_high - y_low))
        spare = (right - left - unit * abs(x_high - x_low)) / 2, (bottom - top - unit * abs(y_high - y_low)) / 2
        left, right, bottom, top = left + spare[0], right - spare[0], bottom - spare[1], top + spare[1]
    is_log = [words.get("type") == "log" for words in (x_words, y_words)]
    return Axis(x_low, x_high, left, right, is_log[0]), Axis(y_low, y_high, bottom, top, is_log[1])


def _settings(layout: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = layout.get(f"{name[0]}axis{name[1:]}") or {}
    return found


def _extent(traces: Sequence[Mapping[str, Any]], name: str, settings: Mapping[str, Any]) -> tuple[float, float]:
    """Where the data of the axis end, where it has no range."""
    ends = []
    for trace in traces:
        if trace.get("type") == "heatmap":
            ends += [-0.5, np.shape(trace["z"])["yx".index(name)] - 0.5]
        else:
            ends += [v for v in np.asarray(trace.get(name), float).ravel() if np.isfinite(v)]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    if settings.get("type") == "log":
        low, high = math.log10(low), math.log10(high)
    return (high, low) if settings.get("autorange") == "reversed" else (low, high)


# ---- what stands around the numbers


def _text(
    words: str, x: float, y: float, anchor: str = "start", size: float = 12, more: str = "", ink: str = INK
) -> str:
    """Words with plotly's little HTML: <sub>, <sup>; a line break becomes a space."""
    safe = html.escape(html.unescape(re.sub(r"<br>", " ", words)), quote=False)
    for tag in ("sub", "sup"):
        shift = f'<tspan baseline-shift="{tag if tag == "sub" else "super"}" font-size="75%">'
        safe = safe.replace(f"&lt;{tag}&gt;", shift).replace(f"&lt;/{tag}&gt;", "</tspan>")
    safe = re.sub(r"&lt;/?\w+&gt;", "", safe)
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size:g}" fill="{ink}" {more}>{safe}</text>'
    )


def _title(settings: Mapping[str, Any]) -> str:
    title = settings.get("title") or ""
    return str(title if isinstance(title, str) else title.get("text") or "")


def _frame(layout: Mapping[str, Any], pair: tuple[str, str], x: Axis, y: Axis) -> str:
    """A panel's border, its numbers, and the axes' titles."""
    x_words, y_words = (_settings(layout, name) for name in pair)
    parts = []
    if "overlaying" not in y_words:
        size = f'width="{x.end - x.start:.1f}" height="{y.start - y.end:.1f}"'
        parts.append(f'<rect x="{x.start:.1f}" y="{y.end:.1f}" {size} stroke="{INK}" stroke-width="0.7"/>')
        parts.append(_text(_title(x_words), (x.start + x.end) / 2, y.start + 32, "middle"))
        turned = f'transform="rotate(-90 {x.start - 42:.1f} {(y.start + y.end) / 2:.1f})"'
        parts.append(_text(_title(y_words), x.start - 42, (y.start + y.end) / 2, "middle", more=turned))
        for value, words in _ticks(x, x_words):
            parts.append(_text(words, float(x.pixels(value)), y.start + 15, "middle", 11))
    at, anchor = (x.end + 4, "start") if y_words.get("side") == "right" else (x.start - 4, "end")
    parts += [_text(words, at, float(y.pixels(value)) + 4, anchor, 11) for value, words in _ticks(y, y_words)]
    return "".join(parts)


def _ticks(axis: Axis, settings: Mapping[str, Any]) -> list[tuple[float, str]]:
    if settings.get("showticklabels") is False:
        return []
    if "ticktext" in settings:
        return list(zip(settings["tickvals"], settings["ticktext"], strict=True))
    return axis.ticks()


def _annotation(note: Mapping[str, Any], layout: Mapping[str, Any], panels: Mapping[tuple[str, str], Any]) -> str:
    margin = {**MARGIN, **layout.get("margin", {})}

    def place(name: str, paper: tuple[float, float]) -> float:
        value, ref = note.get(name, 0), note.get(f"{name}ref") or name
        if ref == "paper":
            return float(paper[0] + value * (paper[1] - paper[0]))
        axes = [axes["xy".index(name)] for pair, axes in panels.items() if ref in pair]
        return float(axes[0].pixels(10**value if axes[0].log else value)) if axes else math.nan

    x = place("x", (margin["l"], _width(layout) - margin["r"])) + note.get("xshift", 0)
    y = place("y", (layout["height"] - margin["b"], margin["t"])) - note.get("yshift", 0)
    if not note.get("text") or math.isnan(x + y):
        return ""
    size = note.get("font", {}).get("size", 12)
    y += {"top": size, "middle": size / 2, "bottom": -4}.get(note.get("yanchor") or "bottom", 0)
    anchor = {"left": "start", "right": "end"}.get(note.get("xanchor") or "center", "middle")
    bold = 'font-weight="bold"' if note.get("font", {}).get("weight") else ""
    return _text(note["text"], x, y, anchor, size, bold)


def _keys(data: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> tuple[str, float]:
    """The legend below the figure, a key for each named trace of lines or markers; and where it ends."""
    parts, top, column = [], float(layout["height"]), 0
    columns = max(1, (_width(layout) - KEYS) // KEY)
    named = [trace for trace in data if trace.get("showlegend") is not False and trace.get("type") != "heatmap"]
    for trace in named if layout.get("showlegend") is not False else []:
        name = re.sub("<[^>]*>", "", trace.get("name") or "")
        takes = math.ceil((SAMPLE + LETTER * len(name)) / KEY)  # columns
        if column and column + takes > columns:
            column, top = 0, top + LINE
        x, y = KEYS + KEY * column, top + LINE / 2
        axis = Axis(0, 1, x, x + 26, False), Axis(0, 1, y, y - 1, False)
        at = [0.5] if trace.get("mode") == "markers" else [0, 1]
        sample = {**trace, "x": at, "y": [0.0] * len(at), "visible": True}
        parts += [*_trace(sample, *axis, origin=False), _text(trace.get("name") or "", x + SAMPLE, y + 4)]
        column += takes
        if column >= columns:
            column, top = 0, top + LINE
    return "".join(parts), top + LINE * (column > 0) + 6


# ---- the numbers themselves


def _trace(trace: Mapping[str, Any], x: Axis, y: Axis, origin: bool = True) -> Iterator[str]:
    """The elements of a trace. origin: its panel's corner is (0, 0)."""
    if trace.get("visible", True) is not True:
        return
    left, top = (x.start, y.end) if origin else (0.0, 0.0)
    if trace.get("type") == "heatmap":
        yield from _map(trace, x, y)
        return
    xs, ys = x.pixels(trace.get("x")) - left, y.pixels(trace.get("y")) - top
    mode, line, marker = trace.get("mode") or "lines", trace.get("line") or {}, trace.get("marker") or {}
    if trace.get("fill") == "toself" and (path := _path(xs, ys)):
        opacity = f'fill-opacity="{trace.get("opacity", 1):g}"'
        yield f'<path d="{path}" stroke="none" fill="{trace.get("fillcolor", INK)}" {opacity}/>'
    elif "lines" in mode and (path := _path(xs, ys)):
        pattern = DASHES.get(line.get("dash") or "solid", line.get("dash", "") if "px" in line.get("dash", "") else "")
        dash = f' stroke-dasharray="{pattern}"' if pattern else ""
        faint = f' stroke-opacity="{trace["opacity"]:g}"' if "opacity" in trace else ""
        width = line.get("width", 2)
        yield f'<path d="{path}" stroke="{line.get("color", INK)}" stroke-width="{width:g}"{dash}{faint}/>'
    seen = np.isfinite(xs) & np.isfinite(ys)
    if "markers" in mode:
        symbol, colour, radius = str(marker.get("symbol")), marker.get("color", INK), marker.get("size", 6) / 2
        yield from (_mark(symbol, a, b, radius, str(colour)) for a, b in np.column_stack([xs, ys])[seen])
    if "text" in mode:
        texts = np.broadcast_to(np.asarray(trace["text"], object), xs.shape)[seen]
        inks = np.broadcast_to((trace.get("textfont") or {}).get("color", INK), xs.shape)[seen]
        lower = -3 if "top" in str(trace.get("textposition")) else 4
        for a, b, words, ink in zip(xs[seen], ys[seen], texts, inks, strict=True):
            yield _text(str(words), a, b + lower, "middle", 11, ink=str(ink))


def _mark(symbol: str, x: float, y: float, radius: float, colour: str) -> str:
    """An upright line, a cross, or for any other symbol a circle, full or open."""
    r = 0.7 * radius  # of a cross, whose corners are as far from its middle as a circle's edge
    crossed = {"line-ns": ((0, radius),), "x": ((r, r), (r, -r)), "cross": ((radius, 0), (0, radius))}
    if ways := crossed.get(symbol.removesuffix("-open").removesuffix("-thin")):
        path = "".join(f"M{x - a:.1f},{y - b:.1f}L{x + a:.1f},{y + b:.1f}" for a, b in ways)
        return f'<path d="{path}" stroke="{colour}" stroke-width="2"/>'
    inside = "none" if "open" in symbol else colour
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" stroke="{colour}" fill="{inside}"/>'


def _path(xs: np.ndarray, ys: np.ndarray) -> str:
    """The `d` of a path; not a number is a gap, and what is nearer than a pixel is left out."""
    words, pen, last = [], "M", (math.inf, math.inf)
    for a, b in np.round(np.column_stack([xs, ys]), 1):
        if math.isnan(a + b):
            pen = "M"
        elif pen == "M" or abs(a - last[0]) + abs(b - last[1]) > 1:
            words.append(f"{pen}{a:g},{b:g}")
            pen, last = "L", (a, b)
    return "".join(words)


def _map(trace: Mapping[str, Any], x: Axis, y: Axis) -> Iterator[str]:
    """A heat map as an image of one pixel for each cell."""
    scale = [[at, colour] for at, colour in trace["colorscale"] if str(colour).startswith("#")]
    z = np.asarray(trace["z"], float)
    if not scale or not np.isfinite(z).any():  # a transparent one catches clicks
        return
    z = z[:: -(-len(z) // CELLS), :: -(-z.shape[1] // CELLS)]
    z = z if y.high > y.low else z[::-1]  # the image's first row is at the top
    shade = np.clip((z - trace["zmin"]) / (trace["zmax"] - trace["zmin"]), 0, 1)
    rgb = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for _, colour in scale])
    palette = np.array([np.interp(np.arange(255) / 254, [at for at, _ in scale], part) for part in rgb.T]).T
    indices = np.where(np.isnan(shade), 255, np.nan_to_num(shade) * 254).round().astype(np.uint8)[::-1]
    image = base64.b64encode(_png(indices, palette.round().astype(np.uint8))).decode()
    place = f'width="{x.end - x.start:.1f}" height="{y.start - y.end:.1f}" preserveAspectRatio="none"'
    yield f'<image {place} style="image-rendering:pixelated" href="data:image/png;base64,{image}"/>'


def _png(indices: np.ndarray, palette: np.ndarray) -> bytes:
    """A PNG of indices into 255 colours; 255 is transparent."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows, columns = indices.shape
    pixels = np.column_stack([np.zeros(rows, np.uint8), indices]).tobytes()  # each row begins with its filter: none
    head = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    colours = palette.tobytes() + bytes(3)
    parts = [(b"IHDR", head), (b"PLTE", colours), (b"tRNS", b"\xff" * 255 + b"\0"), (b"IDAT", zlib.compress(pixels, 9))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in [*parts, (b"IEND", b"")])
