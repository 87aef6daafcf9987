"""The networks of one task side by side: scores by seed, curves over seeds, and pairs over the seeds that both have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from ..checks import one_of
from ..shipped import SHIPPED
from .catalogue import ABLATED, AS_WIDE, MATCHES, SCALES, networks
from .runs import Line, read

Lines = Sequence[Line]
MEASURES = ("valid_score", "valid_loss", "train_loss")
TESTED = ("test_score", "test_loss")
AGAINST = ("updates", "cpu_seconds")


@dataclass(frozen=True)
class Pair:
    """Two networks over the seeds that both have. A seed gives both the same batches, so it is a pair.

    Attributes
    ----------
    seeds : tuple of int
    advantage : ndarray, (seeds,)
        By how much the first is better; below 0 the second is.
    """

    seeds: tuple[int, ...]
    advantage: np.ndarray

    @property
    def mean(self) -> float:
        """NaN where no seed is common."""
        return float(self.advantage.mean()) if self.seeds else float("nan")

    @property
    def standard_error(self) -> float:
        """s/√n: how far the mean of n such differences is off as a rule; NaN below two seeds."""
        n = len(self.seeds)
        return float(self.advantage.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")

    @property
    def wins(self) -> int:
        """In how many seeds the first is better."""
        return int((self.advantage > 0).sum())

    @property
    def losses(self) -> int:
        """In how many seeds the second is better; in the rest they are level."""
        return int((self.advantage < 0).sum())


@dataclass(frozen=True)
class Race:
    """Finished runs of one task, with one thing the same for all networks.

    Attributes
    ----------
    task, match, scale : str
        See `Experiment`.
    runs : dict
        The lines of each run by network and seed, networks in the order of the catalogue.
    """

    task: str
    match: str
    scale: str
    runs: Mapping[str, Mapping[int, Lines]]

    @property
    def not_run(self) -> list[str]:
        """Networks that take part in this task and have no finished run here."""
        return [network for network in networks(self.task) if network not in self.runs]

    @property
    def higher_is_better(self) -> bool:
        return all(head["higher_is_better"] for head in self._heads())

    def head(self, network: str) -> Line:
        """The first line of its runs: width, parameters, settings. (The seed is that of the first.)"""
        return next(iter(self.runs[network].values()))[0]

    def scores(self, network: str, measure: str = "test_score") -> dict[int, float]:
        """Test scores by seed, or "test_loss"; a run that diverged has none."""
        one_of("measure", measure, TESTED)
        runs = self.runs.get(network, {})
        return {seed: float(lines[-1][measure]) for seed, lines in runs.items() if measure in lines[-1]}

    def updates_until(self, network: str, score: float) -> dict[int, int]:
        """By seed, the updates after which the validation score was as good as this for the first time; a run in which
        it never was has none."""
        sign = 1 if self.higher_is_better else -1
        reached = {
            seed: [line["updates"] for line in lines if sign * line.get("valid_score", np.nan) >= sign * score]
            for seed, lines in self.runs.get(network, {}).items()
        }
        return {seed: min(updates) for seed, updates in reached.items() if updates}

    def diverged(self, network: str) -> int:
        """How many of its runs have no score."""
        return len(self.runs.get(network, {})) - len(self.scores(network))

    def mean(self, network: str) -> float:
        """Of the test scores; NaN without one."""
        return float(np.mean(list(self.scores(network).values()) or np.nan))

    def spread(self, network: str) -> float:
        """The sample standard deviation of the test scores; NaN below two."""
        scores = list(self.scores(network).values())
        return float(np.std(scores, ddof=1)) if len(scores) > 1 else float("nan")

    def ranking(self) -> list[str]:
        """Networks with a test score, the best mean first."""
        scored = [network for network in self.runs if self.scores(network)]
        return sorted(scored, key=self.mean, reverse=self.higher_is_better)

    def pair(self, first: str, second: str) -> Pair:
        """Both networks over the seeds that both have a test score of."""
        ours, theirs = self.scores(first), self.scores(second)
        seeds = tuple(seed for seed in ours if seed in theirs)
        sign = 1.0 if self.higher_is_better else -1.0
        return Pair(seeds, sign * np.array([ours[seed] - theirs[seed] for seed in seeds]))

    def curve(self, network: str, measure: str, against: str = "updates") -> tuple[np.ndarray, np.ndarray]:
        """Abscissae (points,) and values (seeds, points) at the updates that all of its runs have.

        Processor time at an update differs from seed to seed: its mean stands for all.
        """
        one_of("measure", measure, MEASURES)
        one_of("against", against, AGAINST)
        tables = [{line["updates"]: line for line in lines if measure in line} for lines in self.runs[network].values()]
        shared = [updates for updates in tables[0] if all(updates in table for table in tables)]
        along = [np.mean([table[updates][against] for table in tables]) for updates in shared]
        return np.array(along, float), np.array([[table[u][measure] for u in shared] for table in tables], float)

    def seconds(self, network: str) -> dict[int, float]:
        """Processor time of each run by seed, evaluations included; for a machine that is busy, the fair clock."""
        return {
            seed: max(line["cpu_seconds"] for line in lines if "cpu_seconds" in line)
            for seed, lines in self.runs.get(network, {}).items()
            if any("cpu_seconds" in line for line in lines)
        }

    def turned_by_a_seed(self) -> list[tuple[str, str]]:
        """Pairs (better, worse by the mean) whose order turns round if the worse one shows its best seed alone, and the
        better one its worst."""
        best, worst = (max, min) if self.higher_is_better else (min, max)
        sign = 1 if self.higher_is_better else -1
        scores = {network: self.scores(network).values() for network in self.ranking()}
        return [
            (first, second)
            for first, second in combinations(scores, 2)
            if sign * (best(scores[second]) - worst(scores[first])) > 0
        ]

    def _heads(self) -> list[Line]:
        return [self.head(network) for network in self.runs]


def as_run(task: str, folder: str | Path, scale: str) -> dict[str, Race]:
    """By what is the same for all: the runs of one task that have come to their end.

    Networks that have one width either way (`catalogue.AS_WIDE`, at a class's scale) take part at equal parameters with
    their runs at equal width, as soon as another network has run at equal parameters: they alone are no race.
    """
    found: dict[str, dict[str, dict[int, Lines]]] = {each: {} for each in MATCHES}
    for lines in _all_runs(task, folder, scale):
        head = lines[0]
        if lines[-1].get("done"):
            found[head["match"]].setdefault(head["network"], {})[head["seed"]] = lines
    if found["parameters"] and scale == "class":
        for network in AS_WIDE:
            if network in found["width"]:
                found["parameters"].setdefault(network, found["width"][network])
    return {
        match: Race(task, match, scale, {n: dict(sorted(runs[n].items())) for n in _order(task) if n in runs})
        for match, runs in found.items()
    }


def unfinished(task: str, folder: str | Path, scale: str) -> dict[tuple[str, str], Lines]:
    """By match and network: the run that has come farthest, of those that have come to an evaluation and not to their
    end."""
    begun = [lines for lines in _all_runs(task, folder, scale) if len(lines) > 1 and not lines[-1].get("done")]
    begun.sort(key=lambda lines: int(lines[-1]["updates"]))
    return {(lines[0]["match"], lines[0]["network"]): lines for lines in begun}


def _all_runs(task: str, folder: str | Path, scale: str) -> Iterator[Lines]:
    """The lines of each run at a chosen rate; a run of the grid of rates is no result."""
    for path in sorted((Path(folder) / scale / task).glob("*.jsonl")):
        lines = read(path)
        if lines and lines[0].get("rate") is None:
            yield lines


def _order(task: str) -> list[str]:
    return [*networks(task), *ABLATED]


def race(
    task: str,
    match: str = "width",
    folder: str | Path = SHIPPED,
    scale: str = "class",
    entrants: Sequence[str] | None = None,
) -> Race:
    """The race of one task: all runs in the folder that have come to their end, at the chosen rates.

    The nnRNN sets the number of parameters. At equal parameters it, and the RNN with a free V, have the width that they
    have at equal width, so those runs stand for them.

    Parameters
    ----------
    task, match, scale
        As in `Experiment`.
    folder
        Where `run` wrote; default the results that come with the kit.
    entrants
        Which networks, in this order; default all rivals. "nnrnn-normal" (T = 0) and "nnrnn-orthogonal" (and γ = 1),
        which are no rivals, can be named too.

    Raises
    ------
    ValueError
        For an unknown task, match, scale or entrant.

    Examples
    --------
    >>> race("noisy-memory", folder="nowhere").not_run
    ['nnrnn', 'rnn', 'rnn-orth', 'exprnn', 'eurnn', 'lru']
    """
    one_of("task", task, SCALES[one_of("scale", scale, SCALES)])
    one_of("match", match, MATCHES)
    for entrant in entrants or ():
        one_of("entrants", entrant, _order(task))
    found = as_run(task, folder, scale)[match].runs
    runs = {network: found[network] for network in entrants or networks(task) if network in found}
    return Race(task, match, scale, runs)


def turned_by_a_rate(
    scores: Mapping[str, Mapping[str, float | None]], higher_is_better: bool
) -> dict[tuple[str, str], str]:
    """Pairs (better, worse), each at its best rate, whose order turns round if the better one gets another rate of the
    same grid: that rate, the worst of them. A rate at which the training diverged, None, counts as the worst.

    Parameters
    ----------
    scores
        By network and rate, as `tuning.tuned()[task]`.
    higher_is_better
        Of these scores.

    Examples
    --------
    >>> turned_by_a_rate({"a": {"0.1": 0.9, "0.01": 0.2}, "b": {"0.1": 0.1, "0.01": 0.5}}, True)
    {('a', 'b'): '0.01'}
    """
    sign = 1.0 if higher_is_better else -1.0
    worth = {
        network: {rate: -np.inf if score is None else sign * score for rate, score in by_rate.items()}
        for network, by_rate in scores.items()
    }
    best = {network: max(by_rate.values()) for network, by_rate in worth.items()}
    order = sorted(worth, key=best.__getitem__, reverse=True)
    turned = {}
    for better, worse in combinations(order, 2):
        rate = min(worth[better], key=worth[better].__getitem__)
        if best[better] > best[worse] > worth[better][rate]:  # two that are equal have no order to turn round
            turned[better, worse] = rate
    return turned
