"""Recurrent matrices as torch modules: parameters in, V out, the spectrum read off."""

from .diagonal import DiagonalMatrix
from .free import FreeMatrix
from .orthogonal import OrthogonalMatrix
from .protocol import RecurrentMatrix
from .schur import SchurMatrix
from .unitary import UnitaryMatrix

__all__ = ["DiagonalMatrix", "FreeMatrix", "OrthogonalMatrix", "RecurrentMatrix", "SchurMatrix", "UnitaryMatrix"]
