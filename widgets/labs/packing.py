"""An array as words of a preset's JSON, and back."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np


def packed(value: Any) -> Any:
    """An array as {"float64": text, "shape": list}; anything else as it is."""
    if not isinstance(value, np.ndarray):
        return value
    data = base64.b64encode(zlib.compress(value.astype("<f8").tobytes())).decode()
    return {"float64": data, "shape": list(value.shape)}


def unpacked(value: Any) -> Any:
    """What `packed` was given."""
    if not isinstance(value, dict):
        return value
    data = zlib.decompress(base64.b64decode(value["float64"]))
    return np.frombuffer(data, "<f8").reshape(value["shape"]).copy()
