"""The paper's settings and results, read from `paper.toml`, which says where each value is from."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from ..settings import Settings

PAPER = Path(__file__).with_name("paper.toml")
Entry = dict[str, Any]


@cache
def paper() -> dict[str, list[Entry]]:
    """The tables "settings", "budgets" and "results" of `paper.toml`."""
    return tomllib.loads(PAPER.read_text("utf-8"))


def papers_settings(task: str, network: str, match: str = "width") -> tuple[int, dict[str, Any], Settings] | None:
    """The width, the network's options and the settings of the paper; None where it has none.

    Of some networks the paper has others at equal numbers of parameters.

    Examples
    --------
    >>> width, options, settings = papers_settings("copy-200", "nnrnn")
    >>> width, options, settings.rate
    (128, {'init': 'henaff'}, 0.0005)
    """
    having = [entry for entry in paper()["settings"] if entry["task"] == task and network in entry["networks"]]
    by_match = {entry.get("match"): entry for entry in having}
    entry = by_match.get(match, by_match.get(None))
    if entry is None:
        return None
    values = dict(entry["networks"][network])
    width = values.pop("hidden_size", None)
    if match == "parameters":
        width = _budget_of(task).get("widths", {}).get(network, width)
    options = {"init": values.pop("init")} if "init" in values else {}
    shared = {"optimiser": entry["optimiser"], "batch_size": entry["batch_size"]}
    if "rate_P" not in values:
        shared["rate_P"] = values["rate"]  # one rate for all, as the paper has it for these networks
    return width, options, Settings(**shared, **values)


def budget(task: str) -> int | None:
    """The number of parameters at which the paper compares networks on this task."""
    parameters: int | None = _budget_of(task).get("parameters")
    return parameters


def _budget_of(task: str) -> Entry:
    same = (task, task.replace("300", "150"))
    return next((entry for entry in paper()["budgets"] if entry["task"] in same), {})


def reported(task: str, network: str, match: str) -> list[Entry]:
    """What was reported of a network: entries {"measure", "value", "source"}, the latest source last."""
    return [
        {"measure": entry["measure"], "value": entry["values"][network], "source": entry["source"]}
        for entry in paper()["results"]
        if entry["task"] == task and entry["match"] == match and network in entry["values"]
    ]
