"""What a notebook runs on, and what to do where that will not do."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass

# The lower bounds of pyproject.toml, and ipywidgets' upper one; a test holds the two together.
LEAST = {"torch": "2.12", "numpy": "2", "scipy": "1.15", "plotly": "6.1", "anywidget": "0.9.13", "ipywidgets": "7.7.1"}
BELOW = {"ipywidgets": "9"}
LEAST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Finding:
    """One line of the report. remedy: what to do; empty where all is well."""

    name: str
    found: str
    remedy: str = ""


def version_of(package: str) -> str | None:
    """The installed version, None if there is none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def findings(version: Callable[[str], str | None] = version_of) -> list[Finding]:
    """Python, packages, front end, device and threads, each with what to do about it."""
    return [
        _python(sys.version_info[:3]),
        *(_package(name, version(name)) for name in LEAST),
        _front_end(version),
        *_torch(),
    ]


def report() -> str:
    """The findings as text, and a last line that says whether anything is to be done."""
    lines, found = [], findings()
    for finding in found:
        lines.append(f"{'!!' if finding.remedy else 'ok'}  {finding.name:<13}{finding.found}")
        if finding.remedy:
            lines.append(f"    -> {finding.remedy}")
    problems = sum(bool(finding.remedy) for finding in found)
    lines.append("All is well." if not problems else f"{problems} to put right; then restart the kernel and run again.")
    return "\n".join(lines)


def _python(version: tuple[int, ...]) -> Finding:
    found = f"{'.'.join(map(str, version))} on {platform.system()} {platform.machine()}"
    if version[:2] >= LEAST_PYTHON:
        return Finding("Python", found)
    return Finding("Python", found, "needs 3.11 or newer: make lab PYTHON=/path/to/python3.12, after removing .venv")


def _package(name: str, found: str | None) -> Finding:
    wanted = f"{name}>={LEAST[name]}" + (f",<{BELOW[name]}" if name in BELOW else "")
    remedy = f"run `make lab` again, or: python -m pip install '{wanted}'"
    if found is None:
        return Finding(name, "not there", remedy)
    too_new = name in BELOW and _numbers(found) >= _numbers(BELOW[name])
    return Finding(name, found, remedy if too_new or _numbers(found) < _numbers(LEAST[name]) else "")


def _numbers(version: str) -> tuple[int, ...]:
    """(2, 13, 0) for "2.13.0+cpu"; what is no number ends it."""
    numbers = []
    for part in version.split("+")[0].split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def _front_end(version: Callable[[str], str | None]) -> Finding:
    if "google.colab" in sys.modules:
        return Finding("notebook in", "Google Colab: the figures need what its set-up cell installs")
    if "VSCODE_PID" in os.environ or "VSCODE_CWD" in os.environ:
        return Finding("notebook in", "Visual Studio Code (not tried with this kit; JupyterLab is)")
    lab = version("jupyterlab")
    if lab is None:
        return Finding("notebook in", "no JupyterLab beside this kernel", "run `make lab` in the folder of the kit")
    if version("jupyterlab_widgets") is None:
        return Finding("notebook in", f"JupyterLab {lab} without widgets", "python -m pip install jupyterlab_widgets")
    return Finding("notebook in", f"JupyterLab {lab}, with widgets")


def _torch() -> list[Finding]:
    """What torch computes on; where it cannot be imported, what that leaves out."""
    try:
        import torch
    except Exception as problem:  # not there, or there and broken: an OSError of a library that it loads
        found = f"torch cannot be imported ({str(problem).splitlines()[0]})"
        remedy = "install it for what trains a network and for SchurMatrix; the labs of a matrix work without it"
        return [Finding("device", found, remedy)]
    from nnrnn_core import best_device

    device, cores = best_device(), os.cpu_count() or 1
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    used = f"torch would use {torch.get_num_threads()} of {cores} processors; a training step uses 1 (its setting)"
    return [Finding("device", f"{name}; the labs compute on the CPU"), Finding("threads", used)]
