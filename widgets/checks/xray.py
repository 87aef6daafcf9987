"""The answers of notebook 10."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from nnrnn_core import dynamics

from ..figures.numbers import fixed
from .verdict import Verdict, as_number, asked, first_match, missing, several

# ---- warm-up: a share


def share_of_T(function: Callable[[np.ndarray], Any]) -> Verdict:
    """Whether `function(V)` is henrici(V)² / ‖V‖_F², the share of ‖V‖_F² that stands in T of the complex Schur form."""
    for name, V in _matrices().items():
        answer = asked(f"share_of_T of {name}", function, V.copy())
        if isinstance(answer, Verdict):
            return answer
        number = as_number(answer, "the share is one real number")
        if isinstance(number, str):
            return Verdict(number)
        right = dynamics.henrici(V, relative=True) ** 2
        if not math.isclose(number, right, rel_tol=1e-6, abs_tol=1e-9):
            return Verdict(f"For {name}: {_wrong_share(number, V, right)}")
    return Verdict("Right: 0 for a rotation, all of it for a delay line, about a half for a random matrix.", True)


@lru_cache(maxsize=1)
def _matrices() -> dict[str, np.ndarray]:
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    return {
        # first: nothing in it is 0 or equal by chance, so that a mistake shows which it is
        "a random 8×8 matrix": dynamics.gallery["random"](size=8, seed=1),
        "a rotation": np.kron(np.eye(2), turn),
        "a delay line": np.eye(5, k=-1),
    }


def _wrong_share(number: float, V: np.ndarray, right: float) -> str:
    T = dynamics.schur_parts(V).feed_forward
    whole, henrici = float(np.linalg.norm(V)), dynamics.henrici(V)
    kept = float(np.sum(np.abs(np.linalg.eigvals(V)) ** 2))
    mistakes = {
        henrici / whole: "the ratio of the norms: energy is the square of a norm.",
        henrici: "Henrici's number itself: square it, and divide by ‖V‖_F².",
        henrici**2: "‖T‖_F², not its share: divide by ‖V‖_F².",
        100 * right: "the share in per cent: return it as a number from 0 to 1.",
        1 - right: "the share of the eigenvalues, Σ|λ|² / ‖V‖_F²: T has the rest.",
        henrici**2 / kept if kept else math.inf: "T over Λ: divide by all of ‖V‖_F².",
        float(np.sum(T**2)) / whole**2: "T of the real form alone: a real 2×2 block that is no rotation keeps a part "
        "of it. Henrici's number has both.",
        float(np.sum(np.tril(V, -1) ** 2)) / whole**2: "the part of V itself below the diagonal: take the Schur form.",
        (henrici / float(np.linalg.norm(V, 2))) ** 2: "‖V‖₂, the largest singular value; np.linalg.norm(V) without "
        "ord=2 is Frobenius's.",
    }  # fmt: skip
    return _named(number, right, mistakes)


def _named(number: float, right: float, mistakes: dict[float, str]) -> str:
    if words := first_match(number, mistakes.items(), atol=1e-9):
        return f"you have {fixed(number, 4)}. That is {words}"
    return f"the share should be {fixed(right, 4)}; yours is {fixed(number, 4)}."


# ---- derive: what depends on what

INVARIANT = {
    "Henrici's number": (True, "√(‖V‖_F² − Σ|λ|²), and neither term depends on a basis at right angles."),
    "‖V^k‖": (True, "QᵀV^kQ = (QᵀVQ)^k has the same singular values as V^k, for every orthogonal Q."),
    "the eigenvalues": (True, "QᵀVQ − λI = Qᵀ(V − λI)Q: the determinant is the same."),
    "the singular values": (True, "(QᵀVQ)ᵀ(QᵀVQ) = Qᵀ(VᵀV)Q, with the eigenvalues of VᵀV."),
    "the energy of T's first diagonal": (False, "it belongs to one order of the eigenvalues on the diagonal: another "
                                         "order is another T of the same V. Try dynamics.reordered."),
    "T's largest entry": (False, "even in one order each pair of modes may be turned in its plane. That leaves Λ as "
                          "it is, and changes the entries of T."),
    "J(k) of a fixed input vector v": (False, "Q turns V and leaves v where it was: another pattern of units is "
                                       "driven. J(k) stays the same only if v is turned as well."),
}  # fmt: skip


def invariant(answer: Any) -> Verdict:
    """Whether the answer names exactly those of `INVARIANT` that are the same for V and QᵀVQ, in every Schur form."""
    if empty := missing(the_same=answer):
        return empty
    if isinstance(answer, str) or not isinstance(answer, Iterable):
        return Verdict(f"Give a list of names, such as [{next(iter(INVARIANT))!r}]; you gave {answer!r}.")
    named = list(answer)
    if unknown := [one for one in named if one not in INVARIANT]:
        return Verdict(f"{unknown[0]!r} is none of {', '.join(map(repr, INVARIANT))}.")
    for name, (stays, words) in INVARIANT.items():
        if (name in named) != stays:
            return Verdict(
                f"{name}: {'it does stay the same' if stays else 'it does not'}. {words[:1].upper()}{words[1:]}"
            )
    return Verdict("Right. All four that stay the same are functions of V in any orthonormal basis.", True)


# ---- code: a fair ablation


def fair_ablation(function: Callable[[np.ndarray, float, np.random.Generator], Any]) -> Verdict:
    """Whether `function(T, fraction, rng)` gives T without its largest entries, and without as much at random."""
    drawn = np.random.default_rng(4)
    T = np.tril(drawn.standard_normal((24, 24)), -2)
    given = T.copy()
    pairs: list[list[Any]] = []
    for seed in (0, 1):
        answer = asked("fair_ablation", function, T, 0.1, np.random.default_rng(seed))
        if isinstance(answer, Verdict):
            return answer
        pair = several(answer, 2, "return two matrices, T without its largest entries, and T without as much at random")
        if isinstance(pair, Verdict):
            return pair
        pairs.append(pair)
    top, random = (np.asarray(part, float) for part in pairs[0])
    if top.shape != given.shape or random.shape != given.shape:
        return Verdict(f"Both matrices must be {given.shape}; yours are {top.shape} and {random.shape}.")
    if not np.array_equal(T, given):
        return Verdict("T itself was changed: work on a copy, or the control loses what the ablation took.")
    return _wrong_top(top, given) or _wrong_random(random, np.asarray(pairs[1][1], float), top, given)


def _wrong_top(top: np.ndarray, T: np.ndarray) -> Verdict | None:
    entries = np.flatnonzero(T)
    count = round(0.1 * len(entries))
    largest = set(entries[np.argsort(-np.abs(T.ravel()[entries]))][:count])
    gone = set(np.flatnonzero(top != T))
    if gone == largest and not top.ravel()[list(gone)].any():
        return None
    if gone == set(entries[np.argsort(-T.ravel()[entries])][:count]):
        return Verdict("You take the largest values: −3 is larger than 2 here. Sort by |T|.")
    if gone == set(entries[np.argsort(np.abs(T.ravel()[entries]))][:count]):
        return Verdict("You take the smallest entries. Sort the other way round.")
    if len(gone) == round(0.1 * T.size):
        return Verdict("A tenth of the entries of T that are not 0: above the blocks there is nothing to take.")
    return Verdict(f"Of {len(entries)} entries the largest {count} should be 0; you changed {len(gone)}.")


def _wrong_random(random: np.ndarray, second: np.ndarray, top: np.ndarray, T: np.ndarray) -> Verdict:
    wanted, taken = float(np.sum((T - top) ** 2)), float(np.sum((T - random) ** 2))
    changed, one = np.flatnonzero(random != T), float(np.max(T**2))
    if np.array_equal(random, top):
        return Verdict("Both matrices are the same: the control takes entries at random.")
    if np.any(random[T == 0]):
        return Verdict("The control puts entries where T has none: take some of T's own away.")
    if len(changed) == np.count_nonzero(top != T):
        return Verdict(
            f"The control takes as many entries, {len(changed)}, and only {fixed(taken / wanted, 2)} of the energy. "
            "The largest ones hold more each, so it is no control: go on until the energy is the same."
        )
    if len(changed) == np.count_nonzero(T):
        return Verdict("The control makes all of T smaller: set single entries to 0, in a random order.")
    if abs(taken - wanted) > one:
        return Verdict(
            f"The control takes {fixed(taken / wanted, 2)} times the energy; to the size of an entry it is 1."
        )
    if np.array_equal(random, second):
        return Verdict("Two generators gave the same control: draw the order from rng.")
    return Verdict(
        f"Right: both took {fixed(wanted / float(np.sum(T**2)), 2)} of T's energy, from different entries.", True
    )
