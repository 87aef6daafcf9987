"""The LRU's diagonal V: stable, normal, with the ring it starts on; and its scan, which is the loop over time."""

import math

import numpy as np
import pytest
import torch

from nnrnn_core.activations import identity
from nnrnn_core.matrices import DiagonalMatrix
from nnrnn_core.network import LRU
from nnrnn_core.recurrence import diagonal, unroll
from nnrnn_core.recurrence.diagonal import unroll_diagonal
from oracles import naive_unroll

TIME, BATCH, N = 9, 3, 6


def test_V_is_normal_with_the_eigenvalues_that_are_read_off(generator):
    V = DiagonalMatrix(N, 0.3, 0.9, generator=generator, dtype=torch.float64)
    matrix = V().detach().numpy()
    assert np.abs(matrix @ matrix.T - matrix.T @ matrix).max() < 1e-15
    found = np.linalg.eigvals(matrix)
    assert max(np.abs(found - wanted).min() for wanted in V.eigenvalues().numpy()) < 1e-14
    assert V.departure() == 0


@pytest.mark.parametrize("nu", [-20.0, 0.0, 5.0])
def test_V_is_stable_wherever_its_parameters_go(nu):
    V = DiagonalMatrix(4, dtype=torch.float64)
    with torch.no_grad():
        V.nu_log.fill_(nu)
    assert bool((V.eigenvalues().abs() < 1).all())


def test_at_the_start_eigenvalues_are_uniform_on_the_ring_and_the_gain_is_that_of_unit_variance(generator):
    V = DiagonalMatrix(20_000, 0.5, 0.9, math.pi / 2, generator, dtype=torch.float64)
    size, theta = (part.detach() for part in V.polar())
    assert 0.5 <= size.min() < 0.51 and 0.89 < size.max() <= 0.9
    assert theta.min() >= 0 and theta.max() <= math.pi / 2
    # uniform by area: the square of the modulus is uniform, as the angle is
    for found, low, high in ((size**2, 0.25, 0.81), (theta, 0, math.pi / 2)):
        share = ((found.sort().values - low) / (high - low) - torch.linspace(0, 1, len(found))).abs().max()
        assert share < 0.02  # Kolmogorov's distance; 1.6/√10000 = 0.016 is passed in one of a hundred samples
    variance = V.gain()[::2].square() / (1 - size**2)  # Σ |λ|^{2k} γ²: the state's, driven by noise of variance 1
    assert (variance - 1).abs().max() < 1e-12


def recurrence(seed: int, time: int = TIME):
    generator = torch.Generator().manual_seed(seed)
    drive, h0 = (torch.randn(s, generator=generator, dtype=torch.float64) for s in ((time, BATCH, N), (BATCH, N)))
    V = DiagonalMatrix(N, generator=generator, dtype=torch.float64)
    return drive.requires_grad_(), V, h0.requires_grad_()


@pytest.mark.parametrize("time", [1, 2, 7, 8, 33])
@pytest.mark.parametrize("way", ["by numpy", "by doubling"])
def test_the_scan_is_the_plain_loop_forwards_and_backwards(way, time, monkeypatch):
    if way == "by doubling":
        monkeypatch.setattr(diagonal, "_plain", lambda tensor: False)
    drive, V, h0 = recurrence(time, time)
    leaves = [drive, h0, V.nu_log, V.theta_log]
    found, wanted = unroll_diagonal(drive, torch.complex(*V.parts()), h0), naive_unroll(drive, V(), h0, lambda x: x)
    incoming = torch.randn_like(found)
    for ours, theirs in zip(
        (found, *torch.autograd.grad(found, leaves, incoming)),
        (wanted, *torch.autograd.grad(wanted, leaves, incoming)),
        strict=True,
    ):
        assert (ours - theirs).abs().max() < 1e-13 * max(1.0, float(theirs.detach().abs().max()))
    assert (found - unroll(drive, V(), h0, identity)).abs().max() < 1e-13


def test_the_scan_has_first_and_second_derivatives_of_finite_differences():
    drive, _, h0 = recurrence(0, 3)
    eigenvalues = torch.tensor([0.5 + 0.2j, -0.3j, 0.9], dtype=torch.complex128, requires_grad=True)
    given = (drive[:, :1].detach().requires_grad_(), eigenvalues, h0[:1].detach().requires_grad_())
    assert torch.autograd.gradcheck(unroll_diagonal, given)
    assert torch.autograd.gradgradcheck(unroll_diagonal, given)


@pytest.mark.parametrize("options", [{}, {"unit_input": True}])
def test_an_lru_is_its_equation_in_complex_numbers(options):
    """h_t = λ ⊙ h_{t−1} + γ ⊙ (B x_t), one unit after another, as it is printed."""
    net, x = LRU(4, N, dtype=torch.float64, **options), torch.randn(TIME, BATCH, 4, dtype=torch.float64)
    acting = net.input_matrix().detach().numpy()
    if not options:
        B = net.U.detach().numpy()
        gamma = np.exp(net.V.gain_log.detach().numpy())
        assert np.allclose(acting[0::2] + 1j * acting[1::2], gamma[:, None] * (B[0::2] + 1j * B[1::2]), rtol=1e-14)
    h, states = np.zeros((BATCH, N // 2), complex), []
    for now in x.numpy():
        h = h * net.V.eigenvalues().numpy()[::2] + now @ (acting[0::2] + 1j * acting[1::2]).T
        states.append(h)
    found = net(x)[0].detach().numpy()
    assert np.abs(found[..., 0::2] + 1j * found[..., 1::2] - np.array(states)).max() < 1e-13


def test_between_two_layers_of_an_lru_stands_the_gated_unit_and_identity_makes_it_linear():
    x = torch.randn(2, TIME, BATCH, 4, dtype=torch.float64)
    net = LRU(4, N, num_layers=2, dtype=torch.float64)
    first, second = net.layers
    h0 = torch.zeros(BATCH, N, dtype=torch.float64)
    h, _ = first(x[0], h0, [(TIME, BATCH)])
    (unit,) = net.gated
    a, b = unit.both(torch.nn.functional.gelu(h)).chunk(2, -1)
    wanted, _ = second(h + a * b.sigmoid(), h0, [(TIME, BATCH)])
    assert (net(x[0])[0] - wanted).abs().max() < 1e-14
    linear = LRU(4, N, num_layers=2, nonlinearity="identity", dtype=torch.float64)
    assert (linear(x.sum(0))[0] - linear(x[0])[0] - linear(x[1])[0]).abs().max() < 1e-13
    assert (net(x.sum(0))[0] - net(x[0])[0] - net(x[1])[0]).abs().max() > 1e-3


def test_reset_draws_an_lru_as_a_new_one_is_drawn():
    one, two = (LRU(4, N, 3, generator=torch.Generator().manual_seed(1)) for _ in range(2))
    with torch.no_grad():
        for parameter in one.parameters():
            parameter.add_(1)
    one.reset_parameters(torch.Generator().manual_seed(1))
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        assert a.shape == b.shape
    for a, b in zip(one.layers.parameters(), two.layers.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"size": 5}, "even to hold complex units, of two entries each; got 5"),
        ({"r_min": 0.9, "r_max": 0.8}, "r_max must be above r_min = 0.9; got 0.8"),
        ({"r_max": 1.1}, "r_max must be a finite number of at least 0 and at most 1; got 1.1"),
        ({"max_phase": 0}, "max_phase must be a finite number above 0"),
    ],
)
def test_a_ring_that_is_none_is_refused_in_words(options, reason):
    with pytest.raises(ValueError, match=reason):
        DiagonalMatrix(**{"size": 4, **options})


def test_an_lru_has_no_other_nonlinearity():
    with pytest.raises(ValueError, match="nonlinearity must be one of glu, identity; got 'tanh'"):
        LRU(4, N, nonlinearity="tanh")
