"""messages: what sources said and when, as the entries of a journal that is never written, with the ticks beside it.

What a camera saw in a clip, or in somebody's detections, becomes a recording so. Can be read any number of times.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import JournalBatch

Said = tuple[float, str, str, bytes]
"""When it was received (UTC seconds), the source, the topic, the payload."""
_BLOCK = 8_192


class Messages:
    """Entries by time; a tick comes before what came at the same moment."""

    first = 0

    def __init__(
        self,
        said: Callable[[], Iterable[Said]],
        count: int,
        sources: Sequence[str],
        span: tuple[float, float],
        tick: float,
    ) -> None:
        """said: in the order of its times, made anew each time; count: how much that is. sources: they tick every
        `tick` seconds from the beginning of `span` to a little beyond its end, UTC seconds."""
        start, last = span
        self._said, self._sources = said, sources
        self._ticks = [start + n * tick for n in range(math.ceil((last - start) / tick) + 2)]
        self.head = len(self._ticks) * len(sources) + count

    def read(self, start: int = 0, max_rows: int = _BLOCK) -> Iterator[JournalBatch]:
        """From `start` on, in blocks of at most `max_rows`."""
        buffer, begin = EntryBuffer(), start
        for kind, ts, source, topic, payload in islice(self._entries(), start, None):
            buffer.add(kind, source, topic, ts, payload)
            if len(buffer) >= max_rows:
                yield JournalBatch(begin, buffer.batch())
                begin += len(buffer)
                buffer = EntryBuffer()
        if len(buffer):
            yield JournalBatch(begin, buffer.batch())

    def _entries(self) -> Iterator[tuple[Kind, float, str, str, bytes]]:
        ticks = iter(self._ticks)
        tick = next(ticks, math.inf)
        for each in self._said():
            while tick <= each[0]:
                yield from ((Kind.TICK, tick, source, "", b"") for source in self._sources)
                tick = next(ticks, math.inf)
            yield Kind.DELIVERY, *each
        for late in (tick, *ticks) if math.isfinite(tick) else ():
            yield from ((Kind.TICK, late, source, "", b"") for source in self._sources)
