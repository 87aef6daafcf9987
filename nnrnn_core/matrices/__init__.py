"""Recurrent matrices as torch modules: parameters in, V out, the spectrum read off."""

from .free import FreeMatrix
from .orthogonal import OrthogonalMatrix
from .protocol import RecurrentMatrix
from .schur import SchurMatrix

__all__ = ["FreeMatrix", "OrthogonalMatrix", "RecurrentMatrix", "SchurMatrix"]
