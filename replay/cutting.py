"""cutting: part of a journal as a journal of its own, which replays without the rest.

Reads a journal from one position to another, or as it grows; writes what is to be kept, ticks, versions, joins and
leaves always, and the configurations and worlds that the versions name. The first entry is the version that was in
force.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.engine import LoadVersion
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, Journal, JournalBatch, JournalReader
from pipeline.journal.contents import CONTENTS
from pipeline.names import Names
from pipeline.rows import Flags
from pipeline.version import Version
from replay.recording import JOURNAL

Keep = Callable[[pa.RecordBatch, int], Flags]
"""Of a batch's entries, whose first has this position: which deliveries are kept, shape (n,)."""
_BLOCK = 65_536


def position_at(reader: JournalReader, ts: float) -> int:
    """The position of the first entry that was received at `ts` (UTC seconds) or later; `head` where none was.

    Entries of several sources are in order of receipt but for fractions of a second.
    """
    low, high = reader.first, reader.head
    while low < high:
        middle = (low + high) // 2
        if _received(reader, middle) < ts:
            low = middle + 1
        else:
            high = middle
    return low


def _received(reader: JournalReader, position: int) -> float:
    """Of the entry, or of the next that somebody received: a version says nothing of time."""
    for piece in reader.read(position, 64):
        kinds = piece.batch.column("kind").to_numpy()
        real = np.flatnonzero(kinds != Kind.VERSION)
        if len(real):
            return float(piece.batch.column("received")[int(real[0])].as_py())
    return np.inf


def version_at(reader: JournalReader, position: int) -> bytes | None:
    """The payload of the version that is in force at `position`, perhaps by the very entry; None where the journal no
    longer has what says it."""
    end = position + 1
    while end > reader.first:
        start = max(end - _BLOCK, reader.first)
        found: bytes | None = None
        for piece in reader.read(start):
            if piece.first >= end:
                break
            batch = piece.batch.slice(0, min(len(piece.batch), end - piece.first))
            versions = batch.filter(pc.equal(batch.column("kind"), int(Kind.VERSION)))
            if versions.num_rows:
                found = versions.column("payload")[versions.num_rows - 1].as_py()
        if found is not None:
            return found
        end = start
    return None


def about(subjects: Iterable[str], load: LoadVersion, current: bytes | None) -> Keep:
    """Keeps deliveries of which a row is about one of `subjects`, by whatever version is in force.

    current: the payload of the version in force before the first entry. A delivery that can't be decoded is about
    nobody.
    """
    names = Names()
    wanted = names.codes(subjects)
    version: list[Version] = [] if current is None else [load(current, names)]

    def keep(batch: pa.RecordBatch, first: int) -> Flags:
        chosen = np.zeros(len(batch), bool)
        kinds = batch.column("kind").to_numpy()
        start = 0
        for cut in [*np.flatnonzero(kinds == Kind.VERSION).tolist(), len(batch)]:
            if version and cut > start:
                decoded = version[0].decode(batch.slice(start, cut - start), first + start, names)
                for rows in decoded.rows:
                    chosen[rows.position[np.isin(rows.subject, wanted)] - first] = True
            if cut < len(batch):
                version[:] = [load(batch.column("payload")[cut].as_py(), names)]
            start = cut + 1
        return chosen

    return keep


def on_topics(matches: Callable[[str], bool], keep: Keep | None = None) -> Keep:
    """Keeps deliveries of topics that match, and that `keep` keeps too."""

    def chosen(batch: pa.RecordBatch, first: int) -> Flags:
        topic = batch.column("topic")
        fits = np.fromiter(map(matches, topic.dictionary.to_pylist()), bool, len(topic.dictionary))
        mine: Flags = fits[topic.indices.to_numpy()] if len(fits) else np.zeros(len(batch), bool)
        return mine & keep(batch, first) if keep else mine

    return chosen


class Cut:
    """A recording's journal that is being written from another one."""

    def __init__(self, folder: Path, contents: Contents | None, keep: Keep | None = None) -> None:
        """folder: the recording's. contents: the other journal's; None: it has no versions."""
        self.journal = Journal.open(folder / JOURNAL)
        self._from, self._to = contents, Contents(folder / JOURNAL / CONTENTS)
        self._keep = keep
        self._first: EntryBuffer | None = None
        self.deliveries = 0
        self.entries = 0
        self.since, self.until = np.inf, -np.inf
        """When the first and the last delivery were received, UTC seconds."""

    def begin(self, version: bytes | None, received: float) -> None:
        """The version in force at the beginning; None: not known. Not written where the first entry is one."""
        if version is not None:
            self._contents_of(version)
            self._first = EntryBuffer()
            self._first.add(Kind.VERSION, "", "", received, version)

    def take(self, piece: JournalBatch) -> None:
        """More entries, in order."""
        batch = piece.batch
        kinds = batch.column("kind").to_numpy()
        if self._first is not None and len(kinds):
            if kinds[0] != Kind.VERSION:
                self.journal.commit(self._first)
                self.entries += 1
            self._first = None
        mine = kinds == Kind.DELIVERY
        if self._keep is not None:
            mine &= self._keep(batch, piece.first)
        kept = batch.take(pa.array(np.flatnonzero(mine | (kinds != Kind.DELIVERY))))
        buffer = EntryBuffer()
        columns = (kept.column(name).to_pylist() for name in ("kind", "source", "topic", "received", "payload"))
        for kind, source, topic, received, payload in zip(*columns, strict=True):
            if kind == Kind.VERSION:
                self._contents_of(payload)
            buffer.add(Kind(kind), source, topic, received, payload)
        if mine.any():
            received = batch.column("received").to_numpy()[mine]
            self.since, self.until = min(self.since, received.min()), max(self.until, received.max())
        self.deliveries += int(mine.sum())
        self.entries += len(buffer)
        if len(buffer):
            self.journal.commit(buffer)

    def close(self) -> None:
        """Let go of the files."""
        self.journal.close()

    def _contents_of(self, version: bytes) -> None:
        """Copy what a version names."""
        if self._from is not None:
            for name in json.loads(version).values():
                if isinstance(name, str) and name in self._from and name not in self._to:
                    self._to.put(self._from.get(name))
