"""Pseudospectra in slices: coarse first, in the end the whole, and as little work as was asked for."""

import sys

import numpy as np
import pytest

from nnrnn_core.dynamics import estimated_seconds, pseudospectra_slices, pseudospectrum
from oracles import as_installed


@pytest.mark.parametrize("is_complex", [False, True])
def test_the_last_slice_is_the_pseudospectrum_and_points_come_once(is_complex):
    rng = np.random.default_rng(1)
    V = rng.standard_normal((12, 12)) + (1j * rng.standard_normal((12, 12)) if is_complex else 0)
    x, y = np.linspace(-4, 4, 19), np.linspace(-4, 4, 17)
    parts = list(pseudospectra_slices(V, x, y))
    assert np.allclose(parts[-1].levels, pseudospectrum(V, x, y), rtol=1e-6)
    assert parts[-1].points == 19 * (17 if is_complex else 9), "a real matrix has each pair of conjugates once"
    counts = [part.done for part in parts]
    assert counts == sorted(set(counts))
    assert counts[-1] == parts[-1].points
    assert parts[-1].remaining == 0


def test_a_coarse_picture_comes_before_the_fine_one_and_every_value_in_it_is_a_level():
    V, axis = np.random.default_rng(2).standard_normal((8, 8)), np.linspace(-3, 3, 33)
    whole = pseudospectrum(V, axis, axis)
    parts = list(pseudospectra_slices(V, axis, axis, seconds=1e-6))
    assert [part.done for part in parts] == [5 * 3, 9 * 5, 17 * 9, 33 * 17], "each grid has half as wide meshes"
    full = next(part for part in parts if not np.isnan(part.levels).any())
    assert full.done < full.points / 20
    assert np.isclose(full.levels.ravel()[:, None], whole[::8, ::8].ravel(), rtol=1e-6).any(axis=1).all()


def test_a_slice_never_has_so_few_points_that_calling_takes_longer_than_computing():
    V, axis = np.random.default_rng(3).standard_normal((50, 50)) / 8, np.linspace(-1, 1, 41)
    done = [part.done for part in pseudospectra_slices(V, axis, axis, seconds=1e-6)]
    assert done[-1] == 41 * 21
    assert len(done) <= 4 + done[-1] // (2**20 // 50**2), "four grids, and full slices but for the last of each"


def test_whoever_stops_asking_stops_the_work(monkeypatch):
    module = sys.modules["nnrnn_core.dynamics.pseudospectra_slices"]
    original, computed = module.levels, []

    def counted(form, z, *rest, **more):
        computed.append(len(z))
        return original(form, z, *rest, **more)

    monkeypatch.setattr(module, "levels", counted)
    parts = pseudospectra_slices(np.eye(3, k=-1), np.linspace(-1, 1, 40), np.linspace(-1, 1, 40), seconds=1e-6)
    first = next(parts)
    parts.close()
    assert sum(computed) == first.done < first.points


def test_the_estimate_grows_with_the_matrix_and_the_grid():
    assert estimated_seconds(50, 100) < estimated_seconds(1000, 100)
    assert estimated_seconds(50, 10) < estimated_seconds(50, 100_000)


def test_bad_axes_and_times_are_refused():
    with as_installed():
        for call, reason in (
            (lambda: next(pseudospectra_slices(np.eye(2), [[1.0]], [1.0])), "real must be an axis"),
            (lambda: next(pseudospectra_slices(np.eye(2), [1.0], [1.0], seconds=0.0)), "seconds"),
            (lambda: next(pseudospectra_slices(np.eye(2), [1.0], [1.0], tolerance=2.0)), "tolerance"),
            (lambda: estimated_seconds(0, 1), "size"),
        ):
            with pytest.raises(ValueError, match=reason):
                call()
