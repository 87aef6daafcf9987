"""What is computed of a SpectrumLab's matrix: its plane, growth, bounds, perturbed eigenvalues; each once."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from nnrnn_core import dynamics
from nnrnn_core.reading import is_schur_matrix

from ..figures import spectrum as figures
from ..figures.numbers import tidy
from .matrices import Source
from .matrix_state import source_error
from .peaks import horizon_with_peak

PERTURBATIONS = 50  # matrices in a throw
LONGEST = 1000  # horizon
HORIZONS = {"discrete": (20, 40, 80, 160, 320), "continuous": (0.5, 1, 2, 5, 10, 20, 50)}  # to begin with
FALLEN = 0.5  # once growth has come down to this share of its peak, the curve may end
STEPS = 200  # moments of a curve in continuous time


def few_perturbations(size: int) -> int:
    """How many perturbed matrices can follow a slider: their eigenvalues cost as the cube of the size."""
    return min(PERTURBATIONS, max(2, round(10 * (32 / size) ** 2)))


@lru_cache(maxsize=8)
def form(source: Source, scale: float) -> np.ndarray:
    """Λ + s T, which has V's pseudospectra, and is cheaper than V."""
    if is_schur_matrix(source.matrix):
        return dynamics.as_form(source.scaled(scale))[1]
    _, blocks, feed_forward = source.parts
    return np.asarray(blocks + scale * feed_forward)


@lru_cache(maxsize=8)
def automatic(source: Source, time: dynamics.Time) -> figures.Window:
    """The window of a matrix, where none is chosen by hand."""
    return figures.window_of(source.eigenvalues, time)


@lru_cache(maxsize=8)
def plane(
    source: Source, scale: float, window: figures.Window, points: int, exact: bool, bounded: bool
) -> figures.Plane:
    """Pseudospectra and eigenvalues in a window; exact: on the fine grid."""
    if exact:
        levels = levels_search(source, scale, window, points).all()
    else:
        levels = dynamics.pseudospectrum(form(source, scale), *window.axes(points), figures.COARSE_TOLERANCE)
    return figures.plane_of(form(source, scale), window, levels, source.eigenvalues, exact, bounded)


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
    """The search for the levels of a plane, one for all that ask for it."""
    return LevelsSearch(form(source, scale), window, points)


@lru_cache(maxsize=8)
def frame(
    source: Source, scale: float, steps: int, time: dynamics.Time, step: float, exact: bool, bounded: bool
) -> figures.Frame:
    """Growth, and its bounds where they are asked for."""
    # V's own entries take longer to make than its form's, and their powers twice as long
    V, rate = source.scaled(scale) if exact else form(source, scale), source.rate(time)
    return figures.frame_of(V, steps, time, step, rate, exact, source_error(source), bounded)


@lru_cache(maxsize=32)
def bound(
    source: Source, scale: float, z: complex, steps: int, time: dynamics.Time, step: float
) -> dynamics.PointBound:
    """The growth that a point of the plane implies."""
    # of the form, whose triangle is found in no time: V's own takes a third of a move at 256 rows
    return dynamics.bound_from_point(form(source, scale), z, steps, time, step)


@lru_cache(maxsize=8)
def moved(source: Source, scale: float, eps: float, count: int, seed: int) -> np.ndarray:
    """The eigenvalues of `count` matrices that lie eps away."""
    return dynamics.perturbed_eigenvalues(form(source, scale), eps, count, seed)


def beginning(source: Source, time: dynamics.Time) -> dict[str, Any]:
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
        drawn = frame(
            source, 1.0, int(horizon) if discrete else STEPS, time, 1.0 if discrete else horizon / STEPS, False, False
        )
        if drawn.growth[-1] <= FALLEN * drawn.growth.max():
            break
    return horizon_with_peak(source, 1.0, time, horizon, LONGEST)


@lru_cache(maxsize=8)
def _telling_point(source: Source, time: dynamics.Time) -> tuple[float, float]:
    """Where (|z| − 1)/σ_min, or Re z/σ_min, is largest on a coarse grid of the window's upper half."""
    seen = automatic(source, time)
    coarse = plane(source, 1.0, seen, figures.points_along(source.size, False), exact=False, bounded=False)
    imag = np.abs(coarse.imag) if source.is_real else coarse.imag
    z = coarse.real + 1j * imag[:, None]
    away = np.abs(z) - 1 if time == "discrete" else z.real
    # not too near the edge, where nothing happens for long, and not at the border, where every matrix says 1
    inside = np.maximum(np.abs(z.real - seen.center), np.abs(z.imag - seen.middle)) < 0.9 * seen.half
    ratio = np.where((away > 0.04 * seen.half) & inside, np.log10(np.maximum(away, 1e-300)) - coarse.levels, -math.inf)
    best = z.ravel()[int(ratio.argmax())]
    return tidy(round(float(best.real), 2)), tidy(round(float(best.imag), 2))
