"""MemoryLab: the Fisher memory of a scaled orthogonal network, of a delay line, and of a third network of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Self

import ipywidgets as ipw
import numpy as np

from nnrnn_core import dynamics

from ..figures.memory import Memory, memory_figure, memory_of, memory_push, total_word
from ..live import LiveFigure
from .matrices import Source, source_of
from .matrix import MatrixLab, MatrixState, number, tidy

FAMILY = ("alpha", "d", "size", "beta")  # parameters of gallery["table6"] that have sliders of their own
TABLE6: dict[str, tuple[float, ...]] = {"alpha": (0.95, 1.0, 1.05), "beta": (0.0, 0.005), "d": (0.0, 0.2)}
SIGNS = {"alpha": "α", "beta": "β", "d": "d"}
TABLE6_SIZE = 100
SMALLEST, LARGEST = 2, 200  # units: what the gallery builds the other two with
FOR_A_WHILE = 150  # steps that the noise runs if ρ ≥ 1 and nobody has said how many
LONGEST = 1000


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
            raise ValueError(
                f"{self.source.title} is the A of x' = A x, and this lab is about h_t = V h_(t−1): "
                "give dynamics.propagator(A, 0.1), what A does in a tenth of the unit of time"
            )
        if not SMALLEST <= self.source.size <= LARGEST:
            raise ValueError(
                f"this lab takes matrices of {SMALLEST} to {LARGEST} rows; this one has {self.source.size}"
            )
        if self.family:
            object.__setattr__(self, "alpha", self.source.parameters["alpha"])
        number(self.alpha, "alpha", 0, 1.5)
        number(self.gamma, "gamma", 0, 1)
        _whole(self.unit, "unit", 1, self.source.size)
        _whole(self.horizon, "horizon", 1, LONGEST)
        _whole(self.duration, "duration", 0, LONGEST)
        radius = max(_radius(self.source), self.gamma)
        if not self.duration and radius >= 1:
            raise ValueError(
                f"the spectral radius is {radius:.6g}, so noise that runs for ever grows without bound: give duration, "
                f"the number of steps that it runs, 1 to {LONGEST} (More), or a spectral radius below 1"
            )

    @classmethod
    def of(cls, source: Source) -> Self:
        """With ρ ≥ 1 the noise runs for 150 steps, otherwise for ever."""
        return cls(source, duration=0 if _radius(source) < 1 else FOR_A_WHILE)

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
        return [
            "from widgets.figures.memory import memory_figure, memory_of, memory_push",
            f"v = np.eye({self.size})[{self.unit - 1}]  # the input enters unit {self.unit}",
            f'orthogonal = dynamics.gallery["random_orthogonal"](size={self.size}, gain={self.gamma!r})',
            f'delay_line = dynamics.gallery["delay_line"](size={self.size}, alpha={self.alpha!r})',
            f"k = np.arange({last + 1})",
            "# J is dynamics.fisher_memory(V, v, horizon, duration or None), NaN where float64 does not determine it",
            f"memories = [memory_of(M, v, horizon={self.horizon}, duration={self.duration}) "
            "for M in (orthogonal, delay_line, V)]",
            "orthogonal, delay_line, third = [memory.curve for memory in memories]",
            "totals = np.array([memory.total for memory in memories])",
            "activity = np.array([memory.activity for memory in memories])",
            "",
            "figure = memory_figure()",
            "traces, layout = memory_push(memories)",
            "for name, values in traces.items():",
            '    figure.update_traces(values, selector={"name": name})',
            "for path, value in layout.items():",
            "    figure.layout[path] = value",
        ]

    def sentence(self) -> str:
        orthogonal, delay_line, third = self.memories
        noise = f"noise for {self.duration} steps" if self.duration else "noise for ever"
        cut = (
            ", and the rest of its 1 lies beyond"
            if orthogonal.total < 0.995
            else " in all, the cap of every normal one"
        )
        return (
            f"Of the inputs up to {len(third.curve) - 1} steps ago, at unit {self.unit} of {self.size}, with {noise}: "
            f"the orthogonal network (γ = {self.gamma:g}) holds {total_word(orthogonal.total)}{cut}; the delay "
            f"line (α = {self.alpha:g}) {total_word(delay_line.total)}; {self._third_words(third)}. "
            f"The price: noise of size 1 drives their units to {_most(orthogonal)}, {_most(delay_line)} and "
            f"{_most(third)}."
        )

    def _third_words(self, third: Memory) -> str:
        scaled = f", T × {self.scale:g}" if self.scale != 1 else ""
        name, remedy = f"{self.source.title}{scaled}", "take less of T, a duration, or give V as a SchurMatrix"
        if self.family:
            name = f"the network of d = {self.d:g}, α = {self.alpha:g}, β = {self.beta:g}{scaled}"
            remedy = "take a lower d or α, or a smaller N"
        if np.isnan(third.total):
            return f"{name} amplifies so much that 64-bit numbers do not determine its J(k): {remedy}"
        return f"{name} holds {total_word(third.total)} of at most {self.size}"


class MemoryLab(MatrixLab):
    """Fisher memory J(k) of three networks: scaled orthogonal, delay line, and the third, which is V. See `MatrixLab`.

    V is the paper's d-α-β family (gallery "table6") or any square matrix of your own, of 2 to 200 rows. `set` takes the
    family's alpha, d, beta and size too. With ρ(V) ≥ 1 the noise runs for 150 steps, not for ever: see `duration`.
    """

    kind = "memory"
    state_type = MemoryState
    default_presets = ("table6",)

    def set(self, **changes: Any) -> None:
        """Choose: `set(alpha=1.2, d=0)`. Fields of `state`, or the family's parameters. ValueError: nothing changed."""
        with self._lock:
            if "source" in changes:  # a unit that there is no more becomes the last
                changes.setdefault("unit", min(self.state.unit, changes["source"].size))
            known = FAMILY if self.state.family else ("d", "size", "beta")
            if family := {key: changes.pop(key) for key in known if key in changes}:
                moved = self.state.with_parameters(**family)
                changes = {"source": moved.source, "unit": moved.unit, **changes}
            super().set(**changes)

    def make_figures(self) -> list[LiveFigure]:
        self.figure = LiveFigure(memory_figure())
        return [self.figure]

    def make_controls(self) -> tuple[list[ipw.Widget], list[ipw.Widget]]:
        self.alpha = self._slider("alpha", "α, links", 0.5, 1.5, 0.01, "how strongly a unit drives the next")
        self.d = self._slider("d", "d, itself", 0.0, 0.4, 0.01, "each unit's memory of itself, third network")
        self.size = self._slider("size", "N, units", SMALLEST, 100, 1, "of all three networks")
        self.beta = self._slider("beta", "β, further", 0.0, 0.1, 0.005, "weight to all units further down")
        self.gamma = self._slider("gamma", "γ of γQ", 0.5, 0.99, 0.01, "scale of the orthogonal network")
        self.unit = self._slider("unit", "input to unit", 1, 100, 1, "the unit that the input enters")
        self.horizon = self._slider("horizon", "largest k", 10, 400, 1, "how far back the curves and totals reach")
        self.duration = self._slider("duration", "noise runs", 0, 400, 1, "steps that the noise has run; 0: for ever")
        self.cells = {
            (key, value): self.button(f"{SIGNS[key]} = {value:g}", partial(self._cell, key, value))
            for key, values in TABLE6.items()
            for value in values
        }
        row = ipw.Layout(flex_flow="row wrap", align_items="center")
        table = ipw.HBox(
            [ipw.Label(f"Paper, Fig. 1c and Table 6 (N = {TABLE6_SIZE}):"), *self.cells.values()], layout=row
        )
        more = [
            ipw.HBox([self.beta, self.gamma, self.scale_slider()], layout=row),
            ipw.HBox([self.unit, self.horizon, self.duration], layout=row),
        ]
        return [self.alpha, self.d, self.size, table], more

    def _slider(self, field: str, label: str, low: float, high: float, step: float, words: str) -> ipw.Widget:
        kind = ipw.IntSlider if isinstance(step, int) else ipw.FloatSlider
        digits = "d" if step == 1 else ".3f" if step < 0.01 else ".2f"
        slider = kind(
            value=low, min=low, max=high, step=step, description=label, readout_format=digits,
            style={"description_width": "80px"}, layout=ipw.Layout(width="300px"),
        )  # fmt: skip
        slider.tooltip = words
        return self.bind(slider, field)

    def _slid(self, field: str, value: Any) -> None:
        if self._quiet or not (field in FAMILY and self.state.family):
            super()._slid(field, value)
        else:
            moved = {field: tidy(value)}
            self.guarded(lambda: self._show(self.state.with_parameters(**moved), settled=False))

    def _cell(self, key: str, value: float) -> None:
        """The cell of Table 6 with this value that is nearest to what is shown."""
        if not self.state.family:
            self.set_matrix("table6")
        near = {other: min(values, key=lambda v: abs(v - self.state.family[other])) for other, values in TABLE6.items()}
        self.set(size=TABLE6_SIZE, **{**near, key: value}, unit=1, horizon=149, duration=0, scale=1.0)

    def matrix_changed(self) -> None:
        state = self.state
        self.size.max, self.unit.max = max(100, state.size), state.size
        for slider in (self.d, self.size, self.beta):
            slider.disabled = not state.family
        self.parameters.layout.display = "none" if state.family else None  # they have sliders of their own
        for (key, value), button in self.cells.items():
            here = state.size == TABLE6_SIZE and state.family.get(key) == value
            button.button_style = "info" if here else ""

    def paint(self, settled: bool) -> None:
        self.figure.push(*memory_push(self.state.memories))


@lru_cache(maxsize=64)
def _radius(source: Source) -> float:
    return dynamics.spectral_radius(source.matrix)


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
    return f"{most:.3g}" if np.isfinite(most) else "beyond 10¹⁵⁰"


def _whole(value: Any, name: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}; got {value!r}")
    return value
