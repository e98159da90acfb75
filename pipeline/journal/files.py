"""files: the few ways in which the journal changes a disk, each durable when it returns.

What is written is safe only after its file was synced, and a new, renamed or removed name only after its folder was.
All other modules here go through these functions, so that a test can end the world between any two of them.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipeline.journal.errors import JournalBusy

TEMPORARY = ".tmp"
"""Ends the name of a file that is not complete yet; one found at a start was left by a crash, and is removed."""


def write_at(fd: int, data: Any, offset: int) -> None:
    """All of `data` (any bytes-like) at `offset`; the system may take it in parts. Not synced."""
    view = memoryview(data).cast("B")
    while len(view):
        written = os.pwrite(fd, view, offset)
        view = view[written:]
        offset += written


def read_at(fd: int, size: int, offset: int) -> bytes:
    """Up to `size` bytes from `offset`, fewer only where the file ends."""
    data = os.pread(fd, size, offset)
    while 0 < len(data) < size:  # the system returns at most 2 GiB at once
        more = os.pread(fd, size - len(data), offset + len(data))
        if not more:
            break
        data += more
    return data


def sync(fd: int) -> None:
    """What was written to an open file is on the disk when this returns."""
    os.fdatasync(fd)


def sync_folder(folder: Path) -> None:
    """Names made, changed or removed in a folder are on the disk when this returns."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def truncate(fd: int, size: int) -> None:
    """Cut an open file. Not synced."""
    os.ftruncate(fd, size)


def make_folder(folder: Path) -> None:
    """A folder with all above it, and the names in it that somebody made before, durable."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in reversed(missing):
        sync_folder(made.parent)
    sync_folder(folder)  # a process that was killed may not have got to it


def remove(path: Path) -> None:
    """A file's name is gone, durably; one that is gone already is no fault."""
    try:
        os.unlink(path)  # noqa: PTH108 (tests stop the world at calls of `os`)
    except FileNotFoundError:
        return
    sync_folder(path.parent)


def remove_incomplete(folder: Path) -> list[str]:
    """What a crash left incomplete in a folder and those below it is gone; its names. For the folder's only writer,
    while it writes nothing."""
    left = sorted(folder.rglob(f"*{TEMPORARY}"))
    for path in left:
        remove(path)
    return [path.name for path in left]


@contextmanager
def replacing(path: Path) -> Iterator[int]:
    """A file that is there completely or not at all: yields a descriptor of a temporary one, then renames it.

    Whatever goes wrong, `path` is what it was before.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
    try:
        try:
            yield fd
            os.fsync(fd)
        finally:
            os.close(fd)
        os.replace(temporary, path)  # noqa: PTH105 (tests stop the world at calls of `os`)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def put(path: Path, *parts: Any) -> None:
    """Write a whole file, durable and complete or not at all."""
    with replacing(path) as fd:
        offset = 0
        for part in parts:
            write_at(fd, part, offset)
            offset += memoryview(part).nbytes


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor to read from; the file may be removed meanwhile, what it held stays readable."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


class Lock:
    """One writer for a folder: held until closed, and by the system only as long as the process lives."""

    def __init__(self, folder: Path) -> None:
        self.fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self.fd, 20, 0).decode("ascii", "replace").strip() or "unknown"
            self.close()
            raise JournalBusy(
                f"{folder}: another process (pid {holder}) writes this journal. Stop it first, or read the journal"
                " without writing."
            ) from None
        try:
            with suppress(OSError):  # only told to whoever is refused: a full disk must not keep it from opening
                os.ftruncate(self.fd, 0)
                os.pwrite(self.fd, str(os.getpid()).encode(), 0)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let another writer in."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
