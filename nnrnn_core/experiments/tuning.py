"""The same budget of tuning for every network: one grid of rates, one seed, the score on the validation part alone.

At a class's scale nobody has published settings. So each network is trained once at each rate of the grid, from a seed
that no result uses, and the rate with the best validation score is kept. Everything else is what the task says of the
network (optimiser, decay of T, penalty of γ); P's rate is a tenth of the rate, as in the paper's search. `tuning.json`
holds every score of the grid; `python -m nnrnn_core.experiments tune` makes it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

RATES = (3e-4, 1e-3, 3e-3, 1e-2)
SHARE_OF_P = 0.1
SEED = 1000
TUNED = Path(__file__).with_name("tuning.json")
Scores = dict[str, dict[str, dict[str, float | None]]]  # by task, network and rate; None where the training diverged


@cache
def tuned() -> Scores:
    """The scores in `tuning.json`."""
    scores: Scores = json.loads(TUNED.read_text("utf-8"))["scores"] if TUNED.exists() else {}
    return scores


def chosen_rate(task: str, network: str, higher_is_better: bool) -> float | None:
    """The rate of the best validation score; None where nothing was tuned, or everything diverged."""
    scores = {rate: score for rate, score in tuned().get(task, {}).get(network, {}).items() if score is not None}
    if not scores:
        return None
    return float((max if higher_is_better else min)(scores, key=scores.__getitem__))


def scores_of(runs: Iterable[list[dict[str, Any]]]) -> Scores:
    """The last validation score of each run of the grid."""
    scores: Scores = {}
    for lines in runs:
        head, last = lines[0], lines[-1]
        score = None if "diverged" in last else lines[-2]["valid_score"]
        by_rate = scores.setdefault(head["task"], {}).setdefault(head["network"], {})
        by_rate[f"{head['rate']:g}"] = score if score is not None and math.isfinite(score) else None
    return scores


def write(runs: Iterable[list[dict[str, Any]]]) -> Path:
    """The scores of these runs into `tuning.json`, in place of what it had on their tasks and networks."""
    found = dict(tuned())
    for task, networks in scores_of(runs).items():
        found[task] = found.get(task, {}) | networks
    content = {"rates": RATES, "P's share of the rate": SHARE_OF_P, "seed": SEED, "scores": found}
    TUNED.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    tuned.cache_clear()
    return TUNED
