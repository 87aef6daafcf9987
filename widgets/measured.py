"""The shipped results of `nnrnn_core.experiments` as text: the tables that notebooks print."""

from __future__ import annotations

from nnrnn_core.experiments import EXPERIMENTS, SEEDS, results

WIDTH = 22  # characters in the column of names


def table(task: str, measure: str, what: str = "value", networks: tuple[str, ...] | None = None) -> str:
    """One line a network: its numbers, one a seed, and their mean.

    task      a key of `EXPERIMENTS`
    measure   what was measured, such as "recall"
    what      "value", or "updates": after how many it was measured
    networks  default: all that ran this task
    """
    if task not in EXPERIMENTS:
        raise ValueError(f"task must be one of {', '.join(EXPERIMENTS)}; got {task!r}")
    rows = [(network, results(task, network, measure, what)) for network in networks or EXPERIMENTS[task][1]]
    number = "{:8.0f}" if what == "updates" else "{:8.3f}"
    lines = [" " * WIDTH + "".join(f"{f'seed {seed}':>8}" for seed in SEEDS) + "    mean"]
    for network, values in rows:
        lines.append(network.ljust(WIDTH) + "".join(number.format(v) for v in [*values, values.mean()]))
    return "\n".join(lines)
