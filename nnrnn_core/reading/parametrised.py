"""Matrices that torch computes from other parameters: weight normalisation, spectral normalisation, orthogonal maps,
pruning. A state dict has what they are computed from, and none of that is the matrix."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

_NEW = re.compile(r"((?:.*?\.)?)parametrizations\.([^.]+)\..+")
_OLD = re.compile(r"(.+)_(g|v|u|orig|mask)")
_REMEDIES = {  # by the last letters of the parts
    frozenset("gv"): "remove_weight_norm", frozenset(["orig", "mask"]): "prune.remove",
    frozenset(["orig", "u"]): "remove_spectral_norm", frozenset(["orig", "u", "v"]): "remove_spectral_norm",
}  # fmt: skip
_NEW_REMEDY = "parametrize.remove_parametrizations"


def parts_of(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """By the name of each tensor that is a part, the name of the matrix it is a part of, which is not there itself."""
    found = {key: "".join(part.groups()) for key in tensors if (part := _NEW.fullmatch(key))}
    old: dict[str, dict[str, str]] = {}
    for key in tensors:
        if part := _OLD.fullmatch(key):
            old.setdefault(part.group(1), {})[part.group(2)] = key
    for whole, parts in old.items():
        shapes = {last: tuple(getattr(tensors[key], "shape", ())) for last, key in parts.items()}
        if frozenset(parts) in _REMEDIES and _fit(shapes):
            found |= dict.fromkeys(parts.values(), whole)
    return {key: whole for key, whole in found.items() if whole not in tensors}


def _fit(shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether they can be such parts: W_g and W_v may be the matrices of two gates, too."""
    lengths = shapes.get("g", ())
    flat = math.prod(lengths) == max(lengths, default=1)
    return flat and len(shapes.get("u", (0,))) == 1 and shapes.get("mask") in (None, shapes.get("orig"))


def only_parts(where: str, whole: str, parts: Mapping[str, str]) -> str:
    """Why a matrix is refused that is there in parts only."""
    keys = [key for key in parts if parts[key] == whole]
    remedy = _REMEDIES.get(frozenset(key.removeprefix(f"{whole}_") for key in keys), _NEW_REMEDY)
    return (
        f"{where!r} has {whole} only as what torch computes it from, {', '.join(keys)}: call torch.nn.utils.{remedy} "
        f"before the network is saved, or give the network itself, or its {whole.rpartition('.')[2]}"
    )


def state_of(network: Any) -> dict[str, Tensor]:
    """The state dict of a network, with the matrices that it computes in the place of their parts."""
    state = dict(network.state_dict())
    parts = parts_of(state) if hasattr(network, "named_modules") else {}
    modules = dict(network.named_modules(remove_duplicate=False)) if parts else {}
    computed: dict[str, Tensor] = {}
    for whole in parts.values():
        home, _, name = whole.rpartition(".")
        if home in modules and (matrix := _computed(modules[home], name)) is not None:
            computed[whole] = matrix
    names = {key: parts[key] if parts.get(key) in computed else key for key in state}
    return {name: computed[name] if name in computed else state[key] for key, name in names.items()}


def _computed(module: nn.Module, name: str) -> Tensor | None:
    """The attribute of that name. A copy computes what is a parametrisation, for spectral normalisation changes what
    it remembers at each look in training; the older functions of torch have left it there when the network ran."""
    import torch

    new: Any = getattr(module, "parametrizations", {})
    with torch.no_grad():
        value = copy.deepcopy(new[name])() if name in new else getattr(module, name, None)
    return value.detach() if isinstance(value, torch.Tensor) else None
