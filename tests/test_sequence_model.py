"""SequenceModel: what reads in, what reads out, and what cannot be."""

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from nnrnn_core import SequenceModel, Training, tasks
from nnrnn_core.sequence_model import RECURRENTS
from oracles import as_installed, naive_unroll

TIME, BATCH, INPUTS, N = 7, 3, 4, 6
OWN = [name for name in RECURRENTS if name not in ("lstm", "gru")]


def model(name: str, **options) -> SequenceModel:
    return SequenceModel(name, INPUTS, N, 2, **options)


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


class Sizes:
    """A task as far as a width depends on it."""

    def __init__(self, input_size: int, output_size: int) -> None:
        self.input_size, self.output_size, self.model_options = input_size, output_size, {}


# Inputs, outputs, and the budget. Characters enter the authors' networks through 200 learnt numbers for
# each of 50: EMBEDDING parameters that are not in the network.
COPY, MNIST, CHARACTERS = (Sizes(10, 9), 18_900), (Sizes(1, 10), 269_000), (Sizes(200, 50), 1_320_000)
EMBEDDING = 50 * 200
AUTHORS = {"mask": "entry"}  # T has n(n − 1)/2 entries, one a block more than it has here


@pytest.mark.parametrize(
    ("name", "options", "at", "width", "exact"),
    [
        ("nnrnn", AUTHORS, COPY, 128, 18_953),
        ("nnrnn", {}, COPY, 128, 18_953 - 64),
        ("exprnn", {}, COPY, 176, 18_929),
        ("rnn", {}, COPY, 128, 18_953),
        ("rnn-orth", {}, COPY, 128, 18_953),
        ("eurnn", {"capacity": 34}, COPY, 2 * 256, 18_919),
        ("nnrnn", AUTHORS, MNIST, 512, 268_298),
        ("nnrnn", {}, MNIST, 512, 268_298 - 256),
        ("exprnn", {}, MNIST, 722, 268_955),
        ("rnn", {}, MNIST, 512, 268_298),
        ("rnn-orth", {}, MNIST, 512, 268_298),
        ("eurnn", {"capacity": 239}, MNIST, 2 * 1024, 269_084),
        ("lstm", {}, MNIST, 257, 269_860),
        ("nnrnn", AUTHORS, CHARACTERS, 1024, 1_315_650),
        ("nnrnn", {}, CHARACTERS, 1024, 1_315_650 - 512),
        ("exprnn", {}, CHARACTERS, 1386, 1_317_741),
        ("rnn", {}, CHARACTERS, 1024, 1_315_650),
        ("rnn-orth", {}, CHARACTERS, 1024, 1_315_650),
        ("eurnn", {"capacity": 138}, CHARACTERS, 2 * 2048, 1_320_632),
        ("lstm", {}, CHARACTERS, 475, 1_320_100),
        ("lstm", {}, COPY, 63, 19_476),
    ],
)
def test_the_papers_counts_of_parameters(name, options, at, width, exact):
    """Paper, supplement A.1 to A.3: 18.9, 269 and 1320 thousand at these widths.

    An EURNN's width is in complex units; the paper does not say its capacity, and those here are the ones that fit.

    The printed numbers are right to half a per cent for all but one: the LSTM of the copy task has 18 900 parameters
    without its read-out, and 19 476 with it.
    """
    sizes, budget = at
    model = SequenceModel(name, sizes.input_size, width, sizes.output_size, device="meta", **options)
    found = count(model) + (EMBEDDING if at is CHARACTERS else 0)
    assert found == exact
    if (name, at) == ("lstm", COPY):
        found = count(model.recurrent)
    assert found == pytest.approx(budget, rel=0.005)


@pytest.mark.parametrize(
    ("name", "options", "at", "parameters", "width"),
    [
        ("nnrnn", {}, COPY, 18_900, 128),
        ("exprnn", {}, COPY, 18_900, 176),
        ("rnn", {}, COPY, 18_900, 128),
        ("eurnn", {"capacity": 34}, COPY, 18_900, 512),
        ("lstm", {}, COPY, 18_900, 62),
        ("nnrnn", {}, MNIST, 269_000, 512),
        ("exprnn", {}, MNIST, 269_000, 722),
        ("rnn", {}, MNIST, 268_298, 512),
        ("lstm", {}, MNIST, 269_000, 257),
    ],
)
def test_a_budget_of_the_papers_gives_the_papers_width(name, options, at, parameters, width):
    """But the LSTM's of the copy task, 63, which has more parameters than the paper says (see above), and the free
    RNN's of MNIST at 269 000, where 513 units come nearer than 512."""
    assert SequenceModel.for_budget(name, at[0], parameters, device="meta", **options).hidden_size == width


@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}])
@pytest.mark.parametrize("name", RECURRENTS)
def test_no_other_width_comes_nearer_to_a_budget(name, options):
    task, parameters = tasks.Copying(3), 9_999 if options else 1_999
    model = SequenceModel.for_budget(name, task, parameters, **options)
    missed = abs(count(model) - parameters)
    for width in range(max(1, model.hidden_size - 3), model.hidden_size + 4):
        try:
            other = SequenceModel(name, task.input_size, width, task.output_size, device="meta", **options)
        except ValueError:
            continue  # an odd width
        assert (abs(count(other) - parameters), width) >= (missed, model.hidden_size)


def test_a_budget_passes_over_widths_that_a_network_does_not_take():
    model = SequenceModel.for_budget("eurnn", tasks.Copying(3), 700, style="fft")
    assert model.hidden_size == 32  # of 16, 32, 64 entries, which have 385, 769 and 1569 parameters


def test_a_budget_keeps_to_what_the_task_asks_of_a_model_and_hands_on_the_rest():
    task = tasks.NoisyMemory()
    generator = torch.Generator().manual_seed(1)
    model = SequenceModel.for_budget("nnrnn", task, 1000, init="random", generator=generator)
    assert (model.state_noise, model.recurrent.nonlinearity) == (task.noise, "identity")
    assert model.options["init"] == "random"
    twin = SequenceModel("nnrnn", 1, model.hidden_size, 20, **task.model_options, init="random",
                         generator=torch.Generator().manual_seed(1))  # fmt: skip
    assert torch.equal(model.V.theta, twin.V.theta), "the search draws nothing from the generator"


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (0, "parameters must be a whole number of at least 1; got 0"),
        (10, "parameters must be at least 15, half of what the narrowest network has, 1 wide; got 10"),
        (1e4, "parameters must be a whole number"),
    ],
)
def test_a_budget_that_no_network_keeps_is_refused_in_words(parameters, reason):
    with as_installed(), pytest.raises(ValueError, match=reason):
        SequenceModel.for_budget("rnn", tasks.Copying(3), parameters)


@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}])
@pytest.mark.parametrize("name", RECURRENTS)
def test_the_read_out_sees_the_states_of_the_last_layer_in_all_its_directions(name, options):
    net, x = model(name, dtype=torch.float64, **options), torch.randn(TIME, BATCH, INPUTS, dtype=torch.float64)
    outputs, _ = net(x)
    states, _ = net.recurrent(x)
    if name == "lru":  # what is nonlinear of it stands in the read-out
        unit, linear = net.readout
        a, b = unit.both(torch.nn.functional.gelu(states)).chunk(2, -1)
        states = states + a * b.sigmoid()
    else:
        linear = net.readout
    assert torch.equal(outputs, states @ linear.weight.T + linear.bias)
    assert (outputs.shape, outputs.dtype) == ((TIME, BATCH, 2), torch.float64)
    assert (net.V is None) == (name in ("lstm", "gru") or bool(options))


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
        (("ssm", 1, 4, 1), {}, "nnrnn, rnn, rnn-orth, exprnn, eurnn, lru, lstm, gru or a module; got 'ssm'"),
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
