"""A button that brings a file from the reader's computer to the kernel, for whom the kernel's disk is out of reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from nnrnn_core.reading.files import LARGEST_FILE, READERS, file_of

from .matrices import Source, source_of


class Upload:
    """A name and the content of a file, read as a file of that name on the kernel's disk is. problem: why it has not
    arrived, if it has not."""

    def __init__(self, name: str, content: bytes, problem: str = "") -> None:
        self.name, self.content = Path(name.replace("\\", "/")).name, content
        self.problem = problem

    def matrix(self, which: str | None = None) -> Source:
        """The matrix in it, or the one of that name. ValueError in the words of `read_matrix`."""
        if self.problem:
            raise ValueError(f"the file {self.name!r} {self.problem}")
        try:
            with file_of(self.name, self.content, self.name) as path:
                return source_of(path, which)
        except OSError as problem:
            raise ValueError(f"the file {self.name!r} cannot be kept for reading: {problem.strerror}") from problem


class UploadButton(anywidget.AnyWidget):
    """The button. Its page sends a file in pieces, one message each. taken: is given each file."""

    _esm = Path(__file__).with_name("upload.js")
    description = traitlets.Unicode("Open a file").tag(sync=True)
    tooltip = traitlets.Unicode("from your computer: .npy, .npz, .mat, .csv, .mtx, .pt").tag(sync=True)
    accept = traitlets.Unicode(",".join([*READERS, ".gz"])).tag(sync=True)
    largest = traitlets.Int(LARGEST_FILE).tag(sync=True)

    def __init__(self, taken: Callable[[Upload], None]) -> None:
        super().__init__()
        self._taken = taken
        self._arriving: tuple[str, bytearray] = "", bytearray()  # a transfer, and what has come of it
        self.on_msg(self._receive)

    def _receive(self, _: Any, content: dict[str, Any], pieces: Sequence[Any]) -> None:
        match content:
            case {"name": str(name), "problem": str(problem)}:
                self._taken(Upload(name, b"", f"cannot be read by the browser: {problem}"))
            case {"name": str(name), "size": int(size)} if size > self.largest:
                sizes = f"has {size / 1e6:.0f} MB, and up to {self.largest / 1e6:.0f} MB are read"
                self._taken(Upload(name, b"", f"{sizes}: save the matrix alone"))
            case {"transfer": str(transfer), "name": str(name), "size": int(size), "start": int(start)} if pieces:
                self._take_piece(transfer, name, size, start, bytes(pieces[0]))

    def _take_piece(self, transfer: str, name: str, size: int, start: int, piece: bytes) -> None:
        if start == 0:
            self._arriving = transfer, bytearray()
        going, content = self._arriving
        if going != transfer:  # another file was chosen meanwhile, or a piece of this one was missing
            return
        if start == len(content):
            content += piece
            if len(content) < size:
                return
            self._taken(Upload(name, bytes(content)))
        else:
            self._taken(Upload(name, b"", "has not arrived whole: open it again"))
        self._arriving = "", bytearray()
