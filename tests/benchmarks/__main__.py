"""Everything the kit says about its speed, measured side by side in one process.

    make bench                                     all comparisons once, the results into tests/benchmarks/results
    make bench BENCH="--runs 3 --readme"           three times, and the table into the README.md beside this file
    make bench BENCH="--only recurrence step --rounds 5"     some of them, printed only
    make bench BENCH="--only live --runs 3 --readme"         some of them anew, in the stored results and that README.md

Without make: `PYTHONPATH=tests python -m benchmarks`. The peers need `pip install -e '.[bench]'`; one that is not
there is left out.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

from . import dropin, labs, large_labs, live, matrices, memory, recurrence, scaling, table, training
from .measure import Comparison, Setup, machine, run

RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parent / "README.md"
MODULES = (dropin, recurrence, training, matrices, memory, labs, large_labs, live, scaling)
IN_A_BROWSER = live.COMPARISONS[0].name  # left out of a quick run
ALL: dict[str, Comparison] = {c.name: c for module in MODULES for c in module.COMPARISONS}


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description="The kit's speed, side by side with its peers.")
    parser.add_argument("--only", nargs="+", choices=ALL, metavar="NAME", help=f"of {', '.join(ALL)}; prints only")
    parser.add_argument("--rounds", type=int, help="rounds of every comparison in place of its own number")
    parser.add_argument("--runs", type=int, default=1, help="everything so many times; ratios with their range")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it run? The numbers mean nothing")
    parser.add_argument("--out", type=Path, help="folder of the results in place of tests/benchmarks/results")
    parser.add_argument("--stored", action="store_true", help="show the stored results, measure nothing")
    parser.add_argument("--readme", action="store_true", help="the CPU's table into tests/benchmarks/README.md")
    chosen = parser.parse_args(given)
    if chosen.readme and (chosen.quick or chosen.device != "cpu"):
        parser.error("--readme takes the table of the CPU: leave out --quick, and add --device cpu")
    return chosen


def about(chosen: argparse.Namespace) -> dict[str, Any]:
    """The results before anything is measured."""
    device = torch.device(chosen.device)
    return {"machine": machine(device), "quick": chosen.quick, "runs": chosen.runs, "comparisons": []}


def measured(chosen: argparse.Namespace) -> dict[str, Any]:
    """All results as plain values."""
    setup = Setup(torch.device(chosen.device), chosen.quick)
    everywhere = [name for name, c in ALL.items() if c.on_gpu or setup.device.type == "cpu"]
    names = chosen.only or [name for name in everywhere if not (setup.quick and name == IN_A_BROWSER)]
    comparisons = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        comparisons.append(run(ALL[name], setup, chosen.rounds, chosen.runs))
    return {**about(chosen), "comparisons": comparisons}


def anew(stored: dict[str, Any], some: dict[str, Any]) -> dict[str, Any]:
    """The stored results with some comparisons in the place of their older ones, or new ones added. ValueError if they
    are of another machine, another version of the kit, or another number of runs."""
    before, now = ({**results["machine"], "date": "", "runs": results["runs"]} for results in (stored, some))
    if before != now:
        raise ValueError(f"the stored results are of {before}, these of {now}: measure everything, without --only")
    found = {c["name"]: c for c in [*stored["comparisons"], *some["comparisons"]]}  # the later one of a name
    return {**some, "comparisons": [found[name] for name in ALL if name in found]}


def store(results: dict[str, Any], folder: Path, kind: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, indent=1, ensure_ascii=False)
    (folder / f"{kind}.json").write_text(text + "\n", "utf-8")
    medians = next(c["medians"] for c in results["comparisons"] if c["name"] == "scaling")
    (folder / f"{kind}-scaling.svg").write_text(scaling.picture(medians), "utf-8")


def stored_results(folder: Path, kind: str) -> dict[str, Any]:
    results: dict[str, Any] = json.loads((folder / f"{kind}.json").read_text("utf-8"))
    return results


def rounded(value: Any) -> Any:
    """Every number to four digits."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def main(given: list[str]) -> None:
    chosen = arguments(given)
    folder, kind = chosen.out or RESULTS, chosen.device.partition(":")[0]
    if not chosen.stored:
        older = stored_results(folder, kind) if chosen.only and chosen.readme else None
        if older:
            anew(older, about(chosen))  # what does not go together is said before anything is measured
        results = rounded(measured(chosen))
        results = anew(older, results) if older else results
        if (chosen.readme or not chosen.only) and (chosen.out or not chosen.quick):
            store(results, folder, kind)
    else:
        results = stored_results(folder, kind)
    print(table.whole(results))
    if chosen.readme:
        table.into(README, results)


if __name__ == "__main__":
    main(sys.argv[1:])
