"""The controls of a RaceLab: task, match, network, and the buttons of the live run; under More the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as ipw

from nnrnn_core.experiments import networks
from nnrnn_core.experiments.catalogue import CLASS, MATCHES
from nnrnn_core.experiments.comparison import AGAINST, MEASURES

from .lab import ROW

if TYPE_CHECKING:
    from .race import RaceLab

MEASURE_WORDS = dict(zip(("score, validation", "loss, validation", "loss, training"), MEASURES, strict=True))
AGAINST_WORDS = dict(zip(("updates", "processor seconds"), AGAINST, strict=True))
FIELDS = ("task", "match", "network", "measure", "against", "seed")  # of the state, each with a control of its name
WIDE = {"description_width": "110px"}


class RaceControls:
    """In sight: `task`, `match`, `network`, `run`, `stop`. Under More: `measure`, `against`, `seed`, and the base's."""

    def __init__(self, lab: RaceLab) -> None:
        self.task = _menu("Task", list(CLASS))
        self.match = ipw.ToggleButtons(
            options=[(f"equal {match}", match) for match in MATCHES], style={"button_width": "auto"},
            layout=ipw.Layout(width="auto"), tooltips=["as many units in each", "as many trained numbers in each"],
        )  # fmt: skip
        self.network = _menu("Compare with", networks(lab.state.task))
        self.measure = _menu("Measured", MEASURE_WORDS, "280px")
        self.against = _menu("Against", AGAINST_WORDS, "280px")
        self.seed = ipw.BoundedIntText(min=0, max=10**6, description="Seed, live run", style=WIDE)
        self.run = lab.button("Run live", lab.play_or_pause, "train this network here, beside the committed runs")
        self.stop = lab.button("Stop", lab.stop_live, "end the live run, and take its curve off")
        self.head = ipw.HBox([self.task, self.match, self.network, self.run, self.stop], layout=ROW)
        self.show(lab)
        for field in FIELDS:
            getattr(self, field).observe(
                lambda change, field=field: lab.chosen(lambda: lab.set(**{field: change.new})), "value"
            )
        numbers = lab.unfolding("Numbers", "Hide numbers", lab.numbers, "widths, parameters, rates, scores, times")
        rows = [ipw.HBox([self.measure, self.against, self.seed], layout=ROW), lab.saving, *lab.code_parts(), *numbers]
        self.more = ipw.Accordion([ipw.VBox(rows)], selected_index=None)
        self.more.set_title(0, "More")

    def show(self, lab: RaceLab) -> None:
        """Put every control where the lab is."""
        state, live = lab.state, lab.live
        self.network.options = networks(state.task)
        for field in FIELDS:
            getattr(self, field).value = getattr(state, field)
        begun = live is not None and live.updates > 0
        waiting = "Done" if live and live.done else "Go on" if begun else f"Run {state.network} live"
        self.run.description = "Pause" if lab.playing else waiting
        self.run.button_style = "" if lab.playing else "primary"
        self.run.disabled, self.stop.disabled = live is not None and live.done, live is None


def _menu(description: str, options: Any, width: str = "250px") -> ipw.Dropdown:
    layout = ipw.Layout(width=width)
    return ipw.Dropdown(options=options, description=description, style=WIDE, layout=layout)
