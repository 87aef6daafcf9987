"""What a MemoryLab shows: the Fisher memory of a scaled orthogonal network, of a delay line, and of a third one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

import numpy as np

from nnrnn_core import checks, dynamics
from nnrnn_core.dynamics.form import check_time

from ..figures.memory import Memory, memory_of
from ..figures.numbers import short, total
from .matrices import Source, source_of
from .matrix_state import MatrixState

SMALLEST, LARGEST = 2, 200  # units: what the gallery builds the other two with
STEPS_OF_NOISE = 150  # how long the noise runs if ρ ≥ 1 and no duration is given
LONGEST = 1000
CONTINUOUS = (
    "{} is the A of x' = A x, and J(k), the memory of the input k steps ago, is about h_t = V h_(t−1): "
    "give dynamics.propagator(A, 0.1), what A does in a tenth of the unit of time"
)


@dataclass(frozen=True)
class MemoryState(MatrixState):
    """J(k) of three networks of n units: γ Q with Q orthogonal, a delay line with links alpha, and V.

    alpha      0 to 1.5; where V is of the d-α-β family, its alpha
    gamma      0 to 1
    unit       that the input enters, 1 to n
    horizon    the largest k, 1 to 1000
    duration   how many steps the noise has been running, up to 1000; 0: for ever, which needs ρ(V) < 1 and γ < 1
    """

    alpha: float = 1.0
    gamma: float = 0.95
    unit: int = 1
    horizon: int = 149
    duration: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.source.time != "discrete":
            raise ValueError(CONTINUOUS.format(self.source.title))
        if not SMALLEST <= self.source.size <= LARGEST:
            raise ValueError(
                f"this lab takes matrices of {SMALLEST} to {LARGEST} rows; this one has {self.source.size}"
            )
        if self.family:
            object.__setattr__(self, "alpha", self.source.parameters["alpha"])
        checks.number("alpha", self.alpha, 0, 1.5)
        checks.number("gamma", self.gamma, 0, 1)
        checks.whole_number("unit", self.unit, 1, self.source.size)
        checks.whole_number("horizon", self.horizon, 1, LONGEST)
        checks.whole_number("duration", self.duration, 0, LONGEST)
        radius = max(_radius(self.source), self.gamma)
        if not self.duration and radius >= 1:
            raise ValueError(
                f"the spectral radius is {short(radius, 6)}, so noise that runs for ever grows without bound: give "
                f"duration, the number of steps that it runs, 1 to {LONGEST} (More), or a spectral radius below 1"
            )

    @classmethod
    def of(cls, source: Source, time: dynamics.Time | None = None) -> Self:
        """With ρ ≥ 1 the noise runs for 150 steps, otherwise for ever."""
        if time is not None and check_time(time) == "continuous":
            raise ValueError(CONTINUOUS.format(source.title))
        return cls(source, duration=0 if _radius(source) < 1 else STEPS_OF_NOISE)

    # ---- the third network's parameters, for the sliders
    @property
    def family(self) -> Mapping[str, float]:
        """d, alpha, beta, size if V is of the paper's family; nothing otherwise."""
        return self.source.parameters if self.source.name == "table6" else {}

    @property
    def size(self) -> int:
        return self.source.size

    @property
    def d(self) -> float:
        return self.family.get("d", 0.0)

    @property
    def beta(self) -> float:
        return self.family.get("beta", 0.0)

    def with_parameters(self, **parameters: float) -> Self:
        """The same with other parameters of the family. A unit that there is no more becomes the last."""
        if not self.family:
            raise ValueError(
                f"{', '.join(parameters)}: parameters of the d-α-β family, and the third network is "
                f"{self.source.title}; press its button first (set_matrix('table6'))"
            )
        source = source_of("table6", **{**self.family, **parameters})
        return replace(self, source=source, unit=min(self.unit, source.size))

    # ---- what is shown
    @property
    def memories(self) -> tuple[Memory, Memory, Memory]:
        """Of γ Q, of the delay line, of V."""
        common = (self.unit, self.horizon, self.duration)
        return (
            _reference("random_orthogonal", self.size, self.gamma, *common),
            _reference("delay_line", self.size, self.alpha, *common),
            _third(self.source, self.scale, *common),
        )

    def table(self) -> dict[str, np.ndarray]:
        """k, and J(k) of the three."""
        orthogonal, delay_line, third = (memory.curve for memory in self.memories)
        return {"k": np.arange(len(third)), "orthogonal": orthogonal, "delay_line": delay_line, "third": third}

    def arrays(self) -> dict[str, np.ndarray]:
        """And the totals of the three, (3,), and their activity, (3, n)."""
        memories = self.memories
        totals = np.array([memory.total for memory in memories])
        return {**self.table(), "totals": totals, "activity": np.array([memory.activity for memory in memories])}

    def code_lines(self) -> list[str]:
        last = len(self.memories[0].curve) - 1
        return _CODE.format(
            n=self.size, row=self.unit - 1, gamma=self.gamma, alpha=self.alpha, last=last, duration=self.duration,
            or_none=self.duration or None,
        ).splitlines()  # fmt: skip

    def sentence(self) -> str:
        orthogonal = self.memories[0]
        noise = f"noise for {self.duration} steps" if self.duration else "noise for ever"
        cut = (
            ", and the rest of its 1 lies beyond"
            if orthogonal.total < 0.995
            else " in all, the cap of every normal one"
        )
        return self._words(noise, cut) + self.of_doubt()

    def _words(self, noise: str, cut: str) -> str:
        orthogonal, delay_line, third = self.memories
        return (
            f"Of the inputs up to {len(third.curve) - 1} steps ago, at unit {self.unit} of {self.size}, with {noise}: "
            f"the orthogonal network (γ = {short(self.gamma)}) holds {total(orthogonal.total)}{cut}; the delay "
            f"line (α = {short(self.alpha)}) {total(delay_line.total)}; {self._third_words(third)}. "
            f"The price: noise of size 1 drives their units to {_most(orthogonal)}, {_most(delay_line)} and "
            f"{_most(third)}."
        )

    def _third_words(self, third: Memory) -> str:
        scaled = f", T × {short(self.scale)}" if self.scale != 1 else ""
        name, remedy = f"{self.source.title}{scaled}", "take less of T, a duration, or give V as a SchurMatrix"
        if self.family:
            name = f"the network of d = {short(self.d)}, α = {short(self.alpha)}, β = {short(self.beta)}{scaled}"
            remedy = "take a lower d or α, or a smaller N"
        name += f" (spectral radius {short(_radius(self.source))})"
        if np.isnan(third.total):
            return f"{name} amplifies so much that 64-bit numbers do not determine its J(k): {remedy}"
        return f"{name} holds {total(third.total)} of at most {self.size}"


_CODE = """v = np.eye({n})[{row}]  # the direction in which the input enters
networks = {{
    "scaled orthogonal": dynamics.gallery["random_orthogonal"](size={n}, gain={gamma!r}),
    "delay line": dynamics.gallery["delay_line"](size={n}, alpha={alpha!r}),
    "third network": V,
}}
k = np.arange({last} + 1)

def memory(M):
    try:
        return dynamics.fisher_memory(M, v, {last}, {or_none})
    except ValueError:  # 64-bit numbers do not determine it
        return np.full(len(k), np.nan)

orthogonal, delay_line, third = map(memory, networks.values())
totals = np.array([curve.sum() for curve in (orthogonal, delay_line, third)])
activity = np.array([dynamics.activity(M, {or_none}) for M in networks.values()])  # how far noise drives each unit

from plotly.subplots import make_subplots
figure = make_subplots(rows=2, subplot_titles=("memory J(k)", "activity of the units"))
for name, curve, spread, total in zip(networks, (orthogonal, delay_line, third), activity, totals):
    label = f"{{name}}, total {{total:.3f}}"
    figure.add_scatter(x=k, y=np.where(curve > 0, curve, np.nan), name=label, row=1, col=1)
    figure.add_scatter(x=np.arange(1, {n} + 1), y=spread, name=name, showlegend=False, row=2, col=1)
figure.update_yaxes(type="log")
figure"""


@lru_cache(maxsize=64)
def _radius(source: Source) -> float:
    return source.rate("discrete")


@lru_cache(maxsize=256)
def _reference(name: str, size: int, strength: float, unit: int, horizon: int, duration: int) -> Memory:
    key = "gain" if name == "random_orthogonal" else "alpha"
    V = dynamics.gallery[name](**{"size": size, key: strength})
    return memory_of(V, np.eye(size)[unit - 1], horizon, duration)


@lru_cache(maxsize=64)
def _third(source: Source, scale: float, unit: int, horizon: int, duration: int) -> Memory:
    return memory_of(source.scaled(scale), np.eye(source.size)[unit - 1], horizon, duration)


def _most(memory: Memory) -> str:
    most = float(np.max(memory.activity))
    return short(most) if np.isfinite(most) else "beyond 10¹⁵⁰"
