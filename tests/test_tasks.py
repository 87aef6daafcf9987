"""The tasks: the theorem of the floor, baselines that are what they say, streams that follow one another."""

import math
import sys

import numpy as np
import pytest
import scipy.linalg
import sklearn.datasets
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from nnrnn_core import SequenceModel, Training, tasks
from nnrnn_core.dynamics import fisher_memory
from nnrnn_core.sequence_model import RECURRENTS
from nnrnn_core.settings import Settings
from nnrnn_core.tasks import Adding, Batch, Characters, Copying, Digits, NoisyMemory
from nnrnn_core.tasks.characters import english

ALL = [NoisyMemory(), Copying(), Copying(50, variable=True), Characters(), Adding(), Digits(), Digits(permuted=True)]
names = pytest.mark.parametrize("task", ALL, ids=lambda task: " ".join(map(str, task.spec().values())))


@pytest.fixture(scope="module")
def characters() -> Characters:
    return Characters(length=50)


def guess(task, batch, favourite):
    """Outputs that put all their trust in the given classes (time, batch)."""
    return 100 * functional.one_hot(favourite, task.output_size).to(batch.inputs)


# --- every task


@names
def test_a_batch_has_the_sizes_the_task_promises(task, generator):
    batch = task.sample(3, generator)
    assert batch.inputs.shape == (task.length, 3, task.input_size)
    assert batch.targets.shape[:2] == batch.weights.shape == (task.length, 3)
    outputs = torch.zeros(task.length, 3, task.output_size, requires_grad=True)
    task.loss(outputs, batch).backward()
    assert outputs.grad is not None
    assert bool(outputs.grad[batch.weights > 0].any())
    assert not bool(outputs.grad[batch.weights == 0].any())
    assert math.isfinite(task.score(outputs.detach(), batch))


@names
def test_the_same_seed_gives_the_same_batch(task):
    one, two = (task.sample(4, torch.Generator().manual_seed(7), index=3) for _ in range(2))
    assert torch.equal(one.inputs, two.inputs)
    assert torch.equal(one.targets, two.targets)


@names
def test_the_last_loss_term_is_the_loss_at_the_last_step(task, generator):
    batch = task.sample(4, generator)
    late = batch.last()
    assert torch.equal(late.weights[-1], batch.weights[-1])
    assert not bool(late.weights[:-1].any())
    outputs = torch.randn(task.length, 4, task.output_size, generator=generator)
    alone = Batch(batch.inputs[-1:], batch.targets[-1:], batch.weights[-1:])
    assert float(task.loss(outputs, late)) == pytest.approx(float(task.loss(outputs[-1:], alone)), rel=1e-6)


def test_the_last_scored_step_is_found_before_steps_that_do_not_count():
    weights = torch.tensor([[1.0, 1.0], [0.0, 2.0], [0.0, 0.0]])
    batch = Batch(torch.zeros(3, 2, 1), torch.zeros(3, 2, 1), weights)
    assert batch.last().weights.tolist() == [[0, 0], [0, 2], [0, 0]]
    with pytest.raises(ValueError, match="weights"):
        Batch(batch.inputs, batch.targets, 0 * weights).last()


@names
def test_a_task_is_made_again_from_its_description(task, generator):
    again = tasks.make(**task.spec())
    assert type(again) is type(task)
    assert again.spec() == task.spec()
    assert again.baseline == task.baseline


@names
def test_every_kind_of_network_gets_settings_of_its_own(task):
    assert task.settings == task.settings_for("nnrnn")
    for recurrent in (*RECURRENTS, "GRU"):
        settings = task.settings_for(recurrent)
        assert isinstance(settings, Settings)
        settings.rate = 1.0  # a copy: the next one does not see it
        assert task.settings_for(recurrent).rate < 1


def test_moving_a_batch_leaves_classes_whole(generator):
    batch = Copying(3).sample(2, generator).to(torch.zeros(1, dtype=torch.float64))
    assert batch.inputs.dtype == batch.weights.dtype == torch.float64
    assert batch.targets.dtype == torch.int64
    assert NoisyMemory().sample(2, generator).to(torch.zeros(1, dtype=torch.float64)).targets.dtype == torch.float64


def test_an_unknown_task_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="noisy-memory, copying, characters, adding, digits, mnist, penn-treebank"):
        tasks.make("coppying")
    with pytest.raises(ValueError, match="copying does not take"):
        tasks.make("copying", length=3)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: NoisyMemory(delays=0), "delays"),
        (lambda: NoisyMemory(delays=20, length=20), "length"),
        (lambda: NoisyMemory(noise=0.0), "noise"),
        (lambda: NoisyMemory(noise=-1.0), "noise"),
        (lambda: NoisyMemory(noise=math.nan), "noise"),
        (lambda: NoisyMemory(noise=math.inf), "noise"),
        (lambda: Copying(delay=0), "delay"),
        (lambda: Copying(delay=True), "delay"),
        (lambda: Characters(length=0), "length"),
        (lambda: Adding(length=1), "length"),
        (lambda: Digits().sample(2000, torch.Generator()), "batch_size"),
        (lambda: Digits().held_out("dev", 5), "train, valid, test"),
        (lambda: Copying().sample(0, torch.Generator()), "batch_size"),
        (lambda: NoisyMemory().sample(-1, torch.Generator()), "batch_size"),
        (lambda: Characters().sample(10**6, torch.Generator()), "batch_size"),
        (lambda: Characters().held_out("tset", 4), "train, valid, test"),
    ],
)
def test_a_size_out_of_range_is_refused_by_name(make, name):
    with pytest.raises(ValueError, match=name):
        make()


# --- noisy memory


def test_noisy_memory_asks_for_the_last_inputs_newest_first(generator):
    batch = NoisyMemory(delays=4, length=9).sample(3, generator)
    for t in range(9):
        for k in range(4):
            expected = batch.inputs[t - k, :, 0] if t >= k else torch.zeros(3)
            assert torch.equal(batch.targets[t, :, k], expected)
    assert batch.weights[:, 0].tolist() == [0] * 4 + [1] * 5


def test_the_default_floor_and_baseline_are_those_of_the_theorem():
    task = NoisyMemory()
    assert task.floor == pytest.approx(0.8333, abs=1e-4)
    assert task.baseline == pytest.approx(0.96)


def normal(size, radius, rng):
    gamma, theta = radius * np.append(1, rng.uniform(0, 1, size // 2 - 1)), rng.uniform(0, 2 * np.pi, size // 2)
    blocks = [
        g * np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]) for g, t in zip(gamma, theta, strict=True)
    ]
    Q = np.linalg.qr(rng.standard_normal((size, size)))[0]
    return Q @ scipy.linalg.block_diag(*blocks) @ Q.T


def best_error(V, v, task, time):
    """Mean squared error of the best linear read-out of h at that time, over the delays: from the covariances.

    h = Σ_k V^k v u_{t−k} + noise Σ_k V^k ξ_{t−k}, so cov(h, u_{t−k}) = V^k v and MSE_k = 1 − (V^k v)ᵀ cov(h)⁻¹ V^k v.
    """
    powers = [np.linalg.matrix_power(V, k) for k in range(time + 1)]
    covariance = sum(np.outer(W @ v, W @ v) + task.noise**2 * W @ W.T for W in powers)
    return 1 - np.mean([W @ v @ np.linalg.solve(covariance, W @ v) for W in powers[: task.delays]])


def unit(size, rng):
    v = rng.standard_normal(size)
    return v / np.linalg.norm(v)


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([2, 8, 32]),
    st.floats(0.2, 1.05),
    st.floats(0.1, 2),
    st.sampled_from([1, 5, 20]),
)
def test_no_normal_network_reads_better_than_the_floor(seed, size, radius, noise, delays):
    rng = np.random.default_rng(seed)
    task = NoisyMemory(delays=delays, noise=noise)
    V, v = normal(size, radius, rng), unit(size, rng)
    for time in (delays, task.length - 1):
        assert best_error(V, v, task, time) >= task.floor - 1e-9


def test_one_delay_read_by_one_unit_reaches_the_floor():
    # one input asked for, V = 0: nothing lost in any of the three steps of the proof
    task = NoisyMemory(delays=1)
    assert best_error(np.zeros((2, 2)), np.array([1.0, 0]), task, 5) == pytest.approx(task.floor, rel=1e-12)


def test_without_recurrence_the_best_read_out_reaches_the_baseline(seed):
    task = NoisyMemory()
    v = unit(6, np.random.default_rng(seed))
    assert best_error(np.zeros((6, 6)), v, task, 30) == pytest.approx(task.baseline, rel=1e-12)


def test_a_delay_line_passes_the_floor():
    task, V, v = NoisyMemory(), np.eye(32, k=-1), np.eye(32)[0]
    k = np.arange(task.delays)
    error = best_error(V, v, task, task.length - 1)
    # each input arrives alone in its unit, under the noise of k + 1 steps
    assert error == pytest.approx(np.mean(1 - 1 / (1 + task.noise**2 * (k + 1))), rel=1e-12)
    assert error < task.floor - 0.1


def test_fisher_memory_bounds_the_error_at_every_delay(seed):
    task, rng = NoisyMemory(), np.random.default_rng(seed)
    V, v = 0.25 * rng.standard_normal((12, 12)), unit(12, rng)
    J = fisher_memory(V, v, task.delays - 1, duration=task.length) / task.noise**2
    assert best_error(V, v, task, task.length - 1) >= np.mean(1 / (1 + J)) - 1e-12


@pytest.mark.parametrize(("kind", "radius"), [("normal", 1.0), ("normal", 0.95), ("delay line", 1.0)])
def test_a_simulated_network_with_a_fitted_read_out_errs_as_the_theorem_says(generator, seed, kind, radius):
    task, size, sequences = NoisyMemory(), 32, 4000
    rng = np.random.default_rng(seed)
    V, v = (normal(size, radius, rng), unit(size, rng)) if kind == "normal" else (np.eye(size, k=-1), np.eye(size)[0])
    batch = task.sample(sequences, generator).to(torch.zeros(1, dtype=torch.float64))
    h = torch.zeros(sequences, size, dtype=torch.float64)
    for u in batch.inputs:
        xi = torch.randn(h.shape, generator=generator, dtype=h.dtype)
        h = h @ torch.tensor(V).T + u @ torch.tensor(v)[None] + task.model_options["state_noise"] * xi
    readout = torch.linalg.lstsq(h, batch.targets[-1]).solution
    outputs = torch.zeros_like(batch.targets)
    outputs[-1] = h @ readout
    error = float(task.loss(outputs, batch.last()))
    assert task.score(outputs, batch.last()) == pytest.approx(1 - error)
    sampling = 4 * math.sqrt(2 / (sequences * task.delays)) + size / sequences  # spread, and what fitting gains
    assert error == pytest.approx(best_error(V, v, task, task.length - 1), abs=sampling)
    assert (error < task.floor - sampling) if kind == "delay line" else (error > task.floor - sampling)


# --- copying


def test_copying_shows_ten_symbols_then_silence_then_the_cue(generator):
    task = Copying(delay=7)
    batch = task.sample(5, generator)
    seen = batch.inputs.argmax(-1)
    assert torch.equal(batch.inputs.sum(-1), torch.ones(27, 5))
    assert bool((seen[:10] < 8).all())
    assert bool((seen[10:16] == 8).all())
    assert bool((seen[16] == 9).all())
    assert bool((seen[17:] == 8).all())
    assert bool((batch.targets[:17] == 8).all())
    assert torch.equal(batch.targets[17:], seen[:10])


@pytest.mark.parametrize("delay", [1, 200])
def test_the_copying_baseline_is_the_loss_of_blanks_and_a_blind_guess(generator, delay):
    task = Copying(delay=delay)
    batch = task.sample(6, generator)
    outputs = guess(task, batch, torch.full(batch.targets.shape, 8))
    outputs[-10:] = 0
    outputs[-10:, :, 8] = -100  # eight symbols alike, no blank
    assert float(task.loss(outputs, batch)) == pytest.approx(task.baseline, rel=1e-5)
    assert task.baseline == pytest.approx(10 * math.log(8) / (delay + 20))


def test_recall_counts_the_last_ten_answers(generator):
    task = Copying(delay=5)
    batch = task.sample(100, generator)
    right = guess(task, batch, batch.targets)
    assert task.score(right, batch) == 1
    assert float(task.loss(right, batch)) < 1e-6
    right[-10:-5] = right[-10:-5].roll(1, dims=-1)
    assert task.score(right, batch) == pytest.approx(0.5)
    assert task.score(guess(task, batch, torch.zeros_like(batch.targets)), batch) == pytest.approx(1 / 8, abs=0.05)


def test_copying_draws_every_symbol_alike(generator):
    batch = Copying(delay=1).sample(4000, generator)
    share = torch.bincount(batch.targets[-10:].flatten(), minlength=9) / 40000
    assert torch.allclose(share, torch.tensor([1 / 8] * 8 + [0.0]), atol=0.01)


def test_with_a_variable_delay_the_answer_follows_the_cue(generator):
    task = Copying(delay=7, variable=True)
    batch = task.sample(300, generator)
    seen = batch.inputs.argmax(-1)
    assert torch.equal(batch.inputs.sum(-1), torch.ones(27, 300))
    cues = (seen == 9).nonzero()
    assert len(cues) == 300  # one each
    assert sorted(set(cues[:, 0].tolist())) == list(range(10, 17))  # delays 1 … 7
    for time, column in cues.tolist():
        symbols, answer = seen[:10, column], batch.targets[:, column]
        assert torch.equal(answer[time + 1 : time + 11], symbols)
        assert bool((answer[: time + 1] == 8).all())
        assert bool((answer[time + 11 :] == 8).all())
    right = guess(task, batch, batch.targets)
    assert task.score(right, batch) == 1
    assert task.score(guess(task, batch, torch.full_like(batch.targets, 8)), batch) == 0


@pytest.mark.parametrize("delay", [1, 3, 40])
def test_the_variable_copying_baseline_is_the_best_guess_from_time_and_present_input(delay):
    # over all delays alike: count what is due where a blank is shown, and answer with the shares
    task = Copying(delay=delay, variable=True)
    total = 0.0
    for t in range(task.length):
        cues = [9 + d for d in range(1, delay + 1)]
        shown = [c for c in cues if t >= 10 and t != c]
        due = sum(c < t <= c + 10 for c in shown)
        for share in (due / len(shown), 1 - due / len(shown)) if shown else ():
            total -= len(shown) / delay * share * math.log(share) if share else 0
        total += due / delay * math.log(8)
    assert task.baseline == pytest.approx(total / task.length, rel=1e-12)
    if delay == 1:
        assert task.baseline == pytest.approx(Copying(delay=1).baseline)


# --- adding


def test_adding_marks_one_number_in_each_half_and_asks_for_their_sum(generator):
    for length in (2, 7, 30):
        batch = Adding(length).sample(200, generator)
        numbers, marks = batch.inputs.unbind(-1)
        assert torch.equal(marks[: length // 2].sum(0), torch.ones(200))
        assert torch.equal(marks[length // 2 :].sum(0), torch.ones(200))
        assert torch.allclose((numbers * marks).sum(0), batch.targets[-1, :, 0])
        assert batch.weights.sum(0).tolist() == [1] * 200
        assert bool((batch.weights[-1] == 1).all())


@pytest.mark.parametrize("length", [2, 10, 11])
def test_the_adding_baseline_is_the_best_guess_from_the_last_pair(generator, length):
    task = Adding(length)
    batch = task.sample(200_000, generator)
    number, mark = batch.inputs[-1].unbind(-1)
    outputs = torch.zeros(length, 200_000, 1)
    outputs[-1, :, 0] = torch.where(mark > 0, number + 0.5, torch.ones_like(number))
    assert float(task.loss(outputs, batch)) == pytest.approx(task.baseline, abs=0.002)
    assert task.score(outputs, batch) == pytest.approx(1 - 6 * task.baseline, abs=0.012)


# --- digits


def test_no_digit_belongs_to_two_splits_and_none_is_lost():
    task = Digits()
    parts = {name: task.splits[name][0] for name in ("train", "valid", "test")}
    assert [len(part) for part in parts.values()] == [1197, 300, 300]
    everything = torch.cat(list(parts.values()))
    whole = sklearn.datasets.load_digits().data
    assert sorted(map(tuple, everything.tolist())) == sorted(map(tuple, whole.astype(int).tolist()))


def test_permuted_digits_are_the_same_digits_with_their_pixels_in_one_other_order():
    plain, permuted = Digits().splits["test"][0], Digits(permuted=True).splits["test"][0]
    assert torch.equal(plain.sort(1).values, permuted.sort(1).values)
    assert not torch.equal(plain, permuted)
    order = [int((column == plain.T).all(1).nonzero()[0, 0]) for column in permuted.T]
    assert torch.equal(plain[:, order], permuted)


def test_a_pass_over_the_digits_shows_each_of_a_batch_once_and_the_next_pass_another_order():
    task, source = Digits(), torch.Generator().manual_seed(3)
    updates = task.updates_per_epoch(50)
    first, second = (
        torch.cat([task.sample(50, source, epoch * updates + i).inputs[..., 0].T for i in range(updates)])
        for epoch in (0, 1)
    )
    shown = (16 * first).int().tolist()
    known = list(map(tuple, task.splits["train"][0].tolist()))
    assert len(shown) == 1150
    assert all(known.count(tuple(digit)) >= shown.count(digit) for digit in shown[::50])
    assert not torch.equal(first, second)
    again = task.sample(50, torch.Generator().manual_seed(3), 1)
    assert torch.equal(again.inputs[..., 0].T, first[50:100])
    other = task.sample(50, torch.Generator().manual_seed(4), 1)
    assert not torch.equal(other.inputs, again.inputs)


def test_the_baseline_of_digits_is_the_best_guess_from_the_last_pixel():
    task = Digits(permuted=True)
    pictures, labels = task.splits["train"]
    table = torch.zeros(17, 10, dtype=torch.float64)
    for pixel, label in zip(pictures[:, -1].tolist(), labels.tolist(), strict=True):
        table[pixel, label] += 1
    logits = table.clamp(min=1e-300).log()[pictures[:, -1].long()]
    assert task.baseline == pytest.approx(float(functional.cross_entropy(logits, labels)), rel=1e-9)
    assert task.baseline < math.log(10)


def test_an_evaluation_counts_every_held_out_digit_once():
    task = Digits()
    training = Training(SequenceModel("nnrnn", 1, 8, 10), task, Settings(batch_size=70))
    loss, score = training.evaluate("valid")
    (batch,) = task.held_out("valid", 300)
    outputs = training.model(batch.inputs)[0].detach()
    assert score == pytest.approx(task.score(outputs, batch))
    assert loss == pytest.approx(float(task.loss(outputs, batch)), rel=1e-5)


# --- characters


def test_each_stream_goes_on_where_it_stopped(characters, generator):
    segments = characters.segments("train", 8)
    for index in (0, 1, segments - 2, segments, 2 * segments + 3):
        now, after = (characters.sample(8, generator, i) for i in (index, index + 1))
        assert torch.equal(now.inputs[1:].argmax(-1), now.targets[:-1])
        assert torch.equal(now.targets[-1], after.inputs[0].argmax(-1))
        assert after.continues


def test_streams_begin_anew_after_the_text(characters, generator):
    segments = characters.segments("train", 8)
    first, again = characters.sample(8, generator, 0), characters.sample(8, generator, segments)
    assert not first.continues
    assert not again.continues
    assert torch.equal(first.inputs, again.inputs)
    assert characters.sample(8, generator, segments - 1).continues


def test_the_streams_of_a_pass_are_the_text_in_order(characters):
    for split, start in (("train", 0.0), ("valid", 0.8), ("test", 0.9)):
        batches = list(characters.held_out(split, 4))
        streams = torch.cat([batch.inputs.argmax(-1) for batch in batches]).T.flatten()
        begin = int(start * len(english()))
        text = english()[begin : begin + len(streams)]
        known = "".join(c if c in characters.vocabulary else characters.vocabulary[0] for c in text)
        assert characters.text(streams) == known
        assert [batch.continues for batch in batches] == [False] + [True] * (len(batches) - 1)
        assert len(text) > 0.95 * (0.8 if split == "train" else 0.1) * len(english())


def test_no_character_belongs_to_two_splits(characters):
    lengths = [len(characters._codes[split]) for split in ("train", "valid", "test")]
    assert sum(lengths) == len(english())
    assert lengths[0] / sum(lengths) == pytest.approx(0.8, abs=1e-3)
    assert lengths[1] == pytest.approx(lengths[2], abs=2)


def test_the_vocabulary_knows_the_training_part_and_nothing_else(characters):
    train = english()[: int(0.8 * len(english()))]
    assert set(characters.vocabulary[1:]) == set(train)
    assert characters.input_size == characters.output_size == len(set(train)) + 1
    assert not bool((characters._codes["train"] == 0).any())


def test_the_character_baseline_is_the_best_guess_from_the_present_character(characters):
    codes = characters._codes["train"]
    size = characters.output_size
    table = torch.zeros(size, size, dtype=torch.float64).index_put(
        (codes[:-1], codes[1:]), torch.ones(len(codes) - 1, dtype=torch.float64), accumulate=True
    )
    logits = table.clamp(min=1e-30).log()  # cross_entropy normalises each row
    loss = float(functional.cross_entropy(logits[codes[:-1]], codes[1:]))
    assert characters.baseline == pytest.approx(loss, rel=1e-9)
    share = torch.bincount(codes, minlength=size).double() / len(codes)
    assert characters.unigram == pytest.approx(float(torch.special.entr(share).sum()), rel=1e-9)
    assert characters.baseline < characters.unigram < math.log(size)


def test_bits_per_character_of_a_blind_guess_are_the_logarithm_of_the_vocabulary(characters, generator):
    batch = characters.sample(3, generator)
    blind = torch.zeros(50, 3, characters.output_size)
    assert characters.score(blind, batch) == pytest.approx(math.log2(characters.output_size), rel=1e-6)


def test_a_python_without_the_text_is_told_what_to_do(monkeypatch):
    english.cache_clear()
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(ImportError, match="CPython"):
        Characters()
