"""LiveFigure: a plotly figure that Python repaints many times a second, and the clock that lets training run.

The front end is the clock. While ``playing``, the page sends a tick; Python runs one slice of work, pushes frames and
answers; the page asks for the next slice before it paints. So nothing runs outside a message's callback (Colab repaints
from nowhere else), kernel and page work at the same time, and neither can run ahead of the other.
"""

from __future__ import annotations

import contextvars
import copy
import re
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as ipw
import numpy as np
import plotly.graph_objects as go
import traitlets

from .jupyter import interrupts_wait, on_interrupt
from .plotly_js import SCRIPT, PlotlyJs
from .wire import get, on_the_wire, owned, put, same

DEFAULT_HEIGHT = 450  # plotly's own, pixels
OWNERSHIP = 1.5  # seconds after which a silent page loses the clock to another page
RETRY_RUNNING = 20  # milliseconds a page waits after "busy: a tick is running"
RETRY_REFUSED = 400  # milliseconds a page waits after "another page has the clock" or "paused"

_playing: weakref.WeakSet[LiveFigure] = weakref.WeakSet()  # what an interrupt stops
_inside_tick: contextvars.ContextVar[bool] = contextvars.ContextVar("inside_tick", default=False)


class LiveFigure(anywidget.AnyWidget):
    """A ``go.Figure`` on the page, updated by ``push``.

    Parameters
    ----------
    figure: a plain figure, copied. Height: ``figure.layout.height`` (else 450 pixels); the width is the container's.
    min_height: least height in pixels.

    A drag over it does nothing, so that a slip before a class spoils nothing: zooming and panning are chosen in the
    mode bar (or by ``figure.layout.dragmode``). A double click or "Reset axes" always brings the pushed ranges back.

    Frames that come faster than the page paints are merged: the newest value of each attribute is drawn. Axes that
    should follow the data need their range pushed; a range is left alone while the user has zoomed that axis.
    Safe to use from several threads. Without a front end, ``push`` only stores.
    """

    _esm = SCRIPT + "".join(
        Path(__file__).with_name(f"{name}.js").read_text("utf-8") for name in ("still", "access", "fast_redraw", "live")
    )
    _css = """
.live-figure { position: relative; width: 100%; min-width: 0; margin: 0; flex: 0 1 auto; overflow: hidden;
  contain: layout paint style; } /* a repaint stays in here: without this the browser lays out the whole notebook */
.live-figure > .live-graph { position: absolute; inset: 0; }
.live-graph .modebar-container { top: var(--panel-top) !important; } /* beside the panels, under their titles */
.live-graph [data-pending] { opacity: 0.25 !important; }
.jupyter-widgets[inert] { opacity: 0.5; }
.jupyter-widgets[inert] .jupyter-widgets[inert] { opacity: 1; }
.live-figure:not([data-error=""])::after { content: attr(data-error); position: absolute; inset: auto 0 0;
  padding: 4px; white-space: pre-wrap; color: #fff; background: #a33c00; }
.widget-vbox:fullscreen { background: var(--jp-layout-color0, #fff); overflow: auto; padding: 4px 16px; }
.widget-vbox:fullscreen > * { flex-shrink: 0; }
.widget-vbox:fullscreen > .below-the-figures { order: 1; }
""" + "".join(Path(__file__).with_name(f"{name}.css").read_text("utf-8") for name in ("access", "theme"))
    plotly_js = traitlets.Instance(PlotlyJs).tag(sync=True, **ipw.widget_serialization)
    playing = traitlets.Bool(False).tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)  # what the figure shows, in words: its aria-label
    error = traitlets.Unicode("").tag(sync=True)  # shown over the graph when nobody else handles an exception
    # [least width in pixels, least height of a full screen (0: of the page), {path: value}], the best fit last
    arrangements: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _key = traitlets.Unicode().tag(sync=True)  # the model's id; the page's two proxies find their common state by it
    # Serialised when asked for (opening, reload, second page), so that it always holds the current arrays.
    _spec = traitlets.Any().tag(sync=True, to_json=lambda _, figure: figure._snapshot())

    def __init__(self, figure: go.Figure, *, min_height: int | None = None) -> None:
        self._schema = figure.data, figure.layout  # asked which attributes exist, and for nothing else
        self._data = [copy.deepcopy(trace.to_plotly_json()) for trace in figure.data]
        self._layout = copy.deepcopy(figure.layout.to_plotly_json())
        self._layout["height"] = max(self._layout.get("height") or DEFAULT_HEIGHT, min_height or 0)
        self._layout.pop("width", None)
        self._layout.setdefault("dragmode", False)
        self._layout.setdefault("modebar", {"orientation": "v"})
        self._known: set[tuple[int | None, str]] = set()
        self._pending: set[int | str] = set()  # numbers of traces, and texts as paths into the layout
        self._all_pending = False  # until the next push
        self._serial = 0
        self._assembled: tuple[int, go.Figure] | None = None
        self._closed = False
        self._lock = threading.RLock()  # data, layout, serial, and the order of messages
        self._running = threading.Lock()  # held during a tick
        self._tick: Callable[[], float | None] | None = None
        self._interrupted = False  # by a person, since the last tick
        self._clicked: list[Callable[[int, float, float], None]] = []
        self._owner = ("", -np.inf, True)  # page that has the clock, when it last ticked, whether it is hidden
        self._asked: tuple[str, int] | None = None  # the tick that is not yet answered
        self._served: dict[str, int] = {}  # last tick run for each page: a tick sent twice runs once
        self.pointer_on_slider = False  # whether it has just moved there, so the page's last tick says
        self.on_error: Callable[[BaseException], None] | None = None
        key = f"live-{id(self)}-{time.time_ns()}"
        super().__init__(plotly_js=PlotlyJs.shared(), _key=key, model_id=key)
        self.on_msg(self._receive)

    # ---- data -------------------------------------------------------------------------------------------------------
    def push(
        self,
        traces: Mapping[Any, Mapping[str, Any]],
        layout: Mapping[str, Any] | None = None,
        *,
        pending: Iterable[int | str] = (),
    ) -> None:
        """Set attributes of traces, and of the layout, and have them painted: one message.

        traces: {index or name: {"y": array, "marker.color": array, "z": 2-D array, "visible": True, ...}}; copied.
        layout: {"yaxis.range": [a, b], "annotations[0].text": "...", ...}. What does not change is not sent.
        pending: traces, and texts such as "annotations[0].text", that stay as they are though the state is another:
        they are faded until they are pushed again.
        Raises ValueError for an unknown trace or attribute (and then changes nothing).
        """
        if self._closed:
            return
        with self._lock:
            pushed = {self._index(key): attributes for key, attributes in traces.items()}
            changes = [
                (index, self._check(index, path), owned(value))
                for index, attributes in pushed.items()
                for path, value in attributes.items()
                if not same(get(self._data[index], path), value)
            ]
            settings = {self._check(None, path): on_the_wire(value, None) for path, value in (layout or {}).items()}
            older = set() if self._all_pending else self._pending - set(pushed) - set(settings)
            kept = older | {key if _is_text(key) else self._index(key) for key in pending}
            settings = {path: value for path, value in settings.items() if get(self._layout, path) != value}
            if not changes and not settings and kept == self._pending:
                return
            buffers: list[bytes] = []
            frame: list[tuple[int | None, str, Any]] = []  # trace (None: the layout), path, value
            for index, path, value in changes + [(None, path, value) for path, value in settings.items()]:
                put(self._layout if index is None else self._data[index], path, value)
                frame.append((index, path, on_the_wire(value, buffers)))
            self._serial += 1
            self._pending, self._all_pending = kept, False
            message = {"frame": frame, "serial": self._serial, "held": _inside_tick.get(), "pending": self._marks()}
            self.send(message, buffers)

    def mark_pending(self, names: Iterable[int | str]) -> None:
        """Fade these traces and texts until they are next pushed: see `push`."""
        self.push({}, pending=names)

    def mark_all_pending(self) -> None:
        """Fade all traces and texts until the next push, which is of another state altogether."""
        with self._lock:
            texts = [f"annotations[{i}].text" for i in range(len(self._layout.get("annotations", ())))]
            self.mark_pending([*range(len(self._data)), *texts])
            self._all_pending = True

    @property
    def pending(self) -> set[str]:
        """What is faded: names of traces (numbers of those without one), and texts as paths into the layout."""
        with self._lock:
            return {key if isinstance(key, str) else str(self._data[key].get("name") or key) for key in self._pending}

    def array(self, trace: int | str, attribute: str) -> np.ndarray:
        """The current value of an attribute, as an array of its own."""
        with self._lock:
            return np.array(get(self._data[self._index(trace)], attribute))

    def arrange(
        self,
        arrangements: Mapping[int, Mapping[str, Any]],
        full_screen: Mapping[tuple[int, int], Mapping[str, Any]] | None = None,
    ) -> None:
        """Have each page choose a layout by its own width: {least width in pixels: {path of the layout: value}}.

        Over what `push` says of the layout, a page takes the widest entry that fits, when it opens and when its width
        changes; it asks nobody. `figure` has the widest of all. full_screen: {(least width, least height of the
        screen): …}, which come first while the figure is shown in full screen. Each entry names the same paths
        ("height", "xaxis.domain", "annotations[0].x" …), the least width of one is 0; else ValueError, and nothing
        changes.
        """
        usual = [(width, 0, dict(layout)) for width, layout in sorted(arrangements.items())]
        large = [(*size, dict(layout)) for size, layout in sorted((full_screen or {}).items())]
        paths = usual[0][2].keys() if usual else set()
        if not usual or usual[0][0] != 0 or any(layout.keys() != paths for *_, layout in usual + large):
            raise ValueError("arrangements must begin at width 0, and all must name the same paths of the layout")
        for path in paths:
            self._check(None, path)
        with self._lock:
            for path, value in usual[-1][2].items():
                put(self._layout, path, value)
            self._assembled = None
            self.arrangements = [[*size, on_the_wire(layout, None)] for *size, layout in usual + large]

    def full_screen(self, selector: str) -> None:
        """Have the page show what the CSS selector finds around this figure in full screen, or end that."""
        self.send({"fullScreen": selector})

    @property
    def figure(self) -> go.Figure:
        """A plain figure with the current arrays and layout: for export and tests."""
        with self._lock:
            if self._assembled is None or self._assembled[0] != self._serial:
                self._assembled = (self._serial, go.Figure(data=self._data, layout=self._layout))
            return self._assembled[1]

    def parts(self) -> dict[str, Any]:
        """The current traces and layout, as plain values and arrays: a copy."""
        with self._lock:
            return {"data": copy.deepcopy(self._data), "layout": copy.deepcopy(self._layout)}

    def download(self, format: str, filename: str) -> None:
        """Have the page save the figure as it shows it. format: "svg" or "png"; filename without its ending."""
        if format not in ("svg", "png"):
            raise ValueError(f'format must be "svg" or "png"; got {format!r}')
        self.send({"download": format, "filename": filename})

    # ---- clock ------------------------------------------------------------------------------------------------------
    def play(self, tick: Callable[[], float | None]) -> None:
        """Have the page call tick again and again; each call should work for about 80 ms and push what it found. It
        may return how many seconds the page is to wait before the next call. A person's interrupt of the kernel stops
        the clock after the call that runs, with KeyboardInterrupt to `on_error`."""
        if not self._closed:
            self._tick, self.error, self._interrupted, self.playing = tick, "", False, True
            _playing.add(self)
            on_interrupt(_interrupt)

    def wake(self) -> None:
        """End the wait for which the last tick asked: the page ticks at once."""
        self.send({"wake": True})

    def answer(self, wait: int = 0) -> None:
        """Inside a tick: answer the page now. It paints what was pushed, and asks for the next tick, while the rest of
        this one runs; so neither waits for the other. wait: milliseconds until it asks."""
        asked, self._asked = self._asked, None
        if asked is not None:
            _inside_tick.set(False)  # what is pushed from here on need not wait
            self.send({"tock": asked[0], "n": asked[1], "wait": wait})

    def pause(self) -> None:
        """No tick begins after this. (One that runs on another thread at this moment runs to its end.)"""
        self.playing = False
        _playing.discard(self)

    def on_click(self, callback: Callable[[int, float, float], None]) -> None:
        """Have callback(trace, x, y) called when a point of a trace is clicked."""
        self._clicked.append(callback)

    def close(self) -> None:
        """Stop the clock and take the figure off the page; whatever is pushed afterwards goes nowhere."""
        with self._lock:
            self._closed = True
            self.pause()
            super().close()

    # ---- messages from the page -------------------------------------------------------------------------------------
    def _receive(self, _: Any, content: dict[str, Any], __: Any) -> None:
        match content:
            case {"tick": str(page), "n": int(n), "hidden": bool(hidden)}:
                if not self._running.acquire(blocking=False):
                    self.send({"tock": page, "n": n, "wait": RETRY_RUNNING})
                    return
                wait, self._asked, self.pointer_on_slider = 0, (page, n), content.get("onSlider", False) is True
                try:
                    wait = self._run_tick(page, n, hidden)
                finally:  # the answer goes out even if the tick failed: a page without an answer would ask again
                    self.answer(wait)
                    self._running.release()
            case {"hello": int(serial)}:  # the page may have missed what was sent while it loaded
                missed = ["_spec"] if serial < self._serial else []
                self.send_state([*missed, "arrangements", "playing", "alt", "error"])
            case {"click": [int(trace), x, y]}:
                for callback in self._clicked:
                    self._guard(partial(callback, trace, x, y))

    def _run_tick(self, page: str, n: int, hidden: bool) -> int:
        """Run a tick if it is this page's turn; returns how long the page should wait before the next, in ms."""
        owner, seen, owner_hidden = self._owner
        alive = time.monotonic() - seen < OWNERSHIP and (hidden or not owner_hidden)
        if not self.playing or self._tick is None or (page != owner and alive):
            return RETRY_REFUSED
        wait: float | None = 0
        if n > self._served.get(page, 0):
            self._served[page] = n
            token = _inside_tick.set(True)
            try:
                with interrupts_wait(_interrupt):
                    wait = self._guard(self._tick)
            finally:
                _inside_tick.reset(token)
            if self._interrupted:
                self._guard(_raise_interrupt)
        self._owner = (page, time.monotonic(), hidden)
        return round(1000 * (wait or 0))

    def _guard(self, call: Callable[[], float | None]) -> float | None:
        """Jupyter swallows what a callback raises: stop the clock, and say it. KeyboardInterrupt is "stop" too."""
        try:
            return call()
        except BaseException as problem:
            self.pause()
            if self.on_error is not None:
                self.on_error(problem)
                return None
            self.error = "".join(traceback.format_exception_only(problem)).strip()
            if isinstance(problem, Exception):
                raise
            return None

    # ---- lookups ----------------------------------------------------------------------------------------------------
    def _index(self, key: int | str) -> int:
        found = [i for i, trace in enumerate(self._data) if key in (i, trace.get("name"))]
        if len(found) != 1:
            names = [trace.get("name") or i for i, trace in enumerate(self._data)]
            raise ValueError(f"trace must be one of {names} (a name that only one trace has, or an index); got {key!r}")
        return found[0]

    def _check(self, index: int | None, path: str) -> str:
        if (index, path) not in self._known:
            schema = self._schema[1] if index is None else self._schema[0][index]
            if path not in schema:
                where = "the layout" if index is None else f"trace {index} ({schema.type})"
                raise ValueError(f'{path!r} is no attribute of {where}; write a dotted path such as "marker.color"')
            self._known.add((index, path))
        return path

    def _snapshot(self) -> dict[str, Any]:
        with self._lock:
            figure = {"data": on_the_wire(self._data), "layout": on_the_wire(self._layout, None)}
            return {"serial": self._serial, "pending": self._marks(), **figure}

    def _marks(self) -> list[int | str]:
        return sorted(self._pending, key=str)


def _interrupt() -> None:
    for figure in _playing:
        figure._interrupted = True


def _raise_interrupt() -> None:
    raise KeyboardInterrupt


def _is_text(key: int | str) -> bool:
    """Whether it names a text of the layout, not a trace."""
    return isinstance(key, str) and re.fullmatch(r"annotations\[\d+\]\.text", key) is not None
