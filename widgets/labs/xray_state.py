"""What an XrayLab shows: a network before and after training, and how much of its T is taken away."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

import numpy as np

from nnrnn_core import checks, dynamics
from nnrnn_core.dynamics.ablation import CONTROLS, SCALED, WAYS, without
from nnrnn_core.dynamics.schur_form import ORDERS
from nnrnn_core.shipped import SHIPPED

from ..figures.xray import AFTER as LINE_AFTER
from ..figures.xray import BEFORE as LINE_BEFORE
from ..figures.xray import NOW, Curves
from ..figures.xray_losses import Losses
from ..figures.xray_words import Facts, Outcome, Taken, ablation_sentence, matrix_sentence
from . import xray_parts as parts
from .matrices import Source, source_of
from .matrix_state import FORMAT, MatrixState
from .preset_text import read_preset
from .xray_code import code_lines
from .xray_subject import AFTER, BEFORE, WHEN, Subject, of_matrix, subject_of

LINES = {BEFORE: LINE_BEFORE, AFTER: LINE_AFTER}


@dataclass(frozen=True)
class XrayState(MatrixState):
    """subject: the network. when: "before" or "after" its training. percent: of T's entries that are taken away, in one
    of `WAYS` (of each entry's size, where all of T is scaled). control: one of `CONTROLS`. order: of the eigenvalues in
    the Schur form, on which T depends and V does not."""

    subject: Subject = field(default_factory=lambda: of_matrix(source_of("nnrnn")))
    when: str = AFTER
    percent: float = 5.0
    way: str = WAYS[0]
    control: str = CONTROLS[0]
    order: str = ORDERS[0]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.scale != 1:
            raise ValueError(f'scale must be 1 in this lab: way="{SCALED}" and percent scale T; got {self.scale!r}')
        for name, known in (("when", WHEN), ("way", WAYS), ("control", CONTROLS), ("order", ORDERS)):
            checks.one_of(name, getattr(self, name), known)
        checks.number("percent", self.percent, 0, 100)
        if self.when not in self.subject.sources:
            raise ValueError(f'of {self.subject.title} nothing from before a training is known: take when="after"')

    @classmethod
    def of(cls, source: Source, time: dynamics.Time | None = None) -> Self:
        super().of(source, time)  # refuses another time
        return cls.of_subject(of_matrix(source))

    @classmethod
    def of_subject(cls, subject: Subject, when: str = AFTER, **settings: Any) -> Self:
        source = subject.sources.get(when, subject.sources[AFTER])
        return cls(source, subject=subject, when=when, **settings)

    def changed(self, **changes: Any) -> Self:
        """The state with other values; another subject or `when` has another matrix."""
        if "source" in changes:
            changes["subject"] = of_matrix(changes.pop("source"))
        kept = {"subject": self.subject, "scale": self.scale, **self.settings()}
        if "subject" in changes and kept["when"] not in changes["subject"].sources:
            kept["when"] = AFTER
        return self.of_subject(**{**kept, **changes})

    def settings(self) -> dict[str, Any]:
        kept = ("source", "subject", "scale")
        return {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name not in kept}

    # ---- V taken apart, and what is taken away
    @property
    def split(self) -> dynamics.SchurParts:
        """V = P (Λ + T) P* in this order of its eigenvalues, with nothing taken away."""
        return parts.split(self.source, self.order)

    @property
    def share(self) -> float:
        """Of ‖T‖_F², that is taken away."""
        return parts.share(self.source, self.order, self.way, self.percent)

    @property
    def left(self) -> np.ndarray:
        """What is left of T."""
        return without(self.split.feed_forward, self.way, self.share)

    @property
    def V(self) -> Any:
        """The matrix with what is left of T."""
        if self.percent == 0 or not self.split.feed_forward.any():
            return self.source.matrix
        P, blocks, _ = self.split
        changed = P @ (blocks + self.left) @ P.conj().T
        return changed.real if self.source.is_real else changed

    # ---- what is drawn
    def curves(self, exact: bool) -> dict[str, Curves]:
        """Before and after the training, and now; not exact: growth estimated, no memory of what the slider does."""
        found = {LINES[when]: parts.whole(self.subject, when) for when in self.shown}
        if self.share > 0:
            found[NOW] = parts.now(self.subject, self.when, self.order, self.way, self.percent, exact)
        return found

    @property
    def shown(self) -> list[str]:
        """Before its training a network shows nothing of what is to come."""
        return [when for when in WHEN if when in self.subject.sources and (when == BEFORE or self.when == AFTER)]

    def losses(self) -> Losses | None:
        """What is measured of the loss; None where there is no task."""
        study = self.study
        if study is None or self.subject.task is None:
            return None
        from nnrnn_core.experiments.ablation import SHARES

        shares = np.unique([0.0, *SHARES, self.share]) if self.share > 0 else np.zeros(1)
        draws = study.draws(self.control)
        control = np.array([[study.known(self.control, share, draw) for draw in range(draws)] for share in shares])
        way = np.array([study.known(self.way, share) for share in shares])
        here = (self.share, study.known(self.way, self.share))
        return Losses(shares, way, control, here, float(self.subject.task.baseline))

    @property
    def study(self) -> Any:
        """The `Ablation` of this network in this order; None without a task."""
        return self.subject.ablation(self.when, self.order, self.split)

    def work(self) -> Iterator[None]:
        """Measure what is drawn of the loss, a value at each step: the curves as soon as something is taken away."""
        if self.share > 0:
            yield from self.study.work(self.way, self.control, self.share)
        elif self.missing():
            self.study.loss(self.way, 0.0)
            yield

    def missing(self) -> bool:
        """Whether something that is drawn of the loss has not been measured yet."""
        if self.study is None:
            return False
        if self.share > 0:
            return bool(self.study.lacks(self.way, self.control, self.share))
        return not self.study.has(self.way, 0.0)

    # ---- words
    @property
    def memory_is(self) -> str:
        return "mean direction" if self.subject.inputs(self.when) is None else "mean of inputs"

    def facts(self) -> dict[str, Facts]:
        """Of the network with nothing taken away."""
        return {when: parts.facts(self.subject, when) for when in self.shown}

    def outcome(self) -> Outcome | None:
        """What is known of the loss; None without a task."""
        study = self.study
        if study is None or self.subject.task is None:
            return None
        draws = [study.known(self.control, self.share, draw) for draw in range(study.draws(self.control))]
        losses = study.known(self.way, 0.0), study.known(self.way, self.share)
        return Outcome(*losses, self.control, np.array(draws), float(self.subject.task.baseline))

    def sentence(self) -> str:
        return self.sentence_of(exact=True)

    def sentence_of(self, exact: bool) -> str:
        """The sentence; not exact: with growth as it is drawn while a slider moves."""
        curves = self.curves(exact)
        growth = curves.get(NOW, curves[LINES[self.when]]).growth
        share = self.share if self.split.feed_forward.any() else math.nan
        taken = Taken(self.percent, self.way, self.way == SCALED, share, growth)
        says = matrix_sentence(self.subject.title, self.source.size, self.facts())
        return f"{says} {ablation_sentence(taken, self.outcome())}"

    # ---- what is exported
    def table(self) -> dict[str, np.ndarray]:
        """T by diagonals: its energy now, and what it would be with its entries shuffled."""
        T = self.split.feed_forward
        mean, deviation = dynamics.shuffled_energy(T)
        return {
            "diagonal": np.arange(1, len(T)),
            "energy": dynamics.diagonal_energy(self.left),
            "shuffled": mean,
            "shuffled_deviation": deviation,
        }

    def tables(self) -> dict[str, dict[str, np.ndarray]]:
        found = {"T by diagonals": self.table()}
        for name, curves in self.curves(exact=True).items():
            found[f"Growth, {name}"] = {"k": curves.steps, "growth": curves.growth}
            found[f"Fisher memory, {name}"] = {"k": np.arange(len(curves.memory)), "J": curves.memory}
        losses = self.losses()
        if losses is not None:
            draws = {f"control_{i}": draw for i, draw in enumerate(losses.control.T)}
            found["Loss by share of T's energy"] = {"share": losses.shares, "ablation": losses.way, **draws}
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """V = P form P* with what is left of T; T by diagonals, growth and memory of V."""
        P, blocks, _ = self.split
        now = parts.now(self.subject, self.when, self.order, self.way, self.percent, True)
        found = {"P": P, "form": blocks + self.left, **self.table(), "growth": now.growth}
        return found | ({"memory": now.memory} if np.isfinite(now.memory).all() else {})

    def as_preset(self, kind: str) -> str:
        if self.subject.name:
            what: dict[str, Any] = {"network": self.subject.name}
        elif self.subject.task:
            raise ValueError("a training of your own is not carried by a preset: save it (training.save), and load it")
        else:
            what = {"matrix": self.source.as_preset()}
        return json.dumps({kind: FORMAT, **what, **self.settings()}, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_preset(cls, text: str, kind: str, lab: str, folder: Path | None = None) -> Self:
        content = read_preset(text, kind, FORMAT, lab)
        if "network" not in content:
            return super().from_preset(text, kind, lab)
        try:
            return cls.of_subject(subject_of(str(content.pop("network")), None, folder or SHIPPED), **content)
        except TypeError as problem:
            raise ValueError(f"the preset cannot be read: {problem}") from problem

    def code_lines(self) -> list[str]:
        return code_lines(self)
