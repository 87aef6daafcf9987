"""The only place that uses private names of torch, and of its compiler.

Tested with torch 2.13. If a later torch has them no more, put in their place:

`is_wrapped`         `lambda tensor: False`, if torch.func's tensors have become a subclass of Tensor; else look for its
                     successor in `torch/_C/_functorch.pyi`. `shareable` in `recurrence/arrays.py` needs to know them:
                     they have no memory of their own.
`apply`              `function.apply(*arguments)`, which does the same and takes some microseconds longer.
`opaque`             `torch.compiler.disable`, which does the same and loads torch's compiler, a second or more.
`without_compiler`   `contextlib.nullcontext`: an optimiser then works, too, once torch's compiler has been loaded.
`optimiser_step`     `optimiser.step()`, for the same reason.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

P = ParamSpec("P")
R = TypeVar("R")


def is_wrapped(tensor: Tensor) -> bool:
    """Whether the tensor is one of torch.func's, inside a transformation such as `torch.func.grad` or `torch.vmap`."""
    return torch._C._functorch.is_functorch_wrapped_tensor(tensor)


def is_lazy(tensor: Tensor) -> bool:
    """Whether the numbers of a tensor are not in its memory as they are: it is the negative of them, or a 0 that takes
    no memory."""
    return tensor.is_neg() or tensor._is_zerotensor()


def apply(function: type[torch.autograd.Function], *arguments: Any) -> Any:
    """`function.apply(*arguments)`, faster.

    `Function.apply` binds the arguments to a signature that it looks up each time. That takes as long as four time
    steps of a lesson's network, and only the transformations of torch.func, and the tensors that they leave, need it.
    """
    transformed = torch._C._are_functorch_transforms_active()
    if transformed or any(isinstance(argument, Tensor) and is_wrapped(argument) for argument in arguments):
        return function.apply(*arguments)
    return super(torch.autograd.Function, function).apply(*arguments)  # type: ignore[misc]


def opaque(function: Callable[P, R]) -> Callable[P, R]:
    """`torch.compiler.disable`, which loads torch's compiler only where the compiler is in use already."""
    disabled: list[Callable[P, R]] = []

    @wraps(function)
    def call(*arguments: P.args, **options: P.kwargs) -> R:
        if "torch._dynamo" not in sys.modules:
            return function(*arguments, **options)
        if not disabled:
            disabled.append(torch.compiler.disable(function))
        return disabled[0](*arguments, **options)

    return call


@contextmanager
def without_compiler() -> Iterator[None]:
    """Inside, the methods of torch's optimisers do not load torch's compiler.

    Torch wraps them so that the compiler leaves them alone, and the wrapper loads the compiler, for a second or more,
    to tell it so. What it would keep for the next call is put there instead, for as long as this lasts.
    """
    wrapped = () if "torch._dynamo" in sys.modules else vars(torch.optim.Optimizer).values()
    methods = [method.__wrapped__ for method in wrapped if hasattr(method, "__wrapped__")]
    for method in methods:
        method.__dynamo_disable = method
    try:
        yield
    finally:
        for method in methods:
            del method.__dynamo_disable


def optimiser_step(optimiser: torch.optim.Optimizer) -> None:
    """`optimiser.step()`, without loading torch's compiler where it is not in use.

    What torch wraps around the step calls the compiler to keep it away; it also calls hooks, of which the kit has none.
    """
    if "torch._dynamo" in sys.modules:
        optimiser.step()
        return
    step: Any = type(optimiser).step
    while hasattr(step, "__wrapped__"):
        step = step.__wrapped__
    with torch.no_grad():
        step(optimiser)
