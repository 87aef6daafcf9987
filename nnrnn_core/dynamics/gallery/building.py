"""What several families are built from."""

from __future__ import annotations

import numpy as np

from ..form import RealMatrix


def tridiagonal(size: int, below: float, diagonal: float, above: float) -> RealMatrix:
    return below * np.eye(size, k=-1) + diagonal * np.eye(size) + above * np.eye(size, k=1)


def gaussian(size: int, seed: int) -> RealMatrix:
    return np.random.default_rng(seed).standard_normal((size, size))


def orthogonal(size: int, seed: int) -> RealMatrix:
    """Uniform on the orthogonal matrices: Q of a Gaussian matrix, with R's diagonal made positive."""
    Q, R = np.linalg.qr(gaussian(size, seed))
    return np.asarray(Q * np.sign(np.diag(R)))


def rotated(form: RealMatrix, seed: int) -> RealMatrix:
    P = orthogonal(len(form), seed)
    return np.asarray(P @ form @ P.T)
