"""LiveFigure against a front end made of a list: what it keeps, what it sends, how its clock answers."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as ipw
import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from widgets.live import LiveFigure
from widgets.plotly_js import PlotlyJs


class Page:
    """Records what Python sends, and sends as a page does."""

    def __init__(self, figure: LiveFigure, monkeypatch: pytest.MonkeyPatch) -> None:
        self.figure, self.sent, self.ticks = figure, [], 0
        monkeypatch.setattr(figure, "send", lambda content, buffers=None: self.sent.append((content, buffers)))

    def message(self, **content: Any) -> None:
        self.figure._handle_custom_msg(content, [])

    def tick(self, page: str = "page", n: int | None = None, hidden: bool = False) -> int:
        """Send a tick; returns how long Python asks to wait before the next."""
        self.ticks += 1
        self.message(tick=page, n=n or self.ticks, hidden=hidden)
        answer = self.sent[-1][0]
        assert (answer["tock"], answer["n"]) == (page, n or self.ticks)
        return answer["wait"]

    def frames(self) -> list[dict[str, Any]]:
        """What was pushed, as (trace, path): value."""
        return [
            {(trace, path): self._value(value, buffers) for trace, path, value in content["frame"]}
            for content, buffers in self.sent
            if "frame" in content
        ]

    @staticmethod
    def _value(value: Any, buffers: list[bytes]) -> Any:
        if isinstance(value, dict) and "f4" in value:
            return np.frombuffer(buffers[value["f4"]], "<f4").reshape(value["shape"]).tolist()
        return value


@pytest.fixture
def live() -> Iterator[LiveFigure]:
    figure = go.Figure([go.Scatter(x=np.arange(3.0), y=np.zeros(3), name="loss"), go.Scatter(y=[1, 2], name="score")])
    figure.add_heatmap(z=np.zeros((2, 3)), name="form")
    figure.update_layout(yaxis_range=[0, 1], annotations=[{"text": "a"}])
    live = LiveFigure(figure)
    yield live
    live.close()


@pytest.fixture
def page(live: LiveFigure, monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(live, monkeypatch)


def test_a_push_is_one_message_of_float32_copies(live: LiveFigure, page: Page) -> None:
    y = np.array([1.0, np.nan, 3.0])
    live.push({"loss": {"y": y, "marker.color": [1, 2, 3]}, 1: {"visible": False}, "form": {"z": np.ones((2, 3))}})
    y[0] = 99
    (frame,) = page.frames()
    assert np.array_equal(frame[0, "y"], [1, np.nan, 3], equal_nan=True)
    assert frame[0, "marker.color"] == [1, 2, 3]
    assert frame[1, "visible"] is False
    assert frame[2, "z"] == [[1, 1, 1], [1, 1, 1]]
    json.dumps(page.sent[0][0], allow_nan=False)


def test_the_figure_is_what_was_pushed(live: LiveFigure) -> None:
    live.push(
        {"loss": {"y": [4.0, 5.0, 6.0]}, "form": {"z": np.eye(2, 3)}},
        {"yaxis.range": [0, 9], "annotations[0].text": "b"},
    )
    assert live.figure.data[0].y.tolist() == [4, 5, 6]
    assert live.figure.data[2].z.tolist() == np.eye(2, 3).tolist()
    assert live.figure.layout.yaxis.range == (0, 9)
    assert live.figure.layout.annotations[0].text == "b"
    assert live.array("loss", "y").dtype == np.float64


def test_arrays_handed_out_are_copies(live: LiveFigure) -> None:
    live.array("loss", "y")[0] = 7
    assert live.array("loss", "y")[0] == 0


def test_the_given_figure_stays_untouched() -> None:
    figure = go.Figure(go.Scatter(y=np.zeros(2)))
    LiveFigure(figure).push({0: {"y": [1, 2]}}, {"title.text": "new"})
    assert figure.data[0].y.tolist() == [0, 0]
    assert figure.layout.title.text is None


def test_a_tensor_with_a_gradient_may_be_pushed(live: LiveFigure) -> None:
    live.push({"loss": {"y": torch.ones(3, requires_grad=True)}})
    assert live.array("loss", "y").tolist() == [1, 1, 1]


def test_layout_that_does_not_change_is_not_sent(live: LiveFigure, page: Page) -> None:
    live.push({}, {"yaxis.range": (0, 1), "annotations[0].text": "a"})
    assert page.sent == []
    live.push({}, {"yaxis.range": np.array([0.0, 2.0]), "annotations[0].text": "a"})
    assert page.frames() == [{(None, "yaxis.range"): [0, 2]}]


@pytest.mark.parametrize(
    ("traces", "layout", "words"),
    [
        ({"los": {"y": [1]}}, {}, r"one of \['loss', 'score', 'form'\]"),
        ({7: {"y": [1]}}, {}, "got 7"),
        ({"loss": {"y": [1], "yy": [1]}}, {}, r"'yy' is no attribute of trace 0 \(scatter\)"),
        ({"loss": {"y": [1]}}, {"yaxis.rang": [0, 1]}, "'yaxis.rang' is no attribute of the layout"),
    ],
)
def test_an_unknown_name_is_an_error_and_nothing_changes(
    live: LiveFigure, page: Page, traces: Any, layout: Any, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        live.push(traces, layout)
    assert live.array("loss", "y").tolist() == [0, 0, 0]
    assert page.sent == []


def test_a_name_that_two_traces_have_is_an_error() -> None:
    live = LiveFigure(go.Figure([go.Scatter(name="a"), go.Scatter(name="a")]))
    with pytest.raises(ValueError, match="only one trace"):
        live.push({"a": {"y": [1]}})


def test_a_page_that_opens_late_gets_the_current_arrays(live: LiveFigure) -> None:
    live.push({"loss": {"y": [7, 8, 9]}})
    spec = live.get_state("_spec")["_spec"]
    assert np.frombuffer(spec["data"][0]["y"]["f4"], "<f4").tolist() == [7, 8, 9]
    assert spec["serial"] == 1


def test_a_page_that_missed_frames_while_it_loaded_is_told(
    live: LiveFigure, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[list[str]] = []
    monkeypatch.setattr(live, "send_state", states.append)
    live.push({"loss": {"y": [7, 8, 9]}})
    page.message(hello=1)
    page.message(hello=0)
    others = ["arrangements", "playing", "alt", "error"]
    assert states == [others, ["_spec", *others]], "arrays are sent again only where they are missed"


def test_plotly_js_is_one_widget_for_all_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlotlyJs, "_shared", None)  # one of this test's own, to be closed
    first, second = LiveFigure(go.Figure()), LiveFigure(go.Figure())
    assert second.plotly_js is first.plotly_js
    assert len(second.plotly_js.source) < 2_000_000
    second.plotly_js.close()
    assert PlotlyJs.shared() is not first.plotly_js


def test_a_tick_runs_and_its_frames_go_before_its_answer(live: LiveFigure, page: Page) -> None:
    live.play(lambda: live.push({"loss": {"y": [1, 1, 1]}}))
    page.sent.clear()
    assert page.tick() == 0
    frame, answer = (content for content, _ in page.sent)
    assert frame["held"] is True
    assert "tock" in answer
    live.push({"loss": {"y": [2, 2, 2]}})
    assert page.sent[-1][0]["held"] is False


def test_paused_means_no_tick_runs(live: LiveFigure, page: Page) -> None:
    runs: list[int] = []
    live.play(lambda: runs.append(1))
    page.tick()
    live.pause()
    assert page.tick() > 0
    assert runs == [1]


def test_a_tick_sent_twice_runs_once(live: LiveFigure, page: Page) -> None:
    runs: list[int] = []
    live.play(lambda: runs.append(1))
    page.tick(n=1)
    page.tick(n=1)
    page.tick(n=2)
    assert runs == [1, 1]


def test_a_second_page_does_not_double_the_ticks(live: LiveFigure, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("widgets.live.time.monotonic", lambda: clock[0])
    live.play(lambda: None)
    assert page.tick("first") == 0
    assert page.tick("second") > 0
    clock[0] += 2
    assert page.tick("second") == 0
    assert page.tick("first") > 0


def test_a_page_in_sight_takes_the_clock_from_a_hidden_one(live: LiveFigure, page: Page) -> None:
    live.play(lambda: None)
    assert page.tick("hidden", hidden=True) == 0
    assert page.tick("also hidden", hidden=True) > 0
    assert page.tick("in sight") == 0
    assert page.tick("hidden", hidden=True) > 0


def test_a_tick_that_comes_while_one_runs_is_answered_at_once(live: LiveFigure, page: Page) -> None:
    started, finish = threading.Event(), threading.Event()
    runs: list[int] = []

    def slow() -> None:
        runs.append(1)
        started.set()
        finish.wait(10)

    live.play(slow)
    thread = threading.Thread(target=lambda: page.message(tick="page", n=1, hidden=False))
    thread.start()
    started.wait(10)
    assert page.tick("page", n=2) > 0
    assert runs == [1]
    finish.set()
    thread.join(10)
    assert page.sent[-1][0] == {"tock": "page", "n": 1, "wait": 0}


@pytest.mark.parametrize("problem", [ZeroDivisionError("in the tick"), KeyboardInterrupt()])
def test_an_exception_in_a_tick_stops_the_clock_and_is_handed_over(
    live: LiveFigure, page: Page, problem: BaseException
) -> None:
    seen: list[BaseException] = []
    live.on_error = seen.append
    live.play(raising(problem))
    page.tick()
    assert seen == [problem]
    assert not live.playing


def test_without_a_handler_the_exception_is_shown_over_the_graph(live: LiveFigure, page: Page) -> None:
    live.play(raising(ValueError("no handler")))
    page.tick()
    assert live.error == "ValueError: no handler"
    assert not live.playing
    live.play(lambda: None)
    assert live.error == ""


def test_a_click_is_trace_and_point_and_its_exception_stops_the_clock(live: LiveFigure, page: Page) -> None:
    clicks: list[tuple[int, float, float]] = []
    live.on_click(lambda *click: clicks.append(click))
    page.message(click=[1, 2, 0.5])
    assert clicks == [(1, 2.0, 0.5)]
    seen: list[BaseException] = []
    live.on_error = seen.append
    live.play(lambda: None)
    live.on_click(lambda *_: 1 / 0)
    page.message(click=[1, 2, 0.5])
    assert isinstance(seen[0], ZeroDivisionError)
    assert not live.playing


def test_a_closed_figure_ignores_everything(live: LiveFigure, page: Page) -> None:
    live.play(lambda: None)
    live.close()
    page.sent.clear()
    live.push({"loss": {"y": [5, 5, 5]}})
    live.play(lambda: None)
    assert page.sent == []
    assert not live.playing
    live.close()


def test_an_array_that_has_not_changed_is_not_sent(live: LiveFigure, page: Page) -> None:
    y = np.array([1.0, np.nan, 3.0])
    live.push({"loss": {"x": np.arange(3), "y": y}})
    live.push({"loss": {"x": np.arange(3), "y": y.copy()}})
    assert len(page.frames()) == 1
    y[0] = 2  # the caller's own array, in place
    live.push({"loss": {"x": np.arange(3), "y": y}})
    assert [list(frame) for frame in page.frames()[1:]] == [[(0, "y")]]
    live.push({"loss": {"x": np.arange(3.0), "y": y}})  # of another type: not looked at
    assert [list(frame) for frame in page.frames()[2:]] == [[(0, "x")]]


def test_what_is_pending_is_marked_until_it_is_pushed_again(live: LiveFigure, page: Page) -> None:
    live.push({"score": {"y": [3, 4]}}, pending=["loss", "annotations[0].text"])
    assert live.pending == {"loss", "annotations[0].text"}
    assert page.sent[-1][0]["pending"] == [0, "annotations[0].text"]
    live.push({"score": {"y": [5, 6]}})
    assert live.pending == {"loss", "annotations[0].text"}
    live.push({"loss": {"y": live.array("loss", "y")}})  # the numbers that it has had: they are the state's again
    assert page.sent[-1][0]["pending"] == ["annotations[0].text"]
    assert live.get_state("_spec")["_spec"]["pending"] == ["annotations[0].text"]
    live.push({}, {"annotations[0].text": "a"})
    assert live.pending == set()
    sent = len(page.sent)
    live.mark_pending([])
    assert len(page.sent) == sent, "nothing has changed: nothing is sent"
    with pytest.raises(ValueError, match="got 'los'"):
        live.mark_pending(["los"])


def test_all_is_pending_until_the_next_push_which_is_of_another_state(live: LiveFigure, page: Page) -> None:
    live.mark_pending(["loss"])
    live.mark_all_pending()
    assert live.pending == {"loss", "score", "form", "annotations[0].text"} and page.sent[-1][0]["pending"]
    live.push({"score": {"y": [7, 8]}}, pending=["annotations[0].text"])
    assert live.pending == {"annotations[0].text"}, "what it does not name is of the state as it is"
    live.mark_all_pending()
    live.push({"score": {"y": [7, 8]}})  # as it was, and yet news
    assert live.pending == set() and page.sent[-1][0]["pending"] == []


def test_an_interrupt_lets_the_tick_end_and_then_stops_the_clock(live: LiveFigure, page: Page) -> None:
    steps: list[str] = []
    seen: list[BaseException] = []
    live.on_error = seen.append

    def tick() -> None:
        steps.append("begun")
        signal.raise_signal(signal.SIGINT)
        steps.append("ended")

    before = signal.getsignal(signal.SIGINT)
    live.play(tick)
    page.tick()
    assert steps == ["begun", "ended"]
    assert [type(problem) for problem in seen] == [KeyboardInterrupt]
    assert not live.playing
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_ends_a_tick_that_does_not_end(live: LiveFigure, page: Page) -> None:
    seen: list[BaseException] = []
    live.on_error = seen.append

    def tick() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the second interrupt is not waited with")

    live.play(tick)
    page.tick()
    assert {type(problem) for problem in seen} == {KeyboardInterrupt}
    assert not live.playing


def test_pushes_from_several_threads_keep_their_order(live: LiveFigure, page: Page) -> None:
    def push(value: int) -> None:
        for i in range(50):
            live.push({"loss": {"y": np.full(3, 50 * value + i)}})

    threads = [threading.Thread(target=push, args=(value,)) for value in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [content["serial"] for content, _ in page.sent] == list(range(1, 201))
    assert page.frames()[-1][0, "y"] == live.array("loss", "y").tolist()


def test_height_comes_from_the_figure_and_is_at_least_the_least() -> None:
    assert LiveFigure(go.Figure(layout={"height": 300, "width": 500})).figure.layout.height == 300
    assert LiveFigure(go.Figure(layout={"height": 300}), min_height=400).figure.layout.height == 400
    assert LiveFigure(go.Figure(layout={"width": 500})).figure.layout.width is None


def test_download_knows_its_formats(live: LiveFigure, page: Page) -> None:
    live.download("svg", "spectrum")
    assert page.sent[-1][0] == {"download": "svg", "filename": "spectrum"}
    with pytest.raises(ValueError, match="got 'pdf'"):
        live.download("pdf", "spectrum")


def test_it_stands_in_a_box_like_any_widget(live: LiveFigure) -> None:
    assert ipw.VBox([live]).children == (live,)


def raising(problem: BaseException) -> Callable[[], None]:
    def tick() -> None:
        raise problem

    return tick
