"""plotly.js for the page: the copy that ships inside the plotly package, sent once per kernel; it works offline."""

from __future__ import annotations

import gzip
from pathlib import Path

import anywidget
import traitlets
from plotly.offline import get_plotlyjs, get_plotlyjs_version

SCRIPT = Path(__file__).with_name("plotly_js.js").read_text(encoding="utf-8")


class PlotlyJs(anywidget.AnyWidget):
    """plotly.js, gzipped, as a widget that is never shown: what the figures of a kernel share."""

    # an error here comes again where a figure is drawn, and is shown there
    _esm = (
        SCRIPT
        + """export default { initialize({ model }) {
  keepViews();
  loadPlotly(model).catch(() => {});
} };
"""
    )
    source = traitlets.Bytes().tag(sync=True)
    version = traitlets.Unicode().tag(sync=True)
    _shared: PlotlyJs | None = None

    @classmethod
    def shared(cls) -> PlotlyJs:
        """The kernel's only instance; a new one if the old one was closed (``Widget.close_all``)."""
        if cls._shared is None or cls._shared.comm is None:
            packed = gzip.compress(get_plotlyjs().encode(), compresslevel=6, mtime=0)
            cls._shared = cls(source=packed, version=get_plotlyjs_version())
        return cls._shared
