"""Where to compute."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import cast

import torch


def best_device() -> torch.device:
    """cuda where there is one, else mps, else the CPU.

    Returns
    -------
    torch.device

    Examples
    --------
    >>> best_device().type in ("cuda", "mps", "cpu")
    True
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def full_precision(device: torch.device) -> AbstractContextManager[object]:
    """Autocast off, on a device that has it."""
    if torch.amp.is_autocast_available(device.type):
        return torch.autocast(device.type, enabled=False)
    return nullcontext()


def check_device(name: str, value: object, *, here: bool = True) -> torch.device:
    """A device that this machine has, or, not `here`, that some machine may have; ValueError otherwise."""
    try:
        device = torch.device(value)  # type: ignore[call-overload]
        if here:
            torch.empty(0, device=device)
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as problem:
        reason = str(problem).splitlines()[0]
        raise ValueError(
            f'{name} must be a device{" of this machine" if here else ""}, as "cpu" or "cuda"; got {value!r} ({reason})'
        ) from problem
    return cast("torch.device", device)


def on_cpu() -> AbstractContextManager[object]:
    """New tensors are made on the CPU, whatever the default device is (`with torch.device("meta"):`, say): what is
    drawn at random is drawn there, so that a seed gives the same numbers for every device."""
    return torch.device("cpu")
