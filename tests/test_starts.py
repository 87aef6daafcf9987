"""The shapes T may start from."""

import numpy as np
import pytest
import torch

from nnrnn_core import SchurMatrix, SequenceModel, Training
from nnrnn_core.dynamics import transient_growth
from nnrnn_core.tasks import Copying, NoisyMemory
from nnrnn_core.training.starts import PEAK, STARTS, below_blocks, set_start
from oracles import as_installed

SHAPES = [name for name in STARTS if name != "zero"]


@pytest.mark.parametrize("start", SHAPES)
@pytest.mark.parametrize(("size", "horizon"), [(32, 80), (16, 220), (32, 10)])
def test_every_shape_but_zero_peaks_at_five_over_the_sequence(start, size, horizon, generator):
    V = SchurMatrix(size, "random", generator)
    set_start(V, start, horizon, generator)
    growth = transient_growth(V, horizon)
    assert growth.max() == pytest.approx(PEAK, rel=0.02)


def test_a_delay_line_peaks_at_its_end_and_forgets_then(generator):
    V = SchurMatrix(16, generator=generator, dtype=torch.float64)
    set_start(V, "delay-line", 80, generator)
    growth = transient_growth(V, 12)
    assert growth.argmax() == 7
    assert not growth[8:].any()
    assert not bool(V.gamma.any())


def test_zero_is_the_orthogonal_start(generator):
    V = SchurMatrix(8, "random", generator, dtype=torch.float64)
    set_start(V, "delay-line", 10, generator)
    set_start(V, "zero", 10, generator)
    assert V.departure() == 0
    assert (V().T @ V() - torch.eye(8)).abs().max() < 1e-12


def test_the_peak_is_that_at_scale_one_and_the_scale_stays(generator):
    V, reference = (SchurMatrix(16, generator=torch.Generator().manual_seed(1)) for _ in range(2))
    V.scale.fill_(0)
    for matrix in (V, reference):
        set_start(matrix, "chain", 40, generator)
    assert torch.equal(V.T, reference.T)
    assert float(V.scale) == 0


@pytest.mark.parametrize("start", STARTS)
def test_two_units_hold_one_block_and_no_T(start, generator):
    V = SchurMatrix(2)
    set_start(V, start, 10, generator)
    assert V.departure() == 0


def test_an_array_is_T_and_leaves_gamma(generator):
    V = SchurMatrix(6, generator=generator)
    with torch.no_grad():
        V.gamma.fill_(0.5)
    T = np.arange(36.0).reshape(6, 6) * below_blocks(6)
    set_start(V, T, 10, generator)
    assert np.array_equal(V.T.numpy(force=True), T)
    assert bool((V.gamma == 0.5).all())


def test_an_unknown_shape_lists_the_known_ones(generator):
    with pytest.raises(ValueError, match="zero, random, chain, delay-line"):
        set_start(SchurMatrix(4), "ring", 10, generator)


@pytest.mark.parametrize(
    ("start", "task"),
    [
        ("zero", Copying(delay=15)),
        ("random", NoisyMemory(delays=10, length=40)),
        ("chain", Copying(delay=15)),
        ("delay-line", NoisyMemory(delays=10, length=40)),
    ],
    ids=STARTS,
)
def test_every_shape_trains_fifty_steps_at_scale_one_and_a_half(start, task, generator):
    model = SequenceModel("nnrnn", task.input_size, 16, task.output_size, generator=generator, **task.model_options)
    set_start(model.V, start, task.length, generator)
    model.V.scale.fill_(1.5)
    training = Training(model, task, task.settings.replace(batch_size=8))
    with as_installed():
        steps = [training.step() for _ in range(50)]
    assert np.isfinite([step.loss for step in steps]).all()
    assert np.isfinite(steps[-1].gradient_norms).all()
    assert training.index == 50
