"""The walls of the house: who imports whom, and the files that must agree with pyproject.toml."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import badges

ROOT = badges.ROOT
PROJECT = badges.PYPROJECT["project"]

# The core from the bottom up: a module imports only those before it. A new module takes its place here.
CORE = [
    "checks",
    "threads",
    "device",
    "torch_internals",
    "settings",
    "recurrence",
    "activations",
    "matrices",
    "network",
    "sequence_model",
    "dynamics",
    "tasks",
    "training",
    "experiments",
]

IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith(".__main__"):
        importlib.import_module(module.name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def loaded_by(package: str) -> set[str]:
    """The top-level modules in memory after a fresh process imported `package` with all its submodules."""
    command = [sys.executable, "-c", IMPORT_ALL, package]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """What a file imports, as (dotted name, level); level counts the leading dots, as in the syntax tree."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.level
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.name, node.level) for alias in node.names)


def absolute_imports(path: Path) -> Iterator[str]:
    """What a file imports, with the leading dots resolved against the root of the project."""
    parents = path.relative_to(ROOT).parts
    for name, level in imports(path):
        yield ".".join([*parents[: len(parents) - level], name]) if level else name


def pins(name: str) -> dict[str, str]:
    """The exact versions in one of the .ci lists."""
    lines = [line.partition("#")[0].strip() for line in (ROOT / ".ci" / name).read_text("utf-8").splitlines()]
    pairs = [line.split("==") for line in lines if line]
    return {canonicalize_name(package): version for package, version in pairs}


def requirements(*extras: str) -> list[Requirement]:
    """What pyproject.toml asks for, with the given extras; an extra's reference to the project itself is left out."""
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return [found for line in lines if (found := Requirement(line)).name != PROJECT["name"]]


# --- who imports whom ---------------------------------------------------------------------------------------------


def test_the_core_loads_no_user_interface():
    assert not loaded_by("nnrnn_core") & {"plotly", "ipywidgets", "IPython", "matplotlib", "anywidget", "widgets"}


def test_training_loads_no_compiler():
    """It takes a second or more, and a lesson compiles nothing."""
    steps = """
from nnrnn_core import SequenceModel, Training, tasks
training = Training(SequenceModel("nnrnn", 10, 4, 9), tasks.Copying(3))
training.step(late=True), training.probe(), training.evaluate(batches=1)
import sys
assert "torch._dynamo" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", steps], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_figures_load_no_widgets():
    assert not loaded_by("widgets.figures") & {"ipywidgets", "anywidget"}


@pytest.mark.parametrize("path", modules("nnrnn_core"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_imports_in_one_direction(path: Path):
    here = path.relative_to(ROOT / "nnrnn_core").parts[0].removesuffix(".py")
    if here == "__init__":
        return
    assert here in CORE, "a new module takes its place in the order above"
    for name in absolute_imports(path):
        package, _, rest = name.partition(".")
        assert package != "widgets", name
        if package == "nnrnn_core":
            target = rest.partition(".")[0]
            assert target in CORE[: CORE.index(here) + 1], f"{here} imports {target or 'the package itself'}"


@pytest.mark.parametrize("path", modules("widgets"), ids=lambda path: str(path.relative_to(ROOT)))
def test_widgets_import_each_other_by_relative_imports(path: Path):
    for name, level in imports(path):
        assert level or name.partition(".")[0] != "widgets", name
    for name in absolute_imports(path):
        assert name.partition(".")[0] != "tests", name


def test_figures_import_only_figures_and_the_core():
    for path in modules("widgets/figures"):
        ours = [name for name in absolute_imports(path) if name.startswith("widgets")]
        assert all(name.startswith("widgets.figures") for name in ours), path


def test_what_the_packages_import_is_a_dependency():
    declared = {canonicalize_name(requirement.name) for requirement in requirements()}
    for path in [*modules("nnrnn_core"), *modules("widgets")]:
        for name, level in imports(path):
            top = name.partition(".")[0]
            if level or top in sys.stdlib_module_names or top in {"nnrnn_core", "widgets"}:
                continue
            assert canonicalize_name(top) in declared, f"{path.name} imports {top}"


def test_ipywidgets_is_never_called_widgets():
    """It would shadow our package; ruff says the same, but not about a cell with a magic in it."""
    shadow = re.compile(r"import ipywidgets as " + r"widgets\b|from ipywidgets import " + r"widgets\b")
    for path in [*modules("nnrnn_core"), *modules("widgets"), *modules("tests"), *badges.NOTEBOOKS]:
        assert not shadow.search(path.read_text("utf-8")), path


# --- files that agree with pyproject.toml -------------------------------------------------------------------------


def test_the_constraints_satisfy_every_bound():
    tested = pins("constraints.txt")
    for requirement in requirements("lab", "test"):
        version = tested[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} against {version}"


def test_the_colab_versions_satisfy_every_bound_of_the_packages():
    colab = pins("colab.txt")
    for requirement in requirements():
        version = colab[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} against {version}"


def test_what_colab_does_not_have_is_installed_there_as_it_is_tested_here():
    colab, tested = pins("colab.txt"), pins("constraints.txt")
    for name in ("torch", "plotly", "jaxtyping"):
        assert colab[name] == tested[name]


def test_the_conda_door_installs_what_pyproject_says_and_nothing_of_its_own():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert environment["name"] == PROJECT["name"]
    assert environment["dependencies"] == [
        f"python{PROJECT['requires-python']}",
        "pip",
        {"pip": ["-e .[lab]"]},
    ]


def test_the_citation_names_the_kit_and_its_paper():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert (citation["title"], citation["version"]) == ("nnRNN kit", PROJECT["version"])
    assert citation["license"] == PROJECT["license"]
    (paper,) = citation["references"]
    assert paper["title"].startswith("Non-normal Recurrent Neural Network (nnRNN)")
    assert [author["family-names"] for author in paper["authors"]] == [
        *("Kerg", "Goyette", "Puelma Touzel", "Gidel", "Vorontsov", "Bengio", "Lajoie"),
    ]
    assert paper["year"] == 2019
    assert "1905.12080" in paper["url"]


def test_no_file_names_a_place_on_somebodys_machine():
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git clone")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    place = re.compile(rb"(?<![\w.:/-])/(?:home|Users|root|work)/\w|[A-Z]:\\\\?Users\\")
    found = [name for name in names if (ROOT / name).is_file() and place.search((ROOT / name).read_bytes())]
    assert not found
