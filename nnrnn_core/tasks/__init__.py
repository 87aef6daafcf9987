"""What a network is asked to do: one protocol (`Task`), one task a file, and a registry by name."""

from typing import Any

from .adding import Adding
from .characters import Characters
from .copying import Copying
from .data import DataMissing
from .digits import Digits
from .mnist import MNIST
from .noisy_memory import NoisyMemory
from .penn_treebank import PennTreebank
from .task import Batch, Task

TASKS: dict[str, type[Task]] = {
    task.name: task for task in (NoisyMemory, Copying, Characters, Adding, Digits, MNIST, PennTreebank)
}


def make(name: str, **options: Any) -> Task:
    """The task of that name; `make(**task.spec())` makes an equal one.

    Parameters
    ----------
    name
        One of `TASKS`.
    **options
        The task's own parameters.

    Returns
    -------
    Task

    Raises
    ------
    ValueError
        For an unknown name or option.

    Examples
    --------
    >>> make("copying", delay=7).length
    27
    """
    if name not in TASKS:
        raise ValueError(f"name must be one of {', '.join(TASKS)}; got {name!r}")
    try:
        return TASKS[name](**options)
    except TypeError as error:
        raise ValueError(f"{name} does not take these options: {error}") from error


__all__ = [
    "MNIST", "TASKS", "Adding", "Batch", "Characters", "Copying", "DataMissing", "Digits", "NoisyMemory",
    "PennTreebank", "Task", "make",
]  # fmt: skip
