"""What a SpectrumLab shows: pseudospectra, growth and its bounds, a point of the plane, perturbed eigenvalues."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np

from nnrnn_core import checks, dynamics
from nnrnn_core.dynamics.form import check_time
from nnrnn_core.reading import is_schur_matrix

from ..figures import spectrum as figures
from ..figures.numbers import count, fixed, moment, short, tidy
from ..figures.rise import said_of
from .matrices import CARRIED, Source
from .matrix_state import MatrixState, source_error
from .peaks import horizon_with_peak

SMALLEST, LARGEST = 1e-8, 1.0  # the range of ε
PERTURBATIONS = 50  # matrices in a throw
SHORTEST, LONGEST = 0.2, 1000  # horizon
HORIZONS = {"discrete": (20, 40, 80, 160, 320), "continuous": (0.5, 1, 2, 5, 10, 20, 50)}  # to begin with
FALLEN = 0.5  # once growth has come down to this share of its peak, the curve may end
BOUNDS = 40  # times that the Schur form takes, as measured at 256 rows
POINTS = 11, 201  # fewest and most along an axis of the grid, by hand
STEPS = 200  # moments of a curve in continuous time


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
        return cls(source, time=chosen, **_beginning(source, chosen))

    def changed(self, **changes: Any) -> Self:
        """Another time brings a horizon and a point of its own."""
        time = changes.get("time", self.time)
        if time != self.time:
            changes = _beginning(self.source, check_time(time)) | changes
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
        return _automatic(self.source, self.time)

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
        return _plane(self.source, self.scale, self.seen, chosen, exact, self.bounds)

    @property
    def levels_search(self) -> LevelsSearch:
        """For the levels of the exact plane."""
        points = self.points or figures.points_along(self.source.size, True)
        return levels_search(self.source, self.scale, self.seen, points)

    def frame(self, exact: bool = True) -> figures.Frame:
        return _frame(self.source, self.scale, self.steps, self.time, self.step, exact, self.bounds)

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
        return _bound(self.source, self.scale, self.z, self.steps, self.time, self.step)

    def moved(self, exact: bool = True) -> np.ndarray | None:
        """The eigenvalues of the perturbed matrices, of fewer if not exact; None before the first throw."""
        count = PERTURBATIONS if exact else _few_perturbations(self.source.size)
        return _moved(self.source, self.scale, self.eps, count, self.throw) if self.throw else None

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
            "form": _form(self.source, self.scale),
            "real": plane.real,
            "imag": plane.imag,
            "levels": 10**plane.levels,
        }
        drawn |= {"eigenvalues": plane.values}
        drawn |= {} if plane.boundary is None else {"numerical_range": plane.boundary}
        return self.table() | drawn | ({} if moved is None else {"perturbed": moved})

    def code_lines(self) -> list[str]:
        plane = self.plane()
        time = "" if self.time == "discrete" else f', "continuous", {self.step!r}'
        along, tolerance = len(plane.real), figures.FINE_TOLERANCE
        grow = f"transient_growth(V, {self.steps})" if self.time == "discrete" else "exponential_growth(V, times)"
        lines = [
            *self._form_lines(),
            f"real = np.linspace({float(plane.real[0])!r}, {float(plane.real[-1])!r}, {along})",
            f"imag = np.linspace({float(plane.imag[0])!r}, {float(plane.imag[-1])!r}, {along})",
            f"levels = dynamics.pseudospectrum(form, real, imag, {tolerance!r})  # σ_min(zI − V)",
            *self.source.eigenvalues_code(self.scale),
            *self._bounds_code(plane, time),
            f"growth = dynamics.{grow}",
        ]
        if self.throw:
            lines.append(
                f"perturbed = dynamics.perturbed_eigenvalues(form, {self.eps!r}, {PERTURBATIONS}, seed={self.throw})"
            )
        if self.point_is_outside:
            lines.append(f"from_point = dynamics.bound_from_point(V, {self.z!r}, {self.steps}{time}).curve")
        else:
            lines.append("from_point = np.full(len(times), np.nan)  # z lies inside: it says nothing")
        drawing = _drawing(self.bounds)
        return [*lines, *drawing, *(_DRAWING_MOVED if self.throw else ()), "figure"]

    def _bounds_code(self, plane: figures.Plane, time: str) -> list[str]:
        """Lines that make `times`, `spectral`, and what `bounds` asks for; `eigenvalues` is there."""
        if plane.boundary is None:
            if self.time == "discrete":
                return [
                    f"times = np.arange({self.steps} + 1.0)",
                    "spectral = np.abs(eigenvalues).max() ** times",
                ]
            return [
                f"times = {self.step!r} * np.arange({self.steps} + 1)",
                "spectral = np.exp(eigenvalues.real.max() * times)",
            ]
        affordable = figures.kreiss_budget(self.source.size)
        budget = "" if affordable == 400 else f", budget={affordable}"
        return [
            f"numerical_range = dynamics.numerical_range(V, {len(plane.boundary) - 1})",
            f"bounds = dynamics.growth_bounds(V, {self.steps}{time}{budget})",
            "times, spectral, eigenvector, numerical = bounds[:4]",
        ]

    def _form_lines(self) -> list[str]:
        """Lines that make `form`, after those of `Source.code`."""
        if self.source.name is None and self.source.size > CARRIED:
            return ['form = np.load("spectrum.npz")["form"]  # V in its Schur form']
        same = "# V in its Schur form: the same spectrum, pseudospectra and growth"
        if is_schur_matrix(self.source.matrix):
            return [f"form = dynamics.as_form(V)[1]  {same}"]
        if self.scale == 1:
            return [self.source.parts_code, f"form = blocks + T  {same}"]
        return [f"form = blocks + {self.scale!r} * T  {same}"]  # P, blocks and T of s = 1 are there

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


def _drawing(bounds: bool) -> list[str]:
    """Lines that draw what is there."""
    curves = '"growth": growth, "spectral": spectral'
    if bounds:
        curves += ', "eigenvector": eigenvector, "numerical": numerical'
    lines = _DRAWING_RANGE if bounds else []
    return [*_DRAWING, *lines, f"curves = {{{curves}}}", *_DRAWING_CURVES]


_DRAWING = [
    "",
    "from plotly.subplots import make_subplots",
    "figure, decades = make_subplots(cols=2), np.log10(np.maximum(levels, 1e-150))",
    'figure.add_contour(x=real, y=imag, z=decades, colorscale="Purples", showscale=False, row=1, col=1)',
    'figure.add_scatter(x=eigenvalues.real, y=eigenvalues.imag, mode="markers", name="eigenvalues", row=1, col=1)',
]
_DRAWING_RANGE = [
    'figure.add_scatter(x=numerical_range.real, y=numerical_range.imag, name="numerical range", row=1, col=1)',
]
_DRAWING_CURVES = [
    'for name, y in (curves | {"from_point": from_point}).items():',
    "    figure.add_scatter(x=times, y=y, name=name, row=1, col=2)",
    'figure.update_yaxes(type="log", col=2)',
]
_DRAWING_MOVED = [
    "x, y = perturbed.real.ravel(), perturbed.imag.ravel()",
    'figure.add_scatter(x=x, y=y, mode="markers", name="perturbed", row=1, col=1)',
]


def _few_perturbations(size: int) -> int:
    """How many perturbed matrices can follow a slider: their eigenvalues cost as the cube of the size."""
    return min(PERTURBATIONS, max(2, round(10 * (32 / size) ** 2)))


@lru_cache(maxsize=8)
def _form(source: Source, scale: float) -> np.ndarray:
    """Λ + s T, which has V's pseudospectra, and is cheaper than V."""
    if is_schur_matrix(source.matrix):
        return dynamics.as_form(source.scaled(scale))[1]
    _, blocks, feed_forward = source.parts
    return np.asarray(blocks + scale * feed_forward)


@lru_cache(maxsize=8)
def _automatic(source: Source, time: dynamics.Time) -> figures.Window:
    return figures.window_of(source.eigenvalues, time)


@lru_cache(maxsize=8)
def _plane(
    source: Source, scale: float, window: figures.Window, points: int, exact: bool, bounded: bool
) -> figures.Plane:
    if exact:
        levels = levels_search(source, scale, window, points).all()
    else:
        levels = dynamics.pseudospectrum(_form(source, scale), *window.axes(points), figures.COARSE_TOLERANCE)
    return figures.plane_of(source.scaled(scale), window, levels, source.eigenvalues, exact, bounded)


class LevelsSearch:
    """σ_min(zI − V) on a fine grid, a slice at a time. `last` is what is known of it."""

    def __init__(self, form: np.ndarray, window: figures.Window, points: int) -> None:
        self.last: dynamics.PseudospectrumSlice | None = None
        self._form, self._axes = form, window.axes(points)
        self._slices = dynamics.pseudospectra_slices(form, *self._axes, figures.FINE_TOLERANCE)

    def go_on(self) -> bool:
        """Do one more slice. Returns whether there was any."""
        found = next(self._slices, None)
        self.last = found or self.last
        return found is not None

    def all(self) -> np.ndarray:
        """All of it; at once, which is faster, where nothing is done yet."""
        if self.last is None:
            return dynamics.pseudospectrum(self._form, *self._axes, figures.FINE_TOLERANCE)
        while self.go_on():
            pass
        return self.last.levels


@lru_cache(maxsize=8)
def levels_search(source: Source, scale: float, window: figures.Window, points: int) -> LevelsSearch:
    return LevelsSearch(_form(source, scale), window, points)


@lru_cache(maxsize=8)
def _frame(
    source: Source, scale: float, steps: int, time: dynamics.Time, step: float, exact: bool, bounded: bool
) -> figures.Frame:
    V, rate = source.scaled(scale), source.rate(time)
    return figures.frame_of(V, steps, time, step, rate, exact, source_error(source), bounded)


@lru_cache(maxsize=32)
def _bound(
    source: Source, scale: float, z: complex, steps: int, time: dynamics.Time, step: float
) -> dynamics.PointBound:
    return dynamics.bound_from_point(source.scaled(scale), z, steps, time, step)


@lru_cache(maxsize=8)
def _moved(source: Source, scale: float, eps: float, count: int, seed: int) -> np.ndarray:
    return dynamics.perturbed_eigenvalues(_form(source, scale), eps, count, seed)


def _beginning(source: Source, time: dynamics.Time) -> dict[str, Any]:
    """The horizon and the point with which a matrix begins in this time."""
    if source.size <= figures.LARGEST_FINE:
        return {"horizon": _horizon(source, time), "point": _telling_point(source, time)}
    edge = 1.0 if time == "discrete" else 0.0  # of so many rows even a coarse grid takes long: a point just outside
    beyond = tidy(round(max(source.rate(time), edge) + 0.2, 2))
    return {"horizon": HORIZONS[time][2], "point": (beyond, 0.0)}


@lru_cache(maxsize=8)
def _horizon(source: Source, time: dynamics.Time) -> float:
    """The shortest in which growth has peaked and halved."""
    for horizon in HORIZONS[time]:
        discrete = time == "discrete"
        frame = _frame(
            source, 1.0, int(horizon) if discrete else STEPS, time, 1.0 if discrete else horizon / STEPS, False, False
        )
        if frame.growth[-1] <= FALLEN * frame.growth.max():
            break
    return horizon_with_peak(source, 1.0, time, horizon, LONGEST)


@lru_cache(maxsize=8)
def _telling_point(source: Source, time: dynamics.Time) -> tuple[float, float]:
    """Where (|z| − 1)/σ_min, or Re z/σ_min, is largest on a coarse grid of the window's upper half."""
    seen = _automatic(source, time)
    plane = _plane(source, 1.0, seen, figures.points_along(source.size, False), exact=False, bounded=False)
    imag = np.abs(plane.imag) if source.is_real else plane.imag
    z = plane.real + 1j * imag[:, None]
    away = np.abs(z) - 1 if time == "discrete" else z.real
    # not too near the edge, where nothing happens for long, and not at the border, where every matrix says 1
    inside = np.maximum(np.abs(z.real - seen.center), np.abs(z.imag - seen.middle)) < 0.9 * seen.half
    ratio = np.where((away > 0.04 * seen.half) & inside, np.log10(np.maximum(away, 1e-300)) - plane.levels, -math.inf)
    best = z.ravel()[int(ratio.argmax())]
    return tidy(round(float(best.real), 2)), tidy(round(float(best.imag), 2))
