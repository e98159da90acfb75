"""reader: a journal's entries in order, from any position on, in large batches.

`JournalReader` reads a folder that another process may be writing at that moment, up to the last complete frame that it
sees (the newest entries may not be committed yet); it locks nothing and changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.journal.errors import JournalDamaged, JournalGone
from pipeline.journal.frames import JournalBatch, coalesce
from pipeline.journal.survey import Segment, steady, survey
from pipeline.journal.writer import Limits

SEGMENTS = "segments"


class JournalReader:
    """Reads a journal. Positions count entries from 0."""

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.folder = folder
        self.limits = limits or Limits()
        self._segments: list[Segment] = []

    @property
    def head(self) -> int:
        """The position of the next entry."""
        segments = self._current()
        return segments[-1].end if segments else 0

    @property
    def first(self) -> int:
        """The position of the oldest entry kept; `head` where there is none."""
        segments = self._current()
        return segments[0].first if segments else 0

    @property
    def nbytes(self) -> int:
        """Bytes on the disk."""
        return sum(s.size for s in self._current())

    def read(self, start: int = 0, max_rows: int = 65_536) -> Iterator[JournalBatch]:
        """The entries from `start` to the end that was committed when reading began, in order, in batches of at most
        `max_rows` (fewer where payloads are large). Call again with the last batch's `end` to go on.

        Raises JournalDamaged before anything that is not what was committed would be passed on, and JournalGone where
        entries from `start` on are no longer kept.
        """
        if start < 0 or max_rows < 1:
            raise ValueError(f"expected a start of 0 or more and max_rows of 1 or more, got {start} and {max_rows}")
        pieces = self._pieces(start, self.head)
        return coalesce(pieces, self.limits.frame_bytes, max_rows)

    def _current(self) -> Sequence[Segment]:
        """The segments as they are now."""
        folder = self.folder / SEGMENTS
        self._segments = steady(folder, lambda: survey(folder, self._segments)).segments
        return self._segments

    def _recent(self, position: int, end: int) -> list[JournalBatch]:
        """Entries from `position` on that are still in memory; none where `position` is not."""
        return []

    def _pieces(self, position: int, end: int) -> Iterator[JournalBatch]:
        gone: Segment | None = None
        while position < end:
            for recent in self._recent(position, end):
                yield recent
                position = recent.end
            if position >= end:
                return
            if gone is not None or not self._segments:
                self._current()
            segment = self._find(position)
            if segment is gone:
                raise JournalDamaged(segment.path, "the file is missing", position, segment.end)
            gone = None
            try:
                for piece in segment.read(position, end):
                    yield piece
                    position = piece.end
            except FileNotFoundError:  # sealed or deleted since it was found
                gone = segment

    def _find(self, position: int) -> Segment:
        segments = self._segments
        at = bisect_right(segments, position, key=lambda s: s.first) - 1
        if at < 0:
            oldest = f"the oldest is {segments[0].first}" if segments else "there are none"
            raise JournalGone(f"{self.folder}: entry {position} is no longer kept; {oldest}.")
        return segments[at]
