"""The repository's address, carried from pyproject.toml to every place that names it.

`python tests/notebooks/badges.py` (or `make badges`) rewrites the Colab badge and the set-up cell of every notebook,
and what TEXTS say of it: badges, clone commands, the citation. Run it after [project.urls] changed, in a fork for
instance: until then a fork's badges open the original.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import nbformat
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TEXTS = ("README.md", "tests/benchmarks/README.md", "CITATION.cff")
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ADDRESS: str = PYPROJECT["project"]["urls"]["Repository"]
BRANCH: str = PYPROJECT["tool"]["nnrnn-kit"]["branch"]
SLUG = ADDRESS.removeprefix("https://github.com/")

COLAB = "https://colab.research.google.com"
COLAB_LINK = re.compile(rf"{COLAB}/github/[^/\s]+/[^/\s]+/blob/[^/\s]+/notebooks/([\w.-]+\.ipynb)")
CLONE_COMMAND = re.compile(r"(git clone (?:\S+ )*?)https://github\.com/[\w./-]+")
CITED_ADDRESS = re.compile(r"^repository-code: .*$", re.MULTILINE)

# Colab's runtime has these, and pip must not touch them: a new torch or numpy under a running kernel breaks it.
IN_COLAB = {"torch", "numpy", "scipy", "contourpy", "threadpoolctl", "tqdm", "ipywidgets", "ipython", "traitlets"}

# Folded to its first line: by `cellView` and the word @title in Colab, by `jupyter` in JupyterLab and Notebook.
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["setup"]}
SETUP_CELL = """\
# @title Set-up: run this cell first. In Colab it fetches the kit; elsewhere it only looks whether the kit is there.
import importlib.util
import subprocess
import sys
from pathlib import Path

if "google.colab" in sys.modules:
    clone = Path("{folder}").absolute()
    git_clone = ["git", "clone", "--quiet", "--depth=1", "--branch={branch}"]
    if not clone.exists():
        subprocess.run([*git_clone, "{address}", str(clone)], check=True)
    pip_install = [sys.executable, "-m", "pip", "install", "--quiet"]
    # Before plotly is imported, and without torch and numpy: those stay Colab's own.
    needed = [{requirements}]
    subprocess.run([*pip_install, *needed], check=True)
    subprocess.run([*pip_install, "--no-deps", str(clone)], check=True)
    importlib.invalidate_caches()
    from google.colab import output

    output.enable_custom_widget_manager()
elif importlib.util.find_spec("nnrnn_core") is None:
    raise ModuleNotFoundError("This kernel has no kit: run `make lab` in the folder you cloned, and open me there.")
"""


def badge(name: str) -> str:
    """The Colab badge of the notebook called `name`, in Markdown."""
    return f"[![Open In Colab]({COLAB}/assets/colab-badge.svg)]({colab_link(name)})"


def colab_link(name: str) -> str:
    """Where Colab opens the notebook called `name`."""
    return f"{COLAB}/github/{SLUG}/blob/{BRANCH}/notebooks/{name}"


def setup_cell() -> str:
    """The source of every notebook's set-up cell; what it asks of pip are pyproject's own requirements."""
    wanted: list[str] = PYPROJECT["project"]["dependencies"]
    missing = [line for line in wanted if Requirement(line).name not in IN_COLAB]
    requirements = ", ".join(f'"{line}"' for line in missing)
    folder = SLUG.split("/")[1]
    return SETUP_CELL.format(folder=folder, address=ADDRESS, branch=BRANCH, requirements=requirements).rstrip()


def with_address(name: str, notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Give the notebook called `name` its badge (in its first cell) and its set-up cell, in place, and return it."""
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and position == 0:
            cell.source = COLAB_LINK.sub(colab_link(name), cell.source)
        elif cell.cell_type == "markdown":
            cell.source = text_with_address(cell.source)
        elif "setup" in cell.metadata.get("tags", []):
            cell.source, cell.metadata = setup_cell(), nbformat.from_dict(FOLDED)
    return notebook


def text_with_address(text: str) -> str:
    """The text with every badge, clone command and repository line pointing at the address."""
    text = COLAB_LINK.sub(lambda match: colab_link(match[1]), text)
    text = CLONE_COMMAND.sub(rf"\g<1>{ADDRESS}", text)
    return CITED_ADDRESS.sub(f"repository-code: {ADDRESS}", text)


def main() -> None:
    for path in NOTEBOOKS:
        before = path.read_text("utf-8")
        notebook = with_address(path.name, nbformat.reads(before, as_version=4))
        after = nbformat.writes(notebook) + "\n"
        path.write_text(after, "utf-8")
        print(f"{path.relative_to(ROOT)}: {'as it was' if before == after else 'rewritten'}")
    for path in (ROOT / name for name in TEXTS):
        before = path.read_text("utf-8")
        after = text_with_address(before)
        path.write_text(after, "utf-8")
        print(f"{path.relative_to(ROOT)}: {'as it was' if before == after else 'rewritten'}")


if __name__ == "__main__":
    main()
