"""Work beside the page: in a thread of its own, so that controls are heard while it runs.

LAPACK lets other threads run while it works, so a lab stays alive during the seconds that the eigenvalues of a large
pencil take. What a thread has begun it ends: newer work waits for it, and its result is left in the caches.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from nnrnn_core.threads import threads

LONGEST_WAIT = 0.03  # seconds that a caller may be kept
THERE_ARE_THREADS = sys.platform != "emscripten"  # a browser's Python has none: there the work is done at once
Result = TypeVar("Result")


class Beside(Generic[Result]):
    """One piece of work at a time.

    start(work)    begin with it, as soon as what was begun before has ended
    found()        [what it returns], or [] after a short wait; its exception is raised here
    is_idle        whether nothing is begun whose result was not taken
    """

    def __init__(self) -> None:
        self._workers = ThreadPoolExecutor(1, "beside")
        self._going: Future[Result] | None = None

    @property
    def is_idle(self) -> bool:
        return self._going is None

    def start(self, work: Callable[[], Result]) -> None:
        self.forget()
        if THERE_ARE_THREADS:
            self._going = self._workers.submit(_with_one_thread, work)
        else:
            self._going = Future()
            self._going.set_result(work())

    def found(self) -> list[Result]:
        going = self._going
        if going is None:
            return []
        try:
            result = going.result(LONGEST_WAIT)
        except TimeoutError:
            if not going.done():
                return []
            raise
        finally:
            if going.done() and going is self._going:
                self._going = None
        return [result]

    def forget(self) -> None:
        """Nobody waits any more for what was begun."""
        if self._going is not None:
            self._going.cancel()
            self._going = None


def _with_one_thread(work: Callable[[], Result]) -> Result:
    with threads(1):
        return work()
