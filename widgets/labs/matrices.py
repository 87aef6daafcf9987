"""How any matrix comes into a lab, and how it leaves again as code and as text: a name in the gallery, or whatever
`read_matrix` reads. torch is asked for only where one of its own is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from nnrnn_core import dynamics
from nnrnn_core.dynamics.form import square
from nnrnn_core.packing import packed, unpacked
from nnrnn_core.reading import LARGEST, is_a_file, is_schur_matrix, read

if TYPE_CHECKING:
    from nnrnn_core import SchurMatrix

WRITTEN = 16  # up to this many rows, code writes the entries out
CARRIED = 64  # up to this many, presets and code carry them packed
UNPACK = "from nnrnn_core.packing import unpacked"


def dense(V: SchurMatrix | np.ndarray) -> np.ndarray:
    """Its entries in float64 or complex128."""
    return square(V().detach() if is_schur_matrix(V) else cast(np.ndarray, V), "V")


@dataclass(frozen=True, eq=False)
class Source:
    """A matrix of a lab's own and where it came from: name and parameters in the gallery, or neither. note: the file,
    and what in it was not taken for entries."""

    matrix: SchurMatrix | np.ndarray
    name: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    @cached_property
    def parts(self) -> dynamics.SchurParts:
        """V = P (Λ + T) P*: P, Λ, T. Of a `SchurMatrix` its own, hence exact."""
        return dynamics.schur_parts(self.matrix, real=self.is_real)

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """Of P (Λ + s T) P* for every s: of V itself, whose numbers know them best."""
        return dynamics.eigenvalues(self.matrix)

    @cached_property
    def doubt(self) -> float:
        """How far rounding may have moved the eigenvalues; see `dynamics.eigenvalue_uncertainty`."""
        return float(dynamics.eigenvalue_uncertainty(self.matrix).max())

    def rate(self, time: dynamics.Time) -> float:
        """The spectral radius of V, or the spectral abscissa of A."""
        return float((np.abs(self.eigenvalues) if time == "discrete" else self.eigenvalues.real).max())

    @property
    def is_real(self) -> bool:
        return is_schur_matrix(self.matrix) or not np.iscomplexobj(cast(np.ndarray, self.matrix))

    @property
    def size(self) -> int:
        return self.matrix.size if is_schur_matrix(self.matrix) else len(cast(np.ndarray, self.matrix))

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
        if is_schur_matrix(self.matrix):
            V = _copy(self.matrix)
            V.scale.mul_(scale)
            return V
        P, blocks, feed_forward = self.parts
        scaled = P @ (blocks + scale * feed_forward) @ P.conj().T
        return np.asarray(scaled.real) if self.is_real else scaled

    def code(self, scale: float, file: str) -> list[str]:
        """Lines of Python that make `scaled(scale)` as V. Too large to be carried: they read V from the file."""
        came = " ".join(self.note.split())
        return [*([f"# V is {came}"] if came.startswith("from ") else []), *self._code(scale, file)]

    def _code(self, scale: float, file: str) -> list[str]:
        if self.name:
            given = ", ".join(f"{key}={value!r}" for key, value in self.parameters.items())
            lines = [f'V = dynamics.gallery["{self.name}"]({given})']
        elif self.size > CARRIED:
            return [
                f'V = np.load("{file}")["V"]  # {self.size} rows are too many to write out: lab.export("{file}") first'
            ]
        elif is_schur_matrix(self.matrix):
            return self._schur_code(scale)
        elif self.size <= WRITTEN:
            lines = [f"V = np.array({cast(np.ndarray, self.matrix).tolist()!r})"]
        else:
            lines = [UNPACK, f"V = unpacked({packed(self.matrix)!r})"]
        if scale != 1:
            scaled = f"P @ (blocks + {scale!r} * T) @ P.conj().T"
            lines += ["eigenvalues = dynamics.eigenvalues(V)  # s moves none of them", self.parts_code]
            lines += [f"V = ({scaled}).real" if self.is_real else f"V = {scaled}"]
        return lines

    @property
    def parts_code(self) -> str:
        """A line of Python that takes V apart."""
        return f"P, blocks, T = dynamics.schur_parts(V{'' if self.is_real else ', real=False'})"

    def eigenvalues_code(self, scale: float) -> list[str]:
        """What has to follow the lines of `code` to have `eigenvalues`."""
        known = scale != 1 and not is_schur_matrix(self.matrix) and (self.name or self.size <= CARRIED)
        return [] if known else ["eigenvalues = dynamics.eigenvalues(V)"]

    def _schur_code(self, scale: float) -> list[str]:
        V = cast("SchurMatrix", self.matrix)
        lines = ["import torch", "from nnrnn_core import SchurMatrix", UNPACK]
        lines += [f"V = SchurMatrix({V.size}, dtype={V.scale.dtype}, mask={V.mask!r}).requires_grad_(False)"]
        state = {name: packed(value.double().numpy()) for name, value in V.state_dict().items()}
        lines += [f"V.load_state_dict({{name: torch.tensor(unpacked(text)) for name, text in {state!r}.items()}})"]
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
        if is_schur_matrix(self.matrix):
            state = {name: packed(value.double().numpy()) for name, value in self.matrix.state_dict().items()}
            kind = {"size": self.size, "mask": self.matrix.mask, "dtype": str(self.matrix.scale.dtype)[6:]}
            return {"schur": kind, "state": state}
        written = self.size <= 4 and self.is_real  # JSON has no complex numbers
        return {"entries": cast(np.ndarray, self.matrix).tolist() if written else packed(self.matrix)}


def source_of(matrix: Any, name: str | None = None, /, **parameters: float) -> Source:
    """A `Source` from a name in the gallery (with its parameters), or from whatever `read_matrix` reads (with the name
    of one of several). ValueError that says what is wrong, otherwise."""
    if isinstance(matrix, str) and matrix in dynamics.gallery and name is None:
        specimen = dynamics.gallery[matrix]
        built = np.asarray(specimen(**parameters))
        chosen = {key: parameters.get(key, known.default) for key, known in specimen.parameters.items()}
        return Source(_checked(built), matrix, chosen)
    if parameters:
        raise ValueError(f"parameters belong to a matrix of the gallery; got {', '.join(parameters)} with a matrix")
    if isinstance(matrix, Source):
        return matrix
    if isinstance(matrix, str) and not is_a_file(matrix) and name is None:
        _refuse_words(matrix)
    found = read(matrix, name)
    if is_schur_matrix(found.matrix):
        _checked(found.matrix().detach())
        return Source(_copy(found.matrix), note=found.note)
    return Source(_checked(found.matrix), note=found.note)


def _refuse_words(text: str) -> None:
    """ValueError for what can only be a misspelt name."""
    if not re.search(r"[\d\[]", text) or re.fullmatch(r"\s*[A-Za-z][\w-]*\s*", text):
        raise ValueError(
            f"matrix must be a matrix, a file, or one of the gallery: {', '.join(dynamics.gallery)}; got {text[:80]!r}"
        )


def source_from_preset(content: Any) -> Source:
    """The inverse of `Source.as_preset`."""
    match content:
        case {"name": str(name), "parameters": {**parameters}}:
            if name not in dynamics.gallery:
                raise ValueError(f"the preset's matrix must be one of {', '.join(dynamics.gallery)}; got {name!r}")
            return source_of(name, **cast("dict[str, float]", parameters))
        case {"schur": {"size": int(size), "mask": str(mask), "dtype": "float32" | "float64" as dtype}, "state": state}:
            return source_of(_schur_matrix(size, mask, dtype, state))
        case {"entries": entries}:
            return source_of(unpacked(entries))
    raise ValueError(f'the preset\'s matrix must have a "name" and "parameters", or "entries"; got {content!r:.80}')


def _checked(matrix: Any) -> np.ndarray:
    M = square(matrix, "matrix")
    if len(M) > LARGEST:
        raise ValueError(f"a matrix may have at most {LARGEST:,} rows here; this one has {len(M):,}")
    return M


def _schur_matrix(size: int, mask: str, dtype: str, state: Mapping[str, Any]) -> SchurMatrix:
    """As a preset describes it."""
    try:
        import torch

        from nnrnn_core import SchurMatrix
    except ImportError as problem:
        raise ValueError(
            f"the preset holds a SchurMatrix, and torch is not installed ({problem}): install it"
        ) from problem
    V = SchurMatrix(size, dtype=getattr(torch, dtype), mask=mask)
    V.load_state_dict({name: torch.tensor(unpacked(value)) for name, value in state.items()})
    return V


def _copy(V: SchurMatrix) -> SchurMatrix:
    """Later training of V does not reach it."""
    from nnrnn_core import SchurMatrix

    twin = SchurMatrix(V.size, dtype=V.scale.dtype, mask=V.mask)
    twin.load_state_dict({name: value.cpu() for name, value in V.state_dict().items()})
    return twin.requires_grad_(False)
