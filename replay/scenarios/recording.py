"""recording: a scenario as the entries that a journal would hold of it.

Reads a city; reports entries: the version that is in force, what arrives, and a tick of its source each few seconds
(a journal that was written live has two a second; the rules need no more than one in the shortest of their times).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import JournalBatch
from replay.simulator import City

TICK = 5.0
"""seconds"""
_BATCH = 65_536


def entries(city: City, start: float, seconds: float, source: str, version: bytes) -> Iterator[EntryBuffer]:
    """What is recorded from `start` (UTC seconds) on, a buffer at a time. version: a VERSION entry's payload."""
    buffer = EntryBuffer()
    buffer.add(Kind.VERSION, "", "", start, version)
    tick = start
    for message in city.run(start, seconds):
        while tick <= message.ts_sent:
            buffer.add(Kind.TICK, source, "", tick)
            tick += TICK
        buffer.add(Kind.DELIVERY, source, message.topic, message.ts_sent, message.payload)
        if len(buffer) >= _BATCH:
            yield buffer
            buffer = EntryBuffer()
    for n in range(math.floor((start + seconds - tick) / TICK) + 1):
        buffer.add(Kind.TICK, source, "", tick + n * TICK)
    yield buffer


class Live:
    """A journal that is never written: what replay reads is made as it is read. Can be read once."""

    first = 0

    def __init__(self, buffers: Iterator[EntryBuffer]) -> None:
        self._buffers = buffers

    def read(self, start: int = 0, max_rows: int = _BATCH) -> Iterator[JournalBatch]:
        """All of it, as it comes."""
        at = 0
        for buffer in self._buffers:
            yield JournalBatch(at, buffer.batch())
            at += len(buffer)
