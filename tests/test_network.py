"""NNRNN as a drop-in for torch.nn.RNN, its rivals, and SequenceModel."""

import copy
import re

import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.utils.rnn import pack_sequence
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from nnrnn_core import NNRNN, SequenceModel
from nnrnn_core.network import ExpRNN, FreeRNN
from nnrnn_core.sequence_model import RECURRENTS
from oracles import as_installed, modrelu, naive_unroll

TIME, BATCH, INPUTS, N = 7, 3, 4, 6
OWN = ["nnrnn", "rnn", "exprnn"]


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def model(name: str, **options) -> SequenceModel:
    return SequenceModel(name, INPUTS, N, 2, **options)


# --- like torch.nn.RNN


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("given_state", [False, True])
def test_shapes_are_torchs_in_every_layout(batch_first, batched, given_state):
    shape = (TIME, INPUTS) if not batched else (BATCH, TIME, INPUTS) if batch_first else (TIME, BATCH, INPUTS)
    h_0 = torch.randn((1, BATCH, N) if batched else (1, N)) if given_state else None
    ours, theirs = (kind(INPUTS, N, batch_first=batch_first) for kind in (NNRNN, torch.nn.RNN))
    x = torch.randn(shape)
    for a, b in zip(ours(x, h_0), theirs(x, h_0), strict=True):
        assert a.shape == b.shape


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_a_free_network_with_torchs_weights_is_torchs_rnn(nonlinearity):
    ours = FreeRNN(INPUTS, N, nonlinearity=nonlinearity, dtype=torch.float64)
    theirs = torch.nn.RNN(INPUTS, N, nonlinearity=nonlinearity, dtype=torch.float64)
    with torch.no_grad():
        ours.U.copy_(theirs.weight_ih_l0)
        ours.V.entries.copy_(theirs.weight_hh_l0)
        ours.bias.copy_(theirs.bias_ih_l0 + theirs.bias_hh_l0)
    x, h_0 = torch.randn(TIME, BATCH, INPUTS, dtype=torch.float64), torch.randn(1, BATCH, N, dtype=torch.float64)
    for a, b in zip(ours(x, h_0), theirs(x, h_0), strict=True):
        assert (a - b).abs().max() < 1e-14


@pytest.mark.parametrize("nonlinearity", ["modrelu", "tanh"])
def test_nnrnn_is_its_equation(nonlinearity):
    rnn = NNRNN(INPUTS, N, nonlinearity=nonlinearity, init="random", dtype=torch.float64)
    with torch.no_grad():
        rnn.V.T_entries.normal_()
        rnn.bias.normal_()
    x, h_0 = torch.randn(TIME, BATCH, INPUTS, dtype=torch.float64), torch.randn(1, BATCH, N, dtype=torch.float64)
    drive = x @ rnn.U.T + (0 if nonlinearity == "modrelu" else rnn.bias)
    phi = modrelu(rnn.bias) if nonlinearity == "modrelu" else torch.tanh
    expected = naive_unroll(drive, rnn.V(), h_0[0], phi)
    output, h_n = rnn(x, h_0)
    assert (output - expected).abs().max() < 1e-12
    assert torch.equal(h_n[0], output[-1])


def test_a_batch_of_no_sequence_goes_through_both_ways_as_through_torchs_rnn():
    for kind in (NNRNN, torch.nn.RNN):
        rnn, x = kind(INPUTS, N), torch.zeros(TIME, 0, INPUTS, requires_grad=True)
        output, h_n = rnn(x)
        output.sum().backward()
        assert (output.shape, h_n.shape, x.grad.shape) == ((TIME, 0, N), (1, 0, N), x.shape)
        assert not any(bool(parameter.grad.any()) for parameter in rnn.parameters())


def test_layouts_of_one_sequence_agree():
    rnn = NNRNN(INPUTS, N)
    x = torch.randn(TIME, BATCH, INPUTS)
    output, h_n = rnn(x)
    rnn.batch_first = True
    assert torch.equal(rnn(x.transpose(0, 1))[0], output.transpose(0, 1))
    single, last = rnn(x[:, 1])
    assert torch.allclose(single, output[:, 1], atol=1e-6)
    assert torch.allclose(last, h_n[:, 1], atol=1e-6)


def test_a_sequence_read_in_two_parts_is_the_sequence_read_at_once():
    rnn = NNRNN(INPUTS, N)
    x = torch.randn(TIME, BATCH, INPUTS)
    first, h = rnn(x[:3])
    second, _ = rnn(x[3:], h)
    assert torch.allclose(torch.cat([first, second]), rnn(x)[0], atol=1e-6)


def test_positions_are_torchs():
    rnn = NNRNN(INPUTS, N, 1, "tanh", False, True, 0.0, False)
    assert (rnn.nonlinearity, rnn.bias, rnn.batch_first) == ("tanh", None, True)


@pytest.mark.parametrize("name", OWN)
def test_a_state_dict_round_trip_and_a_deep_copy_give_the_same_network(name):
    one, other = model(name), model(name)
    x = torch.randn(TIME, BATCH, INPUTS)
    assert not torch.equal(one(x)[0], other(x)[0])
    other.load_state_dict(one.state_dict())
    twin = copy.deepcopy(one)
    assert torch.equal(one(x)[0], other(x)[0])
    assert torch.equal(one(x)[0], twin(x)[0])
    with torch.no_grad():
        next(twin.parameters()).add_(1)
    assert torch.equal(one(x)[0], other(x)[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", RECURRENTS)
def test_the_output_has_the_type_of_the_parameters(name, dtype):
    outputs, _ = model(name, dtype=dtype)(torch.randn(TIME, BATCH, INPUTS, dtype=dtype))
    assert outputs.dtype == dtype


def test_bfloat16_input_under_autocast_runs_in_the_parameters_precision():
    rnn = NNRNN(INPUTS, N)
    x = torch.randn(TIME, BATCH, INPUTS).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        output, _ = rnn(x)
        output.sum().backward()
    assert output.dtype == torch.float32
    assert torch.equal(output, rnn(x.float())[0])
    with pytest.raises(TypeError, match="use autocast"):
        rnn(x)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"num_layers": 2}, "num_layers must be 1; got 2"),
        ({"dropout": 0.1}, "dropout must be 0; got 0.1"),
        ({"bidirectional": True}, "bidirectional must be False"),
        ({"hidden_size": 7}, "hidden_size must be even to hold 2×2 blocks; got 7"),
        ({"hidden_size": 0}, "hidden_size must be a whole number of at least 1; got 0"),
        ({"hidden_size": -2}, "hidden_size .* got -2"),
        ({"input_size": 0}, "input_size .* got 0"),
        ({"nonlinearity": "gelu"}, "modrelu, tanh, relu, identity"),
        ({"bias": False}, "modrelu"),
        ({"init": "glorot"}, "henaff, cayley, random"),
        ({"mask": "none"}, "block, entry"),
    ],
)
def test_what_it_does_not_do_is_an_error_that_says_so(options, reason):
    with pytest.raises(ValueError, match=reason):
        NNRNN(**{"input_size": INPUTS, "hidden_size": N, **options})


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ((torch.zeros(TIME, BATCH, INPUTS + 1),), "4 features last"),
        ((torch.zeros(INPUTS),), "2-D or 3-D"),
        ((torch.zeros(0, BATCH, INPUTS),), "at least one time step"),
        ((torch.zeros(TIME, BATCH, INPUTS), torch.zeros(BATCH, N)), r"h_0 must be \(1, 3, 6\)"),
        ((torch.zeros(TIME, INPUTS), torch.zeros(1, 1, N)), r"h_0 must be \(1, 6\)"),
        ((torch.zeros(TIME, BATCH, INPUTS, dtype=torch.float64),), "input is torch.float64"),
        ((torch.zeros(TIME, BATCH, INPUTS, dtype=torch.long),), "input is torch.int64"),
        ((pack_sequence([torch.zeros(TIME, INPUTS)]),), "PackedSequence; pad"),
    ],
)
def test_an_input_that_does_not_fit_is_refused_with_the_reason(inputs, reason):
    with as_installed(), pytest.raises((ValueError, TypeError), match=reason):
        NNRNN(INPUTS, N)(*inputs)


# --- the final state alone


class Alive(TorchDispatchMode):
    """The bytes of all tensors that operations have seen: those alive now, and the most that ever were."""

    def __init__(self, *given: torch.Tensor) -> None:
        super().__init__()
        self.given = {tensor.untyped_storage()._cdata for tensor in given}
        self.seen: dict[int, tuple[StorageWeakRef, int]] = {}
        self.most = 0

    def now(self) -> int:
        self.seen = {key: pair for key, pair in self.seen.items() if not pair[0].expired()}
        return sum(size for _, size in self.seen.values())

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        for tensor in tree_leaves((args, kwargs, result)):
            if isinstance(tensor, torch.Tensor) and tensor.untyped_storage()._cdata not in self.given:
                storage = tensor.untyped_storage()
                self.seen[storage._cdata] = StorageWeakRef(storage), storage.nbytes()
        self.most = max(self.most, self.now())
        return result


def gradients_of_last(rnn: NNRNN, x: torch.Tensor, h_0: torch.Tensor, last) -> list[torch.Tensor]:
    """The last state, and the gradients of a sum over it by input, initial state and all parameters."""
    x, h_0 = x.clone().requires_grad_(), h_0.clone().requires_grad_()
    h_n = last(x, h_0)
    weights = torch.linspace(-1, 1, h_n.numel(), dtype=h_n.dtype).view_as(h_n)
    return [h_n.detach(), *torch.autograd.grad((weights * h_n).sum(), [x, h_0, *rnn.parameters()])]


LAYOUTS = {"time first": (TIME, BATCH, INPUTS), "batch first": (BATCH, TIME, INPUTS), "unbatched": (TIME, INPUTS)}


@pytest.mark.parametrize("segments", [None, 1, 3, TIME])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("nonlinearity", ["modrelu", "tanh"])
def test_the_final_state_and_its_gradients_are_those_of_the_whole_pass(nonlinearity, layout, segments):
    options = {"batch_first": layout == "batch first", "unit_input": True, "dtype": torch.float64}
    rnn = NNRNN(INPUTS, N, nonlinearity=nonlinearity, **options)
    with torch.no_grad():
        rnn.V.T_entries.normal_()
        rnn.V.orthogonal.entries.normal_()
        rnn.bias.normal_(std=0.1)
    x = torch.randn(LAYOUTS[layout], dtype=torch.float64)
    h_0 = torch.randn((1, N) if layout == "unbatched" else (1, BATCH, N), dtype=torch.float64)
    whole = gradients_of_last(rnn, x, h_0, lambda x, h: rnn(x, h)[1])
    alone = gradients_of_last(rnn, x, h_0, lambda x, h: rnn.final_state(x, h, segments=segments))
    for a, b in zip(alone, whole, strict=True):
        assert a.shape == b.shape
        assert (a - b).abs().max() < 1e-12 * max(1.0, float(b.abs().max()))
    with torch.no_grad():
        silent = rnn.final_state(x, h_0, segments=segments)
    assert silent.grad_fn is None
    assert torch.allclose(silent, alone[0], rtol=1e-12)


def test_the_final_state_starts_from_zero_where_no_state_is_given():
    rnn, x = NNRNN(INPUTS, N), torch.randn(TIME, BATCH, INPUTS)
    assert torch.allclose(rnn.final_state(x, segments=2), rnn(x)[1], atol=1e-6)


def test_the_final_state_under_autocast_is_in_the_parameters_precision():
    rnn, x = NNRNN(INPUTS, N), torch.randn(TIME, BATCH, INPUTS).bfloat16()
    wanted = gradients_of_last(rnn, x.float(), torch.zeros(1, BATCH, N), lambda x, h: rnn(x, h)[1])
    with torch.autocast("cpu", torch.bfloat16):
        h_n = rnn.final_state(x, segments=3)
    weights = torch.linspace(-1, 1, h_n.numel()).view_as(h_n)
    assert h_n.dtype == torch.float32
    for a, b in zip(torch.autograd.grad((weights * h_n).sum(), list(rnn.parameters())), wanted[3:], strict=True):
        assert torch.allclose(a, b, rtol=1e-4, atol=1e-5)


def test_the_way_back_of_a_final_state_takes_the_parameters_that_it_was_called_with():
    rnn, x = NNRNN(INPUTS, N, nonlinearity="tanh", dtype=torch.float64), torch.randn(TIME, BATCH, INPUTS).double()
    others = {name: (value + 0.1).detach().requires_grad_() for name, value in rnn.named_parameters()}
    twin = copy.deepcopy(rnn)
    twin.load_state_dict(others, strict=False)

    class Final(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = rnn

        def forward(self, x):
            return self.rnn.final_state(x, segments=3).sum()

    named = {f"rnn.{name}": value for name, value in others.items()}
    found = torch.autograd.grad(torch.func.functional_call(Final(), named, (x,)), list(others.values()))
    wanted = torch.autograd.grad(twin(x)[1].sum(), list(twin.parameters()))
    for a, b in zip(found, wanted, strict=True):
        assert (a - b).abs().max() < 1e-12


def test_a_root_of_the_time_in_segments_keeps_a_root_of_the_time_in_states():
    time, n = 10_000, 4
    state = n * 8  # bytes
    rnn, x = NNRNN(1, n, dtype=torch.float64), torch.randn(time, 1, 1, dtype=torch.float64)
    kept, most = {}, {}
    for segments in (None, 100):
        with Alive(x, *rnn.parameters(), *rnn.buffers()) as alive:
            h_n = rnn.final_state(x, segments=segments)
            kept[segments] = alive.now()
            h_n.sum().backward()
            most[segments] = alive.most
    few = 100 * state  # √10 000 states
    assert kept[None] > 90 * few
    assert kept[100] < 3 * few  # the borders and V
    assert most[None] > 190 * few
    assert most[100] < 8 * few  # and a segment's drive, states and what flows back through them


def test_a_final_state_does_not_hold_the_memory_of_the_states_before_it():
    with torch.no_grad():
        h_n = NNRNN(INPUTS, N).final_state(torch.randn(TIME, BATCH, INPUTS))
    assert h_n.untyped_storage().nbytes() == h_n.numel() * h_n.element_size()


def test_the_final_state_runs_forwards_and_backwards_on_the_meta_device():
    rnn = NNRNN(INPUTS, N, device="meta")
    h_n = rnn.final_state(torch.zeros(TIME, BATCH, INPUTS, device="meta"), segments=2)
    h_n.sum().backward()
    assert h_n.shape == (1, BATCH, N)
    assert all(parameter.grad.device.type == "meta" for parameter in rnn.parameters())


@pytest.mark.parametrize("segments", [0, -1, TIME + 1, 2.0, True, "2"])
def test_segments_that_do_not_cut_the_time_are_refused_with_the_range(segments):
    reason = f"segments must be a whole number from 1 to the time, here 7; got {segments!r}: take about the root"
    with as_installed(), pytest.raises(ValueError, match=re.escape(reason)):
        NNRNN(INPUTS, N).final_state(torch.zeros(TIME, BATCH, INPUTS), segments=segments)


# --- how many parameters (paper, Table 2: 18.9 thousand for copy)


def test_the_papers_counts_of_parameters_on_the_one_hot_copy_task():
    paper = SequenceModel("nnrnn", 10, 128, 9, mask="entry")  # the authors' mask: T has n(n − 1)/2 entries
    ours = SequenceModel("nnrnn", 10, 128, 9)
    assert count(paper) == 18_953
    assert count(ours) == 18_953 - 64  # one entry a block fewer
    assert count(SequenceModel("exprnn", 10, 176, 9)) == 18_929


# --- higher use


@pytest.mark.parametrize("name", OWN)
def test_functional_call_and_grad_give_autograds_gradient(name):
    net = model(name)
    x = torch.randn(TIME, BATCH, INPUTS)
    net(x)[0].square().sum().backward()
    parameters = {key: value.detach() for key, value in net.named_parameters()}
    gradients = torch.func.grad(lambda p: torch.func.functional_call(net, p, (x,))[0].square().sum())(parameters)
    for key, value in net.named_parameters():
        # a sum that cancels is right to rounding of its terms, not of itself
        assert (gradients[key] - value.grad).abs().max() <= 1e-6 * max(1.0, float(value.grad.abs().max()))


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_a_compiled_network_gives_the_same_outputs_and_gradients(backend):
    torch._dynamo.reset()
    net, x = model("nnrnn"), torch.randn(TIME, BATCH, INPUTS)
    expected = net(x)[0]
    wanted = torch.autograd.grad(expected.square().sum(), list(net.parameters()))
    with as_installed():
        found = torch.compile(net, backend=backend)(x)[0]
    gradients = torch.autograd.grad(found.square().sum(), list(net.parameters()))
    assert torch.allclose(found, expected, atol=1e-6)
    for a, b in zip(gradients, wanted, strict=True):
        assert torch.allclose(a, b, rtol=1e-4, atol=1e-5)


def test_compiling_does_not_unroll_the_loop_over_time():
    def nodes(time: int) -> int:
        torch._dynamo.reset()
        seen = []

        def counting(graph, _):
            seen.append(len(graph.graph.nodes))
            return graph.forward

        with as_installed():
            torch.compile(model("nnrnn"), backend=counting)(torch.randn(time, BATCH, INPUTS))
        return sum(seen)

    assert nodes(5) == nodes(50) > 0


def test_gradients_of_two_half_batches_add_up_to_the_whole():
    net, x = model("nnrnn", dtype=torch.float64), torch.randn(TIME, 4, INPUTS, dtype=torch.float64)
    whole = torch.autograd.grad(net(x)[0].sum(), list(net.parameters()))
    for half in (x[:, :2], x[:, 2:]):
        net(half)[0].sum().backward()
    for parameter, gradient in zip(net.parameters(), whole, strict=True):
        assert torch.allclose(parameter.grad, gradient, atol=1e-10)


def test_without_gradients_no_history_is_kept():
    with torch.no_grad():
        outputs, state = model("nnrnn")(torch.randn(TIME, BATCH, INPUTS))
    assert outputs.grad_fn is None
    assert state.grad_fn is None


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
@pytest.mark.parametrize("name", OWN)
def test_one_seed_gives_one_network_on_the_gpu_and_the_cpu(name):
    nets = [
        model(name, device=device, dtype=torch.float64, generator=torch.Generator().manual_seed(0), state_noise=0.1)
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


# --- SequenceModel


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


def test_unit_input_has_columns_of_norm_one_whatever_U_is():
    net = model("nnrnn", unit_input=True)
    with torch.no_grad():
        net.recurrent.U.mul_(7)
    assert torch.allclose(net.recurrent.input_matrix().norm(dim=0), torch.ones(INPUTS))


def test_a_module_of_ones_own_reads_between_input_and_read_out():
    gru = torch.nn.GRU(INPUTS, N)
    net = SequenceModel(gru, INPUTS, N, 2)
    x = torch.randn(TIME, BATCH, INPUTS)
    assert torch.equal(net(x)[0], net.readout(gru(x)[0]))
    assert net.V is None
    assert net.name == "GRU"


def test_an_lstm_starts_with_open_forget_gates_from_the_seed_given():
    one, two = (model("lstm", generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert bool((one.recurrent.bias_ih_l0[N : 2 * N] == 1).all())
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_rivals_start_as_their_names_say(generator):
    free = FreeRNN(1, 200, generator=generator).V
    orthogonal = ExpRNN(1, 200, generator=generator, dtype=torch.float64).V
    assert free().var().item() == pytest.approx(1 / 200, rel=0.05)
    assert (orthogonal().T @ orthogonal() - torch.eye(200)).abs().max() < 1e-12
    assert free.departure() > 1


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
        (("lstm", 1, 4, 1), {"batch_first": True}, "batch_first must be False"),
        (("lstm", 1, 4, 1), {"state_noise": 0.5}, "needs a network of this kit"),
        (("lstm", 1, 4, 1), {"nonlinearity": "identity"}, "LSTM has no nonlinearity"),
        ((torch.nn.RNN(1, 4), 1, 6, 1), {}, "hidden_size must be 6; it is 4"),
        ((torch.nn.RNN(1, 4, batch_first=True), 1, 4, 1), {}, "batch_first"),
        ((torch.nn.RNN(1, 4, bidirectional=True), 1, 4, 1), {}, "bidirectional"),
        ((torch.nn.RNN(1, 4), 1, 4, 1), {"init": "henaff"}, "made already"),
    ],
)
def test_a_model_that_cannot_be_is_refused_with_the_reason(arguments, options, reason):
    with pytest.raises(ValueError, match=reason):
        SequenceModel(*arguments, **options)


def test_an_lstm_has_no_tap():
    with pytest.raises(ValueError, match="tap needs a network of this kit"):
        model("lstm")(torch.zeros(TIME, BATCH, INPUTS), tap=torch.zeros(TIME, BATCH, N))
