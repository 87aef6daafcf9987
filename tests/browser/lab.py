"""A JupyterLab server and notebooks in a browser, for tests that need the real thing.

Everything waits on a state of the page, never for a time. Selectors belong to JupyterLab 4.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import BrowserContext, ConsoleMessage

LAPTOP = {"width": 1366, "height": 900}
ROOT = Path(__file__).resolve().parents[2]
WATCH = Path(__file__).with_name("drawn.js")
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},  # a test leaves the notebooks as they are
}
# What JupyterLab itself writes to the console as an error, with none of our code on the page.
NOISE = [
    r"Failed to load resource.*(404|403)",  # workspaces and settings that do not exist yet
    r"WebSocket connection to .* failed",  # the server goes down at the end
    r"Failed to load resource: net::ERR_",  # the picture of the Colab badge, on a machine without a network
]
CLOSE_LABS = """
import gc
from widgets.labs.lab import Lab
for thing in gc.get_objects():
    if isinstance(thing, Lab):
        thing.close()
"""
APP = "(window.jupyterapp || window.jupyterlab)"
READY = f"""() => {{
  const current = {APP}?.shell?.currentWidget, kernel = current?.sessionContext?.session?.kernel;
  return current?.content?.model?.cells?.length && kernel?.connectionStatus === 'connected';
}}"""
CELLS = f"""const model = {APP}.shell.currentWidget.content.model;
  const cells = Array.from({{ length: model.cells.length }}, (_, i) => model.cells.get(i)).filter(
    (cell) => cell.type === 'code');"""
IDLE = f"""() => {{ {CELLS} return cells.every((cell) => cell.executionState !== 'running' &&
  (cell.executionCount !== null || !cell.sharedModel.getSource().trim())); }}"""
ERRORS = f"""() => {{ {CELLS}
  return cells.flatMap((cell) => Array.from({{ length: cell.outputs.length }}, (_, i) => cell.outputs.get(i).toJSON()))
    .filter((output) => output.output_type === 'error').map((output) => output.ename + ': ' + output.evalue); }}"""
SHOW_AND_RUN = f"""(i) => {{
  {APP}.shell.currentWidget.content.activeCellIndex = i;
  {APP}.commands.execute('notebook:run-cell'); }}"""


class Server:
    """A server on a free port, with a token, and with its settings and run-time files in a folder of its own."""

    root: Path
    process: subprocess.Popen[bytes]

    def __init__(self, scratch: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url, self.token = f"http://127.0.0.1:{self.port}", secrets.token_hex(16)
        self.log = scratch / "lab.log"
        places = {"CONFIG": "config", "DATA": "data", "RUNTIME": "runtime"}
        self.environment = os.environ | {f"JUPYTER_{key}_DIR": str(scratch / name) for key, name in places.items()}
        self.environment |= {"IPYTHONDIR": str(scratch / "ipython"), "JUPYTER_PREFER_ENV_PATH": "1"}
        self.environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])

    def start(self, command: list[str]) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.root,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait()

    def _wait(self, limit: float = 600) -> None:
        """Until the server answers (`make lab` may install first)."""
        end = time.monotonic() + limit
        while True:
            try:
                return self.request("api/status")
            except OSError as problem:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.close()
                    raise RuntimeError("The server does not answer:\n" + self.log.read_text()[-3000:]) from problem
            time.sleep(0.1)

    def request(self, path: str, method: str = "GET") -> Any:
        """The server's answer to a call of its REST interface."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/{path}", headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def shut_down_kernels(self) -> None:
        for kernel in self.request("api/kernels"):
            self.request(f"api/kernels/{kernel['id']}", "DELETE")

    def close(self) -> None:
        """Kernels first (they sit in sessions of their own), then the server's process group."""
        if self.process.poll() is not None:
            return
        with contextlib.suppress(OSError):
            self.shut_down_kernels()
        for end in (signal.SIGTERM, signal.SIGKILL):
            os.killpg(self.process.pid, end)
            try:
                self.process.wait(15)
                return
            except subprocess.TimeoutExpired:
                continue


class JupyterLab(Server):
    """JupyterLab 4, whose pages a `Notebook` knows.

    command: None starts the interpreter that runs the tests, on a copy of folder; a command such as
    ["make", "lab"] is started in folder itself and given the server's arguments as JUPYTER_ARGS.
    """

    def __init__(
        self, folder: Path, scratch: Path, command: list[str] | None = None, settings: dict[str, Any] = SETTINGS
    ) -> None:
        super().__init__(scratch)
        for name, value in settings.items():
            file = scratch / "settings" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(value))
        for key in ("SETTINGS", "WORKSPACES"):
            self.environment[f"JUPYTERLAB_{key}_DIR"] = str(scratch / key.lower())
        arguments = [
            "--no-browser",
            "--expose-app-in-browser",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={self.token}",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        if command is None:
            self.root = scratch / "root"
            leave = shutil.ignore_patterns(".*", "node_modules", "__pycache__")
            shutil.copytree(folder, self.root, ignore=leave)
            command = [
                sys.executable,
                "-m",
                "jupyterlab",
                *arguments,
                f"--ServerApp.root_dir={self.root}",
                "--allow-root",
            ]
        else:
            self.root = folder
            command = [*command, "JUPYTER_ARGS=" + shlex.join(arguments)]
        self.start(command)


class Notebook:
    """A notebook open in a page of its own."""

    def __init__(self, lab: JupyterLab, context: BrowserContext, path: str, shots: Path) -> None:
        self.lab, self.context, self.path, self.shots = lab, context, path, shots
        self.complaints: list[str] = []
        self.open(reset=True)

    def open(self, reset: bool = False) -> None:
        self.page = self.context.new_page()
        self.page.set_default_timeout(25_000)
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.page.on("console", self._console)
        self.page.goto(f"{self.lab.url}/lab/tree/{self.path}?token={self.lab.token}" + ("&reset" if reset else ""))
        self.page.wait_for_function(READY)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(re.search(noise, message.text) for noise in NOISE):
            self.complaints.append(f"console: {message.text}")

    def reload(self) -> None:
        """Save, close the tab and open the notebook again on the same kernel."""
        self.command("docmanager:save")
        self.page.close()
        self.open()

    def command(self, name: str, **arguments: Any) -> None:
        self.page.evaluate(f"([name, args]) => {APP}.commands.execute(name, args)", [name, arguments])

    def run_all(self, timeout: float = 180) -> None:
        self.page.evaluate(f"() => {{ {APP}.commands.execute('notebook:run-all-cells'); }}")
        self.wait_idle(timeout)

    def run_cell(self, index: int, wait: bool = True) -> None:
        self.page.evaluate(SHOW_AND_RUN, index)
        if wait:
            self.wait_idle()

    def run(self, source: str, wait: bool = True) -> None:
        """Append a cell and run it."""
        self.page.evaluate(
            f"""async (source) => {{ const book = {APP}.shell.currentWidget.content;
            book.activeCellIndex = book.widgets.length - 1;
            await {APP}.commands.execute('notebook:insert-cell-below');
            book.activeCell.model.sharedModel.setSource(source); {APP}.commands.execute('notebook:run-cell'); }}""",
            source,
        )
        if wait:
            self.wait_idle()

    def keep_cells(self, count: int) -> None:
        """The first cells, and no others."""
        self.page.evaluate(
            f"""(count) => {{ const {{ sharedModel }} = {APP}.shell.currentWidget.content.model;
            if (sharedModel.cells.length > count) sharedModel.deleteCellRange(count, sharedModel.cells.length); }}""",
            count,
        )

    def start_over(self, cells: int) -> None:
        """The first cells and no others, with every lab closed and no complaint: for the next test on this page."""
        self.keep_cells(cells)
        self.run(CLOSE_LABS)
        self.keep_cells(cells)
        self.complaints.clear()
        self.page.set_viewport_size(LAPTOP)
        self.page.mouse.move(0, 0)

    def wait_idle(self, timeout: float = 180) -> None:
        """Until every cell has run, or one has failed (then the others never do)."""
        self.page.wait_for_function(f"() => ({IDLE})() || ({ERRORS})().length > 0", timeout=timeout * 1000)

    def reveal(self, selector: str) -> None:
        """Scroll through the notebook until the selector's first match is there (JupyterLab draws what is in sight)."""
        self.page.wait_for_function(
            f"""async (selector) => {{
              const book = {APP}.shell.currentWidget.content, found = () => document.querySelector(selector);
              for (let i = book.widgets.length - 1; i >= 0 && !found(); i--) {{
                await book.scrollToItem(i, 'end');
                for (let look = 0; look < 20 && !found(); look++) await new Promise((next) => setTimeout(next, 100));
              }}
              return found(); }}""",
            arg=selector,
        )
        self.page.locator(selector).first.scroll_into_view_if_needed()

    def wait(self, expression: str, argument: Any = None, timeout: float = 30) -> Any:
        """Until a JavaScript expression or function is true; returns its value."""
        return self.page.wait_for_function(expression, arg=argument, timeout=timeout * 1000).json_value()

    def cell_errors(self) -> list[str]:
        return self.page.evaluate(ERRORS)

    def widget_errors(self) -> list[str]:
        pattern = re.compile(r"Error displaying widget|Error rendering output|Loading widget|model not found|Traceback")
        return [text for text in self.page.locator(".jp-OutputArea-output").all_inner_texts() if pattern.search(text)]

    def problems(self) -> list[str]:
        """Everything that is wrong: failed cells, broken widgets, errors on the console. Empty when all is well."""
        return self.cell_errors() + self.widget_errors() + self.complaints

    def watch_figures(self) -> None:
        """From now on hold what every figure shows, in every animation frame, against what Python has pushed."""
        if not self.page.evaluate("() => !!globalThis.watchDrawn"):  # once a page: it goes on until the page ends
            self.page.evaluate(WATCH.read_text("utf-8"))
        self.page.evaluate("() => { watchDrawn.faults.length = watchDrawn.compared = 0; }")

    def figure_faults(self) -> list[str]:
        """Where a figure showed for two frames something else than was pushed, unmarked, since the last call."""
        faults: list[str] = self.page.evaluate("() => watchDrawn.faults.splice(0)")
        return faults

    def screenshot(self, name: str) -> Path:
        file = self.shots / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=file)
        return file

    def end_kernel(self) -> None:
        for session in self.lab.request("api/sessions"):
            if session["path"] == self.path:
                self.lab.request(f"api/sessions/{session['id']}", "DELETE")

    def close(self) -> None:
        self.page.close()
        self.end_kernel()


def write_notebook(cells: Iterable[str], file: Path) -> None:
    """A notebook of code cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    code = [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=code, metadata={"kernelspec": kernel}), file)
