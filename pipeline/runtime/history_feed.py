"""history_feed: entries as lines of points, and the journal of a city in one process followed for that.

How thinning goes on depends on the rows of the last minutes: so who begins in the middle reads some of what was before
(`Lead`), and comes to the same points as who was there all along.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.history.writer import Writer
from pipeline.engine import LoadVersion
from pipeline.entries import Kind
from pipeline.journal import JournalGone
from pipeline.names import Names
from pipeline.runtime.history_state import Entries, Log, State
from pipeline.version import Version

BATCH = 8_192
"""Entries that are decoded at a time."""
_MARGIN = 60.0
"""Seconds that rows may be late by, beside what a writer remembers."""
_MOST = 2_000_000
"""Entries of before that a start reads at most."""


class Decoder:
    """Entries -> lines, by the versions in force. current: the payload of the one at the beginning; None: none."""

    def __init__(self, load: LoadVersion, writer: Writer, current: bytes | None) -> None:
        self._load, self.writer, self._names = load, writer, Names()
        self.payload = current or b""
        self._version: Version | None = None if current is None else load(current, self._names)

    def take(self, batch: pa.RecordBatch, first: int) -> list[str]:
        """first: the position of the first entry."""
        kinds = batch.column("kind").to_numpy()
        now = time.time() if self.writer.settings.retention is not None else None
        found, begin = [], 0
        for cut in [*np.flatnonzero(kinds == Kind.VERSION).tolist(), len(kinds)]:
            if cut > begin:
                found += self._lines(batch.slice(begin, cut - begin), first + begin, now)
            if cut < len(kinds):
                self.payload = batch.column("payload")[cut].as_py()
                self._version = self._load(self.payload, self._names)
            begin = cut + 1
        return found

    def _lines(self, batch: pa.RecordBatch, first: int, now: float | None) -> list[str]:
        version = self._version
        if version is None or not (batch.column("kind").to_numpy() == Kind.DELIVERY).any():
            return []
        streams = [stream.name for stream in version.streams]
        rows = version.decode(batch, first, self._names).rows
        return self.writer.take(self._names, rows, streams, version.ahead, now)


def lead_of(writer: Writer) -> float:
    """Seconds of what came before that a start reads."""
    return 2 * writer.memory + _MARGIN


def before(log: Entries, position: int, seconds: float) -> int:
    """A position so many seconds before another, by when entries were received; a little more, or the first there is.
    Raises JournalError."""
    first = max(log.first, position - _MOST)
    wanted, back = _received(log, position - 1) - seconds, 1024
    while position - back > first and _received(log, position - back) > wanted:
        back *= 2
    return max(position - back, first)


def _received(log: Entries, position: int) -> float:
    """Of an entry or the next ones, UTC seconds: a version says nothing of time. NaN: there is none."""
    if not log.first <= position < log.head:
        return math.nan
    return float(next(iter(log.read(position, 64))).batch.column("received").to_numpy().max())


class JournalFeed:
    """`pipeline.runtime.history.Feed` of a journal. For one thread."""

    def __init__(self, log: Log, decoder: Decoder, state: State, tell: Any) -> None:
        """state: how far it is, moved by `done`. Raises JournalError."""
        self._log, self._decoder, self._state, self._tell = log, decoder, state, tell
        self.position = state.position
        """Of the first entry that is not written; any thread may ask."""
        self._through = before(log, state.position, lead_of(decoder.writer))
        self._received = 0.0
        if self._through > state.position:
            self._gone()

    @property
    def behind(self) -> int:
        """Entries that are to be written. From any thread."""
        return max(0, self._log.head - self.position)

    @property
    def more(self) -> bool:
        """Whether `take` has something worth its while at once."""
        return self._through < self._log.head - BATCH // 4

    @property
    def counts(self) -> Mapping[str, int]:
        """What became of rows, by the writer's words."""
        return self._decoder.writer.counts

    def take(self) -> list[str]:
        """The lines of the next entries. Raises JournalError."""
        if not self._log.wait(self._through, 0.0):
            return []
        try:
            piece = next(iter(self._log.read(self._through, BATCH)))
        except JournalGone:
            self._gone()
            return []
        known = min(max(self.position - piece.first, 0), piece.batch.num_rows)  # was written before
        if known:
            self._decoder.take(piece.batch.slice(0, known), piece.first)
        lines = self._decoder.take(piece.batch.slice(known), piece.first + known) if known < len(piece.batch) else []
        self._through = piece.end
        self._received = piece.batch.column("received")[-1].as_py()
        return lines

    def done(self) -> None:
        """All lines so far are taken."""
        if self._through >= self.position:
            state = self._state
            self.position = state.position = self._through
            state.version = self._decoder.payload.decode()
            state.through = max(state.through, self._received)

    def close(self) -> None:
        """Nothing is to be let go of."""

    def _gone(self) -> None:
        self._through = self._log.first
        count = max(0, self._through - self.position)
        self._state.gone += count
        if count:
            self._tell.error(
                f"the journal let {count} entries go before their history was written; keep more of it ('journal.keep')"
            )
