"""The loop over time: rows that fill the tiles of BLAS stay in memory, and whole tiles are taken where they help."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from nnrnn_core.recurrence import loops
from nnrnn_core.recurrence.loops import backwards, forwards, tile_rows


@pytest.mark.parametrize("time", [1, 2, 3])
def test_the_loops_on_arrays_are_those_on_tensors(time, generator):
    shapes = ((4, 4), (5, 4), (time, 5, 4), (time, 5, 4), (5, 4))
    M, h, drive, slopes, later = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    found = []
    for kind in (torch.Tensor, np.ndarray):
        given = [x.clone() if kind is torch.Tensor else x.numpy().copy() for x in (M, h, drive, slopes, later)]
        values, gradients = given[2] * 1, given[2] * 1
        forwards(given[0], lambda x: x, given[1], values, values, values)
        first = backwards(given[0], given[4], gradients, gradients, given[3])
        found.append([torch.as_tensor(x) for x in (values, gradients, given[3], first)])
    for ours, theirs in zip(*found, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("tile", [1, 4, 8])
def test_rows_behind_a_time_are_the_next_of_the_array_itself_and_fill_tiles(tile, monkeypatch):
    monkeypatch.setattr(loops, "tile_rows", lambda: tile)
    for time, batch in itertools.product((1, 2, 3), range(1, 10)):
        rows = np.arange(time * batch * 2.0).reshape(-1, 2)
        array = rows.reshape(time, batch, 2)
        room, product = loops._room(array)
        assert len(room) == batch or (len(room) % tile == 0 and batch < len(room) < batch + tile)
        assert product.shape == (batch, 2) and np.shares_memory(product, room)
        found = loops._with_rows(array, len(room))
        assert len(found) == time - 1
        for t, wide in enumerate(found):
            assert np.array_equal(wide, rows[t * batch : t * batch + len(room)])
            (low, high), (first, last) = np.lib.array_utils.byte_bounds(rows), np.lib.array_utils.byte_bounds(wide)
            assert low <= first and last <= high


def test_a_batch_with_gaps_between_its_times_is_multiplied_as_it_is(monkeypatch):
    monkeypatch.setattr(loops, "tile_rows", lambda: 4)
    gaps = np.arange(36.0).reshape(3, 6, 2)[:, :3]
    room, _ = loops._room(gaps)
    assert len(room) == 3
    assert np.array_equal(loops._with_rows(gaps, 3), gaps[:-1])


@pytest.mark.parametrize(
    ("libraries", "rows"),
    [
        ([("openblas", "Haswell"), ("openblas", "Haswell")], 4),
        ([("openblas", "Zen")], 4),
        ([("openblas", "SkylakeX")], 1),
        ([("openblas", "Haswell"), ("openblas", "SkylakeX")], 1),
        ([("mkl", None)], 1),
        ([], 1),
    ],
)
def test_rows_are_multiplied_by_four_where_every_openblas_has_kernels_for_avx2_alone(libraries, rows, monkeypatch):
    listed = [{"internal_api": api, "architecture": architecture} for api, architecture in libraries]
    monkeypatch.setattr(loops, "threadpool_info", lambda: [*listed, {"internal_api": "openmp"}])
    assert tile_rows.__wrapped__() == rows
