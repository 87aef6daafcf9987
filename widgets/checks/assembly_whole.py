"""The last stage of notebook 07, the learning rates, and the parts put together: the reader's own, else the kit's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from nnrnn_core import dynamics
from nnrnn_core.matrices import exponential, schur

from ..figures.numbers import short
from . import assembly
from .verdict import Verdict, returned

RATE = 1e-2
OTHERS = ("gamma", "theta", "T_entries")
WANTED = 'return a list of two groups, [{"params": [...], "lr": ...}, {"params": [...], "lr": ...}]'


class _Network(nn.Module):
    """What the stage is asked about: the parameters of the notebook's network."""

    def __init__(self) -> None:
        super().__init__()
        self.A_entries, self.T_entries = nn.Parameter(torch.zeros(6)), nn.Parameter(torch.zeros(4))
        self.gamma, self.theta = nn.Parameter(torch.ones(2)), nn.Parameter(torch.zeros(2))


def rate_groups(function: Callable[[Any, float], Any]) -> Verdict:
    """Whether `function(network, rate)` gives torch's optimisers all parameters once, those of P (`A_entries`) at a
    tenth of the rate and the others at the rate."""
    network = _Network()
    answer = returned("rate_groups", function, network, RATE)
    if isinstance(answer, Verdict):
        return answer
    rates = _rates(answer)
    if isinstance(rates, str):
        return Verdict(rates)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    counts = Counter(names.get(id(parameter), "") for parameter, _ in rates)
    if "" in counts:
        return Verdict("A group holds a tensor that is no parameter of the network, such as P, which is computed from "
                       "A_entries: an optimiser moves parameters.")  # fmt: skip
    if twice := [name for name, count in counts.items() if count > 1]:
        return Verdict(f"{', '.join(twice)} would be moved twice: network.parameters() has all of them, A_entries too.")
    if missing := [name for name in ("A_entries", *OTHERS) if name not in counts]:
        learns = "P would stay as it is" if "A_entries" in missing else "nothing would move it"
        return Verdict(f"{', '.join(missing)} is in no group: {learns}.")
    found = {names[id(parameter)]: rate for parameter, rate in rates}
    return _judged(found["A_entries"] / RATE, {name: found[name] / RATE for name in OTHERS})


def _rates(answer: Any) -> list[tuple[Tensor, float]] | str:
    """Each tensor with the rate that an optimiser of rate RATE would move it at, or what is wrong with the answer."""
    found: list[tuple[Tensor, float]] = []
    if not isinstance(answer, list | tuple) or not answer or not all(isinstance(group, dict) for group in answer):
        return f"You returned {type(answer).__name__}: {WANTED}."
    for group in answer:
        if "params" not in group or set(group) - {"params", "lr"}:
            return f"A group has the keys {', '.join(map(repr, group))}: {WANTED}."
        members = group["params"]
        members = [members] if isinstance(members, Tensor) else list(members)
        if not all(isinstance(member, Tensor) for member in members):
            return "A group holds something else than tensors: of the pairs of named_parameters() take the second."
        found += [(member, float(group.get("lr", RATE))) for member in members]
    return found


def _judged(of_P: float, others: dict[str, float]) -> Verdict:
    """of_P, others: rates in units of the given one."""
    right = {name: abs(rate - 1) < 1e-6 for name, rate in others.items()}
    if abs(of_P - 0.1) < 1e-6 and all(right.values()):
        return Verdict("Right: P moves at a tenth of the others' rate.", True)
    if abs(of_P - 1) < 1e-6 and all(abs(rate - 0.1) < 1e-6 for rate in others.values()):
        return Verdict("The two rates are exchanged: A_entries gets rate / 10, the others rate.")
    if not all(right.values()):
        wrong = ", ".join(name for name in OTHERS if not right[name])
        return Verdict(f"{wrong}: the rate is not the given one. Only A_entries has another.")
    if abs(of_P - 1) < 1e-6:
        return Verdict("A_entries has the same rate as the others: here P gets a tenth.")
    if abs(of_P - 10) < 1e-6:
        return Verdict("A_entries moves ten times as fast as the others: a tenth is meant, rate / 10.")
    return Verdict(f"A_entries moves at {short(of_P)} times the rate; it should be a tenth.")


# ---- the parts together


def _orthogonal_factor(A: Tensor) -> Tensor:
    return exponential.skew_exponential(A - A.mT)


def _free_entries(n: int) -> Tensor:
    return torch.from_numpy(dynamics.free_entries(n))


def _assembled(P: Tensor, blocks: Tensor, T: Tensor) -> Tensor:
    return P @ (blocks + T) @ P.mT


def _gamma_penalty(gamma: Tensor, delta: float) -> Tensor:
    return delta * (gamma - 1).square().sum()


def _rate_groups(network: Any, rate: float) -> list[dict[str, Any]]:
    others = [getattr(network, name) for name in OTHERS]
    return [{"params": [network.A_entries], "lr": rate / 10}, {"params": others, "lr": rate}]


# name -> the check of a stage, and the kit's own function in the place of an answer that is not right
STAGES: dict[str, tuple[Callable[..., Verdict], Callable[..., Any]]] = {
    "orthogonal_factor": (assembly.orthogonal_factor, _orthogonal_factor),
    "rotation_blocks": (assembly.rotation_blocks, schur.rotation_blocks),
    "free_entries": (assembly.free_entries, _free_entries),
    "assembled": (assembly.assembled, _assembled),
    "gamma_penalty": (assembly.gamma_penalty, _gamma_penalty),
    "rate_groups": (rate_groups, _rate_groups),
}


class Parts(SimpleNamespace):
    """The functions of all stages by name; `own` are those that are the reader's."""

    own: tuple[str, ...]

    def __repr__(self) -> str:
        kits = [name for name in STAGES if name not in self.own]
        if not kits:
            return "All six parts are yours."
        return f"Yours: {', '.join(self.own) or 'none yet'}. The kit's, until yours is right: {', '.join(kits)}."


def built_parts(**functions: Callable[..., Any]) -> Parts:
    """The functions that pass their checks, and the kit's in the place of all others: so that a stage which is not done
    holds up no later cell."""
    if unknown := set(functions) - set(STAGES):
        raise ValueError(f"the stages are {', '.join(STAGES)}; got {', '.join(sorted(unknown))}")
    own = tuple(name for name, (check, _) in STAGES.items() if name in functions and check(functions[name]).right)
    parts = {name: functions[name] if name in own else kits for name, (_, kits) in STAGES.items()}
    return Parts(own=own, **parts)
