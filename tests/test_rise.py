"""Words about a curve of growth: rounding is no peak, and what grows is never said to stay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrnn_core import SchurMatrix, dynamics
from widgets import GrowthLab, SchurLab, SpectrumLab
from widgets.figures.rise import factor, rise_of, rounding

sizes, seeds = st.integers(1, 60), st.integers(0, 2**32 - 1)


def orthogonal(size: int, seed: int) -> np.ndarray:
    return np.asarray(np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))[0])


@settings(deadline=None, max_examples=60)
@given(sizes, seeds, st.integers(1, 400))
def test_an_orthogonal_matrix_stays_at_1_whatever_rounding_does(size: int, seed: int, steps: int):
    V = orthogonal(size, seed)
    growth = dynamics.transient_growth(V, steps)
    assert rise_of(np.arange(steps + 1), growth, rounding(V, steps)).kind == "stays"


@settings(deadline=None, max_examples=30)
@given(sizes, seeds, st.floats(0.01, 50))
def test_so_does_the_exponential_of_a_skew_symmetric_one(size: int, seed: int, end: float):
    A = np.random.default_rng(seed).standard_normal((size, size))
    A, times = A - A.T, np.linspace(0, end, 101)
    growth = dynamics.exponential_growth(A, times)
    assert rise_of(times, growth, rounding(A, end, "continuous")).kind == "stays"


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 60), seeds, st.integers(1, 400))
def test_the_bound_on_rounding_is_small_enough_for_a_growth_of_a_millionth(size: int, seed: int, steps: int):
    V = (1 + 1e-6) * orthogonal(size, seed)
    rise = rise_of(np.arange(steps + 1), dynamics.transient_growth(V, steps), rounding(V, steps))
    assert (rise.kind, rise.when) == ("rises", steps)
    assert rise.text != "1"


@pytest.mark.parametrize(
    ("curve", "kind", "height", "when"),
    [
        ([1, 0.9, 0.8], "falls", 1, 0),
        ([1, 0.9, 1.0], "falls", 1, 0),
        ([1, 1, 1 + 1e-12], "stays", 1, 0),
        ([1, 3, 3 * (1 + 1e-12), 2], "peaks", 3, 1),
        ([1, 2, 4], "rises", 4, 2),
        ([1, 0.5, 2, 2], "peaks", 2, 2),
        ([1, 1e200, np.inf, np.nan], "rises", np.inf, 2),
    ],
)
def test_the_kind_of_a_curve(curve: list[float], kind: str, height: float, when: int):
    rise = rise_of(np.arange(len(curve)), np.array(curve, float), 1e-9)
    assert rise.kind == kind and rise.height == pytest.approx(height) and rise.when == when


@given(st.floats(0, 300).map(lambda power: 10.0**power) | st.floats(1e-12, 1).map(lambda more: 1 + more))
def test_only_1_is_written_as_1(value: float):
    assert (factor(value) == "1") == (value == 1)


def test_what_is_seen_of_a_growth_is_written():
    assert [factor(v) for v in (0.5, 1.0, 1 + 3e-5, 1.004, 1.25, 2470)] == [
        "0.5", "1", "1 + 3·10⁻⁵", "1 + 0.004", "1.25", "2,470",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [SpectrumLab, SchurLab, GrowthLab])
@pytest.mark.parametrize("matrix", ["ring", "a network at its start"])
def test_a_flat_curve_is_no_peak_in_any_sentence_or_title(kind: type, matrix: str):
    lab = kind(SchurMatrix(32) if matrix != "ring" else matrix)
    figure = lab.figures[0].figure
    title = next(note.text for note in figure.layout.annotations if note.text.startswith("‖"))
    assert "stays at 1" in lab.status and title.endswith("stays at 1")
    assert "peak" not in lab.status + title and "rise" not in lab.status + title
    lab.close()
