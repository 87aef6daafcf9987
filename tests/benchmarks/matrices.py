"""Functions of one matrix: P and its gradient, pseudospectra, growth of powers, each against the libraries' own."""

from __future__ import annotations

import copy
import importlib.util
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from nnrnn_core import dynamics
from nnrnn_core.matrices import SchurMatrix
from nnrnn_core.matrices.orthogonal import OrthogonalMatrix

from .measure import Comparison, Row, Setup, Work, Works, milliseconds

THREE = ("grcar", "random", "nnrnn")
TOLERANCES = (1e-2, 1e-3, 1e-8)


# --- P ------------------------------------------------------------------------------------------------------------


@torch.no_grad()
def leave_base(P: OrthogonalMatrix) -> None:
    """Moves A as far as some hundred steps of an ordinary optimiser do: ‖A − Aᵀ‖₂, the largest angle in radians by
    which P is turned, is about 1. (For entries ~ N(0, 1) it is about 2√n.)"""
    drawn = torch.randn(P.entries.shape, generator=torch.Generator().manual_seed(1))
    P.entries.copy_(drawn / (2 * P.size**0.5))


@dataclass(frozen=True)
class Schur:
    """A SchurMatrix, and the gradient ∂L/∂V that comes in."""

    matrix: SchurMatrix
    incoming: Tensor

    @classmethod
    def of(cls, setup: Setup) -> Schur:
        source = torch.Generator().manual_seed(0)
        matrix = SchurMatrix(setup.size(512, 8), "random", source).to(setup.device)
        return cls(matrix, torch.randn(matrix.size, matrix.size, generator=source).to(setup.device))

    def gradient(self) -> object:
        """V and the gradient of its parameters, at P's base, where `Training` computes them."""
        return torch.autograd.grad(self.matrix(), [*self.matrix.parameters()], self.incoming)

    def moved(self) -> Work:
        """A work: the same where P has left its base, as for a torch user who never re-bases."""
        away = copy.deepcopy(self)
        leave_base(away.matrix.orthogonal)
        return away.gradient

    def rebasing(self) -> Work:
        """A work: P's re-basing after an update."""
        matrix, entries = copy.deepcopy(self.matrix), self.matrix.orthogonal.entries
        update = 1e-4 * torch.randn(entries.shape, generator=torch.Generator().manual_seed(1)).to(entries.device)

        def rebase() -> None:
            matrix.orthogonal.entries.data.copy_(update)
            matrix.rebase()

        return rebase


def gradient_of(module: nn.Module, name: str, incoming: Tensor) -> Work:
    """A module's orthogonal matrix, and the gradient of its parameters."""
    leaves = [*module.parameters()]
    return lambda: torch.autograd.grad(getattr(module, name), leaves, incoming)


def by_matrix_exp(n: int, incoming: Tensor) -> Work:
    """P = P₀ exp(A − Aᵀ) and the gradient of A, as torch.matrix_exp gives them at A = 0."""
    P = OrthogonalMatrix(n, "random").to(incoming.device)
    return lambda: torch.autograd.grad(P.base @ torch.matrix_exp(P.skew()), P.entries, incoming)


def orthogonal(setup: Setup) -> Works:
    schur, rebase = Schur.of(setup), Schur.of(setup).rebasing()
    incoming = schur.incoming
    n = len(incoming)
    peers = {PEERS[0]: parametrizations.orthogonal(layer(n, setup))}
    if importlib.util.find_spec("geotorch"):
        import geotorch

        peers[PEERS[1]] = layer(n, setup)
        geotorch.orthogonal(peers[PEERS[1]], "weight")
    return {
        OWN[0]: lambda: (schur.gradient(), rebase()),
        OWN[1]: schur.moved(),
        **{name: gradient_of(peer, "weight", incoming) for name, peer in peers.items()},
        PEERS[2]: by_matrix_exp(n, incoming),
    }


OWN = ("V, its gradient, re-basing", "V and its gradient, P free")
PEERS = ("torch's orthogonal", "GeoTorch's orthogonal", "torch.matrix_exp")


def layer(n: int, setup: Setup) -> nn.Module:
    return nn.Linear(n, n, bias=False, device=setup.device)


# --- pseudospectra ------------------------------------------------------------------------------------------------


def of_size(name: str, size: int) -> np.ndarray:
    """A matrix of the gallery, also beyond the 200 rows where its slider ends."""
    specimen = dynamics.gallery[name]
    defaults = {key: parameter.default for key, parameter in specimen.parameters.items()}
    return np.asarray(specimen.build(**{**defaults, "size": size}))


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


def wide_pseudospectra(setup: Setup) -> Works:
    """As `pseudospectra`, at 256 rows, where all singular values would take half an hour: every 6th point of either
    axis, and as much time for each of the others."""
    size, points = setup.size(256, 6), setup.size(61, 7)
    axis = np.linspace(-1.5, 1.5, points)
    few = axis[::6] + 1j * axis[::6, None]
    matrices = {name: of_size(name, size) for name in THREE}

    def batched(V: np.ndarray) -> float:
        stacks = [row[:, None, None] * np.eye(size) - V for row in few]
        spent = milliseconds(lambda: [np.linalg.svd(stack, compute_uv=False) for stack in stacks], setup.device)
        return spent * points**2 / few.size

    def kit(V: np.ndarray) -> float:
        return milliseconds(lambda: dynamics.pseudospectrum(V, axis, axis, 1e-3), setup.device)

    return {
        **{f"{name}, to 0.001": lambda V=V: kit(V) for name, V in matrices.items()},
        **{f"{name}, batched SVD": lambda V=V: batched(V) for name, V in matrices.items()},
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
        tuple(Row(own, (peer,)) for own in OWN for peer in PEERS),
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
        "pseudospectra-256",
        "Pseudospectra, 61×61 points, N = 256, to 0.001; the batched SVD from 121 of the points",
        wide_pseudospectra,
        tuple(Row(f"{name}, to 0.001", (f"{name}, batched SVD",), 20, speedup=True) for name in THREE),
        rounds=1,
        timed=False,
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
