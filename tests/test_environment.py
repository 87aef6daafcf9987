"""The check of the environment: what it finds, and what it says to do."""

from __future__ import annotations

import sys
import types

import pytest
from packaging.requirements import Requirement

import badges
from widgets import environment
from widgets.environment import BELOW, LEAST, LEAST_PYTHON, Finding, findings, report, version_of


def by_name(**versions: str | None) -> dict[str, Finding]:
    """The findings where some versions are others than those installed."""
    return {finding.name: finding for finding in findings(lambda name: versions.get(name, version_of(name)))}


def test_the_bounds_are_those_of_pyproject():
    project = badges.PYPROJECT["project"]
    declared = {requirement.name: requirement.specifier for requirement in map(Requirement, project["dependencies"])}
    for name, version in LEAST.items():
        bounds = {f">={version}", *([f"<{BELOW[name]}"] if name in BELOW else [])}
        assert {str(bound) for bound in declared[name]} == bounds, name
    assert project["requires-python"] == f">={'.'.join(map(str, LEAST_PYTHON))}"


def test_the_tested_environment_is_well():
    assert [finding for finding in findings() if finding.remedy] == []
    assert report().endswith("All is well.")


def test_a_package_that_is_missing_or_too_old_has_a_remedy():
    for version in (None, "5.24.1", "6.0.9", "dev"):
        finding = by_name(plotly=version)["plotly"]
        assert "plotly>=6.1" in finding.remedy
        assert (version or "not there") in finding.found


def test_a_package_that_is_new_enough_has_none():
    for version in ("6.1", "6.1.0rc1", "6.10.0", "7.1.0+local"):
        assert by_name(plotly=version)["plotly"].remedy == "", version


def test_a_package_can_be_too_new():
    assert "<9" in by_name(ipywidgets="9.0.0")["ipywidgets"].remedy


def test_a_missing_front_end_is_named():
    assert "make lab" in by_name(jupyterlab=None)["notebook in"].remedy
    assert "jupyterlab_widgets" in by_name(jupyterlab_widgets=None)["notebook in"].remedy


def test_colab_is_recognised(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    finding = by_name(jupyterlab=None)["notebook in"]
    assert "Colab" in finding.found
    assert not finding.remedy


def test_an_old_python_has_a_remedy():
    assert "PYTHON=" in environment._python((3, 10, 4)).remedy
    assert environment._python((3, 11, 0)).remedy == ""


def test_the_report_counts_what_is_to_be_done(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(environment, "findings", lambda: [Finding("a", "1"), Finding("b", "0", "update b")])
    assert report().splitlines() == [
        "ok  a            1",
        "!!  b            0",
        "    -> update b",
        "1 to put right; then restart the kernel and run again.",
    ]
