"""RMSprop and Adam with the paper's parameter groups: P at its own rate, T with its decay, the rest."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from ..matrices import OrthogonalMatrix, SchurMatrix
from ..recurrence.arrays import Array, fastest, library
from ..settings import Settings

EPSILON = 1e-8  # torch's


def parameter_groups(model: nn.Module) -> dict[str, list[nn.Parameter]]:
    """The parameters by role: "P" those of orthogonal matrices, "T" and "gamma" those of Schur matrices, "rest"."""
    groups: dict[str, list[nn.Parameter]] = {"rest": [], "P": [], "T": [], "gamma": []}
    for module in model.modules():
        if isinstance(module, OrthogonalMatrix):
            groups["P"].append(module.entries)
        elif isinstance(module, SchurMatrix):
            groups["T"].append(module.T_entries)
            groups["gamma"].append(module.gamma)
    special = {id(parameter) for group in groups.values() for parameter in group}
    groups["rest"] = [parameter for parameter in model.parameters() if id(parameter) not in special]
    return groups


class Optimiser(ABC):
    """p ← p − rate · numerator / (√v + ε): torch's rules without their options, for g = ∂L/∂p + decay · p.

    All parameters move as one vector, on the CPU by NumPy: for parameters as small as a lesson's the time goes into
    the calls, of which torch makes nine for each parameter. T's decay enters its gradient, as the authors have it: an
    optimiser that divides by the gradient's size rescales it too. A parameter without a gradient stands still, and so
    does what is remembered of it. All parameters must be of one dtype, on one device.
    """

    memories: ClassVar[tuple[str, ...]]  # names of the vectors that are remembered, the last one v

    def __init__(self, model: nn.Module) -> None:
        self._roles = {p: role for role, group in parameter_groups(model).items() for p in group}
        ends = np.cumsum([p.numel() for p in self._roles]).tolist()
        self._parts = [slice(end - p.numel(), end) for p, end in zip(self._roles, ends, strict=True)]
        place = {p: i for i, p in enumerate(self._roles)}
        self._names = {name: place[p] for name, p in model.named_parameters()}
        self._steps = [0] * len(ends)  # how often each parameter moved
        self._held: list[slice] = []  # the parts that stand still
        self._lay_out([next(iter(self._roles)).new_zeros(ends[-1]) for _ in ("gradient", *self.memories)])

    def _lay_out(self, vectors: list[Tensor]) -> None:
        """The gradient and the memories from now on."""
        self._vectors = vectors
        self._gradient, *self._remembered = fastest(vectors)
        parts = zip(self._roles, self._parts, strict=True)
        self._views = [vectors[0][part].view_as(parameter) for parameter, part in parts]

    def _follow(self) -> None:
        """Where the parameters are, if they were moved."""
        like = next(iter(self._roles))
        if (self._vectors[0].dtype, self._vectors[0].device) != (like.dtype, like.device):
            self._lay_out([vector.to(like) for vector in self._vectors])

    @abstractmethod
    def _remember(self, g: Array, vectors: list[Array], settings: Settings) -> Array:
        """Takes g into the memories; returns the numerator."""

    @abstractmethod
    def _scales(self, rate: float, step: int, settings: Settings) -> tuple[float, float]:
        """(rate, ε) of the rule, at a parameter's step (from 1)."""

    def put(self, gradients: dict[str, Array]) -> None:
        """Gradients by the names of their parameters, as if a backward pass had left them."""
        self._follow()
        parameters = list(self._roles)
        for name, gradient in gradients.items():
            i = self._names[name]
            self._gradient[self._parts[i]] = gradient.reshape(-1)
            parameters[i].grad = self._views[i]

    @torch.no_grad()
    @np.errstate(all="ignore")  # what overflows is inf, as with torch, and no warning
    def gather(self, limit: float | None = None) -> float:
        """‖g‖ of all gradients as one vector; above the limit, g ← g · limit / ‖g‖. `step` then moves by it."""
        self._follow()
        self._held = []
        for i, (parameter, part) in enumerate(zip(self._roles, self._parts, strict=True)):
            if parameter.grad is None:
                self._held.append(part)
                self._gradient[part] = 0
            elif parameter.grad is not self._views[i]:
                self._views[i].copy_(parameter.grad)
                parameter.grad = self._views[i]
        size = float(library(self._gradient).linalg.norm(self._gradient))
        if limit is not None and size > limit:
            self._gradient *= limit / size
        return size

    @torch.no_grad()
    @np.errstate(all="ignore")
    def step(self, settings: Settings) -> None:
        """One move by what was gathered."""
        g = 1 * self._gradient  # a copy, of either kind
        xp, arrays = library(g), fastest(list(self._roles))
        rates, floors = xp.empty_like(g), xp.empty_like(g)
        held = [(vector, part, 1 * vector[part]) for vector in self._remembered for part in self._held]
        for i, (p, role, part) in enumerate(zip(arrays, self._roles.values(), self._parts, strict=True)):
            self._steps[i] += part not in self._held
            rate = 0.0 if part in self._held else settings.rate_P if role == "P" else settings.rate
            rates[part], floors[part] = self._scales(rate, max(1, self._steps[i]), settings)
            if role == "T" and settings.T_decay:
                g[part] += settings.T_decay * p
        numerator = self._remember(g, self._remembered, settings)
        change = xp.sqrt(self._remembered[-1])
        change += floors
        xp.divide(numerator, change, out=change)
        change *= rates
        for p, part in zip(arrays, self._parts, strict=True):
            if part not in self._held:
                p -= change[part].reshape(p.shape)
        for vector, part, before in held:
            vector[part] = before

    def state_dict(self) -> dict[str, Any]:
        """What is remembered."""
        return {"steps": list(self._steps), **dict(zip(self.memories, self._vectors[1:], strict=True))}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """ValueError if it is not of as many parameters and numbers."""
        vectors = [saved[name] for name in self.memories]
        if len(saved["steps"]) != len(self._steps) or any(v.shape != self._vectors[0].shape for v in vectors):
            raise ValueError("the optimiser's memory is of other parameters")
        self._steps = list(saved["steps"])
        self._lay_out([self._vectors[0], *(vector.to(self._vectors[0]).clone() for vector in vectors)])


class RMSprop(Optimiser):
    """v ← α v + (1 − α) g²; the numerator is g (Hinton's lecture 6e, as torch has it)."""

    memories = ("v",)

    def _remember(self, g: Array, vectors: list[Array], settings: Settings) -> Array:
        _smooth(vectors[0], g * g, settings.smoothing)
        return g

    def _scales(self, rate: float, step: int, settings: Settings) -> tuple[float, float]:
        return rate, EPSILON


class Adam(Optimiser):
    """m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²;  the numerator is m, and m and v are divided by 1 − β₁ᵏ and
    1 − β₂ᵏ at step k (Kingma & Ba 2015)."""

    memories = ("m", "v")

    def _remember(self, g: Array, vectors: list[Array], settings: Settings) -> Array:
        m, v = vectors
        _smooth(v, g * g, settings.smoothing)
        _smooth(m, g, settings.momentum)
        return m

    def _scales(self, rate: float, step: int, settings: Settings) -> tuple[float, float]:
        root = math.sqrt(1 - settings.smoothing**step)  # m / c₁ / (√v / root + ε) = (root / c₁) m / (√v + root ε)
        return rate * root / (1 - settings.momentum**step), EPSILON * root


OPTIMISERS: dict[str, type[Optimiser]] = {"rmsprop": RMSprop, "adam": Adam}


def _smooth(memory: Array, new: Array, share: float) -> None:
    """memory ← share · memory + (1 − share) · new; uses `new` up."""
    memory *= share
    new *= 1 - share
    memory += new


def hold_back(modules: Iterable[nn.Module], settings: Settings) -> None:
    """Take the gradients of what must not move, so that the optimiser passes it by: no update, no decay, no memory.

    That is γ if it is held, and T if it is frozen or scaled by 0 (then its gradient is 0, and RMSprop, which divides
    the decay by the gradient's size, would wipe T out within tens of steps).
    """
    for module in modules:
        if isinstance(module, SchurMatrix):
            if settings.freeze_T or float(module.scale) == 0:
                module.T_entries.grad = None
            if settings.hold_gamma:
                module.gamma.grad = None
