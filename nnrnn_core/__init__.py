"""The non-normal RNN (Kerg et al., NeurIPS 2019): V = P (Λ + T) Pᵀ, its dynamics, its training."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import activations, dynamics, tasks
    from .device import best_device
    from .matrices import SchurMatrix
    from .network import NNRNN
    from .reading import MatrixChoice, read_matrix
    from .recurrence import unroll
    from .sequence_model import SequenceModel
    from .settings import Settings
    from .training import Diverged, Step, Training, train
    from .version import __version__

# Where each name lives; imported when first asked for, so that whoever wants the mathematics of a matrix does not wait
# for torch's compiler, which comes with the networks and is as large as the rest of torch. "" is a module itself.
_HOMES = {
    "__version__": "version",
    "NNRNN": "network",
    "Diverged": "training",
    "MatrixChoice": "reading",
    "SchurMatrix": "matrices",
    "SequenceModel": "sequence_model",
    "Settings": "settings",
    "Step": "training",
    "Training": "training",
    "activations": "",
    "best_device": "device",
    "dynamics": "",
    "read_matrix": "reading",
    "tasks": "",
    "train": "training",
    "unroll": "recurrence",
}

__all__ = [
    "NNRNN",
    "Diverged",
    "MatrixChoice",
    "SchurMatrix",
    "SequenceModel",
    "Settings",
    "Step",
    "Training",
    "__version__",
    "activations",
    "best_device",
    "dynamics",
    "read_matrix",
    "tasks",
    "train",
    "unroll",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"nnrnn_core has no {name!r}; it has {', '.join(__all__)}")
    try:
        home = import_module(f".{_HOMES[name] or name}", __name__)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ImportError(
            f"nnrnn_core.{name} needs torch, which is not installed here: install it with `pip install torch` "
            "(https://pytorch.org says how for a GPU). nnrnn_core.dynamics works without it.",
            name="torch",
        ) from error
    return getattr(home, name) if _HOMES[name] else home


def __dir__() -> list[str]:
    return __all__
