"""The runs whose results the notebooks quote."""

from .three_tasks import EXPERIMENTS, NETWORKS, SEEDS, make_training, results

__all__ = ["EXPERIMENTS", "NETWORKS", "SEEDS", "make_training", "results"]
