"""What a SpectrumLab shows: pseudospectra, growth and its bounds, a point of the plane, perturbed eigenvalues."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nnrnn_core import checks, dynamics
from nnrnn_core.dynamics.form import check_time

from ..figures import spectrum as figures
from ..figures.numbers import count, fixed, moment, short
from ..figures.rise import said_of
from . import spectrum_parts
from .matrices import Source
from .matrix_state import MatrixState
from .spectrum_code import code_lines
from .spectrum_parts import LONGEST, PERTURBATIONS, STEPS

SMALLEST, LARGEST = 1e-8, 1.0  # the range of ε
SHORTEST = 0.2  # horizon
BOUNDS = 40  # times that the Schur form takes, as measured at 256 rows
POINTS = 11, 201  # fewest and most along an axis of the grid, by hand


@dataclass(frozen=True)
class SpectrumState(MatrixState):
    """eps: size of the perturbations, and the pseudospectrum drawn dashed. throw: number of their throw, 0 for none.
    point: the z that is looked at. horizon: how far growth is drawn, in steps or in units of time. time: "discrete" for
    h_t = V h_{t−1}, "continuous" for x' = A x. bounds: whether those that need no point are drawn, with the numerical
    range.

    Axes by hand, each empty or 0 where it is automatic: window, Re and Im of its middle and half its side; levels, the
    ε of up to 6 contours; points, of the grid along either axis, 11 to 201."""

    eps: float = 0.1
    throw: int = 0
    point: tuple[float, float] = (1.2, 0.0)
    horizon: float = 40
    time: dynamics.Time = "discrete"
    window: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()
    points: int = 0
    bounds: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.bounds, bool):
            raise ValueError(f"bounds must be True or False; got {self.bounds!r}")
        checks.number("eps", self.eps, SMALLEST, LARGEST)
        checks.whole_number("throw", self.throw, 0)
        checks.number("horizon", self.horizon, SHORTEST, LONGEST)
        if self.time == "discrete" and (self.horizon < 2 or self.horizon % 1):
            raise ValueError(f"horizon counts steps here, so it must be a whole number from 2; got {self.horizon!r}")
        if np.shape(self.point) != (2,):
            raise ValueError(f"point must be two numbers, Re z and Im z; got {self.point!r}")
        object.__setattr__(self, "point", tuple(self.point))
        for part, name in zip(self.point, ("the real part of point", "the imaginary part of point"), strict=True):
            checks.number(name, part, -1e300, 1e300)
        check_time(self.time)
        self._check_axes()

    def _check_axes(self) -> None:
        window, levels = self.window, self.levels
        if window and np.shape(window) != (3,):
            raise ValueError(f"window must be three numbers, Re and Im of its middle and half its side; got {window!r}")
        for part in window[:2]:
            checks.number("the middle of window", part, -1e12, 1e12)
        if window:
            checks.number("half the side of window", window[2], 1e-9, 1e12)
        if len(levels) > len(figures.LEVELS):
            raise ValueError(f"levels must be at most {len(figures.LEVELS)} numbers, an ε each; got {len(levels)}")
        for level in levels:
            checks.number("a level", level, 1e-150, 1e12)
        if self.points:
            checks.whole_number("points", self.points, *POINTS)
        object.__setattr__(self, "window", tuple(map(float, window)))
        object.__setattr__(self, "levels", tuple(map(float, levels)))

    @classmethod
    def of(cls, source: Source, time: dynamics.Time | None = None) -> Self:
        """With the point of a coarse grid that says most about growth."""
        chosen = source.time if time is None else check_time(time)
        return cls(source, time=chosen, **spectrum_parts.beginning(source, chosen))

    def changed(self, **changes: Any) -> Self:
        """Another time brings a horizon and a point of its own."""
        time = changes.get("time", self.time)
        if time != self.time:
            changes = spectrum_parts.beginning(self.source, check_time(time)) | changes
        return super().changed(**changes)

    @property
    def step(self) -> float:
        """Of time, between two points of a curve."""
        return 1.0 if self.time == "discrete" else self.horizon / STEPS

    @property
    def steps(self) -> int:
        return int(self.horizon) if self.time == "discrete" else STEPS

    @property
    def z(self) -> complex:
        return complex(*self.point)

    @property
    def point_is_outside(self) -> bool:
        """Whether z lies where a point can imply growth: outside the unit circle, or right of the imaginary axis."""
        return abs(self.z) > 1 if self.time == "discrete" else self.z.real > 0

    @property
    def seen(self) -> figures.Window:
        """What of the plane is in sight."""
        if self.window:
            real, imag, half = self.window
            return figures.Window(real, half, imag)
        return spectrum_parts.automatic(self.source, self.time)

    def time_it_takes(self) -> str:
        along = self.points or figures.points_along(self.source.size, True)
        points = along * (along // 2 + 1) if self.source.is_real and not self.seen.middle else along**2
        seconds = dynamics.estimated_seconds(self.source.size, points, figures.FINE_TOLERANCE)
        says = f"Coarse at first: for {self.source.size} rows the fine pseudospectra take about {short(seconds, 1)} s"
        if not self.bounds:
            return f"{says}."
        bounds = BOUNDS * dynamics.estimated_seconds(self.source.size, 0)
        return f"{says}, the bounds of growth about {short(bounds, 1)} s."

    def plane(self, exact: bool = True) -> figures.Plane:
        points = figures.points_along(self.source.size, exact)
        chosen = self.points or points if exact else points
        return spectrum_parts.plane(self.source, self.scale, self.seen, chosen, exact, self.bounds)

    @property
    def levels_search(self) -> spectrum_parts.LevelsSearch:
        """For the levels of the exact plane."""
        points = self.points or figures.points_along(self.source.size, True)
        return spectrum_parts.levels_search(self.source, self.scale, self.seen, points)

    def frame(self, exact: bool = True) -> figures.Frame:
        return spectrum_parts.frame(self.source, self.scale, self.steps, self.time, self.step, exact, self.bounds)

    def parts(self) -> Iterator[str]:
        search = self.levels_search
        while search.go_on():
            part = search.last
            assert part is not None
            rest = f"{short(part.remaining, 2)} s to go"
            yield f"Pseudospectra: {count(part.done)} of {count(part.points)} points, {rest}."
        for work, words in (
            (self.plane, f"Growth {'and its bounds are' if self.bounds else 'is'} being worked out."),
            (self.frame, "The bound from z is being worked out."),
            (self.bound, "Perturbed eigenvalues are being worked out."),
            (self.moved, "The sentence is being worked out."),
            (self.sentence, ""),
        ):
            work()
            yield words

    def bound(self) -> dynamics.PointBound | None:
        """The growth that z implies; None where it lies inside."""
        if not self.point_is_outside:
            return None
        return spectrum_parts.bound(self.source, self.scale, self.z, self.steps, self.time, self.step)

    def moved(self, exact: bool = True) -> np.ndarray | None:
        """The eigenvalues of the perturbed matrices, of fewer if not exact; None before the first throw."""
        count = PERTURBATIONS if exact else spectrum_parts.few_perturbations(self.source.size)
        return spectrum_parts.moved(self.source, self.scale, self.eps, count, self.throw) if self.throw else None

    def table(self) -> dict[str, np.ndarray]:
        frame, bound = self.frame(), self.bound()
        columns = {"times": frame.times, "growth": frame.growth, "spectral": frame.spectral}
        if frame.bounds is not None:
            columns |= {"eigenvector": frame.bounds.eigenvector, "numerical": frame.bounds.numerical}
        return columns | {"from_point": np.full(len(frame.times), np.nan) if bound is None else bound.curve}

    def tables(self) -> dict[str, dict[str, np.ndarray]]:
        plane = self.plane()
        real, imag = (axis.ravel() for axis in np.meshgrid(plane.real, plane.imag))
        levels = {"Re z": real, "Im z": imag, "σ_min(zI − V)": 10 ** plane.levels.ravel()}
        values = {"Re λ": plane.values.real, "Im λ": plane.values.imag}
        return {"Growth and its bounds": self.table(), "Eigenvalues": values, "The plane": levels}

    def arrays(self) -> dict[str, np.ndarray]:
        plane, moved = self.plane(), self.moved()
        drawn = {
            "form": spectrum_parts.form(self.source, self.scale),
            "real": plane.real,
            "imag": plane.imag,
            "levels": 10**plane.levels,
        }
        drawn |= {"eigenvalues": plane.values}
        drawn |= {} if plane.boundary is None else {"numerical_range": plane.boundary}
        return self.table() | drawn | ({} if moved is None else {"perturbed": moved})

    def code_lines(self) -> list[str]:
        return code_lines(self)

    def sentence(self) -> str:
        return self.sentence_of(exact=True)

    def sentence_of(self, exact: bool) -> str:
        """The sentence; not exact: about what is drawn while a slider moves."""
        continuous = self.time == "continuous"
        rise = self.frame(exact).rise
        edge = self.source.rate(self.time)
        name, power = ("spectral abscissa", "‖e^(tA)‖") if continuous else ("spectral radius", "‖Vᵏ‖")
        text = f"The {name} is {short(edge)}; {power} {said_of(rise, self.time)}. "
        text += self.of_peak(rise, self.steps * self.step, exact) + " "
        text += self._of_kreiss(exact, power)
        text += self._of_point(power)
        moved = self.moved(exact)
        if moved is not None:
            reach = float(moved.real.max() if continuous else np.abs(moved).max())
            where = "Re z =" if continuous else "|z| ="
            text += (
                f" {len(moved)} perturbations of size {short(self.eps, 2)} carry an eigenvalue as far as "
                f"{where} {short(reach)}."
            )
        return text + self.of_doubt(exact)

    def _of_kreiss(self, exact: bool, power: str) -> str:
        bounds = self.frame(exact).bounds
        if bounds is None or math.isinf(bounds.kreiss):
            return ""
        if not bounds.certified:
            return f"The Kreiss constant is at least {short(bounds.kreiss)}. "
        return f"The Kreiss constant is {short(bounds.kreiss)}: {power} stays below {short(bounds.kreiss_above)}. "

    def _of_point(self, power: str) -> str:
        x, y = self.point
        z = f"z = {fixed(round(x, 2) + 0.0, 2)} {'−' if y < 0 else '+'} {fixed(abs(y), 2)}i"
        bound = self.bound()
        if bound is None:
            inside = "inside the unit circle" if self.time == "discrete" else "left of the imaginary axis"
            return f"{z} lies {inside} and implies no growth: click outside."
        found = f"At {z}, σ_min(zI − V) = {short(bound.level)}"
        if bound.limit <= 1:
            return f"{found}, too large to imply any growth."
        end = moment(self.steps * self.step, self.time)
        by = f"{short(float(bound.curve[-1]))} by {end}, and {short(bound.limit)} in the end"
        return f"{found}, so {power} must reach {by}."
