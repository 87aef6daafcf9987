"""Results of many runs in one table, beside what the paper reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .catalogue import MATCHES, SCALES, networks
from .paper import reported
from .runs import Line, read


def finished(folder: str | Path) -> Iterator[list[Line]]:
    """The lines of every run that has come to its end."""
    for path in sorted(Path(folder).glob("*/*/*.jsonl")):
        lines = read(path)
        if lines and lines[-1].get("done"):
            yield lines


def rows(folder: str | Path, scale: str = "class") -> list[dict[str, Any]]:
    """One row for each task, match and network: the test scores over seeds, or that it was not run.

    Returns
    -------
    list of dict
        "task", "match", "network", "parameters", "seeds", "diverged", "mean", "spread" (sample standard deviation, NaN
        for one seed), "minutes" (mean), "reported" (of the paper).
    """
    runs = [lines for lines in finished(folder) if lines[0]["scale"] == scale and lines[0]["rate"] is None]
    table = []
    for task in SCALES[scale]:
        for match in MATCHES:
            for network in networks(task):
                wanted = {"task": task, "match": match, "network": network}
                found = [lines for lines in runs if wanted.items() <= lines[0].items()]
                table.append({**wanted, **_summary(found), "reported": reported(task, network, match)})
    return table


def _summary(runs: list[list[Line]]) -> dict[str, Any]:
    scores = [lines[-1]["test_score"] for lines in runs if "test_score" in lines[-1]]
    minutes = [lines[-2]["seconds"] / 60 for lines in runs if "seconds" in lines[-2]]
    return {
        "parameters": runs[0][0]["parameters"] if runs else None,
        "seeds": len(scores),
        "diverged": len(runs) - len(scores),
        "mean": float(np.mean(scores)) if scores else np.nan,
        "spread": float(np.std(scores, ddof=1)) if len(scores) > 1 else np.nan,
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
        if row["diverged"]:
            score += f" ({row['diverged']} diverged)"
        minutes = f"{row['minutes']:.1f}" if row["seeds"] else ""
        said = "; ".join(f"{entry['value']:g} {entry['measure']} ({entry['source']})" for entry in row["reported"])
        cells = [row["task"], row["match"], row["network"], row["parameters"] or "", row["seeds"], score, minutes, said]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)
