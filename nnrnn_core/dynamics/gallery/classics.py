"""Classics of numerical analysis."""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg

from ..form import RealMatrix
from .building import tridiagonal
from .specimen import SEED, Parameter, entry, size


@entry(
    "Grcar matrix",
    "A Toeplitz matrix: 1 on the diagonal and the three above it, −1 below, all times scale.",
    "With 50 units and scale 0.4 the spectral radius is 0.90, but V^k passes 2000; from about 100 units on "
    "the eigenvalues computed from V and from its transpose differ to the eye.",
    size=size(50),
    scale=Parameter(0.4, 0.05, 1.0, 0.01, "factor on all entries"),
)
def grcar(size: int, scale: float) -> RealMatrix:
    """scale · (1 on the diagonal and the three above it, −1 below) (Grcar 1989; Trefethen 1992)."""
    band = sum(np.eye(size, k=k) for k in range(4))
    return np.asarray(scale * (band - np.eye(size, k=-1)))


@entry(
    "Kahan matrix",
    "A triangular matrix whose diagonal falls as the powers of sin(angle).",
    "Its smallest eigenvalue does not tell how nearly singular it is: with 20 units and angle 1.2 the smallest "
    "singular value is 190 times below it.",
    size=size(20),
    angle=Parameter(1.2, 0.3, 1.5, 0.01, "θ; the closer to π/2, the slower the fall"),
)
def kahan(size: int, angle: float) -> RealMatrix:
    """(I − cos θ · (ones below the diagonal)) diag(1, s, s², …), s = sin θ: the transpose of Kahan's (1966)."""
    return np.asarray((np.eye(size) - math.cos(angle) * np.tri(size, k=-1)) * math.sin(angle) ** np.arange(size))


@entry(
    "Companion matrix",
    "A number that follows from its own last values, as one unit that drives a delay line of its past.",
    "Its eigenvalues are the roots of the polynomial, evenly spaced from lowest to highest; its first row "
    "holds the coefficients, which can be large though no root is.",
    size=size(8, 64),
    lowest=Parameter(0.2, -1.0, 1.0, 0.05, "lowest root"),
    highest=Parameter(0.9, -1.0, 1.0, 0.05, "highest root"),
)
def companion(size: int, lowest: float, highest: float) -> RealMatrix:
    return np.asarray(scipy.linalg.companion(np.poly(np.linspace(lowest, highest, size))))


@entry(
    "Demmel matrix",
    "A triangular Toeplitz matrix whose entries grow geometrically away from the diagonal.",
    "All its eigenvalues are −1, so that exp(tA) dies out; with 10 units and 4 decades it passes 700 first.",
    time="continuous",
    size=size(10, 64),
    decades=Parameter(4.0, 0.0, 6.0, 0.25, "powers of ten between the diagonal and the corner"),
)
def demmel(size: int, decades: float) -> RealMatrix:
    """−M^{i−j} on and below the diagonal, M^{n−1} = 10^decades: the transpose of Demmel's (1987)."""
    ratio = 10 ** (decades / (size - 1))
    return np.asarray(scipy.linalg.toeplitz(-(ratio ** np.arange(size)), np.zeros(size)))


@entry(
    "Convection-diffusion",
    "A substance carried to the right at speed 1 while it spreads, absorbed at both ends.",
    "With 40 units and Péclet number 40 the spectrum promises a decay faster than exp(−10t), yet at t = 0.5, "
    "when what was on the left is halfway across, the norm of exp(tA) is still 0.78.",
    time="continuous",
    size=size(40),
    peclet=Parameter(40.0, 1.0, 80.0, 1.0, "Péclet number: carrying against spreading"),
)
def convection_diffusion(size: int, peclet: float) -> RealMatrix:
    """u_t = u_xx/Pe − u_x on (0, 1), u = 0 at both ends, by central differences at `size` points."""
    diffusion, convection = (size + 1) ** 2 / peclet, (size + 1) / 2
    return tridiagonal(size, diffusion + convection, -2 * diffusion, diffusion - convection)


@entry(
    "Hatano-Nelson chain",
    "A line of sites of random height, with hops to the right e^(2 bias) times as strong as those to the left.",
    "Whatever the bias, the eigenvalues are those of the symmetric chain; the norm of V^k is not.",
    size=size(50, 100),
    hop=Parameter(0.4, 0.0, 1.0, 0.05, "strength of the hops without bias"),
    bias=Parameter(1.0, 0.0, 2.0, 0.05, "how much rightward hops are preferred"),
    disorder=Parameter(0.2, 0.0, 1.0, 0.05, "largest height of a site"),
    seed=SEED,
)
def hatano_nelson(size: int, hop: float, bias: float, disorder: float, seed: int) -> RealMatrix:
    """hop e^{bias} below the diagonal, hop e^{−bias} above, U(−disorder, disorder) on it (Hatano & Nelson 1996)."""
    site = np.random.default_rng(seed).uniform(-1, 1, size)
    return tridiagonal(size, hop * math.exp(bias), 0, hop * math.exp(-bias)) + disorder * np.diag(site)


SPECIMENS = (grcar, kahan, companion, demmel, convection_diffusion, hatano_nelson)
