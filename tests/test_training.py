"""Training: what a step moves and what it leaves, records, divergence, the theorem of the floor as it trains."""

import copy
import dataclasses
import itertools
import math
import threading

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from nnrnn_core import Diverged, SequenceModel, Settings, Training, tasks, train
from nnrnn_core.sequence_model import RECURRENTS
from nnrnn_core.threads import threads
from nnrnn_core.training.training import EXPLODED
from oracles import as_installed, modrelu

COPY = tasks.Copying(delay=5)
NOISY = tasks.NoisyMemory(delays=5, length=20)
TEXT = tasks.Characters(length=8)


def make(task=NOISY, recurrent="nnrnn", size=8, seed=1, settings=None, **options) -> Training:
    generator = torch.Generator().manual_seed(seed)
    options = {"generator": generator, **({} if recurrent == "lstm" else task.model_options), **options}
    model = SequenceModel(recurrent, task.input_size, size, task.output_size, **options)
    return Training(model, task, settings, seed)


def steps(training: Training, count: int) -> list:
    """Many at once as on a user's machine; shapes are checked in the steps that the tests take one by one."""
    with as_installed():
        return [training.step() for _ in range(count)]


def weights(training: Training) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in training.model.state_dict().items()}


def clone(generator: torch.Generator) -> torch.Generator:
    twin = torch.Generator()
    twin.set_state(generator.get_state())
    return twin


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


# --- what is trained


@pytest.mark.parametrize("parent", [tasks.Copying, tasks.NoisyMemory, tasks.Characters])
def test_whatever_loss_a_tasks_author_writes_is_what_is_trained(parent):
    class Own(parent):
        def loss(self, outputs, batch):
            return 64 * super().loss(outputs, batch) + outputs.square().mean()

    task = Own(5)
    training = make(task, settings=Settings(rate=1e-3))
    model = copy.deepcopy(training.model)
    batch = task.sample(10, clone(training.batches))
    states, _ = model.states(batch.inputs, generator=clone(training.noise))
    loss = task.loss(model.readout(states), batch)
    loss.backward()
    step = training.step()
    assert step.loss == pytest.approx(float(loss.detach()), rel=1e-6)
    for (name, ours), theirs in zip(training.model.named_parameters(), model.parameters(), strict=True):
        if theirs.grad is not None:
            assert torch.allclose(ours.grad, theirs.grad, rtol=1e-4, atol=1e-5), name


# --- what moves and what does not


@pytest.mark.parametrize(("optimiser", "how"), [("rmsprop", "scale 0"), ("adam", "frozen")])
def test_sixty_steps_without_T_leave_T_bit_identical(optimiser, how):
    task = tasks.NoisyMemory(delays=2, length=4)
    training = make(task, settings=Settings(optimiser=optimiser, T_decay=0.1, batch_size=4))
    V = training.model.V
    with torch.no_grad():
        V.T_entries.normal_(std=0.1)
    steps(training, 2)  # an optimiser with a memory of T
    if how == "frozen":
        training.settings.freeze_T = True
    else:
        V.scale.fill_(0)
    T, start = V.T_entries.detach().clone(), weights(training)
    steps(training, 60)
    assert torch.equal(V.T_entries, T)
    assert not same(start, weights(training))
    training.settings.freeze_T = False
    V.scale.fill_(1)
    training.step()
    assert not torch.equal(V.T_entries, T)


def test_held_gamma_is_neither_updated_nor_penalised():
    training = make(settings=Settings(rate=0.01, hold_gamma=True, gamma_penalty=1.0, freeze_T=True))
    steps(training, 20)
    assert bool((training.model.V.gamma == 1).all())
    assert float((training.model.V.eigenvalues().abs() - 1).abs().max()) < 1e-6


def test_the_gamma_penalty_pulls_gamma_to_one_and_is_not_in_the_loss():
    plain, pulled = (make(settings=Settings(gamma_penalty=delta, rate=0.01)) for delta in (0.0, 100.0))
    for training in (plain, pulled):
        with torch.no_grad():
            training.model.V.gamma.fill_(0.5)
    assert plain.step().loss == pulled.step().loss
    steps(pulled, 40)
    steps(plain, 40)
    assert (pulled.model.V.gamma - 1).abs().mean().item() < 0.5 * (plain.model.V.gamma - 1).abs().mean().item()


def test_T_decay_shrinks_T_where_the_loss_does_not_ask_for_it():
    small, large = (make(settings=Settings(T_decay=decay, rate=0.01)) for decay in (0.0, 10.0))
    for training in (small, large):
        with torch.no_grad():
            training.model.V.T_entries.fill_(0.1)
        steps(training, 30)
    assert large.model.V.departure() < 0.1 * small.model.V.departure()


@pytest.mark.parametrize(("recurrent", "dtype"), [("nnrnn", torch.float32), ("exprnn", torch.float64)])
def test_P_is_orthogonal_after_a_hundred_updates(recurrent, dtype):
    task = tasks.NoisyMemory(delays=2, length=4)
    training = make(task, recurrent, settings=Settings(rate_P=0.03, batch_size=2), dtype=dtype)
    V = training.model.V
    P = V.orthogonal if recurrent == "nnrnn" else V
    start = P().detach()
    steps(training, 100)
    assert (P().T @ P() - torch.eye(8)).abs().max() < 50 * torch.finfo(dtype).eps
    assert (P() - start).norm() > 0.1


def test_unit_input_keeps_its_norm_through_training():
    training = make(settings=Settings(rate=0.1))
    for _ in range(20):
        training.step()
        assert training.model.recurrent.input_matrix().norm().item() == pytest.approx(1, abs=1e-6)


def test_hyperparameters_may_change_between_steps():
    training = make()
    steps(training, 2)
    training.settings.rate, training.settings.rate_P, training.settings.batch_size = 0.02, 0.0, 3
    training.settings.optimiser = "rmsprop"
    P = training.model.V.P.detach()
    assert math.isfinite(training.step().loss)
    assert (training.model.V.P - P).abs().max() < 1e-6
    training.settings.optimiser = "adam"
    assert math.isfinite(training.step().loss)


def test_a_step_is_the_papers_rmsprop_on_autograds_gradient():
    training = make(COPY, settings=Settings(rate=0.01, rate_P=0.001, smoothing=0.9, T_decay=0.5, batch_size=4))
    V = training.model.V
    with torch.no_grad():
        V.T_entries.normal_()
    T, gamma = V.T_entries.detach().clone(), V.gamma.detach().clone()
    batch = COPY.sample(4, torch.Generator().manual_seed(1))
    loss = COPY.loss(training.model(batch.inputs)[0], batch)
    by_T, by_gamma = torch.autograd.grad(loss, (V.T_entries, V.gamma))
    assert training.step().loss == pytest.approx(float(loss.detach()), rel=1e-6)
    for now, before, gradient in ((V.T_entries, T, by_T + 0.5 * T), (V.gamma, gamma, by_gamma)):
        expected = before - 0.01 * gradient / (math.sqrt(0.1) * gradient.abs() + 1e-8)
        sure = gradient.abs() > 1e-4  # the sign of a gradient of rounding size is nobody's
        assert torch.allclose(now[sure], expected[sure], atol=1e-5)


def test_a_step_moves_P_by_the_exponential_of_rmsprop_on_autograds_gradient():
    settings = Settings(rate_P=0.001, smoothing=0.9, batch_size=4)
    training = make(COPY, settings=settings, init="random", dtype=torch.float64)
    V = training.model.V
    with torch.no_grad():
        V.T_entries.normal_(std=0.1)
    batch = COPY.sample(4, torch.Generator().manual_seed(1)).to(training.model.readout.weight)
    loss = COPY.loss(training.model(batch.inputs)[0], batch)
    (gradient,) = torch.autograd.grad(loss, V.orthogonal.entries)  # through torch.matrix_exp
    P = V.P.detach()
    with torch.no_grad():
        V.orthogonal.entries.copy_(-0.001 * gradient / (math.sqrt(0.1) * gradient.abs() + 1e-8))
        expected = P @ torch.matrix_exp(V.orthogonal.skew())
        V.orthogonal.entries.zero_()
    training.step()
    assert (V.P - expected).abs().max() < 1e-6 * (V.P - P).abs().max()
    assert not bool(V.orthogonal.entries.any())


def test_the_gradient_is_clipped_to_its_largest_norm():
    training = make(settings=Settings(gradient_clip=1e-3))
    training.step()
    norm = math.sqrt(sum(float(p.grad.square().sum()) for p in training.model.parameters()))
    assert norm == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize("recurrent", RECURRENTS)
def test_the_same_seed_is_the_same_run(recurrent):
    runs = [make(COPY, recurrent) for _ in range(2)]
    for one, two in zip(*(steps(run, 3) for run in runs), strict=True):
        assert (one.loss, one.score) == (two.loss, two.score)
    assert same(*(weights(run) for run in runs))


def test_train_is_the_endless_generator_of_the_steps():
    one, two = (SequenceModel("exprnn", 10, 8, 9, generator=torch.Generator().manual_seed(1)) for _ in range(2))
    expected = [step.loss for step in steps(Training(one, COPY, seed=3), 5)]
    assert [step.loss for step in itertools.islice(train(two, COPY, seed=3), 5)] == expected


def test_training_in_float64_stays_there():
    training = make(dtype=torch.float64)
    steps(training, 3)
    assert {p.dtype for p in training.model.parameters()} == {torch.float64}


def test_a_step_leaves_the_callers_threads():
    torch.set_num_threads(2)
    make().step()
    assert torch.get_num_threads() == 2


def test_every_blas_keeps_to_its_threads_in_any_thread_of_python():
    """threadpoolctl lets one thread set them, and every other does so in vain until that one has given it back."""
    found = []

    def work():
        with threads(1):
            found.extend(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")

    make().step()
    other = threading.Thread(target=work)
    other.start()
    other.join()
    assert found == [1] * len(found)
    assert found


def test_text_is_read_on_with_the_state_carried_over():
    training = make(TEXT)
    training.step()
    carried = training.state
    assert bool(carried.any())
    batch = TEXT.sample(training.settings.batch_size, torch.Generator(), 1)
    with torch.no_grad():
        outputs, _ = training.model(batch.inputs, carried)
    assert training.step().loss == pytest.approx(float(TEXT.loss(outputs, batch)), rel=1e-5)


def test_a_change_of_batch_size_starts_the_carried_state_anew():
    training = make(TEXT)
    steps(training, 2)
    training.settings.batch_size = 5
    assert math.isfinite(training.step().loss)
    assert training.state.shape[1] == 5


# --- records


def test_gradient_norms_are_autograds_at_every_state():
    training = make(COPY, dtype=torch.float64)
    model, settings = training.model, training.settings
    with torch.no_grad():
        model.V.T_entries.normal_(std=0.2)
    batch = COPY.sample(settings.batch_size, torch.Generator().manual_seed(1)).to(model.readout.weight)
    phi, V, h, states = modrelu(model.recurrent.layers[0].bias), model.V(), torch.zeros(1, 8, dtype=torch.float64), []
    for x in batch.inputs @ model.recurrent.U.T:
        h = phi(h @ V.T + x)
        states.append(h)
    outputs = model.readout(torch.stack(states))
    expected = [
        [float(g.norm()) for g in torch.autograd.grad(COPY.loss(outputs, part), states, retain_graph=True)]
        for part in (batch, batch.last())
    ]
    step = training.step(late=True)
    assert step.gradient_norms == pytest.approx(expected[0], rel=1e-9)
    assert step.late_gradient_norms == pytest.approx(expected[1], rel=1e-9)
    mean = [float(state.detach().square().sum(1).mean().sqrt()) for state in states]
    assert step.state_norms == pytest.approx(mean, rel=1e-9)


def test_late_gradients_of_an_orthogonal_linear_network_are_constant_in_time():
    training = make(settings=Settings(freeze_T=True, hold_gamma=True), dtype=torch.float64)
    steps(training, 3)
    norms = training.step(late=True).late_gradient_norms
    assert norms / norms[-1] == pytest.approx(np.ones(len(norms)), rel=1e-9)


def test_a_step_is_frozen_and_does_not_change_after_training_moves_on():
    for recurrent in ("nnrnn", "rnn", "exprnn"):
        training = make(recurrent=recurrent, settings=Settings(rate=0.05, rate_P=0.05))
        spectrum = training.model.V.eigenvalues().numpy().copy()
        step = training.step(late=True)
        kept = [array.copy() for array in (step.gradient_norms, step.late_gradient_norms, step.state_norms)]
        with pytest.raises(dataclasses.FrozenInstanceError):
            step.loss = 0.0
        steps(training, 3)
        for array, before in zip((step.gradient_norms, step.late_gradient_norms, step.state_norms), kept, strict=True):
            assert np.array_equal(array, before)
        assert np.abs(np.sort_complex(step.eigenvalues) - np.sort_complex(spectrum)).max() < 1e-6


def test_what_a_model_cannot_give_is_none():
    step = make(COPY, "lstm").step(late=True)
    assert (step.gradient_norms, step.late_gradient_norms, step.eigenvalues, step.departure) == (None,) * 4
    assert step.state_norms.shape == (COPY.length,)


@pytest.mark.parametrize("task", [NOISY, COPY, TEXT], ids=lambda task: task.name)
def test_a_probe_is_the_record_of_the_step_to_come_and_moves_nothing(task):
    training = make(task)
    for index in (1, 2, 3):
        before, batches = weights(training), training.batches.get_state()
        foretold = training.probe()
        assert same(before, weights(training))
        assert torch.equal(batches, training.batches.get_state())
        step = training.step(late=True)
        assert (foretold.index, foretold.updates) == (step.index, step.updates) == (index, index - 1)
        assert (foretold.loss, foretold.score, foretold.departure) == (step.loss, step.score, step.departure)
        for name in ("gradient_norms", "late_gradient_norms", "state_norms", "eigenvalues"):
            assert np.array_equal(getattr(foretold, name), getattr(step, name)), name


def test_a_step_is_of_one_network_the_one_before_its_update():
    training = make(COPY, settings=Settings(rate=0.1, rate_P=0.1), dtype=torch.float64)
    for _ in range(3):
        network = copy.deepcopy(training.model)
        batch = COPY.sample(10, clone(training.batches)).to(network.readout.weight)
        step = training.step()
        assert step.loss == pytest.approx(float(COPY.loss(network(batch.inputs)[0], batch).detach()), rel=1e-12)
        assert np.array_equal(step.eigenvalues, network.V.eigenvalues().numpy())
        assert step.departure == network.V.departure() != training.model.V.departure()


def test_evaluating_leaves_the_run_untouched():
    training, twin = make(), make()
    assert training.evaluate(batches=2) == training.evaluate(batches=2)
    assert [s.loss for s in steps(training, 3)] == [s.loss for s in steps(twin, 3)]


def test_dropout_is_drawn_for_a_step_as_for_its_probe_and_not_in_evaluation():
    training = make(COPY, num_layers=2, dropout=0.5)
    assert training.evaluate(batches=1) == training.evaluate(batches=1)
    assert training.model.training
    foretold = training.probe()
    assert foretold.loss == training.probe().loss == training.step().loss
    assert training.probe().loss != training.evaluate(batches=1)[0]


# --- divergence


@pytest.mark.parametrize("optimiser", ["rmsprop", "adam"])
def test_a_diverging_run_stops_at_its_last_good_parameters_and_goes_on_at_lower_rates(optimiser):
    settings = Settings(rate=1e6, rate_P=1e-3, optimiser=optimiser)
    training = make(settings=settings)
    training.model.V.scale.fill_(0.5)
    used, before, diverged = [], [], None  # the weights that good steps used, and where the last batch began
    while diverged is None:
        now = weights(training)
        before.append(training.batches.get_state())
        try:
            if training.step().loss <= EXPLODED * training.task.baseline:
                used.append(now)
        except Diverged as error:
            diverged = error
    assert "Lower the learning rates" in str(diverged)
    assert diverged.index == training.index + 1 == len(before)
    assert same(used[-1], weights(training))
    assert torch.equal(training.batches.get_state(), before[-1])
    assert float(training.model.V.scale) == 0.5
    assert math.isfinite(training.probe().loss)
    training.settings.rate = 1e-3
    losses = [step.loss for step in steps(training, 40)]
    assert losses[-1] < losses[0] < EXPLODED * training.task.baseline


def test_a_network_that_is_not_finite_at_all_is_said_to_be():
    training = make(COPY)
    good = weights(training)
    with torch.no_grad():
        training.model.V.gamma.fill_(math.nan)
    with pytest.raises(Diverged, match="step 1: the loss"):
        training.step()
    assert same(good, weights(training))
    assert math.isfinite(training.step().loss)


def test_a_P_thrown_out_of_all_range_is_a_divergence_and_comes_back():
    training = make(COPY, settings=Settings(rate_P=1e60), dtype=torch.float64)
    with pytest.raises(Diverged):
        steps(training, 2)
    P = training.model.V.P.detach()
    assert (P.T @ P - torch.eye(8)).abs().max() < 1e-14
    training.settings.rate_P = 1e-4
    assert math.isfinite(training.step().loss)


def test_a_parameter_of_ones_own_called_scale_comes_back_too():
    gru = torch.nn.GRU(10, 4)
    gru.register_parameter("my_scale", torch.nn.Parameter(torch.ones(())))
    training = Training(SequenceModel(gru, 10, 4, 9), COPY)
    with torch.no_grad():
        gru.my_scale.fill_(3)
        gru.weight_hh_l0.fill_(math.nan)
    with pytest.raises(Diverged):
        training.step()
    assert float(gru.my_scale.detach()) == 1


# --- the theorem, as it trains


def test_a_normal_network_stays_above_the_floor_and_one_with_T_passes_it():
    task = tasks.NoisyMemory()
    training = make(task, size=32, seed=0, settings=task.settings.replace(freeze_T=True))
    frozen = np.array([step.loss for step in steps(training, 80)])
    deviation = 3 * frozen[-50:].std()  # of one batch's loss
    assert frozen.min() > task.floor - deviation
    assert training.evaluate(batches=20)[0] > task.floor - deviation / math.sqrt(20)
    training.settings.freeze_T = False
    released = [step.loss for step in steps(training, 150)]
    assert np.mean(released[-10:]) < 0.35 < task.floor


# --- what is refused


@pytest.mark.parametrize("value", [1.5, "0", True, None])
def test_a_seed_that_is_no_whole_number_is_refused(value):
    model = SequenceModel("nnrnn", 10, 4, 9)
    with as_installed(), pytest.raises(ValueError, match="seed must be a whole number"):
        Training(model, COPY, seed=value)


def test_a_task_whose_sizes_do_not_fit_is_refused():
    with pytest.raises(ValueError, match="input_size of the model is 3, of copying 10"):
        Training(SequenceModel("nnrnn", 3, 4, 9), COPY)
    with pytest.raises(ValueError, match="output_size of the model is 8, of copying 9"):
        Training(SequenceModel("nnrnn", 10, 4, 8), COPY)


@pytest.mark.cuda
def test_a_step_on_the_gpu_is_the_step_on_the_cpu():
    losses = []
    for device in ("cpu", "cuda"):
        training = make(TEXT, dtype=torch.float64, device=device)
        losses.append([step.loss for step in steps(training, 3)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-8)
