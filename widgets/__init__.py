"""Live figures and labs for notebooks: ipywidgets and plotly around `nnrnn_core`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .labs.assemble import AssembleLab
    from .labs.gradient import GradientLab
    from .labs.growth import GrowthLab
    from .labs.memory import MemoryLab
    from .labs.race import RaceLab
    from .labs.schur import SchurLab
    from .labs.shear import ShearLab
    from .labs.spectrum import SpectrumLab
    from .labs.training import TrainingLab
    from .labs.xray import XrayLab
    from .live import LiveFigure

# Where each name lives; imported when first asked for, so that `widgets.figures` alone needs no ipywidgets.
_HOMES = {
    "AssembleLab": ".labs.assemble",
    "GradientLab": ".labs.gradient",
    "GrowthLab": ".labs.growth",
    "LiveFigure": ".live",
    "MemoryLab": ".labs.memory",
    "RaceLab": ".labs.race",
    "SchurLab": ".labs.schur",
    "ShearLab": ".labs.shear",
    "SpectrumLab": ".labs.spectrum",
    "TrainingLab": ".labs.training",
    "XrayLab": ".labs.xray",
}

__all__ = [
    "AssembleLab",
    "GradientLab",
    "GrowthLab",
    "LiveFigure",
    "MemoryLab",
    "RaceLab",
    "SchurLab",
    "ShearLab",
    "SpectrumLab",
    "TrainingLab",
    "XrayLab",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"widgets has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name], __name__), name)
