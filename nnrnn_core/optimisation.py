"""One optimiser with the paper's parameter groups: P at its own rate, T with its decay, the rest."""

from __future__ import annotations

import torch
from torch import nn

from .orthogonal import OrthogonalMatrix
from .schur import SchurMatrix
from .settings import Settings


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


def make_optimiser(model: nn.Module, name: str) -> torch.optim.Optimizer:
    """Adam or RMSprop over the groups; `apply_settings` gives it its numbers before every step."""
    groups = [{"params": params, "role": role} for role, params in parameter_groups(model).items() if params]
    return torch.optim.Adam(groups) if name == "adam" else torch.optim.RMSprop(groups)


def apply_settings(optimiser: torch.optim.Optimizer, settings: Settings) -> None:
    """Rates, decay and smoothing into the optimiser's groups. T's decay enters T's gradient, as the authors have it:
    an optimiser that divides by the gradient's size rescales it too."""
    for group in optimiser.param_groups:
        group["lr"] = settings.rate_P if group["role"] == "P" else settings.rate
        group["weight_decay"] = settings.T_decay if group["role"] == "T" else 0.0
        if "betas" in group:
            group["betas"] = (settings.momentum, settings.smoothing)
        else:
            group["alpha"] = settings.smoothing


def hold_back(model: nn.Module, settings: Settings) -> None:
    """Take the gradients of what must not move, so that the optimiser passes it by: no update, no decay, no memory.

    That is γ if it is held, and T if it is frozen or scaled by 0 (then its gradient is 0, and RMSprop, which divides
    the decay by the gradient's size, would wipe T out within tens of steps).
    """
    for module in model.modules():
        if isinstance(module, SchurMatrix):
            if settings.freeze_T or float(module.scale) == 0:
                module.T_entries.grad = None
            if settings.hold_gamma:
                module.gamma.grad = None
