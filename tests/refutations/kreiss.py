"""The Kreiss constant against singular values alone: a grid over the plane, and climbs from its highest peaks."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize

from nnrnn_core import dynamics
from oracles import direct_levels

ALONG = 61, 41  # points of the grid, along the edge (as a SpectrumLab has at rest) and away from it
OWN = (-10, -3, -1, -0.3, 0, 0.3, 1, 3, 10)  # and beside each eigenvalue, over its distance from the edge
PEAKS = 6  # of the grid that are climbed
CLIMBS = 1.0, 0.1, 0.01  # sizes of the first simplex, over what the grid has between two points


def scanned(V: np.ndarray, time: dynamics.Time, finer: int = 1) -> float:
    """The largest (|z| − 1)/σ_min(z − V), or Re z/σ_min(z − A), that singular value decompositions find.

    finer: on a grid that is that many times finer along the edge, and as many away from it.
    """
    values = np.linalg.eigvals(V)
    away = np.abs(np.abs(values) - 1) if time == "discrete" else np.abs(values.real)
    size = 1.0 if time == "discrete" else float(np.linalg.norm(V, 2))
    depth = np.log(np.concatenate([np.geomspace(1e-7, 30, finer * ALONG[1]) * size, away / 2, 2 * away]))
    own = np.angle(values) if time == "discrete" else values.imag
    reach = np.pi if time == "discrete" else 2 * size
    across = np.concatenate([np.linspace(-reach, reach, finer * ALONG[0]), *(own + away * shift for shift in OWN)])
    if np.isrealobj(V):  # the plane is its own mirror image
        across = np.abs(across)
    depth, across = np.unique(depth), np.unique(across)

    def ratio(depth: Any, across: Any) -> np.ndarray:
        distance = np.exp(depth)
        z = (1 + distance) * np.exp(1j * across) if time == "discrete" else distance + 1j * across
        return np.asarray(distance / np.maximum(direct_levels(V, z), 1e-300))

    grid = ratio(depth[:, None], across[None, :])
    best = float(grid.max())
    for i, j in peaks(grid):
        at, gaps = np.array([depth[i], across[j]]), np.array([gap_at(depth, i), gap_at(across, j)])
        for size in CLIMBS:
            simplex = at + size * gaps * np.array([[0, 0], [1, 0], [0, 1]])
            options = {"initial_simplex": simplex, "xatol": 1e-9, "fatol": 1e-12, "maxfev": 150}
            top = scipy.optimize.minimize(lambda x: -float(ratio(*x)), at, method="Nelder-Mead", options=options)
            at, best = top.x, max(best, -float(top.fun))
    return max(best, 1.0)


def peaks(grid: np.ndarray) -> list[tuple[int, int]]:
    """The highest points of a grid that none of their eight neighbours exceeds."""
    padded = np.pad(grid, 1, constant_values=-np.inf)
    rows, columns = grid.shape
    around = [padded[1 + i : 1 + i + rows, 1 + j : 1 + j + columns] for i in (-1, 0, 1) for j in (-1, 0, 1)]
    high = np.argwhere(grid >= np.max(around, axis=0))
    order = np.argsort([-grid[i, j] for i, j in high])[:PEAKS]
    return [(int(i), int(j)) for i, j in high[order]]


def gap_at(places: np.ndarray, i: int) -> float:
    """To the farther neighbour."""
    return float(max(places[min(i + 1, len(places) - 1)] - places[i], places[i] - places[max(i - 1, 0)]))


def differences(V: np.ndarray, time: dynamics.Time, finer: int = 1) -> tuple[float, float, bool, float]:
    """How far, relatively, the scan is above what is proven not to be exceeded, and below what is said to be reached;
    whether the bounds met; and the constant."""
    found, seen = dynamics.kreiss_bounds(V, time), scanned(V, time, finer)
    return seen / found.above - 1, found.value / seen - 1, found.certified, found.value


def finer_differences(V: np.ndarray, time: dynamics.Time) -> tuple[float, float, bool, float]:
    """The same, from a grid with a hundred times as many points."""
    return differences(V, time, finer=10)
