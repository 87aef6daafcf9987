"""The drop-in in the ways in which torch's users take a network: what torch.nn.RNN does, or a refusal in words."""

import os
import pickle
import stat
import threading

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.rnn import pack_sequence

from nnrnn_core import NNRNN, SequenceModel, Training, tasks
from nnrnn_core.activations import identity
from nnrnn_core.recurrence import unroll
from nnrnn_core.settings import Settings
from nnrnn_core.threads import blas_threads
from nnrnn_core.training import parameter_groups

pytestmark = pytest.mark.as_installed


def moved(**options) -> NNRNN:
    """A network whose P has left its base."""
    network = NNRNN(3, 8, dtype=torch.float64, **options)
    with torch.no_grad():
        network.V.orthogonal.entries.normal_(std=0.3)
    return network


# --- derivatives of some parameters alone


@pytest.mark.parametrize("frozen", [["orthogonal"], ["theta", "gamma", "T_entries"]])
def test_a_first_derivative_that_is_recorded_does_not_need_every_part_of_V(frozen):
    network = moved()
    for name in frozen:
        getattr(network.V, name).requires_grad_(False)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    learnt = [parameter for parameter in network.parameters() if parameter.requires_grad]
    expected = torch.autograd.grad(network(x)[0].square().sum(), learnt)
    found = torch.autograd.grad(network(x)[0].square().sum(), learnt, create_graph=True)
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(expected, found, strict=True))


def test_a_derivative_by_one_parameter_is_found_by_a_transformation_too():
    network, x = moved(), torch.randn(5, 2, 3, dtype=torch.float64)

    def loss(theta):
        given = {"layers.0.V.theta": theta}
        return torch.func.functional_call(network, given, (x,))[0].square().sum()

    theta = network.V.theta.detach()
    (expected,) = torch.autograd.grad(network(x)[0].square().sum(), network.V.theta)
    assert torch.allclose(torch.func.grad(loss)(theta), expected, atol=1e-12)


def test_V_may_be_differentiated_twice_by_any_of_its_parts():
    network = moved()

    def value(theta, entries):
        parts = {"theta": theta, "orthogonal.entries": entries}
        return torch.func.functional_call(network.V, parts, ())

    theta, entries = network.V.theta.detach(), network.V.orthogonal.entries.detach()
    assert torch.autograd.gradgradcheck(value, (theta.requires_grad_(), entries.requires_grad_()))
    assert torch.autograd.gradgradcheck(lambda theta: value(theta, entries.detach()), (theta,))
    assert torch.autograd.gradgradcheck(lambda entries: value(theta.detach(), entries), (entries,))


# --- tensors of other kinds


def test_complex_numbers_are_refused():
    drive, V, h0 = (torch.zeros(shape, dtype=torch.cfloat) for shape in ((4, 2, 6), (6, 6), (2, 6)))
    with pytest.raises(TypeError, match=r"real floating-point numbers; got torch\.complex64"):
        unroll(drive, V, h0, identity)
    with pytest.raises(TypeError, match=r"real floating-point numbers; got torch\.complex64"):
        NNRNN(3, 8, nonlinearity="tanh").to(torch.complex64)(torch.zeros(4, 2, 3, dtype=torch.cfloat))
    with pytest.raises(TypeError, match="activation must be one of"):
        unroll(torch.zeros(4, 2, 6), torch.zeros(6, 6), torch.zeros(2, 6), torch.tanh)


def negative(tensor: torch.Tensor) -> torch.Tensor:
    """The same numbers, in memory that holds their negatives."""
    lazy = torch.complex(torch.zeros_like(tensor), -tensor).conj().imag
    assert lazy.is_neg() and torch.equal(lazy, tensor)
    return lazy


def test_a_tensor_that_is_the_negative_of_its_memory_is_a_tensor_like_others():
    network = NNRNN(3, 8)
    x, hx, g = torch.randn(6, 2, 3), torch.randn(1, 2, 8), torch.randn(6, 2, 8)
    network(x, hx)[0].backward(g)
    expected = [parameter.grad.clone() for parameter in network.parameters()]
    network.zero_grad()
    network(negative(x), negative(hx))[0].backward(negative(g))
    found = [parameter.grad for parameter in network.parameters()]
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(expected, found, strict=True))


def test_a_gradient_that_is_known_to_be_zero_is_zero():
    x = torch.randn(6, 2, 3, requires_grad=True)
    NNRNN(3, 8)(x)[0].backward(torch._efficientzerotensor((6, 2, 8)))
    assert not x.grad.any()


def test_the_default_device_is_no_matter_where_the_tensors_are_given():
    network = NNRNN(3, 8, nonlinearity="tanh", bidirectional=True)
    packed = pack_sequence([torch.randn(3, 3), torch.randn(2, 3)])
    expected = network(packed)[0].data
    training = {task: Training(SequenceModel("nnrnn", task.input_size, 8, task.output_size), task) for task in (
        tasks.Characters(length=5), tasks.Digits(), tasks.Copying(3), tasks.Adding(10), tasks.NoisyMemory(4)
    )}  # fmt: skip
    with torch.device("meta"):
        assert torch.equal(network(packed)[0].data, expected)
        for run in training.values():
            assert np.isfinite(run.probe().loss)  # a step of torch 2.12 has an Adam that minds the default device
            assert np.isfinite(run.evaluate("valid", 1)[0])


# --- threads


def blas() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_threads_that_overlap_leave_the_number_of_threads_as_it_was():
    with blas_threads(2):
        before = blas()
        inside, ready, leave = [], threading.Barrier(3), [threading.Event(), threading.Event()]

        def limited(i):
            with blas_threads(1):
                ready.wait()
                leave[i].wait()

        workers = [threading.Thread(target=limited, args=(i,)) for i in range(2)]
        for worker in workers:
            worker.start()
        ready.wait()
        inside.append(blas())
        for event, worker in zip(leave, workers, strict=True):  # the first in is the first out
            event.set()
            worker.join()
            inside.append(blas())
        assert inside[0] == inside[1] == [1] * len(before)
        assert inside[2] == before


# --- files, copies, other modules


def test_to_torch_is_what_the_layers_do_whatever_the_attribute_says():
    x = torch.randn(5, 2, 3)
    network = NNRNN(3, 8, nonlinearity="tanh")
    network.nonlinearity = "relu"
    assert torch.allclose(network.to_torch()(x)[0], network(x)[0], atol=1e-6)
    network = NNRNN(3, 8)
    network.nonlinearity = "tanh"
    with pytest.raises(ValueError, match="got 'modrelu'"):
        network.to_torch()


def test_a_model_made_with_numbers_of_numpy_is_loaded_again(tmp_path):
    task = tasks.Copying(3)
    options = {"num_layers": np.int64(2), "dropout": np.float64(0.5), "state_noise": np.float32(0)}
    model = SequenceModel("nnrnn", task.input_size, np.int64(8), task.output_size, **options)
    training = Training(model, task, seed=np.int64(3))
    training.step()
    training.save(tmp_path / "run.pt")
    again = Training.load(tmp_path / "run.pt")
    assert again.evaluate() == training.evaluate()
    assert again.seed == 3


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_checkpoint_may_be_read_by_whom_other_files_may_be(tmp_path):
    (tmp_path / "other").write_bytes(b"")
    task = tasks.Copying(3)
    Training(SequenceModel("rnn", task.input_size, 4, task.output_size), task).save(tmp_path / "run.pt")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("other", "run.pt")}
    assert len(modes) == 1
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("kind", ["nnrnn", "rnn", "lstm"])
def test_a_step_survives_a_pickle(kind):
    task = tasks.Copying(3)
    step = Training(SequenceModel(kind, task.input_size, 8, task.output_size), task).step()
    again = pickle.loads(pickle.dumps(step))
    assert again == step or again.loss == step.loss
    assert np.array_equal(again.state_norms, step.state_norms)
    if kind != "lstm":
        assert np.array_equal(again.eigenvalues, step.eigenvalues)
        assert again.departure == step.departure


def test_evaluation_leaves_each_module_in_its_mode():
    task = tasks.Copying(3)
    model = SequenceModel("nnrnn", task.input_size, 8, task.output_size, num_layers=2, dropout=0.5)
    training = Training(model, task)
    training.model.recurrent.eval()
    before = {name: module.training for name, module in model.named_modules()}
    training.evaluate()
    assert {name: module.training for name, module in model.named_modules()} == before
    with pytest.raises(ValueError, match="batches must be a whole number of at least 1; got 0"):
        training.evaluate(batches=0)


@pytest.mark.parametrize("task", [tasks.Copying(3), tasks.Adding(10), tasks.Digits()], ids=lambda task: task.name)
def test_half_precision_trains_on_every_kind_of_task(task):
    model = SequenceModel("nnrnn", task.input_size, 8, task.output_size, dtype=torch.bfloat16)
    step = Training(model, task).step()
    assert np.isfinite(step.loss)


def test_a_network_that_is_handed_over_has_the_settings_of_its_kind():
    task = tasks.Copying(3)
    model = SequenceModel(NNRNN(task.input_size, 8), task.input_size, 8, task.output_size)
    assert Training(model, task).settings == task.settings_for("nnrnn")
    model = SequenceModel(nn.GRU(task.input_size, 8), task.input_size, 8, task.output_size)
    assert Training(model, task).settings == task.settings_for("GRU")


@pytest.mark.parametrize("options", [{}, {"num_layers": 2}, {"bidirectional": True}])
def test_the_penalty_of_gamma_is_that_of_all_layers_and_directions(options):
    task = tasks.Copying(3)
    model = SequenceModel("nnrnn", task.input_size, 8, task.output_size, **options)
    with torch.no_grad():
        for layer in model.recurrent.layers:
            layer.V.gamma.fill_(1.5)
    before = [layer.V.gamma.clone() for layer in model.recurrent.layers]
    settings = Settings(rate=1e-3, gamma_penalty=1e6, optimiser="adam")  # so strong that all else is nothing
    Training(model, task, settings).step()
    assert all((layer.V.gamma < gamma).all() for layer, gamma in zip(model.recurrent.layers, before, strict=True))


class Doubled(nn.Module):
    def forward(self, x):
        return 2 * x


def test_a_parametrised_part_is_trained_by_what_it_is_computed_from():
    network = NNRNN(3, 8)
    parametrize.register_parametrization(network.V, "gamma", Doubled())
    groups = parameter_groups(network)
    assert groups["gamma"] == []
    assert {id(p) for group in groups.values() for p in group} == {id(p) for p in network.parameters()}
    torch.optim.SGD([{"params": group} for group in groups.values() if group], lr=0.1)


@pytest.mark.parametrize("number", [2**64, -(2**63), 1.5, "3"])
def test_a_seed_that_torch_does_not_take_is_refused_in_words(number):
    task = tasks.Copying(3)
    model = SequenceModel("rnn", task.input_size, 4, task.output_size)
    with pytest.raises(ValueError, match="seed must be a whole number"):
        Training(model, task, seed=number)
    with pytest.raises(ValueError, match="state_noise must be a finite number of at least 0; got 'a'"):
        SequenceModel("nnrnn", 3, 8, 2, state_noise="a")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: NNRNN(3, 8, init=lambda *_: None), "init must return a .8, 8. matrix, a tensor; got NoneType"),
        (lambda: SequenceModel("rnn", 3, 8, 2, init=lambda *_: None), "init must return .* got NoneType"),
        (lambda: SequenceModel("eurnn", 3, 8, 2, complex_units="no"), "complex_units must be True or False; got 'no'"),
        (lambda: NNRNN(3, 8, unit_input="no"), "unit_input must be True or False; got 'no'"),
        (lambda: SequenceModel("lstm", 3, 8, 2, init="henaff"), "an LSTM has no init: it has no recurrent matrix"),
    ],
)
def test_a_bad_part_of_a_network_is_named_with_its_value(made, words):
    with pytest.raises(ValueError, match=words):
        made()


def test_an_input_that_nothing_listens_to_leaves_numbers():
    network = NNRNN(3, 8, unit_input=True)
    with torch.no_grad():
        network.layers[0].U[:, 1] = 0
    output = network(torch.randn(5, 2, 3))[0]
    output.sum().backward()
    assert output.isfinite().all()
    assert network.layers[0].U.grad.isfinite().all()
