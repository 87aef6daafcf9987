"""A matrix from what Python holds: lists, arrays, tensors, SciPy's sparse ones, pandas' frames, SymPy's matrices."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..dynamics.form import TensorLike, numpy_array
from .labels import refuse_another_order, refuse_edges
from .numbers import inexact
from .square import check_shape


def array_of(matrix: Any) -> np.ndarray:
    """Its entries, of any shape. ValueError says what is wrong."""
    if isinstance(matrix, np.ma.MaskedArray):
        return _unmasked(matrix)
    if isinstance(matrix, TensorLike):
        return _of_tensor(matrix)
    if hasattr(matrix, "toarray"):  # SciPy's sparse matrices and arrays
        check_shape(matrix.shape)
        return np.asarray(matrix.toarray())
    if hasattr(matrix, "to_numpy") and hasattr(matrix, "columns"):  # a frame of pandas or polars
        _check_labels(matrix)
        return _numbers(np.asarray(matrix.to_numpy()))
    if isinstance(matrix, Sequence) and not isinstance(matrix, str | bytes | memoryview):
        _check_rows(matrix)
    try:
        found = np.asarray(matrix)
        if found.ndim != 2 and hasattr(matrix, "tolist") and hasattr(matrix, "rows"):  # mpmath's
            found = np.array(matrix.tolist(), dtype=object)
    except (ValueError, TypeError) as problem:
        raise ValueError(f"{type(matrix).__name__} is read as no matrix: {problem}") from None
    if isinstance(matrix, Sequence) and found.ndim == 2 and found.dtype.kind in "fc":
        for i, j in np.argwhere(np.abs(found) >= 2.0**53):  # a whole number beside fractions is rounded by NumPy
            _number(matrix[i][j], f"row {i + 1}, column {j + 1}")
    return _numbers(found)


def _unmasked(matrix: np.ma.MaskedArray) -> np.ndarray:
    _refuse_masked(np.argwhere(np.ma.getmaskarray(matrix)))
    return np.asarray(matrix.data)


def _refuse_masked(places: Sequence[Sequence[int]] | np.ndarray) -> None:
    if len(places):
        where = ", ".join(f"{name} {k + 1}" for name, k in zip(("row", "column"), places[0], strict=False))
        raise ValueError(
            f"{len(places)} entries are masked, the first at {where}: say what they are, for instance matrix.filled(0)"
        )


def _masked(row: Any) -> Iterable[int]:
    """Where a row has masked entries, of which NumPy's arrays keep what lies under the mask."""
    if isinstance(row, np.ma.MaskedArray):
        return np.flatnonzero(np.ma.getmaskarray(row))
    return (j for j, entry in enumerate(row) if _is_masked(entry)) if isinstance(row, list | tuple) else ()


def _is_masked(entry: Any) -> bool:
    return isinstance(entry, np.ma.MaskedArray) and bool(np.ma.getmaskarray(entry).any())


def _check_labels(frame: Any) -> None:
    """A frame of pandas has names of rows, too."""
    columns = [str(name) for name in frame.columns]
    rows = [str(name) for name in frame.index] if hasattr(frame, "loc") else []
    refuse_another_order(columns, rows)
    if columns != rows:
        refuse_edges(columns, frame.to_numpy())


def _of_tensor(tensor: Any) -> np.ndarray:
    check_shape(tuple(tensor.shape))
    if tensor.device.type == "meta":
        raise ValueError("the tensor is on the meta device, which holds no numbers")
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if "strided" not in str(tensor.layout):
        tensor = tensor.to_dense()
    whole = not (tensor.is_floating_point() or tensor.is_complex())
    return np.asarray(tensor.detach().cpu().numpy()) if whole else numpy_array(tensor)


def _check_rows(rows: Sequence[Any]) -> None:
    several = [hasattr(row, "__len__") and not isinstance(row, str) and getattr(row, "ndim", 1) for row in rows]
    sizes = [len(row) if is_row else -1 for row, is_row in zip(rows, several, strict=True)]
    for i, size in enumerate(sizes, start=1):
        if size != sizes[0]:
            first, this = ("no row" if k < 0 else f"{k} numbers" for k in (sizes[0], size))
            raise ValueError(f"row {i} has {this}, and row 1 has {first}; give all as many")
    _refuse_masked([(i, j) for i, row in enumerate(rows) for j in _masked(row)])


def _numbers(found: np.ndarray) -> np.ndarray:
    """An array of objects (None, Fraction, Decimal, pandas' NA, SymPy's numbers) as one of numbers."""
    if found.dtype.kind in "biufc":
        return found
    if found.dtype.kind not in "OUS" or found.ndim != 2:
        raise ValueError(f"a matrix must hold numbers in rows and columns; this has the dtype {found.dtype}")
    rows = [
        [_number(entry, f"row {i}, column {j}") for j, entry in enumerate(row, start=1)]
        for i, row in enumerate(found.tolist(), start=1)
    ]
    return np.array(rows)


def _number(entry: Any, where: str) -> float | complex:
    if _is_masked(entry):
        raise ValueError(f"{where} is masked: say what it is")
    if isinstance(entry, str | bytes):
        raise ValueError(f"{where} is {entry!r}, a text and not a number")
    try:
        value = complex(entry)
    except OverflowError:
        raise ValueError(f"{where} is larger than 64-bit numbers go (1.8e308)") from None
    except (TypeError, ValueError):
        raise ValueError(f"{where} is {str(entry)[:40]!r} ({type(entry).__name__}), and not a number") from None
    if isinstance(entry, numbers.Integral) and int(entry) != value.real:
        raise ValueError(f"{where}: {inexact(entry)}")
    return value if value.imag else value.real
