"""What an AssembleLab shows: the parts of V = P (Λ + s T) Pᵀ, chosen by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Self

import numpy as np
import scipy.linalg

from nnrnn_core import checks, dynamics
from nnrnn_core.dynamics.assembly import MASKS

from ..figures.assemble import Assembly
from ..figures.axes import nice_end
from .lab import LARGEST_SCALE
from .preset_text import read_preset

FORMAT = 1
LARGEST_SIZE = 32
LARGEST_GAMMA, LARGEST_INSIDE, LARGEST_THETA = 1.5, 2.0, 6.29  # the angles just reach 2π
SPREAD = 0.5  # standard deviation of A's entries
FEED_FORWARD = 0.3  # and of T's


@dataclass(frozen=True)
class AssembleState:
    """The numbers of V = P (Λ + s T) Pᵀ.

    gamma, theta, inside   of each 2×2 block: γ, θ, and t, T's entry inside the block, which counts with the entry mask
    mask                   "block" or "entry", see `dynamics.free_entries`
    scale, turn            s, and a of P = exp(a (A − Aᵀ)), from 0 to 2
    block                  the one that the sliders move, from 1
    seed                   of A and of T below the blocks
    """

    gamma: tuple[float, ...]
    theta: tuple[float, ...]
    inside: tuple[float, ...]
    mask: str = MASKS[0]
    scale: float = 1.0
    turn: float = 1.0
    block: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, high in (("gamma", LARGEST_GAMMA), ("theta", LARGEST_THETA), ("inside", LARGEST_INSIDE)):
            values = getattr(self, name)
            if not isinstance(values, list | tuple) or not 1 <= len(values) <= LARGEST_SIZE // 2:
                raise ValueError(
                    f"{name} must be a list of 1 to {LARGEST_SIZE // 2} numbers, one a block; got {values!r}"
                )
            low = -LARGEST_INSIDE if name == "inside" else 0.0
            found = tuple(checks.number(f"{name}[{i}]", value, low, high) for i, value in enumerate(values))
            object.__setattr__(self, name, found)
        if not len(self.gamma) == len(self.theta) == len(self.inside):
            counts = ", ".join(f"{len(getattr(self, name))} of {name}" for name in ("gamma", "theta", "inside"))
            raise ValueError(f"gamma, theta and inside must have one number for each block; got {counts}")
        checks.one_of("mask", self.mask, MASKS)
        checks.number("scale", self.scale, 0, LARGEST_SCALE)
        checks.number("turn", self.turn, 0, LARGEST_SCALE)
        checks.whole_number("block", self.block, 1, len(self.gamma))
        checks.whole_number("seed", self.seed, 0)

    @classmethod
    def begin(
        cls, size: int, seed: int = 0, gamma: Any = 0.9, theta: Any = None, inside: Any = None, **more: Any
    ) -> Self:
        """Blocks of modulus gamma, their angles spread over the upper half plane, and T drawn from the seed. One number
        stands for all blocks."""
        if checks.whole_number("size", size, 2, LARGEST_SIZE) % 2:
            raise ValueError(f"size must be even to hold 2×2 blocks; got {size}")
        pairs = size // 2
        checks.whole_number("seed", seed, 0)
        if theta is None:
            theta = [round(float(angle), 2) for angle in np.pi * (np.arange(pairs) + 0.5) / pairs]
        if inside is None:
            drawn = np.diag(_drawn(size, seed)[1], -1)[::2]
            inside = [round(0.05 * round(float(t) / 0.05), 2) for t in drawn]
        return cls(_each(gamma, pairs), _each(theta, pairs), _each(inside, pairs), seed=seed, **more)

    @property
    def size(self) -> int:
        return 2 * len(self.gamma)

    def of_size(self, size: int) -> Self:
        """New blocks, as many as this size takes; mask, scales and seed stay."""
        return self.begin(size, self.seed, mask=self.mask, scale=self.scale, turn=self.turn)

    def with_block(self, **numbers: float) -> Self:
        """The same with another gamma, theta or inside of the chosen block."""
        changes: dict[str, Any] = {}
        for name, value in numbers.items():
            values = list(getattr(self, name))
            values[self.block - 1] = value
            changes[name] = values
        return replace(self, **changes)

    def of_block(self, name: str) -> float:
        """gamma, theta or inside of the chosen block."""
        return float(getattr(self, name)[self.block - 1])

    @property
    def T(self) -> np.ndarray:
        """T, unscaled: 0 outside of the mask."""
        T = np.where(dynamics.free_entries(self.size), _drawn(self.size, self.seed)[1], 0.0)
        if self.mask == "entry":
            first = np.arange(0, self.size, 2)
            T[first + 1, first] = self.inside
        return T

    @property
    def parts(self) -> Assembly:
        """What the figure shows."""
        P, blocks, T = _orthogonal(self.size, self.seed, self.turn), self.blocks, self.T
        inside = self.scale * np.diag(T, -1)[::2]
        most = max(
            float(np.abs(P @ (blocks + T) @ P.T).max()), float(np.abs(T).max())
        )  # at s = 1: for every s the same
        limit = nice_end(most or 1.0, 0.0)
        gamma, theta = np.array(self.gamma), np.array(self.theta)
        return Assembly(P, blocks + self.scale * T, gamma, theta, inside, self.mask, limit, self.block - 1)

    @property
    def blocks(self) -> np.ndarray:
        """Λ."""
        return dynamics.rotation_blocks(np.array(self.gamma), np.array(self.theta))

    def as_preset(self) -> str:
        return json.dumps({"assemble": FORMAT, **asdict(self)}, separators=(",", ":"))

    @classmethod
    def from_preset(cls, text: str) -> Self:
        content = read_preset(text, "assemble", FORMAT, "AssembleLab", cls.begin(2).as_preset())
        try:
            return cls(**content)
        except TypeError as problem:
            raise ValueError(f"this preset cannot be read: {problem}") from problem

    def code(self) -> str:
        return _CODE.format(**asdict(self), size=self.size, spread=SPREAD, feed_forward=FEED_FORWARD)


def _each(values: Any, pairs: int) -> tuple[float, ...]:
    """One number for each block."""
    return tuple(values) if isinstance(values, Sequence | np.ndarray) else (values,) * pairs


@lru_cache(maxsize=16)
def _drawn(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A, strictly upper triangular, and the entries of T, before any mask."""
    draw = np.random.default_rng(seed)
    return np.triu(draw.normal(0, SPREAD, (size, size)), 1), draw.normal(0, FEED_FORWARD, (size, size))


@lru_cache(maxsize=16)
def _orthogonal(size: int, seed: int, turn: float) -> np.ndarray:
    A = _drawn(size, seed)[0]
    P: np.ndarray = scipy.linalg.expm(turn * (A - A.T))
    return P


_CODE = """import numpy as np
import plotly.graph_objects as go
import scipy.linalg
from nnrnn_core import dynamics

gamma, theta = np.array({gamma!r}), np.array({theta!r})
inside = np.array({inside!r})  # T's entries inside the blocks, which count with the entry mask
draw = np.random.default_rng({seed})
A = np.triu(draw.normal(0, {spread}, ({size}, {size})), 1)
T = np.where(dynamics.free_entries({size}), draw.normal(0, {feed_forward}, ({size}, {size})), 0.0)
if {mask!r} == "entry":
    T[np.arange(1, {size}, 2), np.arange(0, {size}, 2)] = inside
P = scipy.linalg.expm({turn!r} * (A - A.T))
form = dynamics.rotation_blocks(gamma, theta) + {scale!r} * T
V = P @ form @ P.T
eigenvalues = dynamics.block_eigenvalues(gamma, theta, {scale!r} * np.diag(T, -1)[::2])

from plotly.subplots import make_subplots
figure = make_subplots(cols=4, subplot_titles=("P", "Λ + s T", "V", "eigenvalues"))
for column, M in enumerate((P, form, V), start=1):
    figure.add_heatmap(z=M, coloraxis="coloraxis", row=1, col=column)
    figure.update_yaxes(autorange="reversed", col=column)
meant = dynamics.block_eigenvalues(gamma, theta)  # γ e^(±iθ)
for name, z in (("γ e^(±iθ)", meant), ("eigenvalues of V", eigenvalues)):
    figure.add_scatter(x=z.real, y=z.imag, mode="markers", name=name, row=1, col=4)
figure.update_layout(coloraxis={{"colorscale": "RdBu", "cmid": 0}}, legend_orientation="h")
figure
"""
