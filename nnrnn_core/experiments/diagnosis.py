"""What a network is like, in a few numbers: the quantities of the paper's figures 3 and 5, and what goes with them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from .. import dynamics
from ..matrices import RecurrentMatrix, SchurMatrix
from ..sequence_model import SequenceModel
from ..tasks import Task

ANGLES = 18  # bars of the histogram of θ over [0, π]
HORIZON = 100  # powers of V looked at
EXPONENTS = 8
LARGEST = 256  # wider networks get no Fisher memory and no growth: they cost n³ for each power


def diagnosis(model: SequenceModel, task: Task) -> dict[str, Any]:
    """Spectral radius, departure from normality, growth and Fisher memory of V, the energy of T by diagonal, θ, and the
    Lyapunov exponents on a sequence of the task.

    Parameters
    ----------
    model
        The network; what it does not have is left out, and of an LSTM nothing is said.
    task
        Gives the sequence, always the same.

    Returns
    -------
    dict
        Plain numbers and lists. "growth_peak" [value, k] of ‖V^k‖₂ over k ≤ 100; "memory_total" Σ_k J(k) over the same,
        for the first input's direction and noise that has run as long, None where float64 does not determine it;
        "energy" Σ T_ij² for each i − j, from 1; "angles" how many |θ| fall into each eighteenth of [0, π]; "lyapunov"
        the largest eight exponents.
    """
    V = model.V
    if V is None:
        return {}
    with torch.no_grad():
        found = _of_matrix(V)
    matrix = V().detach().cpu().double().numpy()
    if len(matrix) <= LARGEST and np.isrealobj(matrix):
        found |= _growth_and_memory(matrix, model)
        sequence = task.sample(1, torch.Generator().manual_seed(0)).inputs[:, 0]
        network: Any = model.recurrent
        moving = dynamics.jacobians(network, sequence.to(next(model.parameters())))
        exponents = dynamics.lyapunov_exponents(moving, min(EXPONENTS, len(matrix)))
        found["lyapunov"] = [round(float(value), 6) for value in exponents]
    return found


def _of_matrix(V: RecurrentMatrix) -> dict[str, Any]:
    values = V.eigenvalues().cpu().numpy()
    found: dict[str, Any] = {"spectral_radius": float(np.abs(values).max()), "departure": V.departure()}
    angles = np.abs(np.angle(values[values.imag >= 0]))
    found["angles"] = np.histogram(angles, ANGLES, (0, math.pi))[0].tolist()
    if isinstance(V, SchurMatrix):
        T = (V.scale * V.T).cpu().double().numpy()
        found["energy"] = dynamics.diagonal_energy(T).round(8).tolist()
    return found


def _growth_and_memory(matrix: np.ndarray, model: SequenceModel) -> dict[str, Any]:
    growth = dynamics.transient_growth(matrix, HORIZON)
    assert model.layer is not None
    source = model.layer.U.detach().cpu().double().numpy()[:, 0]
    peak = int(growth.argmax())
    return {
        "growth_peak": [float(growth[peak]), peak],
        "memory_total": _memory_total(matrix, source / np.linalg.norm(source)),
    }


def _memory_total(matrix: np.ndarray, source: np.ndarray) -> float | None:
    """None where growth is so large that float64 does not determine it: `fisher_memory` refuses then, in words."""
    try:
        return float(dynamics.fisher_memory(matrix, source, HORIZON, duration=HORIZON + 1).sum())
    except ValueError:
        return None
