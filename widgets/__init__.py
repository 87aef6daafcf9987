"""Live figures and labs for notebooks: ipywidgets and plotly around `nnrnn_core`."""

from .labs.training import TrainingLab
from .live import LiveFigure

__all__ = ["LiveFigure", "TrainingLab"]
