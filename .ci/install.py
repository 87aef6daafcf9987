"""`pip install`, told in a few lines: `python .ci/install.py ARGUMENTS` hands its arguments to `pip install`.

pip says too much (hundreds of lines) or, with -q, nothing for minutes. Of what it says this prints each package of a
megabyte or more, and when it begins to unpack; on a terminal also how long it has been busy with that. If pip fails,
all it had said is printed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

FOUND = re.compile(
    r"\s*(?:Downloading|Using cached|Processing) (?P<file>\S+\.(?:whl|tar\.gz))(?: \((?P<size>[\d.]+ [kMG]?B)\))?"
)
UNPACK = re.compile(r"Installing collected packages: (?P<names>.*)")
DONE = re.compile(r"Successfully installed")
BYTES = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}
WORTH_A_LINE = 1e6  # bytes


def step(line: str) -> str | None:
    """What a line of pip's is worth telling, in words; None if nothing."""
    if found := FOUND.match(line):
        name, version = Path(found["file"]).name.removesuffix(".tar.gz").split("-")[:2]
        size = size_of(found["file"], found["size"])
        return f"{name} {version}, {size / 1e6:,.0f} MB" if size >= WORTH_A_LINE else None
    if found := UNPACK.match(line):
        return f"unpacking {len(found['names'].split(', '))} packages"
    return "installed" if DONE.match(line) else None


def size_of(file: str, said: str | None) -> float:
    """Bytes: as pip said, or of the file itself where it lies on this machine."""
    if said:
        number, unit = said.split()
        return float(number) * BYTES[unit]
    return Path(file).stat().st_size if Path(file).exists() else 0


class Teller:
    """Prints steps as lines; on a terminal, the last one with the seconds it has taken so far."""

    def __init__(self, write: Callable[[str], object], terminal: bool) -> None:
        self.write, self.terminal = write, terminal
        self.began = self.changed = time.monotonic()
        self.now = ""

    def tell(self, words: str) -> None:
        self.now, self.changed = words, time.monotonic()
        end = "" if self.terminal else "\n"
        self.write(f"{self._next_line()}   {self.changed - self.began:4.0f} s  {words}{end}")

    def tick(self) -> None:
        """Once a second."""
        if self.terminal and self.now:
            seconds = time.monotonic()
            self.write(f"\r   {seconds - self.began:4.0f} s  {self.now} ({seconds - self.changed:.0f} s)\033[K")

    def end(self) -> None:
        self.write(self._next_line())

    def _next_line(self) -> str:
        return "\n" if self.terminal and self.now else ""


def main(arguments: list[str]) -> int:
    teller = Teller(lambda text: print(text, end="", flush=True), sys.stdout.isatty())
    over = threading.Event()

    def tick() -> None:
        while not over.wait(1):
            teller.tick()

    threading.Thread(target=tick, daemon=True).start()
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar=off"]
    said = []
    with subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            said.append(line)
            if (words := step(line)) is not None:
                teller.tell(words)
    over.set()
    teller.end()
    if pip.returncode:
        sys.stderr.writelines(said)
    return pip.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
