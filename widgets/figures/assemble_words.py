"""What an AssembleLab shows, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnrnn_core import dynamics

from .numbers import short

if TYPE_CHECKING:
    from .assemble import Assembly


def moved(parts: Assembly) -> str:
    """How many pairs are not γ e^{±iθ}."""
    off, count = int(parts.off.sum()), len(parts.off)
    if not off or count == 1:
        return f"{'the' if off else 'no'} pair has moved"
    return f"{off} of {count} pairs {'has' if off == 1 else 'have'} moved"


def assemble_sentence(parts: Assembly) -> str:
    """What the figure shows, in words."""
    n, i = len(parts.form), parts.chosen
    gamma, theta = parts.gamma[i], parts.theta[i]
    head = f"{n} units, {parts.mask} mask. Block {i + 1}: γ = {short(gamma)}, θ = {short(theta)}"
    return f"{head}; {_of_pair(parts)}. {_of_all(parts)} {_of_P(parts)}"


def _of_pair(parts: Assembly) -> str:
    i, t = parts.chosen, parts.inside[parts.chosen]
    one, two = parts.pair
    inside = f"with s t = {short(t)} inside the block "
    if not parts.off[i]:
        return f"its pair of eigenvalues is γ e^(±iθ), of modulus {short(abs(one))}"
    if parts.real[i]:
        return f"{inside}its pair has become real, {short(one.real)} and {short(two.real)}"
    return f"{inside}its pair has the modulus {short(abs(one), 4)} in place of γ"


def _of_all(parts: Assembly) -> str:
    if parts.mask == "block":
        return "T has no entry inside a block, so no pair depends on s or T."
    if not parts.off.any():
        return "T may have an entry inside each block, but none moves a pair now."
    real = int(parts.real.sum())
    also = f"; {real} {'is' if real == 1 else 'are'} real" if real else ""
    return f"T has an entry inside each block, which V's eigenvalues depend on: {moved(parts)}{also}."


def _of_P(parts: Assembly) -> str:
    defect = float(np.abs(parts.P.T @ parts.P - np.eye(len(parts.P))).max())
    return f"Henrici's number is {short(dynamics.henrici(parts.form))}; PᵀP is I up to {short(defect, 1)}."
