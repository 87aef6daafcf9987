"""Recurrent networks that are called like torch.nn.RNN: NNRNN, and those that it is compared with."""

from .layer import Layer
from .nnrnn import NNRNN
from .rivals import EURNN, LRU, ExpRNN, FreeRNN, OrthogonalStartRNN
from .stack import RecurrentNetwork

__all__ = ["EURNN", "LRU", "NNRNN", "ExpRNN", "FreeRNN", "Layer", "OrthogonalStartRNN", "RecurrentNetwork"]
