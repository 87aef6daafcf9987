"""The controls by which a matrix comes into a lab: a button for each preset, its parameters, a field to paste into, a
button for a file, and a choice where a file holds several matrices."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import ipywidgets as ipw

from nnrnn_core import MatrixChoice, dynamics

from ..sliders import FloatSlider, IntSlider
from .lab import ROW, Lab
from .matrices import Source
from .upload import Upload, UploadButton


class SourceControls:
    """In sight: a button for each name in the gallery, and what the matrix is about. Under More: the rest.

    take : is given whatever the reader chose as a matrix.       slid : the name of a parameter, and its value.
    """

    def __init__(
        self, lab: Lab, names: tuple[str, ...], take: Callable[[Any], None], slid: Callable[[str, float], None]
    ) -> None:
        self._slid, self._sliders_of = slid, ""  # the gallery's matrix whose parameters have sliders now
        self._lab, self._take = lab, take
        self._named: Callable[[str], Any] = str  # of the file that holds several matrices: the one of a name
        self.buttons = {name: self._button(lab, name, take) for name in names}
        self.about = ipw.HTML()
        self.parameters = ipw.VBox()
        self.paste = ipw.Textarea(
            placeholder="a matrix as you have it: 0.9 2; 0 0.8 — or a file: run.mat, weights.pt, table.csv, .npy, .mtx",
            layout=ipw.Layout(width="420px", height="90px"), continuous_update=False,
        )  # fmt: skip
        self.said = lab.line()
        use = lab.button(
            "Use this matrix", lambda: self._read(self.paste.value), "what stands in the field", self.said,
            align_self="flex-start",
        )  # fmt: skip
        # while the kernel is busy, the page sends a click at once and the text later: the text must not be missed
        self.paste.observe(lambda change: lab.guarded(lambda: self._read(change["new"]), self.said), "value")
        self.upload = UploadButton(lambda file: lab.guarded(lambda: self._open(file), self.said))
        self.choice = ipw.Dropdown(description="which one", layout=ipw.Layout(width="420px", display="none"))
        self.choice.observe(lambda change: lab.chosen(lambda: self._choose(change["new"])), "value")
        self.in_sight = [ipw.HBox(list(self.buttons.values()), layout=ROW), self.about]
        self.more = ipw.HBox(
            [self.parameters, ipw.VBox([self.paste, ipw.HBox([use, self.upload]), self.said, self.choice])], layout=ROW
        )

    def _button(self, lab: Lab, name: str, take: Callable[[Any], None]) -> ipw.Button:
        specimen = dynamics.gallery[name]
        return lab.button(specimen.title, lambda: take(name), specimen.sentence).add_class("preset")

    def _read(self, text: str) -> None:
        """What stands in the field."""
        self._take_or_ask(lambda: text, lambda name, where: f"{where}:{name}")

    def _open(self, file: Upload) -> None:
        """A file from the reader's computer."""
        self._take_or_ask(file.matrix, lambda name, _: file.matrix(name))

    def _take_or_ask(self, whole: Callable[[], Any], named: Callable[[str, str], Any]) -> None:
        """Where a file holds several matrices, their names appear below the field. named: the matrix of a name."""
        try:
            self._take(whole())
        except MatrixChoice as asked:
            where = asked.where
            self._named = lambda name: named(name, where)
            with self._lab.quietly():
                self.choice.options = [("choose a matrix of the file", ""), *((name, name) for name in asked.names)]
                self.choice.value = ""
            self.choice.layout.display = None
            raise

    def _choose(self, name: str) -> None:
        if name:
            self._take(self._named(name))
            self.choice.layout.display = None  # to choose another one of the same file

    def show_source(self, source: Source) -> None:
        """Another matrix: its words, its button pressed, and sliders for its parameters."""
        specimen = dynamics.gallery.get(source.name or "")
        own = f"Your own matrix, {source.note}." if source.note else "Your own matrix."
        text = f"{specimen.sentence} {specimen.look_at}" if specimen else own
        self.choice.layout.display = "none"
        title = f"<b>{html.escape(source.title)}.</b>"
        self.about.value = f'<div style="line-height:1.4;max-width:70em">{title} {html.escape(text)}</div>'
        for name, button in self.buttons.items():
            button.button_style = "info" if name == source.name else ""
        if (source.name or "") != self._sliders_of:
            self._sliders_of = source.name or ""
            before, self.parameters.children = self.parameters.children, tuple(self._sliders(source))
            for slider in before:
                slider.close()

    def show_values(self, source: Source) -> None:
        """Every parameter's slider where the matrix is."""
        for slider in self.parameters.children:
            slider.value = source.parameters[slider.description]

    def _sliders(self, source: Source) -> list[ipw.Widget]:
        sliders = []
        for key, known in (dynamics.gallery[source.name].parameters if source.name else {}).items():
            kind = IntSlider if isinstance(known.default, int) else FloatSlider
            slider = kind(
                value=known.default, min=known.low, max=known.high, step=known.step, description=key,
                continuous_update=False, style={"description_width": "110px"}, layout=ipw.Layout(width="400px"),
            )  # fmt: skip
            slider.tooltip = known.words
            slider.observe(lambda change, key=key: self._slid(key, change["new"]), "value")
            sliders.append(slider)
        return sliders
