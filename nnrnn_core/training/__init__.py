"""Training a network: settings in, one record a step out."""

from .optimisation import parameter_groups
from .records import Step
from .training import Diverged, Training, train

__all__ = ["Diverged", "Step", "Training", "parameter_groups", "train"]
