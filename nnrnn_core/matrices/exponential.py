"""exp(X) of a skew-symmetric X, and its derivative, which is a series of commutators.

With ad_X(Y) = X Y − Y X the derivative of the exponential in the direction Y is

    d exp_X(Y) = exp(X) · φ(−ad_X)(Y),    φ(z) = (eᶻ − 1)/z = Σ zᵏ/(k + 1)!

(Hall, Lie Groups, Lie Algebras, and Representations, 2nd ed., theorem 5.4; Higham, Functions of Matrices, 10.2). For a
skew X the adjoint of ad_X, in the inner product Σ A_ij B_ij, is −ad_X, and ad_X maps skew matrices to skew ones. So
with G = ∂L/∂exp(X) the gradient of X, as far as it is skew, is

    φ(ad_X)(S),    S = ½ (exp(X)ᵀ G − Gᵀ exp(X)).

It is linear in G, so its relative error does not depend on the size of G. The backward pass of `torch.matrix_exp`
exponentiates a matrix of twice the size that has G in it, and its cost and its error grow with G.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..torch_internals import apply, opaque

LARGEST = 0.4  # ‖X‖₂ up to which series are summed; a larger X is halved until it is as small


@opaque  # how often X is halved depends on its entries, which the compiler does not see
def skew_exponential(X: Float[Tensor, "n n"]) -> Float[Tensor, "n n"]:
    """exp(X) for a skew-symmetric X, orthogonal.

    Parameters
    ----------
    X
        (n, n), Xᵀ = −X, float32 or float64. It is not checked.

    Returns
    -------
    Tensor
        (n, n). It may be differentiated any number of times; the gradient of X is its skew part, φ(ad_X)(S) above.

    Examples
    --------
    >>> quarter_turn = skew_exponential(torch.tensor([[0.0, -math.pi / 2], [math.pi / 2, 0.0]]))
    >>> torch.allclose(quarter_turn, torch.tensor([[0.0, -1.0], [1.0, 0.0]]), atol=1e-6)
    True
    """
    value: Tensor
    value, *_ = apply(_SkewExponential, X)
    return value


@opaque
def rotated(S: Float[Tensor, "n n"], base: Float[Tensor, "n n"], X: Float[Tensor, "n n"]) -> Float[Tensor, "n n"]:
    """P S Pᵀ with P = base · exp(X), base orthogonal and X skew.

    With G = ∂L/∂(P S Pᵀ) the gradient of S is K = Pᵀ G P, and D = K Sᵀ + Kᵀ S is Pᵀ ∂L/∂P; so the gradient of X is
    φ(ad_X)(½ (D − Dᵀ)). That is two thirds of the products that autograd would make of the formula, and at X = 0 half.

    Parameters
    ----------
    S, base, X
        (n, n), float32 or float64. No gradient flows to the base.

    Returns
    -------
    Tensor
        (n, n). It may be differentiated any number of times.
    """
    value: Tensor
    value, *_ = apply(_Rotated, S, base, X)
    return value


class _SkewExponential(torch.autograd.Function):
    """Its outputs are exp(X) and, for the backward pass, exp(X/2), exp(X/4), … as far as X was halved."""

    @staticmethod
    def forward(X: Tensor) -> tuple[Tensor, ...]:
        return tuple(_exponentials(X)) or (torch.eye(len(X), dtype=X.dtype, device=X.device),)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*inputs, *output)

    @staticmethod
    def backward(ctx: Any, G: Tensor, *_: Any) -> Any:
        X, E, *halves = ctx.saved_tensors
        if torch.is_grad_enabled():  # a second derivative: the halves, too, are functions of X
            halves = [skew_exponential(X / 2 ** (k + 1)) for k in range(len(halves))]
        K = E.mT @ G
        return _phi(X, (K - K.mT) / 2, halves)


class _Rotated(torch.autograd.Function):
    """Its outputs are P S Pᵀ and, for the backward pass, P and the halves as above."""

    @staticmethod
    def forward(S: Tensor, base: Tensor, X: Tensor) -> tuple[Tensor, ...]:
        exponentials = _exponentials(X)
        P = base @ exponentials[0] if exponentials else base.clone()
        return P @ S @ P.mT, P, *exponentials[1:]

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*inputs, *output[1:])

    @staticmethod
    def backward(ctx: Any, G: Tensor, *_: Any) -> Any:
        S, base, X, P, *halves = ctx.saved_tensors
        if torch.is_grad_enabled():  # a second derivative
            P = base @ skew_exponential(X)
            halves = [skew_exponential(X / 2 ** (k + 1)) for k in range(len(halves))]
        K = P.mT @ G @ P
        D = torch.addmm(K @ S.mT, K.mT, S)
        return K, None, _phi(X, (D - D.mT) / 2, halves)


def _exponentials(X: Tensor) -> list[Tensor]:
    """exp(X), exp(X/2), exp(X/4), … until ‖X‖₂/2ˢ <= LARGEST; none for X = 0.

    The singular values of a skew X come in pairs: ‖X‖₂ <= ‖X‖_F/√2, and where that is too large to be of use,
    ‖X‖₂⁴ <= ‖X⁴‖_F/√2, which is close.
    """
    powers, bound = {1: X}, _size(X) / math.sqrt(2)
    if bound == 0 and not X.is_meta:
        return []
    if bound > LARGEST:
        powers[2] = X @ X
        powers[4] = powers[2] @ powers[2]
        bound = (_size(powers[4]) / math.sqrt(2)) ** 0.25
    halvings = math.ceil(math.log2(bound / LARGEST)) if LARGEST < bound < math.inf else 0
    halved = {k: power / 2 ** (k * halvings) for k, power in powers.items()}
    exponentials = [_series(halved, bound / 2**halvings)]
    for _ in range(halvings):
        exponentials.append(exponentials[-1] @ exponentials[-1])
    return exponentials[::-1]


def _series(powers: dict[int, Tensor], size: float) -> Tensor:
    """Σ Zᵏ/k! for ‖Z‖₂ <= size, until the next term is below rounding; `powers` are those of Z that are known.

    As a polynomial in Z⁴ whose coefficients are polynomials in Z, which takes few products (Paterson and Stockmeyer
    1973).
    """
    Z = powers[1]
    eps = torch.finfo(Z.dtype).eps
    degree = next((k for k in range(1, 20) if size ** (k + 1) / math.factorial(k + 1) < eps), 20)
    powers[0] = torch.eye(len(Z), dtype=Z.dtype, device=Z.device)
    for k in range(2, min(degree, 3) + 1):
        if k not in powers:
            powers[k] = powers[k - 1] @ Z
    last = degree // 4 * 4
    total = _combined(powers, last, degree)
    if last and 4 not in powers:
        powers[4] = powers[2] @ powers[2]
    for first in range(last - 4, -1, -4):
        total = torch.addmm(_combined(powers, first, degree), powers[4], total)
    return total


def _combined(powers: dict[int, Tensor], first: int, degree: int) -> Tensor:
    """Σ Zʲ/(first + j)! for j = 0, 1, 2, 3, as far as first + j <= degree."""
    total = powers[0] / math.factorial(first)
    for j in range(1, min(degree - first, 3) + 1):
        total.add_(powers[j], alpha=1 / math.factorial(first + j))
    return total


def _phi(X: Tensor, S: Tensor, halves: list[Tensor]) -> Tensor:
    """φ(ad_X)(S) of skew X and S; halves = exp(X/2), exp(X/4), … as far as X must be halved.

    The series where X is small, by Horner's rule; then, from small to large, φ(2z) = ½ (eᶻ + 1) φ(z), where e to the
    power of ad_Z is the rotation Y ↦ exp(Z) Y exp(Z)ᵀ. Of skew Z and Y the commutator is W − Wᵀ with W = Z Y.
    """
    Z, Y = X / 2 ** len(halves), S
    for k in range(_terms(Z), 0, -1):
        W = Z @ Y
        Y = torch.add(S, W - W.mT, alpha=1 / (k + 1))
    for E in reversed(halves):
        Y = torch.addmm(Y, E @ Y, E.mT, beta=0.5, alpha=0.5)
    return Y


def _terms(Z: Tensor) -> int:
    """How many terms of φ's series to sum: the next one is below rounding, for ‖ad_Z‖₂ <= 2 ‖Z‖₂.

    A derivative takes one power off each term, so where one is recorded they are as many as for the largest Z.
    """
    size = LARGEST
    if not torch.is_grad_enabled():
        size = min(size, _size(Z) / math.sqrt(2))
    eps, terms = torch.finfo(Z.dtype).eps, 0
    while (2 * size) ** (terms + 1) / math.factorial(terms + 2) > eps:
        terms += 1
    return terms


def _size(M: Tensor) -> float:
    """‖M‖_F; 0 on the meta device, where a matrix has no entries."""
    return 0.0 if M.is_meta else float(torch.linalg.matrix_norm(M))
