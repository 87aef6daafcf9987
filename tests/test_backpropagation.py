"""The gradient written out is autograd's, for every model it takes; what it does not take goes through autograd."""

import numpy as np
import pytest
import torch

from nnrnn_core import SequenceModel, Settings, Training, tasks
from nnrnn_core.backpropagation import Backpropagation
from nnrnn_core.matrices.orthogonal import tangent_space

COPY = tasks.Copying(delay=3)
NOISY = tasks.NoisyMemory(delays=4, length=12)
TEXT = tasks.Characters(length=6)

# name: recurrent network, task, its options
MODELS = {
    "nnrnn": ("nnrnn", COPY, {"init": "random"}),
    "nnrnn, the released code's mask": ("nnrnn", COPY, {"init": "random", "mask": "entry"}),
    "nnrnn, tanh with a bias": ("nnrnn", COPY, {"init": "random", "nonlinearity": "tanh"}),
    "nnrnn, relu without a bias": ("nnrnn", COPY, {"init": "random", "nonlinearity": "relu", "bias": False}),
    "nnrnn, linear, unit input, noise inside": ("nnrnn", NOISY, {"init": "random", "state_noise": 0.1}),
    "nnrnn, text": ("nnrnn", TEXT, {"init": "random"}),
    "exprnn": ("exprnn", COPY, {"init": "random"}),
    "free rnn": ("rnn", COPY, {}),
    "free rnn, unit input": ("rnn", COPY, {"unit_input": True}),
}
models = pytest.mark.parametrize("name", MODELS)


def made(name: str, dtype: torch.dtype = torch.float64) -> tuple[SequenceModel, tasks.Task]:
    """A small model whose parameters are all away from 0."""
    recurrent, task, options = MODELS[name]
    options = {**task.model_options, **options, "generator": torch.Generator().manual_seed(1), "dtype": dtype}
    model = SequenceModel(recurrent, task.input_size, 6, task.output_size, **options)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if "orthogonal" not in parameter_name and recurrent != "exprnn":
                parameter.add_(0.2 * torch.randn(parameter.shape, generator=options["generator"], dtype=dtype))
    if model.V is not None and hasattr(model.V, "scale"):
        model.V.scale.fill_(0.7)
    return model, task


@models
@pytest.mark.parametrize("carried", [False, True], ids=["from 0", "from a state"])
def test_every_gradient_is_autograds(name, carried):
    model, task = made(name)
    generator = torch.Generator().manual_seed(2)
    batch = task.sample(3, generator).to(model.readout.weight)
    state = torch.randn(1, 3, 6, generator=generator, dtype=torch.float64) if carried else None
    tap = torch.zeros(len(batch.inputs), 3, 6, dtype=torch.float64, requires_grad=True)

    with tangent_space(model):
        outputs, last = model(batch.inputs, state, tap=tap, generator=torch.Generator().manual_seed(3))
        gamma = getattr(model.V, "gamma", torch.zeros(()))
        loss = task.loss(outputs, batch)
        (loss + 0.3 * (gamma - 1).square().sum()).backward()
    noise = model.noise(batch.inputs, torch.Generator().manual_seed(3))
    backpropagation = Backpropagation(model)
    assert backpropagation.takes()
    done = backpropagation.run(batch.inputs, state, noise, lambda y: task.loss_gradient(y, batch), 0.3)

    assert done.loss == pytest.approx(float(loss.detach()), rel=1e-12)
    assert torch.allclose(done.outputs, outputs, rtol=1e-10, atol=1e-12)
    assert torch.allclose(done.states[-1:], last, rtol=1e-10, atol=1e-12)
    assert torch.allclose(done.gradients, tap.grad, rtol=1e-9, atol=1e-12)
    assert set(done.by_parameter) == {n for n, _ in model.named_parameters()}
    for parameter_name, parameter in model.named_parameters():
        found = torch.from_numpy(np.ascontiguousarray(done.by_parameter[parameter_name]))
        assert found.shape == parameter.shape
        assert torch.allclose(found, parameter.grad, rtol=1e-9, atol=1e-12), parameter_name


@models
def test_a_run_is_autograds_run(name, monkeypatch):
    settings = Settings(rate=0.01, rate_P=0.01, gamma_penalty=0.1, T_decay=0.01, batch_size=3, smoothing=0.9)

    def losses() -> list[float]:
        training = Training(*made(name), settings, seed=1)
        steps = [training.step(late=True) for _ in range(6)]
        return [[s.loss, s.score, *s.gradient_norms, *s.late_gradient_norms, *s.state_norms] for s in steps]

    by_hand = losses()
    monkeypatch.setattr(Backpropagation, "takes", lambda self: False)
    assert np.allclose(by_hand, losses(), rtol=1e-6, atol=1e-9)


def hooked(model):
    model.recurrent.register_forward_hook(lambda *_: None)


def frozen(model):
    model.readout.weight.requires_grad_(False)


def hooked_gradient(model):
    model.recurrent.U.register_hook(lambda g: g)


def other_readout(model):
    model.readout = torch.nn.Sequential(model.readout)


def no_offset(model):
    model.readout = torch.nn.Linear(6, model.output_size, bias=False, dtype=torch.float64)


@pytest.mark.parametrize("change", [hooked, frozen, hooked_gradient, other_readout, no_offset])
def test_what_wants_to_see_autograd_gets_it(change):
    model, task = made("nnrnn")
    change(model)
    assert not Backpropagation(model).takes()
    kept = model.readout[0].weight if change is other_readout else model.readout.weight
    before = kept.detach().clone()
    training = Training(model, task, Settings(rate=0.01, batch_size=2))
    training.step()
    assert torch.equal(kept, before) == (change is frozen)


def test_a_part_that_was_put_in_later_is_not_passed_over():
    model, _ = made("nnrnn")
    backpropagation = Backpropagation(model)
    model.readout = torch.nn.Linear(6, model.output_size, dtype=torch.float64)
    assert not backpropagation.takes()


def test_networks_of_others_are_not_taken():
    assert not Backpropagation(SequenceModel("lstm", 3, 4, 2)).takes()
    assert not Backpropagation(SequenceModel(torch.nn.GRU(3, 4), 3, 4, 2)).takes()


def test_a_model_that_was_moved_to_another_type_trains_on():
    model, task = made("nnrnn", torch.float32)
    training = Training(model, task, Settings(rate=0.01, batch_size=3))
    training.step()
    model.double()
    before = model.readout.weight.detach().clone()
    training.step()
    assert model.readout.weight.dtype == model.readout.weight.grad.dtype == torch.float64
    assert not torch.equal(model.readout.weight, before)
