"""Activations: the slope told from the value is the slope."""

import numpy as np
import pytest
import torch

from nnrnn_core import activations, unroll
from nnrnn_core.activations import NONLINEARITIES, ComplexModReLU, ModReLU
from nnrnn_core.recurrence import arrays, passes
from nnrnn_core.recurrence.activations import WITH_OWN_BIAS
from oracles import complex_modrelu, modrelu, naive_unroll

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

    n = 4 if name == "complex-modrelu" else 3
    drive, V, h0 = drawn(4, 2, n), drawn(n, n) / 2, drawn(2, n)
    own = [0.1 * drawn(n // WITH_OWN_BIAS[name])] if name in WITH_OWN_BIAS else []
    tap = [0.1 * drawn(4, 2, n)] if tapped else []
    inputs = [tensor.requires_grad_() for tensor in (drive, V, h0, *own, *tap)]

    def states(drive, V, h0, *rest):
        rest = list(rest)
        parameter = rest.pop(0) if own else None
        return unroll(drive, V, h0, NONLINEARITIES[name](parameter), *rest)

    assert torch.autograd.gradcheck(states, inputs, fast_mode=True)


@pytest.mark.parametrize("name", WITH_OWN_BIAS)
def test_modrelu_needs_its_bias(name):
    with pytest.raises(ValueError, match="bias=False"):
        NONLINEARITIES[name](None)


# --- units that are pairs


@pytest.mark.parametrize("b", [-0.5, 0.0, 0.5])
def test_complex_modrelu_keeps_the_phase_and_adds_b_to_the_modulus(b, generator):
    z = torch.randn(40, 3, generator=generator, dtype=torch.complex128)
    x, phi = torch.view_as_real(z).flatten(-2), ComplexModReLU(torch.full((3,), b, dtype=torch.float64))
    h, by_numpy = x.clone(), x.numpy().copy()
    phi.in_place(h, phi.parameter)(h)
    phi.in_place(by_numpy, phi.parameter)(by_numpy)
    found = torch.view_as_complex(h.unflatten(-1, (-1, 2)))
    assert (found - torch.polar((z.abs() + b).clamp(min=0), z.angle())).abs().max() < 1e-15
    assert np.abs(by_numpy - h.numpy()).max() < 1e-15


@pytest.mark.parametrize("b", [-0.5, 0.0, 0.5])
def test_the_derivative_of_complex_modrelu_is_autograds_and_0_at_z_0(b, generator):
    x = torch.randn(40, 6, generator=generator, dtype=torch.float64)
    x[0], x[1, 2:4] = 0, 0
    phi, g = ComplexModReLU(torch.full((3,), b, dtype=torch.float64)), torch.randn_like(x)
    x, bias = x.requires_grad_(), phi.parameter.clone().requires_grad_()
    h = complex_modrelu(bias)(x)
    by_x, by_bias = torch.autograd.grad(h, (x, bias), g)
    h = h.detach()
    for found in (
        phi.pull(h, phi.parameter)(g, h),
        torch.tensor(phi.pull(h.numpy(), phi.parameter)(g.numpy(), h.numpy())),
    ):
        assert (found - by_x).abs().max() < 1e-12
    assert (phi.parameter_gradient(by_x, h) - by_bias).abs().max() < 1e-12
    matrix = torch.randn(6, 6, generator=generator, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(complex_modrelu(phi.parameter), x[5].detach())
    assert (phi.derivative_times(h[5], matrix) - jacobian @ matrix).abs().max() < 1e-12


@pytest.mark.parametrize("tapped", [False, True], ids=["no tap", "random tap"])
@pytest.mark.parametrize("kind", [torch.Tensor, np.ndarray], ids=["tensors", "arrays"])
def test_unroll_on_pairs_is_the_naive_loop(kind, tapped, generator, monkeypatch):
    if kind is torch.Tensor:
        for module in (arrays, passes):
            monkeypatch.setattr(module, "shareable", lambda tensor: False)
    monkeypatch.setattr(passes, "CHUNK", 40)  # several parts of time
    drive, h0, tap = (torch.randn(s, generator=generator, dtype=torch.float64) for s in ((9, 3, 6), (3, 6), (9, 3, 6)))
    V, b = torch.randn(6, 6, dtype=torch.float64) / 3, 0.2 * torch.randn(3, dtype=torch.float64)
    leaves = [x.requires_grad_() for x in (drive, V, h0, b, *([tap] if tapped else []))]
    found = unroll(drive, V, h0, ComplexModReLU(b), tap if tapped else None)
    wanted = naive_unroll(drive, V, h0, complex_modrelu(b), tap if tapped else None)
    incoming = torch.randn_like(found)
    for ours, theirs in zip(
        (found, *torch.autograd.grad(found, leaves, incoming)),
        (wanted, *torch.autograd.grad(wanted, leaves, incoming)),
        strict=True,
    ):
        assert (ours - theirs).abs().max() < 1e-11 * max(1.0, float(theirs.detach().abs().max()))


def test_units_that_are_pairs_need_an_even_state_and_have_no_slope():
    phi = ComplexModReLU(torch.zeros(2))
    with pytest.raises(ValueError, match=r"\(5/2,\), one number for each 2 units; got \(2,\)"):
        unroll(torch.zeros(2, 1, 5), torch.zeros(5, 5), torch.zeros(1, 5), phi)
    with pytest.raises(TypeError, match="take pull"):
        phi.slope(torch.zeros(4), torch.zeros(4))
