"""exp(X) of a skew X: its value, its derivative as a series of commutators, at any size of X and of the gradient."""

import math

import mpmath
import pytest
import scipy.linalg
import torch

from nnrnn_core.matrices.exponential import LARGEST, rotated, skew_exponential

SIZES = [0.0, 1e-30, 1e-9, 1e-3, 0.99 * LARGEST, 1.01 * LARGEST, 3.0, 20.0]  # ‖X‖₂


def skew(n: int, size: float, generator: torch.Generator, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    A = torch.randn(n, n, generator=generator, dtype=torch.float64)
    X = A - A.T
    return (size * X / torch.linalg.matrix_norm(X, 2)).to(dtype)


def of_skew_part(A: torch.Tensor) -> torch.Tensor:
    return skew_exponential(A - A.T)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_value_is_the_exponential_to_rounding(dtype, generator):
    for n in (2, 7, 32):
        for size in SIZES:
            X = skew(n, size, generator, dtype)
            exact = torch.from_numpy(scipy.linalg.expm(X.double().numpy()))
            error = float((skew_exponential(X) - exact).abs().max())
            assert error < 8 * max(1, size) * torch.finfo(dtype).eps, (n, size)


def test_the_exponential_of_zero_is_the_identity_itself():
    X = torch.zeros(5, 5, requires_grad=True)
    assert torch.equal(skew_exponential(X), torch.eye(5))
    G = torch.randn(5, 5)
    (gradient,) = torch.autograd.grad((skew_exponential(X) * G).sum(), X)
    assert torch.equal(gradient, (G - G.T) / 2)


@pytest.mark.parametrize("size", SIZES)
def test_first_and_second_derivative_are_those_of_finite_differences(size, generator):
    A = skew(4, size, generator).triu().requires_grad_()
    assert torch.autograd.gradcheck(of_skew_part, A)
    assert torch.autograd.gradgradcheck(of_skew_part, A)


@pytest.mark.parametrize("size", [0.0, 0.1, 1.0, 5.0])
def test_a_rotated_matrix_and_its_derivatives_are_those_of_the_formula(size, generator):
    A, S = skew(4, size, generator).triu().requires_grad_(), torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    base = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64)).Q
    P = base @ torch.matrix_exp(A - A.T)
    assert torch.allclose(rotated(S, base, A - A.T), P @ S @ P.T, atol=1e-13)
    assert torch.autograd.gradcheck(lambda S, A: rotated(S, base, A - A.T), (S, A))
    assert torch.autograd.gradgradcheck(lambda S, A: rotated(S, base, A - A.T), (S, A))


@pytest.mark.parametrize("size", [1e-9, 0.1, 1.0, 8.0])
def test_the_gradient_is_autograds_through_matrix_exp(size, generator):
    A = skew(16, size, generator).triu().requires_grad_()
    G = torch.randn(16, 16, generator=generator, dtype=torch.float64)
    (ours,) = torch.autograd.grad((of_skew_part(A) * G).sum(), A)
    (theirs,) = torch.autograd.grad((torch.matrix_exp(A - A.T) * G).sum(), A)
    assert (ours - theirs).abs().max() < 1e-13 * max(1, size) * theirs.abs().max()


@pytest.mark.parametrize("strength", [1e-6, 1.0, 1e6])
def test_a_gradient_of_any_size_is_right_to_rounding(strength, generator):
    """Against 40 digits: exp of [[X, E], [0, X]] has the derivative in the direction E as its upper right block."""
    X = skew(4, 2.0, generator, torch.float32)
    G = strength * torch.randn(4, 4, generator=generator)
    leaf = X.clone().requires_grad_()
    (gradient,) = torch.autograd.grad((skew_exponential(leaf) * G).sum(), leaf)
    with mpmath.workdps(40):
        for i, j in ((0, 1), (1, 3), (2, 0)):
            block = mpmath.zeros(8)
            block[0:4, 0:4] = block[4:8, 4:8] = mpmath.matrix(X.tolist())
            block[i, 4 + j], block[j, 4 + i] = 1, -1
            derivative = mpmath.expm(block, method="taylor")[0:4, 4:8]
            exact = sum(float(derivative[a, b]) * float(G[a, b]) for a in range(4) for b in range(4))
            found = float(gradient[i, j] - gradient[j, i])
            assert abs(found - exact) < 2e-6 * strength * 4


def test_the_gradient_is_linear_to_the_last_bit(generator):
    X, G = skew(16, 2.0, generator, torch.float32), torch.randn(16, 16, generator=generator)

    def gradient(scale: float) -> torch.Tensor:
        leaf = X.clone().requires_grad_()
        return torch.autograd.grad((skew_exponential(leaf) * (scale * G)).sum(), leaf)[0]

    assert torch.equal(gradient(2.0**40), 2.0**40 * gradient(1.0))


def test_torch_func_gives_the_same_gradient(generator):
    A = skew(5, 1.0, generator).triu()
    (expected,) = torch.autograd.grad(of_skew_part(leaf := A.clone().requires_grad_()).tril().sum(), leaf)
    assert torch.allclose(torch.func.grad(lambda A: of_skew_part(A).tril().sum())(A), expected)


@pytest.mark.parametrize("entry", [math.nan, math.inf, 1e300])
def test_what_is_out_of_range_is_not_finite_and_no_error(entry):
    X = torch.zeros(4, 4, dtype=torch.float64)
    X[0, 1], X[1, 0] = entry, -entry
    assert not bool(skew_exponential(X).isfinite().all())


def test_on_the_meta_device_it_has_a_shape_and_a_gradient():
    X = torch.empty(6, 6, device="meta", requires_grad=True)
    skew_exponential(X).sum().backward()
    assert X.grad.shape == (6, 6)
