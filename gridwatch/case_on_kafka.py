"""case_on_kafka: what the journal of a city on Kafka still knows of a case: the rows around it, and the rule as it was.

Only the partitions that the case's subjects have are read, from a minute before the first row that is wanted on, as
long as bytes and time allow: what comes last are the half hour's rows that came late. Where Kafka does not answer it is
left alone for a while.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, JournalBatch, JournalFailed
from pipeline.journal.contents import CONTENTS
from pipeline.journal.frames import coalesce
from pipeline.runtime.opening import JOURNAL

if TYPE_CHECKING:
    from gridwatch.cluster_recordings import OnKafka
    from pipeline.engine import LoadVersion
    from pipeline.registers import Registers
    from pipeline.runtime.cluster.entries_read import EntriesRead, Stretch
    from replay.surroundings import Surroundings, Window

BYTES = 256 << 20
"""Of entries that are looked at for a case."""
SECONDS = 15.0
"""That it may take."""
_PATIENCE = 4_000
"""Milliseconds for one answer of a broker, for somebody who looks at a page."""
_AGAIN = 30.0
"""Seconds for which brokers that did not answer are left alone."""
_ROWS = 65_536
_PIECE = 8 << 20


class CasesOnKafka:
    """`gridwatch.case_journal.FarJournal`. Any thread."""

    def __init__(self, cluster: OnKafka) -> None:
        from pipeline.runtime.cluster.contents import SharedContents

        limit = min(int(cluster.how["request_timeout_ms"]), _PATIENCE)
        self._how = {**cluster.how, "request_timeout_ms": limit}
        self._topics, self._cluster = cluster.topics, cluster
        self._contents = Contents(cluster.configuration.data / JOURNAL / CONTENTS)
        self._shared = SharedContents(self._how, self._topics.contents)
        self._lock = threading.Lock()
        self._again = -math.inf

    def contents(self, payload: bytes) -> Contents:
        """See `FarJournal`."""
        from gridwatch.case_journal import hashes
        from pipeline.runtime.cluster.producing import NotTaken

        if any(each and each not in self._contents for each in hashes(payload)):
            self._may_ask()
            try:
                self._shared.fetch(payload, self._contents, patience=0.0)
            except NotTaken as error:
                raise self._away(error) from None
        return self._contents

    def around(
        self, windows: Sequence[Window], registers: Registers, load: LoadVersion, current: bytes
    ) -> tuple[Surroundings | None, bool]:
        """See `FarJournal`."""
        from gridwatch.journal_about import Stretch as About
        from gridwatch.journal_about import names_of
        from pipeline.runtime.cluster.producing import NotTaken
        from replay.surroundings import surroundings

        self._may_ask()
        found = _Found(self._how, self._cluster, windows, current)
        about = About(found, 1 << 62, names_of((each.subject for each in windows), registers))
        try:
            rows = surroundings(about, load, windows)
        except NotTaken as error:
            raise self._away(error) from None
        return (rows if found.any else None), found.part

    def _may_ask(self) -> None:
        with self._lock:
            if time.monotonic() < self._again:
                raise JournalFailed("Kafka did not answer a moment ago; try again in half a minute.")

    def _away(self, error: Exception) -> JournalFailed:
        with self._lock:
            self._again = time.monotonic() + _AGAIN
        return JournalFailed(str(error))


class _Found:
    """`replay.replaying.Entries` of the partitions of some subjects, one after the other: each begins with the version
    that is taken to be in force."""

    first = 0

    def __init__(self, how: dict[str, object], cluster: OnKafka, windows: Sequence[Window], current: bytes) -> None:
        self._how, self._cluster, self._windows, self._current = how, cluster, windows, current
        self._bytes, self._until = BYTES, time.monotonic() + SECONDS
        self.any = False
        """Whether the journal has anything of then."""
        self.part = False
        """Whether less was read than there was."""

    def read(self, start: int = 0, max_rows: int = _ROWS) -> Iterator[JournalBatch]:
        """See `Entries`."""
        position = 0
        for piece in coalesce(self._pieces(), _PIECE, max_rows):
            yield JournalBatch(position, piece.batch)
            position += piece.batch.num_rows

    def _pieces(self) -> Iterator[JournalBatch]:
        from gridwatch.cluster_recordings import EARLIER, LATER
        from pipeline.runtime.cluster.entries_read import EntriesRead
        from pipeline.runtime.cluster.routing import partition_of

        section = self._cluster.configuration.kafka
        count = section.partitions if section is not None else 1
        of: dict[int, list[Window]] = {}
        for window in self._windows:
            of.setdefault(partition_of(window.subject, count), []).append(window)
        for partition, mine in sorted(of.items()):
            since, until = min(each.since for each in mine), max(each.until for each in mine)
            with EntriesRead(self._how, self._cluster.topics, [partition]) as entries:
                stretch = entries.stretch(since - EARLIER, until + LATER)
                self.part |= stretch.kept > since
                if stretch.kept > until:
                    continue
                self.any = True
                yield from self._partition(entries, stretch, partition)

    def _partition(self, entries: EntriesRead, stretch: Stretch, partition: int) -> Iterator[JournalBatch]:
        begin = EntryBuffer()
        begin.add(Kind.VERSION, "", "", 0.0, self._current)
        yield JournalBatch(0, begin.batch())
        for batch in entries.partition(stretch, partition):
            self._bytes -= batch.nbytes
            if self._bytes < 0 or time.monotonic() > self._until:
                self.part = True
                return
            yield JournalBatch(0, batch.replace_schema_metadata(None))


def cases_on_kafka(config: Path | None) -> CasesOnKafka | None:
    """Of a configuration, its file or its folder; None where the city is not on Kafka. Raises Faulty."""
    from gridwatch.cluster_recordings import on_kafka

    cluster = on_kafka(config)
    return None if cluster is None else CasesOnKafka(cluster)
