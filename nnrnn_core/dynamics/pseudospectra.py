"""Pseudospectra: {z : σ_min(zI − V) ≤ ε}, the eigenvalues of all V + E with ‖E‖₂ ≤ ε (Trefethen & Embree 2005, § 2).

V = P form P* with form triangular, and zI − V has the singular values of zI − form; Note [Inverse Lanczos] says how
they are found.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex128, Float64

from ..checks import number, whole_number
from .form import Matrix, Numbers, is_real, points, triangle_of
from .inverse_lanczos import Levels, levels

TOLERANCE = 1e-8


def resolvent_level(V: Matrix, z: Numbers, tolerance: float = TOLERANCE) -> Levels:
    """σ_min(zI − V) = 1/‖(zI − V)⁻¹‖₂: the ε at the edge of whose pseudospectrum z lies.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    z : array_like or tensor of complex, any shape
        Points of the plane, finite.
    tolerance : float, above 0 and below 1
        Relative error aimed at, on top of rounding (10⁻¹⁵ ‖V‖). Where the two smallest singular values differ by less
        than √tolerance/10 it may be the second that comes out. 10⁻² takes half the time of 10⁻⁸, for contours that
        follow a slider.

    Returns
    -------
    ndarray, of the shape of z
        At most the distance of z to the spectrum; that distance everywhere if and only if V is normal.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, z is not finite or tolerance is out of range.

    Notes
    -----
    A `SchurMatrix` or a lower triangular V is taken as it stands, and its levels are true far below 10⁻¹⁶ ‖V‖; those
    below 10⁻¹⁵⁰ of the largest entry or |z| come out as 0. A point and its conjugate are computed once where V is
    real.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, sections 2 and 39.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> float(dynamics.resolvent_level([[0.5, 0.0], [0.0, -0.5]], 1.5))
    1.0
    >>> round(float(dynamics.resolvent_level([[0.5, 0.0], [9.0, -0.5]], 1.5)), 4)
    0.2157
    """
    number("tolerance", tolerance, 0, 1, above=True, below=True)
    return levels(triangle_of(V), points(z, "z"), tolerance, is_real(V))


def pseudospectrum(
    V: Matrix, real: Numbers, imag: Numbers, tolerance: float = TOLERANCE
) -> Float64[np.ndarray, "rows columns"]:
    """σ_min(zI − V) on the grid z = x + iy: `resolvent_level` for contours.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    real : array_like or tensor, (columns,)
        The x of the grid.
    imag : array_like or tensor, (rows,)
        The y of the grid. Half the work where V is real and they are symmetric about 0, if only to rounding, as a
        `linspace` is.
    tolerance : float, above 0 and below 1
        As in `resolvent_level`.

    Returns
    -------
    ndarray, (rows, columns)
        A row for each y and a column for each x.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or real or imag is not a vector of finite real numbers.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, section 2.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> dynamics.pseudospectrum([[0.0, 0.0], [0.0, 0.0]], [0.0, 3.0], [0.0, 4.0])
    array([[0., 3.],
           [4., 5.]])
    """
    return resolvent_level(V, grid(real, imag), tolerance)


def perturbed_eigenvalues(V: Matrix, eps: float, count: int = 50, seed: int = 0) -> Complex128[np.ndarray, "count n"]:
    """The eigenvalues of V + E for random complex E of Gaussian entries, scaled to ‖E‖₂ = eps.

    Parameters
    ----------
    V : array_like, tensor or SchurMatrix, (n, n)
        Finite, real or complex.
    eps : float, at least 0
        Size of the perturbations.
    count : int, at least 1
        How many E are drawn.
    seed : int, at least 0
        The same seed gives the same directions of E for every eps, so that the dots move with a slider and do not jump.

    Returns
    -------
    ndarray of complex, (count, n)
        All lie in the eps-pseudospectrum, and many near its edge.

    Raises
    ------
    ValueError
        If V is not a finite, square matrix, or eps, count or seed is out of range.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, section 2.

    Examples
    --------
    >>> from nnrnn_core import dynamics
    >>> moved = dynamics.perturbed_eigenvalues([[0.5, 0.0], [9.0, 0.5]], eps=1e-2, count=200)
    >>> moved.shape, bool(0.2 < abs(moved - 0.5).max() < 0.32)
    ((200, 2), True)
    """
    size = number("eps", eps, 0)
    form = triangle_of(V)
    shape = (whole_number("count", count, 1), *form.shape)
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    E = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    E *= size / np.linalg.norm(E, 2, axis=(1, 2))[:, None, None]
    moved: Complex128[np.ndarray, "count n"] = np.linalg.eigvals(form + E)  # E is as random in this basis
    return moved


def grid(real: Numbers, imag: Numbers) -> Complex128[np.ndarray, "rows columns"]:
    """z = x + iy; an imaginary axis that is symmetric about 0 to rounding becomes so exactly."""
    x, y = _axis(real, "real"), _axis(imag, "imag")
    if np.abs(y + y[::-1]).max() <= 4 * np.finfo(float).eps * np.abs(y).max():
        y = (y - y[::-1]) / 2
    return np.asarray(x + 1j * y[:, None])


def _axis(values: Numbers, name: str) -> Float64[np.ndarray, " points"]:
    axis = points(values, name)
    if axis.ndim != 1 or not axis.size or axis.imag.any():
        raise ValueError(f"{name} must be an axis of the grid, a vector of real numbers; its shape is {axis.shape}")
    return axis.real
