"""The stages of notebook 07: each part of the nnRNN is checked by itself, and one that is not right holds up no other.

A right answer is known from NumPy and SciPy, the wrong ones from what is often written in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from nnrnn_core import dynamics

from .verdict import Verdict, first_match, returned, without_torch

CLOSE = 1e-9
Wrong = tuple[Any, str]  # what a mistake gives, and what is said of it


def orthogonal_factor(function: Callable[[Tensor], Any]) -> Verdict:
    """Whether `function(A)` is P = exp(A − Aᵀ), for a strictly upper triangular A."""
    A = np.triu(np.random.default_rng(0).normal(0, 0.6, (5, 5)), 1)
    S, one = A - A.T, np.eye(5)
    exp = scipy.linalg.expm
    mistakes: list[Wrong] = [
        (exp(A), "That is exp(A). A is not skew-symmetric, so it is not orthogonal: take Aᵀ off, exp(A − Aᵀ)."),
        (exp(-S), "That is exp(Aᵀ − A), which is Pᵀ: the sign is the other one."),
        (exp(A + A.T), "A + Aᵀ is symmetric, and so is its exponential; a skew-symmetric matrix has a minus, A − Aᵀ."),
        (np.exp(S), "That is the exponential of each entry: the matrix's is torch.matrix_exp."),
        (S, "That is A − Aᵀ itself: its exponential is orthogonal, torch.matrix_exp."),
        (one + S, "I + (A − Aᵀ) is only the beginning of the exponential's series: torch.matrix_exp."),
        (exp(S / 2), "Yours has ½ (A − Aᵀ) in the exponential, half of every angle: leave the ½ away."),
        (exp(2 * S), "Yours has 2 (A − Aᵀ) in the exponential, twice every angle."),
        *((np.linalg.solve(one - c * S, one + c * S), "That is a Cayley map: orthogonal as well, but another map; "
           "the kit's P is an exponential.") for c in (1, 0.5, -1, -0.5)),
    ]  # fmt: skip
    return _judge(function, {"A": torch.tensor(A)}, exp(S), mistakes, "Right: PᵀP = I to rounding, whatever A is.")


def rotation_blocks(function: Callable[[Tensor, Tensor], Any]) -> Verdict:
    """Whether `function(gamma, theta)` is Λ, (n, n): γ [[cos θ, −sin θ], [sin θ, cos θ]] on the diagonal."""
    gamma, theta = np.array([0.9, 1.2, 0.7]), np.array([0.4, 2.5, 5.0])
    right = dynamics.rotation_blocks(gamma, theta)
    turns = dynamics.rotation_blocks(1.0, theta)
    on, off = np.diag(np.diag(turns)), turns - np.diag(np.diag(turns))
    each, row = gamma.repeat(2)[:, None], np.arange(6)[:, None] % 2
    first, second, one_row = np.where(row, 1, each), np.where(row, each, 1), "γ multiplies only one row"
    flip = np.tile([1, -1], 3)
    once = np.diag(gamma * np.cos(theta)), np.diag(gamma * np.sin(theta))
    pairs = np.stack([right[i : i + 2, i : i + 2] for i in (0, 2, 4)])
    stacked = "That is a stack of blocks: put them on the diagonal of one matrix, torch.block_diag(*stack)."
    mistakes: list[Wrong] = [
        (right.T, "The blocks are transposed: −sin θ stands above the diagonal, sin θ below. Yours turn by −θ."),
        (first * turns, f"{one_row} of each block, the upper one: all four entries have it."),
        (second * turns, f"{one_row} of each block, the lower one: all four entries have it."),
        (turns * first.T, "γ multiplies only the left column of each block: all four entries have it."),
        (turns * second.T, "γ multiplies only the right column of each block: all four entries have it."),
        (turns, "γ is missing: multiply every block by its own."),
        (each * right, "γ is there twice: yours has γ²."),
        (each * on + off, "γ multiplies only cos θ: sin θ has it as well."),
        (on + each * off, "γ multiplies only sin θ: cos θ has it as well."),
        (right * flip, "That is a reflection, [[cos θ, sin θ], [sin θ, −cos θ]], whose eigenvalues are ±γ: check the "
         "signs of the right column."),
        (each * (on + np.tril(off) + np.tril(off).T), "Both sin θ have the same sign: the upper "
         "one has a minus."),
        (dynamics.rotation_blocks(gamma, np.deg2rad(theta)), "θ is in radians already: do not convert it."),
        (np.block([[once[0], -once[1]], [once[1], once[0]]]), "Yours joins the units i and i + n/2: the two units of a "
         "block are neighbours, rows 2i and 2i + 1."),
        (pairs, stacked), (pairs.transpose(1, 2, 0), stacked),
        (np.swapaxes(pairs, 1, 2), stacked + " (And each is transposed.)"),
    ]  # fmt: skip
    given = {"gamma": torch.tensor(gamma), "theta": torch.tensor(theta)}
    return _judge(function, given, right, mistakes, "Right: its eigenvalues are γ e^{±iθ}, and it is normal.")


def free_entries(function: Callable[[int], Any]) -> Verdict:
    """Whether `function(n)` is True exactly strictly below the 2×2 blocks: row // 2 > column // 2."""
    below, one = np.tri(6, k=-1, dtype=bool), np.ones((6, 6), bool)
    right = dynamics.free_entries(6)
    pair = np.arange(6) // 2
    inside = pair[:, None] == pair
    mistakes: list[Wrong] = [
        (below, "That is the entry mask: it has one entry inside each 2×2 block, (1, 0), (3, 2), …, and T would move "
         "eigenvalues. Leave the blocks' insides out."),
        (below.T, "That is what the authors' code has: above the diagonal, since its states are rows, with one entry "
         "inside each block. Here states are columns: below, and outside of the blocks."),
        (right.T, "That is above the blocks: states are columns here, and T stands below."),
        (np.tri(6, k=-2, dtype=bool), "Yours leaves out (2, 1), (4, 3), …, whose row and column belong to different "
         "blocks: compare row // 2 with column // 2."),
        (right | inside, "Yours has the whole 2×2 blocks as well, where Λ stands: > in place of ≥."),
        (np.tri(6, dtype=bool), "Yours has the diagonal and the blocks' insides: compare row // 2 > column // 2."),
        (right | right.T, "Yours is free on both sides of the blocks: only below them."),
        (~right, "That is where T is 0: the other way round."),
        (inside, "That is where Λ stands, not T."),
        (one, "Yours is free everywhere."),
    ]  # fmt: skip
    verdict = _judge(function, {"n": 6}, right, mistakes, "Right: n(n − 2)/2 entries, none inside a block.")
    if verdict.right and getattr(function(6), "dtype", None) not in (torch.bool, np.dtype(bool)):
        return Verdict("The places are right; return True and False, which masked_scatter asks for: mask.bool().")
    return verdict


def assembled(function: Callable[[Tensor, Tensor, Tensor], Any]) -> Verdict:
    """Whether `function(P, blocks, T)` is V = P (Λ + T) Pᵀ."""
    draw = np.random.default_rng(1)
    P = scipy.linalg.expm(np.triu(S := draw.normal(0, 0.7, (6, 6)), 1) - np.triu(S, 1).T)
    blocks = dynamics.rotation_blocks([0.9, 1.1, 0.8], [0.4, 1.5, 2.5])
    T = np.where(dynamics.free_entries(6), draw.normal(0, 1, (6, 6)), 0)
    M = blocks + T
    mistakes: list[Wrong] = [
        (P.T @ M @ P, "That is Pᵀ (Λ + T) P: the transpose stands at the right, P (Λ + T) Pᵀ."),
        (P @ M @ P, "That is P (Λ + T) P: the second P is transposed."),
        (P.T @ M @ P.T, "That is Pᵀ (Λ + T) Pᵀ: the first P is not transposed."),
        (M, "That is Λ + T alone: P turns it into the basis of the units."),
        (P @ M, "Pᵀ at the right is missing."),
        (M @ P.T, "P at the left is missing."),
        (P * M * P.T, "* multiplies entry by entry; the product of matrices is @."),
        (P @ blocks @ P.T, "T is missing."),
        (P @ T @ P.T, "Λ is missing."),
        (P @ blocks @ P.T + T, "T stands outside: P and Pᵀ belong around the sum, P (Λ + T) Pᵀ."),
        (P @ blocks + T @ P.T, "The parentheses are missing: @ binds closer than +."),
        (P @ blocks @ T @ P.T, "Λ and T are added, not multiplied."),
        (P @ M.T @ P.T, "That is Vᵀ, which hands states on in the other direction: Λ + T is not transposed."),
        (P @ (blocks - T) @ P.T, "T is taken off: it is added."),
    ]
    given = {name: torch.tensor(value) for name, value in (("P", P), ("blocks", blocks), ("T", T))}
    return _judge(function, given, P @ M @ P.T, mistakes, "Right: V, with the eigenvalues of Λ, whatever T is.")


def gamma_penalty(function: Callable[[Tensor, float], Any]) -> Verdict:
    """Whether `function(gamma, delta)` is δ ‖γ − 1‖² = δ Σ (γ_i − 1)²."""
    gamma, delta = np.array([0.7, 1.2, 1.5, 0.9]), 0.3
    far = gamma - 1
    square = float(far @ far)
    mistakes: list[Wrong] = [
        (delta * np.sqrt(square), "That is δ ‖γ − 1‖: the norm is squared."),
        (delta * np.abs(far).sum(), "That is δ Σ |γ − 1|: the square is missing."),
        (delta * far.sum(), "That is δ Σ (γ − 1), without the square: values above and below 1 would cancel."),
        (delta * far.sum() ** 2, "You squared the sum: square each γ − 1 first, then add."),
        (delta * square / 4, "That is the mean of the squares: the norm is their sum."),
        (square, "δ is missing."),
        (delta * gamma @ gamma, "That draws γ to 0, and the eigenvalues with it: take (γ − 1)²."),
        (delta * ((gamma**2 - 1) ** 2).sum(), "Yours has γ² − 1: take (γ − 1)²."),
        (delta * square / 2, "The ½ is too much."),
        (2 * delta * square, "Yours is twice as large: each γ counts once, not once for each of its two eigenvalues."),
        (delta**2 * square, "δ stands outside of the square."),
        (delta * far**2, "These are the squares, one a block: a penalty is their sum, one number."),
        (-delta * square, "The sign is wrong: the loss grows by it."),
    ]
    given = {"gamma": torch.tensor(gamma), "delta": delta}
    return _judge(function, given, np.array(delta * square), mistakes, "Right: 0 while every γ is 1.")


def _judge(
    function: Callable[..., Any], arguments: Mapping[str, Any], right: Any, mistakes: Iterable[Wrong], praise: str
) -> Verdict:
    """What is wrong with function(*arguments), or praise. The answer must be differentiable in every tensor."""
    name = getattr(function, "__name__", "the function")
    given = {
        key: value.clone().requires_grad_() if isinstance(value, Tensor) else value for key, value in arguments.items()
    }
    answer = returned(name, function, *given.values())
    if isinstance(answer, Verdict):
        return answer
    found = _as_array(answer)
    if isinstance(found, str):
        return Verdict(found)
    if not _same(found, right):
        return Verdict(_said(found, right, mistakes))
    tensors = {key: value for key, value in given.items() if isinstance(value, Tensor)}
    if cut := _cut(answer, tensors):
        return Verdict(
            f"The numbers are right, but no gradient reaches {', '.join(cut)}, so that nothing would be learnt there: "
            "on the way something has left torch, by torch.tensor(…), .item(), .detach() or NumPy."
        )
    return Verdict(praise, True)


def _as_array(answer: Any) -> np.ndarray | str:
    try:
        found = np.asarray(without_torch(answer))
    except (ValueError, TypeError, RuntimeError):
        found = np.asarray(None)
    if found.dtype.kind not in "biufc":
        return f"You returned {type(answer).__name__}: return a tensor."
    return found


def _same(found: np.ndarray, right: Any) -> bool:
    right = np.asarray(right)
    return found.shape == right.shape and bool(np.allclose(found + 0.0, right + 0.0, rtol=CLOSE, atol=CLOSE))


def _said(found: np.ndarray, right: Any, mistakes: Iterable[Wrong]) -> str:
    found, right = found + 0.0, np.asarray(right) + 0.0  # True and False as numbers
    if words := first_match(found, ((np.asarray(value) + 0.0, words) for value, words in mistakes), CLOSE, CLOSE):
        return words
    if found.shape != right.shape:
        return f"Yours has the shape {found.shape}; it should be {right.shape}."
    if not right.ndim:
        return f"It should be {right:.4g} here; yours is {found:.4g}."
    place = tuple(int(i) for i in np.argwhere(~np.isclose(found, right, rtol=CLOSE, atol=CLOSE))[0])
    return f"Entry {place} should be {right[place]:.4g} here; yours is {found[place]:.4g}."


def _cut(answer: Any, tensors: Mapping[str, Tensor]) -> list[str]:
    """The arguments that no gradient reaches."""
    if not tensors or not isinstance(answer, Tensor) or not answer.requires_grad:
        return list(tensors)
    gradients: tuple[Tensor | None, ...] = torch.autograd.grad(
        answer.square().sum(), list(tensors.values()), allow_unused=True
    )
    return [name for name, gradient in zip(tensors, gradients, strict=True) if gradient is None]
