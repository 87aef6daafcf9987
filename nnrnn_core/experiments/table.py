"""Results of many runs in one table, beside what the paper reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .catalogue import SCALES, networks
from .comparison import Lines, Race, as_run, unfinished
from .paper import reported


def rows(folder: str | Path, scale: str = "class") -> list[dict[str, Any]]:
    """One row for each task, match and network: the test scores over seeds, or that it was not run.

    Returns
    -------
    list of dict
        "task", "match", "network", "parameters", "seeds", "diverged", "mean", "spread" (sample standard deviation, NaN
        for one seed), "minutes" (mean), "reported" (of the paper), "unfinished" (the lines of a run that has not come
        to its end, or None).
    """
    table = []
    for task in SCALES[scale]:
        begun = unfinished(task, folder, scale)
        for match, race in as_run(task, folder, scale).items():
            for network in networks(task):
                wanted = {"task": task, "match": match, "network": network}
                rest = {"reported": reported(task, network, match), "unfinished": begun.get((match, network))}
                table.append({**wanted, **_summary(race, network), **rest})
    return table


def _summary(race: Race, network: str) -> dict[str, Any]:
    minutes = [lines[-2]["seconds"] / 60 for lines in race.runs.get(network, {}).values() if "seconds" in lines[-2]]
    return {
        "parameters": race.head(network)["parameters"] if network in race.runs else None,
        "seeds": len(race.scores(network)),
        "diverged": race.diverged(network),
        "mean": race.mean(network),
        "spread": race.spread(network),
        "minutes": float(np.mean(minutes)) if minutes else np.nan,
    }


def as_text(table: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table; what was not run is said to be so."""
    lines = [
        "| task | same | network | parameters | seeds | test score | minutes | reported |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in table:
        score = "not run"
        if row["seeds"]:
            score = f"{row['mean']:.4g}" + (f" ± {row['spread']:.2g}" if row["seeds"] > 1 else "")
        elif row["unfinished"]:
            score = _of_unfinished(row["unfinished"])
        if row["diverged"]:
            score += f" ({row['diverged']} diverged)"
        minutes = f"{row['minutes']:.1f}" if row["seeds"] else ""
        said = "; ".join(f"{entry['value']:g} {entry['measure']} ({entry['source']})" for entry in row["reported"])
        cells = [row["task"], row["match"], row["network"], row["parameters"] or "", row["seeds"], score, minutes, said]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _of_unfinished(lines: Lines) -> str:
    """How far a run has come, and how long the whole would take at this pace."""
    last, whole = lines[-1], lines[0]["plan"]["updates"]
    hours = last["cpu_seconds"] / 3600
    return (
        f"unfinished: {last['valid_score']:.4g} in validation after {last['updates']:,} of {whole:,} updates, "
        f"{hours:.2g} hours of the processor of about {hours * whole / last['updates']:.2g}"
    )
