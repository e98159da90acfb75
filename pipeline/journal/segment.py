"""segment: the file that commits are appended to, `<first position>.active`.

A header (magic, format, first position, salt, checksum), then frames. The header is on the disk before the file has its
name, so that a bad one is never a crash's doing. Readers in this process never look behind the last committed frame.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from pipeline.entries import FORMAT
from pipeline.journal import files
from pipeline.journal.errors import JournalDamaged, JournalError
from pipeline.journal.frames import Frame, JournalBatch, crc32c, decode, encode, read_frame, scan

MAGIC = b"GWACTIVE"
_FIELDS = struct.Struct("<8sIQ8s")
_CRC = struct.Struct("<I")
HEADER = _FIELDS.size + _CRC.size
SUFFIX = ".active"


def name(first: int, suffix: str) -> str:
    """A segment's file name: its first position in 20 digits, so that names sort as positions do."""
    return f"{first:020d}{suffix}"


class Active:
    """A segment of frames. `frames` are those that count, in order; `size` is where the last of them ends."""

    def __init__(self, path: Path, first: int, salt: bytes) -> None:
        self.path, self.first, self.salt = path, first, salt
        self.frames: list[Frame] = []
        self.size = HEADER
        self.torn = ""
        """Why the file goes on behind the last frame, '' where it does not."""
        self.fd = -1
        """Open for appending, -1: for reading alone."""
        self.unsure = False
        """A sync was begun and did not return well: what the system remembers of this file may not be on the disk."""

    @property
    def end(self) -> int:
        """The position after the last entry."""
        return self.frames[-1].end if self.frames else self.first

    @classmethod
    def create(cls, folder: Path, first: int) -> Self:
        """A new segment without frames, durable, open for appending."""
        path = folder / name(first, SUFFIX)
        segment = cls(path, first, os.urandom(8))
        fields = _FIELDS.pack(MAGIC, FORMAT, first, segment.salt)
        files.put(path, fields + _CRC.pack(crc32c(fields)))
        segment.fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        return segment

    @classmethod
    def load(cls, path: Path, end: int | None, earlier: Active | None = None) -> Self:
        """A segment as it is on disk, up to its last intact frame.

        end: where the next segment begins (what this one has behind it never counted); None: it is the last one.
        earlier: the same file as it was loaded before; what cannot have changed since is not looked for again, only
        verified when it is read. Raises JournalDamaged where committed entries are damaged.
        """
        first = int(path.stem)
        with files.opened(path) as fd:
            header = files.read_at(fd, HEADER, 0)
            if len(header) < HEADER or crc32c(header[: _FIELDS.size]) != _CRC.unpack_from(header, _FIELDS.size)[0]:
                raise JournalDamaged(path, "the file's header is damaged", first, end)
            magic, form, stated, salt = _FIELDS.unpack_from(header)
            if magic != MAGIC or stated != first:
                raise JournalDamaged(path, f"the file says that it begins at {stated}", first, end)
            if form != FORMAT:
                raise JournalError(f"{path}: written in format {form}, this gridwatch reads {FORMAT}; use a newer one.")
            segment = cls(path, first, salt)
            frames = earlier.settled() if earlier is not None and earlier.salt == salt else []
            if frames and frames[-1].end_offset > os.fstat(fd).st_size:  # somebody cut it: all is looked at again
                frames = []
            offset, following = (frames[-1].end_offset, frames[-1].end) if frames else (HEADER, first)
            more, reason, damaged = scan(fd, offset, following, salt)
        frames += more
        segment.frames = frames if end is None else [f for f in frames if f.first < end]
        if segment.end != end and (damaged or end is not None):
            raise JournalDamaged(path, reason or "entries are missing at its end", segment.end, end)
        segment.size = segment.frames[-1].end_offset if segment.frames else HEADER
        segment.torn = reason
        return segment

    def settled(self) -> list[Frame]:
        """Frames of all commits but the last: another was written behind them, so that they had been synced and stay.
        The last may be one that failed, which the writer replaces."""
        last = self.frames[-1].commit if self.frames else 0
        return self.frames[: bisect_left(self.frames, last, key=lambda f: f.commit)]

    def open(self) -> None:
        """Open for appending. What was read from it is on the disk when this returns: a process that was killed may
        have written frames that it did not get to sync."""
        self.fd = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        files.sync(self.fd)

    def append(self, pieces: list[JournalBatch]) -> list[Frame]:
        """Write one commit's frames behind the last and sync. They count when the caller adds them to `frames`."""
        if os.fstat(self.fd).st_size != self.size:  # what a failed commit left must not show behind a shorter one
            self.cut()
        offset, frames = self.size, []
        for piece in pieces:
            header, body = encode(piece, pieces[0].first, self.salt)
            files.write_at(self.fd, header, offset)
            files.write_at(self.fd, body, offset + len(header))
            frames.append(Frame(offset, piece.first, pieces[0].first, piece.batch.num_rows, body.size))
            offset = frames[-1].end_offset
        self.unsure = True
        files.sync(self.fd)
        self.unsure = False
        return frames

    def accept(self, frames: list[Frame]) -> None:
        """Frames that `append` has synced count from now on."""
        self.frames += frames
        self.size = frames[-1].end_offset

    def cut(self) -> None:
        """Cut what is behind the last frame that counts. Not synced: if it comes back it is cut again."""
        files.truncate(self.fd, self.size)

    def close(self) -> None:
        """No more appending."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def read(self, start: int, end: int) -> Iterator[JournalBatch]:
        """The entries from `start` to `end` - 1, a batch for each frame. Raises FileNotFoundError where it was sealed
        or deleted before the first is read."""
        at = max(0, bisect_right(self.frames, start, key=lambda f: f.first) - 1)
        with files.opened(self.path) as fd:
            while at < len(self.frames) and self.frames[at].first < end:
                frame = self.frames[at]
                found = read_frame(fd, frame.offset, frame.end_offset, self.salt)
                if isinstance(found, str) or found[0] != frame:
                    reason = found if isinstance(found, str) else "a frame is not the one that was committed"
                    raise JournalDamaged(self.path, reason, frame.first, frame.end)
                yield decode(*found).between(start, end)
                at += 1
