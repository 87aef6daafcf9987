"""A run as a file: for a table, a plot of one's own, a paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nnrnn_core import SchurMatrix

from .experiment import Experiment
from .preset import to_text


def export_run(experiment: Experiment, path: Path) -> Path:
    """Into .csv the columns step, loss, score and the untouched copy's loss; into .npz these, and V, its eigenvalues,
    T and the preset where there are such. ValueError for another ending."""
    columns = experiment.curves.as_columns()
    if path.suffix == ".csv":
        table = np.column_stack(list(columns.values()))
        np.savetxt(path, table, delimiter=",", header=",".join(columns), comments="", fmt="%.9g")
    elif path.suffix == ".npz":
        arrays: dict[str, np.ndarray] = {**columns, **_matrices(experiment)}
        np.savez_compressed(path, allow_pickle=False, **arrays)
    else:
        raise ValueError(f"path must end in .npz or .csv; got {str(path)!r}")
    return path


def _matrices(experiment: Experiment) -> dict[str, np.ndarray]:
    V = experiment.training.model.V
    found: dict[str, np.ndarray] = {}
    if V is not None:
        found |= {"V": V().detach().cpu().numpy(), "eigenvalues": V.eigenvalues().cpu().numpy()}
    if isinstance(V, SchurMatrix):
        found["T"] = V.T.detach().cpu().numpy()
    if isinstance(experiment.plan.model, str):
        found["preset"] = np.array(to_text(experiment.as_plan()))
    return found
