"""The non-normal RNN (Kerg et al., NeurIPS 2019): V = P (Λ + T) Pᵀ, its dynamics, its training."""

from . import activations, dynamics, tasks
from .device import best_device
from .network import NNRNN, SequenceModel
from .recurrence import unroll
from .schur import SchurMatrix
from .settings import Settings
from .training import Diverged, Step, Training, train

__all__ = [
    "NNRNN",
    "Diverged",
    "SchurMatrix",
    "SequenceModel",
    "Settings",
    "Step",
    "Training",
    "activations",
    "best_device",
    "dynamics",
    "tasks",
    "train",
    "unroll",
]
