"""Real English, character by character."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from ..settings import Settings
from .text import Text

SPLITS = {"train": (0.0, 0.8), "valid": (0.8, 0.9), "test": (0.9, 1.0)}

# Of the rates 2e-3, 5e-3, 1e-2 (a tenth for P) the best for every kind of network, after 2000 updates at 64 units.
_ADAM = Settings(
    rate=1e-2, rate_P=1e-3, optimiser="adam", smoothing=0.999, momentum=0.9, batch_size=32, gradient_clip=5.0
)


@cache
def english() -> str:
    """The help texts that ship inside CPython (`pydoc_data.topics`, what `help("if")` prints): 0.4 to 0.5 million
    characters, some of them Python. They change with Python's version, and the numbers reached on them with it."""
    try:
        topics: dict[str, str] = importlib.import_module("pydoc_data.topics").topics
    except ImportError as error:
        raise ImportError(
            "this Python comes without pydoc_data.topics, the text of this task; take a CPython from python.org, conda "
            "or uv, or install your system's full Python package"
        ) from error
    return "\n".join(topics[key] for key in sorted(topics))


class Characters(Text):
    """Say the next character of a text (`english`), having read it so far (see `Text`).

    The text is cut in three, in order: 80 % to train, 10 % valid, 10 % test.

    Parameters
    ----------
    length
        Characters in a segment, >= 1.

    Raises
    ------
    ImportError
        On a Python without the text; the error says where to get one that has it.

    Examples
    --------
    >>> import torch
    >>> task = Characters(length=50)
    >>> task.baseline < task.unigram
    True
    >>> task.sample(4, torch.Generator(), index=1).continues
    True
    """

    name = "characters"
    tuned = {"nnrnn": _ADAM, "rnn": _ADAM, "exprnn": _ADAM, "lstm": _ADAM}

    def __init__(self, length: int = 100) -> None:
        text = english()
        parts = {name: text[int(a * len(text)) : int(b * len(text))] for name, (a, b) in SPLITS.items()}
        super().__init__(parts, length)

    def spec(self) -> dict[str, Any]:
        return {"name": self.name, "length": self.length}
