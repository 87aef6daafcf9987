"""The results as a Markdown table, and its place in tests/benchmarks/README.md."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from . import scaling

BEGIN, END = "<!-- make bench: begin -->", "<!-- make bench: end -->"
HEAD = "| kit | | against | | ratio | target |\n|---|--:|---|--:|--:|--:|\n"


def table(results: dict[str, Any]) -> str:
    """One line a ratio: medians, ratio (median and range of the runs), target and whether it was missed."""
    lines = []
    for comparison in results["comparisons"]:
        count = comparison["threads"]
        lines.append(f"| **{comparison['title']}; {count} thread{'s' * (count > 1)}** | | | | | |")
        lines += [row_line(row, comparison) for row in comparison["rows"]]
        if comparison["name"] == "scaling":
            found = scaling.slopes(comparison["medians"])
            lines += [f"| grows like {axis} to the power | | | | {value:.2f} | |" for axis, value in found.items()]
    return HEAD + "\n".join(lines) + "\n"


def row_line(row: dict[str, Any], comparison: dict[str, Any]) -> str:
    medians = {name: statistics.median(values) for name, values in comparison["medians"].items()}
    unit, own = comparison["unit"], medians[row["what"]]
    peer = min(row["against"], key=lambda name: medians[name], default="")
    cells = [row["what"], quantity(own, unit), peer, quantity(medians[peer], unit) if peer else ""]
    cells += [ratio(row["ratios"]) + "×" * row["speedup"] if peer else "", target(row, unit)]
    return "| " + " | ".join(cells) + " |"


def quantity(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}" if value < 1000 else f"{value:.0f} {unit}"


def ratio(values: list[float]) -> str:
    """The median, and the range of several."""
    spread = f" ({min(values):.3g}–{max(values):.3g})" if len(values) > 1 else ""
    return f"{statistics.median(values):.3g}{spread}"


def target(row: dict[str, Any], unit: str) -> str:
    """The bound, and whether the median misses it."""
    if row["target"] is None:
        return ""
    found = statistics.median(row["ratios"])
    missed = found < row["target"] if row["speedup"] else found > row["target"]
    return (
        f"{'≥' if row['speedup'] else '≤'} {row['target']:g}{'' if row['against'] else ' ' + unit}{', missed' * missed}"
    )


def whole(results: dict[str, Any]) -> str:
    """What the README beside this file shows: the machine, then the table."""
    m = results["machine"]
    vectors = "with" if m["avx512"] else "without"
    cpu = f"{m['cores']} cores of an {m['processor']} {vectors} AVX-512"
    where = cpu if m["device"] == "cpu" else f"an {m['device']}"
    runs = f"the median of {results['runs']} runs and their range" if results["runs"] > 1 else "one run"
    return (
        f"Version {m['kit']}, measured on {m['date']} by `make bench` on {where}, with Python {m['python']}, "
        f"torch {m['torch']}, NumPy {m['numpy']} (BLAS for {m['blas']}): {runs}.\n\n{table(results)}"
    )


def into(path: Path, results: dict[str, Any]) -> None:
    """Puts the text between the two marks of a file in the place of what is there."""
    before, _, rest = path.read_text("utf-8").partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{path} has no lines {BEGIN} and {END} for the table")
    path.write_text(f"{before}{BEGIN}\n{whole(results)}{END}{after}", "utf-8")
