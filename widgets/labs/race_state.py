"""What a RaceLab shows: a task, what is the same for all, the network looked at, what is measured, against what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from nnrnn_core import checks
from nnrnn_core.experiments import Race, networks
from nnrnn_core.experiments.catalogue import MATCHES, SCALES
from nnrnn_core.experiments.comparison import AGAINST, MEASURES

from .preset_text import read_preset

FORMAT = 1
LATEST = 5  # seeds 0 to 4 are the committed runs': the first that is new


@dataclass(frozen=True)
class RaceState:
    """task      a name of the catalogue at a class's scale
    match     "width" or "parameters": what is the same for all
    network   the one that the others are compared with, and that can be run live
    measure   "valid_score", "valid_loss" or "train_loss"
    against   "updates" or "cpu_seconds"
    seed      of the live run
    """

    task: str = "noisy-memory"
    match: str = "width"
    network: str = "nnrnn"
    measure: str = "valid_score"
    against: str = "updates"
    seed: int = LATEST

    def __post_init__(self) -> None:
        checks.one_of("task", self.task, SCALES["class"])
        checks.one_of("match", self.match, MATCHES)
        checks.one_of("measure", self.measure, MEASURES)
        checks.one_of("against", self.against, AGAINST)
        checks.whole_number("seed", self.seed, 0)
        checks.one_of(f"network, on {self.task},", self.network, networks(self.task))

    def at(self, **changes: Any) -> Self:
        """With these changes; a network that does not take part in a new task gives its place to the nnRNN."""
        task = changes.get("task", self.task)
        if "network" not in changes and task in SCALES["class"] and self.network not in networks(task):
            changes["network"] = "nnrnn"
        return replace(self, **changes)

    @property
    def preset(self) -> str:
        return json.dumps({"race": FORMAT, **asdict(self)})

    @classmethod
    def from_preset(cls, text: str) -> Self:
        """What the text says. ValueError says what is wrong with it."""
        example = cls().preset
        content = read_preset(text, "race", FORMAT, "RaceLab", example)
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(content) - known):
            raise ValueError(f"the preset has {', '.join(unknown)}, and may have {', '.join(sorted(known))}")
        return cls(**content)


def race_columns(race: Race, state: RaceState) -> dict[str, np.ndarray]:
    """Columns of equal length: updates, and mean, least and largest of each network; NaN where a run has ended."""
    curves = {network: race.curve(network, state.measure, "updates") for network in race.runs}
    updates = np.unique(np.concatenate([x for x, _ in curves.values()])) if curves else np.zeros(0)
    found = {"updates": updates}
    for network, (x, values) in curves.items():
        for name, numbers in (("mean", values.mean(0)), ("least", values.min(0)), ("largest", values.max(0))):
            column = np.full(len(updates), np.nan)
            column[np.isin(updates, x)] = numbers
            found[f"{network}_{name}"] = column
    return found


def race_arrays(race: Race, state: RaceState) -> dict[str, np.ndarray]:
    """The columns, and of each network its seeds, test scores, processor seconds and number of parameters."""
    found = race_columns(race, state)
    for network in race.runs:
        scores = race.scores(network)
        found[f"{network}_seeds"] = np.array(list(scores), int)
        found[f"{network}_test"] = np.array(list(scores.values()))
        found[f"{network}_seconds"] = np.array(list(race.seconds(network).values()))
        found[f"{network}_parameters"] = np.array(race.head(network)["parameters"])
    return found


def numbers_table(race: Race, chosen: Mapping[str, float | None]) -> str:
    """The race as a table of HTML: width, parameters, rate, test score and time of each network, the best first."""
    rows = ["<tr><th>network</th><th>width</th><th>parameters</th><th>rate</th><th>seeds</th><th>test score, mean</th>"
            "<th>spread</th><th>processor seconds</th></tr>"]  # fmt: skip
    for network in race.ranking():
        head, seconds = race.head(network), list(race.seconds(network).values())
        time = f"{np.mean(seconds):.3g}" if seconds else ""
        cells = [
            network, head["hidden_size"], f"{head['parameters']:,}", f"{head['settings']['rate']:g}",
            len(race.scores(network)), f"{race.mean(network):.4g}", f"{race.spread(network):.2g}", time,
        ]  # fmt: skip
        tuned = " (tuned)" if chosen.get(network) is not None else ""
        cells[3] = f"{cells[3]}{tuned}"
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f"<table class='numbers'>{''.join(rows)}</table>"


def race_code(state: RaceState, folder: Path | None) -> str:
    """Python that draws the lanes. folder: of the results; None for those that come with the kit."""
    where = "" if folder is None else f", folder={str(folder)!r}"
    return f"""import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from nnrnn_core.experiments import race

runs = race({state.task!r}, {state.match!r}{where})
names = list(runs.runs)
figure = make_subplots(rows=3, cols=3, subplot_titles=names, shared_xaxes="all", shared_yaxes="all")
for place, name in enumerate(names):
    x, values = runs.curve(name, {state.measure!r}, {state.against!r})  # (points,), (seeds, points)
    at = {{"row": place // 3 + 1, "col": place % 3 + 1}}
    ribbon = np.append(values.min(0), values.max(0)[::-1])
    figure.add_scatter(x=np.append(x, x[::-1]), y=ribbon, fill="toself", mode="lines", line_width=0, **at)
    figure.add_scatter(x=x, y=values.mean(0), name=name, mode="lines", **at)
for name in runs.ranking():
    print(name, runs.mean(name), runs.spread(name), runs.pair({state.network!r}, name).wins)
figure
"""
