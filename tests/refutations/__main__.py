"""Attempts to refute, on as many random matrices as there is time for.

    nice env PYTHONPATH=tests python -m refutations kreiss --matrices 1000     500 of each time, eight minutes of a core
    nice env PYTHONPATH=tests python -m refutations kreiss-finer     on a hundred times as many points, an hour
    nice env PYTHONPATH=tests python -m refutations peak --matrices 400        as many, two minutes

Prints the worst for each kind of matrix (relative, negative where there is room), after an interrupt of those so far,
and ends with 1 where something was refuted: its seed makes it again.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import defaultdict
from contextlib import suppress

from nnrnn_core.threads import threads

from . import kreiss, peak
from .matrices import drawn

CHECKS = {"kreiss": kreiss.differences, "kreiss-finer": kreiss.finer_differences, "peak": peak.differences}
ALLOWED = 1e-8, 1e-5  # relative: above what is proven, below what is reached
TIMES = ("discrete", "continuous")


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="refutations", description="Random matrices against what the kit proves.")
    parser.add_argument("what", choices=CHECKS)
    parser.add_argument("--matrices", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    chosen = parser.parse_args(given)
    worst: dict[tuple[str, str], list[tuple[float, float, bool, float]]] = defaultdict(list)
    refuted = 0
    with suppress(KeyboardInterrupt):  # what there is so far
        for seed in range(chosen.first, chosen.first + chosen.matrices):
            time = TIMES[seed // 4 % 2]  # four kinds in turn
            kind, V = drawn(seed, time)  # type: ignore[arg-type]
            with threads(1):
                over, under, met, value = CHECKS[chosen.what](V, time)  # type: ignore[arg-type]
            worst[kind, time].append((over, under, met, value))
            if over > ALLOWED[0] or under > ALLOWED[1]:
                refuted += 1
                words = f"{over:+.2e} above what is proven, {under:+.2e} below what is reached"
                print(f"seed {seed}, {kind}, {time}: {words}", flush=True)
    head = f"{'kind':24}{'time':12}{'matrices':>9}{'proven':>8}{'median':>9}{'largest':>9}"
    print(f"{head}{'above proven':>14}{'below reached':>15}{'above reached':>15}")
    for (kind, time), rows in sorted(worst.items()):
        over, under, met, values = zip(*rows, strict=True)
        sizes = f"{statistics.median(values):9.3g}{max(values):9.3g}"
        print(
            f"{kind:24}{time:12}{len(rows):9}{sum(met):8}{sizes}{max(over):+14.1e}{max(under):+15.1e}{-min(under):+15.1e}"
        )
    print(f"{refuted} refuted")
    return refuted > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
