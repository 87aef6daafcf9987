"""Functions of one matrix: P and its gradient, pseudospectra, growth of powers, each against the libraries' own."""

from __future__ import annotations

import importlib.util

import numpy as np
import torch
from torch.nn.utils import parametrizations

from nnrnn_core import dynamics
from nnrnn_core.matrices import SchurMatrix
from nnrnn_core.matrices.orthogonal import OrthogonalMatrix, tangent_space

from .measure import Comparison, Row, Setup, Work, Works

THREE = ("grcar", "random", "nnrnn")
TOLERANCES = (1e-2, 1e-3, 1e-8)


# --- P ------------------------------------------------------------------------------------------------------------


def schur(setup: Setup) -> tuple[Work, Work]:
    """V with the gradient of its parameters for a given ∂L/∂V, as `Training` computes them; and P's re-basing after an
    update."""
    source = torch.Generator().manual_seed(0)
    matrix = SchurMatrix(setup.size(512, 8), "random", source, setup.device)
    dV = torch.randn(matrix.size, matrix.size, generator=source).to(setup.device)
    entries, leaves = matrix.orthogonal.entries, [*matrix.parameters()]
    moved = 1e-4 * torch.randn(entries.shape, generator=source).to(setup.device)

    def value_and_gradient() -> object:
        with tangent_space(matrix):
            return torch.autograd.grad(matrix(), leaves, dV)

    def rebase() -> None:
        entries.data.copy_(moved)
        matrix.rebase()

    return value_and_gradient, rebase


def gradient_of(module: torch.nn.Module, name: str, incoming: torch.Tensor) -> Work:
    """A module's orthogonal matrix, and the gradient of its parameters."""
    leaves = [*module.parameters()]
    return lambda: torch.autograd.grad(getattr(module, name) if name else module(), leaves, incoming)


def orthogonal(setup: Setup) -> Works:
    n = setup.size(512, 8)
    incoming = torch.randn(n, n, device=setup.device)
    V, rebase = schur(setup)
    peers = {"torch's orthogonal": parametrizations.orthogonal(layer(n, setup))}
    if importlib.util.find_spec("geotorch"):
        import geotorch

        peers["GeoTorch's orthogonal"] = layer(n, setup)
        geotorch.orthogonal(peers["GeoTorch's orthogonal"], "weight")
    return {
        "V, its gradient, re-basing": lambda: (V(), rebase()),
        **{name: gradient_of(peer, "weight", incoming) for name, peer in peers.items()},
        "matrix_exp": gradient_of(OrthogonalMatrix(n, "random", device=setup.device), "", incoming),
    }


def layer(n: int, setup: Setup) -> torch.nn.Module:
    return torch.nn.Linear(n, n, bias=False, device=setup.device)


# --- pseudospectra ------------------------------------------------------------------------------------------------


def kit_name(tolerance: float) -> str:
    return f"pseudospectrum to {tolerance:g}"


def pseudospectra(setup: Setup, size: int, points: int) -> Works:
    """σ_min(zI − V) on a grid, for three matrices one after the other, and for each alone."""
    matrices = {name: dynamics.gallery[name](size=setup.size(size, 6)) for name in THREE}
    axis = np.linspace(-1.5, 1.5, setup.size(points, 5))
    z = axis + 1j * axis[:, None]
    stacks = [z[..., None, None] * np.eye(len(V)) - V for V in matrices.values()]

    def kit(names: tuple[str, ...], tolerance: float) -> Work:
        return lambda: [dynamics.pseudospectrum(matrices[name], axis, axis, tolerance) for name in names]

    return {
        **{kit_name(tolerance): kit(THREE, tolerance) for tolerance in TOLERANCES},
        **{f"{name} alone, to 0.001": kit((name,), 1e-3) for name in THREE},
        "batched SVD": lambda: [np.linalg.svd(stack, compute_uv=False) for stack in stacks],
        "loop of SVDs": lambda: [[[np.linalg.svd(M, compute_uv=False) for M in row] for row in s] for s in stacks],
    }


def pseudospectra_rows(speedup: float) -> tuple[Row, ...]:
    """Against the batched SVD, with a target at 1e-3, the tolerance of a lab at rest."""
    batched = [
        Row(kit_name(tolerance), ("batched SVD",), speedup if tolerance == 1e-3 else None, speedup=True)
        for tolerance in TOLERANCES
    ]
    return (*batched, Row(kit_name(1e-3), ("loop of SVDs",), speedup=True))


# --- growth -------------------------------------------------------------------------------------------------------


def largest_singular_values(V: np.ndarray, horizon: int) -> np.ndarray:
    """‖V^k‖₂ by a product and an SVD a power."""
    M, norms = np.eye(len(V)), [1.0]
    for _ in range(horizon):
        M = M @ V
        norms.append(float(np.linalg.svd(M, compute_uv=False)[0]))
    return np.array(norms)


def growth(setup: Setup) -> Works:
    found: Works = {}
    for name in ("nnrnn", "random"):
        V, horizon = dynamics.gallery[name](size=setup.size(128, 6)), setup.size(200, 5)
        if not np.allclose(dynamics.transient_growth(V, horizon), largest_singular_values(V, horizon), rtol=1e-6):
            raise AssertionError(f"the growth of the gallery's {name} is not that of its singular values")
        found[f"transient_growth, {name}"] = lambda V=V, horizon=horizon: dynamics.transient_growth(V, horizon)
        found[f"an SVD a power, {name}"] = lambda V=V, horizon=horizon: largest_singular_values(V, horizon)
    return found


COMPARISONS = (
    Comparison(
        "orthogonal",
        "An orthogonal matrix and its gradient; N = 512 (the kit's time is that of all V)",
        orthogonal,
        tuple(
            Row("V, its gradient, re-basing", (peer,))
            for peer in ("torch's orthogonal", "GeoTorch's orthogonal", "matrix_exp")
        ),
        rounds=5,
    ),
    Comparison(
        "pseudospectra-64",
        f"Pseudospectra, 61×61 points, N = 64; {', '.join(THREE)}, one after the other",
        lambda setup: pseudospectra(setup, 64, 61),
        pseudospectra_rows(10),
        rounds=3,
        on_gpu=False,
    ),
    Comparison(
        "pseudospectra-32",
        f"Pseudospectra, 41×41 points, N = 32; {', '.join(THREE)}, one after the other",
        lambda setup: pseudospectra(setup, 32, 41),
        (*pseudospectra_rows(5), *(Row(f"{name} alone, to 0.001", (), 40) for name in THREE)),
        rounds=3,
        on_gpu=False,
    ),
    Comparison(
        "growth",
        "‖V^k‖₂ for k = 0…200; N = 128",
        growth,
        tuple(
            Row(f"transient_growth, {name}", (f"an SVD a power, {name}",), 5, speedup=True)
            for name in ("nnrnn", "random")
        ),
        rounds=9,
        on_gpu=False,
    ),
)
