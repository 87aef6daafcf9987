"""Named matrices that each show one thing about non-normal dynamics, with parameters to turn.

    V = gallery["delay_line"](size=20, alpha=1.1)

Feed-forward is below the diagonal, the paper's side: unit 0 drives unit 1. A specimen in discrete time is a V of
h_t = V h_{t−1}, one in continuous time an A of x' = A x. The same parameters, seed included, give the same matrix.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Float64

from .form import RealMatrix, Time

TUNING_STEPS = 60  # at most, of `stability_optimised`
TUNING_MARGIN = 0.1  # how far below the target its steps aim
INHIBITION = 3.0  # an inhibitory synapse before tuning, in excitatory ones (Hennequin et al. 2014)


class Parameter(NamedTuple):
    """default, low ≤ value ≤ high, step of a slider, words: what it is. An int as default: whole numbers only."""

    default: float
    low: float
    high: float
    step: float
    words: str


@dataclass(frozen=True)
class Specimen:
    """A matrix of the gallery: `specimen(**parameters)` is the (n, n) array in float64.

    title        a few words, for a button
    sentence     what it is
    look_at      what to look at in it
    parameters   by name; those not given are at their defaults
    time         "discrete" (V of h_t = V h_{t−1}) or "continuous" (A of x' = A x)
    build        the matrix from all its parameters, unchecked

    Errors: ValueError for a parameter that it does not have, that is out of range, or that must be whole and is not.
    """

    title: str
    sentence: str
    look_at: str
    parameters: Mapping[str, Parameter]
    time: Time
    build: Callable[..., RealMatrix]

    def __call__(self, **parameters: float) -> Float64[np.ndarray, "n n"]:
        for name in parameters:
            if name not in self.parameters:
                known = ", ".join(self.parameters)
                raise ValueError(f"{self.title} has no parameter {name} (got {parameters[name]}); it has {known}")
        chosen = {name: _checked(name, parameters.get(name, p.default), p) for name, p in self.parameters.items()}
        return self.build(**chosen)


def _checked(name: str, value: object, parameter: Parameter) -> float:
    whole, low, high = isinstance(parameter.default, int), parameter.low, parameter.high
    real = isinstance(value, Real) and not isinstance(value, bool)
    number = float(value) if real else math.nan  # type: ignore[arg-type]
    if not low <= number <= high or (whole and not number.is_integer()):
        raise ValueError(f"{name} must be a {'whole ' if whole else ''}number from {low} to {high}; got {value}")
    return int(number) if whole else number


# --- feed-forward chains and Jordan blocks


def _triangle(first: float, second: float, strength: float) -> RealMatrix:
    return np.array([[first, 0.0], [strength, second]])


def _shear(radius: float, strength: float) -> RealMatrix:
    return _triangle(radius, radius, strength)


def _tridiagonal(size: int, below: float, diagonal: float, above: float) -> RealMatrix:
    return below * np.eye(size, k=-1) + diagonal * np.eye(size) + above * np.eye(size, k=1)


def _delay_line(size: int, alpha: float) -> RealMatrix:
    return _tridiagonal(size, alpha, 0, 0)


def _dense_delay_line(size: int, alpha: float) -> RealMatrix:
    return _rotated(_delay_line(size, alpha), 0)


def _jordan(size: int, eigenvalue: float, strength: float) -> RealMatrix:
    return _tridiagonal(size, strength, eigenvalue, 0)


def _feedback_chain(size: int, alpha: float, beta: float) -> RealMatrix:
    return _tridiagonal(size, alpha, 0, beta)


def _feed_forward_layers(size: int, layers: int, strength: float, seed: int) -> RealMatrix:
    """Layers of size/layers units; each unit hears all of the layer before, with weights N(0, strength²/width)."""
    count = min(layers, size)
    layer = np.arange(size) * count // size
    weights = strength * math.sqrt(count / size) * _gaussian(size, seed)
    return np.where(layer[:, None] == layer[None, :] + 1, weights, 0.0)


def _table6(size: int, d: float, alpha: float, beta: float) -> RealMatrix:
    """d on the diagonal, alpha below it, beta everywhere further down (paper, section 3, Table 6)."""
    return _tridiagonal(size, alpha, d, 0) + beta * np.tri(size, k=-2)


# --- classics of numerical analysis


def _grcar(size: int, scale: float) -> RealMatrix:
    """scale · (1 on the diagonal and the three above it, −1 below) (Grcar 1989; Trefethen 1992)."""
    band = sum(np.eye(size, k=k) for k in range(4))
    return np.asarray(scale * (band - np.eye(size, k=-1)))


def _kahan(size: int, angle: float) -> RealMatrix:
    """(I − cos θ · (ones below the diagonal)) diag(1, s, s², …), s = sin θ: the transpose of Kahan's (1966)."""
    return np.asarray((np.eye(size) - math.cos(angle) * np.tri(size, k=-1)) * math.sin(angle) ** np.arange(size))


def _companion(size: int, lowest: float, highest: float) -> RealMatrix:
    return np.asarray(scipy.linalg.companion(np.poly(np.linspace(lowest, highest, size))))


def _demmel(size: int, decades: float) -> RealMatrix:
    """−M^{i−j} on and below the diagonal, M^{n−1} = 10^decades: the transpose of Demmel's (1987)."""
    ratio = 10 ** (decades / (size - 1))
    return np.asarray(scipy.linalg.toeplitz(-(ratio ** np.arange(size)), np.zeros(size)))


def _convection_diffusion(size: int, peclet: float) -> RealMatrix:
    """u_t = u_xx/Pe − u_x on (0, 1), u = 0 at both ends, by central differences at `size` points."""
    diffusion, convection = (size + 1) ** 2 / peclet, (size + 1) / 2
    return _tridiagonal(size, diffusion + convection, -2 * diffusion, diffusion - convection)


def _hatano_nelson(size: int, hop: float, bias: float, disorder: float, seed: int) -> RealMatrix:
    """hop e^{bias} below the diagonal, hop e^{−bias} above, U(−disorder, disorder) on it (Hatano & Nelson 1996)."""
    site = np.random.default_rng(seed).uniform(-1, 1, size)
    return _tridiagonal(size, hop * math.exp(bias), 0, hop * math.exp(-bias)) + disorder * np.diag(site)


# --- random and normal ones


def _gaussian(size: int, seed: int) -> RealMatrix:
    return np.random.default_rng(seed).standard_normal((size, size))


def _orthogonal(size: int, seed: int) -> RealMatrix:
    """Uniform on the orthogonal matrices: Q of a Gaussian matrix, with R's diagonal made positive."""
    Q, R = np.linalg.qr(_gaussian(size, seed))
    return np.asarray(Q * np.sign(np.diag(R)))


def _rotated(form: RealMatrix, seed: int) -> RealMatrix:
    P = _orthogonal(len(form), seed)
    return np.asarray(P @ form @ P.T)


def _random(size: int, gain: float, seed: int) -> RealMatrix:
    return gain / math.sqrt(size) * _gaussian(size, seed)


def _random_orthogonal(size: int, gain: float, seed: int) -> RealMatrix:
    return gain * _orthogonal(size, seed)


def _symmetric_random(size: int, gain: float, seed: int) -> RealMatrix:
    G = _gaussian(size, seed)
    return np.asarray(gain / math.sqrt(8 * size) * (G + G.T))


def _ring(size: int, gain: float) -> RealMatrix:
    return gain * np.roll(np.eye(size), 1, axis=0)


def _rotation(size: int, gamma: float) -> RealMatrix:
    pairs = (size + 1) // 2
    return _blocks(size, gamma, np.pi * (np.arange(pairs) + 0.5) / pairs)


def _blocks(size: int, gamma: float, theta: Float64[np.ndarray, " pairs"]) -> RealMatrix:
    """γ [[cos θ, −sin θ], [sin θ, cos θ]] on the diagonal; γ alone in the last place of an odd size."""
    turn = np.exp(1j * theta)
    turn[size // 2 :] = 1
    blocks = np.kron(np.diag(turn.real), np.eye(2)) + np.kron(np.diag(turn.imag), [[0, -1], [1, 0]])
    return np.asarray(gamma * blocks[:size, :size])


def _nnrnn_schur(size: int, gamma: float, sigma: float, seed: int) -> RealMatrix:
    """Λ + T with θ ~ U(0, 2π) and T ~ N(0, sigma²) below the 2×2 blocks (paper, eq. 4)."""
    theta = np.random.default_rng([seed, 1]).uniform(0, 2 * np.pi, (size + 1) // 2)
    block = np.arange(size) // 2
    T = np.where(block[:, None] > block[None, :], sigma * _gaussian(size, seed), 0.0)
    return _blocks(size, gamma, theta) + T


def _nnrnn(size: int, gamma: float, sigma: float, seed: int) -> RealMatrix:
    return _rotated(_nnrnn_schur(size, gamma, sigma, seed), seed)


# --- excitation and inhibition, A = −I + W


def _balanced_network(weight: float, inhibition: float) -> RealMatrix:
    """W = [[w, −k w], [w, −k w]] (Murphy & Miller 2009)."""
    return weight * np.array([[1, -inhibition], [1, -inhibition]]) - np.eye(2)


def _balanced_network_wide(size: int, weight: float, inhibition: float, density: float, seed: int) -> RealMatrix:
    """Two halves of many units; a synapse is there with probability `density`. The means are those of two units."""
    inhibitory = size // 2
    excitatory = size - inhibitory
    synapse = np.repeat([weight / excitatory, -inhibition * weight / inhibitory], [excitatory, inhibitory]) / density
    return np.where(np.random.default_rng(seed).random((size, size)) < density, synapse, 0.0) - np.eye(size)


def _stability_optimised(size: int, gain: float, target: float, density: float, seed: int) -> RealMatrix:
    """A random network of excitatory and inhibitory units, its inhibition tuned until max Re λ(A) ≤ target.

    After Hennequin, Vogels & Gerstner (2014), with shorter means: they follow the gradient of a smoothed abscissa for
    long and keep inhibition sparse. Here at most 60 Polyak steps lower Σ (Re λ − target + 0.1)²₊ over W's inhibitory
    columns, which stay ≤ 0 and may fill up, self-synapses excepted. Should that not reach the target, all of W is
    scaled down until it does. `gain` is the radius of the eigenvalue disc of W before, had its mean been 0.
    """
    inhibitory = np.arange(size) >= size - size // 2
    free = inhibitory[None, :] & ~np.eye(size, dtype=bool)
    drawn = np.random.default_rng(seed).random((size, size)) < density
    np.fill_diagonal(drawn, False)
    synapse = gain * math.sqrt(2 / (density * (1 - density) * (1 + INHIBITION**2) * size))
    W = np.where(drawn, np.where(inhibitory, -INHIBITION * synapse, synapse), 0.0)
    for _ in range(TUNING_STEPS):
        values, left, right = scipy.linalg.eig(W, left=True)
        if values.real.max() <= 1 + target:
            break
        excess = np.maximum(values.real - 1 - target + TUNING_MARGIN, 0.0)
        overlap = np.einsum("ij,ij->j", left.conj(), right)  # ∂λ/∂W = conj(u) wᵀ / u*w
        slope = np.where(free, ((left.conj() * (excess / _away_from_zero(overlap))) @ right.T).real, 0.0)
        W -= excess @ excess / 2 / max(float(np.sum(slope**2)), 1e-300) * slope
        W[free] = np.minimum(W[free], 0.0)
    abscissa = np.linalg.eigvals(W).real.max()
    return np.asarray(W * (1 + target) / max(abscissa, 1 + target) - np.eye(size))


def _away_from_zero(overlap: np.ndarray) -> np.ndarray:
    """∞ for an overlap of 0, that of a defective eigenvalue, which then asks for no step."""
    return np.where(np.abs(overlap) > 1e-12, overlap, np.inf)


# --- the gallery


def _with(**parameters: Parameter) -> Mapping[str, Parameter]:
    return MappingProxyType(parameters)


def _size(default: int, high: int = 200) -> Parameter:
    return Parameter(default, 2, high, 1, "number of units")


def _gain(default: float, words: str) -> Parameter:
    return Parameter(default, 0.0, 1.5, 0.01, words)


_SEED = Parameter(0, 0, 99, 1, "which draw of the random numbers")
_NNRNN = _with(
    size=_size(32),
    gamma=_gain(0.95, "modulus of the eigenvalues"),
    sigma=Parameter(0.1, 0.0, 0.5, 0.01, "standard deviation of T's entries"),
    seed=_SEED,
)

gallery: Mapping[str, Specimen] = MappingProxyType(
    {
        "shear": Specimen(
            "Shear",
            "Two units that forget at the same rate, the first driving the second.",
            "The eigenvalues do not see the strength: V^k holds radius^k twice, and k · strength · radius^(k−1) below.",
            _with(
                radius=_gain(0.9, "both eigenvalues"),
                strength=Parameter(1.0, 0.0, 5.0, 0.05, "weight from the first to the second"),
            ),
            "discrete",
            _shear,
        ),
        "gentle": Specimen(
            "Gentle 2×2",
            "Two units that forget at rates of their own, the first driving the second: notebook 01, transposed.",
            "With eigenvalues 0.9 and 0.8 and strength 1 the norm of V^k climbs to 2.76 at k = 6 before it falls.",
            _with(
                first=_gain(0.9, "first eigenvalue"),
                second=_gain(0.8, "second eigenvalue"),
                strength=Parameter(1.0, 0.0, 5.0, 0.05, "weight from the first to the second"),
            ),
            "discrete",
            _triangle,
        ),
        "delay_line": Specimen(
            "Delay line",
            "Each unit hands on what it holds, times alpha, and keeps nothing.",
            "Every eigenvalue is 0 and V^size = 0, but until then the norm of V^k is alpha^k.",
            _with(size=_size(50), alpha=_gain(1.0, "weight of each link")),
            "discrete",
            _delay_line,
        ),
        "dense_delay_line": Specimen(
            "Dense delay line",
            "A delay line seen from another orthonormal basis: every unit is linked to every other.",
            "Its true eigenvalues are all 0; those computed with 50 units and alpha 1 come out almost 0.5 away.",
            _with(size=_size(50), alpha=_gain(1.0, "weight of each link")),
            "discrete",
            _dense_delay_line,
        ),
        "feed_forward_layers": Specimen(
            "Feed-forward layers",
            "Layers of units with random weights from each layer to the next, and none within a layer.",
            "V^k = 0 from k = layers on: however strong the weights, growth has only layers − 1 steps.",
            _with(
                size=_size(40),
                layers=Parameter(4, 2, 20, 1, "number of layers"),
                strength=Parameter(1.5, 0.0, 5.0, 0.05, "how much a typical state is amplified by a layer"),
                seed=_SEED,
            ),
            "discrete",
            _feed_forward_layers,
        ),
        "jordan": Specimen(
            "Jordan block",
            "One eigenvalue as often as there are units, each unit driving the next.",
            "Inside the circle of radius strength around the eigenvalue, σ_min(zI − V) is at most "
            "strength · (distance/strength)^size: for many units no computer can tell z from an eigenvalue.",
            _with(
                size=_size(20),
                eigenvalue=Parameter(0.5, -1.2, 1.2, 0.05, "the eigenvalue"),
                strength=Parameter(1.0, 0.0, 2.0, 0.05, "weight of each link"),
            ),
            "discrete",
            _jordan,
        ),
        "grcar": Specimen(
            "Grcar matrix",
            "A Toeplitz matrix: 1 on the diagonal and the three above it, −1 below, all times scale.",
            "With 50 units and scale 0.4 the spectral radius is 0.90, but V^k passes 2000; from about 100 units on "
            "the eigenvalues computed from V and from its transpose differ to the eye.",
            _with(size=_size(50), scale=Parameter(0.4, 0.05, 1.0, 0.01, "factor on all entries")),
            "discrete",
            _grcar,
        ),
        "kahan": Specimen(
            "Kahan matrix",
            "A triangular matrix whose diagonal falls as the powers of sin(angle).",
            "Its smallest eigenvalue does not tell how nearly singular it is: with 20 units and angle 1.2 the smallest "
            "singular value is 190 times below it.",
            _with(size=_size(20), angle=Parameter(1.2, 0.3, 1.5, 0.01, "θ; the closer to π/2, the slower the fall")),
            "discrete",
            _kahan,
        ),
        "companion": Specimen(
            "Companion matrix",
            "A number that follows from its own last values, as one unit that drives a delay line of its past.",
            "Its eigenvalues are the roots of the polynomial, evenly spaced from lowest to highest; its first row "
            "holds the coefficients, which can be large though no root is.",
            _with(
                size=_size(8, 64),
                lowest=Parameter(0.2, -1.0, 1.0, 0.05, "lowest root"),
                highest=Parameter(0.9, -1.0, 1.0, 0.05, "highest root"),
            ),
            "discrete",
            _companion,
        ),
        "demmel": Specimen(
            "Demmel matrix",
            "A triangular Toeplitz matrix whose entries grow geometrically away from the diagonal.",
            "All its eigenvalues are −1, so that exp(tA) dies out; with 10 units and 4 decades it passes 700 first.",
            _with(
                size=_size(10, 64),
                decades=Parameter(4.0, 0.0, 6.0, 0.25, "powers of ten between the diagonal and the corner"),
            ),
            "continuous",
            _demmel,
        ),
        "convection_diffusion": Specimen(
            "Convection-diffusion",
            "A substance carried to the right at speed 1 while it spreads, absorbed at both ends.",
            "With 40 units and Péclet number 40 the spectrum promises a decay faster than exp(−10t), yet at t = 0.5, "
            "when what was on the left is halfway across, the norm of exp(tA) is still 0.78.",
            _with(size=_size(40), peclet=Parameter(40.0, 1.0, 80.0, 1.0, "Péclet number: carrying against spreading")),
            "continuous",
            _convection_diffusion,
        ),
        "hatano_nelson": Specimen(
            "Hatano-Nelson chain",
            "A line of sites of random height, with hops to the right e^(2 bias) times as strong as those to the left.",
            "Whatever the bias, the eigenvalues are those of the symmetric chain; the norm of V^k is not.",
            _with(
                size=_size(50, 100),
                hop=Parameter(0.4, 0.0, 1.0, 0.05, "strength of the hops without bias"),
                bias=Parameter(1.0, 0.0, 2.0, 0.05, "how much rightward hops are preferred"),
                disorder=Parameter(0.2, 0.0, 1.0, 0.05, "largest height of a site"),
                seed=_SEED,
            ),
            "discrete",
            _hatano_nelson,
        ),
        "random": Specimen(
            "Random network",
            "Independent Gaussian weights of variance gain²/size.",
            "For many units the eigenvalues fill a disc of radius gain, while one step can amplify by about 2 · gain.",
            _with(size=_size(50), gain=_gain(0.9, "radius of the disc of eigenvalues"), seed=_SEED),
            "discrete",
            _random,
        ),
        "random_orthogonal": Specimen(
            "Random orthogonal",
            "A random rotation or reflection of all units at once, times gain.",
            "It is normal, with all eigenvalues on the circle of radius gain: V^k multiplies every length by gain^k.",
            _with(size=_size(50), gain=_gain(1.0, "modulus of the eigenvalues"), seed=_SEED),
            "discrete",
            _random_orthogonal,
        ),
        "symmetric_random": Specimen(
            "Symmetric random",
            "Gaussian weights, each pair of units linked equally strongly both ways.",
            "It is normal, with real eigenvalues, for many units between −gain and gain: the norm of V^k is radius^k.",
            _with(size=_size(50), gain=_gain(0.9, "half the width of the spectrum"), seed=_SEED),
            "discrete",
            _symmetric_random,
        ),
        "ring": Specimen(
            "Ring",
            "A delay line whose last unit drives the first.",
            "One more link makes it normal: the eigenvalues leave 0 for the circle of radius gain, evenly spaced.",
            _with(size=_size(50), gain=_gain(1.0, "weight of each link")),
            "discrete",
            _ring,
        ),
        "rotation": Specimen(
            "Rotation",
            "Pairs of units, each turning by an angle of its own and scaled by gamma: the nnRNN without T.",
            "It is normal: every step multiplies the length of a state by gamma, whatever its direction.",
            _with(size=_size(16), gamma=_gain(0.95, "modulus of the eigenvalues")),
            "discrete",
            _rotation,
        ),
        "nnrnn_schur": Specimen(
            "nnRNN, Schur form",
            "Λ + T of the nnRNN: rotation blocks of modulus gamma, and a random feed-forward part T below them.",
            "Every eigenvalue has modulus gamma whatever T is, and Henrici's departure from normality is T's norm.",
            _NNRNN,
            "discrete",
            _nnrnn_schur,
        ),
        "nnrnn": Specimen(
            "nnRNN",
            "V = P (Λ + T) Pᵀ: the nnRNN's Schur form in a random orthonormal basis.",
            "Its powers have the norms of those of the Schur form with the same seed, and no triangle is to be seen.",
            _NNRNN,
            "discrete",
            _nnrnn,
        ),
        "table6": Specimen(
            "Table 6",
            "The paper's family: d on the diagonal, alpha below it, beta everywhere further down.",
            "Its one eigenvalue is d: with d = 0 the memory is gone after size steps, with d > 0 a trace stays.",
            _with(
                size=_size(64),
                d=Parameter(0.2, 0.0, 1.0, 0.01, "each unit's memory of itself"),
                alpha=_gain(1.05, "weight of each link"),
                beta=Parameter(0.005, 0.0, 0.1, 0.005, "weight to all units further down"),
            ),
            "discrete",
            _table6,
        ),
        "chain": Specimen(
            "Chain",
            "Orhan and Pitkow's start of training: a delay line with alpha near 1.",
            "alpha decides what comes out at the end, alpha^(size − 1), and moves no eigenvalue away from 0.",
            _with(size=_size(64), alpha=Parameter(1.02, 0.9, 1.1, 0.005, "weight of each link")),
            "discrete",
            _delay_line,
        ),
        "feedback_chain": Specimen(
            "Chain with feedback",
            "Orhan and Pitkow's other start: a chain whose units also answer the unit before, with weight beta.",
            "The eigenvalues leave 0 for the real numbers 2 √(alpha · beta) cos(jπ/(size + 1)).",
            _with(
                size=_size(64),
                alpha=Parameter(0.99, 0.5, 1.1, 0.01, "weight of each link forward"),
                beta=Parameter(0.05, 0.0, 0.3, 0.01, "weight of each link back"),
            ),
            "discrete",
            _feedback_chain,
        ),
        "balanced_network": Specimen(
            "Balanced network",
            "One excitatory and one inhibitory population, strong weights that nearly cancel, each with a leak.",
            "The difference of the two drives their sum with weight w (1 + k), while no eigenvalue shows it: they are "
            "−1 and −1 + w (1 − k).",
            _with(
                weight=Parameter(4.3, 0.0, 10.0, 0.1, "w, the weight of excitation"),
                inhibition=Parameter(1.1, 0.5, 2.0, 0.05, "k, inhibition in units of excitation"),
            ),
            "continuous",
            _balanced_network,
        ),
        "balanced_network_wide": Specimen(
            "Wide balanced network",
            "Many excitatory and inhibitory units with sparse random synapses, whose means are a balanced network.",
            "For many units exp(tA) begins to grow about as fast as with the two units of the same weights.",
            _with(
                size=_size(60),
                weight=Parameter(2.0, 0.0, 5.0, 0.1, "w, the total weight of excitation on a unit"),
                inhibition=Parameter(1.1, 0.5, 2.0, 0.05, "k, inhibition in units of excitation"),
                density=Parameter(0.5, 0.1, 1.0, 0.05, "probability of a synapse"),
                seed=_SEED,
            ),
            "continuous",
            _balanced_network_wide,
        ),
        "stability_optimised": Specimen(
            "Stability-optimised",
            "A random network of excitatory and inhibitory units whose inhibition was tuned until it is stable.",
            "No eigenvalue lies right of target, yet at the defaults exp(tA) grows more than fivefold before it dies.",
            _with(
                size=_size(50, 100),
                gain=Parameter(1.5, 0.5, 3.0, 0.1, "how strong the synapses are before tuning"),
                target=Parameter(-0.2, -0.5, -0.05, 0.05, "largest real part of an eigenvalue"),
                density=Parameter(0.2, 0.1, 0.9, 0.05, "probability of a synapse before tuning"),
                seed=_SEED,
            ),
            "continuous",
            _stability_optimised,
        ),
    }
)
