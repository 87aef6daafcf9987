"""The way in: what kind of thing it is that a matrix shall be read from."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from .files import READERS, REMEDIES, from_file
from .objects import array_of
from .parametrised import state_of
from .saved import matrix_in
from .square import square
from .text import from_text

if TYPE_CHECKING:
    from ..matrices import SchurMatrix

_ENDING = re.compile(rf"(?:{'|'.join(map(re.escape, [*READERS, *REMEDIES]))})(?=$|:)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Reading:
    """A matrix, and words on where it was and what was left out; "" if there is nothing to say."""

    matrix: np.ndarray | SchurMatrix
    note: str = ""


def read_matrix(source: Any, name: str | None = None) -> np.ndarray | SchurMatrix:
    """A square matrix from an array, a tensor, a frame, nested lists, text, a file, a saved network.

    Parameters
    ----------
    source
        What holds the matrix. A str is text with the numbers in it, or the path of a file; a `pathlib.Path` is a path.
        A network's state dict may be given itself, too.
    name
        Which one, where a file holds several. It may also stand behind the path: "run.mat:A".

    Returns
    -------
    ndarray or SchurMatrix
        (n, n), finite, n from 1 to 1,000: float64, or complex128 if an imaginary part is not 0. The V of a saved
        `NNRNN` is the `SchurMatrix` that it was, so that its spectrum stays exact.

    Raises
    ------
    MatrixChoice
        If there are several matrices and no name; it has the names.
    ValueError
        If something in the text is not understood, entries are missing or are no numbers, whole numbers do not fit
        into 64-bit numbers, or the matrix is not square.

    Notes
    -----
    The README's table says what is read how. Nothing is evaluated or unpickled.

    Examples
    --------
    >>> read_matrix("0.9 2; 0 0.8")
    array([[0.9, 2. ],
           [0. , 0.8]])
    >>> read_matrix("-torch.tensor([[0.9, sqrt(4)], [0, 4/5]]).T")
    array([[-0.9, -0. ],
           [-2. , -0.8]])
    """
    return read(source, name).matrix


def read(source: Any, name: str | None = None) -> Reading:
    """`read_matrix`, and what there is to say about it."""
    matrix, note = _found(source, name)
    entries = square(array_of(matrix().detach() if is_schur_matrix(matrix) else matrix))
    return Reading(matrix if is_schur_matrix(matrix) else entries, note)


def _found(source: Any, name: str | None) -> tuple[Any, str]:
    if isinstance(source, Path):
        return from_file(*_with_name(str(source), name))
    if isinstance(source, str) and is_a_file(source):
        if re.match(r"\s*\w+://", source):
            raise ValueError(f"{source[:80]!r} is an address: download the file, and give its path")
        return from_file(*_with_name(source.strip(), name))
    if hasattr(source, "state_dict") and not is_schur_matrix(source):
        return matrix_in(state_of(source), type(source).__name__, name)
    if isinstance(source, Mapping) and not hasattr(source, "toarray"):  # SciPy's dok is a dictionary, too
        return matrix_in(source, "the dictionary", name)
    if name is not None:
        raise ValueError(f"a name chooses among the matrices of a file; got name={name!r} with another kind of matrix")
    if isinstance(source, str):
        read = from_text(source)
        return read.entries, read.note
    return source, ""


def is_a_file(text: str) -> bool:
    """Whether a text is the path of a file or a folder, and no matrix."""
    text = text.strip()
    if not text or "\n" in text or len(text) > 1000:
        return False
    ended = _ENDING.search(text)  # what stands behind it is a name, which may have slashes of its own
    last = re.split(r"[/\\]", text[: ended.end()] if ended else text)[-1]
    if _ENDING.search(last) or re.fullmatch(r"[A-Za-z_][\w -]*\.[A-Za-z][A-Za-z0-9]{0,5}", last):
        return not re.search(r"[\[({=]", last.split(".")[0])
    return text.startswith(("~", "/", "./", "../")) or os.path.isdir(text)


def _with_name(text: str, name: str | None) -> tuple[Path, str | None]:
    """The path, and the name that may stand behind it."""
    found = list(_ENDING.finditer(text))
    if os.path.exists(os.path.expanduser(text)) or not found or found[-1].end() == len(text):
        return Path(text), name
    return Path(text[: found[0].end()]), text[found[0].end() + 1 :] if name is None else name


def is_schur_matrix(matrix: Any) -> TypeGuard[SchurMatrix]:
    """Whether it is a `SchurMatrix`; does not import torch to find out: where nobody has, there is none."""
    home = sys.modules.get("nnrnn_core.matrices.schur")
    return home is not None and isinstance(matrix, home.SchurMatrix)
