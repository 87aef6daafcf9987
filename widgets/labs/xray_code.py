"""The Python that an XrayLab exports: it makes the same V, takes the same part of T away, and draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnrnn_core.dynamics.schur_form import ORDERS

from ..figures.xray import HORIZON
from .xray_subject import AFTER

if TYPE_CHECKING:
    from .xray_state import XrayState


def code_lines(state: XrayState) -> list[str]:
    """Everything in the state's `arrays` from V, and a figure."""
    return [*_apart(state), *_measured(state), "", *DRAWING]


def source_lines(state: XrayState, file: str) -> list[str]:
    """V, and the model where there is one; file: where a matrix that is no network's is saved."""
    subject = state.subject
    if not subject.name:
        return state.source.code(1.0, file)
    made = "trained({}, SHIPPED)" if state.when == AFTER else "{}.make_training().model"
    return [
        "from nnrnn_core.experiments import SHIPPED, Experiment, trained",
        "model = " + made.format(f'Experiment.of("{subject.name}")'),
        "V = model.V" if subject.is_schur else "V = model.V().detach().numpy()",
    ]


def _apart(state: XrayState) -> list[str]:
    """V = P (Λ + T) P*, and what is left of T."""
    lines = [state.source.parts_code]
    if state.order != ORDERS[0]:
        real = "" if state.source.is_real else ", real=False"
        lines += [f"P, form = dynamics.reordered(P, blocks + T, {state.order!r})",
                  f"_, blocks, T = dynamics.schur_parts(form{real})"]  # fmt: skip
    return [
        "from nnrnn_core.dynamics.ablation import without",
        *lines,
        "shuffled, shuffled_deviation = dynamics.shuffled_energy(T)",
        f"T = without(T, {state.way!r}, {state.share!r})  # of its energy, the share that is taken away",
    ]


def _measured(state: XrayState) -> list[str]:
    """Energy, growth and memory of what is left."""
    U, of_inputs = state.subject.inputs(state.when), ""
    if U is not None:
        carried = "model.layer.U.detach().double().numpy()" if state.subject.name else f"np.array({U.tolist()!r})"
        of_inputs = f", P.conj().T @ {carried}"
    lines = [
        "form = blocks + T",
        "diagonal, energy = np.arange(1, len(T)), dynamics.diagonal_energy(T)",
        f"growth = dynamics.transient_growth(form, {HORIZON})",
    ]
    if "memory" in state.arrays():
        lines += [f"memory = dynamics.mean_memory(form, {HORIZON}, {HORIZON + 1}{of_inputs})"]
    return lines


DRAWING = [
    "from plotly.subplots import make_subplots",
    'figure = make_subplots(cols=3, subplot_titles=("Schur form", "energy of T by diagonal", "growth"))',
    'figure.add_heatmap(z=np.abs(form), row=1, col=1).update_yaxes(autorange="reversed", col=1)',
    "figure.add_bar(x=diagonal, y=energy, row=1, col=2)",
    'figure.add_scatter(y=growth, row=1, col=3).update_layout(yaxis3_type="log", showlegend=False)',
]
