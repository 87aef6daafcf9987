"""The race: a panel for each network on common axes, mean and ribbon over seeds; and the finish, a dot for a seed."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnrnn_core.experiments import Race

from .axes import around, decades, log_ticks
from .layout import NARROW, PHONE, Panel, arranged, arrangement, legend_row
from .numbers import short
from .race_view import COLOURS, LEAST, NAMES, NETWORKS, THIN, WIDE, Live, View
from .race_words import score_name
from .style import BLACK, GREY, base_layout, drawn_once, title
from .training import Push

FINISH = len(NETWORKS)  # the panel after those of the networks
ROW, CELL = 205, 270  # pixels: height of a row, least width of a panel
PANELS = (*(Panel(i, "" if i == 0 else str(i + 1)) for i in range(FINISH)), Panel(FINISH, str(FINISH + 1), left=NAMES))
SIDE = "legend.title.side"
LAYOUTS = {
    0: arrangement(PANELS, 1, width=PHONE, row=ROW, stacked=True, key=130) | {SIDE: "top"},
    NARROW: arrangement(PANELS, 1, width=NARROW, row=ROW, key=90) | {SIDE: "top"},
    2 * CELL: arrangement(PANELS, 2, width=2 * CELL, row=ROW, key=90) | {SIDE: "top"},
    3 * CELL: arrangement(PANELS, 3, width=3 * CELL, row=ROW, key=68) | {SIDE: "top"},
    1200: arrangement(PANELS, 3, width=1200, row=ROW, key=26) | {SIDE: "left"},
}
# The key stands above all panels; its words change, so its traces are pushed by their numbers.
KEY_MEAN, KEY_RIBBON, KEY_REFERENCE, KEY_LIVE, KEY_GUESS = range(5)
MEANS, REFERENCE, YOURS = "means", "mean of the network looked at", "your run's end"


@drawn_once
def race_figure() -> go.Figure:
    """The panels, empty: `race_push` fills them."""
    key = {**legend_row(), "title": {"font": {"size": 14}}}
    figure = go.Figure(layout=base_layout(ROW, showlegend=True, legend=key))
    for panel in PANELS:
        figure.layout[f"xaxis{panel.axes}"] = {"anchor": f"y{panel.axes}", "mirror": True, "nticks": 5}
        look = {"mirror": True, "nticks": 5, "exponentformat": "power"}
        figure.layout[f"yaxis{panel.axes}"] = {"anchor": f"x{panel.axes}", **look}
    figure.update_layout(annotations=[title("", 0, 1) for _ in PANELS])
    for style in _key():
        figure.add_scatter(x=[math.nan], y=[math.nan], **style, **_axes(FINISH))
    for place, network in enumerate(NETWORKS):
        for style in _lane(network):
            figure.add_scatter(x=[math.nan], y=[math.nan], showlegend=False, **style, **_axes(place))
    for style in _finish():
        figure.add_scatter(x=[math.nan], y=[math.nan], showlegend=False, **style, **_axes(FINISH))
    return arranged(figure, LAYOUTS)


def _axes(place: int) -> dict[str, str]:
    return {"xaxis": f"x{PANELS[place].axes}", "yaxis": f"y{PANELS[place].axes}"}


def _key() -> list[dict[str, Any]]:
    mean, reference = {"color": BLACK, "width": THIN}, {"color": BLACK, "width": 1.5, "dash": "dash"}
    live, guess = {"color": BLACK, "width": WIDE, "dash": "dot"}, {"color": GREY, "width": 1.5, "dash": "dot"}
    return [
        {"name": "mean", "mode": "lines", "line": mean},
        {"name": "ribbon", "mode": "lines", "line": {"color": GREY, "width": 12}, "opacity": 0.35},
        {"name": "reference", "mode": "lines", "line": reference},
        {"name": "live", "mode": "lines", "line": live, "showlegend": False},
        {"name": "guess", "mode": "lines", "line": guess, "showlegend": False},
    ]


def _lane(network: str) -> list[dict[str, Any]]:
    """The traces of a network's panel; its ribbon first, so that the lines lie on it."""
    colour = COLOURS[network]
    ribbon = {"fill": "toself", "fillcolor": colour, "opacity": 0.3, "line": {"width": 0}, "hoverinfo": "skip"}
    return [
        {"name": f"{network}: ribbon", "mode": "lines", **ribbon},
        {"name": f"{network}: guess", "mode": "lines", "line": {"color": GREY, "width": 1.5, "dash": "dot"}},
        {"name": f"{network}: compared", "mode": "lines", "line": {"color": BLACK, "width": 1.5, "dash": "dash"}},
        {"name": network, "mode": "lines", "line": {"color": colour, "width": THIN}},
        {"name": f"{network}: live", "mode": "lines", "line": {"color": BLACK, "width": WIDE, "dash": "dot"}},
    ]


def _finish() -> list[dict[str, Any]]:
    def dots(name: str, colour: str, symbol: str, size: float) -> dict[str, Any]:
        marker = {"color": colour, "size": size, "symbol": symbol, "line": {"width": 2}}
        return {"name": name, "mode": "markers", "marker": marker}

    line = {"color": BLACK, "width": 1.5, "dash": "dash"}
    return [
        {"name": REFERENCE, "mode": "lines", "line": line},
        *(dots(f"{network}: finish", COLOURS[network], "circle-open", 8) for network in NETWORKS),
        dots(MEANS, BLACK, "line-ns-open", 16),
        dots(YOURS, BLACK, "star", 12),
    ]


def race_push(race: Race, view: View, live: Live | None = None) -> Push:
    """What the figure shows of a race; live: the run on the page, of this task."""
    curves = {network: race.curve(network, view.measure, view.against) for network in race.runs}
    traces: dict[Any, dict[str, Any]] = {}
    texts = {}
    for place, network in enumerate(NETWORKS):
        traces |= _lane_push(race, network, curves, view)
        texts[f"annotations[{place}].text"] = _title(race, network, curves)
    texts[f"annotations[{FINISH}].text"] = f"Test: {score_name(race)}, by seed"
    texts["legend.title.text"] = _measured(race, view)
    traces |= live_push(live) | _key_push(view, live)
    finish, layout = _finish_push(race, view, live)
    return traces | finish, {**texts, **layout, **_ranges(race, curves, view, live)}


def drawn(race: Race) -> go.Figure:
    """The figure of a race as it opens: for a page of its own."""
    figure = copy.deepcopy(race_figure())
    traces, layout = race_push(race, View())
    names = {trace.name: trace for trace in figure.data}
    for key, attributes in dict[Any, Any](traces).items():
        trace = figure.data[key] if isinstance(key, int) else names[key]
        for path, value in attributes.items():
            trace[path] = value
    for path, value in layout.items():
        figure.layout[path] = value
    return figure


def live_push(live: Live | None) -> dict[Any, dict[str, Any]]:
    """The live run's curve in its panel, and none in the others."""
    gone = {"x": np.array([math.nan]), "y": np.array([math.nan])}
    traces = {f"{network}: live": gone for network in NETWORKS}
    if live is not None and len(live.x):
        traces[f"{live.network}: live"] = {"x": live.x, "y": live.y}
    return traces


def _lane_push(race: Race, network: str, curves: dict[str, Any], view: View) -> dict[Any, dict[str, Any]]:
    gone = np.array([math.nan])
    ribbon = mean = compared = guess = (gone, gone)
    width = WIDE if network == view.network else THIN
    if network in curves:
        x, values = curves[network]
        ribbon = np.append(x, x[::-1]), np.append(values.min(0), values.max(0)[::-1])
        mean = x, values.mean(0)
        if network != view.network and view.network in curves:
            compared = curves[view.network][0], curves[view.network][1].mean(0)
        if view.measure != "valid_score" and len(x):
            guess = x[[0, -1]], np.full(2, race.head(network)["baseline"])
    names = (f"{network}: ribbon", network, f"{network}: compared", f"{network}: guess")
    traces: dict[Any, dict[str, Any]] = {
        name: {"x": x, "y": y} for name, (x, y) in zip(names, (ribbon, mean, compared, guess), strict=True)
    }
    traces[network]["line.width"] = width
    return traces


def _measured(race: Race, view: View) -> str:
    """What all lanes show, above their key."""
    return {
        "valid_score": f"Validation: {score_name(race)}",
        "valid_loss": "Validation: loss",
        "train_loss": "Training: loss",
    }[view.measure]


def _key_push(view: View, live: Live | None) -> dict[Any, dict[str, Any]]:
    return {
        KEY_MEAN: {"name": "mean over seeds"},
        KEY_RIBBON: {"name": "least to largest seed"},
        KEY_REFERENCE: {"name": f"mean of {view.network}"},
        KEY_LIVE: {
            "name": f"your run of {live.network}, seed {live.seed}" if live else "live",
            "showlegend": live is not None,
        },
        KEY_GUESS: {"name": "a guess without memory", "showlegend": view.measure != "valid_score"},
    }


def _title(race: Race, network: str, curves: dict[str, Any]) -> str:
    if network not in race.runs:
        return f"{network}: " + ("not run" if network in race.not_run else "not in this task")
    seeds = len(race.runs[network])
    if not curves[network][1].size:  # its runs have no update in common
        return f"{network}: {race.diverged(network)} of {seeds} diverged"
    values = curves[network][1][:, -1]
    text = f"{network}: {short(float(values.mean()))}"
    text += f" ± {short(float(values.std(ddof=1)), 2)}" if seeds > 1 else ", 1 seed"
    return text + (f", {race.diverged(network)} diverged" if race.diverged(network) else "")


def _finish_push(race: Race, view: View, live: Live | None) -> Push:
    order = race.ranking()
    height = {network: len(order) - place for place, network in enumerate(order)}  # the best at the top
    scores = {network: np.array(list(race.scores(network).values())) for network in order}
    gone = {"x": np.array([math.nan]), "y": np.array([math.nan])}
    traces: dict[Any, dict[str, Any]] = {f"{network}: finish": gone for network in NETWORKS}
    traces |= {f"{n}: finish": {"x": s, "y": np.full(len(s), float(height[n]))} for n, s in scores.items()}
    traces |= {MEANS: gone, REFERENCE: gone, YOURS: gone}
    if order:
        traces[MEANS] = {"x": np.array([race.mean(n) for n in order]), "y": np.array([float(height[n]) for n in order])}
    if view.network in height:
        traces[REFERENCE] = {"x": np.full(2, race.mean(view.network)), "y": np.array([0.4, len(order) + 0.6])}
    if live is not None and live.network in height and math.isfinite(live.score):
        traces[YOURS] = {"x": np.array([live.score]), "y": np.array([float(height[live.network])])}
    axes: dict[str, Any] = {}
    suffix = PANELS[FINISH].axes
    seen = np.concatenate([*scores.values(), [live.score] if live else []]) if scores else np.array([0.0, 1.0])
    axes[f"xaxis{suffix}.range"] = around(seen)
    axes[f"yaxis{suffix}.range"] = [0.4, max(len(order), 1) + 0.6]
    axes[f"yaxis{suffix}.tickvals"] = list(height.values())
    axes[f"yaxis{suffix}.ticktext"] = order
    return traces, axes


def _ranges(race: Race, curves: dict[str, Any], view: View, live: Live | None) -> dict[str, Any]:
    """Common axes: the same two ranges in every lane."""
    drawn = [values.ravel() for _, values in curves.values() if values.size]
    ends = [x[-1] for x, _ in curves.values() if len(x)]
    if live is not None and len(live.x):
        drawn.append(live.y)
        ends.append(live.x[-1])
    log = view.measure != "valid_score"
    values = np.concatenate(drawn) if drawn else np.array([0.0, 1.0])
    if log and drawn:  # the fall from a bad start is a few updates and would press the rest flat
        guess = max(race.head(network)["baseline"] for network in curves)
        end = max(float(values[:, -1].max()) for _, values in curves.values() if values.size)
        scale = decades([np.minimum(values, max(4 * guess, end))], 0.1)
    elif log:
        scale = [-1.0, 1.0]
    elif race.runs and race.higher_is_better:
        scale = around(np.maximum(values, LEAST))
    else:
        scale = around(values)
    found: dict[str, Any] = {}
    for panel in PANELS[:FINISH]:
        found[f"xaxis{panel.axes}.range"] = [0, max(ends, default=1.0)]
        found[f"xaxis{panel.axes}.title.text"] = "updates" if view.against == "updates" else "processor seconds"
        found[f"yaxis{panel.axes}.type"] = "log" if log else "linear"
        found[f"yaxis{panel.axes}.range"] = scale
        found[f"yaxis{panel.axes}.tickmode"] = "linear" if log else "auto"
        found |= log_ticks(f"yaxis{panel.axes}", scale[0], scale[1], 3) if log else {}
    return found
