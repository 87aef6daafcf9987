"""One file for a training: written atomically, read without running code from it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import torch
from torch.optim import Optimizer

from ..sequence_model import RECURRENTS, SequenceModel
from ..tasks import Task, make
from ..torch_internals import without_compiler

FORMAT = "nnrnn-kit training 3"  # 3: the optimiser is one of torch's
OLD_FORMATS = {
    "nnrnn-kit training 1": "0.1",
    "nnrnn-kit training 2": "0.1",
}  # and the version of the kit that wrote them


def write(path: str | Path, content: dict[str, Any]) -> None:
    """Into a temporary file beside `path`, which then takes its name."""
    path = Path(path)
    if not path.parent.is_dir():
        raise ValueError(f"path must lie in an existing folder; got {str(path)!r}")
    temporary = path.with_name(f"{path.name}.{uuid4().hex}.part")  # tempfile's would be readable by its owner alone
    try:
        torch.save({"format": FORMAT, **content}, temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read(path: str | Path) -> dict[str, Any]:
    """The content of a checkpoint of this kit. ValueError for anything else, FileNotFoundError if there is no file."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)  # tensors and plain values, no code
    except FileNotFoundError:
        raise
    except Exception as error:  # of many kinds: torch's reader does not expect the bytes of a damaged file
        raise ValueError(f"{str(path)!r} is not a readable checkpoint (damaged, or not one at all)") from error
    found: Any = content.get("format") if isinstance(content, dict) else None
    if isinstance(found, str) and found in OLD_FORMATS:
        raise ValueError(
            f"{str(path)!r} was written by version {OLD_FORMATS[found]} of the kit, which had other optimisers: "
            "open it there, or take the model alone, model.load_state_dict(torch.load(path)['weights'])"
        )
    if found != FORMAT:
        raise ValueError(f"{str(path)!r} is not a checkpoint of this kit ({FORMAT!r})")
    return cast("dict[str, Any]", content)


@contextmanager
def explained(path: str | Path) -> Iterator[None]:
    """What does not fit between a checkpoint and its model or task, as one ValueError that names the file."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, RuntimeError, ValueError) as error:
        raise ValueError(f"the checkpoint {str(path)!r} does not fit: {error}") from error


def load_optimiser(optimiser: Optimizer, saved: dict[str, Any]) -> None:
    """Put a saved state into an optimiser. ValueError if it is that of a model of other sizes."""
    with without_compiler():
        optimiser.load_state_dict(saved)
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            for name, value in optimiser.state[parameter].items():
                if value.dim() and value.shape != parameter.shape:
                    sizes = f"{tuple(value.shape)} where its parameter is {tuple(parameter.shape)}"
                    raise ValueError(f"the optimiser's state is that of another model: {name} is {sizes}")


def rebuild_task(spec: dict[str, Any]) -> Task:
    return make(**spec)


def rebuild_model(spec: dict[str, Any], task: Task) -> SequenceModel:
    """A model of the same kind and sizes; its weights come from the checkpoint."""
    if spec["recurrent"] not in RECURRENTS or spec["own"]:
        own = ", ".join(spec["own"]) or spec["recurrent"]
        raise ValueError(f"the model has parts of one's own ({own}): pass it, Training.load(path, model=…)")
    options = {**spec["options"], "dtype": getattr(torch, spec["dtype"])}
    return SequenceModel(spec["recurrent"], task.input_size, spec["hidden_size"], task.output_size, **options)
