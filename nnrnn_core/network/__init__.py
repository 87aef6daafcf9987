"""Recurrent networks that are called like torch.nn.RNN: NNRNN, and the free and the orthogonal network beside it."""

from .layer import Layer
from .nnrnn import NNRNN
from .rivals import ExpRNN, FreeRNN
from .stack import RecurrentNetwork

__all__ = ["NNRNN", "ExpRNN", "FreeRNN", "Layer", "RecurrentNetwork"]
