"""The wheel is whole: installed in an empty environment it imports from any folder, JavaScript included."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import badges

pytestmark = pytest.mark.integration

LOOK = """
import importlib.resources as resources, pathlib, nnrnn_core, widgets
for package in (nnrnn_core, widgets):
    print(pathlib.Path(package.__file__).parent, resources.files(package).joinpath("py.typed").is_file())
print(*sorted(path.name for path in pathlib.Path(widgets.__file__).parent.rglob("*.js")))
print(nnrnn_core.__version__)
"""


def run(*command: str | Path, cwd: Path) -> str:
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # it would lend this checkout
    words = [str(part) for part in command]
    done = subprocess.run(words, cwd=cwd, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    # Without the build backend at hand pip fetches it into an environment of its own.
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    run(sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", *isolation, "-w", folder, badges.ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel."""
    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=home)  # a pip of its own would take seconds
    interpreter = home / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", interpreter, "install", "-qq", "--no-deps", wheel, cwd=home)
    # Torch alone is hundreds of megabytes: the libraries of the running environment are lent by a .pth file instead
    # of being installed again. Its entries come after the wheel's own folder, and .pth files in it (such as that of
    # an editable install of this checkout) are not followed.
    purelib = run(interpreter, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(purelib) / "lent.pth").write_text("\n".join(sorted(lent)) + "\n", "utf-8")
    return interpreter


def test_the_wheel_imports_from_another_folder(python: Path, tmp_path: Path):
    core, widgets, scripts, version = run(python, "-c", LOOK, cwd=tmp_path).splitlines()
    home = str(python.parents[1])
    assert core.startswith(home)
    assert widgets.startswith(home)
    assert core.endswith("True"), "py.typed is missing"
    assert widgets.endswith("True"), "py.typed is missing"
    assert scripts.split() == sorted(path.name for path in (badges.ROOT / "widgets").rglob("*.js"))
    assert version == badges.PYPROJECT["project"]["version"]


def test_the_wheel_holds_nothing_but_the_two_packages(wheel: Path):
    listing = run(sys.executable, "-m", "zipfile", "-l", wheel, cwd=wheel.parent).splitlines()[1:]
    folders = {line.split("/")[0] for line in listing}
    version = badges.PYPROJECT["project"]["version"]
    assert folders == {"nnrnn_core", "widgets", f"nnrnn_kit-{version}.dist-info"}
