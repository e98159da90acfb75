"""routing: to which partitions an entry goes, and which of a delivery's rows a partition judges.

A subject has one partition, by the CRC-32 of its name, so that all its rows meet in one engine. What says something of
time goes to all; steps and reports to the first. docs/decisions/cluster.md has the reasons.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from pipeline.engine import LoadVersion
from pipeline.entries import Kind
from pipeline.names import Names
from pipeline.rows import Flags, Longs
from pipeline.runtime.cluster.messages import partitions_of
from pipeline.version import Decoded, Version

FIRST = 0
"""The partition of what is said to the city."""
EVERYWHERE = (Kind.TICK, Kind.VERSION, Kind.JOIN, Kind.LEAVE, Kind.CLOCK)
"""What all partitions have."""


def partition_of(subject: str, partitions: int) -> int:
    """Where a subject's rows are judged."""
    return zlib.crc32(subject.encode()) % partitions


class Partitions:
    """The partitions of names' codes, worked out once for each."""

    def __init__(self, names: Names, partitions: int) -> None:
        self._names, self._count = names, partitions
        self._known: Longs = np.empty(0, np.int64)

    def of(self, codes: Longs) -> Longs:
        """Shape (n,) -> (n,). Of nobody: the first."""
        new = self._names.strings[len(self._known) :]
        if new:
            more = np.array([partition_of(name, self._count) for name in new], np.int64)
            self._known = np.concatenate((self._known, more))
        return np.where(codes < 0, FIRST, self._known[codes]) if len(self._known) else np.full(len(codes), FIRST)


@dataclass(frozen=True, slots=True)
class Part:
    """Entries that go to one partition in one message."""

    partition: int
    batch: pa.RecordBatch
    to: tuple[int, ...] = ()
    """Where its deliveries go to besides; () nowhere."""


MOST_NAMES = 2_000_000
"""Names are never forgotten, and cameras make new ones all day: beyond so many they begin anew."""


class Router:
    """Deals entries to partitions by one version."""

    def __init__(self, version: Callable[[Names], Version], partitions: int) -> None:
        """version: makes it for names of its own."""
        self.count = partitions
        self._make = version
        self._begin()

    def _begin(self) -> None:
        self._names = Names()
        self._version = self._make(self._names)
        self._partitions = Partitions(self._names, self.count)

    def route(self, batch: pa.RecordBatch) -> list[Part]:
        """The entries of a batch, each to where it belongs, in their order within each partition."""
        if len(self._names) > MOST_NAMES:
            self._begin()
        kinds = batch.column("kind").to_numpy()
        n = len(kinds)
        goes = np.zeros((n, self.count), bool)
        goes[np.isin(kinds, [int(kind) for kind in EVERYWHERE])] = True
        goes[np.isin(kinds, [int(Kind.STEP), int(Kind.REPORT)]), FIRST] = True
        deliveries = kinds == Kind.DELIVERY
        if deliveries.any():
            for rows in self._version.decode(batch, 0, self._names).rows:
                goes[rows.position, self._partitions.of(rows.subject.astype(np.int64))] = True
            self._by_topic(batch, deliveries & ~goes.any(axis=1), goes)
        several = deliveries & (goes.sum(axis=1) > 1)
        return [part for p in range(self.count) for part in _parts(batch, goes, several, p)]

    def _by_topic(self, batch: pa.RecordBatch, nowhere: Flags, goes: Flags) -> None:
        """What is about nobody: by where it came from, so that one topic's stay together."""
        topic = batch.column("topic")
        at = np.array([partition_of(name, self.count) for name in topic.dictionary.to_pylist()], np.int64)
        index = np.flatnonzero(nowhere)
        if len(index):
            goes[index, at[topic.indices.to_numpy()[index]]] = True


def _parts(batch: pa.RecordBatch, goes: Flags, several: Flags, partition: int) -> list[Part]:
    """Runs of entries that went to the same partitions: others need nothing said of them."""
    mine = np.flatnonzero(goes[:, partition])
    if not len(mine):
        return []
    if not several[mine].any():
        return [Part(partition, batch if len(mine) == batch.num_rows else _taken(batch, mine))]
    parts: list[Part] = []
    sets = [tuple(np.flatnonzero(goes[at]).tolist()) if several[at] else () for at in mine.tolist()]
    edges = [0, *(n for n in range(1, len(sets)) if sets[n] != sets[n - 1]), len(sets)]
    for start, end in itertools.pairwise(edges):
        parts.append(Part(partition, _taken(batch, mine[start:end]), sets[start]))
    return parts


def _taken(batch: pa.RecordBatch, index: Longs) -> pa.RecordBatch:
    """Some entries, with the names of their sources and topics alone: those of all would be most of a small message."""
    some = batch.take(pa.array(index))
    for n, name in enumerate(batch.schema.names):
        column = some.column(n)
        if isinstance(column, pa.DictionaryArray):
            used, codes = np.unique(column.indices.to_numpy(), return_inverse=True)
            own = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), column.dictionary.take(pa.array(used)))
            some = some.set_column(n, batch.schema.field(name), own)
    return some


def judged_by(partition: int, partitions: int, load: LoadVersion) -> LoadVersion:
    """The same versions, which decode of deliveries that went to several partitions what one of them judges."""

    def loaded(payload: bytes, names: Names) -> Version:
        version = load(payload, names)
        of, decode = Partitions(names, partitions), version.decode

        def own(batch: pa.RecordBatch, first: int, names: Names) -> Decoded:
            decoded, to = decode(batch, first, names), partitions_of(batch)
            if len(to) < 2:
                return decoded
            mine = []
            for rows in decoded.rows:
                where = of.of(rows.subject.astype(np.int64))
                keep = where == partition
                if partition == to[0]:
                    keep |= ~np.isin(where, to)
                mine.append(rows.take(np.flatnonzero(keep)))
            # What can't be decoded is set aside once, and a clock is watched once.
            first_of = partition == to[0]
            rest = (decoded.aside, decoded.said) if first_of else ([], [])
            return Decoded([rows for rows in mine if len(rows)], *rest)

        return replace(version, decode=own)

    return loaded
