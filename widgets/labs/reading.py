"""A matrix from pasted text or from a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import numpy as np

from nnrnn_core import dynamics

ENDINGS = (".npy", ".npz", ".csv", ".txt", ".pt")
PREFERRED = ("V", "weight_hh_l0")  # which array of a file is meant, where it holds several square ones


def parsed(text: str) -> np.ndarray:
    """A matrix from pasted text: rows on lines of their own or divided by ;, numbers by blanks or commas; brackets as
    numpy, Python, torch and MATLAB print them; lines that begin with # are left out."""
    text = re.sub(r"#.*", "", text)
    if "..." in text or "…" in text:
        raise ValueError("the text leaves entries out (...): paste the whole matrix, for instance M.tolist()")
    text = re.sub(r",?\s*(dtype|device)\s*=\s*[\w.']+", "", text)
    text = re.sub(r"[A-Za-z_.]+\s*\(|\)", "", text)  # array( … ), torch.tensor( … )
    if re.search(r"\]\s*,?\s*\[", text):
        rows = re.findall(r"\[([^\[\]]*)\]", text)
    else:
        rows = re.split(r"[;\n]", re.sub(r"[\[\]]", " ", text))
    table = [_numbers(row, i) for i, row in enumerate(filter(str.strip, rows), start=1)]
    if not table:
        raise ValueError("there is no number in the text; paste rows of numbers, such as 0.9 2; 0 0.8")
    for i, row in enumerate(table, start=1):
        if len(row) != len(table[0]):
            raise ValueError(f"row {i} has {len(row)} numbers, and row 1 has {len(table[0])}; give all as many")
    return np.array(table)


def loaded(path: str | Path) -> np.ndarray:
    """A matrix from a .npy, .npz, .csv, .txt or .pt file; nothing in it is run (no pickles)."""
    path = Path(path).expanduser()
    if path.suffix not in ENDINGS:
        raise ValueError(f"a matrix is read from a file that ends in {', '.join(ENDINGS)}; got {str(path)!r}")
    if not path.is_file():
        raise ValueError(f"there is no file {str(path)!r}; the path counts from the folder {str(Path.cwd())!r}")
    if path.suffix in (".csv", ".txt"):
        return parsed(path.read_text("utf-8"))
    try:
        content = _from_torch(path) if path.suffix == ".pt" else np.load(path, allow_pickle=False)
    except ImportError as problem:
        raise ValueError(
            f"{str(path)!r} is torch's own format, and torch is not installed: save it as .npy"
        ) from problem
    except Exception as problem:
        raise ValueError(f"{str(path)!r} cannot be read as plain arrays: {str(problem).splitlines()[0]}") from problem
    if not hasattr(content, "keys"):
        return cast(np.ndarray, content)
    arrays = {key: content[key] for key in content}
    square = [key for key, a in arrays.items() if getattr(a, "ndim", 0) == 2 and a.shape[0] == a.shape[1]]
    wanted = [key for key in PREFERRED if key in square] or square
    if len(wanted) != 1:
        raise ValueError(f"{str(path)!r} must hold one square matrix, or one called V; it holds {', '.join(arrays)}")
    return cast(np.ndarray, arrays[wanted[0]])


def _from_torch(path: Path) -> Any:
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)  # tensors and plain values, no code


def _numbers(row: str, i: int) -> list[float]:
    try:
        return [float(token) for token in re.split(r"[,\s]+", row.strip(" \t\r\n,"))]
    except ValueError as problem:
        raise ValueError(f"row {i} must hold real numbers only; {problem}: a decimal point is a full stop") from None


def from_words(text: str) -> np.ndarray:
    """A matrix from the name of a file, or from pasted text; ValueError for what can only be a misspelt name."""
    if text.endswith(ENDINGS):
        return loaded(text)
    if not re.search(r"\d", text) or re.fullmatch(r"[A-Za-z][\w-]*", text):
        raise ValueError(
            f"matrix must be a matrix, a file ending in {', '.join(ENDINGS)}, or one of the gallery: "
            f"{', '.join(dynamics.gallery)}; got {text!r}"
        )
    return parsed(text)
