"""What the nnRNN's matrix is built from: its rotation blocks Λ, the entries that are free in T, and its eigenvalues.

The same in NumPy as `SchurMatrix` is in torch, for lessons and labs where torch need not be.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Complex
from numpy.typing import ArrayLike

from ..checks import one_of, whole_number
from .form import RealMatrix

MASKS = ("block", "entry")


def rotation_blocks(gamma: ArrayLike, theta: ArrayLike) -> RealMatrix:
    """Λ: γ [[cos θ, −sin θ], [sin θ, cos θ]] for each pair of γ and θ, along the diagonal; 0 elsewhere.

    Parameters
    ----------
    gamma, theta : array_like, (n/2,)
        Radii, and angles in radians. One number stands for all blocks.

    Returns
    -------
    ndarray, (n, n)
        With the eigenvalues γ e^{±iθ}, and normal.

    Raises
    ------
    ValueError
        If gamma or theta is not a vector of real numbers, or they are not as many.

    References
    ----------
    Kerg et al., Non-normal Recurrent Neural Network (nnRNN), NeurIPS 2019, eq. 4.

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> dynamics.rotation_blocks(2, [np.pi / 2]).round(12) + 0
    array([[ 0., -2.],
           [ 2.,  0.]])
    """
    radius, angle = _pairs(gamma=gamma, theta=theta)
    first = 2 * np.arange(len(angle))
    blocks = np.zeros((2 * len(angle), 2 * len(angle)))
    blocks[first, first] = blocks[first + 1, first + 1] = radius * np.cos(angle)
    blocks[first + 1, first] = radius * np.sin(angle)
    blocks[first, first + 1] = -blocks[first + 1, first]
    return blocks


def free_entries(size: int, mask: str = MASKS[0]) -> Bool[np.ndarray, "n n"]:
    """Where T is free.

    Parameters
    ----------
    size : int
        n, from 1 on; even for an nnRNN.
    mask : {"block", "entry"}
        "block": strictly below the 2×2 blocks, row // 2 > column // 2. "entry", the mask of the authors' released code
        in the kit's convention for columns: strictly below the diagonal. It has one entry in each block as well.

    Returns
    -------
    ndarray of bool, (n, n)
        For an even n, n(n − 2)/2 of them are True, or n(n − 1)/2.

    Raises
    ------
    ValueError
        If size is no whole number of at least 1, or mask is neither.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.free_entries(4).astype(int)
    array([[0, 0, 0, 0],
           [0, 0, 0, 0],
           [1, 1, 0, 0],
           [1, 1, 0, 0]])
    >>> int(dynamics.free_entries(4, "entry").sum())
    6
    """
    index = np.arange(whole_number("size", size, 1))
    if one_of("mask", mask, MASKS) == "block":
        index = index // 2
    return np.asarray(index[:, None] > index)


def block_eigenvalues(gamma: ArrayLike, theta: ArrayLike, inside: ArrayLike = 0.0) -> Complex[np.ndarray, " n"]:
    """γ cos θ ± √(−γ sin θ (γ sin θ + t)), the eigenvalues of γ [[cos θ, −sin θ], [sin θ, cos θ]] + [[0, 0], [t, 0]].

    Parameters
    ----------
    gamma, theta : array_like, (n/2,)
        Radii, and angles in radians. One number stands for all blocks.
    inside : array_like, (n/2,)
        t, the entry of T in the lower left corner of each block; 0 with the block mask.

    Returns
    -------
    ndarray of complex, (n,)
        The pair of each block side by side; with inside 0 it is γ e^{±iθ}.

    Raises
    ------
    ValueError
        If an argument is not a vector of real numbers, or they are not as many.

    Notes
    -----
    Half the trace of the block is γ cos θ, and its determinant is γ² + γ t sin θ. So the pair is complex, with
    |λ|² = γ² + γ t sin θ, exactly where γ sin θ (γ sin θ + t) > 0; it is double where that product is 0, and real where
    it is negative. The authors' code has t at the other place, [[0, t], [0, 0]]: that is the transpose of the block for
    −θ, so t sin θ changes its sign, in the moduli and in the condition.

    Examples
    --------
    >>> import numpy as np
    >>> from nnrnn_core import dynamics
    >>> bool(np.allclose(dynamics.block_eigenvalues(0.9, [0.7]), 0.9 * np.exp([0.7j, -0.7j])))
    True
    >>> abs(dynamics.block_eigenvalues(1.0, [0.7], [0.3])).round(3)
    array([1.092, 1.092])
    """
    radius, angle, t = _pairs(gamma=gamma, theta=theta, inside=inside)
    with np.errstate(invalid="ignore"):  # a diverged network has no numbers, and that is all to be said of it
        sine = radius * np.sin(angle)
        root = np.sqrt((-sine * (sine + t)).astype(complex))
        root = np.where(sine < 0, -root, root)  # the pair begins with γ e^{iθ}
        middle = radius * np.cos(angle)
    return np.stack([middle + root, middle - root], axis=1).ravel()


def _pairs(**given: ArrayLike) -> list[np.ndarray]:
    """The arguments as vectors of one length."""
    found = {}
    for name, value in given.items():
        vector = np.atleast_1d(np.asarray(value))
        if vector.ndim != 1 or vector.dtype.kind not in "iuf":
            raise ValueError(f"{name} must be a vector of real numbers, one for each 2×2 block; got {value!r}")
        found[name] = vector.astype(float)
    if len({len(vector) for vector in found.values()} - {1}) > 1:
        counts = ", ".join(f"{len(vector)} of {name}" for name, vector in found.items())
        raise ValueError(f"there must be one number for each 2×2 block, or one for all; got {counts}")
    return list(np.broadcast_arrays(*found.values()))
