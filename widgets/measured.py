"""Finished runs as text: the tables that notebooks print."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnrnn_core.experiments import Race

NAMES = {
    "nnrnn": "nnRNN",
    "nnrnn-normal": "nnRNN, T = 0",
    "nnrnn-orthogonal": "nnRNN, T = 0, γ = 1",
    "rnn": "free RNN",
    "rnn-orth": "free RNN, orthogonal start",
    "exprnn": "orthogonal RNN, expRNN",
    "eurnn": "orthogonal RNN, EURNN",
    "lru": "LRU",
    "lstm": "LSTM",
    "gru": "GRU",
}
WIDTH = max(map(len, NAMES.values())) + 2  # characters in the column of names
MISSING = "—"


def table(race: Race, measure: str = "test_score") -> str:
    """One line for each network of a race: "test_score" or "test_loss" of each seed, and their mean.

    A seed whose run diverged, or was not run, has a dash, and the mean is that of the others.
    """
    return _lines(race, {network: race.scores(network, measure) for network in race.runs}, "{:8.3f}")


def table_of_updates(race: Race, score: float) -> str:
    """One line for each network of a race: the updates until the validation score was as good as this; a dash where
    it never was."""
    return _lines(race, {network: race.updates_until(network, score) for network in race.runs}, "{:8.0f}")


def _lines(race: Race, values: Mapping[str, Mapping[int, float]], number: str) -> str:
    seeds = sorted({seed for runs in race.runs.values() for seed in runs})
    head = " " * WIDTH + "".join(f"{f'seed {seed}':>8}" for seed in seeds) + "    mean"
    return "\n".join(
        [head, *(NAMES[network].ljust(WIDTH) + _cells(values[network], seeds, number) for network in values)]
    )


def _cells(values: Mapping[int, float], seeds: list[int], number: str) -> str:
    known = [number.format(values[seed]) if seed in values else f"{MISSING:>8}" for seed in seeds]
    mean = number.format(np.mean(list(values.values()))) if values else f"{MISSING:>8}"
    return "".join([*known, mean])
