"""Every lab says the same of the same matrix: its eigenvalues, how far to trust them, complex entries, tiny entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nnrnn_core import dynamics
from widgets import GradientLab, GrowthLab, MemoryLab, SchurLab, SpectrumLab
from widgets.figures import spectrum as figures
from widgets.figures.doubt import doubt_sentence
from widgets.figures.numbers import short

pytestmark = pytest.mark.usefixtures("coarse_plane")
WITH_RADIUS = [GrowthLab, SchurLab, SpectrumLab, MemoryLab, GradientLab]
BADLY_SCALED = np.array([[0, 0, 1e8], [1e-4, 0, 0], [0, 1e-4, 0]])  # V³ = I


def frank(n: int = 12) -> np.ndarray:
    """A_ij = n + 1 − max(i, j) for j ≥ i − 1: its small eigenvalues are known to few digits."""
    i, j = np.indices((n, n)) + 1
    return np.where(j >= i - 1, n + 1.0 - np.maximum(i, j), 0.0)


GALLERY_5 = np.array(
    [
        [-9, 11, -21, 63, -252],
        [70, -69, 141, -421, 1684],
        [-575, 575, -1149, 3451, -13801],
        [3891, -3891, 7782, -23345, 93365],
        [1024, -1024, 2048, -6144, 24572],
    ]
)
MATRICES: dict[str, Any] = {
    "badly scaled": BADLY_SCALED,
    "grcar": dynamics.gallery["grcar"](size=20),
    "kahan": dynamics.gallery["kahan"](size=12),
    "frank": frank(),
    "gallery 5": GALLERY_5,
}


def twisted_toeplitz(n: int = 16) -> np.ndarray:
    """Diagonal 2 sin x_j for x_j around the circle, subdiagonal −1, and an imaginary twist above it (Trefethen &
    Chapman 2004)."""
    x = 2 * np.pi * np.arange(n) / n
    return (np.diag(2 * np.sin(x)) - np.diag(np.ones(n - 1), -1) + 0.5j * np.diag(np.ones(n - 1), 1)) / 3


def davies_oscillator(n: int = 14) -> np.ndarray:
    """−(−d²/dx² + i x²) by differences on [−4, 4]."""
    x, h = np.linspace(-4, 4, n, retstep=True)
    second = (np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1) - 2 * np.eye(n)) / h**2
    return second - 1j * np.diag(x**2)


COMPLEX: dict[str, Any] = {"twisted Toeplitz": twisted_toeplitz(), "Davies": davies_oscillator()}


@pytest.fixture(scope="module")
def labs() -> Iterator[dict[Any, Any]]:
    """One of each kind, the same for all tests: making one costs more than using it."""
    made = {kind: kind("shear") for kind in WITH_RADIUS}
    yield made
    for lab in made.values():
        lab.close()


def sentences(labs: dict[Any, Any], name: str) -> dict[str, str]:
    """What each lab says of a matrix."""
    for lab in labs.values():
        lab.set_matrix(MATRICES[name])
    return {kind.__name__: lab.status for kind, lab in labs.items()}


def radius_in(sentence: str) -> str:
    found = re.search(r"spectral radius (?:is )?([\d.,·⁰¹²³⁴⁵⁶⁷⁸⁹⁻]*[\d⁰¹²³⁴⁵⁶⁷⁸⁹])", sentence)
    assert found, sentence
    return found[1]


@pytest.mark.parametrize("name", MATRICES)
def test_the_spectral_radius_and_what_rounding_does_to_it_are_said_alike_in_all_labs(labs: dict[Any, Any], name: str):
    V = MATRICES[name]
    said = sentences(labs, name)
    wanted = short(dynamics.spectral_radius(V))
    assert {kind: radius_in(words) for kind, words in said.items()} == dict.fromkeys(said, wanted)
    if name == "badly scaled":
        assert wanted == "1"
    words = doubt_sentence(dynamics.eigenvalues(V), float(dynamics.eigenvalue_uncertainty(V).max()))
    assert bool(words) == (name == "gallery 5")
    for kind, sentence in said.items():
        assert (words in sentence) if words else ("Beware" not in sentence), kind


def test_the_eigenvalues_drawn_are_those_of_the_matrix(labs: dict[Any, Any]):
    for kind in (SchurLab, SpectrumLab):
        lab = labs[kind]
        lab.set_matrix(BADLY_SCALED)
        drawn = lab.figures[0].array("eigenvalues", "x") + 1j * lab.figures[0].array("eigenvalues", "y")
        assert np.allclose(np.abs(drawn), 1, atol=1e-6)


# --- complex matrices


@pytest.mark.parametrize("kind", WITH_RADIUS)
@pytest.mark.parametrize("name", COMPLEX)
def test_a_complex_matrix_is_shown_and_its_code_computes_the_same(labs: dict[Any, Any], kind: Any, name: str):
    A, lab = COMPLEX[name], labs[kind]
    time = "continuous" if name == "Davies" and kind not in (MemoryLab, GradientLab) else None
    V = A if time or name != "Davies" else dynamics.propagator(A, 0.1)
    lab.set_matrix(V, **({"time": time} if time else {}))
    lab.set(scale=0.5)
    assert np.iscomplexobj(lab.V)
    found: dict[str, Any] = {}
    exec(lab.code, found)
    for key, values in lab.state.arrays().items():
        assert np.allclose(found[key], values, rtol=1e-5, atol=1e-8, equal_nan=True), key
    twin = kind.state_of(lab.preset)
    assert np.array_equal(twin.source.matrix, V) and twin.settings() == lab.state.settings()
    for column in lab.state.table().values():
        assert np.isrealobj(column), "a CSV holds real numbers"


def test_the_maps_of_a_complex_matrix_show_moduli_and_say_so(labs: dict[Any, Any]):
    lab = labs[SchurLab]
    lab.set_matrix(twisted_toeplitz())
    assert np.allclose(lab.figures[0].array("V", "z"), np.abs(twisted_toeplitz()))
    titles = [note.text for note in lab.figures[0].figure.layout.annotations]
    assert titles[0].startswith("|V|") and titles[1].startswith("|Schur form|")
    P, form = lab.state.view.P, lab.state.view.form
    assert np.allclose(P @ form @ P.conj().T, twisted_toeplitz())


def test_levels_of_a_complex_matrix_are_not_mirrored():
    V = np.array([[0.5j, 1.0], [0.0, 0.3 + 0.5j]])
    plane = SpectrumLab(V).state.plane()
    levels = np.array([[np.linalg.svd((x + 1j * y) * np.eye(2) - V)[1][-1] for x in plane.real] for y in plane.imag])
    assert np.allclose(10**plane.levels, levels, rtol=2e-3, atol=1e-9)


# --- entries at the end of float64


@pytest.mark.parametrize("kind", WITH_RADIUS)
def test_subnormal_entries_are_shown(labs: dict[Any, Any], kind: Any):
    lab = labs[kind]
    for scale in (5e-324, 1e-310, 1e-300):
        V = scale * np.array([[1.0, 0.0], [3.0, 2.0]])
        lab.set_matrix(V)
        assert np.array_equal(lab.V, V) and lab.status and not lab.alarm.value, scale


def test_a_kreiss_constant_that_is_not_proven_is_called_a_lower_bound(monkeypatch: pytest.MonkeyPatch):
    V = dynamics.gallery["grcar"](size=20)
    K = dynamics.kreiss_bounds(V)
    proven = SpectrumLab(V)
    proven.set(bounds=True)
    assert f"The Kreiss constant is {short(K.value)}: ‖Vᵏ‖ stays below {short(np.e * 20 * K.above)}" in proven.status
    monkeypatch.setattr(figures, "kreiss_budget", lambda size: 1)
    open_ = SpectrumLab(V)
    open_.set(bounds=True)
    bounds = open_.state.frame().bounds
    assert not bounds.certified and 1 <= bounds.kreiss <= K.above
    assert f"The Kreiss constant is at least {short(bounds.kreiss)}. " in open_.status
