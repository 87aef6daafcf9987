"""Where to compute."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

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


def on_cpu() -> AbstractContextManager[object]:
    """New tensors are made on the CPU, whatever the default device is (`with torch.device("meta"):`, say): what is
    drawn at random is drawn there, so that a seed gives the same numbers for every device."""
    return torch.device("cpu")
