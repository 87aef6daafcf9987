"""The paper's experiments and the kit's own: what they are, running them, their results."""

from .ablation import Ablation
from .catalogue import Experiment, names, networks
from .comparison import Pair, Race, race, turned_by_a_rate
from .probe import Probe
from .runs import SHIPPED, read, run, run_all, trained
from .table import as_text, rows
from .three_tasks import EXPERIMENTS, NETWORKS, SEEDS, make_training, results

__all__ = [
    "EXPERIMENTS",
    "NETWORKS",
    "SEEDS",
    "SHIPPED",
    "Ablation",
    "Experiment",
    "Pair",
    "Probe",
    "Race",
    "as_text",
    "make_training",
    "names",
    "networks",
    "race",
    "read",
    "results",
    "rows",
    "run",
    "run_all",
    "trained",
    "turned_by_a_rate",
]  # fmt: skip
