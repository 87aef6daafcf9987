"""The final state alone: its value, its gradients, and the memory that it takes."""

import copy
import re

import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from nnrnn_core import NNRNN
from oracles import as_installed

TIME, BATCH, INPUTS, N = 7, 3, 4, 6


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


@pytest.mark.parametrize(
    ("nonlinearity", "layout", "segments"),
    [
        ("modrelu", "time first", None),
        ("modrelu", "batch first", 3),
        ("tanh", "unbatched", TIME),
        ("tanh", "time first", 1),
        ("tanh", "batch first", None),
    ],
)
def test_the_final_state_and_its_gradients_are_those_of_the_whole_pass(nonlinearity, layout, segments):
    options = {"batch_first": layout == "batch first", "unit_input": True, "dtype": torch.float64}
    rnn = NNRNN(INPUTS, N, nonlinearity=nonlinearity, **options)
    with torch.no_grad():
        rnn.V.T_entries.normal_()
        rnn.V.orthogonal.entries.normal_()
        rnn.layers[0].bias.normal_(std=0.1)
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
    time, n = 2_500, 4
    state = n * 8  # bytes
    rnn, x = NNRNN(1, n, dtype=torch.float64), torch.randn(time, 1, 1, dtype=torch.float64)
    kept, most = {}, {}
    for segments in (None, 50):
        with Alive(x, *rnn.parameters(), *rnn.buffers()) as alive:
            h_n = rnn.final_state(x, segments=segments)
            kept[segments] = alive.now()
            h_n.sum().backward()
            most[segments] = alive.most
    few = 50 * state  # √2 500 states
    assert kept[None] > 45 * few
    assert kept[50] < 3 * few  # the borders and V
    assert most[None] > 95 * few
    assert most[50] < 8 * few  # and a segment's drive, states and what flows back through them


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


@pytest.mark.parametrize("segments", [0, TIME + 1, 2.0, True])
def test_segments_that_do_not_cut_the_time_are_refused_with_the_range(segments):
    reason = f"segments must be a whole number from 1 to the time, here 7; got {segments!r}: take about the root"
    with as_installed(), pytest.raises(ValueError, match=re.escape(reason)):
        NNRNN(INPUTS, N).final_state(torch.zeros(TIME, BATCH, INPUTS), segments=segments)
