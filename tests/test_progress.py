"""`.ci/install.py`: what `make lab` tells while pip works."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import badges

spec = importlib.util.spec_from_file_location("install", badges.ROOT / ".ci/install.py")
assert spec is not None and spec.loader is not None
install = importlib.util.module_from_spec(spec)
spec.loader.exec_module(install)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("  Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl (915.4 MB)", "torch 2.13.0, 915 MB"),
        (
            "  Downloading nvidia_cudnn_cu12-9.10.2.21-py3-none-any.whl (1.2 GB)",
            "nvidia_cudnn_cu12 9.10.2.21, 1,200 MB",
        ),
        ("  Using cached jedi-0.20.1-py2.py3-none-any.whl (4.9 MB)", "jedi 0.20.1, 5 MB"),
        ("  Downloading comm-0.2.3.tar.gz (7.3 kB)", None),
        ("  Downloading torch-2.13.0-cp311-cp311-linux_x86_64.whl.metadata (29 kB)", None),
        ("Collecting torch>=2.12 (from nnrnn-kit==0.2.0)", None),
        ("Installing collected packages: a, b, c-d", "unpacking 3 packages"),
        ("Successfully installed a-1.0 b-2.0", "installed"),
    ],
)
def test_a_line_of_pips_is_told_in_words_or_not_at_all(line: str, told: str | None):
    assert install.step(line) == told


def test_a_large_file_on_this_machine_is_told_with_its_size(tmp_path: Path):
    wheel = tmp_path / "big-1.0-py3-none-any.whl"
    wheel.write_bytes(bytes(2_000_000))
    assert install.step(f"Processing {wheel} (from other)") == "big 1.0, 2 MB"
    wheel.write_bytes(b"")
    assert install.step(f"Processing {wheel}") is None


def test_where_it_is_no_terminal_each_step_is_a_line_and_time_alone_says_nothing():
    said: list[str] = []
    teller = install.Teller(said.append, terminal=False)
    teller.tell("torch 2.13.0, 915 MB")
    teller.tick()
    teller.tell("installed")
    teller.end()
    assert [line.strip() for line in "".join(said).splitlines()] == ["0 s  torch 2.13.0, 915 MB", "0 s  installed"]


def test_a_failing_pip_is_told_in_full_and_fails(capfd: pytest.CaptureFixture[str]):
    assert install.main(["--no-index", "no-such-package-of-anyone"]) != 0
    assert "No matching distribution found for no-such-package-of-anyone" in capfd.readouterr().err
