"""How figures travel: copies of what is pushed, dotted paths into a figure's tree, arrays as float32 bytes."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

INLINE: list[bytes] = []  # marker: leave bytes in the tree, where ipywidgets finds them


def owned(value: Any) -> Any:
    """A copy that later changes of the caller's array or tensor do not reach; numbers become a numpy array."""
    value = value.detach().cpu().numpy() if hasattr(value, "detach") else value
    if isinstance(value, (str, Mapping)) or not isinstance(value, (Iterable, np.ndarray)):
        return value
    value = value if isinstance(value, np.ndarray) else list(value)
    try:
        array = np.array(value)
    except ValueError:  # ragged
        return copy.deepcopy(value)
    return array if array.dtype.kind in "fiu" else copy.deepcopy(value)


def same(kept: Any, value: Any) -> bool:
    """Whether a plain value or an array of numbers is seen to be what is kept; where that is not sure, it is not."""
    if isinstance(kept, np.ndarray):
        alike = isinstance(value, np.ndarray) and kept.dtype == value.dtype and kept.dtype.kind in "fiu"
        return alike and kept.shape == value.shape and kept.tobytes() == value.tobytes()  # NaN too
    return isinstance(value, (str, bool, int, float)) and bool(kept == value)


def on_the_wire(value: Any, buffers: list[bytes] | None = INLINE) -> Any:
    """JSON for the page. Numeric arrays become float32 bytes, in the tree or in buffers; lists if buffers is None."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "fiu" or buffers is None:
            return on_the_wire((value.astype(str) if value.dtype.kind == "M" else value).tolist(), buffers)
        with np.errstate(over="ignore"):  # beyond float32 is beyond any axis: a gap
            single = value.astype("<f4")
        data = np.where(np.isinf(single), np.float32(np.nan), single).astype("<f4").tobytes()
        if buffers is not INLINE:
            buffers.append(data)
        return {"f4": data if buffers is INLINE else len(buffers) - 1, "shape": list(value.shape)}
    if isinstance(value, Mapping):
        return {key: on_the_wire(entry, buffers) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [on_the_wire(entry, buffers) for entry in value]
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not np.isfinite(value) else value  # JSON has no NaN


def keys(path: str) -> list[str | int]:
    return [int(key) if key.isdigit() else key for key in re.findall(r"[^.\[\]]+", path)]


def get(tree: Any, path: str) -> Any:
    for key in keys(path):
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def put(tree: Any, path: str, value: Any) -> None:
    *parents, last = keys(path)
    for key in parents:
        tree = tree.setdefault(key, {}) if isinstance(key, str) else tree[key]
    tree[last] = value
