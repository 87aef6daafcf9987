"""Activations: the slope told from the value is the slope."""

import numpy as np
import pytest
import torch

from nnrnn_core import activations, unroll
from nnrnn_core.activations import NONLINEARITIES, ModReLU
from oracles import modrelu

PLAIN = {"identity": lambda x: x, "tanh": torch.tanh, "relu": torch.relu}


def value_and_slope(activation, x, incoming):
    """h = φ(x) and incoming · φ'(x), by the activation's own methods, on tensors and on arrays alike."""
    h, by_numpy = x.clone(), x.numpy().copy()
    activation.in_place(h, activation.parameter)(h)
    with np.errstate(over="ignore"):
        activation.in_place(by_numpy, activation.parameter)(by_numpy)
    assert torch.allclose(h, torch.from_numpy(by_numpy), rtol=1e-15, atol=0)
    slope = torch.empty_like(h)
    activation.slope(h, slope)
    return h, incoming * slope


@pytest.mark.parametrize("name", PLAIN)
def test_value_and_slope_are_autograds_also_at_zero(name, generator):
    x = torch.cat([torch.randn(50, generator=generator, dtype=torch.float64), torch.zeros(1)]).requires_grad_()
    incoming = torch.randn(51, generator=generator, dtype=torch.float64)
    h, slope = value_and_slope(getattr(activations, name), x.detach(), incoming)
    expected = PLAIN[name](x)
    (gradient,) = torch.autograd.grad(expected, x, incoming)
    assert (h - expected).abs().max() < 1e-15
    assert (slope - gradient).abs().max() < 1e-15


@pytest.mark.parametrize("b", [-0.5, 0.0, 0.5])
def test_modrelu_is_autograds_for_b_of_either_sign_and_at_exactly_zero(b, generator):
    x = torch.cat([torch.randn(40, 1, generator=generator), torch.zeros(1, 1), torch.tensor([[0.5], [-0.5]])])
    x = x.double().requires_grad_()
    bias = torch.full((1,), b, dtype=torch.float64, requires_grad=True)
    incoming = torch.randn(x.shape, generator=generator, dtype=torch.float64)
    activation = ModReLU(bias.detach())
    h, delta = value_and_slope(activation, x.detach(), incoming)
    expected = modrelu(bias)(x)
    by_x, by_bias = torch.autograd.grad(expected, (x, bias), incoming)
    assert torch.equal(h, expected)
    assert torch.equal(delta, by_x)
    assert torch.allclose(activation.parameter_gradient(delta, h), by_bias, atol=1e-14)


def test_modrelu_with_positive_b_jumps_at_zero_and_is_zero_there():
    x = torch.tensor([[-1e-9], [0.0], [1e-9]])
    h, slope = value_and_slope(ModReLU(torch.tensor([0.5])), x, torch.ones(3, 1))
    assert h.flatten().tolist() == [-0.5, 0.0, 0.5]
    assert slope.flatten().tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("tapped", [False, True], ids=["no tap", "random tap"])
@pytest.mark.parametrize("name", NONLINEARITIES)
def test_unroll_has_the_gradient_of_finite_differences(name, tapped, generator):
    def drawn(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    drive, V, h0, bias = drawn(4, 2, 3), drawn(3, 3) / 2, drawn(2, 3), 0.1 * drawn(3)
    tap = [0.1 * drawn(4, 2, 3)] if tapped else []
    inputs = [tensor.requires_grad_() for tensor in (drive, V, h0, *([bias] if name == "modrelu" else []), *tap)]

    def states(drive, V, h0, *rest):
        rest = list(rest)
        parameter = rest.pop(0) if name == "modrelu" else None
        return unroll(drive, V, h0, NONLINEARITIES[name](parameter), *rest)

    assert torch.autograd.gradcheck(states, inputs)


def test_modrelu_needs_its_bias():
    with pytest.raises(ValueError, match="bias=False"):
        NONLINEARITIES["modrelu"](None)
