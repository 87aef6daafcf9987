"""Where a free V may start, and its U with it."""

from functools import partial

import numpy as np
import pytest
import torch

from nnrnn_core import SequenceModel, dynamics
from nnrnn_core.matrices import FreeMatrix
from nnrnn_core.matrices.free import chain, feedback_chain, scaled_identity
from nnrnn_core.network import FreeRNN, OrthogonalStartRNN
from oracles import as_installed

N = 12


def start(init, size: int = N) -> np.ndarray:
    return FreeMatrix(size, init, torch.Generator().manual_seed(0), dtype=torch.float64)().detach().numpy()


def test_glorot_has_variance_1_over_n_and_the_orthogonal_start_is_a_rotation():
    assert start("glorot", 300).var() == pytest.approx(1 / 300, rel=0.02)
    Q = start("orthogonal")
    assert np.abs(Q.T @ Q - np.eye(N)).max() < 1e-14
    assert np.linalg.det(Q) == pytest.approx(1)


def test_a_chain_carries_a_pulse_from_unit_to_unit_and_out_of_its_end():
    V = start(partial(chain, alpha=1.02))
    pulse = np.eye(N)[0]
    for k in range(N):
        assert np.array_equal(pulse != 0, np.eye(N)[k] != 0)
        assert pulse[k] == pytest.approx(1.02**k)
        pulse = V @ pulse
    assert not pulse.any()


def test_the_chains_are_non_normal_and_the_other_starts_of_orhan_and_pitkow_are_normal():
    """Henrici's departure of a chain is ‖V‖_F = α √(n − 1); that of the chain with feedback is a little less."""
    assert FreeMatrix(N, "chain", dtype=torch.float64).departure() == pytest.approx(np.sqrt(N - 1))
    V = start("feedback-chain")
    assert np.array_equal(V, 0.99 * np.eye(N, k=-1) + 0.02 * np.eye(N, k=1))
    # tridiagonal: similar to the symmetric matrix with √(α β) beside the diagonal
    squares = 2 * (N - 1) * 0.99 * 0.02
    assert dynamics.henrici(V) == pytest.approx(np.sqrt((N - 1) * (0.99**2 + 0.02**2) - squares), rel=1e-6)
    for normal in ("identity", "scaled-identity", "orthogonal", partial(scaled_identity, scale=0.9)):
        assert FreeMatrix(N, normal, dtype=torch.float64).departure() < 1e-6


def test_the_numbers_of_a_start_are_set():
    assert np.array_equal(start(partial(scaled_identity, scale=0.5)), 0.5 * np.eye(N))
    wanted = 0.9 * np.eye(N, k=-1) + 0.1 * np.eye(N, k=1)
    assert np.allclose(start(partial(feedback_chain, alpha=0.9, beta=0.1)), wanted)


@pytest.mark.parametrize("name", ["scaled-identity", "chain", "feedback-chain"])
def test_with_orhan_and_pitkows_starts_input_k_drives_unit_k(name):
    network = FreeRNN(3, N, init=name)
    assert torch.equal(network.U, 0.9 * torch.eye(N, 3))
    network.reset_parameters()
    assert torch.equal(network.U, 0.9 * torch.eye(N, 3))


def test_an_irnn_starts_as_a_sum_of_small_inputs():
    """Le, Jaitly and Hinton: V = I, ReLU, no bias, and inputs of size 0.001."""
    network = FreeRNN(500, N, init="identity", nonlinearity="relu", generator=torch.Generator().manual_seed(0))
    assert network.U.std().item() == pytest.approx(0.001, rel=0.05)
    x = torch.rand(5, 2, 500) * torch.sign(network.U[0])  # drives unit 0 upwards
    assert torch.allclose(network(x)[0][-1, :, 0], (x @ network.U[0]).sum(0), atol=1e-6)


def test_rnn_orth_is_the_free_network_with_modrelu_from_an_orthogonal_start():
    one, two = (
        kind(3, N, generator=torch.Generator().manual_seed(1), **options)
        for kind, options in (
            (OrthogonalStartRNN, {}),
            (FreeRNN, {"init": "orthogonal", "nonlinearity": "modrelu"}),
        )
    )
    assert one.nonlinearity == "modrelu"
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(a, b)
    assert one.V.entries.shape == (N, N), "no constraint holds it there"


def test_a_start_of_ones_own_is_taken_as_it_is_and_leaves_U():
    matrix = torch.arange(16.0).view(4, 4)
    network = FreeRNN(2, 4, init=lambda size, generator, dtype: matrix.to(dtype))
    assert torch.equal(network.V(), matrix)
    assert SequenceModel("rnn", 2, 4, 1, init=partial(chain, alpha=1.01)).spec()["own"] == ["init"]


@pytest.mark.parametrize(
    ("init", "reason"),
    [
        ("chian", "glorot, orthogonal, identity, scaled-identity, chain, feedback-chain or a callable; got 'chian'"),
        (lambda size, generator, dtype: torch.zeros(2, 3), r"\(4, 4\) matrix, a tensor; got \(2, 3\)"),
    ],
)
def test_a_start_that_is_none_is_refused_in_words(init, reason):
    with as_installed(), pytest.raises(ValueError, match=reason):
        FreeMatrix(4, init)
