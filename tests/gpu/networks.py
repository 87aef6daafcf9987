"""Every network on one device and on the CPU; its step at the size of permuted MNIST; its launches for a time step."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nnrnn_core.sequence_model import RECURRENTS, SequenceModel

from .launches import Launches

ROUNDING = 1e-9  # of the largest entry, in float64


@dataclass(frozen=True)
class Size:
    """Sizes of a step: those of permuted MNIST (paper, A.2), or small ones for a rehearsal."""

    time: int = 784
    batch: int = 100
    width: int = 512
    repeats: int = 5


# name -> the model for a number of inputs, units and outputs; after the kit's own, torch's, which run in cuDNN
MODELS: dict[str, Callable[..., SequenceModel]] = {
    **{name: lambda *sizes, name=name, **options: SequenceModel(name, *sizes, **options) for name in RECURRENTS},
    "torch.nn.RNN": lambda i, n, o, device: SequenceModel(torch.nn.RNN(i, n), i, n, o).to(device),
    "torch.nn.LSTM": lambda i, n, o, device: SequenceModel(torch.nn.LSTM(i, n), i, n, o).to(device),
}


def difference(name: str, device: torch.device, **options: Any) -> float:
    """The largest difference between device and CPU, in outputs and all gradients, of the largest entry; in float64."""
    found = [_outputs_and_gradients(name, place, **options) for place in (torch.device("cpu"), device)]
    return max(float((a - b).abs().max() / a.abs().max().clamp(min=1e-30)) for a, b in zip(*found, strict=True))


def _outputs_and_gradients(name: str, device: torch.device, **options: Any) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    model = SequenceModel(name, 5, 16, 3, generator=generator, dtype=torch.float64, device=device, **options)
    with torch.no_grad():
        for parameter in model.parameters():  # P leaves its base, and T is there
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64).to(device))
    x = torch.randn(40, 6, 5, generator=generator, dtype=torch.float64).to(device).requires_grad_()
    outputs, _ = model(x)
    gradients = torch.autograd.grad(outputs.square().sum(), [x, *model.parameters()])
    return [tensor.detach().cpu() for tensor in (outputs, *gradients)]


def training_step(name: str, device: torch.device, size: Size, time_steps: int | None = None) -> Callable[[], Tensor]:
    """A function that makes one step: forwards, the loss of the last output, backwards, RMSprop."""
    model = MODELS[name](1, size.width, 10, device=device)
    optimiser = torch.optim.RMSprop(model.parameters(), lr=1e-4)
    pixels = torch.rand(time_steps or size.time, size.batch, 1, device=device)
    digits = torch.randint(10, (size.batch,), device=device)

    def step() -> Tensor:
        optimiser.zero_grad()
        outputs, _ = model(pixels)
        loss = torch.nn.functional.cross_entropy(outputs[-1], digits)
        loss.backward()
        optimiser.step()
        return loss.detach()

    return step


def milliseconds(name: str, device: torch.device, size: Size) -> float:
    """The median of some steps, after two that warm up."""
    step, taken = training_step(name, device, size), []
    for _ in range(size.repeats + 2):
        _wait(device)
        start = time.perf_counter()
        loss = step()
        _wait(device)
        taken.append(1000 * (time.perf_counter() - start))
    if not bool(loss.isfinite()):
        raise ArithmeticError(f"the loss of {name} is {float(loss)}")
    return statistics.median(taken[2:])


def launches_per_time_step(name: str, device: torch.device, size: Size) -> float:
    """How many more launches a step of twice the time takes, for each time step more.

    On CUDA they are the kernels that the profiler sees; elsewhere the operations of the loop on tensors that are sent
    (on meta: nothing else can be counted there).
    """
    short, long = (_launches(name, device, size, k * size.time // 8) for k in (1, 2))
    return (long - short) / (2 * size.time // 8 - size.time // 8)


def _launches(name: str, device: torch.device, size: Size, time_steps: int) -> int:
    step = training_step(name, device, size, time_steps)
    step()
    if device.type != "cuda":
        with Launches() as sent:
            step()
        return sum(sent.counts.values())
    _wait(device)
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        step()
        _wait(device)
    return sum(event.device_type == torch.autograd.DeviceType.CUDA for event in profile.events())


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
