"""What a cell keeps of a lab for where no kernel is: a reopened notebook, GitHub, a page of HTML, a mail.

A cell's output holds the live view, a picture, and words. Where the view is alive, the picture and the words are out
of sight, and where it is not, the view is ("Error displaying widget"): JupyterLab, Notebook, Voilà and nbconvert by the
style below, other front ends by `hideStill` in `still.js`. Where styles are stripped, as on GitHub, there is no live
view to hide them from. The picture shows the lab as it was when its cell ran.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .still import still

if TYPE_CHECKING:
    from .labs.lab import Lab

WAKE = "Run this cell to bring it alive."
VIEW = "application/vnd.jupyter.widget-view+json"
# An output is a .jp-OutputArea-child; the view's comes first, then the picture's, then that of the words. A view that
# is not alive holds no widget. It may be on its way: the picture waits a moment, so that the page does not jump.
OUTPUT = ".jp-OutputArea-child"
ALIVE = f"{OUTPUT}:has(> .jp-OutputArea-output .jupyter-widgets)"
STYLE = f"""\
{ALIVE} + {OUTPUT}:has(+ {OUTPUT} .lab-asleep), {ALIVE} + {OUTPUT} + {OUTPUT}:has(.lab-asleep),
{OUTPUT}:not({ALIVE}):has(+ {OUTPUT} + {OUTPUT} .lab-asleep) {{ display: none; }}
{OUTPUT}:has(+ {OUTPUT} .lab-asleep), {OUTPUT}:has(.lab-asleep) {{ animation: lab-asleep 0s 2s backwards; }}
@keyframes lab-asleep {{ from {{ max-height: 0; overflow: hidden; visibility: hidden; }} }}
"""


def outputs(lab: Lab) -> Iterator[dict[str, Any]]:
    """The MIME bundles of a lab's outputs: its view, its picture, its words."""
    words = f"{lab.status} {WAKE}"
    key = lab.figures[0]._key
    names = f'data-still="{key}" data-lab="{lab.model_id}"'  # by which `still.js` and `plotly_js.js` find them
    yield {
        "text/plain": f"{type(lab).__name__}: alive where a kernel runs and widgets are shown",
        VIEW: {"version_major": 2, "version_minor": 0, "model_id": lab.model_id},
    }
    yield {
        "image/svg+xml": still([figure.parts() for figure in lab.figures], lab.status, key),
        "text/plain": "(its picture)",
    }
    yield {
        "text/html": f'<p class="lab-asleep" {names}>{html.escape(words)}</p><style>{STYLE}</style>',
        "text/plain": words,
    }
