"""The paper's experiments and the kit's own: what they are, running them, their results."""

from .catalogue import Experiment, names
from .runs import SHIPPED, read, run, run_all, trained
from .table import as_text, finished, rows
from .three_tasks import EXPERIMENTS, NETWORKS, SEEDS, make_training, results

__all__ = [
    "EXPERIMENTS",
    "NETWORKS",
    "SEEDS",
    "SHIPPED",
    "Experiment",
    "as_text",
    "finished",
    "make_training",
    "names",
    "read",
    "results",
    "rows",
    "run",
    "run_all",
    "trained",
]  # fmt: skip
