"""Finds what an editor leaves behind in text files: `python .ci/whitespace.py FILE …` (a pre-commit hook).

Spaces at the end of a line, a file that does not end in exactly one newline, Windows line ends, marks of a merge.
Nothing is changed; the exit status counts.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

FAULTS = {
    "spaces at the end of a line": re.compile(rb"[ \t]+\n"),
    "Windows line ends": re.compile(rb"\r\n"),
    "the mark of a merge": re.compile(rb"^(<<<<<<<|>>>>>>>) ", re.MULTILINE),
    "no newline at its end": re.compile(rb"[^\n]\Z"),
    "empty lines at its end": re.compile(rb"\n\n\Z"),
}


def faults(content: bytes) -> list[str]:
    """What is wrong with the content of a text file, in words."""
    return [words for words, pattern in FAULTS.items() if pattern.search(content)]


if __name__ == "__main__":
    found = [f"{name}: {words}" for name in sys.argv[1:] for words in faults(Path(name).read_bytes())]
    print("\n".join(found))
    sys.exit(bool(found))
