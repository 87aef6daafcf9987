"""XrayLab: what training has done to a recurrent matrix, and what the network does without a part of its T."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets as ipw
import numpy as np

from nnrnn_core import dynamics
from nnrnn_core.dynamics.ablation import CONTROLS, SCALED, WAYS
from nnrnn_core.dynamics.schur_form import ORDERS
from nnrnn_core.shipped import SHIPPED
from nnrnn_core.threads import threads

from ..figures.xray import ARRANGEMENTS, NOW, curves_push, form_push, limits_of, of, xray_figure
from ..figures.xray_losses import HERE, MIDDLE, RANGE, WAY, losses_push
from ..jupyter import said_in_words
from ..live import LiveFigure
from ..sliders import FloatSlider
from .matrix import MatrixLab
from .matrix_state import MatrixState
from .xray_code import source_lines
from .xray_state import XrayState
from .xray_subject import WHEN, names_in, subject_of

SLICE = 0.08  # seconds of evaluation between two looks at the page
OWN = "your own"


class XrayLab(MatrixLab):
    """A trained network's V before and after training, and its loss without a part of T. Put it last in a cell.

    network       "noisy-memory/nnrnn": a network that lies in `folder`, a `Training` of yours, or a matrix: whatever
                  `read_matrix` reads; default the first in the folder
    name          which matrix, where a file holds several
    folder        of trained networks; default those that come with the kit
    chosen        fields of `state`: when="before", percent=0, way=…, control=…, order=…

    First what no order of the modes changes: growth, Fisher memory, eigenvalues, and in the sentence Henrici's number.
    Then T in one order. The slider takes a part of T away; the loss on a batch that no training saw follows, beside a
    control that changes V as much. A matrix alone has no task, and no loss. Otherwise as `MatrixLab`.
    """

    kind = "xray"
    state_type = XrayState
    default_presets = ("nnrnn",)
    lines_of_words = 3

    @said_in_words()
    def __init__(
        self,
        network: Any = None,
        *,
        name: str | None = None,
        folder: str | Path | None = None,
        state: MatrixState | None = None,
        **chosen: Any,
    ) -> None:
        self.folder = SHIPPED if folder is None else Path(folder)
        self.known = names_in(self.folder)
        if state is None:
            if network is None and not self.known:
                raise ValueError(
                    f"there is no trained network in {self.folder} (or torch is not installed, which networks need): "
                    "give one, or a matrix"
                )
            subject = subject_of(self.known[0] if network is None else network, name, self.folder)
            state = XrayState.of_subject(subject, **chosen)
        self._work: tuple[Any, Iterator[None]] = (None, iter(()))
        super().__init__(presets=(), state=state)

    @classmethod
    def state_of(cls, preset: str) -> XrayState:
        return XrayState.from_preset(preset, cls.kind, cls.__name__)

    def load_preset(self, text: str) -> None:
        self._show(XrayState.from_preset(text, self.kind, type(self).__name__, self.folder))

    @said_in_words()
    def set_network(self, network: Any, *, name: str | None = None) -> None:
        """Show another network, whatever the lab takes as `network`; the rest stays as it is chosen."""
        with self.lock:
            self._show(self.state.changed(subject=subject_of(network, name, self.folder)))

    # ---- controls
    def make_figures(self) -> list[LiveFigure]:
        figure = LiveFigure(xray_figure())
        figure.arrange(ARRANGEMENTS)
        return [figure]

    def make_controls(self) -> tuple[list[ipw.Widget], list[ipw.Widget]]:
        wide, layout = {"description_width": "110px"}, {"width": "380px"}
        self.network = ipw.Dropdown(options=[*self.known, OWN], description="network", layout={"width": "300px"})
        self.network.observe(lambda change: self.chosen(lambda: self._pick(change["new"])), "value")
        self.when = ipw.ToggleButtons(
            options=[(f"{when} training", when) for when in WHEN],
            tooltips=["as the seed drew it", "as the last update left it"],
            style={"button_width": "auto"}, layout={"width": "auto"},
        )  # fmt: skip
        self.percent = FloatSlider(
            value=0, min=0, max=100, step=1, description="take away", readout_format=".0f", style=wide, layout=layout
        )
        self.percent.tooltip = "per cent of T's entries that are set to 0, in the way chosen under More"
        self.way = ipw.Dropdown(options=WAYS, description="way", style=wide, layout=layout)
        self.control = ipw.Dropdown(options=CONTROLS, description="control", style=wide, layout=layout)
        self.order = ipw.Dropdown(options=ORDERS, description="order of λ", style=wide, layout=layout)
        self.way.tooltip = f"which part of T goes first; {SCALED}: each entry becomes smaller"
        self.control.tooltip = "another change of V, as large in the Frobenius norm"
        self.order.tooltip = "of the eigenvalues in the Schur form: T depends on it, V does not"
        more = [self.bind(getattr(self, field), field) for field in ("way", "control", "order")]
        return [self.network, self.bind(self.when, "when"), self.bind(self.percent, "percent")], more

    def _pick(self, name: str) -> None:
        if name == OWN:
            self.show_controls()
            raise ValueError("a network or a matrix of your own: under More, a file or a text; or XrayLab(training)")
        self._show(self.state.changed(subject=subject_of(name, None, self.folder)), settled=False)

    def show_controls(self) -> None:
        super().show_controls()
        with self.quietly():
            subject = self.state.subject
            self.network.value = subject.name if subject.name in self.known else OWN
            self.when.disabled = len(subject.sources) == 1

    def matrix_changed(self) -> None:
        self.sources.about.value = f'<div style="line-height:1.4">{self.state.subject.about}</div>'

    # ---- drawing
    @property
    def status(self) -> str:
        return str(self.state.sentence_of(self._settled))

    def paint(self, settled: bool) -> None:
        state: XrayState = self.state
        self._settled = settled
        curves = state.curves(settled)
        _, blocks, whole = state.split
        rows = dynamics.block_rows(blocks) if np.isrealobj(blocks) else np.empty(0, int)
        words = "nothing taken away" if state.share == 0 else f"{100 * state.share:.0f} % of ‖T‖² gone"
        pushes = [
            curves_push(curves, state.memory_is),
            form_push(blocks + state.left, rows, whole, limits_of(blocks + whole, rows), words),
            losses_push(state.losses()),
        ]
        traces: dict[Any, Any] = {}
        layout: dict[str, Any] = {}
        for part, axes in pushes:
            traces, layout = traces | part, layout | axes
        self.figures[0].push(traces, layout, pending=self._pending(settled))

    def _pending(self, settled: bool) -> list[str]:
        waiting = [] if settled or self.state.share == 0 else [of(NOW, 2)]
        study = self.state.study
        if study is None:
            return waiting
        return waiting + ([] if self._measured() else [HERE, WAY, RANGE, MIDDLE])

    def _measured(self) -> bool:
        """Whether all that is drawn of the loss has been measured."""
        return not self.state.missing()

    def _search_on(self) -> None:
        """What is not measured yet of the loss comes with the page's ticks."""
        if self.state.study is not None and not self._measured():
            self.figures[-1].play(self._measure_a_piece)

    def _measure_a_piece(self) -> float | None:
        with self.lock, threads(1):
            end, work = time.monotonic() + SLICE, self.work()
            done = False
            while time.monotonic() < end and not done:
                done = next(work, OWN) is OWN
            self._show_losses()
            if done:
                self.pause()
                self.show_texts()
            return None if done else 0.0

    def work(self) -> Iterator[None]:
        """The evaluations that the present state still needs; one is done each time that the next is asked for."""
        state: XrayState = self.state
        if self._work[0] is not state:
            self._work = state, state.work()
        return self._work[1]

    def finish(self) -> None:
        """Measure all that is drawn of the loss, now."""
        with self.lock, threads(1):
            self.settle()
            for _ in self.work():
                pass
            self.pause()
            self._show_losses()
            self.show_texts()

    def _show_losses(self) -> None:
        traces, layout = losses_push(self.state.losses())
        left = [] if self._measured() else [HERE, WAY, RANGE, MIDDLE]
        known = {HERE} if np.isfinite(traces[HERE]["y"]).all() else set()
        self.figures[0].push(traces, layout, pending=[name for name in left if name not in known])
        self.say(at_once=not left)

    def columns(self) -> Any:
        return self.state.table()

    @property
    def code(self) -> str:
        state: XrayState = self.state
        head = ["import numpy as np", "import plotly.graph_objects as go", "from nnrnn_core import dynamics", ""]
        return "\n".join([*head, *source_lines(state, f"{self.kind}.npz"), *state.code_lines()]) + "\n"

    def file_name(self) -> str:
        return f"{self.kind}-{self.state.subject.file_name}"
