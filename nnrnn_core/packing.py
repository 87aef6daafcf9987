"""Arrays as text that fits into JSON and into a line of code, and back; no torch is needed."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np


def packed(value: Any) -> Any:
    """An array as {"float64": text, "shape": list}: its float64 numbers, compressed, in base64.

    Parameters
    ----------
    value
        An array, or anything else, which is returned as it is.

    Returns
    -------
    object
        What JSON can hold, if `value` is an array.

    Examples
    --------
    >>> packed(np.eye(2))["shape"], packed("zero")
    ([2, 2], 'zero')
    """
    if not isinstance(value, np.ndarray):
        return value
    data = base64.b64encode(zlib.compress(value.astype("<f8").tobytes())).decode()
    return {"float64": data, "shape": list(value.shape)}


def unpacked(value: Any) -> Any:
    """The inverse of `packed`, bit for bit; what is not a dictionary is returned as it is.

    Parameters
    ----------
    value
        What `packed` returned.

    Returns
    -------
    object
        The array, float64, or `value`.

    Raises
    ------
    ValueError
        If the dictionary does not hold a packed array.

    Examples
    --------
    >>> unpacked(packed(np.array([[0.1, 2.0]])))
    array([[0.1, 2. ]])
    """
    if not isinstance(value, dict):
        return value
    try:
        data = zlib.decompress(base64.b64decode(value["float64"]))
        return np.frombuffer(data, "<f8").reshape(value["shape"]).copy()
    except (KeyError, TypeError, ValueError, zlib.error) as problem:
        raise ValueError(f"this is no packed array ({problem}); copy its whole text") from problem
