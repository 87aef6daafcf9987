"""Layers, directions, dropout and packed sequences, against torch.nn.RNN and against each layer and sequence alone."""

import itertools
import re

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pack_sequence, pad_packed_sequence, unpack_sequence

from nnrnn_core import NNRNN
from nnrnn_core.network import ExpRNN, FreeRNN
from oracles import as_installed, modrelu, naive_unroll

TIME, BATCH, INPUTS, N = 7, 3, 4, 6
DEEP = [(1, True), (2, False), (3, True)]  # layers, and whether in both directions


def scattered(rnn):
    """The network with all its parameters moved, so that no bias is 0 and P has left its base."""
    with torch.no_grad():
        for parameter in rnn.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return rnn


def double(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def by_hand(rnn: NNRNN, x: torch.Tensor, hx: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Output and h_n, (time, batch, …), by a plain loop for each layer and direction, without dropout."""
    last, states = iter(hx), []
    for i, layer in enumerate(rnn.layers):
        backwards = rnn.bidirectional and i % 2
        drive = x @ layer.input_matrix().T + (0 if layer.added_bias is None else layer.added_bias)
        phi = modrelu(layer.bias) if rnn.nonlinearity == "modrelu" else getattr(torch, rnn.nonlinearity)
        found = naive_unroll(drive.flip(0) if backwards else drive, layer.V(), next(last), phi)
        states.append((found.flip(0) if backwards else found, found[-1]))
        if not rnn.bidirectional or backwards:
            x = torch.cat([own for own, _ in states[-2 if rnn.bidirectional else -1 :]], -1)
    return x, torch.stack([h for _, h in states])


def gradients(rnn, loss: torch.Tensor, *inputs: torch.Tensor) -> list[torch.Tensor]:
    return list(torch.autograd.grad(loss, [*inputs, *rnn.parameters()]))


@pytest.mark.parametrize(("layers", "both"), DEEP)
@pytest.mark.parametrize("nonlinearity", ["modrelu", "tanh"])
def test_outputs_and_gradients_are_those_of_a_plain_loop_for_each_layer_and_direction(nonlinearity, layers, both):
    rnn = scattered(
        NNRNN(INPUTS, N, layers, nonlinearity, bidirectional=both, unit_input=True, dtype=torch.float64, init="random")
    )
    x, hx = double(TIME, BATCH, INPUTS).requires_grad_(), double(len(rnn.layers), BATCH, N).requires_grad_()
    ours, hand = rnn(x, hx), by_hand(rnn, x, hx)
    for a, b in zip(ours, hand, strict=True):
        assert (a - b).abs().max() < 1e-12 * b.abs().max()
    first, second = (gradients(rnn, sum(out.sin().sum() for out in pair), x, hx) for pair in (ours, hand))
    for a, b in zip(first, second, strict=True):
        assert (a - b).abs().max() < 1e-11 * max(1.0, float(b.detach().abs().max()))


# every depth in every layout for one network, and for the others, which differ in V alone, every layout in one depth
LAYOUTS = ["time first", "batch first", "unbatched"]
BY_TORCH = [
    *itertools.product([NNRNN], LAYOUTS, [(1, False), *DEEP]),
    *zip([ExpRNN] * 3, LAYOUTS, DEEP, strict=True),
    *zip([FreeRNN] * 3, LAYOUTS, reversed(DEEP), strict=True),
]


@pytest.mark.parametrize(("kind", "layout", "depth"), BY_TORCH)
def test_to_torch_gives_torchs_network_with_the_same_outputs_and_last_states(kind, layout, depth):
    (layers, both), first = depth, layout == "batch first"
    options = {"bias": not both, "bidirectional": both, "batch_first": first, "dtype": torch.float64}
    ours = scattered(kind(INPUTS, N, layers, nonlinearity="relu" if both else "tanh", **options))
    theirs = ours.to_torch()
    x = double(*{"time first": (TIME, BATCH), "batch first": (BATCH, TIME), "unbatched": (TIME,)}[layout], INPUTS)
    hx = double(len(ours.layers), *([] if layout == "unbatched" else [BATCH]), N)
    assert type(theirs) is torch.nn.RNN
    for given in ((x,), (x, hx)):
        for a, b in zip(ours(*given), theirs(*given), strict=True):
            assert a.shape == b.shape
            assert (a - b).abs().max() < 1e-12 * max(1.0, float(b.detach().abs().max()))


def test_what_to_torch_gives_is_a_copy_in_the_same_mode():
    ours = NNRNN(INPUTS, N, 2, "tanh", dropout=0.5).eval()
    theirs = ours.to_torch()
    before = ours(torch.ones(TIME, BATCH, INPUTS))[0]
    torch.nn.init.zeros_(theirs.weight_ih_l0)
    assert not theirs.training
    assert torch.equal(ours(torch.ones(TIME, BATCH, INPUTS))[0], before)


@pytest.mark.parametrize("nonlinearity", ["modrelu", "identity"])
def test_to_torch_refuses_what_torch_does_not_have(nonlinearity):
    with pytest.raises(ValueError, match=f"tanh or relu, which torch.nn.RNN has; got '{nonlinearity}': export"):
        NNRNN(INPUTS, N, nonlinearity=nonlinearity).to_torch()


# --- dropout


@pytest.mark.parametrize("both", [False, True])
def test_dropout_is_torchs_between_layers_and_in_training_only(both):
    ours = NNRNN(INPUTS, N, 3, "tanh", dropout=0.4, bidirectional=both, dtype=torch.float64)
    theirs, x = ours.to_torch(), double(TIME, BATCH, INPUTS)
    for training in (True, False):
        found = []
        for rnn in (ours.train(training), theirs.train(training)):
            torch.manual_seed(5)
            found.append(rnn(x)[0])
        assert torch.allclose(*found, rtol=0, atol=1e-12)
    assert not torch.allclose(ours.train()(x)[0], ours.eval()(x)[0])


def test_dropout_of_one_keeps_the_layers_apart():
    rnn, x = NNRNN(INPUTS, N, 2, "tanh", dropout=1.0), torch.randn(TIME, BATCH, INPUTS)
    assert torch.equal(rnn(x)[0], rnn(-x)[0])
    assert not torch.equal(rnn(x)[1][0], rnn(-x)[1][0])


def test_dropout_with_one_layer_warns_as_torch_does():
    with pytest.warns(UserWarning, match="dropout option adds") as theirs:
        torch.nn.RNN(INPUTS, N, dropout=0.3)
    with pytest.warns(UserWarning, match="dropout option adds") as ours:
        NNRNN(INPUTS, N, dropout=0.3)
    assert [str(w.message) for w in ours] == [str(w.message) for w in theirs]


# --- packed sequences


@pytest.mark.parametrize("lengths", [(7, 5, 5, 1), (2, 7, 1, 4), (3, 3), (1,)])
@pytest.mark.parametrize(("nonlinearity", "layers", "both"), [("tanh", 1, False), ("modrelu", 2, True)])
def test_packed_sequences_are_each_sequence_alone_with_all_gradients(nonlinearity, layers, both, lengths):
    rnn = scattered(NNRNN(INPUTS, N, layers, nonlinearity, bidirectional=both, dtype=torch.float64))
    sequences = [double(length, INPUTS).requires_grad_() for length in lengths]
    hx = double(len(rnn.layers), len(lengths), N).requires_grad_()
    output, h_n = rnn(pack_sequence(sequences, enforce_sorted=False), hx)
    alone = [rnn(x, hx[:, i]) for i, x in enumerate(sequences)]
    for i, (a, b) in enumerate(zip(unpack_sequence(output), alone, strict=True)):
        assert (a - b[0]).abs().max() < 1e-12 * max(1.0, float(b[0].detach().abs().max()))
        assert (h_n[:, i] - b[1]).abs().max() < 1e-12 * max(1.0, float(b[1].detach().abs().max()))
    together = gradients(rnn, output.data.sin().sum() + h_n.cos().sum(), *sequences, hx)
    apart = gradients(rnn, sum(out.sin().sum() + last.cos().sum() for out, last in alone), *sequences, hx)
    for a, b in zip(together, apart, strict=True):
        assert (a - b).abs().max() < 1e-11 * max(1.0, float(b.detach().abs().max()))


@pytest.mark.parametrize("enforce_sorted", [True, False])
def test_packed_sequences_come_out_as_from_torchs_network(enforce_sorted):
    ours = NNRNN(INPUTS, N, 2, "tanh", batch_first=True, bidirectional=True, dtype=torch.float64)
    lengths = [5, 3, 2] if enforce_sorted else [2, 5, 3]
    packed = pack_padded_sequence(double(3, 5, INPUTS), lengths, batch_first=True, enforce_sorted=enforce_sorted)
    (a, a_n), (b, b_n) = (rnn(packed) for rnn in (ours, ours.to_torch()))
    assert torch.equal(a.batch_sizes, b.batch_sizes)
    assert torch.allclose(a_n, b_n)
    for x, y in zip(pad_packed_sequence(a), pad_packed_sequence(b), strict=True):
        assert torch.allclose(x, y)


def test_a_short_sequence_is_not_run_on_into_its_padding():
    """There V = 1000 times a rotation would overflow, and 0 · ∞ spoil the gradient."""
    rnn = NNRNN(1, 2, nonlinearity="identity")
    torch.nn.init.constant_(rnn.V.gamma, 1e3)
    output, _ = rnn(pack_sequence([torch.ones(1, 1), torch.zeros(100, 1)], enforce_sorted=False))
    unpack_sequence(output)[0].sum().backward()
    assert all(bool(parameter.grad.isfinite().all()) for parameter in rnn.parameters())


@pytest.mark.parametrize(
    ("data", "sizes", "reason"),
    [
        ((3, INPUTS), [1, 2], r"longest sequence first; its batch sizes are \[1, 2\]: make it with pack_sequence"),
        ((3, INPUTS), [2, 2], r"its data is \(3, 4\) for batch sizes \[2, 2\]: make it with"),
        ((3, INPUTS + 1), [2, 1], r"input_size = 4 features last; got \(5,\)"),
    ],
)
def test_a_malformed_packed_sequence_is_refused_with_the_reason(data, sizes, reason):
    with pytest.raises(ValueError, match=reason):
        NNRNN(INPUTS, N)(PackedSequence(torch.zeros(data), torch.tensor(sizes)))


# --- what a network of several layers has and has not


def test_the_matrix_of_a_network_is_that_of_its_only_layer():
    rnn = NNRNN(INPUTS, N)
    for name in ("V", "U", "added_bias"):
        assert getattr(rnn, name) is getattr(rnn.layers[0], name)
    rnn.V = other = NNRNN(INPUTS, N).V
    assert rnn.layers[0].V is other
    assert "V" not in dict(rnn.named_children())


@pytest.mark.parametrize("options", [{"num_layers": 2}, {"bidirectional": True}])
def test_of_more_layers_or_directions_an_error_names_where_the_matrices_are(options):
    rnn = NNRNN(INPUTS, N, **options)
    for name in ("V", "U", "activation"):
        with pytest.raises(AttributeError, match=re.escape(f"NNRNN of 2 layers and directions has no one {name}")):
            getattr(rnn, name)
    assert [layer.V().shape for layer in rnn.layers] == [(N, N), (N, N)]
    assert not torch.equal(rnn.layers[0].V(), rnn.layers[1].V())


@pytest.mark.parametrize("options", [{"num_layers": 2}, {"bidirectional": True}])
@pytest.mark.parametrize("name", ["tap", "noise"])
def test_a_tap_or_noise_needs_one_layer_in_one_direction(options, name):
    with pytest.raises(ValueError, match=rf"{name} needs one layer in one direction .* has 2, the input is padded"):
        NNRNN(INPUTS, N, **options)(torch.zeros(TIME, BATCH, INPUTS), **{name: torch.zeros(TIME, BATCH, N)})
    with pytest.raises(ValueError, match=r"final_state needs one layer .* take a network of one layer"):
        NNRNN(INPUTS, N, **options).final_state(torch.zeros(TIME, BATCH, INPUTS))


def test_a_tap_and_a_final_state_need_a_tensor():
    rnn, packed = NNRNN(INPUTS, N), pack_sequence([torch.zeros(TIME, INPUTS)])
    with pytest.raises(ValueError, match=r"tap needs .* the input is packed"):
        rnn(packed, tap=torch.zeros(TIME, 1, N))
    with as_installed(), pytest.raises(ValueError, match=r"final_state needs .* the input is packed"):
        rnn.final_state(packed)


@pytest.mark.parametrize(
    ("options", "shape", "wanted"),
    [
        ({"num_layers": 2}, (1, BATCH, N), "(2, 3, 6), (2 layers · 1 directions, batch, hidden_size); got (1, 3, 6)"),
        ({"bidirectional": True}, (2, N), "(2, 3, 6), (1 layers · 2 directions, batch, hidden_size); got (2, 6)"),
        ({"num_layers": 2, "batch_first": True}, (2, TIME, N), "(2, 3, 6)"),
    ],
)
def test_a_state_for_other_layers_or_directions_is_refused_with_the_shape_wanted(options, shape, wanted):
    rnn = NNRNN(INPUTS, N, **options)
    x = torch.zeros(BATCH, TIME, INPUTS) if rnn.batch_first else torch.zeros(TIME, BATCH, INPUTS)
    with pytest.raises(ValueError, match=re.escape(f"hx must be {wanted}")):
        rnn(x, torch.zeros(shape))
