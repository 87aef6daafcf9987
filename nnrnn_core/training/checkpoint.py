"""One file for a training: written atomically, read without running code from it."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from ..sequence_model import RECURRENTS, SequenceModel
from ..tasks import Task, make

FORMAT = "nnrnn-kit training 2"  # 2: the optimiser remembers vectors


def write(path: str | Path, content: dict[str, Any]) -> None:
    """Into a temporary file beside `path`, which then takes its name."""
    path = Path(path)
    if not path.parent.is_dir():
        raise ValueError(f"path must lie in an existing folder; got {str(path)!r}")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    os.close(handle)
    try:
        torch.save({"format": FORMAT, **content}, temporary)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read(path: str | Path) -> dict[str, Any]:
    """The content of a checkpoint of this kit. ValueError for anything else, FileNotFoundError if there is no file."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)  # tensors and plain values, no code
    except FileNotFoundError:
        raise
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{str(path)!r} is not a readable checkpoint (damaged, or not one at all)") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{str(path)!r} is not a checkpoint of this kit ({FORMAT!r})")
    return content


@contextmanager
def explained(path: str | Path) -> Iterator[None]:
    """What does not fit between a checkpoint and its model or task, as one ValueError that names the file."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, RuntimeError, ValueError) as error:
        raise ValueError(f"the checkpoint {str(path)!r} does not fit: {error}") from error


def rebuild_task(spec: dict[str, Any]) -> Task:
    return make(**spec)


def rebuild_model(spec: dict[str, Any], task: Task) -> SequenceModel:
    """A model of the same kind and sizes; its weights come from the checkpoint."""
    if spec["recurrent"] not in RECURRENTS or spec["own"]:
        own = ", ".join(spec["own"]) or spec["recurrent"]
        raise ValueError(f"the model has parts of one's own ({own}): pass it, Training.load(path, model=…)")
    options = {**spec["options"], "dtype": getattr(torch, spec["dtype"])}
    return SequenceModel(spec["recurrent"], task.input_size, spec["hidden_size"], task.output_size, **options)
