"""State dicts: those that version 0.1 of the kit wrote, and what does not fit a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from .stack import RecurrentNetwork


def renamed(state_dict: dict[str, Any], prefix: str) -> None:
    """Version 0.1 had one layer and no list: its `U`, `bias` and `V.…` become `layers.0.U`, … in place."""
    for name in [name for name in state_dict if name.startswith(prefix)]:
        own = name.removeprefix(prefix)
        if own in ("U", "bias") or own.startswith("V."):
            state_dict[f"{prefix}layers.0.{own}"] = state_dict.pop(name)


def unfit(network: RecurrentNetwork, state_dict: dict[str, Any], prefix: str, version: int | None) -> str | None:
    """Why the state dict is not one of this network, and what to do; None if it may be."""
    known = type(network)._version
    if version is not None and version > known:
        return f"the state dict is of version {version}, this kit knows {known}: update the kit"
    given = {name.removeprefix(prefix): value for name, value in state_dict.items() if name.startswith(prefix)}
    if any(name.startswith("weight_hh_l") for name in given):
        return (
            "the state dict is one of torch.nn.RNN (weight_hh_l0), and V has parameters of its own, which a matrix "
            "does not tell: train a network of this kit, and take its to_torch() where torch's own is wanted"
        )
    first = given.get("layers.0.U")
    if not isinstance(first, Tensor) or first.dim() != 2:  # torch says what is missing
        return None
    count = sum(name.startswith("layers.") and name.endswith(".U") for name in given)
    found = {"hidden_size": first.shape[0], "input_size": first.shape[1], "layers · directions": count}
    own = dict(zip(found, (network.hidden_size, network.input_size, len(network.layers)), strict=True))
    if found == own:
        return None
    saved, here = (", ".join(f"{name} = {value}" for name, value in sizes.items()) for sizes in (found, own))
    return f"the state dict is of a network with {saved}; this one has {here}: make it with the sizes of the first"
