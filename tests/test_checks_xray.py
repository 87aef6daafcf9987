"""The checks of notebook 10: right answers whatever makes them, and what is called invariant is so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from nnrnn_core import dynamics
from widgets import checks
from widgets.checks.xray import INVARIANT


def test_a_right_share_is_right_whatever_makes_it():
    kept = lambda V: np.sum(np.abs(np.linalg.eigvals(V)) ** 2)  # noqa: E731
    for right in (
        lambda V: dynamics.henrici(V, relative=True) ** 2,
        lambda V: torch.tensor(dynamics.henrici(V) ** 2 / np.linalg.norm(V) ** 2),
        lambda V: 1 - kept(V) / np.sum(V**2),
    ):
        assert checks.share_of_T(right).right


def test_the_invariants_are_right_in_any_order_and_each_other_answer_is_told_why():
    stays = [name for name, (same, _) in INVARIANT.items() if same]
    assert checks.invariant(reversed(stays)).right
    for name, (same, words) in INVARIANT.items():
        verdict = checks.invariant([one for one in stays if one != name] if same else [*stays, name])
        assert name in str(verdict) and words[1:] in str(verdict)


def test_what_the_check_calls_invariant_is_so_for_random_matrices_and_the_rest_is_not():
    draw = np.random.default_rng(0)
    measures: dict[str, Callable[[np.ndarray, np.ndarray], Any]] = {
        "Henrici's number": lambda V, v: dynamics.henrici(V),
        "‖V^k‖": lambda V, v: dynamics.transient_growth(V, 4),
        "the eigenvalues": lambda V, v: np.sort(np.abs(dynamics.eigenvalues(V))),
        "the singular values": lambda V, v: np.linalg.svd(V, compute_uv=False),
        "the energy of T's first diagonal": lambda V, v: dynamics.diagonal_energy(_other_form(V))[0],
        "T's largest entry": lambda V, v: np.abs(np.tril(_other_form(V), -1)).max(),
        "J(k) of a fixed input vector v": lambda V, v: dynamics.fisher_memory(V, v, 4, 5),
    }
    assert measures.keys() == INVARIANT.keys()
    changed: dict[str, list[bool]] = {name: [] for name in INVARIANT}
    for V in 0.5 * draw.standard_normal((10, 5, 5)):
        Q = np.linalg.qr(draw.standard_normal((5, 5)))[0]
        form = dynamics.reordered(np.eye(5), sum(dynamics.schur_parts(Q.T @ V @ Q)[1:]), "smallest real part first")[1]
        for name, measure in measures.items():
            v = np.eye(5)[0]
            other = Q.T @ V @ Q if name.startswith("J") else form
            changed[name].append(not np.allclose(measure(V, v), measure(other, v), rtol=1e-6))
    assert {name: any(found) for name, found in changed.items()} == {
        name: not stays for name, (stays, _) in INVARIANT.items()
    }


def _other_form(V: np.ndarray) -> np.ndarray:
    return sum(dynamics.schur_parts(V)[1:])


def test_a_fair_ablation_is_right_with_the_library_too_and_a_stub_of_either_kind_is_not_done():
    def by_library(T: np.ndarray, fraction: float, rng: np.random.Generator) -> Any:
        sizes = np.sort(np.abs(T[T != 0]))[::-1]
        top = np.where(np.abs(T) > sizes[round(fraction * len(sizes))], 0, T)
        return top, dynamics.ablate(T, float(np.sum((T - top) ** 2)), rng.random(T.shape))

    assert checks.fair_ablation(by_library).right
    for stub in (None, ..., (None, None), (..., ...)):
        assert not checks.fair_ablation(lambda T, fraction, rng, stub=stub: stub).done
