"""spool: messages that wait for the network, on disk, in their order, and never more than there is room for.

Append-only files of records; a record is the lengths of topic and payload, a checksum, and both. What was confirmed is
remembered by a position, which is written once a second or so: after a crash some messages are sent twice, and the last
second before a power cut may be lost. What is damaged ends its file. Where the room is used up the oldest file goes,
and what was in it is counted.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import threading
import zlib
from collections import deque
from io import FileIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

FILES = 16
"""Of so many files the room is made; the oldest goes as a whole."""
_HEAD = struct.Struct("<III")
"""Bytes of the topic, bytes of the payload, CRC-32 of both."""
_POSITION = "confirmed"


class Waiting(NamedTuple):
    """One message."""

    topic: str
    payload: bytes
    file: int
    """The number of its file."""
    end: int
    """Where it ends in it."""


class Spool:
    """The messages in a folder. room: bytes that they may take. From any thread; one process at a time: see
    `hold`."""

    def __init__(self, folder: Path, room: int) -> None:
        self.dropped = 0
        """How many had to go unconfirmed, since it was opened."""
        self._folder, self._most = folder, max(4096, room // FILES)
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._files = deque(sorted(int(file.stem) for file in folder.glob("*.spool")))
        self._confirmed = self._read_position()
        # Every start begins a file of its own: the last one may end in the midst of a record.
        self._out = self._begin((self._files[-1] if self._files else self._confirmed[0]) + 1)
        self._written = 0
        self._in: BinaryIO | None = None
        self._next = self._confirmed
        self._drop_confirmed()

    def append(self, topic: str, payload: bytes) -> None:
        """The message waits, on disk but not necessarily synchronised. OSError where the disk takes no more."""
        name = topic.encode()
        with self._lock:
            if self._written >= self._most:
                self._out.close()
                self._out = self._begin(self._files[-1] + 1)
                self._written = 0
                while len(self._files) > FILES:
                    self._drop_oldest()
            data = _HEAD.pack(len(name), len(payload), zlib.crc32(name + payload)) + name + payload
            try:
                if self._out.write(data) != len(data):
                    raise OSError(errno.ENOSPC, "no room for a message", str(self._folder))
            except OSError:
                self._out.seek(self._written)
                self._out.truncate()
                raise
            self._written += len(data)

    def take(self) -> Waiting | None:
        """The next that was not taken yet; None: there is none now."""
        with self._lock:
            while True:
                file, at = self._next
                found = self._record(file, at)
                if found is not None:
                    self._next = file, found.end
                    return found
                later = [number for number in self._files if number > file]
                if not later:
                    return None
                self._next = later[0], 0

    def waiting(self) -> bool:
        """Whether there is one that was not taken yet."""
        with self._lock:
            file, at = self._next
            return self._record(file, at) is not None or any(
                number > file and self._path(number).stat().st_size for number in self._files
            )

    def nbytes(self) -> int:
        """How much of it has not been confirmed, bytes."""
        with self._lock:
            file, at = self._confirmed
            sizes = {number: self._path(number).stat().st_size for number in self._files if number >= file}
            return sum(sizes.values()) - min(at, sizes.get(file, 0))

    def again(self) -> None:
        """What was taken and not confirmed is taken again."""
        with self._lock:
            self._next = self._confirmed

    def confirm(self, message: Waiting) -> None:
        """It has arrived, and with it all before it."""
        with self._lock:
            self._confirmed = max(self._confirmed, (message.file, message.end))

    def sync(self) -> None:
        """Make durable what waits, and what has been confirmed. OSError where the disk takes no more."""
        with self._lock:
            os.fdatasync(self._out.fileno())
            fresh = self._folder / f"{_POSITION}.new"
            fresh.write_text(f"{self._confirmed[0]} {self._confirmed[1]}\n", "ascii")
            fresh.replace(self._folder / _POSITION)
            self._drop_confirmed()

    def close(self) -> None:
        try:
            self.sync()
        finally:
            with self._lock:
                self._out.close()
                if self._in is not None:
                    self._in.close()

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:010}.spool"

    def _begin(self, number: int) -> FileIO:
        self._files.append(number)
        return self._path(number).open("wb", buffering=0)

    def _record(self, file: int, at: int) -> Waiting | None:
        """The record there, or None where there is no whole one."""
        if file not in self._files:
            return None
        if self._in is None or self._in.name != str(self._path(file)):
            if self._in is not None:
                self._in.close()
            self._in = self._path(file).open("rb")
        self._in.seek(at)
        head = self._in.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return None
        long, longer, check = _HEAD.unpack(head)
        if long + longer > os.fstat(self._in.fileno()).st_size:
            return None
        body = self._in.read(long + longer)
        if len(body) < long + longer or zlib.crc32(body) != check:
            return None
        return Waiting(body[:long].decode("utf-8", "replace"), body[long:], file, at + _HEAD.size + len(body))

    def _drop_oldest(self) -> None:
        """There is no room: count what nobody has confirmed, and delete the file."""
        number = self._files[0]
        at = self._confirmed[1] if self._confirmed[0] == number else 0
        while number >= self._confirmed[0] and (found := self._record(number, at)) is not None:
            self.dropped += 1
            at = found.end
        self._delete(number)
        self._confirmed = max(self._confirmed, (self._files[0], 0))
        self._next = max(self._next, self._confirmed)

    def _drop_confirmed(self) -> None:
        while self._files[0] < self._confirmed[0]:
            self._delete(self._files[0])

    def _delete(self, number: int) -> None:
        if self._in is not None and self._in.name == str(self._path(number)):
            self._in.close()
            self._in = None
        self._files.popleft()
        self._path(number).unlink(missing_ok=True)

    def _read_position(self) -> tuple[int, int]:
        try:
            file, at = (self._folder / _POSITION).read_text("ascii").split()
            return int(file), int(at)
        except (OSError, ValueError):
            return (self._files[0] if self._files else 0), 0


def hold(folder: Path) -> BinaryIO:
    """Have a spool for ourselves while the file is open. Raises OSError where another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    held = (folder / "lock").open("ab")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise OSError(errno.EBUSY, "another process sends what waits there", str(folder)) from None
    return held
