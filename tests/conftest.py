"""What every test stands on: one thread, fixed seeds, no GPU assumed."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any, get_args

import jaxtyping
import pytest
import torch
from hypothesis import settings
from threadpoolctl import threadpool_limits

from oracles import as_installed


def _of_a_shape(made: Any) -> bool:
    """Whether a function's signature, or a dataclass's fields, name a shape of jaxtyping's or an alias of one."""
    names = getattr(made, "__globals__", None) or vars(sys.modules[made.__module__])
    words = {word for hint in made.__annotations__.values() for word in re.findall(r"[^\W\d]\w*", str(hint))}
    found = [thing for word in words if (thing := names.get(word)) is not None]
    return any("jaxtyping" in repr([thing, getattr(thing, "__module__", ""), *get_args(thing)]) for thing in found)


def _with_its_shapes_checked(decorate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What has no shape in its signature is left alone (its types are mypy's), and so is a function inside another.

    beartype would compile the check of an inner one anew at each call of the outer one (a millisecond): it took more
    than half of the time of a training step. What the outer one is given and gives back is checked.
    """
    return lambda made: made if "<locals>" in made.__qualname__ or not _of_a_shape(made) else decorate(made)


# pytest's option --jaxtyping-packages writes `@jaxtyping.jaxtyped(typechecker=…)` over each function of the core.
_jaxtyped = jaxtyping.jaxtyped
jaxtyping.jaxtyped = lambda **options: _with_its_shapes_checked(_jaxtyped(**options))

SEED = 20191208  # the first day of NeurIPS 2019

# The same examples in every run, and no deadline: the first call of a torch operator may take a second.
settings.register_profile("kit", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("kit")

torch.set_num_threads(1)
# What checks addresses for jsonschema, and so for nbformat, compiles 38 grammars when it is imported: 4 seconds in each
# process. No notebook has an address to be checked, and jsonschema does without where it is missing.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
threadpool_limits(1, user_api="blas")  # numpy's: on small matrices a second thread only gets in the way


@pytest.fixture
def seed() -> int:
    """The seed of a test that needs one."""
    return SEED


@pytest.fixture
def generator(seed: int) -> torch.Generator:
    """A fresh generator on the CPU, the same for every test."""
    return torch.Generator().manual_seed(seed)


@pytest.fixture(autouse=True)
def _global_state(seed: int) -> Iterator[None]:
    """Seed torch's global generator, and hand threads and default dtype to the next test as they were."""
    torch.manual_seed(seed)
    yield
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def coarse_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    """A SpectrumLab at rest computes an eighth of the points, where a test is not about the picture of the plane."""
    monkeypatch.setattr("widgets.figures.spectrum.FINE", 21)


@pytest.fixture(autouse=True, scope="module")
def _shapes(request: pytest.FixtureRequest) -> Iterator[None]:
    """The shapes in the core's signatures are checked where the core is tested, and not where labs are.

    A lab calls the core's inner loops thousands of times with the same shapes: the checks took four fifths of the time
    of its tests. A module of lab tests that is marked `shapes` checks them all the same; a module of the core's that
    has such loops is marked `as_installed`, and its shapes are checked by the examples in the docstrings.
    """
    makers = {str(getattr(thing, "__module__", "")) for thing in vars(request.module).values()}
    of_labs = any(maker.startswith("widgets.labs") for maker in makers)
    asked = {mark.name for mark in request.node.iter_markers()}
    with as_installed() if "as_installed" in asked or (of_labs and "shapes" not in asked) else nullcontext():
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked `cuda` on a machine without a GPU."""
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("cuda"):
            item.add_marker(pytest.mark.skip(reason="no NVIDIA GPU here"))
