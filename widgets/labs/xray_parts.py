"""What is computed of an XrayLab's network: V taken apart, growth and memory of what is left; each once."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from nnrnn_core import dynamics
from nnrnn_core.dynamics.ablation import share_of, without
from nnrnn_core.dynamics.schur_form import ORDERS

from ..figures.schur import growth_of
from ..figures.xray import HORIZON, Curves, angles_of
from ..figures.xray_words import Facts
from .matrices import Source
from .xray_subject import Subject

NOTHING = np.array([])


@lru_cache(maxsize=8)
def split(source: Source, order: str) -> dynamics.SchurParts:
    """V = P (Λ + T) P* in that order of its eigenvalues."""
    if order == ORDERS[0]:
        return source.parts
    P, blocks, T = source.parts
    P, form = dynamics.reordered(P, blocks + T, order)
    _, blocks, T = dynamics.schur_parts(form, real=source.is_real)  # a Schur form is its own
    return dynamics.SchurParts(P, blocks, T)


@lru_cache(maxsize=256)
def share(source: Source, order: str, way: str, percent: float) -> float:
    """Of ‖T‖_F², in so many per cent of T's entries, the first ones in that way."""
    T = split(source, order).feed_forward
    return share_of(T, way, percent / 100) if T.any() else 0.0


@lru_cache(maxsize=8)
def whole(subject: Subject, when: str) -> Curves:
    """What is drawn of the network with nothing taken away."""
    source = subject.sources[when]
    P, blocks, T = source.parts
    return _curves(subject, when, P, blocks + T, True)


@lru_cache(maxsize=8)
def facts(subject: Subject, when: str) -> Facts:
    """What is said of the network with nothing taken away."""
    source, curves = subject.sources[when], whole(subject, when)
    _, blocks, T = source.parts
    radius = float(np.abs(source.eigenvalues).max())
    departure, size = dynamics.henrici(blocks + T), float(np.linalg.norm(blocks + T))
    in_T = (departure / size) ** 2 if size else 0.0
    return Facts(in_T, departure, radius, curves.growth, float(curves.memory.sum()))


@lru_cache(maxsize=4)
def now(subject: Subject, when: str, order: str, way: str, percent: float, exact: bool) -> Curves:
    """What is drawn of the network without a part of T; not exact: growth estimated, and no memory."""
    source = subject.sources[when]
    P, blocks, T = split(source, order)
    T = without(T, way, share(source, order, way, percent))
    found = _curves(subject, when, P, blocks + T, exact)
    return found._replace(angles=NOTHING)  # no ablation moves an eigenvalue


def _curves(subject: Subject, when: str, P: np.ndarray, form: np.ndarray, exact: bool) -> Curves:
    steps, growth = growth_of(form, "discrete", exact, HORIZON)
    angles = angles_of(subject.sources[when].eigenvalues)
    return Curves(steps, growth, _memory(subject.inputs(when), P, form) if exact else NOTHING, angles)


def _memory(U: np.ndarray | None, P: np.ndarray, form: np.ndarray) -> np.ndarray:
    """J(k) of the inputs, or over all directions; NaN where float64 does not determine it."""
    try:
        return dynamics.mean_memory(form, HORIZON, HORIZON + 1, None if U is None else P.conj().T @ U)
    except ValueError:
        return np.full(HORIZON + 1, math.nan)
