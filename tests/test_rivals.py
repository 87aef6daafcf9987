"""Every network by name: its equation as a slow loop, its gradient, its spectrum, its two precisions, a file.

What the compiler makes of them: `test_export.py`."""

import pytest
import torch

from nnrnn_core import SequenceModel, Training, tasks
from nnrnn_core.sequence_model import RECURRENTS
from oracles import as_installed, complex_modrelu, modrelu, naive_unroll

TIME, BATCH, INPUTS, N, OUTPUTS = 6, 3, 4, 8, 2
GATED = ["lstm", "gru"]
OWN = [name for name in RECURRENTS if name not in GATED]
PHI = {
    "nnrnn": modrelu,
    "exprnn": modrelu,
    "rnn-orth": modrelu,
    "eurnn": complex_modrelu,
    "rnn": lambda _: torch.tanh,
    "lru": lambda _: lambda x: x,
}


def made(name: str, seed: int = 0, **options) -> SequenceModel:
    """The model of that name with all its parameters moved."""
    options = {"dtype": torch.float64, **options}
    model = SequenceModel(name, INPUTS, N, OUTPUTS, generator=torch.Generator().manual_seed(seed), **options)
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64).to(parameter))
    return model


def inputs(dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(TIME, BATCH, INPUTS, generator=torch.Generator().manual_seed(9), dtype=torch.float64).to(dtype)


def looped_lstm(net: torch.nn.LSTM, x: torch.Tensor) -> torch.Tensor:
    """c_t = f ⊙ c_{t−1} + i ⊙ g, h_t = o ⊙ tanh c_t."""
    h = c = x.new_zeros(BATCH, N)
    states = []
    for now in x:
        i, f, g, o = (now @ net.weight_ih_l0.T + net.bias_ih_l0 + h @ net.weight_hh_l0.T + net.bias_hh_l0).chunk(4, -1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        states.append(h)
    return torch.stack(states)


def looped_gru(net: torch.nn.GRU, x: torch.Tensor) -> torch.Tensor:
    """h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}, where r lets the old state into n."""
    h, states = x.new_zeros(BATCH, N), []
    for now in x:
        of_x = (now @ net.weight_ih_l0.T + net.bias_ih_l0).chunk(3, -1)
        of_h = (h @ net.weight_hh_l0.T + net.bias_hh_l0).chunk(3, -1)
        r, z = ((a + b).sigmoid() for a, b in zip(of_x[:2], of_h[:2], strict=True))
        h = (1 - z) * (of_x[2] + r * of_h[2]).tanh() + z * h
        states.append(h)
    return torch.stack(states)


def looped(model: SequenceModel, x: torch.Tensor) -> torch.Tensor:
    """The model by a plain loop over time that autograd sees through."""
    if model.name in GATED:
        return model.readout({"lstm": looped_lstm, "gru": looped_gru}[model.name](model.recurrent, x))
    layer = model.layer
    drive = x @ layer.input_matrix().T + (0 if layer.added_bias is None else layer.added_bias)
    states = naive_unroll(drive, layer.V(), x.new_zeros(BATCH, N), PHI[model.name](layer.bias))
    return model.readout(states)


@pytest.mark.parametrize("name", RECURRENTS)
def test_a_network_is_its_plain_loop_in_values_and_all_gradients(name):
    model, x = made(name), inputs()
    parameters = list(model.parameters())
    found, wanted = model(x)[0], looped(model, x)
    incoming = torch.randn_like(found)
    pairs = zip(
        (found, *torch.autograd.grad(found, parameters, incoming)),
        (wanted, *torch.autograd.grad(wanted, parameters, incoming)),
        strict=True,
    )
    for ours, theirs in pairs:
        assert (ours - theirs).abs().max() < 1e-11 * max(1.0, float(theirs.detach().abs().max()))


@pytest.mark.parametrize("name", RECURRENTS)
def test_its_gradient_is_that_of_finite_differences(name):
    model, x = made(name), inputs()[:3, :1]
    names, values = zip(*model.named_parameters(), strict=True)

    def outputs(x, *given):
        return torch.func.functional_call(model, dict(zip(names, given, strict=True)), (x,))[0]

    assert torch.autograd.gradcheck(outputs, (x.requires_grad_(), *values), fast_mode=True)


@pytest.mark.parametrize("name", RECURRENTS)
def test_in_float32_it_is_the_network_of_float64_to_float32s_rounding(name):
    one, two = made(name, dtype=torch.float32), made(name)
    two.load_state_dict(one.state_dict())
    ours, exact = one(inputs(torch.float32))[0], two(inputs(torch.float32).double())[0]
    assert (ours.dtype, exact.dtype) == (torch.float32, torch.float64)
    assert (ours - exact).abs().max() < 1e-5 * max(1.0, float(exact.detach().abs().max()))


@pytest.mark.parametrize("name", RECURRENTS)
def test_on_the_meta_device_it_has_its_shapes_and_computes_nothing(name):
    model = SequenceModel(name, INPUTS, N, OUTPUTS, device="meta")
    outputs, _ = model(torch.zeros(TIME, BATCH, INPUTS, device="meta"))
    outputs.sum().backward()
    assert (outputs.shape, outputs.device.type) == ((TIME, BATCH, OUTPUTS), "meta")
    assert all(parameter.grad is not None and parameter.grad.is_meta for parameter in model.parameters())


@pytest.mark.parametrize("name", RECURRENTS)
def test_one_seed_is_one_network_and_it_starts_alive(name):
    one, two = (SequenceModel(name, INPUTS, N, OUTPUTS, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(a, b)
    outputs, _ = one(inputs(torch.float32))
    assert bool((outputs[1:] != outputs[:-1]).any()) and bool(outputs.isfinite().all())


@pytest.mark.parametrize("name", RECURRENTS)
def test_it_gives_the_eigenvalues_of_its_V_or_says_that_it_has_none(name):
    task = tasks.Copying(3)
    training = Training(SequenceModel(name, task.input_size, N, task.output_size), task)
    V = training.model.V
    step = training.step()
    if name in GATED:
        assert (V, step.eigenvalues, step.departure, step.gradient_norms) == (None, None, None, None)
        return
    wanted = torch.linalg.eigvals(V().double())
    assert len(step.eigenvalues) == N and len(step.gradient_norms) == task.length
    found, wanted = V.eigenvalues(), wanted.detach()
    assert max(float((wanted - value).abs().min()) for value in found) < 1e-5
    if name in ("exprnn", "eurnn", "lru"):
        assert step.departure == 0


@pytest.mark.parametrize("name", OWN)
def test_the_probe_foretells_the_gradient_norms_of_the_step(name):
    task = tasks.Copying(3)
    training = Training(SequenceModel(name, task.input_size, N, task.output_size, dtype=torch.float64), task)
    expected, step = training.probe(), training.step(late=True)
    assert expected.loss == step.loss
    for found, wanted in (
        (expected.gradient_norms, step.gradient_norms),
        (expected.late_gradient_norms, step.late_gradient_norms),
    ):
        assert abs(found - wanted).max() < 1e-12


@pytest.mark.parametrize("name", RECURRENTS)
def test_a_training_goes_on_from_its_file_bit_for_bit(name, tmp_path):
    task = tasks.Copying(3)
    training = Training(SequenceModel(name, task.input_size, N, task.output_size), task)
    training.step()
    training.save(tmp_path / "run.pt")
    again = Training.load(tmp_path / "run.pt")
    assert again.model.name == name
    assert [training.step().loss for _ in range(3)] == [again.step().loss for _ in range(3)]


@pytest.mark.parametrize("name", ["rnn-orth", "eurnn", "lru"])
def test_a_hundred_updates_bring_it_below_the_loss_of_a_guess_without_memory(name):
    """The LSTM and the GRU take longer here, as in the paper's figure 2."""
    task = tasks.Copying(3)
    model = SequenceModel(name, task.input_size, 48, task.output_size, generator=torch.Generator().manual_seed(0))
    fast = {"rate": 1e-2, "rate_P": 1e-3, "optimiser": "adam", "smoothing": 0.999, "gradient_clip": 1.0}
    training = Training(model, task, task.settings_for(name).replace(**fast))
    with as_installed():
        losses = [training.step().loss for _ in range(100)]
    assert sum(losses[-10:]) / 10 < 0.95 * task.baseline
