"""Sliders that tell a person's move from what their page reports by itself. Every lab's sliders are of these.

A page moves a slider that code has set to the slider's next step, or into its range, and reports that as it reports a
move. Two rules tell them apart. A report that is less than half a step away from the value in Python is the page's
rounding. And what code has set stays in mind until the page has answered a question that was sent after it: a report of
such a value is late, of a time when the page did not know yet what code has set since. Neither is a choice: the value
stays, and the page is told it again.
"""

from __future__ import annotations

import math
import time
from typing import Any

import anywidget
import ipywidgets as ipw

AGAIN = 1.0  # seconds without an answer after which the question is asked again: a page may have been closed
FORGOTTEN = 5.0  # seconds after which what code has set is no longer in mind, answered or not
# milliseconds that a page waits before it answers: a slider whose last move is on its way reports when that has arrived
PATIENCE = 100


class Page(anywidget.AnyWidget):
    """What answers, on the page, the question whether all has arrived that was sent before. It is never shown."""

    _esm = f"""export default {{ initialize({{ model }}) {{
  model.on("msg:custom", ({{ arrived }}) => setTimeout(() => model.send({{ arrived }}), {PATIENCE})); }} }};
"""
    _shared: Page | None = None

    def __init__(self) -> None:
        super().__init__()
        self._last = self._asked = self._arrived = 0  # marks: the last one made, asked for, and known to have arrived
        self._when = -math.inf
        self.on_msg(self._receive)

    @classmethod
    def shared(cls) -> Page:
        """The kernel's only instance; a new one if the old one was closed (``Widget.close_all``)."""
        if cls._shared is None or cls._shared.comm is None:
            cls._shared = cls()
        return cls._shared

    def mark(self) -> int:
        """A mark between what has been sent and what will be. One question is under way at a time."""
        self._last += 1
        if self._asked == self._arrived or time.monotonic() - self._when > AGAIN:
            self._ask()
        return self._last

    def has_passed(self, mark: int) -> bool:
        """Whether what was sent before the mark has arrived."""
        return self._arrived >= mark

    def _ask(self) -> None:
        self._asked, self._when = self._last, time.monotonic()
        self.send({"arrived": self._asked})

    def _receive(self, _: Any, content: dict[str, Any], __: Any) -> None:
        match content:
            case {"arrived": int(mark)} if self._arrived < mark <= self._asked:
                self._arrived = mark
                if self._last > mark:
                    self._ask()


class Slider(ipw.Widget):
    """The rules above, for a class of ipywidgets' that is named after it."""

    value: Any
    step: Any

    def __init__(self, *args: Any, **more: Any) -> None:
        self._reported: Any = None  # by the page, while that is being taken in
        self._deaf = False  # while what the page reports is nobody's choice
        self._set: list[tuple[Any, Page, int, float]] = []  # by code: the value, the mark after it, and when
        super().__init__(*args, **more)
        self.observe(self._note, "value")

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take in what the page reports."""
        late = False
        if "value" in sync_data:
            self._reported = sync_data["value"]
            late = self._is_late(self._reported)
            self._deaf = late or self._near(self._reported, self.value)
        try:
            super().set_state(sync_data)  # which tells other pages, and the page that it was heard
        finally:
            self._reported, self._deaf = None, False
        if late:
            self.send_state("value")

    def set_trait(self, name: str, value: Any) -> None:
        if not (self._deaf and name == "value"):
            super().set_trait(name, value)

    def _near(self, a: Any, b: Any) -> bool:
        """Whether two values are one for the page: less than half a step apart."""
        return bool(abs(a - b) < (self.step or 0) / 2 or a == b)

    def _note(self, change: dict[str, Any]) -> None:
        """Keep in mind what code has set, and what it was before."""
        if self._reported is None or not self._near(change["new"], self._reported):
            page, now = Page.shared(), time.monotonic()
            mark = page.mark()
            self._set = [one for one in self._set if not _is_over(one)]
            self._set += [(value, page, mark, now) for value in (change["old"], change["new"])]

    def _is_late(self, value: Any) -> bool:
        if self._near(value, self.value):
            return False
        self._set = [one for one in self._set if not _is_over(one)]
        return any(self._near(value, known) for known, *_ in self._set)


class FloatSlider(Slider, ipw.FloatSlider):
    """ipywidgets', with the rules above."""


class IntSlider(Slider, ipw.IntSlider):
    """ipywidgets', with the rules above."""


class FloatLogSlider(Slider, ipw.FloatLogSlider):
    """ipywidgets', with the rules above. Its step is one of exponents."""

    base: Any

    def _near(self, a: Any, b: Any) -> bool:
        return bool(abs(math.log(a / b, self.base)) < self.step / 2 or a == b)


def _is_over(one: tuple[Any, Page, int, float]) -> bool:
    _, page, mark, when = one
    return page.has_passed(mark) or time.monotonic() - when > FORGOTTEN
