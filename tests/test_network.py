"""One layer in one direction, called like torch.nn.RNN: its equation, its errors, and torch's higher uses."""

import pytest
import torch

from nnrnn_core import NNRNN
from nnrnn_core.network import EURNN, LRU, ExpRNN, FreeRNN
from oracles import as_installed, modrelu, naive_unroll

TIME, BATCH, INPUTS, N = 7, 3, 4, 6
KINDS = [NNRNN, FreeRNN, ExpRNN]


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_a_free_network_with_torchs_weights_is_torchs_rnn(nonlinearity):
    ours = FreeRNN(INPUTS, N, nonlinearity=nonlinearity, dtype=torch.float64)
    theirs = torch.nn.RNN(INPUTS, N, nonlinearity=nonlinearity, dtype=torch.float64)
    (layer,) = ours.layers
    with torch.no_grad():
        layer.U.copy_(theirs.weight_ih_l0)
        layer.V.entries.copy_(theirs.weight_hh_l0)
        layer.bias.copy_(theirs.bias_ih_l0 + theirs.bias_hh_l0)
    x, hx = torch.randn(TIME, BATCH, INPUTS, dtype=torch.float64), torch.randn(1, BATCH, N, dtype=torch.float64)
    for a, b in zip(ours(x, hx=hx), theirs(x, hx=hx), strict=True):
        assert (a - b).abs().max() < 1e-14


@pytest.mark.parametrize("nonlinearity", ["modrelu", "tanh"])
def test_nnrnn_is_its_equation_with_a_tap_and_with_noise(nonlinearity):
    rnn = NNRNN(INPUTS, N, nonlinearity=nonlinearity, init="random", dtype=torch.float64)
    (layer,) = rnn.layers
    with torch.no_grad():
        rnn.V.T_entries.normal_()
        layer.bias.normal_()
    x, hx = torch.randn(TIME, BATCH, INPUTS, dtype=torch.float64), torch.randn(1, BATCH, N, dtype=torch.float64)
    tap, noise = (torch.randn(TIME, BATCH, N, dtype=torch.float64) for _ in range(2))
    drive = x @ rnn.U.T + noise + (0 if nonlinearity == "modrelu" else layer.bias)
    phi = modrelu(layer.bias) if nonlinearity == "modrelu" else torch.tanh
    expected = naive_unroll(drive, rnn.V(), hx[0], phi, tap)
    output, h_n = rnn(x, hx, tap=tap, noise=noise)
    assert (output - expected).abs().max() < 1e-12
    assert torch.equal(h_n[0], output[-1])


def test_unit_input_has_columns_of_norm_one_whatever_U_is():
    rnn = NNRNN(INPUTS, N, unit_input=True)
    torch.nn.init.normal_(rnn.U, std=7)
    assert torch.allclose(rnn.input_matrix().norm(dim=0), torch.ones(INPUTS))


def test_the_rivals_start_as_their_names_say(generator):
    free = FreeRNN(1, 200, generator=generator).V
    orthogonal = ExpRNN(1, 200, generator=generator, dtype=torch.float64).V
    assert free().var().item() == pytest.approx(1 / 200, rel=0.05)
    assert (orthogonal().T @ orthogonal() - torch.eye(200)).abs().max() < 1e-12
    assert free.departure() > 1


# --- called like torch.nn.RNN


def test_attributes_are_torchs():
    arguments = (INPUTS, N, 2, "tanh", False, True, 0.3, True)
    ours, theirs = NNRNN(*arguments), torch.nn.RNN(*arguments)
    names = (*theirs.__constants__, "nonlinearity", "training")
    assert {name: getattr(ours, name) for name in names} == {name: getattr(theirs, name) for name in names}
    options = "num_layers=2, bias=False, batch_first=True, dropout=0.3, bidirectional=True"
    assert repr(ours).startswith(f"NNRNN(\n  4, 6, nonlinearity='tanh', {options}\n")
    assert len(ours.all_weights) == len(theirs.all_weights)
    assert {id(p) for layer in ours.all_weights for p in layer} == {id(p) for p in ours.parameters()}
    assert ours.flatten_parameters() is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_argument_of_torchs_rnn_stands_at_its_place(kind):
    rnn = kind(INPUTS, N, 2, "tanh", False, True, 0.3, True)
    found = (rnn.num_layers, rnn.nonlinearity, rnn.bias, rnn.batch_first, rnn.dropout, rnn.bidirectional)
    assert found == (2, "tanh", False, True, 0.3, True)
    assert all(layer.bias is None for layer in rnn.layers)


def test_a_batch_of_no_sequence_goes_through_both_ways_as_through_torchs_rnn():
    for kind in (NNRNN, torch.nn.RNN):
        rnn, x = kind(INPUTS, N), torch.zeros(TIME, 0, INPUTS, requires_grad=True)
        output, h_n = rnn(x)
        output.sum().backward()
        assert (output.shape, h_n.shape, x.grad.shape) == ((TIME, 0, N), (1, 0, N), x.shape)
        assert not any(bool(parameter.grad.any()) for parameter in rnn.parameters())


def test_a_sequence_read_in_two_parts_is_the_sequence_read_at_once():
    rnn = NNRNN(INPUTS, N, 2)
    x = torch.randn(TIME, BATCH, INPUTS)
    first, h = rnn(x[:3])
    second, _ = rnn(x[3:], h)
    assert torch.allclose(torch.cat([first, second]), rnn(x)[0], atol=1e-6)


def test_a_last_state_does_not_hold_the_memory_of_the_states_before_it():
    with torch.no_grad():
        _, h_n = NNRNN(INPUTS, N)(torch.randn(TIME, BATCH, INPUTS))
    assert h_n.untyped_storage().nbytes() == h_n.numel() * h_n.element_size()


def test_bfloat16_input_under_autocast_runs_in_the_parameters_precision():
    rnn = NNRNN(INPUTS, N)
    x = torch.randn(TIME, BATCH, INPUTS).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        output, _ = rnn(x)
        output.sum().backward()
    assert output.dtype == torch.float32
    assert torch.equal(output, rnn(x.float())[0])
    with pytest.raises(ValueError, match="use autocast"):
        rnn(x)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"hidden_size": 7}, "hidden_size must be even to hold 2×2 blocks; got 7"),
        ({"hidden_size": -2}, "hidden_size must be greater than zero; got -2"),
        ({"num_layers": 1.5}, r"num_layers should be of type int, got: float \(1.5\)"),
        ({"num_layers": True}, "num_layers should be of type int, got: bool"),
        ({"bidirectional": "no"}, r"bidirectional should be of type bool, got: str \('no'\)"),
        ({"dropout": 1.1}, r"dropout should be a number in range \[0, 1\] .*; got 1.1"),
        ({"dropout": True}, "dropout should be a number .*; got True"),
        ({"proj_size": 2}, "proj_size argument is only supported for LSTM.*; got 2"),
        ({"nonlinearity": "gelu"}, "modrelu, tanh, relu, identity"),
        ({"bias": False}, "modrelu"),
        ({"init": "glorot"}, "henaff, cayley, random"),
        ({"mask": "none"}, "block, entry"),
    ],
)
def test_what_it_does_not_do_is_an_error_that_says_so(options, reason):
    with as_installed(), pytest.raises((ValueError, TypeError), match=reason):
        NNRNN(**{"input_size": INPUTS, "hidden_size": N, **options})


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ((torch.zeros(TIME, BATCH, INPUTS + 1),), r"input_size = 4 features last; got \(5,\)"),
        ((torch.zeros(INPUTS),), r"2-D or 3-D, .*; got \(4,\)"),
        ((torch.zeros(0, BATCH, INPUTS),), "at least one time step"),
        ((torch.zeros(TIME, BATCH, INPUTS), torch.zeros(BATCH, N)), r"hx must be \(1, 3, 6\)"),
        ((torch.zeros(TIME, INPUTS), torch.zeros(1, 1, N)), r"hx must be \(1, 6\)"),
        ((torch.zeros(TIME, BATCH, INPUTS, dtype=torch.float64),), r"input dtype \(torch.float64\) does not match"),
        ((torch.zeros(TIME, BATCH, INPUTS, dtype=torch.long),), r"Convert input: input.to\(torch.float32\)"),
        ((torch.zeros(TIME, BATCH, INPUTS), torch.zeros(1, BATCH, N).half()), r"hx dtype \(torch.float16\)"),
    ],
)
def test_an_input_that_does_not_fit_is_refused_with_the_reason(inputs, reason):
    with as_installed(), pytest.raises(ValueError, match=reason):
        NNRNN(INPUTS, N)(*inputs)


# --- higher use


@pytest.mark.parametrize("kind", [*KINDS, EURNN, LRU])
def test_functional_call_and_grad_give_autograds_gradient(kind):
    rnn, x = kind(INPUTS, N, 2, bidirectional=True), torch.randn(TIME, BATCH, INPUTS)
    rnn(x)[0].square().sum().backward()
    parameters = {key: value.detach() for key, value in rnn.named_parameters()}
    gradients = torch.func.grad(lambda p: torch.func.functional_call(rnn, p, (x,))[0].square().sum())(parameters)
    for key, value in rnn.named_parameters():
        # a sum that cancels is right to rounding of its terms, not of itself
        assert (gradients[key] - value.grad).abs().max() <= 1e-6 * max(1.0, float(value.grad.abs().max()))


def test_gradients_of_two_half_batches_add_up_to_the_whole():
    rnn, x = NNRNN(INPUTS, N, dtype=torch.float64), torch.randn(TIME, 4, INPUTS, dtype=torch.float64)
    whole = torch.autograd.grad(rnn(x)[0].sum(), list(rnn.parameters()))
    for half in (x[:, :2], x[:, 2:]):
        rnn(half)[0].sum().backward()
    for parameter, gradient in zip(rnn.parameters(), whole, strict=True):
        assert torch.allclose(parameter.grad, gradient, atol=1e-10)


def test_without_gradients_no_history_is_kept():
    with torch.no_grad():
        output, h_n = NNRNN(INPUTS, N)(torch.randn(TIME, BATCH, INPUTS))
    assert output.grad_fn is None
    assert h_n.grad_fn is None
