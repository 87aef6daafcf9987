"""The words about the peak, in every lab that has one: no more is said than is known of all time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nnrnn_core import dynamics
from widgets import GrowthLab, MemoryLab, SchurLab, SpectrumLab
from widgets.figures.numbers import short
from widgets.figures.rise import Rise, peak_sentence
from widgets.labs.matrices import source_of
from widgets.labs.peaks import PeakSearch

pytestmark = pytest.mark.usefixtures("coarse_plane")
LABS = [GrowthLab, SchurLab, SpectrumLab]
GALLERY_5 = np.array(
    [
        [-9, 11, -21, 63, -252],
        [70, -69, 141, -421, 1684],
        [-575, 575, -1149, 3451, -13801],
        [3891, -3891, 7782, -23345, 93365],
        [1024, -1024, 2048, -6144, 24572],
    ]
)  # MATLAB's: nilpotent, so that e^{tA} grows as t⁴


def slow_rotation_beside_a_fast_decay() -> np.ndarray:
    """V^k = r^k [[cos kθ, −20 sin kθ], [sin kθ/20, cos kθ]] ⊕ 0.1^k: near 20 r^k where kθ = π/2."""
    r, angle = 0.999, np.pi / 200
    V = np.diag([0.0, 0.0, 0.1])
    V[:2, :2] = r * np.array([[np.cos(angle), -20 * np.sin(angle)], [np.sin(angle) / 20, np.cos(angle)]])
    return V


def two_peaks() -> np.ndarray:
    """A chain of 10 units with links of 1.2, which reaches 1.2^9 = 5.2 at k = 9, and a slow rotation that is at its
    highest, near 60 r^k, where kθ = π/2: near k = 350."""
    V = np.zeros((20, 20))
    V[:10, :10] = np.diag(np.full(9, 1.2), -1)
    angle, r = np.pi / 800, 0.998
    V[10:12, 10:12] = r * np.array([[np.cos(angle), -60 * np.sin(angle)], [np.sin(angle) / 60, np.cos(angle)]])
    return V


@pytest.fixture(scope="module")
def labs() -> Iterator[dict[Any, Any]]:
    """One of each kind, the same for all tests: making one costs more than using it."""
    made = {kind: kind("shear") for kind in LABS}
    yield made
    for lab in made.values():
        lab.close()


def finished(lab: Any) -> str:
    """The sentence once the page has asked for all of the search."""
    for _ in range(10_000):
        if not lab.figures[-1].playing:
            return str(lab.status)
        lab._search_a_piece()
    raise AssertionError("the search does not end")


@pytest.mark.parametrize("kind", LABS)
@pytest.mark.parametrize("matrix", [slow_rotation_beside_a_fast_decay, two_peaks])
def test_a_late_peak_is_drawn_and_is_said_to_be_the_largest_only_with_a_proof(
    labs: dict[Any, Any], kind: Any, matrix: Any
):
    V, lab = matrix(), labs[kind]
    lab.set_matrix(V)
    growth = dynamics.transient_growth(V, 2000)
    peak, at = growth.max(), int(growth.argmax())
    assert lab.state.search.found.at == pytest.approx(at, abs=2) or not lab.state.search.ended
    says = finished(lab)
    assert "proven" in says and "so far" not in says
    assert re.search(rf"(rises to|grows) {short(peak)}(-fold by| at) k = {at}\b", says)


@pytest.mark.parametrize("kind", LABS)
def test_growth_without_end_is_said_of_gallery_5(labs: dict[Any, Any], kind: Any):
    labs[kind].set_matrix(GALLERY_5, time="continuous")
    assert "Growth goes on without end." in finished(labs[kind])


# The search is the same in all of them, the words are not.
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (GrowthLab, "shear"),
        (GrowthLab, "rotation"),
        (SchurLab, "grcar"),
        (SpectrumLab, "grcar"),
        (SchurLab, "balanced_network"),
        (SpectrumLab, "balanced_network"),
    ],
)
def test_what_is_called_proven_is_the_supremum(labs: dict[Any, Any], kind: Any, name: str):
    lab = labs[kind]
    lab.set_matrix(name)
    says, found = finished(lab), lab.state.search.found
    assert "proven" in says and found.proven
    V = dynamics.gallery[name]()
    if dynamics.gallery[name].time == "discrete":
        assert found.value == pytest.approx(max(dynamics.transient_growth(V, 500)))
    else:
        assert found.value == pytest.approx(max(dynamics.exponential_growth(V, np.linspace(0, 20, 2000))), rel=1e-4)


def test_while_a_slider_moves_nothing_is_called_proven(labs: dict[Any, Any]):
    lab = labs[GrowthLab]
    lab.set_matrix("grcar")
    lab._show(lab.state.changed(scale=0.9), settled=False)
    assert "so far" in lab.status and "proven" not in lab.status


@pytest.mark.parametrize("kind", ["falls", "peaks", "rises"])
def test_what_a_budget_leaves_open_is_said(kind: Any):
    open_ = dynamics.GrowthPeak(7.0, 900.0, False, np.inf)
    rise = Rise(3.0 if kind != "falls" else 1.0, 5.0, kind)
    says = peak_sentence(rise, open_, True, 100, "discrete")
    assert says.startswith("Whether more comes later is undecided (rounding")
    assert says.endswith("the peak is at least 7.")
    assert "undecided" not in peak_sentence(rise, open_, False, 100, "discrete")


def test_a_peak_beyond_what_is_drawn_is_named():
    later = dynamics.GrowthPeak(7.0, 900.0, True, 7.0)
    for rise in (Rise(1.0, 0.0, "falls"), Rise(3.0, 5.0, "peaks"), Rise(2.0, 100.0, "rises")):
        assert "7 at k = 900, beyond what is drawn" in peak_sentence(rise, later, True, 100, "discrete")


@pytest.mark.parametrize("kind", LABS)
@pytest.mark.parametrize(
    ("matrix", "time", "says"),
    [
        (
            [[1.0, 0.0], [5.0, 0.5]],
            "discrete",
            "no k gives more than 10, and that some give almost 10 however large k is",
        ),
        ([[1.0, 0.0], [5.0, -0.5]], "discrete", " is proven to be the largest."),
        ([[0.0, 1.0], [-9.0, 0.0]], "continuous", "no t gives more than 3, and that some give almost 3"),
    ],
)
def test_what_stays_for_ever_is_decided_and_said(kind: Any, matrix: Any, time: Any, says: str):
    lab = kind(np.array(matrix), time=time)
    assert says in finished(lab)
    lab.close()


def test_the_pieces_of_a_search_end_where_the_whole_does():
    V = dynamics.gallery["grcar"]()
    search = PeakSearch(source_of(V), 1.0, "discrete")
    while search.go_on():
        pass
    assert search.found == dynamics.growth_peak(V)
    assert not search.go_on()


# --- both times


@pytest.mark.parametrize("kind", LABS)
def test_an_own_matrix_is_of_either_time_from_constructor_control_and_preset(kind: Any):
    A = np.array([[-1.0, 0.0], [20.0, -2.0]])
    lab = kind(A, time="continuous")
    height = dynamics.growth_peak(A, "continuous").value
    assert "e^(tA)" in lab.status or "spectral abscissa" in lab.status
    assert "spectral radius" not in lab.status
    assert f"{height:.3g}"[:3] in lab.status
    assert kind.state_of(lab.preset).time == "continuous" == lab.time.value
    found: dict[str, Any] = {}
    exec(lab.code, found)
    for name, values in lab.state.arrays().items():
        assert np.allclose(found[name], values), name
    lab.time.value = "discrete"
    lab.settle()
    assert lab.state.time == "discrete" and "spectral radius" in lab.status
    lab.set_matrix(A, time="continuous")
    assert lab.state.time == "continuous"
    with pytest.raises(ValueError, match="time must be"):
        kind(A, time="later")
    lab.close()


@pytest.mark.parametrize(("kind", "rate"), [(GrowthLab, 1e5), (SchurLab, 50.0), (SpectrumLab, 1e5)])
def test_an_unstable_matrix_whose_exponential_overflows_is_shown_with_its_rate(
    labs: dict[Any, Any], kind: Any, rate: float
):
    lab = labs[kind]
    lab.set_matrix(np.array([[rate, 3.0], [0.0, -1.0]]), time="continuous")
    assert ("50" if rate == 50 else "100,000") in lab.status
    assert "Growth goes on without end." in lab.status and "finite" not in lab.status


def test_memory_says_why_it_has_no_continuous_time():
    with pytest.raises(ValueError, match=r"J\(k\).*is about h_t = V h_.*propagator"):
        MemoryLab(0.5 * np.eye(3), time="continuous")


def test_a_rate_that_leaves_no_time_to_draw_is_refused_with_its_value():
    with pytest.raises(ValueError, match="grows as e\\^\\(2·10¹²⁰ t\\)"):
        GrowthLab(1e120 * np.ones((2, 2)), time="continuous")
