"""The recurrent matrices in a state dict: the kit's own networks, torch's RNN, GRU and LSTM, and any other's."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from .choice import MatrixChoice, chosen
from .parametrised import only_parts, parts_of

if TYPE_CHECKING:
    from torch import Tensor

GATES = {1: "", 3: "rzn", 4: "ifgo"}  # of torch's cells: blocks of rows in weight_hh, and their letters
GATE_NAMES = {"r": "reset", "z": "update", "n": "new", "i": "input", "f": "forget", "g": "cell", "o": "output"}
_TORCH = re.compile(r"(?:^|.*\.)weight_hh(?:_l\d+)?(?:_reverse)?$")

Makers = dict[str, tuple[tuple[int, ...], Callable[[], Any]]]  # by name: a shape, and what makes the matrix


def matrix_in(content: Any, where: str, name: str | None) -> tuple[Any, str]:
    """The matrix and its name in what torch.load gives: a tensor, a state dict, a checkpoint, dictionaries of those.

    A recurrent matrix is preferred to whatever else is square. Any tensor can be had by its name, but for the parts of
    a matrix that torch computes.
    """
    if hasattr(content, "detach"):
        return content, ""
    tensors = dict(_flat(_weights(content)))
    if not tensors:
        raise ValueError(f"{where!r} holds no tensor or array: save a tensor, or a network's state_dict()")
    parts = parts_of(tensors)
    whole = {key: value for key, value in tensors.items() if key not in parts}
    recurrent = {**_of_the_kit(whole), **_of_torch(whole)}
    if missing := _missing(tensors, parts, name, recurrent):
        raise ValueError(only_parts(where, missing, parts))
    every = {**{key: (tuple(value.shape), _same(value)) for key, value in whole.items()}, **recurrent}
    asked = every if name is not None or not recurrent else recurrent
    try:
        key = chosen(where, {key: shape for key, (shape, _) in asked.items()}, name)
    except MatrixChoice as several:
        raise MatrixChoice(where, {key: _words(key, asked) for key in several.names}) from None
    return asked[key][1](), key


def _missing(
    tensors: Mapping[str, Tensor], parts: Mapping[str, str], name: str | None, recurrent: Collection[str]
) -> str | None:
    """What is there in parts only, and is meant: by its name or theirs; or, without a name, because it is recurrent,
    or square where no recurrent matrix is."""

    def is_meant(part: str, whole: str) -> bool:
        if name is not None:
            return name in (part, whole, f"{whole}.{name.rpartition('.')[2]}") or whole.startswith(f"{name}.")
        shape = tuple(tensors[part].shape)
        square = len(shape) == 2 and shape[0] == shape[1]
        within = any(whole.startswith(f"{key}.") for key in recurrent)  # of what the kit's own V is made
        return bool(_TORCH.match(whole)) or within or (not recurrent and square)

    return next((whole for part, whole in parts.items() if is_meant(part, whole)), None)


def _weights(content: Any) -> Any:
    """Of a training's checkpoint the model's weights: the last good ones and the optimiser's averages lie beside."""
    if isinstance(content, Mapping) and str(content.get("format", "")).startswith("nnrnn-kit training"):
        return content.get("weights", {})
    return content


def _flat(content: Any, prefix: str = "") -> list[tuple[str, Tensor]]:
    """All tensors and arrays in dictionaries, lists and tuples, by dotted names."""
    if hasattr(content, "dtype") and hasattr(content, "shape"):
        return [(prefix.removesuffix("."), content)]
    several = isinstance(content, list | tuple)
    pairs = content.items() if isinstance(content, Mapping) else enumerate(content) if several else ()
    return [found for key, value in pairs for found in _flat(value, f"{prefix}{key}.")]


def _same(value: Any) -> Callable[[], Any]:
    return lambda: value


def _words(key: str, makers: Makers) -> str:
    shape = makers[key][0]
    gate = GATE_NAMES.get(key.rpartition(".")[2], "") if "weight_hh" in key else ""
    return f"{shape[0]}×{shape[1]}" + (f", {gate} gate" if gate else "")


# ---- the kit's own
def _of_the_kit(tensors: Mapping[str, Tensor]) -> Makers:
    """V = P (Λ + s T) Pᵀ from its parameters, V of an orthogonal network from its base, V of a free one as it is."""
    found: Makers = {}
    for key, value in tensors.items():
        prefix, _, last = key.rpartition(".")
        if last == "T_entries":
            found[prefix or "V"] = _schur(tensors, f"{prefix}." if prefix else "")
        elif last == "base" and not prefix.endswith("orthogonal") and f"{prefix}.entries" in tensors:
            found[prefix] = _orthogonal(value, tensors[f"{prefix}.entries"])
        elif last == "entries" and prefix.rpartition(".")[2] == "V" and len(value.shape) == 2:
            found[prefix] = (tuple(value.shape), _same(value))
    return found


def _schur(tensors: Mapping[str, Tensor], prefix: str) -> tuple[tuple[int, ...], Callable[[], Any]]:
    state = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
    size = 2 * len(state["theta"]) if "theta" in state else 0

    def make() -> Any:
        from ..matrices import SchurMatrix
        from ..matrices.orthogonal import at_least_float32

        # which mask it was made with, the number of T's entries tells
        mask = "entry" if len(state["T_entries"]) == size * (size - 1) // 2 else "block"
        V = SchurMatrix(size, dtype=at_least_float32(state["theta"].dtype), mask=mask)
        try:
            V.load_state_dict(state)
        except RuntimeError as problem:
            raise ValueError(f"{prefix}… is not the state of a SchurMatrix: {problem}") from problem
        return V

    return (size, size), make


def _orthogonal(base: Tensor, entries: Tensor) -> tuple[tuple[int, ...], Callable[[], Any]]:
    def make() -> Any:
        from ..matrices import OrthogonalMatrix
        from ..matrices.orthogonal import at_least_float32

        V = OrthogonalMatrix(len(base), dtype=at_least_float32(base.dtype))
        V.load_state_dict({"base": base, "entries": entries})
        return V()

    return tuple(base.shape), make


# ---- torch's
def _of_torch(tensors: Mapping[str, Tensor]) -> Makers:
    """weight_hh of torch.nn.RNN, and the gates of GRU and LSTM: weight_hh_l0.i, .f, .g, .o."""
    found: Makers = {}
    for key, value in tensors.items():
        if not _TORCH.match(key) or len(value.shape) != 2:
            continue
        rows, columns = value.shape
        if rows % columns or rows // columns not in GATES:
            continue  # an LSTM with a projection: its gates are not square
        letters = GATES[rows // columns]
        for k, letter in enumerate(letters or " "):
            name = f"{key}.{letter}" if letters else key
            found[name] = ((columns, columns), _same(value[k * columns : (k + 1) * columns]))
    return found
