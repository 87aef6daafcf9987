"""A race in words: who stands where at the end, and who is ahead of whom, seed by seed."""

from __future__ import annotations

from nnrnn_core.experiments import Race
from nnrnn_core.experiments.catalogue import SCALES
from nnrnn_core.tasks import TASKS

from .numbers import short


def score_name(race: Race) -> str:
    """What the task's score is called."""
    return TASKS[SCALES[race.scale][race.task].task["name"]].score_name


def race_sentence(race: Race, network: str = "nnrnn") -> str:
    """Who stands where at the end, best first, and how often the network looked at is ahead."""
    if not race.runs:
        return (
            f"No run of {race.task} at equal {race.match} has come to its end here: "
            f"python -m nnrnn_core.experiments run {race.task} --match {race.match} makes them."
        )
    better = "more" if race.higher_is_better else "less"
    counts = {len(race.scores(name)) for name in race.ranking()}
    order = "; ".join(f"{name} {_score(race, name, many=len(counts) > 1)}" for name in race.ranking())
    words = (
        f"{race.task} at equal {race.match}. Test, {score_name(race)}, {better} is better; mean ± standard deviation "
    )
    words += (f"over {_seeds(*counts)}" if len(counts) == 1 else "over seeds") + f": {order}."
    lost = [f"{name} ({race.diverged(name)} of {len(runs)})" for name, runs in race.runs.items() if race.diverged(name)]
    words += f" Diverged: {', '.join(lost)}." if lost else ""
    words += f" {pairs_words(race, network)}" if network in race.runs else ""
    return words + (f" Not run: {', '.join(race.not_run)}." if race.not_run else "")


def _score(race: Race, network: str, many: bool) -> str:
    seeds = len(race.scores(network))
    words = short(race.mean(network)) + (f" ± {short(race.spread(network), 2)}" if seeds > 1 else "")
    return f"{words} ({_seeds(seeds)})" if many else words


def _seeds(number: int) -> str:
    return "1 seed" if number == 1 else f"{number} seeds"


def pairs_words(race: Race, network: str) -> str:
    """Ahead of whom in all seeds, behind whom in all, and of whom in some."""
    always: list[str] = []
    never: list[str] = []
    sometimes: list[str] = []
    for other in race.ranking():
        pair = race.pair(network, other)
        if other != network and pair.seeds:
            n, level = len(pair.seeds), len(pair.seeds) - pair.wins - pair.losses
            if n in (pair.wins, pair.losses):
                (always if pair.wins else never).append(other)
            else:
                sometimes.append(f"{other} in {pair.wins} of {n}" + (f" (level in {level})" if level else ""))
    parts = [f"ahead of {', '.join(always)} in every seed"] if always else []
    parts += [f"behind {', '.join(never)} in every seed"] if never else []
    parts += [f"ahead of {', '.join(sometimes)}"] if sometimes else []
    return f"Seed by seed {network} is {'; '.join(parts)}." if parts else ""
