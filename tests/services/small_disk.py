"""small_disk: a file system of a few megabytes that is really full when it is full.

A tmpfs in a mount name space of its own, which is kept by a process that does nothing else and ends with it. Commands
are run in it by `within`; the files are at `seen`.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.services.process import REPOSITORY
from tests.services.wait import until

_OWN = ("unshare", "--user", "--map-root-user", "--mount")


class SmallDisk:
    """Mounted at `folder` for those who are `within`."""

    def __init__(self, folder: Path, size: int) -> None:
        """size: bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        mount = f"mount -t tmpfs -o size={size} tmpfs '{folder}'"
        if subprocess.run([*_OWN, "sh", "-c", mount], capture_output=True, check=False).returncode != 0:
            pytest.skip("needs a mount name space of its own: run as root or allow unprivileged user name spaces")
        self._keeper = subprocess.Popen(
            [*_OWN, "sh", "-c", f"{mount} && exec cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        self.seen = Path(f"/proc/{self._keeper.pid}/root{folder}")
        until(lambda: self._mounted(folder), "the small disk")
        target = ("--target", str(self._keeper.pid), "--user", "--mount", "--preserve-credentials")
        self.within = ("nsenter", *target, "sh", "-c", 'cd "$0" && exec "$@"', str(REPOSITORY))
        self._fillers: list[Path] = []

    def fill(self, leave: int) -> None:
        """Fill it up but for `leave` bytes."""
        at = os.statvfs(self.seen)
        filler = self.seen / f"filler-{len(self._fillers)}"
        filler.write_bytes(bytes(at.f_bavail * at.f_frsize - leave))
        self._fillers.append(filler)

    def make_room(self) -> None:
        """Take away what filled it."""
        while self._fillers:
            self._fillers.pop().unlink()

    def end(self) -> None:
        """Let it go, with all that is on it."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(60)

    def _mounted(self, folder: Path) -> bool:
        assert self._keeper.poll() is None, "the small disk could not be mounted"
        mounts = Path(f"/proc/{self._keeper.pid}/mounts").read_text()
        return any(line.split()[1] == str(folder) for line in mounts.splitlines())
