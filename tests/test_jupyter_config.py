"""What `make lab` sets in Jupyter (`.jupyter/jupyter_config.py`): what opening and saving a notebook does to it."""

from __future__ import annotations

import asyncio
import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from ipykernel.ipkernel import IPythonKernel
from traitlets.config import Config

import badges

PATH = "00_start_here.ipynb"
STORED = (badges.ROOT / "notebooks" / PATH).read_text("utf-8")


@pytest.fixture
def contents(tmp_path: Path) -> Any:
    """The contents manager that the file sets, on a folder with one notebook."""
    config = Config()
    runpy.run_path(str(badges.ROOT / ".jupyter/jupyter_config.py"), {"get_config": lambda: config})
    (tmp_path / PATH).write_text(STORED, "utf-8")
    return config.ServerApp.contents_manager_class(root_dir=str(tmp_path))


def opened(contents: Any) -> dict[str, Any]:
    return dict(asyncio.run(contents.get(PATH)))


def test_a_notebook_is_opened_with_what_jupyterlab_would_write_into_it(contents: Any):
    metadata = opened(contents)["content"]["metadata"]
    assert metadata["language_info"] == IPythonKernel.language_info
    assert metadata["kernelspec"]["name"] == "python3"


def test_what_was_opened_is_saved_as_it_was_stored_whatever_the_python(contents: Any, tmp_path: Path):
    model = opened(contents)
    model["content"]["metadata"]["widgets"] = {
        "application/vnd.jupyter.widget-state+json": {"state": {"a": 10**6 * "b"}}
    }
    asyncio.run(contents.save(model, PATH))
    assert json.loads((tmp_path / PATH).read_text("utf-8")) == json.loads(STORED)


def test_another_kernels_notebook_keeps_its_metadata(contents: Any, tmp_path: Path):
    other = {
        "kernelspec": {"name": "julia", "display_name": "Julia", "language": "julia"},
        "language_info": {"name": "julia"},
    }
    (tmp_path / PATH).write_text(json.dumps(json.loads(STORED) | {"metadata": other}), "utf-8")
    model = opened(contents)
    assert model["content"]["metadata"] == other
    asyncio.run(contents.save(model, PATH))
    assert json.loads((tmp_path / PATH).read_text("utf-8"))["metadata"] == other
