"""entries_read: a city's journal out of Kafka: from when to when, what is kept of it, and by which version it begins.

What retention has let go of is gone from each partition up to another moment; the journal is whole from the latest of
these on, and nothing before is read. Positions are of a stretch: Kafka numbers messages, not entries.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.entries import Kind
from pipeline.journal import JournalBatch
from pipeline.journal.frames import coalesce
from pipeline.runtime.cluster.messages import Unreadable, decode_entries, decode_found
from pipeline.runtime.cluster.names import Topics
from pipeline.runtime.cluster.one_log import one_log
from pipeline.runtime.cluster.partitions_read import PartitionsRead
from pipeline.runtime.cluster.routing import FIRST

ROWS = 65_536
BYTES = 16 << 20
"""Of payloads, of what is given at once."""
_EARLIER = 2_000
"""Messages of the first partition that are read for a version, before a stretch."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From which offset of each partition to which."""

    first: Mapping[int, int]
    end: Mapping[int, int]
    kept: float
    """From when on the journal is whole, UTC seconds; -inf: from its beginning."""

    @property
    def messages(self) -> int:
        """Of all partitions."""
        return sum(max(self.end[at] - self.first[at], 0) for at in self.first)


class EntriesRead:
    """`with EntriesRead(…) as entries:`; what there was of the journal then. Raises NotTaken where Kafka does not
    answer."""

    def __init__(self, connection: Mapping[str, Any], topics: Topics, only: Collection[int] | None = None) -> None:
        """connection: see settings.connection. only: these partitions; None: all."""
        self._how, self._topics = dict(connection), topics
        self._read = PartitionsRead(connection, topics.entries, only)
        self._open = ExitStack()
        self.unreadable = 0
        """Messages that were none of ours."""

    def __enter__(self) -> EntriesRead:
        self._open.enter_context(self._read)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def stretch(self, since: float = -math.inf, until: float = math.inf) -> Stretch:
        """What was received from `since` to `until`, UTC seconds, and a little around it."""
        read = self._read
        cut = [at for at, offset in read.first.items() if 0 < offset < read.end[at]]
        kept = max((read.time_at(at, read.first[at], time_of) for at in cut), default=-math.inf)
        if cut and math.isinf(kept):  # nothing of it says when it was
            kept = -math.inf
        first = read.offsets_at(sorted(read.first), max(since, kept), time_of)
        # The message before may reach into it.
        first = {at: max(offset - 1, read.first[at]) for at, offset in first.items()}
        end = read.offsets_at(sorted(read.first), math.nextafter(until, math.inf), time_of)
        return Stretch(first, {at: max(end[at], first[at]) for at in first}, kept)

    def read(self, stretch: Stretch, rows: int = ROWS) -> Iterator[JournalBatch]:
        """Its entries in the one order, at positions from 0. Raises JournalGone where Kafka lets go of some."""
        feeds = [self.partition(stretch, at) for at in sorted(stretch.first)]
        position = 0
        for piece in coalesce((JournalBatch(0, each) for each in one_log(feeds)), BYTES, rows):
            yield JournalBatch(position, piece.batch)
            position += piece.batch.num_rows

    def partition(self, stretch: Stretch, partition: int) -> Iterator[pa.RecordBatch]:
        """The messages of one, as they are."""
        for _, value in self._read.messages(partition, stretch.first[partition], stretch.end[partition]):
            try:
                yield decode_entries(value)
            except Unreadable:
                self.unreadable += 1

    def version_before(self, stretch: Stretch) -> bytes | None:
        """The payload of the version in force where a stretch begins; None: nobody knows any more.

        The entries before it say so, or else judging, which says of all that it found by what.
        """
        start = stretch.first[FIRST]
        found = None
        for _, value in self._read.messages(FIRST, max(start - _EARLIER, self._read.first[FIRST]), start):
            found = _version(value) or found
        if found is not None or start == 0:
            return found
        since = self._read.time_at(FIRST, start, time_of)
        with PartitionsRead(self._how, self._topics.known) as known:
            at = known.offset_at(0, since, _passed)
            for _, value in known.messages(0, max(at - _EARLIER, known.first[0]), at):
                said = _said(value)
                found = said or found
        return found


def time_of(message: bytes) -> float | None:
    """When the first entry was received that somebody received: a version says nothing of time."""
    try:
        batch = decode_entries(message)
    except Unreadable:
        return None
    real = np.flatnonzero(batch.column("kind").to_numpy() != Kind.VERSION)
    received = batch.column("received").to_numpy()[real]
    received = received[np.isfinite(received)]
    return float(received[0]) if len(received) else None


def _version(message: bytes) -> bytes | None:
    try:
        batch = decode_entries(message)
    except Unreadable:
        return None
    at = np.flatnonzero(batch.column("kind").to_numpy() == Kind.VERSION)
    payload: bytes | None = batch.column("payload")[int(at[-1])].as_py() if len(at) else None
    return payload


def _passed(message: bytes) -> float | None:
    try:
        passed = decode_found(message).passed
    except Unreadable:
        return None
    return passed if math.isfinite(passed) else None


def _said(message: bytes) -> bytes:
    try:
        return decode_found(message).version.encode()
    except Unreadable:
        return b""
