"""SequenceModel: what reads in, what reads out, and what cannot be."""

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from nnrnn_core import SequenceModel, Training, tasks
from nnrnn_core.sequence_model import RECURRENTS
from oracles import as_installed, naive_unroll

TIME, BATCH, INPUTS, N = 7, 3, 4, 6
OWN = ["nnrnn", "rnn", "exprnn"]


def model(name: str, **options) -> SequenceModel:
    return SequenceModel(name, INPUTS, N, 2, **options)


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_papers_counts_of_parameters_on_the_one_hot_copy_task():
    """Paper, Table 2: 18.9 thousand."""
    paper = SequenceModel("nnrnn", 10, 128, 9, mask="entry")  # the authors' mask: T has n(n − 1)/2 entries
    ours = SequenceModel("nnrnn", 10, 128, 9)
    assert count(paper) == 18_953
    assert count(ours) == 18_953 - 64  # one entry a block fewer
    assert count(SequenceModel("exprnn", 10, 176, 9)) == 18_929


@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}])
@pytest.mark.parametrize("name", RECURRENTS)
def test_the_read_out_sees_the_states_of_the_last_layer_in_all_its_directions(name, options):
    net, x = model(name, dtype=torch.float64, **options), torch.randn(TIME, BATCH, INPUTS, dtype=torch.float64)
    outputs, _ = net(x)
    states, _ = net.recurrent(x)
    assert torch.equal(outputs, states @ net.readout.weight.T + net.readout.bias)
    assert (outputs.shape, outputs.dtype) == ((TIME, BATCH, 2), torch.float64)
    assert (net.V is None) == (name == "lstm" or bool(options))


@pytest.mark.parametrize("kind", [torch.nn.RNN, torch.nn.GRU, torch.nn.LSTM])
def test_a_module_of_ones_own_reads_between_input_and_read_out(kind):
    recurrent = kind(INPUTS, N, bidirectional=True)
    net = SequenceModel(recurrent, INPUTS, N, 2)
    x = torch.randn(TIME, BATCH, INPUTS)
    assert torch.equal(net(x)[0], net.readout(recurrent(x)[0]))
    assert (net.V, net.layer, net.name) == (None, None, kind.__name__)


def test_several_layers_in_two_directions_are_trained():
    """To copy is easy for a network that reads backwards too."""
    task = tasks.Copying(delay=3)
    net = SequenceModel("nnrnn", task.input_size, 16, task.output_size, num_layers=2, bidirectional=True)
    training = Training(net, task, task.settings.replace(rate=1e-2, rate_P=1e-3))
    first = training.probe().loss
    last = [training.step() for _ in range(30)][-1]
    assert last.loss < 0.6 * first
    assert (last.gradient_norms, last.eigenvalues, last.departure) == (None, None, None)


@pytest.mark.parametrize("name", OWN)
def test_state_noise_comes_from_the_generator_given(name):
    net, x = model(name, state_noise=0.5, nonlinearity="identity", bias=False), torch.zeros(TIME, BATCH, INPUTS)

    def run(seed):
        return net.states(x, generator=torch.Generator().manual_seed(seed))[0]

    assert torch.equal(run(1), run(1))
    assert not torch.equal(run(1), run(2))
    noise = 0.5 * torch.randn(TIME, BATCH, N, generator=torch.Generator().manual_seed(1))
    expected = naive_unroll(noise, net.V(), torch.zeros(BATCH, N), lambda x: x)
    assert torch.allclose(run(1), expected, atol=1e-5)


def test_an_lstm_starts_with_open_forget_gates_in_all_layers_from_the_seed_given():
    one, two = (
        model("lstm", num_layers=2, bidirectional=True, generator=torch.Generator().manual_seed(3)) for _ in range(2)
    )
    biases = {name: bias for name, bias in one.recurrent.named_parameters() if name.startswith("bias")}
    assert len(biases) == 8
    for name, bias in biases.items():
        open_gates = torch.zeros(4 * N)
        open_gates[N : 2 * N] = float(name.startswith("bias_ih"))
        assert torch.equal(bias, open_gates)
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("name", OWN)
def test_a_network_on_the_meta_device_runs_forwards_and_backwards_with_a_tap(name):
    net = model(name, device="meta", unit_input=True)
    tap = torch.zeros(TIME, BATCH, N, device="meta", requires_grad=True)
    outputs, _ = net(torch.zeros(TIME, BATCH, INPUTS, device="meta"), tap=tap)
    outputs.sum().backward()
    assert outputs.shape == (TIME, BATCH, 2)
    assert tap.grad.device.type == "meta"
    assert all(parameter.grad.device.type == "meta" for parameter in net.parameters())


@pytest.mark.cuda
@pytest.mark.parametrize("options", [{"state_noise": 0.1}, {"num_layers": 2, "bidirectional": True}])
@pytest.mark.parametrize("name", OWN)
def test_one_seed_gives_one_network_on_the_gpu_and_the_cpu(name, options):
    nets = [
        model(name, device=device, dtype=torch.float64, generator=torch.Generator().manual_seed(0), **options)
        for device in ("cpu", "cuda")
    ]
    x = torch.randn(TIME, BATCH, INPUTS, dtype=torch.float64)
    results = []
    for net in nets:
        place = next(net.parameters()).device
        outputs, _ = net(x.to(place), generator=torch.Generator().manual_seed(1))
        outputs.square().sum().backward()
        results.append([outputs.detach().cpu(), *(p.grad.cpu() for p in net.parameters())])
    for a, b in zip(*results, strict=True):
        assert torch.allclose(a, b, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        (("gru", 1, 4, 1), {}, "nnrnn, rnn, exprnn, lstm"),
        (("nnrnn", 1, 5, 1), {}, "even"),
        (("lstm", 0, 4, 1), {}, "input_size .* got 0"),
        (("lstm", 1, -4, 1), {}, "hidden_size .* got -4"),
        (("nnrnn", 1, 4, 0), {}, "output_size .* got 0"),
        (("nnrnn", 1, 4, 1), {"state_noise": -0.5}, "state_noise"),
        (("nnrnn", 1, 4, 1), {"state_noise": float("nan")}, "state_noise"),
        (("nnrnn", 1, 4, 1), {"batch_first": True}, "batch_first must be False"),
        (("nnrnn", 1, 4, 1), {"state_noise": 0.5, "num_layers": 2}, "needs a network of this kit .* of one layer"),
        (("lstm", 1, 4, 1), {"state_noise": 0.5}, "needs a network of this kit"),
        (("lstm", 1, 4, 1), {"nonlinearity": "identity"}, "LSTM has no nonlinearity"),
        (("lstm", 1, 4, 1), {"proj_size": 2}, "proj_size must be 0; it is 2"),
        ((torch.nn.RNN(1, 4), 1, 6, 1), {}, "hidden_size must be 6; it is 4"),
        ((torch.nn.RNN(1, 4, batch_first=True), 1, 4, 1), {}, "batch_first"),
        ((torch.nn.RNN(1, 4), 1, 4, 1), {"init": "henaff"}, "made already"),
    ],
)
def test_a_model_that_cannot_be_is_refused_with_the_reason(arguments, options, reason):
    with pytest.raises(ValueError, match=reason):
        SequenceModel(*arguments, **options)


def test_an_lstm_has_no_tap():
    with pytest.raises(ValueError, match="tap needs a network of this kit"):
        model("lstm")(torch.zeros(TIME, BATCH, INPUTS), tap=torch.zeros(TIME, BATCH, N))


def test_a_packed_sequence_is_refused_with_the_way_to_go():
    with as_installed(), pytest.raises(TypeError, match=r"inputs is a PackedSequence: .*readout"):
        model("nnrnn")(pack_sequence([torch.zeros(TIME, INPUTS)]))
