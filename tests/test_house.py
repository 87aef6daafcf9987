"""The walls of the house: who imports whom, and the files that must agree with pyproject.toml."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import badges
import nnrnn_core
from nnrnn_core.version import version_of

ROOT = badges.ROOT
PROJECT = badges.PYPROJECT["project"]

# The core from the bottom up: a module imports only those before it. A new module takes its place here.
CORE = [
    "version",
    "shipped",
    "checks",
    "packing",
    "threads",
    "dynamics",
    "device",
    "torch_internals",
    "settings",
    "recurrence",
    "activations",
    "matrices",
    "reading",
    "network",
    "budget",
    "sequence_model",
    "tasks",
    "training",
    "experiments",
]

TRAIN = """
from nnrnn_core import SequenceModel, Training, tasks
training = Training(SequenceModel("nnrnn", 10, 4, 9), tasks.Copying(3))
training.step(late=True), training.probe(), training.evaluate(batches=1)
"""
# Prints what was in memory before any package was imported with all its submodules, and after each of them.
IMPORT_ALL = """
import importlib, json, pkgutil, sys
found = [sorted(sys.modules)]
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    found.append(sorted({name.partition(".")[0] for name in sys.modules}))
print(json.dumps(found))
"""


def loaded_by(first: str, *packages: str) -> list[set[str]]:
    """In a fresh process: all modules in memory after the code `first`, and the top-level ones after an import of each
    of `packages` with all its submodules, one after the other."""
    command = [sys.executable, "-c", first + IMPORT_ALL, *packages]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [set(names) for names in json.loads(done.stdout)]


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


@pytest.mark.integration
def test_training_loads_no_compiler_the_core_no_user_interface_and_figures_no_widgets():
    """A compiler takes a second or more to load, and a lesson compiles nothing."""
    by_training, by_the_core, by_figures = loaded_by(TRAIN, "nnrnn_core", "widgets.figures")
    assert "nnrnn_core.training" in by_training and "torch._dynamo" not in by_training
    assert not by_the_core & {"plotly", "ipywidgets", "IPython", "matplotlib", "anywidget", "widgets"}
    assert "plotly" in by_figures and not by_figures & {"ipywidgets", "anywidget"}


def test_the_core_imports_in_one_direction():
    wrong = []
    for path in modules("nnrnn_core"):
        here = path.relative_to(ROOT / "nnrnn_core").parts[0].removesuffix(".py")
        if here == "__init__":
            continue
        allowed = (
            CORE[: CORE.index(here) + 1] if here in CORE else []
        )  # a new module takes its place in the order above
        for name in absolute_imports(path):
            package, _, rest = name.partition(".")
            target = rest.partition(".")[0]
            if package == "widgets" or (package == "nnrnn_core" and target not in allowed):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_widgets_import_each_other_by_relative_imports_and_never_the_tests():
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("widgets")
        for name, level in imports(path)
        if name.partition(".")[0] in ("widgets", "tests") and not level
    ]
    assert wrong == []


def test_figures_import_only_figures_and_the_core():
    wrong = [
        f"{path.name} imports {name}"
        for path in modules("widgets/figures")
        for name in absolute_imports(path)
        if name.startswith("widgets") and not name.startswith("widgets.figures")
    ]
    assert wrong == []


def test_what_the_packages_import_is_a_dependency():
    ours = {"nnrnn_core", "widgets", *sys.stdlib_module_names}
    imported_as = {"scikit-learn": "sklearn"}
    names = [canonicalize_name(requirement.name) for requirement in requirements("digits")]
    declared = {imported_as.get(name, name) for name in names}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in [*modules("nnrnn_core"), *modules("widgets")]
        for name, level in imports(path)
        if not level and (top := name.partition(".")[0]) not in ours and canonicalize_name(top) not in declared
    ]
    assert wrong == []


def test_ipywidgets_is_never_called_widgets():
    """It would shadow our package; ruff says the same, but not about a cell with a magic in it."""
    shadow = re.compile(r"import ipywidgets as " + r"widgets\b|from ipywidgets import " + r"widgets\b")
    for path in [*modules("nnrnn_core"), *modules("widgets"), *modules("tests"), *badges.NOTEBOOKS]:
        assert not shadow.search(path.read_text("utf-8")), path


# --- files that agree with pyproject.toml -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("versions", "extras"), [("constraints.txt", ("lab", "digits", "test", "bench")), ("colab.txt", ())]
)
def test_the_versions_that_are_tested_satisfy_every_bound(versions: str, extras: tuple[str, ...]):
    tested = pins(versions)
    for requirement in requirements(*extras):
        version = tested[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} against {version}"


def test_the_oldest_versions_are_those_of_the_lower_bounds():
    """What `make test-oldest` installs: a bound without a pin would never be tested."""
    command = [sys.executable, ROOT / ".ci/oldest.py"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    oldest = {Requirement(line).name: str(Requirement(line).specifier) for line in printed}
    not_run = {"ruff", "mypy", "playwright", "axe-playwright-python", "notebook", "voila"}
    wanted = [r for r in requirements("lab", "digits", "test") if r.name not in not_run]
    assert set(oldest) == {requirement.name for requirement in wanted}
    for requirement in wanted:
        assert oldest[requirement.name].replace("==", ">=") in str(requirement.specifier).split(","), requirement


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


def test_the_workflow_runs_what_ci_runs_with_pinned_actions_and_the_oldest_python():
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run", "make test-oldest"]
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"]) for step in steps if "uses" in step)
    versions = {step["with"]["python-version"] for step in steps if "setup-python" in step.get("uses", "")}
    assert {f">={version}" for version in versions} == {PROJECT["requires-python"]}


def test_a_commit_is_judged_by_the_tools_of_the_environment():
    """Whose versions are those of the constraints, which `make` installs; so every hook is local."""
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert repository["repo"] == "local"
    assert {hook["entry"].split()[0] for hook in repository["hooks"]} == {".venv/bin/python", "git"}


def test_the_version_is_that_of_pyproject_alone(tmp_path: Path):
    assert nnrnn_core.__version__ == PROJECT["version"]
    assert version_of(tmp_path / "pyproject.toml") == installed_version(), "outside a checkout: what pip installed"
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "something-else"\nversion = "9.9"\n', "utf-8")
    assert version_of(tmp_path / "pyproject.toml") == installed_version(), "another project's folder is not a checkout"


def installed_version() -> str:
    try:
        return metadata.version(PROJECT["name"])
    except metadata.PackageNotFoundError:
        return "unknown"


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
