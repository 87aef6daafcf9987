"""Fixtures of the browser tests: chromium, a JupyterLab, notebooks in it."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from browser.lab import LAPTOP, JupyterLab, Notebook, write_notebook

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
NO_BROWSER = (
    "NO BROWSER: the browser tests need chromium or chrome. Debian and Ubuntu: apt install chromium; "
    "anywhere: python -m playwright install chromium"
)
_number = itertools.count()


def find_browser(playwright: Playwright) -> str | None:
    """The path of an installed chromium or chrome, else of Playwright's own, else None."""
    own = playwright.chromium.executable_path
    return next(filter(None, map(shutil.which, NAMES)), own if Path(own).exists() else None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as playwright:
        path = find_browser(playwright)
        if path is None:
            if os.environ.get("CI") == "true":
                pytest.fail(NO_BROWSER)
            pytest.skip(NO_BROWSER)
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def start_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., JupyterLab]]:
    """start_lab(folder, command=None, …) starts a server (see JupyterLab); all end with the session."""
    servers: list[JupyterLab] = []

    def start(folder: Path, command: list[str] | None = None, **more: Any) -> JupyterLab:
        servers.append(JupyterLab(folder, tmp_path_factory.mktemp("jupyterlab"), command, **more))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def jupyterlab(
    chromium: Browser, start_lab: Callable[..., JupyterLab], tmp_path_factory: pytest.TempPathFactory
) -> JupyterLab:
    """A server on an empty folder. (It asks for the browser first: without one, no server is started.)"""
    return start_lab(tmp_path_factory.mktemp("empty"))


@contextmanager
def notebooks(chromium: Browser, scratch: Path) -> Iterator[Callable[..., Notebook]]:
    """open(lab, "path.ipynb") or open(lab, [cell sources]): pages that share nothing with those of others; their
    kernels end with them."""
    opened: list[Notebook] = []
    context = chromium.new_context(viewport=LAPTOP, accept_downloads=True)

    def open_(lab: JupyterLab, what: str | Iterable[str]) -> Notebook:
        path = what if isinstance(what, str) else f"test-{next(_number)}.ipynb"
        if not isinstance(what, str):
            write_notebook(what, lab.root / path)
        shots = Path(os.environ.get("NNRNN_SCREENSHOTS") or scratch)
        opened.append(Notebook(lab, context, path, shots))
        return opened[-1]

    try:
        yield open_
    finally:
        for notebook in opened:
            notebook.close()
        context.close()


@pytest.fixture
def open_notebook(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Notebook]]:
    """`notebooks` for one test."""
    with notebooks(chromium, tmp_path) as open_:
        yield open_


@pytest.fixture(scope="module")
def module_notebook(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Notebook]]:
    """`notebooks` for the tests of one module."""
    with notebooks(chromium, tmp_path_factory.mktemp("shots")) as open_:
        yield open_


@pytest.fixture(scope="session")
def shared_page(
    chromium: Browser, jupyterlab: JupyterLab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Notebook]:
    """One page and one kernel for all tests of labs: to open a notebook takes as long as a test."""
    with notebooks(chromium, tmp_path_factory.mktemp("shots")) as open_:
        notebook = open_(
            jupyterlab, ["from ipywidgets import VBox\nfrom nnrnn_core import tasks\nfrom widgets import *"]
        )
        notebook.run_all()
        yield notebook


@pytest.fixture
def lab_page(shared_page: Notebook) -> Iterator[Notebook]:
    """That page without labs, for one test; at its end nothing may be broken and nothing be on the console."""
    shared_page.start_over(1)
    yield shared_page
    assert shared_page.problems() == []
