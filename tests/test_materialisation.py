"""A network made without memory, copied, cast, drawn anew, and loaded from what it or version 0.1 of the kit saved."""

import copy
import io
import pickle
import re
from pathlib import Path

import pytest
import torch

from nnrnn_core import NNRNN, SequenceModel
from nnrnn_core.network import EURNN, LRU, ExpRNN, FreeRNN, OrthogonalStartRNN
from oracles import as_installed

TIME, BATCH, INPUTS, N = 7, 3, 4, 6
VERSION_0_1 = Path(__file__).parent / "saved" / "version_0_1.pt"  # written by torch.save in that version
KINDS = [NNRNN, FreeRNN, ExpRNN, OrthogonalStartRNN, EURNN, LRU]


def moved(rnn):
    """The network with all its parameters moved: P has left its base, and T is there."""
    with torch.no_grad():
        for parameter in rnn.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return rnn


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# --- the meta device


def on_meta(kind, **options):
    with torch.device("meta"):
        return kind(INPUTS, N, **options)


def materialised_by_assignment(kind, saved):
    rnn = kind(INPUTS, N, 2, device="meta")
    rnn.load_state_dict(saved, assign=True)
    return rnn


def materialised_by_memory(kind, saved):
    rnn = on_meta(kind, num_layers=2).to_empty(device="cpu")
    rnn.load_state_dict(saved)
    return rnn


def skipped(kind, saved):
    rnn = torch.nn.utils.skip_init(kind, INPUTS, N, 2)
    rnn.load_state_dict(saved)
    return rnn


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_made_on_the_meta_device_holds_no_numbers(kind):
    for rnn in (on_meta(kind), kind(INPUTS, N, device="meta")):
        assert {tensor.device.type for tensor in rnn.state_dict().values()} == {"meta"}
        assert rnn(torch.zeros(TIME, BATCH, INPUTS, device="meta"))[0].shape == (TIME, BATCH, N)


@pytest.mark.parametrize("materialised", [materialised_by_assignment, materialised_by_memory, skipped])
@pytest.mark.parametrize("kind", KINDS)
def test_a_network_without_memory_becomes_the_network_that_is_loaded_into_it(kind, materialised):
    source, x = moved(kind(INPUTS, N, 2)), torch.randn(TIME, BATCH, INPUTS)
    assert torch.equal(materialised(kind, source.state_dict())(x)[0], source(x)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_empty_memory_is_filled_by_reset_parameters(kind):
    rnn, x = kind(INPUTS, N, device="meta").to_empty(device="cpu"), torch.randn(TIME, BATCH, INPUTS)
    rnn.reset_parameters(seeded(3))
    assert torch.equal(rnn(x)[0], kind(INPUTS, N, generator=seeded(3))(x)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_reset_parameters_draws_what_a_new_network_draws_and_keeps_the_tensors(kind):
    rnn, new = (kind(INPUTS, N, 2, bidirectional=True, generator=seeded(seed)) for seed in (1, 2))
    tensors = list(rnn.parameters())
    moved(rnn).reset_parameters(seeded(2))
    assert all(a is b for a, b in zip(tensors, rnn.parameters(), strict=True))
    for name, tensor in new.state_dict().items():
        assert torch.equal(tensor, rnn.state_dict()[name])


# --- copies and casts


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_a_pickle_and_a_saved_module_are_the_network_and_their_own(kind):
    rnn, x = moved(kind(INPUTS, N, 2, bidirectional=True, dropout=0.5)).eval(), torch.randn(TIME, BATCH, INPUTS)
    file = io.BytesIO()
    torch.save(rnn, file)
    file.seek(0)
    output = rnn(x)[0]
    for other in (copy.deepcopy(rnn), pickle.loads(pickle.dumps(rnn)), torch.load(file, weights_only=False)):
        assert torch.equal(other(x)[0], output)
        torch.nn.init.zeros_(other.layers[0].U)
        assert torch.equal(rnn(x)[0], output)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("nonlinearity", ["modrelu", "tanh"])
def test_a_network_cast_to_half_precision_is_close_to_what_it_was(nonlinearity, dtype):
    rnn = moved(NNRNN(INPUTS, N, 2, nonlinearity, bidirectional=True))
    x = torch.randn(TIME, BATCH, INPUTS)
    half = copy.deepcopy(rnn).to(dtype)
    output, _ = half(x.to(dtype))
    output.float().square().mean().backward()
    wanted = rnn(x)[0]
    assert output.dtype == dtype
    assert (output - wanted).norm() < 10 * torch.finfo(dtype).eps * wanted.norm()
    assert all(bool(parameter.grad.isfinite().all()) for parameter in half.parameters())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_network_is_made_in_half_precision(dtype):
    rnn = NNRNN(INPUTS, N, dtype=dtype)
    V = rnn.V().float()
    assert rnn(torch.ones(TIME, BATCH, INPUTS, dtype=dtype))[0].isfinite().all()
    assert (V.T @ V - torch.eye(N)).abs().max() < 4 * torch.finfo(dtype).eps


# --- state dicts


def test_state_dicts_of_version_0_1_give_the_very_outputs_that_they_gave_then():
    saved = torch.load(VERSION_0_1)
    rnn, model = NNRNN(3, 4).double(), SequenceModel("nnrnn", 3, 4, 2, nonlinearity="tanh").double()
    rnn.load_state_dict(saved["network"])
    model.load_state_dict(saved["model"])
    assert (rnn(saved["inputs"])[0] - saved["network outputs"]).abs().max() < 1e-14
    assert (model(saved["inputs"])[0] - saved["model outputs"]).abs().max() < 1e-14
    assert "layers.0.U" not in saved["network"]  # what was given is as it was


def test_a_state_dict_of_version_0_1_is_assigned_to_a_network_without_memory():
    saved = torch.load(VERSION_0_1)
    rnn = NNRNN(3, 4, device="meta")
    rnn.load_state_dict(saved["network"], assign=True)
    assert (rnn(saved["inputs"])[0] - saved["network outputs"]).abs().max() < 1e-14


SAID = "hidden_size = {}, input_size = {}, layers · directions = {}"


@pytest.mark.parametrize(
    ("saved", "reason"),
    [
        (lambda: torch.load(VERSION_0_1)["network"], f"{SAID.format(4, 3, 1)}; this one has {SAID.format(6, 4, 1)}"),
        (
            lambda: NNRNN(INPUTS, 8).state_dict(),
            f"{SAID.format(8, 4, 1)}; this one has {SAID.format(6, 4, 1)}: make it",
        ),
        (lambda: NNRNN(INPUTS, N, 2).state_dict(), f"{SAID.format(6, 4, 2)}; this one"),
        (lambda: NNRNN(INPUTS, N, bidirectional=True).state_dict(), f"{SAID.format(6, 4, 2)}; this one"),
        (lambda: torch.nn.RNN(INPUTS, N).state_dict(), "the state dict is one of torch.nn.RNN"),
        (lambda: FreeRNN(INPUTS, N).state_dict(), 'Missing key(s) in state_dict: "layers.0.V.theta"'),
        (dict, 'Missing key(s) in state_dict: "layers.0.U"'),
    ],
)
def test_a_state_dict_of_another_network_is_refused_with_the_reason(saved, reason):
    with pytest.raises(RuntimeError, match=re.escape(reason)):
        NNRNN(INPUTS, N).load_state_dict(saved())


def test_a_state_dict_of_a_later_version_is_refused():
    saved = NNRNN(INPUTS, N).state_dict()
    saved._metadata[""]["version"] = 3
    with pytest.raises(RuntimeError, match="the state dict is of version 3, this kit knows 2: update the kit"):
        NNRNN(INPUTS, N).load_state_dict(saved)


# --- an initialisation that kills


def usual_idiom(module: torch.nn.Module) -> None:
    for name, parameter in module.named_parameters(recurse=False):
        if "weight" in name:
            torch.nn.init.normal_(parameter, 0, 0.01)
        else:
            torch.nn.init.zeros_(parameter)


@pytest.mark.parametrize("layers", [1, 2])
def test_the_usual_initialisation_warns_at_the_next_forward_that_it_killed_the_network(layers):
    model, x = SequenceModel("nnrnn", INPUTS, N, 2, num_layers=layers), torch.randn(TIME, BATCH, INPUTS)
    model(x)
    for _ in range(2):  # also a second time, after a forward that had nothing to say
        model.apply(usual_idiom)
        with (
            as_installed(),
            pytest.warns(UserWarning, match=r"V and U of layers \[0.* are both 0: .* reset_parameters"),
        ):
            outputs, _ = model(x)
        outputs.sum().backward()
        assert not bool(model.recurrent.layers[0].U.grad.any())
        model(x)  # said once
        model.recurrent.reset_parameters()
        model(x)


@pytest.mark.parametrize("part", ["U", "gamma"])
def test_a_network_of_which_U_or_V_alone_is_0_has_nothing_to_warn_about(part):
    rnn = NNRNN(INPUTS, N)
    torch.nn.init.zeros_(rnn.U if part == "U" else rnn.V.gamma)
    rnn(torch.randn(TIME, BATCH, INPUTS))
