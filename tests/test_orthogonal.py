"""P = P₀ exp(A − Aᵀ): orthogonal at the start, after any training, in any precision."""

import math

import pytest
import torch
from torch.nn.utils import parametrizations

from nnrnn_core.matrices.orthogonal import INITIALISERS, OrthogonalMatrix
from oracles import as_installed


def defect(P: torch.Tensor) -> float:
    """max |PᵀP − I|."""
    return float((P.T @ P - torch.eye(len(P), dtype=P.dtype)).detach().abs().max())


@pytest.mark.parametrize("init", INITIALISERS)
def test_every_initialiser_gives_a_rotation(init, generator):
    for size in (1, 2, 7, 32):
        P = OrthogonalMatrix(size, init, generator, dtype=torch.float64)().detach()
        assert defect(P) < 1e-13
        assert float(torch.linalg.det(P)) == pytest.approx(1)


@pytest.mark.parametrize("init", ["henaff", "cayley"])
def test_plane_rotations_are_orthogonal_to_rounding_at_every_seed(init):
    """The series of `torch.matrix_exp` is off by 1e-11 at some angles."""
    for seed in range(300):
        assert defect(OrthogonalMatrix(2, init, torch.Generator().manual_seed(seed), dtype=torch.float64)()) < 1e-15


@pytest.mark.parametrize(("init", "low", "high"), [("henaff", -math.pi, 0), ("cayley", -1, 0)])
def test_plane_rotations_turn_by_angles_in_their_range(init, low, high, generator):
    P = OrthogonalMatrix(400, init, generator, dtype=torch.float64)().detach()
    blocks = P.reshape(200, 2, 200, 2).diagonal(dim1=0, dim2=2).permute(2, 0, 1)
    angles = torch.atan2(blocks[:, 0, 1], blocks[:, 0, 0])
    assert bool((blocks.square().sum((1, 2)) - 2 < 1e-12).all())
    assert low <= angles.min() < low + 0.1 * (high - low)
    assert high - 0.1 * (high - low) < angles.max() <= high


def test_the_angle_of_a_random_rotation_of_the_plane_is_uniform(generator):
    turns = torch.stack([OrthogonalMatrix(2, "random", generator)().detach()[:, 0] for _ in range(300)])
    assert turns.mean(0).abs().max() < 0.2  # three standard deviations are 0.12


def test_P_is_the_exponential_that_torchs_own_parametrisation_makes():
    ours = OrthogonalMatrix(6, "random", dtype=torch.float64)
    layer = torch.nn.Linear(6, 6, bias=False, dtype=torch.float64)
    parametrizations.orthogonal(layer, orthogonal_map="matrix_exp", use_trivialization=False)
    with torch.no_grad():
        ours.entries.normal_()
        layer.parametrizations.weight.original.copy_(ours.skew().tril())  # torch takes X − Xᵀ of the lower triangle
        ours.base.copy_(torch.eye(6))
    assert (ours() - layer.weight).abs().max() < 1e-13


@pytest.mark.parametrize(
    ("dtype", "tolerance", "std", "way"),
    [(torch.float32, 1e-5, 1e-3, 0.1), (torch.float64, 1e-14, 0.1, 1)],
    ids=["float32, small updates", "float64, large updates"],
)
def test_P_is_orthogonal_after_a_thousand_updates(dtype, tolerance, std, way, generator):
    matrix = OrthogonalMatrix(16, "random", generator, dtype=dtype)
    start = matrix().detach()
    for _ in range(1000):
        with torch.no_grad():
            matrix.entries.normal_(std=std, generator=generator)
        matrix.rebase()
    assert defect(matrix()) < tolerance
    assert (matrix() - start).norm() > way


def test_rebasing_keeps_P_and_empties_its_parameter(generator):
    matrix = OrthogonalMatrix(8, "random", generator, dtype=torch.float64)
    with torch.no_grad():
        matrix.entries.normal_()
    before = matrix().detach()
    matrix.rebase()
    assert (matrix() - before).abs().max() < 1e-13
    assert not bool(matrix.entries.any())


def test_an_update_out_of_all_range_is_no_error():
    matrix = OrthogonalMatrix(4, dtype=torch.float64)
    with torch.no_grad():
        matrix.entries.fill_(1e300)
    matrix.rebase()
    assert not bool(matrix.entries.any())


def test_P_stays_orthogonal_under_autocast(generator):
    matrix = OrthogonalMatrix(16, "random", generator)
    with torch.no_grad():
        matrix.entries.normal_()
    with torch.autocast("cpu", torch.bfloat16):
        P = matrix()
    assert P.dtype == torch.float32
    assert defect(P) < 1e-5


def test_an_orthogonal_matrix_is_normal_with_its_eigenvalues_on_the_unit_circle(generator):
    matrix = OrthogonalMatrix(8, "random", generator, dtype=torch.float64)
    assert float((matrix.eigenvalues().abs() - 1).abs().max()) < 1e-12
    assert matrix.departure() == 0


def test_an_initialiser_of_ones_own_is_used_as_given():
    def swap(size, generator, dtype):
        return torch.eye(size, dtype=dtype).flip(0)

    assert torch.equal(OrthogonalMatrix(4, swap)(), torch.eye(4).flip(0))


@pytest.mark.parametrize(
    ("init", "reason"),
    [
        (lambda n, g, d: 2 * torch.eye(n, dtype=d), "orthogonal"),
        (lambda n, g, d: torch.eye(n, dtype=d) * math.nan, "orthogonal"),
        (lambda n, g, d: torch.eye(n + 1, dtype=d), r"\(4, 4\)"),
        ("glorot", "henaff, cayley, random"),
    ],
)
def test_an_initialiser_that_is_not_orthogonal_or_not_known_is_refused(init, reason):
    with pytest.raises(ValueError, match=reason):
        OrthogonalMatrix(4, init)


@pytest.mark.parametrize("size", [0, True, 1.5])
def test_a_size_out_of_range_is_refused(size):
    with as_installed(), pytest.raises(ValueError, match="size must be a whole number"):
        OrthogonalMatrix(size)
