"""A button that brings a file from the reader's computer to the kernel, for whom the kernel's disk is out of reach."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ipywidgets as ipw

from nnrnn_core.reading.files import READERS

from .matrices import Source, source_of


class Upload:
    """A name and the content of a file, read as a file of that name on the kernel's disk is."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name, self.content = Path(name.replace("\\", "/")).name, content

    def matrix(self, which: str | None = None) -> Source:
        """The matrix in it, or the one of that name. ValueError in the words of `read_matrix`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.name
            try:
                path.write_bytes(self.content)
                return source_of(path, which)
            except OSError as problem:
                raise ValueError(f"the file {self.name!r} cannot be kept for reading: {problem.strerror}") from problem
            except ValueError as problem:
                problem.args = (str(problem).replace(str(path), self.name),)
                raise


def upload_button(taken: Callable[[Upload], None]) -> ipw.FileUpload:
    """The button. taken: is given each file."""
    button = ipw.FileUpload(
        accept=",".join([*READERS, ".gz"]), multiple=False, description="Open a file", layout={"width": "auto"}
    )
    button.tooltip = "from your computer: .npy, .npz, .mat, .csv, .mtx, .pt"

    def changed(change: dict[str, Any]) -> None:
        for upload in _uploads(change["new"]):
            button.value = button.trait_defaults("value")  # or the same file, opened again, would be no change
            taken(upload)

    button.observe(changed, "value")
    return button


def _uploads(value: Any) -> list[Upload]:
    """ipywidgets 8 has a tuple of files, 7 a dictionary by name."""
    if isinstance(value, Mapping):
        return [Upload(name, bytes(file["content"])) for name, file in value.items()]
    return [Upload(file["name"], bytes(file["content"])) for file in value]
