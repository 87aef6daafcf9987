"""How any matrix comes into a lab, and how it leaves again as code and as text: a name in the gallery, an array, a
tensor, a `SchurMatrix`, nested lists, a file, pasted rows of numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from nnrnn_core import SchurMatrix, dynamics
from nnrnn_core.dynamics.form import array

from .packing import packed, unpacked

LARGEST = 256  # rows that a lab takes
WRITTEN = 16  # up to this many rows, code writes the entries out
CARRIED = 64  # up to this many, presets and code carry them packed
ENDINGS = (".npy", ".npz", ".csv", ".txt", ".pt")
FAVOURITES = ("V", "weight_hh_l0")  # which array of a file is meant, where it holds several square ones


@dataclass(frozen=True, eq=False)
class Source:
    """A matrix of a lab's own and where it came from: name and parameters in the gallery, or neither."""

    matrix: SchurMatrix | np.ndarray
    name: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def parts(self) -> dynamics.SchurParts:
        """V = P (Λ + T) P*: P, Λ, T. Of a `SchurMatrix` its own, hence exact."""
        return dynamics.schur_parts(self.matrix)

    @property
    def size(self) -> int:
        return self.matrix.size if isinstance(self.matrix, SchurMatrix) else len(self.matrix)

    @property
    def time(self) -> dynamics.Time:
        """What the matrix is about: "discrete" (h_t = V h_{t−1}) or "continuous" (x' = A x)."""
        return dynamics.gallery[self.name].time if self.name else "discrete"

    @property
    def title(self) -> str:
        return dynamics.gallery[self.name].title if self.name else f"your {self.size}×{self.size} matrix"

    def scaled(self, scale: float) -> SchurMatrix | np.ndarray:
        """P (Λ + s T) P*: the feed-forward part scaled by s, the eigenvalues where they were; V itself for s = 1."""
        if scale == 1:
            return self.matrix
        if isinstance(self.matrix, SchurMatrix):
            V = _copy(self.matrix)
            V.scale.mul_(scale)
            return V
        P, blocks, feed_forward = self.parts
        return np.asarray((P @ (blocks + scale * feed_forward) @ P.conj().T).real)

    def code(self, scale: float, file: str) -> list[str]:
        """Lines of Python that make `scaled(scale)` as V. Too large to be carried: they read V from the file."""
        if self.name:
            given = ", ".join(f"{key}={value!r}" for key, value in self.parameters.items())
            lines = [f'V = dynamics.gallery["{self.name}"]({given})']
        elif self.size > CARRIED:
            return [
                f'V = np.load("{file}")["V"]  # {self.size} rows are too many to write out: lab.export("{file}") first'
            ]
        elif isinstance(self.matrix, SchurMatrix):
            return self._schur_code(scale)
        elif self.size <= WRITTEN:
            lines = [f"V = np.array({self.matrix.tolist()!r})"]
        else:
            lines = [*_UNPACK, f"V = unpack({packed(self.matrix)!r})"]
        if scale != 1:
            lines += ["P, blocks, T = dynamics.schur_parts(V)", f"V = (P @ (blocks + {scale!r} * T) @ P.conj().T).real"]
        return lines

    def _schur_code(self, scale: float) -> list[str]:
        V = cast(SchurMatrix, self.matrix)
        lines = ["import torch", "from nnrnn_core import SchurMatrix", *_UNPACK]
        lines += [f"V = SchurMatrix({V.size}, dtype={V.scale.dtype}, mask={V.mask!r}).requires_grad_(False)"]
        state = {name: packed(value.double().numpy()) for name, value in V.state_dict().items()}
        lines += [f"V.load_state_dict({{name: torch.tensor(unpack(text)) for name, text in {state!r}.items()}})"]
        return lines + ([f"V.scale.mul_({scale!r})"] if scale != 1 else [])

    def as_preset(self) -> dict[str, Any]:
        """What a preset says of the matrix. ValueError if it is too large to be carried."""
        if self.name:
            return {"name": self.name, "parameters": dict(self.parameters)}
        if self.size > CARRIED:
            raise ValueError(
                f"a preset carries the entries of a matrix of up to {CARRIED} rows, and this one has {self.size}: "
                'save it as npz, and give that file in place of the matrix (matrix="lab.npz")'
            )
        if isinstance(self.matrix, SchurMatrix):
            state = {name: packed(value.double().numpy()) for name, value in self.matrix.state_dict().items()}
            kind = {"size": self.size, "mask": self.matrix.mask, "dtype": str(self.matrix.scale.dtype)[6:]}
            return {"schur": kind, "state": state}
        return {"entries": self.matrix.tolist() if self.size <= 4 else packed(self.matrix)}


_UNPACK = [
    "import base64, zlib",
    "",
    "def unpack(text):",
    '    data = zlib.decompress(base64.b64decode(text["float64"]))',
    '    return np.frombuffer(data, "<f8").reshape(text["shape"]).copy()',
    "",
]


def source_of(matrix: Any, **parameters: float) -> Source:
    """A `Source` from anything that is a square, real, finite matrix of up to 256 rows, or a name in the gallery (with
    its parameters). ValueError that says what is wrong, otherwise."""
    if isinstance(matrix, str) and matrix in dynamics.gallery:
        specimen = dynamics.gallery[matrix]
        built = np.asarray(specimen(**parameters), float)
        chosen = {name: parameters.get(name, known.default) for name, known in specimen.parameters.items()}
        return Source(_checked(built), matrix, chosen)
    if parameters:
        raise ValueError(f"parameters belong to a matrix of the gallery; got {', '.join(parameters)} with a matrix")
    if isinstance(matrix, Source):
        return matrix
    if isinstance(matrix, Path):
        return Source(_checked(loaded(matrix)))
    if isinstance(matrix, str):
        return Source(_checked(_from_words(matrix.strip())))
    if isinstance(matrix, SchurMatrix):
        _checked(matrix().detach())
        return Source(_copy(matrix))
    return Source(_checked(matrix))


def source_from_preset(content: Any) -> Source:
    """The inverse of `Source.as_preset`."""
    match content:
        case {"name": str(name), "parameters": {**parameters}}:
            if name not in dynamics.gallery:
                raise ValueError(f"the preset's matrix must be one of {', '.join(dynamics.gallery)}; got {name!r}")
            return source_of(name, **cast("dict[str, float]", parameters))
        case {"schur": {"size": int(size), "mask": str(mask), "dtype": "float32" | "float64" as dtype}, "state": state}:
            V = SchurMatrix(size, dtype=getattr(torch, dtype), mask=mask)
            V.load_state_dict({name: torch.tensor(unpacked(value)) for name, value in state.items()})
            return source_of(V)
        case {"entries": entries}:
            return source_of(unpacked(entries))
    raise ValueError(f'the preset\'s matrix must have a "name" and "parameters", or "entries"; got {content!r:.80}')


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
        if path.suffix == ".pt":
            content = torch.load(path, map_location="cpu", weights_only=True)
        else:
            content = np.load(path, allow_pickle=False)
    except Exception as problem:
        raise ValueError(f"{str(path)!r} cannot be read as plain arrays: {str(problem).splitlines()[0]}") from problem
    if not hasattr(content, "keys"):
        return cast(np.ndarray, content)
    arrays = {key: content[key] for key in content}
    square = [key for key, a in arrays.items() if getattr(a, "ndim", 0) == 2 and a.shape[0] == a.shape[1]]
    wanted = [key for key in FAVOURITES if key in square] or square
    if len(wanted) != 1:
        raise ValueError(f"{str(path)!r} must hold one square matrix, or one called V; it holds {', '.join(arrays)}")
    return cast(np.ndarray, arrays[wanted[0]])


def _numbers(row: str, i: int) -> list[float]:
    try:
        return [float(token) for token in re.split(r"[,\s]+", row.strip(" \t\r\n,"))]
    except ValueError as problem:
        raise ValueError(f"row {i} must hold real numbers only; {problem}: a decimal point is a full stop") from None


def _from_words(text: str) -> np.ndarray:
    if text.endswith(ENDINGS):
        return loaded(text)
    if not re.search(r"\d", text) or re.fullmatch(r"[A-Za-z][\w-]*", text):
        raise ValueError(
            f"matrix must be a matrix, a file ending in {', '.join(ENDINGS)}, or one of the gallery: "
            f"{', '.join(dynamics.gallery)}; got {text!r}"
        )
    return parsed(text)


def _checked(matrix: Any) -> np.ndarray:
    M = array(matrix, "matrix")
    if len(M) > LARGEST:
        raise ValueError(f"matrix must have at most {LARGEST} rows for a live figure; it has {len(M)}")
    return M


def _copy(V: SchurMatrix) -> SchurMatrix:
    """Later training of V does not reach it."""
    twin = SchurMatrix(V.size, dtype=V.scale.dtype, mask=V.mask)
    twin.load_state_dict({name: value.cpu() for name, value in V.state_dict().items()})
    return twin.requires_grad_(False)
