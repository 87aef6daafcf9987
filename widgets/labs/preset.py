"""A run as one line of text: what a lecturer mails in place of instructions."""

from __future__ import annotations

import json
from typing import Any

from nnrnn_core import Settings, tasks
from nnrnn_core.packing import packed, unpacked

from .actions import ACTIONS
from .plan import Plan
from .preset_text import read_preset

FORMAT = 1


def to_text(plan: Plan) -> str:
    """JSON: seed, task, sizes, settings, interventions; arrays packed. ValueError for a network of one's own."""
    if not isinstance(plan.model, str):
        raise ValueError("a preset names its model (nnrnn, rnn …); this lab runs a network of your own: save its run")
    content = {
        "nnrnn": FORMAT,
        "task": plan.task.spec(),
        "model": plan.model,
        "hidden_size": plan.hidden_size,
        "start": packed(plan.start),
        "seed": plan.seed,
        "settings": None if plan.settings is None else plan.settings.as_dict(),
        "interventions": [[updates, action, packed(value)] for updates, action, value in plan.interventions],
    }
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def from_text(text: str) -> Plan:
    """The plan in a preset. ValueError says what is wrong with it."""
    content = read_preset(text, "nnrnn", FORMAT, "TrainingLab")
    try:
        settings = content["settings"]
        return Plan(
            task=tasks.make(**content["task"]),
            model=_checked(content["model"], str, "model"),
            hidden_size=_checked(content["hidden_size"], int, "hidden_size"),
            start=unpacked(content["start"]),
            seed=_checked(content["seed"], int, "seed"),
            settings=None if settings is None else Settings(**settings),
            interventions=tuple(_intervention(entry) for entry in content["interventions"]),
        )
    except KeyError as error:
        raise ValueError(f"the preset lacks {error}") from error
    except (TypeError, AttributeError) as error:
        raise ValueError(f"the preset cannot be read: {error}") from error


def _intervention(entry: Any) -> tuple[int, str, Any]:
    updates, action, value = entry
    if action not in ACTIONS:
        raise ValueError(f"the preset's intervention must be one of {', '.join(ACTIONS)}; got {action!r}")
    return _checked(updates, int, "the number of updates of an intervention"), action, unpacked(value)


def _checked(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"{name} in the preset must be {kind.__name__}; got {value!r}")
    return value
