"""The Python that a SpectrumLab exports: the same pseudospectra, growth and bounds from V, and their figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnrnn_core.reading import is_schur_matrix

from ..figures import spectrum as figures
from .matrices import CARRIED
from .spectrum_parts import PERTURBATIONS

if TYPE_CHECKING:
    from .spectrum_state import SpectrumState


def code_lines(state: SpectrumState) -> list[str]:
    """Everything in the state's `arrays` from V, and a figure."""
    plane = state.plane()
    time = "" if state.time == "discrete" else f', "continuous", {state.step!r}'
    along, tolerance = len(plane.real), figures.FINE_TOLERANCE
    grow = f"transient_growth(V, {state.steps})" if state.time == "discrete" else "exponential_growth(V, times)"
    lines = [
        *_form_lines(state),
        f"real = np.linspace({float(plane.real[0])!r}, {float(plane.real[-1])!r}, {along})",
        f"imag = np.linspace({float(plane.imag[0])!r}, {float(plane.imag[-1])!r}, {along})",
        f"levels = dynamics.pseudospectrum(form, real, imag, {tolerance!r})  # σ_min(zI − V)",
        *state.source.eigenvalues_code(state.scale),
        *_bounds_code(state, plane, time),
        f"growth = dynamics.{grow}",
    ]
    if state.throw:
        lines.append(
            f"perturbed = dynamics.perturbed_eigenvalues(form, {state.eps!r}, {PERTURBATIONS}, seed={state.throw})"
        )
    if state.point_is_outside:
        lines.append(f"from_point = dynamics.bound_from_point(V, {state.z!r}, {state.steps}{time}).curve")
    else:
        lines.append("from_point = np.full(len(times), np.nan)  # z lies inside: it says nothing")
    drawing = _drawing(state.bounds)
    return [*lines, *drawing, *(_DRAWING_MOVED if state.throw else ()), "figure"]


def _bounds_code(state: SpectrumState, plane: figures.Plane, time: str) -> list[str]:
    """Lines that make `times`, `spectral`, and what `bounds` asks for; `eigenvalues` is there."""
    if plane.boundary is None:
        if state.time == "discrete":
            return [
                f"times = np.arange({state.steps} + 1.0)",
                "spectral = np.abs(eigenvalues).max() ** times",
            ]
        return [
            f"times = {state.step!r} * np.arange({state.steps} + 1)",
            "spectral = np.exp(eigenvalues.real.max() * times)",
        ]
    affordable = figures.kreiss_budget(state.source.size)
    budget = "" if affordable == 400 else f", budget={affordable}"
    return [
        f"numerical_range = dynamics.numerical_range(V, {len(plane.boundary) - 1})",
        f"bounds = dynamics.growth_bounds(V, {state.steps}{time}{budget})",
        "times, spectral, eigenvector, numerical = bounds[:4]",
    ]


def _form_lines(state: SpectrumState) -> list[str]:
    """Lines that make `form`, after those of `Source.code`."""
    if state.source.name is None and state.source.size > CARRIED:
        return ['form = np.load("spectrum.npz")["form"]  # V in its Schur form']
    same = "# V in its Schur form: the same spectrum, pseudospectra and growth"
    if is_schur_matrix(state.source.matrix):
        return [f"form = dynamics.as_form(V)[1]  {same}"]
    if state.scale == 1:
        return [state.source.parts_code, f"form = blocks + T  {same}"]
    return [f"form = blocks + {state.scale!r} * T  {same}"]  # P, blocks and T of s = 1 are there


def _drawing(bounds: bool) -> list[str]:
    """Lines that draw what is there."""
    curves = '"growth": growth, "spectral": spectral'
    if bounds:
        curves += ', "eigenvector": eigenvector, "numerical": numerical'
    lines = _DRAWING_RANGE if bounds else []
    return [*_DRAWING, *lines, f"curves = {{{curves}}}", *_DRAWING_CURVES]


_DRAWING = [
    "",
    "from plotly.subplots import make_subplots",
    "figure, decades = make_subplots(cols=2), np.log10(np.maximum(levels, 1e-150))",
    'figure.add_contour(x=real, y=imag, z=decades, colorscale="Purples", showscale=False, row=1, col=1)',
    'figure.add_scatter(x=eigenvalues.real, y=eigenvalues.imag, mode="markers", name="eigenvalues", row=1, col=1)',
]
_DRAWING_RANGE = [
    'figure.add_scatter(x=numerical_range.real, y=numerical_range.imag, name="numerical range", row=1, col=1)',
]
_DRAWING_CURVES = [
    'for name, y in (curves | {"from_point": from_point}).items():',
    "    figure.add_scatter(x=times, y=y, name=name, row=1, col=2)",
    'figure.update_yaxes(type="log", col=2)',
]
_DRAWING_MOVED = [
    "x, y = perturbed.real.ravel(), perturbed.imag.ravel()",
    'figure.add_scatter(x=x, y=y, mode="markers", name="perturbed", row=1, col=1)',
]
