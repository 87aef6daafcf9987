"""SchurLab: a matrix beside its Schur form, a slider for its feed-forward part, and what that part does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import ipywidgets as ipw
import numpy as np

from nnrnn_core import checks, dynamics
from nnrnn_core.dynamics.form import check_time
from nnrnn_core.reading import is_schur_matrix

from ..figures.schur import (
    ARRANGEMENTS,
    HORIZONS,
    LONGEST,
    ORDERS,
    POINTS,
    Form,
    Limits,
    form_of,
    growth_of,
    limits_of,
    rise_in,
    schur_figure,
    schur_push,
    schur_sentence,
)
from ..live import LiveFigure
from .matrices import CARRIED, Source, dense
from .matrix import MatrixLab
from .matrix_state import MatrixState, source_error
from .peaks import horizon_with_peak


@dataclass(frozen=True)
class SchurState(MatrixState):
    """What a SchurLab shows. order: of the eigenvalues in the Schur form, one of `ORDERS`; V does not depend on it.
    time: "discrete" (V^k) or "continuous" (e^{tA})."""

    order: str = ORDERS[0]
    time: dynamics.Time = "discrete"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.one_of("order", self.order, ORDERS)
        check_time(self.time)

    @classmethod
    def of(cls, source: Source, time: dynamics.Time | None = None) -> Self:
        return cls(source, time=source.time if time is None else check_time(time))

    @property
    def view(self) -> Form:
        """V in its Schur form."""
        return _view(self.source, self.scale, self.order)

    def growth(self, exact: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """(times, ‖V^k‖₂ or ‖e^{tA}‖₂)."""
        return _growth(self.source, self.scale, self.time, exact)

    def table(self) -> dict[str, np.ndarray]:
        """The Schur form column by column, behind the eigenvalues."""
        view = self.view
        columns = {f"form_{j}": column.real for j, column in enumerate(view.form.T)}
        if not self.source.is_real:
            columns |= {f"form_{j}_imaginary": column.imag for j, column in enumerate(view.form.T)}
        return {"real": view.eigenvalues.real, "imaginary": view.eigenvalues.imag, **columns}

    def arrays(self) -> dict[str, np.ndarray]:
        """V = P form P*, its eigenvalues, Henrici's number, and the growth over times."""
        view, (times, growth) = self.view, self.growth()
        numbers = {"eigenvalues": view.eigenvalues, "henrici": np.array(view.henrici)}
        return {"P": view.P, "form": view.form, **numbers, "times": times, "growth": growth}

    def code_lines(self) -> list[str]:
        end = _horizon(self.source, self.time)
        if self.time == "discrete":
            times, growth = f"np.arange({end:.0f} + 1)", f"dynamics.transient_growth(V, {end:.0f})"
        else:
            times, growth = f"np.linspace(0, {end!r}, {POINTS + 1})", "dynamics.exponential_growth(V, times)"
        whole, form = "P @ form @ P.T", "form"
        if not self.source.is_real:
            whole, form = "np.abs(P @ form @ P.conj().T)", "np.abs(form)"
        return [
            *self._form_lines(),
            *self.source.eigenvalues_code(self.scale),
            "henrici = dynamics.henrici(form)",
            f"times = {times}",
            f"growth = {growth}",
            "",
            "from plotly.subplots import make_subplots",
            'titles = ("V", f"Schur form, departure {henrici:.3g}", f"growth, at most {growth.max():.3g}")',
            "figure = make_subplots(cols=3, subplot_titles=titles)",
            f'figure.add_heatmap(z={whole}, coloraxis="coloraxis", row=1, col=1)',
            f'figure.add_heatmap(z={form}, coloraxis="coloraxis", row=1, col=2)',
            "figure.add_scatter(x=times, y=growth, row=1, col=3)",
            'figure.update_layout(coloraxis={"colorscale": "RdBu", "cmid": 0}, yaxis3_type="log", showlegend=False)',
            'figure.update_yaxes(autorange="reversed", col=1).update_yaxes(autorange="reversed", col=2)',
        ]

    def _form_lines(self) -> list[str]:
        """Lines that make P and form, after those of `Source.code`."""
        source, scale = self.source, self.scale
        if source.name is None and source.size > CARRIED:
            return ['P, form = (np.load("schur.npz")[name] for name in ("P", "form"))']
        if is_schur_matrix(source.matrix) or scale == 1:
            lines = [source.parts_code, "form = blocks + T"]
        else:  # P, blocks and T of s = 1 are there
            lines = [f"form = blocks + {scale!r} * T"]
        if self.order != ORDERS[0]:
            lines.append(f"P, form = dynamics.reordered(P, form, {self.order!r})")
        return lines

    def sentence(self) -> str:
        return self.sentence_of(exact=True)

    def sentence_of(self, exact: bool) -> str:
        """The sentence; not exact: with growth estimated, as it is drawn while a slider moves."""
        growth = self.growth(exact)
        says = schur_sentence(self.view, growth, self.scale, self.time)
        after = self.of_peak(rise_in(self.view, growth, self.time), float(growth[0][-1]), exact)
        return f"{says} {after}{self.of_doubt(exact)}"


class SchurLab(MatrixLab):
    """V beside its real Schur form: V = P (Λ + s T) Pᵀ, P orthogonal, Λ the blocks of eigenvalues on the diagonal, T
    below them. Put it last in a cell.

    The slider scales T: V, its departure from normality and its growth change, the eigenvalues do not. Under More: the
    order of the eigenvalues in the form, which V does not depend on. Otherwise as `MatrixLab`.
    """

    kind = "schur"
    state_type = SchurState
    default_presets = (
        "nnrnn",
        "balanced_network",
        "gentle",
        "shear",
        "random",
        "random_orthogonal",
        "dense_delay_line",
    )

    def make_figures(self) -> list[LiveFigure]:
        figure = LiveFigure(schur_figure())
        figure.arrange(ARRANGEMENTS)
        return [figure]

    def make_controls(self) -> tuple[list[ipw.Widget], list[ipw.Widget]]:
        wide = {"description_width": "170px"}
        self.order = ipw.Dropdown(
            options=ORDERS, description="order of the eigenvalues", style=wide, layout=ipw.Layout(width="400px")
        )
        self.order.tooltip = "V has a Schur form for each order of its eigenvalues, from top to bottom"
        self.slider = self.scale_slider()
        return [self.slider], [self.bind(self.order, "order")]

    @property
    def status(self) -> str:
        return str(self.state.sentence_of(self._settled))

    def paint(self, settled: bool) -> None:
        state: SchurState = self.state
        self._settled = settled  # the exact growth of a wide V takes longer than a slider may wait
        limits = _limits(state.source, state.order)
        push = schur_push(dense(state.V), state.view, state.growth(settled), limits, state.time)
        self.figures[0].push(*push)


@lru_cache(maxsize=4)
def _view(source: Source, scale: float, order: str) -> Form:
    if is_schur_matrix(source.matrix):
        P, blocks, feed_forward = dynamics.schur_parts(source.scaled(scale))  # its own T, in its own precision
        return form_of(P, blocks + feed_forward, order, source_error(source), source.eigenvalues)
    P, blocks, feed_forward = source.parts
    return form_of(P, blocks + scale * feed_forward, order, eigenvalues=source.eigenvalues)


@lru_cache(maxsize=4)
def _horizon(source: Source, time: dynamics.Time) -> float:
    """Where the curve ends, whatever s is."""
    return horizon_with_peak(source, 1.0, time, HORIZONS[time], LONGEST * HORIZONS[time])


@lru_cache(maxsize=4)
def _growth(source: Source, scale: float, time: dynamics.Time, exact: bool) -> tuple[np.ndarray, np.ndarray]:
    return growth_of(source.scaled(scale), time, exact, _horizon(source, time))


@lru_cache(maxsize=4)
def _limits(source: Source, order: str) -> Limits:
    return limits_of(dense(source.scaled(1.0)), _view(source, 1.0, order))
