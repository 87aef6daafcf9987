"""The kit's version, which stands in pyproject.toml alone."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

NAME = "nnrnn-kit"
PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def version_of(pyproject: Path = PYPROJECT) -> str:
    """The version in this checkout's pyproject.toml; outside a checkout, that of the installed distribution.

    A checkout comes first because an older copy of the kit may be installed beside it. "unknown" where the folder
    was copied by itself.
    """
    if pyproject.is_file():
        project = tomllib.loads(pyproject.read_text("utf-8")).get("project", {})
        if project.get("name") == NAME:
            return str(project["version"])
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return "unknown"


__version__ = version_of()
