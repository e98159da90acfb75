"""history_spool: points that no journal has (measures, the pipeline's numbers), on disk until InfluxDB has taken them.

One file of lines, appended to and cut from its beginning. It is bounded: when it is full, or the disk is, what comes is
lost, and counted. A line that a crash tore is cut off.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

FILE = "waiting.lp"
LIMIT = 64 * 2**20
"""Bytes: half a million points, a day of a large city's measures."""
_CUT = 8 * 2**20
"""Bytes that have been taken before they are cut off while others wait."""


class Spool:
    """Any thread. A failing disk loses what comes, never raises."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        """Raises OSError where there can be no file."""
        self._path, self._limit = folder / FILE, limit
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a+b")
        self._file.seek(0)
        self._size = _whole(self._file.read())
        self._file.truncate(self._size)
        self._taken = 0
        self.lost = 0
        """Lines."""

    @property
    def nbytes(self) -> int:
        """That wait."""
        return self._size - self._taken

    def add(self, lines: Sequence[str]) -> None:
        """They are on the disk when this returns, or counted as lost."""
        if not lines:
            return
        data = "".join(f"{line}\n" for line in lines).encode()
        with self._lock:
            if self._size + len(data) > self._limit:
                self._cut()
            if self._size + len(data) > self._limit:
                self.lost += len(lines)
                return
            try:
                self._file.write(data)
                self._file.flush()
                os.fsync(self._file.fileno())
            except (OSError, ValueError):
                self.lost += len(lines)
                self._back()
                return
            self._size += len(data)

    def first(self, most: int) -> tuple[list[str], int]:
        """The oldest lines, and what to tell `done` once they are taken."""
        with self._lock:
            self._file.seek(self._taken)
            data = self._file.read(min(most * 400, self._size - self._taken))
        whole = data[: _whole(data)].splitlines(keepends=True)[:most]
        return [line.decode().rstrip("\n") for line in whole], sum(map(len, whole))

    def done(self, count: int) -> None:
        """So many bytes are not needed any more."""
        with self._lock:
            self._taken += count
            if self._taken == self._size or self._taken > _CUT:
                self._cut()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._cut()
            self._file.close()

    def _cut(self) -> None:
        """What was taken goes from the file. A crash on the way leaves it: it is then written once more."""
        self._file.seek(self._taken)
        rest = self._file.read()
        beside = self._path.with_suffix(".new")
        try:
            if rest:
                beside.write_bytes(rest)
                beside.replace(self._path)
                self._file.close()
                self._file = self._path.open("a+b")
            else:
                self._file.truncate(0)
        except OSError:
            return
        self._size, self._taken = len(rest), 0

    def _back(self) -> None:
        try:
            self._file.truncate(self._size)
        except (OSError, ValueError):
            self._limit = 0  # nobody knows what is in it now; the next start cuts it


def _whole(data: bytes) -> int:
    """Up to where lines are whole."""
    return data.rfind(b"\n") + 1
