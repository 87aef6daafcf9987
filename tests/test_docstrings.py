"""Docstrings of the public names: sections that numpydoc's parser takes, true to the signature, with an example.

The examples themselves are run by `pytest --doctest-modules nnrnn_core` (`make unit`).
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from numpydoc.docscrape import NumpyDocString

import nnrnn_core
from nnrnn_core import dynamics


def public() -> Iterator[tuple[str, Any]]:
    """The public classes and functions by name; modules and plain values are explained where they stand."""
    for module in (nnrnn_core, dynamics):
        for name in module.__all__:
            found = getattr(module, name)
            if inspect.isclass(found) or inspect.isfunction(found):
                yield f"{module.__name__}.{name}", found


def methods(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public methods that the class defines itself."""
    for name, found in vars(kind).items():
        plain = found.__func__ if isinstance(found, classmethod | staticmethod) else found
        if not name.startswith("_") and inspect.isfunction(plain) and name != "extra_repr":
            yield name, plain


def parsed(what: Any) -> tuple[NumpyDocString | None, str]:
    """The sections of a docstring, or None and what is wrong with it."""
    if not (text := inspect.getdoc(what)):
        return None, "has no docstring"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return NumpyDocString(text), ""
        except Exception as problem:  # the parser raises and warns in several ways
            return None, f"is not taken by numpydoc: {' '.join(str(problem).split())[:200]}"


def names(document: NumpyDocString, *sections: str) -> set[str]:
    """The names that sections explain; one entry may name several."""
    entries = [entry.name for section in sections for entry in document[section]]
    return {name.strip().lstrip("*") for entry in entries for name in entry.split(",")} - {"..."}


def arguments(what: Any) -> set[str]:
    parameters = inspect.signature(what).parameters
    return {name for name in parameters if name not in ("self", "cls") and not name.startswith("_")}


def faults(what: Any, *, method: bool = False) -> list[str]:
    """What is wrong with the docstring of a class, a function or a method, in words.

    A class may explain what it is made from as Attributes. An exception is made by the kit, so that the arguments of
    its constructor need no words. A method may leave sections out, but what it explains must be right.
    """
    document, problem = parsed(what)
    if document is None:
        return [problem]
    is_class = inspect.isclass(what)
    explained = names(document, "Parameters", "Other Parameters")
    found = []
    if extra := explained - arguments(what):
        found.append(f"explains parameters that it does not have: {', '.join(sorted(extra))}")
    missing = arguments(what) - explained - (names(document, "Attributes") if is_class else set())
    raised_by_the_kit = is_class and issubclass(what, BaseException)
    if missing and not raised_by_the_kit and (explained or not method):
        found.append(f"does not explain: {', '.join(sorted(missing))}")
    if method:
        return found
    returns = not is_class and inspect.signature(what).return_annotation not in (None, "None")
    if returns and not (document["Returns"] or document["Yields"]):
        found.append("has neither Returns nor Yields")
    if not any(line.lstrip().startswith(">>>") for line in document["Examples"]):
        found.append("has no Examples with a doctest")
    return found


def test_every_public_name_is_explained_in_sections_true_to_its_signature_and_with_an_example():
    offenders = [f"{name} {fault}" for name, what in public() for fault in faults(what)]
    assert offenders == [], "\n".join(["", *offenders])


def test_what_a_public_method_explains_is_true_to_its_signature():
    offenders = [
        f"{name}.{method} {fault}"
        for name, kind in public()
        if inspect.isclass(kind)
        for method, function in methods(kind)
        for fault in faults(function, method=True)
    ]
    assert offenders == [], "\n".join(["", *offenders])


def test_faults_are_found():
    def wrong(a: int, b: int) -> int:
        """A sum.

        Parameters
        ----------
        a
            One number.
        c
            Not there.
        """
        return a + b

    def right(a: int, b: int) -> int:
        """A sum.

        Parameters
        ----------
        a, b
            Numbers.

        Returns
        -------
        int
            The sum.

        Examples
        --------
        >>> right(1, 2)
        3
        """
        return a + b

    def none(a: int) -> int:
        return a

    def twice() -> None:
        """Two sections of one name.

        Examples
        --------
        >>> twice()

        Examples
        --------
        >>> twice()
        """

    assert faults(right) == []
    assert faults(none) == ["has no docstring"]
    assert "not taken by numpydoc" in faults(twice)[0]
    assert faults(wrong) == [
        "explains parameters that it does not have: c",
        "does not explain: b",
        "has neither Returns nor Yields",
        "has no Examples with a doctest",
    ]
