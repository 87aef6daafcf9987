"""The set-up cell, and the one place that the repository's address comes from."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import types
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import badges

pytestmark = pytest.mark.integration


@pytest.fixture
def colab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """A pretended Colab in an empty folder; the list fills with the commands that would have run."""
    commands: list[list[str]] = []
    google, module = types.ModuleType("google"), types.ModuleType("google.colab")
    module.output = types.SimpleNamespace(enable_custom_widget_manager=lambda: commands.append(["widget manager"]))
    google.colab = module
    monkeypatch.setitem(sys.modules, "google", google)
    monkeypatch.setitem(sys.modules, "google.colab", module)
    monkeypatch.setattr(subprocess, "run", lambda command, check: commands.append(command))
    monkeypatch.chdir(tmp_path)
    return commands


def run_setup() -> None:
    exec(badges.setup_cell(), {})


def test_in_colab_the_cell_clones_installs_and_turns_widgets_on(colab: list[list[str]], tmp_path: Path):
    run_setup()
    clone, libraries, kit, widgets = colab
    folder = str(tmp_path / badges.SLUG.split("/")[1])
    assert clone[:2] == ["git", "clone"]
    assert clone[-2:] == [badges.ADDRESS, folder]
    assert f"--branch={badges.BRANCH}" in clone
    assert libraries[1:5] == ["-m", "pip", "install", "--quiet"]
    assert kit[-2:] == ["--no-deps", folder]
    assert widgets == ["widget manager"]


def test_in_colab_pip_asks_for_plotly_and_anywidget_and_never_for_torch_or_numpy(colab: list[list[str]]):
    run_setup()
    wanted = colab[1][5:]
    assert {"plotly>=6.1", "anywidget>=0.9.13"} <= set(wanted)
    assert set(wanted) <= set(badges.PYPROJECT["project"]["dependencies"])
    assert not [line for line in wanted if line.startswith(("torch", "numpy", "ipywidgets"))]


def test_in_colab_a_clone_that_is_there_is_not_cloned_again(colab: list[list[str]], tmp_path: Path):
    (tmp_path / badges.SLUG.split("/")[1]).mkdir()
    run_setup()
    assert not [command for command in colab if command[0] == "git"]


def test_elsewhere_the_cell_runs_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a command ran outside Colab"))
    run_setup()


def test_without_the_kit_the_cell_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="make lab"):
        run_setup()


def test_badges_and_clone_commands_follow_the_address():
    badge = badges.badge("00_a.ipynb").replace(badges.SLUG, "someone/else").replace(badges.BRANCH, "v0")
    text = f"{badge}\ngit clone --depth 1 https://github.com/someone/else\nhttps://github.com/nnRNN/nnRNN_release\n"
    after = badges.text_with_address(text)
    assert badges.badge("00_a.ipynb") in after
    assert f"git clone --depth 1 {badges.ADDRESS}\n" in after
    assert "https://github.com/nnRNN/nnRNN_release" in after
    assert "someone" not in after


def test_a_notebook_gets_its_own_badge_and_the_current_setup_cell():
    other = badges.badge("01_b.ipynb").replace(badges.SLUG, "someone/else")
    setup = new_code_cell("old", metadata={"tags": ["setup"]})
    notebook = new_notebook(cells=[new_markdown_cell(other), setup, new_code_cell("1 + 1"), new_markdown_cell(other)])
    badges.with_address("00_a.ipynb", notebook)
    expected = [badges.badge("00_a.ipynb"), badges.setup_cell(), "1 + 1", badges.badge("01_b.ipynb")]
    assert [cell.source for cell in notebook.cells] == expected


@pytest.mark.parametrize("name", badges.TEXTS)
def test_the_address_in_the_text_files_is_the_projects(name: str):
    text = (badges.ROOT / name).read_text("utf-8")
    assert text == badges.text_with_address(text), "run `make badges`"
    assert badges.ADDRESS in text
