"""What a GrowthLab shows: how far V^k, or e^{tV}, carries a state, and which state it carries farthest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Self

import numpy as np

from nnrnn_core import checks, dynamics
from nnrnn_core.dynamics.form import check_time

from ..figures.growth import POINTS, Growth, growth_of, growth_sentence
from ..figures.numbers import short, tidy
from .matrices import Source
from .matrix_state import MatrixState, source_error
from .peaks import horizon_with_peak

# least and largest horizon of the slider, and of a matrix whose peak comes later or sooner
SLIDER: dict[dynamics.Time, tuple[float, float]] = {"discrete": (2, 200), "continuous": (0.2, 50)}
RANGES: dict[dynamics.Time, tuple[float, float]] = {"discrete": (2, 1000), "continuous": (1e-4, 1e4)}
WIDE = 100  # rows beyond which an estimate of the curves says where k begins
FACTOR = 230.0  # e^230 = 10^100: as much of a growth without end as is drawn to begin with


@dataclass(frozen=True)
class GrowthState(MatrixState):
    """k: the moment whose best input is shown. horizon: where the curves end. In discrete time both are whole numbers
    of steps, in continuous time they are times t. time: "discrete" (V^k) or "continuous" (e^{tV})."""

    k: float = 10
    horizon: float = 50
    time: dynamics.Time = "discrete"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.number("horizon", self.horizon, *RANGES[check_time(self.time)])
        checks.number("k", self.k, 0, self.horizon)
        if self.time == "discrete":
            object.__setattr__(self, "horizon", _whole_steps(self.horizon, "horizon"))
            object.__setattr__(self, "k", _whole_steps(self.k, "k"))

    @classmethod
    def of(cls, source: Source, time: dynamics.Time | None = None) -> Self:
        return cls(source).timed(source.time if time is None else time)

    def timed(self, time: dynamics.Time) -> Self:
        """The state with this time, a horizon that holds the transient, and k at the end of the peak."""
        horizon = first_horizon(self.source, self.scale, check_time(time))
        growth = curves(self.source, self.scale, horizon, time, self.source.size <= WIDE)
        height, _ = growth.peak
        k = growth.times[np.isfinite(growth.largest) & (growth.largest >= (1 - growth.rounding) * height)][-1]
        return replace(self, time=time, horizon=horizon, k=tidy(float(k or growth.times[len(growth.times) // 10])))

    def changed(self, **changes: Any) -> Self:
        if "time" in changes and changes["time"] != self.time:
            return replace(self.timed(changes["time"]), **changes)
        if "horizon" in changes:
            checks.number("horizon", changes["horizon"], *RANGES[self.time])
            changes = {"k": min(self.k, changes["horizon"]), **changes}
        return super().changed(**changes)

    @property
    def growth(self) -> Growth:
        """The curves, exactly."""
        return self.curves(exact=True)

    def curves(self, exact: bool) -> Growth:
        return curves(self.source, self.scale, self.horizon, self.time, exact)

    @property
    def best(self) -> dynamics.OptimalInput:
        """The unit input that grows most until k. ValueError where that leaves float64."""
        return best_input(self.source, self.scale, self.k, self.time)

    def table(self) -> dict[str, np.ndarray]:
        return {name: curve for name, curve in self.growth._asdict().items() if name not in ("rate", "rounding")}

    def arrays(self) -> dict[str, np.ndarray]:
        best = self.best
        return {**self.table(), "best_input": best.input, "response": best.response}

    def sentence(self) -> str:
        return self.sentence_of(self.growth, True)

    def sentence_of(self, growth: Growth, exact: bool) -> str:
        """The sentence about these curves."""
        for_all_time = self.of_peak(growth.rise, float(growth.times[-1]), exact)
        return growth_sentence(growth, for_all_time, self.best, self.k, self.time) + self.of_doubt(exact)

    def code_lines(self) -> list[str]:
        k, end = repr(self.k), repr(self.horizon)
        if self.time == "discrete":
            lines = [
                f"times = np.arange({end} + 1)",
                f"largest = dynamics.transient_growth(V, {end})",
                f"typical = dynamics.typical_growth(V, {end})",
                *self.source.eigenvalues_code(self.scale),
                "radius = np.abs(eigenvalues).max() ** times",
                f"cloud = dynamics.cloud_growth(V, {end})  # 1000 random starts of length 1",
                f"best_input, response, gain = dynamics.optimal_input(V, {k})",
            ]
        else:
            lines = [
                f"times = np.linspace(0, {end}, {POINTS + 1})  # x' = V x",
                "largest = dynamics.exponential_growth(V, times)",
                "typical = dynamics.typical_exponential_growth(V, times)",
                *self.source.eigenvalues_code(self.scale),
                "radius = np.exp(eigenvalues.real.max() * times)",
                f"cloud = dynamics.cloud_growth(dynamics.propagator(V, times[1]), {POINTS})  # 1000 random starts",
                f'best_input, response, gain = dynamics.optimal_input(V, {k}, "continuous")',
            ]
        return [
            *lines,
            "low, high = np.quantile(cloud.norms, [0.05, 0.95], axis=1)",
            "spread = cloud.spread.mean(axis=1)",
            "",
            'curves = {"largest": largest, "typical": typical, "eigenvalues alone": radius, "5 %": low, "95 %": high}',
            "figure = go.Figure([go.Scatter(x=times, y=y, name=name) for name, y in curves.items()])",
            'figure.update_yaxes(type="log")',
            "figure",
        ]


@lru_cache(maxsize=16)
def first_horizon(source: Source, scale: float, time: dynamics.Time) -> float:
    """One that holds the transient and the peak, as far as that is known at once; short where e^{tA} leaves float64."""
    V = source.scaled(scale)
    horizon = dynamics.decay_horizon(V, time)
    if time == "continuous":
        rate = source.rate(time)
        horizon = min(horizon, tidy(FACTOR / max(rate, 1e-300)))
        if horizon < RANGES[time][0]:
            raise ValueError(
                f"e^(tA) leaves float64 at once: it grows as e^({short(rate)} t), by the spectral abscissa of A: "
                "scale A down, or choose discrete time"
            )
    return horizon_with_peak(source, scale, time, horizon, RANGES[time][1])


@lru_cache(maxsize=16)
def curves(source: Source, scale: float, horizon: float, time: dynamics.Time, exact: bool) -> Growth:
    return growth_of(source.scaled(scale), horizon, time, exact, source_error(source), source.rate(time))


@lru_cache(maxsize=16)
def best_input(source: Source, scale: float, k: float, time: dynamics.Time) -> dynamics.OptimalInput:
    return dynamics.optimal_input(source.scaled(scale), k, time)


def _whole_steps(value: float, name: str) -> int:
    if value != round(value):
        raise ValueError(f"{name} must be a whole number of steps in discrete time; got {value!r}")
    return round(value)
