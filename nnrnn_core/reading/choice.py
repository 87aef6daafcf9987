"""One matrix among several that a file holds: by its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class MatrixChoice(ValueError):
    """A file holds several matrices, and which one is meant has to be said.

    Attributes
    ----------
    where : str
        The file.
    names : tuple of str
        What may be given as the name.

    Examples
    --------
    >>> try:
    ...     raise MatrixChoice("run.mat", {"A": "3×3", "B": "2×2"})
    ... except MatrixChoice as asked:
    ...     print(asked.names, asked)
    ('A', 'B') 'run.mat' holds 2 square matrices, A (3×3) and B (2×2): say which, 'run.mat:A' or name="A"
    """

    def __init__(self, where: str, sizes: Mapping[str, str]) -> None:
        self.where, self.names = where, tuple(sizes)
        *others, last = [f"{name} ({size})" if size else name for name, size in sizes.items()]
        listed = f"{', '.join(others[:12])}{', …' if len(others) > 12 else ''} and {last}"
        first = self.names[0]
        behind = f"'{where}:{first}' or " if Path(where).suffix else ""  # a dictionary or a network has no path
        super().__init__(f'{where!r} holds {len(sizes)} square matrices, {listed}: say which, {behind}name="{first}"')


def chosen(where: str, shapes: Mapping[str, tuple[int, ...]], name: str | None) -> str:
    """That name, or the name of the only square matrix. shapes: of all arrays in the file, by name."""
    if name is not None:
        if name not in shapes:
            raise ValueError(f"{where!r} has no {name!r}; it has {_listed(shapes)}")
        return name
    square = {key: shape[0] for key, shape in shapes.items() if len(shape) == 2 and shape[0] == shape[1] > 0}
    # a 1×1 array beside larger ones is a number: an eigenvalue, a step size
    squares = {key: f"{n}×{n}" for key, n in square.items() if n > 1 or max(square.values()) == 1}
    if not squares:
        raise ValueError(f"{where!r} must hold a square matrix; it holds {_listed(shapes)}")
    if len(squares) > 1:
        raise MatrixChoice(where, squares)
    return next(iter(squares))


def _listed(shapes: Mapping[str, tuple[int, ...]]) -> str:
    names = [f"{name} {'×'.join(map(str, shape)) or 'a number'}" for name, shape in shapes.items()]
    return ", ".join(names[:12] + (["…"] if len(names) > 12 else [])) or "no array"
