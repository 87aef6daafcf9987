"""Files that a task needs and the kit does not carry: found in a folder, or fetched from a mirror; always checked.

The folder is named by the environment variable NNRNN_DATA; without it, it is `~/.cache/nnrnn`. What a mirror sends is
kept beside its place under a name of its own until it is whole, so that a download that breaks off goes on from there
the next time, and no file of another content ever gets the right name.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

LARGEST = 2**28  # bytes; a mirror that sends more than this sends something else
CHUNK = 2**16  # bytes between two writes
PATIENCE = 20  # seconds without an answer after which the next mirror is asked


class DataMissing(OSError):
    """A file that is neither here nor to be fetched, or is not what it should be; the message says what to do."""


@dataclass(frozen=True)
class DataFile:
    """A file, by where it is found and what it holds.

    Attributes
    ----------
    folder, name : str
        Its place is `folder`/`name` in the data folder; `name`.gz will do as well.
    digest : str
        "sha256:…" or "md5:…" of the unpacked content.
    mirrors : tuple of str
        Addresses that hold it, packed where they end with .gz; asked in this order.
    """

    folder: str
    name: str
    digest: str
    mirrors: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Where it lies, or will."""
        return data_folder() / self.folder / self.name

    def read(self) -> bytes:
        """The unpacked content, fetched first if it is not here.

        Raises
        ------
        DataMissing
            If the file that is here has another content (it is left as it is), no mirror has the right one, or there
            is no room for it.
        """
        for path in (self.path, self._packed):
            if path.exists():
                return self._checked(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock"):  # another process may fetch the same file
            here = next((path for path in (self.path, self._packed) if path.exists()), None)
            return self._checked(here) if here else self._fetched()

    @property
    def _packed(self) -> Path:
        return self.path.with_name(f"{self.name}.gz")

    def _digest_of(self, content: bytes) -> str:
        kind = self.digest.partition(":")[0]
        return f"{kind}:{hashlib.new(kind, content, usedforsecurity=False).hexdigest()}"

    def _checked(self, path: Path) -> bytes:
        content = _unpacked(path)
        if content is None or self._digest_of(content) != self.digest:
            found = "it cannot be unpacked" if content is None else f"its sum is {self._digest_of(content)}"
            raise DataMissing(
                f"{path} is not the file {self.name}, whose unpacked content has the sum {self.digest}: {found}. "
                "Half a download, or another file? Move it away, and the right one is fetched"
            )
        return content

    def _fetched(self) -> bytes:
        problems = []
        for mirror in self.mirrors:
            part = self.path.with_name(f"{self.name}.{zlib.crc32(mirror.encode()):08x}.part")
            try:
                _download(mirror, part)
            except OSError as problem:
                if problem.errno == errno.ENOSPC:
                    raise DataMissing(self._no_room(part)) from problem
                problems.append(f"{mirror}: {problem}")
                continue
            content = _unpacked(part, packed=mirror.endswith(".gz"))
            if content is not None and self._digest_of(content) == self.digest:
                part.replace(self._packed if mirror.endswith(".gz") else self.path)
                return content
            problems.append(f"{mirror}: sent something else ({part.stat().st_size} bytes, {_beginning(part)})")
            part.unlink()
        raise DataMissing(self._nowhere(problems))

    def _no_room(self, part: Path) -> str:
        return (
            f"no space is left for {self.name} in {self.path.parent}. Make room, or name another folder in the "
            f"environment variable NNRNN_DATA; what has been fetched is kept in {part.name} and is gone on from"
        )

    def _nowhere(self, problems: list[str]) -> str:
        tried = "".join(f"\n  {problem}" for problem in problems)
        return (
            f"{self.name} is not here, and no mirror gave it:{tried}\nPut the file (as it is, or as {self.name}.gz) "
            f"into {self.path.parent}, or name the folder above that in the environment variable NNRNN_DATA. Its "
            f"unpacked content has the sum {self.digest}"
        )


def data_folder() -> Path:
    """$NNRNN_DATA, or ~/.cache/nnrnn."""
    named = os.environ.get("NNRNN_DATA")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "nnrnn"


def read_all(files: dict[str, DataFile]) -> dict[str, bytes]:
    """The contents of several files. DataMissing names all that are missing, not the first alone."""
    contents, problems = {}, []
    for key, file in files.items():
        try:
            contents[key] = file.read()
        except DataMissing as problem:
            problems.append(str(problem))
    if problems:
        raise DataMissing("\n\n".join(problems))
    return contents


def _download(url: str, part: Path) -> None:
    """Bring the rest of a file into `part`."""
    begun = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "nnrnn-kit", **({"Range": f"bytes={begun}-"} if begun else {})}
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE)
    except urllib.error.HTTPError as problem:
        if problem.code == 416 and begun:  # nothing is left to send: the sum will tell whether it is whole
            return
        raise
    with answer, part.open("ab" if answer.status == 206 else "wb") as file:
        expected = answer.length
        got = 0
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            got += len(chunk)
            if file.tell() > LARGEST:
                raise OSError(f"sends more than {LARGEST} bytes")
    if expected is not None and got < expected:
        raise OSError(f"broke off after {got} of {expected} bytes; the next try goes on from there")


def _unpacked(path: Path, packed: bool | None = None) -> bytes | None:
    """What a file holds; None if it cannot be unpacked."""
    content = path.read_bytes()
    if not (path.suffix == ".gz" if packed is None else packed):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return None


def _beginning(path: Path) -> str:
    """The first bytes of a file, for the reader to see what it is: a web page, as a rule."""
    with path.open("rb") as file:
        return f"beginning with {file.read(20)!r}"
