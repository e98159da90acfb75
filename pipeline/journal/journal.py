"""journal: the append-only log that everything goes through: what is acknowledged is in it.

`commit` returns when entries are on the disk; `read` gives them back, exactly or not at all. One process may write at a
time; its threads commit together, one sync for all of them. Nothing here knows what kinds of entries mean.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from pipeline.entries import SCHEMA, EntryBuffer
from pipeline.journal import files, sealed, segment
from pipeline.journal.errors import JournalDamaged, JournalError, refused
from pipeline.journal.frames import JournalBatch, coalesce
from pipeline.journal.group import GroupCommit
from pipeline.journal.reader import SEGMENTS, JournalReader
from pipeline.journal.retention import expendable
from pipeline.journal.sealed import Sealed
from pipeline.journal.segment import Active
from pipeline.journal.survey import Recovered, Segment, mend, survey
from pipeline.journal.writer import Limits, Writer


class Journal(JournalReader):
    """The one writer of a journal, and a reader beside it. Thread-safe. `open` and `read_only` make one."""

    recovered: Recovered
    """What opening it had to mend."""

    def __init__(self, folder: Path, limits: Limits, lock: files.Lock, at_least: int, start: int) -> None:
        super().__init__(folder, limits)
        self._lock = lock
        found = survey(folder / SEGMENTS)
        self._head = found.segments[-1].end if found.segments else start
        if self._head < at_least:
            what = f"the journal ends before {self._head}, but entries up to {at_least - 1} had been committed"
            raise JournalDamaged(folder / SEGMENTS, what, self._head, at_least)
        self.recovered = mend(found)
        last = found.segments[-1] if found.segments else None
        self._writer = Writer(folder / SEGMENTS, limits, last if isinstance(last, Active) else None)
        self._segments = [s for s in found.segments if s.end > s.first]
        self._moved = threading.Condition()
        self._sealing = threading.Lock()
        self._tail: deque[JournalBatch] = deque()
        self._tail_bytes = 0
        self._closed = False
        self._group = GroupCommit(self._write)

    @classmethod
    def open(cls, folder: Path, *, at_least: int = 0, start: int = 0, **limits: int) -> Self:
        """Open for writing; makes the folder if there is none.

        A torn end is cut, kept aside and reported in `recovered`. at_least: positions before it are known to have been
        committed (a snapshot or the store has seen them); a journal that ends earlier is damaged. start: the first
        position of a journal that has none. limits: see `Limits`.
        Raises JournalBusy, JournalDamaged, JournalFull, JournalFailed.
        """
        try:
            files.make_folder(folder / SEGMENTS)
            lock = files.Lock(folder)
            try:
                return cls(folder, Limits(**limits), lock, at_least, start)
            except BaseException:
                lock.close()
                raise
        except OSError as error:
            raise refused(error, folder, "open the journal") from error

    @staticmethod
    def read_only(folder: Path) -> JournalReader:
        """Read beside a writer in any process, without a lock; see JournalReader."""
        if not (folder / SEGMENTS).is_dir():
            raise JournalError(f"{folder}: there is no journal here (expected a folder '{SEGMENTS}' in it)")
        return JournalReader(folder)

    @property
    def head(self) -> int:
        """The position of the next entry: all before it are committed."""
        return self._head

    @property
    def first(self) -> int:
        """The position of the oldest entry kept; `head` where there is none."""
        segments = self._current()
        return segments[0].first if segments else self._head

    def commit(self, entries: pa.RecordBatch | EntryBuffer) -> int:
        """Write entries and return the position of the first, once they are on the disk. Any thread may.

        Raises JournalFull or JournalFailed: nothing of it counts, and it may be tried again. ValueError: they are not
        entries, see pipeline.entries.SCHEMA.
        """
        batch = entries.batch() if isinstance(entries, EntryBuffer) else entries
        if not batch.schema.equals(SCHEMA) or any(c.null_count for c in batch.columns):
            raise ValueError("expected a batch with the schema of pipeline.entries and no nulls")
        return self._group.commit(batch) if batch.num_rows else self._head

    def wait(self, position: int, timeout: float | None = None) -> bool:
        """Wait until the entry at `position` is committed; False if that took longer than `timeout` seconds, or if the
        journal is closed."""
        with self._moved:
            self._moved.wait_for(lambda: self._head > position or self._closed, timeout)
            return self._head > position

    def seal_rolled(self) -> int:
        """Seal the segments that nothing is appended to any more, and say how many. For a thread in the background:
        commits and readers go on meanwhile. Raises JournalFull, JournalFailed (to be tried again), JournalDamaged."""
        done = 0
        with self._sealing:
            with self._moved:
                rolled = [s for s in self._segments if isinstance(s, Active) and s is not self._writer.active]
            for active in rolled:
                try:
                    self._seal(active)
                except OSError as error:
                    raise refused(error, self.folder, "seal a segment") from error
                done += 1
        return done

    def retain(
        self, *, keep_from: int, max_age: float | None = None, max_bytes: int | None = None, now: float = 0.0
    ) -> list[Sealed]:
        """Delete whole sealed segments, oldest first, and return what was deleted.

        keep_from: the oldest position that a snapshot needs; nothing from there on is touched. max_age: by a segment's
        latest `received`, seconds before `now` (UTC seconds). max_bytes: of the whole journal.
        """
        with self._sealing:
            with self._moved:
                gone = expendable(
                    self._segments, keep_from=keep_from, max_age=max_age, max_bytes=max_bytes, now=now
                )  # fmt: skip
                self._segments = self._segments[len(gone) :]
            for old in gone:
                files.remove(old.path)  # one after the other, so that no crash leaves a hole
        return gone

    def close(self) -> None:
        """Wait for the commit under way, then let go of the files and the lock."""
        if self._closed:
            return
        self._group.close()
        with self._moved:
            self._closed = True
            self._moved.notify_all()
        with self._sealing:
            self._writer.close()
            self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _write(self, batches: list[pa.RecordBatch]) -> int:
        """One commit of what all waiting committers brought; only ever one at a time."""
        first = self._head
        active, frames, pieces = self._writer.append(batches, first)
        with self._moved:
            self._writer.accept(active, frames)
            if not self._segments or self._segments[-1] is not active:
                self._segments = [*self._segments, active]
            self._tail.extend(pieces)
            self._tail_bytes += sum(p.batch.nbytes for p in pieces)
            while self._tail_bytes > self.limits.tail_bytes or len(self._tail) > self.limits.tail_batches:
                self._tail_bytes -= self._tail.popleft().batch.nbytes
            self._head = pieces[-1].end
            self._moved.notify_all()
        return first

    def _seal(self, active: Active) -> None:
        """Sealed file first, then its place in the list, then the old file goes: whatever moment a crash or a reader
        comes at, the entries are there, and `survey` knows which file counts."""
        path = active.path.parent / segment.name(active.first, sealed.SUFFIX)
        limits = self.limits

        def batches() -> Iterator[pa.RecordBatch]:
            pieces = active.read(active.first, active.end)
            return (p.batch for p in coalesce(pieces, limits.frame_bytes, limits.batch_rows))

        sealed.seal(path, active.first, batches)
        finished = Sealed.load(path, active.end)
        with self._moved:
            self._segments = [finished if s is active else s for s in self._segments]
        files.remove(active.path)

    def _current(self) -> Sequence[Segment]:
        return self._segments

    def _recent(self, position: int, end: int) -> list[JournalBatch]:
        with self._moved:
            if not self._tail or position < self._tail[0].first:
                return []
            tail = list(self._tail)
        at = bisect_right(tail, position, key=lambda b: b.first) - 1
        return [b.between(position, end) for b in tail[at:] if b.first < end]
