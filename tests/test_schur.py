"""V = P (Λ + s T) Pᵀ: the spectrum read off the parameters, the masks, what is refused."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrnn_core import SchurMatrix
from oracles import as_installed

seeds = st.integers(0, 2**31)
halves = st.integers(1, 8)


def drawn(seed: int, size: int, strength: float = 1.0, scale: float = 1.0, **options) -> SchurMatrix:
    """A matrix in float64 with random P, γ around 1 (negative ones among them) and T."""
    generator = torch.Generator().manual_seed(seed)
    V = SchurMatrix(size, "random", generator, dtype=torch.float64, **options)
    with torch.no_grad():
        V.gamma.copy_(1 + torch.randn(V.gamma.shape, generator=generator, dtype=torch.float64))
        V.T_entries.copy_(strength * torch.randn(V.T_entries.shape, generator=generator, dtype=torch.float64))
        V.scale.fill_(scale)
    return V


def exponential(A: torch.Tensor) -> torch.Tensor:
    """exp(A) = exp(A/64)^64, the inner one by its series.

    torch.matrix_exp (2.13, float64) is wrong by some 10⁻¹² where ‖A‖ is near 0.01: it stops its series too early there.
    """
    power = identity = torch.eye(len(A), dtype=A.dtype)
    for k in range(20, 0, -1):  # Horner
        power = identity + A / 64 @ power / k
    for _ in range(6):
        power = power @ power
    return power


def matched(found: np.ndarray, wanted: np.ndarray) -> float:
    """The largest distance between two sets of numbers, each sorted by real part, then imaginary."""
    return float(np.abs(np.sort_complex(found.round(9)) - np.sort_complex(wanted.round(9))).max())


@settings(max_examples=20)
@given(seeds, halves, st.floats(0, 10), st.floats(0, 1.5))
def test_in_the_blocks_complex_basis_V_is_lower_triangular_with_the_eigenvalues_on_its_diagonal(
    seed, half, strength, scale
):
    V = drawn(seed, 2 * half, strength, scale)
    block = torch.tensor([[1, 1], [-1j, 1j]], dtype=torch.complex128) / math.sqrt(2)  # (1, ∓i)/√2 for e^{±iθ}
    basis = torch.block_diag(*[block] * half)
    form = basis.conj().T @ (V.P.T @ V() @ V.P).to(torch.complex128) @ basis
    tolerance = 1e-12 * max(1.0, float(V.schur_form().detach().norm()))
    eigenvalues = torch.polar(torch.ones_like(V.theta), V.theta) * V.gamma
    expected = torch.stack([eigenvalues, eigenvalues.conj()], 1).flatten()
    assert (form.diagonal() - expected).abs().max() < tolerance
    assert (V.eigenvalues() - expected).abs().max() < 1e-12
    assert form.triu(1).abs().max() < tolerance


@settings(max_examples=20)
@given(seeds, halves, st.floats(0, 10), st.floats(0, 1.5))
def test_henrici_departure_is_the_frobenius_norm_of_the_scaled_T(seed, half, strength, scale):
    V = drawn(seed, 2 * half, strength, scale)
    from_definition = V().square().sum() - V.eigenvalues().abs().square().sum()
    assert V.departure() == pytest.approx(float((scale * V.T.detach()).norm()), abs=1e-12)
    assert V.departure() ** 2 == pytest.approx(float(from_definition.detach()), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_entry_mask_moves_the_eigenvalues_to_where_its_closed_form_says(seed):
    V = drawn(seed, 6, strength=0.3, mask="entry")
    numerical = torch.linalg.eigvals(V()).detach().numpy()
    assert matched(V.eigenvalues().numpy(), numerical) < 1e-7
    with torch.no_grad():
        eigenvalues = V.eigenvalues()
        V.T_entries.zero_()
    assert matched(V.eigenvalues().numpy(), eigenvalues.numpy()) > 0.01


@settings(max_examples=40)
@given(st.floats(-1.5, 1.5), st.floats(0, 2 * math.pi), st.floats(-2, 2))
def test_what_the_entry_mask_lets_into_a_block_moves_the_moduli_off_gamma(gamma, theta, t):
    """λ₁ λ₂ = γ² + γ t sin θ, which is |λ|² where the pair is complex.

    The authors, who write V's transpose, have t beside −γ sin θ, and so γ² − γ t sin θ.
    """
    V = SchurMatrix(2, dtype=torch.float64, mask="entry")
    with torch.no_grad():
        V.gamma.fill_(gamma)
        V.theta.fill_(theta)
        V.T_entries.fill_(t)
    one, two = V.eigenvalues().numpy()
    product = gamma**2 + gamma * t * math.sin(theta)
    assert abs(one * two - product) < 1e-12
    if abs(one.imag) > 1e-9:
        assert abs(one) ** 2 == pytest.approx(product, abs=1e-12)
    authors = np.array([[math.cos(theta), -math.sin(theta)], [math.sin(theta), math.cos(theta)]]) * gamma + np.array(
        [[0, t], [0, 0]]
    )
    assert np.linalg.det(authors) == pytest.approx(gamma**2 - gamma * t * math.sin(theta), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_henrici_departure_with_the_entry_mask_is_what_the_eigenvalues_leave_of_the_norm(seed):
    V = drawn(seed, 6, mask="entry")
    left = float(V().detach().square().sum()) - float(np.sum(np.abs(np.linalg.eigvals(V().detach().numpy())) ** 2))
    assert V.departure() == pytest.approx(math.sqrt(left), rel=1e-6)


@pytest.mark.parametrize(("mask", "free"), [("block", 128 * 127 // 2 - 64), ("entry", 128 * 127 // 2)])
def test_T_has_the_entries_below_its_mask_and_no_others(mask, free):
    V = SchurMatrix(128, mask=mask)
    assert V.T_entries.numel() == free
    with torch.no_grad():
        V.T_entries.fill_(1)
    rows, columns = np.nonzero(V.T.numpy(force=True))
    assert len(rows) == free
    assert np.all(rows // 2 > columns // 2 if mask == "block" else rows > columns)


@pytest.mark.parametrize("init", ["henaff", "cayley"])
def test_P_of_plane_rotations_commutes_with_the_blocks_and_V_starts_as_them(init, generator):
    V = SchurMatrix(16, init, generator, dtype=torch.float64)
    form = V.schur_form()
    assert (V.P @ form - form @ V.P).abs().max() < 1e-14
    assert (V() - form).abs().max() < 1e-14
    assert not bool(V.T.any())


def test_a_random_P_makes_V_dense(generator):
    V = SchurMatrix(16, "random", generator, dtype=torch.float64)
    assert (V().detach().abs() > 1e-6).float().mean() > 0.95


@pytest.mark.parametrize("init", ["henaff", "cayley", "random"])
def test_V_starts_orthogonal_with_its_angles_all_around_the_circle(init, generator):
    V = SchurMatrix(200, init, generator, dtype=torch.float64)
    assert (V().T @ V() - torch.eye(200)).abs().max() < 1e-12
    assert bool((V.gamma == 1).all())
    quarters = torch.histc(V.theta.detach(), 4, 0, 2 * math.pi)
    assert int(quarters.sum()) == 100
    assert quarters.min() > 10


def test_a_pulse_travels_down_the_chain():
    V = SchurMatrix(12, "random", torch.Generator().manual_seed(1), dtype=torch.float64)
    with torch.no_grad():
        V.gamma.zero_()
    V.set_T(np.eye(12, k=-2))
    pulse = V.P[:, 0]
    for k in range(6):
        in_modes = V.P.T @ torch.linalg.matrix_power(V(), k) @ pulse
        expected = torch.eye(12, dtype=torch.float64)[2 * k]
        assert (in_modes - expected).abs().max() < 1e-12
    assert (torch.linalg.matrix_power(V(), 6) @ pulse).norm() < 1e-12


def test_the_scale_multiplies_T_alone_and_gives_it_back():
    V = drawn(3, 8)
    before = V()
    V.scale.fill_(0)
    assert V.departure() == 0
    assert (V() @ V().T - V().T @ V()).abs().max() < 1e-12
    V.scale.fill_(1)
    assert torch.equal(V(), before)


def test_rebasing_does_not_move_V():
    V = drawn(4, 8)
    with torch.no_grad():
        V.orthogonal.entries.normal_()
    before = V()
    V.rebase()
    assert (V() - before).abs().max() < 1e-12


def test_every_parameter_has_the_gradient_of_finite_differences():
    V = drawn(5, 4)
    names = [name for name, _ in V.named_parameters()]
    weights = torch.randn(4, 4, dtype=torch.float64)

    def total(*values):
        return (torch.func.functional_call(V, dict(zip(names, values, strict=True))) * weights).sum()

    assert torch.autograd.gradcheck(total, [p.detach().clone().requires_grad_() for p in V.parameters()])


@settings(max_examples=20)
@given(seeds, halves, st.sampled_from(["block", "entry"]), st.floats(0, 10), st.floats(0, 1.5), st.floats(0, 3))
def test_V_and_every_gradient_are_autograds_of_the_formula(seed, half, mask, strength, scale, turned):
    V = drawn(seed, 2 * half, strength, scale, mask=mask)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        V.orthogonal.entries.copy_(turned * torch.randn(V.orthogonal.entries.shape, generator=generator))
    weights = torch.randn(V.size, V.size, generator=generator, dtype=torch.float64)
    P = V.orthogonal.base @ exponential(V.orthogonal.skew())
    results = []
    for value in (V(), P @ V.schur_form() @ P.T):
        gradients = torch.autograd.grad((weights * value).sum(), list(V.parameters()))
        results.append([value.detach(), *gradients])
    for ours, theirs in zip(*results, strict=True):
        if ours.numel():  # a single block has no T
            assert (ours - theirs).abs().max() < 1e-12 * max(1.0, float(theirs.abs().max()))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 0.03), (torch.float16, 0.004)])
def test_in_half_precision_V_is_that_of_float32_rounded(dtype, tolerance):
    V = SchurMatrix(16, "random", torch.Generator().manual_seed(0))
    with torch.no_grad():
        V.orthogonal.entries.normal_(std=0.5)
        V.T_entries.normal_(std=0.1)
    exact = V().detach()
    half = V.to(dtype)()
    assert half.dtype == dtype
    assert (half.float() - exact).abs().max() < tolerance
    made = SchurMatrix(16, "random", torch.Generator().manual_seed(0), dtype=dtype)
    assert (made.P.float() @ made.P.float().T - torch.eye(16)).abs().max() < tolerance
    half.float().square().sum().backward()
    assert all(bool(parameter.grad.isfinite().all()) for parameter in V.parameters())


def test_everything_that_follows_from_the_size_is_made_anew_and_not_saved():
    V = drawn(3, 6)
    assert (
        set(V.state_dict())
        == {
            *("theta", "gamma", "T_entries", "scale", "orthogonal.entries", "orthogonal.base"),
        }
        == {name for name, _ in [*V.named_parameters(), *V.named_buffers()]}
    )


def test_a_matrix_made_on_the_meta_device_is_filled_by_a_state_dict():
    V = drawn(3, 6)
    with torch.device("meta"):
        outlines = [SchurMatrix(6, "random"), SchurMatrix(6)]
    outlines.append(SchurMatrix(6, device="meta", dtype=torch.float64))
    outlines[1] = outlines[1].to_empty(device="cpu").double()
    for outline, assign in zip(outlines, (True, False, True), strict=True):
        outline.load_state_dict(V.state_dict(), assign=assign)
        assert (outline() - V()).abs().max() < 1e-13
        assert torch.equal(outline.T, V.T)


def test_no_gradient_flows_to_the_scale():
    V = drawn(10, 6, scale=0.7)
    V().sum().backward()
    assert V.scale.grad is None
    assert all(parameter.grad is not None for parameter in V.parameters())


def test_the_same_seed_gives_the_same_matrix_in_float32_and_float64_alike():
    for dtype in (torch.float32, torch.float64):
        one, two = (SchurMatrix(6, "random", torch.Generator().manual_seed(2), dtype=dtype) for _ in range(2))
        assert one().dtype == dtype
        assert torch.equal(one(), two())


def test_a_saved_matrix_comes_back_with_its_scale_and_its_base():
    V, other = drawn(6, 8, scale=0.7), drawn(7, 8)
    other.load_state_dict(V.state_dict())
    assert torch.equal(V(), other())
    assert float(other.scale) == 0.7


def test_a_matrix_of_ones_own_takes_the_place_of_T(generator):
    V = SchurMatrix(8, generator=generator)
    block = np.arange(8) // 2
    T = np.random.default_rng(0).normal(size=(8, 8)) * (block[:, None] > block)
    V.set_T(T)
    assert np.abs(V.T.numpy(force=True) - T).max() < 1e-6
    V.set_T(torch.from_numpy(2 * T))
    assert np.abs(V.T.numpy(force=True) - 2 * T).max() < 1e-6


@pytest.mark.parametrize(
    ("T", "reason"),
    [
        (np.zeros((6, 6)), r"\(8, 8\); got \(6, 6\)"),
        (np.eye(8, k=-1), r"T\[1, 0\] is 1"),
        (np.eye(8), r"T\[0, 0\] is 1"),
        (np.eye(8, k=-2) * np.nan, "real and finite"),
        (np.eye(8, k=-2) * 1j, "real and finite"),
    ],
)
def test_a_T_that_does_not_fit_is_refused_and_leaves_the_old_one(T, reason):
    V = drawn(8, 8)
    before = V()
    with pytest.raises(ValueError, match=reason):
        V.set_T(T)
    assert torch.equal(V(), before)


@pytest.mark.parametrize("size", [7, 0, -2, True, 2.0, "8"])
def test_a_size_that_holds_no_blocks_is_refused(size):
    with as_installed(), pytest.raises(ValueError, match=r"size must be .*got"):
        SchurMatrix(size)


@pytest.mark.parametrize(("option", "names"), [("init", "henaff, cayley, random"), ("mask", "block, entry")])
def test_an_unknown_name_lists_the_known_ones(option, names):
    with pytest.raises(ValueError, match=names):
        SchurMatrix(4, **{option: "no such thing"})


def test_a_matrix_without_numbers_can_still_be_printed():
    assert "size=4" in repr(SchurMatrix(4, device="meta"))
