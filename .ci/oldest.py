"""The oldest versions that pyproject.toml's bounds admit, one exact pin a line.

`python .ci/oldest.py` prints them; `make test-oldest` installs them and runs the tests. A lower bound that nobody
tests is a guess.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
# The browser, the linters and the types run with the tested versions alone.
NOT_RUN = {"playwright", "axe-playwright-python", "notebook", "voila", "ruff", "mypy"}


def pins(project: dict[str, object]) -> list[str]:
    """name==version for what the project needs directly, with the extras lab, digits and test.

    ValueError for a requirement without a lower bound: nobody could say what its oldest version is.
    """
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["lab"], *extras["digits"], *extras["test"]]  # type: ignore[misc,index]
    asked = [Requirement(line) for line in lines]
    return [f"{r.name}=={lowest(r)}" for r in asked if r.name not in {project["name"], *NOT_RUN}]


def lowest(requirement: Requirement) -> str:
    """The version after >=."""
    found = [bound.version for bound in requirement.specifier if bound.operator == ">="]
    if len(found) != 1:
        raise ValueError(f"{requirement} must have one lower bound, name>=version, so that its oldest can be tested")
    return found[0]


if __name__ == "__main__":
    print("\n".join(pins(tomllib.loads(PYPROJECT.read_text("utf-8"))["project"])))
