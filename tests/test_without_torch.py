"""The mathematics of a matrix works where torch is not installed: in a browser, say."""

from __future__ import annotations

import subprocess
import sys

import pytest

import badges

pytestmark = pytest.mark.integration

# Hides torch as a machine without it would: the import raises, and nothing of it is in memory.
HIDE = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hidden())
"""

EVERYTHING = """
import inspect
import numpy as np
import nnrnn_core
from nnrnn_core import dynamics, threads

V, A, z = dynamics.gallery["nnrnn"](size=8), dynamics.gallery["balanced_network"](), [1.5, 1.5j]
P, blocks, T = dynamics.schur_parts(V)
line = np.linspace(-1.5, 1.5, 5)
calls = {
    "ablate": (T, 0.0, T), "diagonal_energy": (T,), "mean_memory": (V, 5, 9), "shuffled_energy": (T,),
    "activity": (V,), "as_real": (V,), "as_schur": (V,),
    "block_eigenvalues": (0.9, [0.7]), "block_rows": (blocks,), "bound_from_point": (V, 1.2, 5),
    "cloud_growth": (V, 5, 4), "decay_horizon": (V,), "departure_parts": (V,), "eigenvalue_conditions": (V,),
    "eigenvalues": (V,), "eigenvector_condition": (V,), "estimate_growth": (V, [0, 1, 2]),
    "estimate_memory": (V, V[0], 5, 9), "exponential_growth": (A, [0, 1, 2]), "fisher_memory": (V, V[0], 5, 9),
    "free_entries": (8,),
    "growth_bounds": (V, 5), "growth_powers": (9,), "henrici": (V,), "kreiss_constant": (V,),
    "lyapunov_exponents": ([V, V],), "numerical_abscissa": (A,), "numerical_radius": (V,), "numerical_range": (V,),
    "optimal_input": (V, 2), "perturbed_eigenvalues": (V, 0.1, 3), "propagator": (A, 1.0),
    "pseudospectral_abscissa": (A, 0.1), "pseudospectral_radius": (V, 0.1), "pseudospectrum": (V, line, line),
    "reordered": (P, blocks + T), "resolvent_level": (V, z),
    "rotation_blocks": (0.9, [0.7, 2]), "schur_parts": (V,), "spectral_abscissa": (A,),
    "spectral_radius": (V,), "transient_growth": (V, 40), "typical_exponential_growth": (A, [0, 1]),
    "typical_growth": (V, 5), "as_form": (V,), "eigenvalue_uncertainty": (V,), "estimated_seconds": (8, 25),
    "growth_peak": (V,), "growth_peak_slices": (V,), "kreiss_bounds": (V,),
    "log_singular_values": ([V, V],), "pseudospectra_slices": (V, line, line), "trajectory": (V, np.ones((3, 8))),
}
public = {name for name in dynamics.__all__ if inspect.isfunction(getattr(dynamics, name))}
assert public - set(calls) == {"jacobians"}, public ^ set(calls)  # they are those of a network, which is torch's
with threads.threads(1):
    for name, arguments in calls.items():
        getattr(dynamics, name)(*arguments)
    for name, specimen in dynamics.gallery.items():
        assert np.isfinite(dynamics.henrici(specimen())), name
assert not any(name.partition(".")[0] == "torch" for name in sys.modules)
"""

NETWORKS = """
import nnrnn_core
for name in ("NNRNN", "SchurMatrix", "SequenceModel", "Training", "train", "unroll", "activations", "tasks"):
    try:
        getattr(nnrnn_core, name)
    except ImportError as error:
        assert f"nnrnn_core.{name} needs torch" in str(error) and "pip install torch" in str(error), error
    else:
        raise AssertionError(name)
nnrnn_core.dynamics.eigenvalues([[1.0]])
"""

LOADS = """
import sys
import nnrnn_core.dynamics
assert "torch" not in sys.modules
"""


def test_dynamics_loads_no_torch_runs_without_it_and_networks_say_what_they_need():
    program = LOADS + HIDE + EVERYTHING + NETWORKS
    done = subprocess.run([sys.executable, "-c", program], cwd=badges.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
