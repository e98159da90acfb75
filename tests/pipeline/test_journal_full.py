"""A disk that is really full: nothing counts that is not there, and it goes on when there is room again."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = [sys.executable, "-m", "tests.pipeline.journal_on_a_full_disk"]


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_full_disk(tmp_path: Path) -> None:
    # A file system of 1 MB, in a mount name space that ends with its process.
    own_mounts = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=1m tmpfs '{tmp_path}'"
    if subprocess.run([*own_mounts, mount], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs a mount name space of its own: run as root or allow unprivileged user name spaces")
    said = run([*own_mounts, f'{mount} && exec "$@"', "sh", *SCRIPT, str(tmp_path), "disk"])
    assert re.search(r"no room to commit entries: the disk is full \(\d+ (bytes|kB) are free\)", said)
    assert "goes on by itself when there is room" in said


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    said = run([*SCRIPT, str(tmp_path), "limit"])
    assert "no room to commit entries: a file has reached its allowed size" in said
