"""A matrix in other units is the same matrix: nothing but the unit may change, up to the ends of float64."""

import math

import numpy as np
import pytest

from matrices import orthogonal
from nnrnn_core import dynamics
from nnrnn_core.dynamics.form import frobenius

pytestmark = pytest.mark.as_installed  # the Kreiss constant calls small functions thousands of times
POWERS = [-1000, -540, 540]  # of 2: to multiply by one of them rounds nothing
SKEWED = np.array([[-2.1, 0.0, 0.0], [5.0, -2.2, 0.0], [0.0, 1.0, -3.0]])
DENSE = orthogonal(3, np.random.default_rng(0)) @ SKEWED @ orthogonal(3, np.random.default_rng(0)).T
PLACES = np.array([-2.0, 0.3, -2.1 + 1j, 2j])

LIKE_V = {
    "eigenvalues": lambda V, unit: dynamics.eigenvalues(V),
    "uncertainty": lambda V, unit: dynamics.eigenvalue_uncertainty(V),
    "henrici": lambda V, unit: dynamics.henrici(V),
    "numerical radius": lambda V, unit: dynamics.numerical_radius(V),
    "numerical abscissa": lambda V, unit: dynamics.numerical_abscissa(V),
    "level": lambda V, unit: dynamics.resolvent_level(V, unit * PLACES),
    "pseudospectral radius": lambda V, unit: dynamics.pseudospectral_radius(V, 0.1 * unit),
    "pseudospectral abscissa": lambda V, unit: dynamics.pseudospectral_abscissa(V, 0.1 * unit),
}
WITHOUT_A_UNIT = {
    "conditions": lambda V, unit: dynamics.eigenvalue_conditions(V),
    "eigenvector condition": lambda V, unit: dynamics.eigenvector_condition(V),
    "growth in time": lambda V, unit: dynamics.exponential_growth(V, np.linspace(0, 2, 5) / unit),
    "peak": lambda V, unit: (*(found := dynamics.growth_peak(V, "continuous"))[::2], found.at * unit),
    "Kreiss constant": lambda V, unit: dynamics.kreiss_constant(V, "continuous"),
}


@pytest.mark.parametrize("V", [SKEWED, DENSE * (1 + 0.5j)], ids=["triangular", "complex"])
def test_the_numbers_of_a_matrix_are_those_of_the_matrix_in_any_unit(V):
    for name, f in (LIKE_V | WITHOUT_A_UNIT).items():
        known = f(V, 1.0)
        for k in POWERS:
            unit = 2.0**k
            found = np.array(f(unit * V, unit)) / (unit if name in LIKE_V else 1)
            assert np.allclose(found, known, rtol=1e-9), (name, k)


def test_a_matrix_of_subnormal_numbers_has_its_norm_and_no_warning():
    tiny = np.array([[0, 5e-324], [5e-324, 0]])
    assert frobenius(tiny.astype(complex)) > 0
    assert dynamics.growth_peak(tiny) == (1.0, 0.0, True, 1.0)
    assert dynamics.growth_peak(tiny, "continuous").proven


def test_a_matrix_whose_norm_leaves_float64_is_refused_in_words():
    for entry in (1e308, 1e308 * (1 + 1j)):
        with pytest.raises(ValueError, match=r"norm of V leaves float64, .* scale it down"):
            dynamics.eigenvalues(np.full((3, 3), entry))
    assert dynamics.spectral_radius([[1e307]]) == 1e307


def test_circles_too_large_for_float64_bound_no_kreiss_constant():
    V = np.array([[0.5, 0], [1e300, 0.4]])
    found = dynamics.kreiss_bounds(V)
    assert found.value <= 1e300 <= found.above == math.inf
    assert not found.certified
