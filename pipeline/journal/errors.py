"""errors: what can go wrong with what is kept on disk, each in plain words and with what to do next."""

from __future__ import annotations

import errno
import os
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What the system says when a file can't grow: the disk, the quota, or the limit on file size is reached."""


class JournalError(Exception):
    """Something about the journal, its contents or its snapshots; the message is for the person who runs gridwatch."""


class JournalDamaged(JournalError):
    """What is on disk is not what was committed, and no crash explains it. Nothing of it is passed on."""

    def __init__(self, path: Path, what: str, first: int | None = None, end: int | None = None) -> None:
        """first, end: the positions that can't be trusted, from `first` to `end` - 1; None where that is not known."""
        self.path, self.what, self.first, self.end = path, what, first, end
        which = ""
        if first is not None:
            last = "on" if end is None else f"to {end - 1}"
            which = f" Entries from {first} {last} can't be trusted."
        super().__init__(
            f"{path}: {what}.{which} Check the disk and restore the file from a copy; without one, move the journal's"
            " folder aside and start a new one: cases are kept, what only these entries say is lost."
        )


class JournalFull(JournalError):
    """There is no room. Nothing of the commit counts; the same commit may succeed later."""


class JournalFailed(JournalError):
    """The disk refused (or the commit was interrupted). Nothing of the commit counts; a later one may succeed."""


class JournalBusy(JournalError):
    """Another process writes this journal."""


class JournalGone(JournalError):
    """The entries asked for are older than the oldest kept."""


class ContentMissing(JournalError):
    """No content with that hash is stored."""


class ContentDamaged(JournalError):
    """What is stored under a hash is not what was put there."""


def refused(error: OSError, folder: Path, what: str) -> JournalFull | JournalFailed:
    """The system's refusal in plain words. what: what could not be done, such as 'commit entries'."""
    if error.errno not in _FULL:
        return JournalFailed(f"{folder}: could not {what}: {os.strerror(error.errno or 0)}. Nothing of it counts.")
    try:
        free = f"{_readable(_free(folder))} are free"
    except OSError:
        free = "how much is free is not known"
    why = {errno.EFBIG: "a file has reached its allowed size", errno.EDQUOT: "the disk quota is used up"}
    return JournalFull(
        f"{folder}: no room to {what}: {why.get(error.errno or 0, 'the disk is full')} ({free})."
        " Nothing of it counts; it goes on by itself when there is room."
    )


def _free(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def _readable(size: int) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size} {unit}"
        size //= 1000
    return f"{size} GB"
