"""The paper's experiments and the kit's own: what they are, running them, their results."""

from ..shipped import SHIPPED
from .ablation import Ablation
from .catalogue import Experiment, names, networks
from .comparison import Pair, Race, race, turned_by_a_rate
from .probe import Probe
from .runs import read, run, run_all, trained
from .table import as_text, rows

__all__ = [
    "SHIPPED",
    "Ablation",
    "Experiment",
    "Pair",
    "Probe",
    "Race",
    "as_text",
    "names",
    "networks",
    "race",
    "read",
    "rows",
    "run",
    "run_all",
    "trained",
    "turned_by_a_rate",
]  # fmt: skip
