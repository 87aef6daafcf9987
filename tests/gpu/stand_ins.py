"""Stand-ins for what the networks import and do not need on tensors: a machine may have torch (and NumPy) alone.

jaxtyping has the shapes in signatures, which nobody checks here; threadpoolctl and scipy are for the CPU's loops and
for functions of a matrix, tqdm for progress bars.
"""

from __future__ import annotations

import importlib.util
import sys
from contextlib import AbstractContextManager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType, TracebackType
from typing import Any

STANDING_IN = ("jaxtyping", "threadpoolctl", "scipy", "tqdm")


class Anything(AbstractContextManager[None]):
    """Takes every call, attribute, subscript and `with`, and does nothing. As a list it is empty."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __class_getitem__(cls, _: Any) -> type[Anything]:
        return cls

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        pass

    def __iter__(self) -> Any:
        return iter(())


class StandIn(ModuleType):
    """A module that has every name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything


class Finder(MetaPathFinder, Loader):
    """Gives stand-ins for the modules of some packages."""

    def __init__(self, packages: list[str]) -> None:
        self.packages = packages

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in self.packages else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def stand_in() -> list[str]:
    """Put stand-ins in the place of what is not installed; their names."""
    missing = [name for name in STANDING_IN if importlib.util.find_spec(name) is None]
    if missing:
        sys.meta_path.append(Finder(missing))
    return missing
