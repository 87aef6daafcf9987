"""The checks of notebook 10's exercises: each typical mistake gets its own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from nnrnn_core import dynamics
from widgets import checks
from widgets.checks.xray import INVARIANT

SHARES: list[tuple[Callable[[np.ndarray], Any], str]] = [
    (lambda V: dynamics.henrici(V, relative=True), "energy is the square"),
    (lambda V: dynamics.henrici(V), "square it, and divide"),
    (lambda V: dynamics.henrici(V) ** 2, "divide by ‖V‖_F²"),
    (lambda V: 100 * dynamics.henrici(V, relative=True) ** 2, "per cent"),
    (lambda V: 1 - dynamics.henrici(V, relative=True) ** 2, "share of the eigenvalues"),
    (lambda V: dynamics.henrici(V) ** 2 / np.sum(np.abs(np.linalg.eigvals(V)) ** 2), "T over Λ"),
    (lambda V: np.sum(dynamics.schur_parts(V).feed_forward ** 2) / np.sum(V**2), "real form alone"),
    (lambda V: np.sum(np.tril(V, -1) ** 2) / np.sum(V**2), "take the Schur form"),
    (lambda V: (dynamics.henrici(V) / np.linalg.norm(V, 2)) ** 2, "ord=2"),
    (lambda V: 0.123, "should be"),
    (lambda V: V, "one real number"),
]


def test_a_mistake_in_the_share_is_named():
    for wrong, words in SHARES:
        verdict = checks.share_of_T(wrong)
        assert verdict.done and not verdict.right and words in str(verdict), (words, verdict)


def test_a_right_share_is_right_whatever_makes_it_and_a_stub_is_not_done():
    kept = lambda V: np.sum(np.abs(np.linalg.eigvals(V)) ** 2)  # noqa: E731
    for right in (
        lambda V: dynamics.henrici(V, relative=True) ** 2,
        lambda V: torch.tensor(dynamics.henrici(V) ** 2 / np.linalg.norm(V) ** 2),
        lambda V: 1 - kept(V) / np.sum(V**2),
    ):
        assert checks.share_of_T(right).right
    for stub in (None, ...):
        assert not checks.share_of_T(lambda V, stub=stub: stub).done
    assert "KeyError" in str(checks.share_of_T(lambda V: {}["T"]))


STAYS = [name for name, (stays, _) in INVARIANT.items() if stays]


def test_exactly_the_invariants_are_right_and_each_other_answer_says_which_and_why():
    assert checks.invariant(STAYS).right and checks.invariant(reversed(STAYS)).right
    for name, (stays, words) in INVARIANT.items():
        verdict = checks.invariant([one for one in STAYS if one != name] if stays else [*STAYS, name])
        assert verdict.done and not verdict.right and name in str(verdict) and words[1:] in str(verdict)
    assert not checks.invariant(None).done
    assert "none of" in str(checks.invariant(["trace"])) and "list of names" in str(checks.invariant("‖V^k‖"))


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


# --- the fair ablation


def fair(T: np.ndarray, fraction: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    entries = np.flatnonzero(T)
    count = round(fraction * len(entries))
    top = without(T, entries[np.argsort(-np.abs(T.ravel()[entries]))][:count])
    shuffled = rng.permutation(entries)
    many = np.searchsorted(np.cumsum(T.ravel()[shuffled] ** 2), np.sum((T - top) ** 2))
    return top, without(T, shuffled[: many + 1])


def without(T: np.ndarray, places: np.ndarray) -> np.ndarray:
    left = T.copy()
    left.ravel()[places] = 0
    return left


def changed(T: np.ndarray, f: float, rng: np.random.Generator) -> Any:
    answer = fair(T, f, rng)
    T *= 0.5
    return answer


def as_many(T: np.ndarray, f: float, rng: np.random.Generator) -> np.ndarray:
    entries = np.flatnonzero(T)
    return without(T, rng.permutation(entries)[: round(f * len(entries))])


def sorted_by(key: Callable[[np.ndarray], np.ndarray], T: np.ndarray, f: float) -> np.ndarray:
    entries = np.flatnonzero(T)
    return without(T, entries[np.argsort(key(T.ravel()[entries]))][: round(f * len(entries))])


MISTAKES: list[tuple[Callable[[np.ndarray, float, np.random.Generator], Any], str]] = [
    (lambda T, f, rng: fair(T, f, rng)[0], "Return two matrices"),
    (lambda T, f, rng: (sorted_by(np.negative, T, f), fair(T, f, rng)[1]), "Sort by |T|"),
    (lambda T, f, rng: (sorted_by(np.abs, T, f), fair(T, f, rng)[1]), "the smallest"),
    (lambda T, f, rng: (fair(T, 0.3, rng)[0], fair(T, f, rng)[1]), "largest 25 should be 0"),
    (lambda T, f, rng: (fair(T, 58 / 253, rng)[0], fair(T, f, rng)[1]), "not 0: above the blocks"),
    (lambda T, f, rng: (fair(T, f, rng)[0], as_many(T, f, rng)), "no control"),
    (lambda T, f, rng: (fair(T, f, rng)[0], fair(T, f, rng)[0]), "are the same"),
    (lambda T, f, rng: (fair(T, f, rng)[0], 0.9 * T), "all of T smaller"),
    (lambda T, f, rng: (fair(T, f, rng)[0], T + np.eye(24)), "where T has none"),
    (lambda T, f, rng: (fair(T, f, rng)[0], fair(T, 0.2, rng)[1]), "times the energy"),
    (lambda T, f, rng: (fair(T, f, rng)[0], fair(T, f, np.random.default_rng(7))[1]), "from rng"),
    (lambda T, f, rng: (T[:2], T[:2]), "must be (24, 24)"),
    (changed, "work on a copy"),
    (lambda T, f, rng: 1 / 0, "ZeroDivisionError"),
]


@pytest.mark.parametrize(("wrong", "words"), MISTAKES, ids=[words for _, words in MISTAKES])
def test_a_mistake_in_the_ablation_is_named(wrong: Any, words: str):
    verdict = checks.fair_ablation(wrong)
    assert verdict.done and not verdict.right and words in str(verdict), verdict


def test_a_fair_ablation_is_right_with_the_library_too_and_a_stub_is_not_done():
    def by_library(T: np.ndarray, fraction: float, rng: np.random.Generator) -> Any:
        top = fair(T, fraction, rng)[0]
        return top, dynamics.ablate(T, float(np.sum((T - top) ** 2)), rng.random(T.shape))

    assert checks.fair_ablation(fair).right and checks.fair_ablation(by_library).right
    for stub in (None, ..., (None, None), (..., ...)):
        assert not checks.fair_ablation(lambda T, fraction, rng, stub=stub: stub).done
