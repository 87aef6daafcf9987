"""A matrix from a file, by its ending. Nothing in a file is run."""

from __future__ import annotations

import gzip
import importlib
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse

from .choice import MatrixChoice, chosen
from .market import matrix_market
from .saved import matrix_in
from .square import check_shape
from .tables import Read, table_of
from .text import from_text

LARGEST_FILE = 256 * 2**20  # bytes
LARGEST_TEXT = 64 * 2**20
BOXES = ("struct", "cell", "object", "opaque", "function", "char")  # MATLAB's, in which matrices may lie
OUT_OF_BOX = {  # in MATLAB
    "cell": "{}{{1}}", "sparse matrix": "full({})", "char": "str2num({})", "string": "double({})",
    "table": "table2array({})", "function": "{}()", "function_handle": "{}()",
}  # fmt: skip
NUMERIC = {"double", "single", "logical", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))}
Reader = Callable[[Path, str | None], tuple[Any, str]]  # the matrix, and words on what was taken and left out


def from_file(path: Path, name: str | None = None) -> tuple[Any, str]:
    """The matrix in a file, and words about it. ValueError says what is wrong with the path, the file or the name."""
    path = path.expanduser()
    ending = path.suffix.lower()
    if path.is_dir():
        raise ValueError(f"{str(path)!r} is a folder: give one file in it")
    packed = ending == ".gz" and path.with_suffix("").suffix.lower() in READERS
    if ending not in READERS and not packed:
        remedy = REMEDIES.get(ending, f"a matrix is read from a file that ends in {', '.join(READERS)}")
        raise ValueError(f"{str(path)!r} is not read: {remedy}")
    if not path.is_file():
        raise ValueError(f"there is no file {str(path)!r}; the path counts from the folder {str(Path.cwd())!r}")
    if packed:
        return _unpacked(path, name)
    largest = LARGEST_TEXT if READERS[ending] in (_text, _table) else LARGEST_FILE
    if (size := path.stat().st_size) > largest:
        raise ValueError(
            f"{str(path)!r} has {_bytes(size)}; a matrix is read from up to {_bytes(largest)}: save it alone"
        )
    if not size:
        raise ValueError(f"{str(path)!r} is empty")
    try:
        matrix, note = READERS[ending](path, name)
    except ValueError:
        raise
    except Exception as problem:  # a damaged file leads anywhere
        raise _unreadable(path, problem) from problem
    return matrix, f"from {path.name}" + (f", {note}" if note else "")


def _unpacked(path: Path, name: str | None) -> tuple[Any, str]:
    """The matrix in a file that gzip has made smaller, as those of the Matrix Market are: A.mtx.gz."""
    try:
        with gzip.open(path) as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, EOFError, zlib.error) as problem:
        raise _unreadable(path, problem) from problem
    if len(content) > LARGEST_FILE:
        raise ValueError(f"{str(path)!r} has more than {_bytes(LARGEST_FILE)} unpacked, which are read: save it alone")
    with file_of(path.with_suffix("").name, content, str(path)) as inner:
        matrix, note = from_file(inner, name)
    return matrix, note.replace(inner.name, path.name, 1)


@contextmanager
def file_of(name: str, content: bytes, known_as: str) -> Iterator[Path]:
    """A file of that name with this content, as long as it is being read. An error names it as it is known."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            yield path
        except ValueError as problem:
            problem.args = (str(problem).replace(str(path), known_as),)
            if isinstance(problem, MatrixChoice):
                problem.where = known_as
            raise


def _bytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _unreadable(path: Path, problem: Exception) -> ValueError:
    first = (str(problem).splitlines() or [""])[0]
    if " " not in first:  # a key or a number, and no words
        first = f"it is damaged, or no {path.suffix} file ({type(problem).__name__} {first}".strip() + ")"
    return ValueError(f"{str(path)!r} cannot be read as plain arrays: {first}")


# ---- text
def _text(path: Path, name: str | None) -> tuple[Any, str]:
    return _only(path, name, from_text(_decoded(path)))


def _table(path: Path, name: str | None) -> tuple[Any, str]:
    return _only(path, name, table_of(_decoded(path)))


def _only(path: Path, name: str | None, read: Read) -> tuple[Any, str]:
    if name is not None:
        raise ValueError(f"{str(path)!r} holds one matrix without a name; leave name={name!r} out")
    return read.entries, read.note


def _decoded(path: Path) -> str:
    """UTF-8, UTF-16 (Excel's "Unicode text"), or the Windows code page, in which only names can be misread."""
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\0" in data[:4]:
        encodings = ["utf-16-le" if data[1:2] == b"\0" else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise ValueError(f"{str(path)!r} is not text in UTF-8, UTF-16 or Windows' code page")


# ---- arrays
def _npy(path: Path, name: str | None) -> tuple[Any, str]:
    with path.open("rb") as file:
        if file.read(6) != b"\x93NUMPY":  # numpy calls whatever it does not know a pickle, and says how to run it
            raise _unreadable(path, ValueError("it does not begin as a .npy file does"))
    try:
        return np.load(path, allow_pickle=False), ""
    except Exception as problem:  # numpy raises many kinds
        raise _unreadable(path, problem) from problem


def _npz(path: Path, name: str | None) -> tuple[Any, str]:
    try:
        with zipfile.ZipFile(path) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > LARGEST_FILE:
            raise ValueError(f"unpacked it has {_bytes(unpacked)}, and {_bytes(LARGEST_FILE)} are read")
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        if {"format", "shape", "data"} <= set(arrays):  # scipy.sparse.save_npz
            check_shape(tuple(int(n) for n in arrays["shape"]))
            return scipy.sparse.load_npz(path), "sparse"
    except Exception as problem:
        raise _unreadable(path, problem) from problem
    if name is None and "preset" in arrays and "V" in arrays:  # what a lab has exported
        name = "V"
    return _one_of(path, arrays, name)


def _one_of(path: Path, arrays: dict[str, Any], name: str | None) -> tuple[Any, str]:
    numbers = {key: value for key, value in arrays.items() if value.dtype.kind in "biufc"}
    offered = numbers if numbers and name is None else arrays
    key = chosen(str(path), {key: value.shape for key, value in offered.items()}, name)
    return arrays[key], key


def _mat(path: Path, name: str | None) -> tuple[Any, str]:
    with path.open("rb") as file:
        start = file.read(19)
    if start == b"MATLAB 7.3 MAT-file" or start.startswith(b"\x89HDF"):
        return _mat73(path, name)
    try:
        contents = [(key, tuple(shape), kind) for key, shape, kind in scipy.io.whosmat(path)]
    except ValueError as problem:
        raise _unreadable(path, problem) from problem
    boxes = {key: kind for key, _, kind in contents if kind in BOXES}
    shapes = {key: shape for key, shape, _ in contents if key not in boxes}
    _refuse_boxes(path, name, boxes, shapes)
    key = chosen(str(path), shapes, name)
    check_shape(shapes[key])
    return scipy.io.loadmat(path, variable_names=[key])[key], key


def _refuse_boxes(path: Path, name: str | None, boxes: dict[str, str], shapes: dict[str, tuple[int, ...]]) -> None:
    """ValueError for a matrix that lies in one of these structs and cells, or is not held as a plain array."""
    box = min(boxes, key=lambda key: boxes[key] == "char", default="") if name is None else re.split(r"[./{(]", name)[0]
    if box in boxes and not (name is None and shapes):
        inside = OUT_OF_BOX.get(boxes[box], "{}.A").format(box)
        raise ValueError(
            f"{str(path)!r} holds {box} as a {boxes[box]}, and plain arrays are read: save the matrix alone, in MATLAB "
            f"with A = {inside}; save('A.mat', 'A')"
        )


def _mat73(path: Path, name: str | None) -> tuple[Any, str]:
    """HDF5, which MATLAB writes column by column, and complex numbers as pairs."""
    try:
        h5py = importlib.import_module("h5py")
    except ImportError as problem:
        raise ValueError(
            f"{str(path)!r} is a .mat of version 7.3: save it with save('{path.name}', '-v7'), or install h5py"
        ) from problem
    with h5py.File(path, "r") as file:
        kinds = {key: _kind73(file[key]) for key in file if not key.startswith("#")}
        boxes = {key: kind for key, kind in kinds.items() if kind not in NUMERIC}
        shapes = {key: _shape73(file[key]) for key in kinds if key not in boxes}
        _refuse_boxes(path, name, boxes, shapes)
        key = chosen(str(path), shapes, name)
        check_shape(shapes[key])
        values = np.asarray(file[key]).T
    return values["real"] + 1j * values["imag"] if values.dtype.names else values, key


def _kind73(item: Any) -> str:
    """MATLAB's class: it writes text as numbers, too, and cells and objects as references to what they hold."""
    if "MATLAB_sparse" in item.attrs:
        return "sparse matrix"
    held = "struct"
    if hasattr(item, "dtype"):
        held = "double" if item.dtype.kind in "biufc" or item.dtype.names == ("real", "imag") else "object"
    kind = item.attrs.get("MATLAB_class", held)
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    return held if kind in NUMERIC else kind


def _shape73(item: Any) -> tuple[int, ...]:
    """Of an empty array its sizes are written in its place."""
    return (0,) if item.attrs.get("MATLAB_empty", 0) else tuple(item.shape)


def _mtx(path: Path, name: str | None) -> tuple[Any, str]:
    return _only(path, name, Read(matrix_market(path.read_bytes())))


def _pt(path: Path, name: str | None) -> tuple[Any, str]:
    try:
        import torch
    except ImportError as problem:
        raise ValueError(
            f"{str(path)!r} is torch's own format, and torch is not installed: install it, or save the matrix as .npy"
        ) from problem
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)  # tensors and plain values, no code
    except Exception as problem:
        if "weights_only" in str(problem) or "Unsupported" in str(problem):
            problem = ValueError("it holds more than tensors, and to load that would run code: save its state_dict()")
        raise _unreadable(path, problem) from problem
    return matrix_in(content, str(path), name)


READERS: dict[str, Reader] = {
    ".npy": _npy, ".npz": _npz, ".csv": _table, ".tsv": _table, ".txt": _text, ".dat": _text, ".mat": _mat,
    ".mtx": _mtx, ".pt": _pt, ".pth": _pt,
}  # fmt: skip
REMEDIES = {
    ".xlsx": "save the sheet as CSV", ".xls": "save the sheet as CSV", ".ods": "save the sheet as CSV",
    **dict.fromkeys([".zip", ".gz", ".tar"], "unpack it, and give one file in it"),
    ".pkl": "a pickle is a program that would be run; save the matrix as .npy or .csv",
    ".pickle": "a pickle is a program that would be run; save the matrix as .npy or .csv",
    ".h5": "save the matrix as .npy", ".hdf5": "save the matrix as .npy", ".parquet": "save the table as CSV",
    ".feather": "save the table as CSV", ".json": "paste the text of the matrix, [[…], […]]",
    ".m": "paste the text of the matrix, [… ; …]",
    ".rda": "write the matrix with write.csv(A, 'A.csv')", ".rds": "write the matrix with write.csv(A, 'A.csv')",
}  # fmt: skip
