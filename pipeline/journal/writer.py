"""writer: appends commits to the last segment, and begins a new one when it is large enough or can't be trusted.

After a failed commit the file is cut back to the last one that counts. After a failed sync it is left for good: Linux
marks pages that it could not write as clean, so that a second sync of the same file may succeed without their being on
the disk; only what is written anew, to another file, can be trusted. A new segment ends the old one wherever it begins.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import pyarrow as pa

from pipeline.journal import files
from pipeline.journal.errors import refused
from pipeline.journal.frames import Frame, JournalBatch, coalesce
from pipeline.journal.segment import Active


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large things may get. The defaults suit a city of any size; tests make them small."""

    segment_bytes: int = 64 << 20
    segment_rows: int = 500_000
    segment_frames: int = 4096
    """Reading a frame costs 15 µs: so many are read in a tenth of a second, however quiet the city was."""
    frame_bytes: int = 16 << 20
    """A frame holds at most so much payload (or one entry); a larger commit is several frames and one sync."""
    batch_rows: int = 65_536
    """Rows in a frame and in a sealed batch."""
    tail_bytes: int = 32 << 20
    """So much of what was committed last is kept in memory for the reader that follows."""
    tail_batches: int = 4096


class Writer:
    """The one who appends. Not thread-safe: one commit at a time."""

    def __init__(self, folder: Path, limits: Limits, active: Active | None) -> None:
        self.folder, self.limits = folder, limits
        self.active = active
        """The segment that the next commit goes to; None: a new one."""
        self._roll_if_large()

    def append(self, batches: list[pa.RecordBatch], first: int) -> tuple[Active, list[Frame], list[JournalBatch]]:
        """Put entries from `first` on on the disk: the segment that they went to, their frames, and the entries as
        they were framed. They count once they are accepted. Raises JournalFull or JournalFailed: nothing of it counts.
        """
        starts = accumulate(batches, lambda after, batch: after + batch.num_rows, initial=first)
        whole = (JournalBatch(at, batch) for at, batch in zip(starts, batches, strict=False))
        pieces = list(coalesce(whole, self.limits.frame_bytes, self.limits.batch_rows))
        try:
            segment = self.active or Active.create(self.folder, first)
        except OSError as error:
            raise refused(error, self.folder, "begin a new segment") from error
        self.active = segment
        try:
            frames = segment.append(pieces)
        except BaseException as error:
            full = not isinstance(error, OSError) or error.errno in (errno.ENOSPC, errno.EDQUOT)
            self._take_back(segment, keep=full and not segment.unsure)
            if isinstance(error, OSError):
                raise refused(error, self.folder, "commit entries") from error
            raise
        return segment, frames, pieces

    def accept(self, segment: Active, frames: list[Frame]) -> None:
        """What `append` has put on the disk counts from now on."""
        segment.accept(frames)
        self._roll_if_large()

    def close(self) -> None:
        """No more appending."""
        if self.active:
            self.active.close()
            self.active = None

    def _take_back(self, segment: Active, *, keep: bool) -> None:
        """Undo what a failed commit wrote. keep: go on in the same file if that can be done."""
        try:
            segment.cut()
        except OSError:
            keep = False
        if not keep:
            segment.close()
            self.active = None
            if not segment.frames:
                # The next segment has the same name. If this can't be removed, it is replaced.
                with suppress(OSError):
                    files.remove(segment.path)

    def _roll_if_large(self) -> None:
        """Leave a segment that has reached a limit; the next commit begins another."""
        active, limits = self.active, self.limits
        if active and (
            active.size >= limits.segment_bytes
            or active.end - active.first >= limits.segment_rows
            or len(active.frames) >= limits.segment_frames
        ):
            active.close()
            self.active = None
