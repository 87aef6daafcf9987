"""The networks that the nnRNN is compared with, one a file."""

from .eurnn import EURNN
from .exprnn import ExpRNN
from .free import FreeRNN
from .gated import gru, lstm
from .lru import LRU
from .orthogonal import OrthogonalStartRNN

__all__ = ["EURNN", "LRU", "ExpRNN", "FreeRNN", "OrthogonalStartRNN", "gru", "lstm"]
