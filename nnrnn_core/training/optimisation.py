"""Parameter groups for torch's optimisers: P at its own rate, T with its decay, γ, and the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torch import nn
from torch.optim import Adam, Optimizer, RMSprop

from ..matrices import OrthogonalMatrix, SchurMatrix
from ..settings import Settings
from ..torch_internals import without_compiler


def parameter_groups(model: nn.Module) -> dict[str, list[nn.Parameter]]:
    """The parameters of a model by their role.

    Parameters
    ----------
    model
        Any module; what it has of this kit's matrices is recognised.

    Returns
    -------
    dict
        "P": those of orthogonal matrices; "T" and "gamma": those of Schur matrices; "rest": all others. The paper
        trains P at its own rate, about a tenth of the others', and decays T alone.

    Examples
    --------
    >>> import torch
    >>> from nnrnn_core import NNRNN
    >>> net = NNRNN(3, 8)
    >>> groups = parameter_groups(net)
    >>> optimiser = torch.optim.RMSprop([
    ...     {"params": groups["P"], "lr": 1e-4},
    ...     {"params": groups["T"], "weight_decay": 1e-6},
    ...     {"params": groups["gamma"] + groups["rest"]},
    ... ], lr=1e-3)
    >>> {role: len(parameters) for role, parameters in groups.items()}
    {'rest': 3, 'P': 1, 'T': 1, 'gamma': 1}
    """
    groups: dict[str, list[nn.Parameter]] = {"rest": [], "P": [], "T": [], "gamma": []}
    own = {id(parameter) for parameter in model.parameters()}  # a parametrised one is computed, and none of them
    for module in model.modules():
        if isinstance(module, OrthogonalMatrix):
            groups["P"].append(module.entries)
        elif isinstance(module, SchurMatrix):
            groups["T"].append(module.T_entries)
            groups["gamma"].append(module.gamma)
    groups = {role: [parameter for parameter in group if id(parameter) in own] for role, group in groups.items()}
    special = {id(parameter) for group in groups.values() for parameter in group}
    groups["rest"] = [parameter for parameter in model.parameters() if id(parameter) not in special]
    return groups


# name -> optimiser for given parameter groups; foreach=False: for tensors as small as a lesson's it takes less time
OPTIMISERS: dict[str, Callable[[list[dict[str, Any]]], Optimizer]] = {
    "rmsprop": lambda groups: RMSprop(groups, foreach=False),
    "adam": lambda groups: Adam(groups, foreach=False),
}


def make_optimiser(model: nn.Module, name: str) -> Optimizer:
    """One of OPTIMISERS, with a group of parameters for each role that the model has; `set_rates` sets the rest."""
    groups = [{"params": group, "role": role} for role, group in parameter_groups(model).items() if group]
    with without_compiler():
        return OPTIMISERS[name](groups)


def set_rates(optimiser: Optimizer, settings: Settings) -> None:
    """Put the settings into the groups of `make_optimiser`'s optimiser.

    T's decay is the optimiser's weight decay, which torch adds to the gradient before it divides by the gradient's
    size: so the authors have it.
    """
    for group in optimiser.param_groups:
        group["lr"] = settings.rate_P if group["role"] == "P" else settings.rate
        group["weight_decay"] = settings.T_decay if group["role"] == "T" else 0.0
        if isinstance(optimiser, Adam):
            group["betas"] = (settings.momentum, settings.smoothing)
        else:
            group["alpha"] = settings.smoothing


def hold_back(modules: Iterable[nn.Module], settings: Settings) -> None:
    """Take the gradients of what must not move, so that the optimiser passes it by: no update, no decay, no memory.

    That is γ if it is held, and T if it is frozen or scaled by 0. (Scaled by 0, T has the gradient 0, and RMSprop,
    which divides the decay by the gradient's size, would wipe T out within tens of steps.)
    """
    for module in modules:
        if isinstance(module, SchurMatrix):
            if settings.freeze_T or float(module.scale) == 0:
                module.T_entries.grad = None
            if settings.hold_gamma:
                module.gamma.grad = None
