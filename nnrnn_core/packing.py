"""Arrays as text that fits into JSON and into a line of code, and back; no torch is needed."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

_CODES = {"float64": "<f8", "complex128": "<c16"}


def packed(value: Any) -> Any:
    """An array as {"float64": text, "shape": list}: its float64 numbers, compressed, in base64. Of complex numbers real
    and imaginary parts, and the key is "complex128".

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
    key = "complex128" if np.iscomplexobj(value) else "float64"
    data = base64.b64encode(zlib.compress(value.astype(_CODES[key]).tobytes())).decode()
    return {key: data, "shape": list(value.shape)}


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
        key = "complex128" if "complex128" in value else "float64"
        data = zlib.decompress(base64.b64decode(value[key]))
        return np.frombuffer(data, _CODES[key]).reshape(value["shape"]).copy()
    except (KeyError, TypeError, ValueError, zlib.error) as problem:
        raise ValueError(f"this is no packed array ({problem}); copy its whole text") from problem
