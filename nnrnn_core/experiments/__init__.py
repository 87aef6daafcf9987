"""The paper's experiments and the kit's own: what they are, running them, their results."""

from .catalogue import Experiment, names
from .runs import read, run, run_all
from .table import as_text, rows
from .three_tasks import EXPERIMENTS, NETWORKS, SEEDS, make_training, results

__all__ = [
    "EXPERIMENTS",
    "NETWORKS",
    "SEEDS",
    "Experiment",
    "as_text",
    "make_training",
    "names",
    "read",
    "results",
    "rows",
    "run",
    "run_all",
]  # fmt: skip
