"""unroll: the naive loop, torch's own RNN, and theorems on what flows backwards."""

from collections import Counter

import numpy as np
import pytest
import torch

from gpu.launches import Launches
from nnrnn_core import SchurMatrix, unroll
from nnrnn_core.activations import ModReLU, identity, relu, tanh
from nnrnn_core.recurrence import arrays, loops, passes, total_gradients
from oracles import as_installed, modrelu, naive_unroll

TIME, BATCH, N = 12, 3, 6
BIAS = torch.linspace(-0.3, 0.3, N, dtype=torch.float64)
TWINS = {
    "identity": (identity, lambda x: x),
    "tanh": (tanh, torch.tanh),
    "relu": (relu, torch.relu),
    "modrelu": (ModReLU(BIAS), modrelu(BIAS)),
}
twins = pytest.mark.parametrize("name", TWINS)


@pytest.fixture
def given(generator):
    """drive, V, h0, tap in float64, all wanting gradients."""
    shapes = ((TIME, BATCH, N), (N, N), (BATCH, N), (TIME, BATCH, N))
    drawn = [torch.randn(shape, generator=generator, dtype=torch.float64) / 2 for shape in shapes]
    return [tensor.requires_grad_() for tensor in drawn]


@twins
@pytest.mark.parametrize("tapped", [False, True], ids=["no tap", "random tap"])
def test_unroll_is_the_naive_loop_to_rounding_forwards_and_backwards(name, tapped, given):
    activation, phi = TWINS[name]
    drive, V, h0, tap = given
    inputs = (drive, V, h0, tap) if tapped else (drive, V, h0)
    fast = unroll(drive, V, h0, activation, tap if tapped else None)
    slow = naive_unroll(drive, V, h0, phi, tap if tapped else None)
    weights = torch.randn_like(slow)
    assert (fast - slow).abs().max() < 1e-12
    for ours, theirs in zip(
        torch.autograd.grad(fast, inputs, weights), torch.autograd.grad(slow, inputs, weights), strict=True
    ):
        assert (ours - theirs).abs().max() < 1e-11 * max(1.0, float(theirs.abs().max()))


@twins
def test_tap_gradient_is_the_gradient_at_the_state(name, given):
    activation, phi = TWINS[name]
    drive, V, h0, _ = given
    tap = torch.zeros_like(drive).requires_grad_()
    weights = torch.randn(TIME, BATCH, N, dtype=torch.float64)
    unroll(drive, V, h0, activation, tap).backward(weights)
    states, h = [], h0
    for now in drive:
        h = phi(h @ V.T + now)
        h.retain_grad()
        states.append(h)
    (torch.stack(states) * weights).sum().backward()
    for ours, state in zip(tap.grad, states, strict=True):
        assert (ours - state.grad).abs().max() < 1e-11


def test_a_zero_tap_changes_nothing(given):
    drive, V, h0, _ = given
    assert torch.equal(unroll(drive, V, h0, tanh), unroll(drive, V, h0, tanh, torch.zeros_like(drive)))


@pytest.mark.parametrize(("name", "activation"), [("tanh", tanh), ("relu", relu)])
def test_unroll_is_torchs_rnn_with_the_same_weights(name, activation, generator):
    rnn = torch.nn.RNN(4, N, nonlinearity=name, dtype=torch.float64)
    inputs = torch.randn(TIME, BATCH, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    h0 = torch.randn(1, BATCH, N, generator=generator, dtype=torch.float64)
    theirs, _ = rnn(inputs, h0)
    drive = inputs @ rnn.weight_ih_l0.T + rnn.bias_ih_l0 + rnn.bias_hh_l0
    ours = unroll(drive, rnn.weight_hh_l0, h0[0], activation)
    assert (ours - theirs).abs().max() < 1e-13
    weights, wanted = torch.randn_like(theirs), [inputs, *rnn.parameters()]
    for a, b in zip(
        torch.autograd.grad(ours, wanted, weights), torch.autograd.grad(theirs, wanted, weights), strict=True
    ):
        assert (a - b).abs().max() < 1e-11


def test_in_an_orthogonal_linear_network_a_late_gradient_keeps_its_norm_all_the_way_back(generator):
    V = SchurMatrix(16, "random", generator, dtype=torch.float64)
    drive = torch.randn(100, 2, 16, generator=generator, dtype=torch.float64)
    tap = torch.zeros_like(drive).requires_grad_()
    states = unroll(drive, V(), drive.new_zeros(2, 16), identity, tap)
    (states[-1] - 1).square().sum().backward()
    norms = tap.grad.flatten(1).norm(dim=1)
    assert (norms / norms[-1] - 1).abs().max() < 1e-12


def test_a_pulse_travels_down_the_delay_line_one_unit_a_step():
    V = torch.eye(N, dtype=torch.float64).roll(1, 0)
    V[0] = 0
    drive = torch.zeros(TIME, 1, N, dtype=torch.float64)
    drive[0, 0, 0] = 1
    states = unroll(drive, V, drive.new_zeros(1, N), identity)[:, 0]
    assert torch.equal(states[:N], torch.eye(N, dtype=torch.float64))
    assert not bool(states[N:].any())


def test_gradients_of_two_calls_add_up(given):
    drive, V, h0, _ = given
    unroll(drive, V, h0, tanh).sum().backward()
    once = V.grad.clone()
    unroll(drive, V, h0, tanh).sum().backward()
    assert torch.equal(V.grad, 2 * once)


def test_a_second_derivative_is_an_error(given):
    drive, V, h0, tap = given
    (gradient,) = torch.autograd.grad(unroll(drive, V, h0, tanh, tap).sum(), V, create_graph=True)
    with pytest.raises(RuntimeError, match="differentiable once"):
        gradient.sum().backward()


def test_a_second_derivative_is_an_error_under_torch_func_too(given):
    drive, V, h0, _ = (tensor.detach() for tensor in given)

    def slope(V):
        return torch.func.grad(lambda V: unroll(drive, V, h0, tanh).sum())(V).sum()

    assert bool(torch.isfinite(slope(V)))
    with pytest.raises(RuntimeError, match="differentiable once"):
        torch.func.grad(slope)(V)


def test_torch_func_gives_autograds_gradient(given):
    def loss(drive, V, h0, tap):
        return unroll(drive, V, h0, tanh, tap).square().sum()

    expected = torch.autograd.grad(loss(*given), given)
    found = torch.func.grad(loss, argnums=(0, 1, 2, 3))(*(tensor.detach() for tensor in given))
    for a, b in zip(found, expected, strict=True):
        assert torch.equal(a, b)


def test_without_gradients_no_history_is_kept(given):
    drive, V, h0, tap = given
    with torch.no_grad():
        states = unroll(drive, V, h0, tanh, tap)
    assert states.grad_fn is None
    assert not states.requires_grad


def test_overwriting_a_state_before_the_way_back_is_noticed(given):
    drive, V, h0, _ = given
    states = unroll(drive, V, h0, tanh)
    total = states.sum()
    with torch.no_grad():
        states.zero_()
    with pytest.raises(RuntimeError, match="inplace"):
        total.backward()


@pytest.mark.parametrize("tapped", [False, True])
def test_forwards_and_backwards_run_on_the_meta_device(tapped):
    drive, V, h0 = (torch.zeros(s, device="meta", requires_grad=True) for s in ((TIME, BATCH, N), (N, N), (BATCH, N)))
    bias = torch.zeros(N, device="meta", requires_grad=True)
    tap = torch.zeros_like(drive).requires_grad_() if tapped else None
    states = unroll(drive, V, h0, ModReLU(bias), tap)
    states.sum().backward()
    assert states.device.type == drive.grad.device.type == V.grad.device.type == bias.grad.device.type == "meta"
    assert tap is None or tap.grad.shape == drive.shape


@pytest.mark.cuda
@twins
def test_the_gpu_computes_what_the_cpu_computes(name, given):
    results = []
    for device in ("cpu", "cuda"):
        inputs = [tensor.detach().to(device).requires_grad_() for tensor in given]
        activation = ModReLU(BIAS.to(device)) if name == "modrelu" else TWINS[name][0]
        states = unroll(*inputs[:3], activation, inputs[3])
        gradients = torch.autograd.grad(states.square().sum(), inputs)
        results.append([tensor.detach().cpu() for tensor in (states, *gradients)])
    for ours, theirs in zip(*results, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"drive": torch.zeros(0, BATCH, N)}, "time >= 1"),
        ({"drive": torch.zeros(BATCH, N)}, r"\(time, batch, n\)"),
        ({"V": torch.zeros(N, N + 1)}, r"V must be \(6, 6\)"),
        ({"h0": torch.zeros(BATCH + 1, N)}, r"h0 must be \(3, 6\)"),
        ({"tap": torch.zeros(TIME, BATCH, N + 1)}, "tap must have the drive's shape"),
        ({"activation": ModReLU(torch.zeros(1))}, r"parameter must be \(6,\)"),
        ({"V": torch.zeros(N, N, dtype=torch.float64)}, "V is torch.float64 on cpu, drive is torch.float32"),
        ({"tap": torch.zeros(TIME, BATCH, N, device="meta")}, "tap is torch.float32 on meta"),
        ({"activation": ModReLU(torch.zeros(N, dtype=torch.float64))}, "parameter is torch.float64"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(change, reason):
    arguments = {"drive": torch.zeros(TIME, BATCH, N), "V": torch.zeros(N, N), "h0": torch.zeros(BATCH, N)}
    with as_installed(), pytest.raises((ValueError, TypeError), match=reason):
        unroll(**{**arguments, "activation": tanh, "tap": None, **change})


@pytest.mark.parametrize("activation", [tanh, relu, identity, ModReLU(torch.full((6,), -0.05, dtype=torch.float64))])
def test_the_adjoint_alone_gives_the_same_gradients_at_the_states_as_a_tap(activation):
    generator = torch.Generator().manual_seed(0)
    draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)  # noqa: E731
    drive, V, weights = draw(7, 3, 6), draw(6, 6) / 3, draw(7, 3, 6)
    tap = torch.zeros_like(drive, requires_grad=True)
    states = unroll(drive, V, torch.zeros(3, 6, dtype=torch.float64), activation, tap)
    (weights * states.square()).sum().backward()
    direct = (2 * weights * states).detach()
    assert torch.allclose(total_gradients(direct, V, states.detach(), activation), tap.grad, atol=1e-13)


# --- parts of time, shares of the batch


def everything(activation, drive, V, h0, tap, incoming) -> list[torch.Tensor]:
    """States, the gradients of all inputs and of b, and the gradients at the states by the adjoint alone."""
    bias = activation.parameter
    if bias is not None:
        activation = ModReLU(bias.detach().clone().requires_grad_())
        bias = activation.parameter
    wanted = [tensor for tensor in (drive, V, h0, tap, bias) if tensor is not None]
    states = unroll(drive, V, h0, activation, tap)
    gradients = torch.autograd.grad(states, wanted, incoming)
    return [states, *gradients, total_gradients(incoming, V, states.detach(), activation)]


@twins
@pytest.mark.parametrize("tapped", [False, True], ids=["no tap", "random tap"])
def test_a_pass_is_the_same_in_parts_of_any_length_and_in_shares_of_the_batch(tapped, name, given, monkeypatch):
    drive, V, h0, tap = given
    arguments = (TWINS[name][0], drive, V, h0, tap if tapped else None, torch.randn_like(drive))
    whole = everything(*arguments)
    monkeypatch.setattr(passes, "SEQUENCES", 1)
    monkeypatch.setattr(passes, "MULTIPLICATIONS", 1)
    for shares, length in ((1, 1), (1, TIME - 1), (2, 2), (BATCH, 5), (BATCH, TIME)):
        torch.set_num_threads(shares)
        monkeypatch.setattr(passes, "CHUNK", length * -(-BATCH // shares) * N)
        for ours, theirs in zip(everything(*arguments), whole, strict=True):
            assert (ours - theirs).abs().max() <= 1e-13 * max(1.0, float(theirs.detach().abs().max()))


def test_shares_of_the_batch_in_inference_mode_give_the_states_of_training(given, monkeypatch):
    drive, V, h0, _ = given
    expected = unroll(drive, V, h0, tanh)
    torch.set_num_threads(2)
    monkeypatch.setattr(passes, "SEQUENCES", 1)
    monkeypatch.setattr(passes, "MULTIPLICATIONS", 1)
    with torch.inference_mode():
        assert (unroll(drive, V, h0, tanh) - expected).abs().max() < 1e-14


@twins
@pytest.mark.parametrize("tapped", [False, True], ids=["no tap", "random tap"])
def test_rows_that_fill_the_tiles_of_blas_change_nothing_whatever_they_hold(tapped, name, given, monkeypatch):
    real = arrays.allocate
    for batch, tile, length in ((1, 4, 5), (BATCH - 1, 4, 1), (BATCH, 2, TIME), (BATCH, 7, 5)):
        drive, V, h0, tap = given[0][:, :batch], given[1], given[2][:batch], given[3][:, :batch]
        arguments = (TWINS[name][0], drive, V, h0, tap if tapped else None, torch.randn_like(drive))
        monkeypatch.setattr(loops, "tile_rows", lambda: 1)
        monkeypatch.setattr(arrays, "allocate", real)
        expected = everything(*arguments)
        monkeypatch.setattr(loops, "tile_rows", lambda tile=tile: tile)
        monkeypatch.setattr(arrays, "allocate", lambda shape, dtype: np.full(shape, np.nan, dtype))
        monkeypatch.setattr(passes, "CHUNK", length * batch * N)
        for ours, theirs in zip(everything(*arguments), expected, strict=True):
            assert (ours - theirs).abs().max() <= 1e-13 * max(1.0, float(theirs.detach().abs().max()))


@twins
@pytest.mark.parametrize("tapped", [False, True], ids=["no tap", "random tap"])
def test_the_loop_on_tensors_is_the_loop_on_arrays(name, tapped, given, monkeypatch):
    drive, V, h0, tap = given
    arguments = (TWINS[name][0], drive, V, h0, tap if tapped else None, torch.randn_like(drive))
    by_arrays, before = everything(*arguments), [tensor.detach().clone() for tensor in (*given, arguments[-1])]
    for module in (arrays, passes):
        monkeypatch.setattr(module, "shareable", lambda tensor: False)
    for ours, theirs in zip(everything(*arguments), by_arrays, strict=True):
        assert (ours - theirs).abs().max() <= 1e-12 * max(1.0, float(theirs.detach().abs().max()))
    for tensor, kept in zip((*given, arguments[-1]), before, strict=True):
        assert torch.equal(tensor, kept)  # what was given is read and not written


class Marked(torch.Tensor):
    """A tensor of a class of its own, as libraries make them."""


@pytest.mark.parametrize("which", range(4), ids=["drive", "V", "h0", "tap"])
def test_a_subclass_of_tensor_among_plain_ones_has_the_states_and_gradients_of_a_plain_one(which, given):
    found = []
    for kind in (torch.Tensor, Marked):
        leaves = [x.detach().clone().as_subclass(kind if i == which else torch.Tensor) for i, x in enumerate(given)]
        states = unroll(*(leaf.requires_grad_() for leaf in leaves[:3]), tanh, leaves[3].requires_grad_())
        found.append([states, *torch.autograd.grad(states.square().sum(), leaves)])
    for plain, marked in zip(*found, strict=True):
        assert torch.allclose(plain, marked, rtol=1e-12, atol=1e-14)


# --- a tap that is zero


def test_one_zero_for_all_places_is_the_tap_of_many_zeros(given):
    drive, V, h0, _ = given
    incoming = torch.randn_like(drive)
    taps = [torch.zeros_like(drive), drive.new_zeros(()).expand(drive.shape)]
    results = []
    for tap in taps:
        tap.requires_grad_()
        states = unroll(drive, V, h0, tanh, tap)
        results.append([states, *torch.autograd.grad(states, (drive, V, h0, tap), incoming)])
    for ours, theirs in zip(*results, strict=True):
        assert torch.equal(ours, theirs)
    assert results[1][-1].shape == drive.shape


@pytest.mark.parametrize("places", [(), (TIME, 1, 1), (1, 1, N)], ids=["one", "one a time", "one a unit"])
def test_an_expanded_tap_that_is_not_zero_is_added(places, given):
    drive, V, h0, _ = given
    number = torch.zeros(places, dtype=torch.float64)
    number.view(-1)[-1] = 0.5
    tap = number.expand(drive.shape)
    expected = naive_unroll(drive, V, h0, torch.tanh, tap)
    assert (unroll(drive, V, h0, tanh, tap) - expected).abs().max() < 1e-12


# --- launches on a GPU


def launches(time: int, name: str, tapped: bool) -> tuple[Counter[str], Counter[str]]:
    """Of one pass forwards and of one back."""
    drive, V, h0, tap, bias = (
        torch.zeros(shape, device="meta", requires_grad=True)
        for shape in ((time, BATCH, N), (N, N), (BATCH, N), (time, BATCH, N), (N,))
    )
    activation = ModReLU(bias) if name == "modrelu" else TWINS[name][0]
    with Launches() as forwards:
        states = unroll(drive, V, h0, activation, tap if tapped else None)
    incoming = torch.zeros_like(states)
    with Launches() as backwards:
        states.backward(incoming)
    return forwards.counts, backwards.counts


PHI = {"identity": [], "tanh": ["tanh"], "relu": ["maximum"], "modrelu": ["mul", "clamp", "sub"]}


@twins
@pytest.mark.parametrize("tapped", [False, True], ids=["no tap", "tap"])
def test_a_time_step_on_a_gpu_is_one_product_and_phi_forwards_and_two_launches_backwards(name, tapped):
    short, long = launches(TIME, name, tapped), launches(2 * TIME, name, tapped)
    forwards, backwards = (
        {key: count / TIME for key, count in (b - a).items()} for a, b in zip(short, long, strict=True)
    )
    assert forwards == dict.fromkeys(["addmm_", *PHI[name], *(["add"] if tapped else [])], 1)
    assert backwards == dict.fromkeys(["mul", "addmm_"], 1)
