"""V = F_L ⋯ F_1 D: unitary to rounding, the product it says it is, and as free as it says it is."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrnn_core.matrices import UnitaryMatrix

KINDS = [("tunable", True), ("tunable", False), ("fft", True), ("fft", False)]


def drawn(style: str, complex_units: bool, units: int = 8, seed: int = 0, capacity: int | None = None, **options):
    generator, width = torch.Generator().manual_seed(seed), 2 if complex_units else 1
    options = {"dtype": torch.float64, **options}
    return UnitaryMatrix(width * units, style, capacity, complex_units, generator, **options)


def as_complex(V: np.ndarray) -> np.ndarray:
    """The complex matrix whose blocks [[a, −b], [b, a]] V has; it must have them."""
    assert np.array_equal(V[0::2, 0::2], V[1::2, 1::2])
    assert np.array_equal(V[1::2, 0::2], -V[0::2, 1::2])
    return V[0::2, 0::2] + 1j * V[1::2, 0::2]


def rotation_by_rotation(V: UnitaryMatrix, pairs: list[list[tuple[int, int]]]) -> np.ndarray:
    """The definition: each rotation as a matrix of its own, one after another."""
    angles = iter(V.angles.detach().double().tolist())
    units = V.size // V.width
    phases = [0.0] * (len(V.angles) + units) if V.phases is None else V.phases.detach().double().tolist()
    product, turns = np.eye(units, dtype=complex), iter(phases)
    for layer in pairs:
        for first, second in layer:
            angle, turn, F = next(angles), np.exp(1j * next(turns)), np.eye(units, dtype=complex)
            F[first, first], F[first, second] = turn * np.cos(angle), -turn * np.sin(angle)
            F[second, first], F[second, second] = np.sin(angle), np.cos(angle)
            product = F @ product
    return product @ np.diag(np.exp(1j * np.array(phases[len(V.angles) :])))


def pairs_of(style: str, units: int, capacity: int) -> list[list[tuple[int, int]]]:
    if style == "tunable":
        return [[(i, i + 1) for i in range(layer % 2, units - 1, 2)] for layer in range(capacity)]
    return [[(i, i + far) for i in range(units) if not i & far] for far in (2**k for k in range(capacity))]


@pytest.mark.parametrize(("style", "complex_units"), KINDS)
@pytest.mark.parametrize("units", [2, 8])
def test_V_is_the_product_of_its_rotations(style, complex_units, units):
    V = drawn(style, complex_units, units)
    wanted = rotation_by_rotation(V, pairs_of(style, units, V.capacity))
    found = V().detach().numpy()
    assert np.abs((as_complex(found) if complex_units else found) - wanted).max() < 1e-14


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.integers(2, 9), st.integers(1, 9), st.booleans())
def test_V_is_unitary_to_rounding_for_all_parameters_and_its_eigenvalues_have_modulus_1(
    seed, units, capacity, complex_units
):
    V = drawn("tunable", complex_units, units, seed, capacity)
    with torch.no_grad():
        V.angles.mul_(1e3)
    matrix = V().detach().numpy()
    assert np.abs(matrix.T @ matrix - np.eye(len(matrix))).max() < 1e-14 * (capacity + 2)
    assert np.abs(np.abs(V.eigenvalues().numpy()) - 1).max() < 1e-13 * (capacity + 2)
    assert V.departure() == 0


@pytest.mark.parametrize(("style", "complex_units"), KINDS)
def test_in_float32_it_is_unitary_to_float32s_rounding(style, complex_units):
    V = drawn(style, complex_units, 64, dtype=torch.float32)()
    assert V.dtype == torch.float32
    assert (V.T @ V - torch.eye(len(V))).abs().max() < 2e-6


@pytest.mark.parametrize("units", [2, 3, 6, 7])
def test_at_full_capacity_it_has_as_many_parameters_as_the_unitary_and_the_special_orthogonal_group(units):
    """n² and n(n − 1)/2, and they move V in so many directions: the derivative of V by them has full rank."""
    for complex_units, dimension in ((True, units**2), (False, units * (units - 1) // 2)):
        V = drawn("tunable", complex_units, units, capacity=units)
        names, values = zip(*V.named_parameters(), strict=True)
        assert sum(p.numel() for p in V.parameters()) == dimension

        def matrix(*given, V=V, names=names):
            return torch.func.functional_call(V, dict(zip(names, given, strict=True)), ())

        jacobians = torch.autograd.functional.jacobian(matrix, values)
        jacobian = torch.cat([j.flatten(0, 1) for j in jacobians], 1)
        assert torch.linalg.matrix_rank(jacobian, rtol=1e-9) == dimension


def test_the_fft_style_reaches_every_unit_from_every_unit():
    V = as_complex(drawn("fft", True, 16)().detach().numpy())
    assert (np.abs(V) > 1e-12).all()
    assert drawn("fft", True, 16).capacity == 4


def test_a_layer_of_the_tunable_style_reaches_neighbours_only():
    V = as_complex(drawn("tunable", True, 16, capacity=2)().detach().numpy())
    reach = np.abs(np.subtract.outer(np.arange(16), np.arange(16)))
    assert not V[reach > 2].any()


@pytest.mark.parametrize(("style", "complex_units"), KINDS)
def test_the_gradient_of_V_is_that_of_finite_differences(style, complex_units):
    V = drawn(style, complex_units, 4)
    names, values = zip(*V.named_parameters(), strict=True)

    def matrix(*given):
        return torch.func.functional_call(V, dict(zip(names, given, strict=True)), ())

    assert torch.autograd.gradcheck(matrix, values)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((7,), "two or more complex units, of two entries each; got 7"),
        ((2,), "two or more complex units, of two entries each; got 2"),
        ((1, "tunable", None, False), "two or more units; got 1"),
        ((12, "fft"), "power of two of units; got 6"),
        ((8, "fft", 2), "capacity belongs to the tunable style"),
        ((8, "tunable", 0), "capacity must be a whole number of at least 1; got 0"),
        ((8, "butterfly"), "tunable, fft; got 'butterfly'"),
    ],
)
def test_what_is_no_unitary_matrix_of_this_kind_is_refused_in_words(arguments, reason):
    with pytest.raises(ValueError, match=reason):
        UnitaryMatrix(*arguments)
