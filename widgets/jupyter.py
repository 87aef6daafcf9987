"""What the kit knows of Jupyter beyond ipywidgets' documented interface. Nothing else in the kit relies on such things.

The page's side of it stands in `plotly_js.js`. What to do when one of these goes is said at each.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets as ipw


def this_cell() -> str | None:
    """What names the running cell: the front end's id for it, else its text. None outside a notebook.

    The kernel's message that asked for the run is undocumented: ipykernel's `get_parent` takes the name of a channel,
    that of a kernel in a browser takes nothing, and Colab's ipykernel has `parent_header` alone. Only JupyterLab sends
    `cellId`. Without any of it, a cell that runs again does not close the labs that it had made before: that is then
    the reader's to do.
    """
    parent = _parent()
    name: str | None = parent.get("metadata", {}).get("cellId") or parent.get("content", {}).get("code")
    return name


def this_run() -> str | None:
    """What tells this execution of the cell from others: the id of the message that asked for it. None outside a
    notebook."""
    run: str | None = _parent().get("header", {}).get("msg_id")
    return run


def _parent() -> dict[str, Any]:
    """The message that asked for the run; empty outside a notebook."""
    try:
        from IPython import get_ipython
    except ImportError:
        return {}
    shell: Any = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return {}
    if not hasattr(shell.kernel, "get_parent"):
        return getattr(shell, "parent_header", None) or {}
    try:
        found = shell.kernel.get_parent("shell")
    except TypeError:  # a kernel in a browser has one channel
        found = shell.kernel.get_parent()
    return found if isinstance(found, dict) else {}


def take_out(widget: ipw.Widget) -> None:
    """Take a widget out of every box that holds it: one closed in a living box leaves JupyterLab on "Loading widget…"
    after a reload. (`_instances` is private to ipywidgets 8, `Widget.widgets` was that of 7. Without either, a box
    around labs has to be closed by whoever made it.)"""
    known = getattr(ipw.widgets.widget, "_instances", None) or getattr(ipw.Widget, "widgets", {})
    for box in [other for other in list(known.values()) if isinstance(other, ipw.Box)]:
        if widget in box.children:
            box.children = tuple(child for child in box.children if child is not widget)


def close_tree(widget: ipw.Widget) -> None:
    """Close a widget and all under it, parents first: a child closed under a living box leaves JupyterLab on "Loading
    widget…" after a reload. (Should JupyterLab one day survive that, any order will do.)"""
    children = list(getattr(widget, "children", ()))
    if isinstance(widget, ipw.Box):
        ipw.Widget.close(widget)  # not its own `close`, which for a lab comes here
    else:
        widget.close()
    for child in children:
        close_tree(child)


def on_interrupt(callback: Callable[[], None]) -> None:
    """Have callback() called when a person interrupts the kernel while no cell runs.

    A signal reaches Python's main thread alone. There ipykernel ignores it between two messages, and JupyterLab has
    the messages of widgets handled on another thread (a "subshell"). So this handler takes the place of the one that
    ignores; ipykernel puts it aside while a cell runs, and puts it back. It is put there by the main thread's own
    event loop, `io_loop`: that name is ipykernel's. Without it an interrupt between two messages does nothing.
    """
    try:
        from IPython import get_ipython
    except ImportError:
        return
    loop = getattr(getattr(get_ipython(), "kernel", None), "io_loop", None)

    def install() -> None:
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # then a cell runs
            signal.signal(signal.SIGINT, lambda *_: callback())

    if loop is not None:
        loop.add_callback(install)


@contextmanager
def interrupts_wait(callback: Callable[[], None]) -> Iterator[None]:
    """Inside, the first interrupt of the main thread calls callback() in place of raising, so that what runs comes to
    its end; the second one raises KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def first(*_: Any) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        callback()

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def said_in_words() -> Iterator[None]:
    """Inside, and in what it decorates, a ValueError that nobody catches is shown in a cell as its words alone, which
    are written for the reader, without the lines of code that it came through. It stays the exception that it was: a
    script prints its traceback as ever. (IPython asks an exception for `_render_traceback_`; a version that does not
    shows all lines.)"""
    try:
        yield
    except ValueError as problem:
        words = f"{type(problem).__name__}: {problem}"
        problem._render_traceback_ = lambda: [words]  # type: ignore[attr-defined]
        raise
