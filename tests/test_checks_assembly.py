"""The stages of notebook 07: every catalogued mistake gets its own words, and a stage that fails holds up no other."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import nbformat
import numpy as np
import pytest
import torch
from torch import Tensor

import badges
from editions import solved, tags
from widgets import checks
from widgets.checks.assembly_whole import STAGES


def orthogonal_factor(A: Tensor) -> Tensor:
    return torch.matrix_exp(A - A.T)


def rotation_blocks(gamma: Tensor, theta: Tensor) -> Tensor:
    c, s = gamma * theta.cos(), gamma * theta.sin()
    return torch.block_diag(*torch.stack([c, -s, s, c], dim=1).reshape(-1, 2, 2))


def free_entries(n: int) -> Tensor:
    pair = torch.arange(n) // 2
    return pair[:, None] > pair


def assembled(P: Tensor, blocks: Tensor, T: Tensor) -> Tensor:
    return P @ (blocks + T) @ P.T


def gamma_penalty(gamma: Tensor, delta: float) -> Tensor:
    return delta * ((gamma - 1) ** 2).sum()


def rate_groups(network: Any, rate: float) -> list[dict[str, Any]]:
    others = [network.gamma, network.theta, network.T_entries]
    return [{"params": [network.A_entries], "lr": rate / 10}, {"params": others, "lr": rate}]


RIGHT: dict[str, Callable[..., Any]] = {
    "orthogonal_factor": orthogonal_factor,
    "rotation_blocks": rotation_blocks,
    "free_entries": free_entries,
    "assembled": assembled,
    "gamma_penalty": gamma_penalty,
    "rate_groups": rate_groups,
}


def blocks_of(of: Callable[[Tensor, Tensor, Tensor], list[Tensor]]) -> Callable[[Tensor, Tensor], Tensor]:
    """Blocks whose entries, row by row, are what the function gives of γ, cos θ and sin θ."""
    return lambda gamma, theta: torch.block_diag(
        *torch.stack(of(gamma, theta.cos(), theta.sin()), dim=1).reshape(-1, 2, 2)
    )


def interleaved(gamma: Tensor, theta: Tensor) -> Tensor:
    C, S = torch.diag(gamma * theta.cos()), torch.diag(gamma * theta.sin())
    return torch.cat([torch.cat([C, -S], 1), torch.cat([S, C], 1)])


def stack(gamma: Tensor, theta: Tensor) -> Tensor:
    return torch.stack([rotation_blocks(gamma[i : i + 1], theta[i : i + 1]) for i in range(len(gamma))])


def from_numbers(gamma: Tensor, theta: Tensor) -> Tensor:
    return torch.tensor(rotation_blocks(gamma, theta).tolist(), dtype=torch.float64)


def cut_from_theta(gamma: Tensor, theta: Tensor) -> Tensor:
    return rotation_blocks(gamma, theta.detach())


def raises(*_: Any) -> Any:
    raise KeyError("P")


def in_numpy(A: Tensor) -> Any:
    return orthogonal_factor(A).detach().numpy()


def pair_of(n: int) -> Tensor:
    return torch.arange(n) // 2


def lower(n: int, k: int) -> Tensor:
    return torch.ones(n, n).tril(k).bool()


def cayley(A: Tensor, sign: float, share: float) -> Tensor:
    S, one = sign * share * (A - A.T), torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(one - S, one + S)


MISTAKES: dict[str, list[tuple[Callable[..., Any], str]]] = {
    "orthogonal_factor": [
        (torch.matrix_exp, "take Aᵀ off"),
        (lambda A: torch.matrix_exp(A.T - A), "which is Pᵀ"),
        (lambda A: torch.matrix_exp(A + A.T), "is symmetric"),
        (lambda A: torch.exp(A - A.T), "exponential of each entry"),
        (lambda A: A - A.T, "A − Aᵀ itself"),
        (lambda A: torch.eye(len(A)) + A - A.T, "beginning of the exponential"),
        (lambda A: torch.matrix_exp((A - A.T) / 2), "half of every angle"),
        (lambda A: torch.matrix_exp(2 * (A - A.T)), "twice every angle"),
        *((lambda A, s=s, c=c: cayley(A, s, c), "Cayley") for s in (1, -1) for c in (1, 0.5)),
        (in_numpy, "no gradient reaches A"),
        (lambda A: A[0], "the shape"),
        (lambda A: A + 1, "Entry"),
        (lambda A: "P", "return a tensor"),
        (raises, "raised KeyError"),
    ],
    "rotation_blocks": [
        (blocks_of(lambda g, c, s: [g * c, g * s, -g * s, g * c]), "are transposed"),
        (blocks_of(lambda g, c, s: [g * c, -g * s, s, c]), "only one row of each block, the upper"),
        (blocks_of(lambda g, c, s: [c, -s, g * s, g * c]), "only one row of each block, the lower"),
        (blocks_of(lambda g, c, s: [g * c, -s, g * s, c]), "only the left column"),
        (blocks_of(lambda g, c, s: [c, -g * s, s, g * c]), "only the right column"),
        (blocks_of(lambda g, c, s: [c, -s, s, c]), "γ is missing"),
        (blocks_of(lambda g, c, s: [g**2 * c, -(g**2) * s, g**2 * s, g**2 * c]), "yours has γ²"),
        (blocks_of(lambda g, c, s: [g * c, -s, s, g * c]), "only cos θ"),
        (blocks_of(lambda g, c, s: [c, -g * s, g * s, c]), "only sin θ"),
        (blocks_of(lambda g, c, s: [g * c, g * s, g * s, -g * c]), "reflection"),
        (blocks_of(lambda g, c, s: [g * c, g * s, g * s, g * c]), "the same sign"),
        (lambda g, t: rotation_blocks(g, t * math.pi / 180), "radians"),
        (interleaved, "neighbours"),
        (stack, "stack of blocks"),
        (lambda g, t: stack(g, t).mT, "each is transposed"),
        (from_numbers, "no gradient reaches gamma, theta"),
        (cut_from_theta, "no gradient reaches theta"),
        (lambda g, t: rotation_blocks(g, t) + 0.1, "Entry"),
    ],
    "free_entries": [
        (lambda n: lower(n, -1), "entry mask"),
        (lambda n: lower(n, -1).T, "authors' code"),
        (lambda n: free_entries(n).T, "above the blocks"),
        (lambda n: lower(n, -2), "leaves out (2, 1)"),
        (lambda n: pair_of(n)[:, None] >= pair_of(n), "whole 2×2 blocks"),
        (lambda n: lower(n, 0), "the diagonal and the blocks"),
        (lambda n: pair_of(n)[:, None] != pair_of(n), "both sides"),
        (lambda n: ~free_entries(n), "other way round"),
        (lambda n: pair_of(n)[:, None] == pair_of(n), "where Λ stands"),
        (lambda n: torch.ones(n, n), "everywhere"),
        (lambda n: free_entries(n).double(), "mask.bool()"),
        (lambda n: n * (n - 2) // 2, "the shape"),
    ],
    "assembled": [
        (lambda P, L, T: P.T @ (L + T) @ P, "the transpose stands at the right"),
        (lambda P, L, T: P @ (L + T) @ P, "second P is transposed"),
        (lambda P, L, T: P.T @ (L + T) @ P.T, "first P is not transposed"),
        (lambda P, L, T: L + T, "alone"),
        (lambda P, L, T: P @ (L + T), "at the right is missing"),
        (lambda P, L, T: (L + T) @ P.T, "at the left is missing"),
        (lambda P, L, T: P * (L + T) * P.T, "entry by entry"),
        (lambda P, L, T: P @ L @ P.T, "T is missing"),
        (lambda P, L, T: P @ T @ P.T, "Λ is missing"),
        (lambda P, L, T: P @ L @ P.T + T, "T stands outside"),
        (lambda P, L, T: P @ L + T @ P.T, "parentheses"),
        (lambda P, L, T: P @ L @ T @ P.T, "not multiplied"),
        (lambda P, L, T: P @ (L + T).T @ P.T, "That is Vᵀ"),
        (lambda P, L, T: P @ (L - T) @ P.T, "taken off"),
        (lambda P, L, T: P.detach() @ (L + T) @ P.T.detach(), "no gradient reaches P"),
    ],
    "gamma_penalty": [
        (lambda g, d: d * torch.linalg.norm(g - 1), "the norm is squared"),
        (lambda g, d: d * (g - 1).abs().sum(), "the square is missing"),
        (lambda g, d: d * (g - 1).sum(), "without the square"),
        (lambda g, d: d * (g - 1).sum() ** 2, "squared the sum"),
        (lambda g, d: d * ((g - 1) ** 2).mean(), "mean"),
        (lambda g, d: ((g - 1) ** 2).sum(), "δ is missing"),
        (lambda g, d: d * (g**2).sum(), "draws γ to 0"),
        (lambda g, d: d * ((g**2 - 1) ** 2).sum(), "γ² − 1"),
        (lambda g, d: d * ((g - 1) ** 2).sum() / 2, "½ is too much"),
        (lambda g, d: 2 * d * ((g - 1) ** 2).sum(), "twice as large"),
        (lambda g, d: ((d * (g - 1)) ** 2).sum(), "outside of the square"),
        (lambda g, d: d * (g - 1) ** 2, "one number"),
        (lambda g, d: -d * ((g - 1) ** 2).sum(), "sign"),
        (lambda g, d: gamma_penalty(g, d).item(), "no gradient reaches gamma"),
        (lambda g, d: g.sum(), "It should be"),
    ],
    "rate_groups": [
        (lambda net, r: rate_groups(net, r)[1:], "P would stay as it is"),
        (lambda net, r: rate_groups(net, r)[:1], "nothing would move it"),
        (lambda net, r: [{"params": net.parameters(), "lr": r}], "same rate as the others"),
        (
            lambda net, r: [{"params": [net.A_entries], "lr": r / 10}, {"params": net.parameters(), "lr": r}],
            "moved twice",
        ),
        (lambda net, r: [{**rate_groups(net, r)[0], "lr": r}, {**rate_groups(net, r)[1], "lr": r / 10}], "exchanged"),
        (lambda net, r: [{**rate_groups(net, r)[0], "lr": 10 * r}, rate_groups(net, r)[1]], "ten times as fast"),
        (lambda net, r: [{**rate_groups(net, r)[0], "lr": r / 2}, rate_groups(net, r)[1]], "0.5 times"),
        (lambda net, r: [rate_groups(net, r)[0], {**rate_groups(net, r)[1], "lr": 2 * r}], "not the given one"),
        (lambda net, r: [{"params": [torch.eye(2)], "lr": r}, rate_groups(net, r)[1]], "is no parameter"),
        (lambda net, r: [{"params": net.named_parameters(), "lr": r}], "take the second"),
        (lambda net, r: net.parameters(), "a list of two groups"),
        (lambda net, r: [{"parameters": [net.gamma], "lr": r}], "has the keys"),
        (raises, "KeyError"),
    ],
}


@pytest.mark.parametrize("stage", RIGHT)
def test_a_right_stage_is_right_and_a_stub_is_not_done_yet(stage: str):
    verdict = getattr(checks, stage)(RIGHT[stage])
    assert verdict.right, verdict
    for answer in (None, ...):
        verdict = getattr(checks, stage)(lambda *_, answer=answer: answer)
        assert not verdict.done and "Not done yet" in repr(verdict)


@pytest.mark.parametrize("stage", RIGHT)
def test_every_mistake_of_a_stage_gets_words_of_its_own(stage: str):
    said: dict[str, str] = {}
    for function, words in MISTAKES[stage]:
        verdict = getattr(checks, stage)(function)
        assert verdict.done and not verdict.right, words
        assert words in str(verdict), (words, verdict)
        said.setdefault(words, str(verdict))
    assert len(set(said.values())) == len(said)


def test_numbers_in_place_of_a_groups_list_and_rates_left_to_the_optimiser_are_right():
    def left_out(network: Any, rate: float) -> list[dict[str, Any]]:
        first, second = rate_groups(network, rate)
        return [first, {"params": second["params"]}]

    assert checks.rate_groups(left_out).right


def test_a_stage_that_fails_is_taken_from_the_kit_and_holds_up_no_other():
    for failing in RIGHT:
        wrong = MISTAKES[failing][0][0]
        parts = checks.built_parts(**{**RIGHT, failing: wrong})
        assert set(parts.own) == set(RIGHT) - {failing}
        assert failing in repr(parts).partition("The kit's")[2]
        assert STAGES[failing][0](getattr(parts, failing)).right, "the kit's own passes its check"
    assert repr(checks.built_parts(**RIGHT)) == "All six parts are yours."
    assert "none yet" in repr(checks.built_parts())
    with pytest.raises(ValueError, match=r"the stages are orthogonal_factor,.*got P"):
        checks.built_parts(P=raises)


# --- the two that need no torch

COUNTS: list[tuple[Callable[[int], Any], str]] = [
    (lambda n: n * n, "a free matrix"),
    (lambda n: n * n + n * (n - 2) // 2 + n, "P has n² entries"),
    (lambda n: n * (n - 2) // 2 + n, "P is missing"),
    (lambda n: n * (n - 1) // 2 + n * (n - 2) // 2, "γ and θ are missing"),
    (lambda n: n * (n - 1) // 2 + n * (n - 2) // 2 + n // 2, "two numbers"),
    (lambda n: n * (n - 1) // 2 + n * (n - 2) // 2 + 2 * n, "for each unit"),
    (lambda n: n * (n - 1) // 2 + n, "T is missing"),
    (lambda n: n * (n - 1) // 2 + n * (n + 1) // 2 + n, "not free on the diagonal"),
    (lambda n: n * (n - 1) // 2 + n * (n - 2) + n, "both sides"),
    (lambda n: n + 1, "should be 33"),
    (lambda n: [n], "one number"),
    (raises, "KeyError"),
]
MODULI: list[tuple[Callable[[float, float, float], Any], str]] = [
    (lambda g, a, t: math.sqrt(g * g + g * t * math.sin(a)), "not its square"),
    (lambda g, a, t: g * g - g * t * math.sin(a), "authors' code"),
    (lambda g, a, t: g * g, "without t"),
    (lambda g, a, t: g * g + t * math.sin(a), "A factor γ"),
    (lambda g, a, t: g * g + g * t * math.cos(a), "not by cos θ"),
    (lambda g, a, t: g * g + g * t, "sin θ is missing"),
    (lambda g, a, t: g * g + t, "the entry across from it"),
    (lambda g, a, t: g * g + 2 * g * t * math.sin(a), "twice too large"),
    (lambda g, a, t: (g * math.cos(a)) ** 2 - g * math.sin(a) * (g * math.sin(a) + t), "which is a plus"),
    (lambda g, a, t: 2 * g * math.cos(a), "trace"),
    (lambda g, a, t: (g * math.cos(a)) ** 2, "real part"),
    (lambda g, a, t: g + t, "should be"),
    (lambda g, a, t: (g, t), "one number"),
    (raises, "KeyError"),
]


@pytest.mark.parametrize(("check", "mistakes"), [("free_parameters", COUNTS), ("squared_modulus", MODULI)])
def test_a_wrong_number_is_named(check: str, mistakes: list[tuple[Callable[..., Any], str]]):
    for function, words in mistakes:
        verdict = getattr(checks, check)(function)
        assert verdict.done and not verdict.right and words in str(verdict), (words, verdict)
    assert not getattr(checks, check)(lambda *_: None).done


def test_the_right_numbers_are_right_however_they_are_found():
    assert checks.free_parameters(lambda n: n * n - n // 2).right
    assert checks.squared_modulus(lambda g, a, t: g * (g + t * np.sin(a))).right

    def by_eigenvalues(gamma: float, theta: float, t: float) -> Any:
        block = rotation_blocks(*torch.tensor([[gamma], [theta]], dtype=torch.float64)).numpy()
        return np.abs(np.linalg.eigvals(block + np.array([[0, 0], [t, 0]]))[0]) ** 2

    assert checks.squared_modulus(by_eigenvalues).right


# --- the notebook


def test_the_notebooks_solutions_pass_their_checks_and_are_thirty_lines_with_the_module_around_them():
    notebook = solved(nbformat.read(badges.ROOT / "notebooks/07_build_the_nnrnn.ipynb", as_version=4))
    names: dict[str, Any] = {"np": np, "torch": torch}
    lines = 0
    for cell in notebook.cells:
        if "exercise" in tags(cell):
            exec(cell.source, names)
            (name,) = re.findall(r"^def (\w+)", cell.source, re.MULTILINE)
            assert getattr(checks, name)(names[name]).right, name
            lines += len(cell.source.splitlines()) if name in RIGHT else 0
        if cell.source.startswith("class Built("):
            module = cell.source.partition("\n\n\n")[0]
            lines += sum(bool(line.strip()) for line in module.splitlines())
    assert 20 < lines <= 30
