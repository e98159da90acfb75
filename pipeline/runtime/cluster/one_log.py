"""one_log: the partitions of a city's journal as the one log that they were dealt from.

Each partition has its own deliveries, and what says something of time, which went to all: between two such entries what
lies in different partitions may be put together in any order (docs/concepts/time.md), so whole runs of it are, by when
they begin. What went to several partitions comes out once, when all of them have come to it: so nothing overtakes a
tick, and of each partition no more than one message is held.

Where processes said something at the same moment partitions may have it in different orders, and one that was killed
may have said it to some only. Then what was received first goes first, and is left out where it comes later.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.entries import Kind
from pipeline.runtime.cluster.messages import partitions_of
from pipeline.runtime.cluster.routing import EVERYWHERE

OWING = 10_000
"""Entries of which it is remembered that a partition has not come to them yet. Kafka took them of one who then died:
most never come."""
_OF_TIME = np.isin(np.arange(256), [int(kind) for kind in EVERYWHERE])
"""By kind: whether it says something of time."""


class Entry(NamedTuple):
    """As in `pipeline.entries`."""

    kind: int
    source: str
    topic: str
    received: float
    payload: bytes

    @property
    def order(self) -> tuple[float, bool, Entry]:
        """At the same instant what says something of time comes last."""
        return _known(self.received), self.kind in EVERYWHERE, self


def one_log(partitions: Sequence[Iterable[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
    """All entries, in their order, in batches as small as they come.

    partitions: of each, from the first on, its messages in order, as `messages.decode_entries` gives them; read as they
    are needed. The same messages always give the same.
    """
    return _Merge(partitions).run()


class _Merge:
    def __init__(self, partitions: Sequence[Iterable[pa.RecordBatch]]) -> None:
        everywhere = frozenset(range(len(partitions)))
        self._feeds = [_Feed(each, everywhere) for each in partitions]
        self._owed: dict[Entry, set[int]] = {}

    def run(self) -> Iterator[pa.RecordBatch]:
        while True:
            yield from self._own()
            reached = {at: feed.shared for at, feed in enumerate(self._feeds) if feed.shared is not None}
            if not reached:
                return
            yield self._first(reached)

    def _own(self) -> Iterator[pa.RecordBatch]:
        """What single partitions have, up to where each has something that others have too."""
        ready: list[tuple[float, int]] = []
        for at in range(len(self._feeds)):
            self._come(at, ready)
        while ready:
            _, at = heapq.heappop(ready)
            yield self._feeds[at].run()
            self._come(at, ready)

    def _come(self, at: int, ready: list[tuple[float, int]]) -> None:
        """To the next run of a partition's own, which is ready then, or to what has not come out by another."""
        feed = self._feeds[at]
        while feed.more():
            if feed.shared is None:
                heapq.heappush(ready, (feed.begins, at))
                return
            owing = self._owed.get(feed.shared) if self._owed else None
            if owing is None or at not in owing:
                return
            owing.discard(at)
            if not owing:
                del self._owed[feed.shared]
            feed.skip()

    def _first(self, reached: dict[int, Entry]) -> pa.RecordBatch:
        """Of what several have: the first of those that all have come to, which it is unless somebody said something at
        the same moment."""
        there: dict[Entry, set[int]] = {}
        for at, entry in reached.items():
            there.setdefault(entry, set()).add(at)
        lacking = {entry: self._to(some) & reached.keys() - some for entry, some in there.items()}
        agreed = [entry for entry, late in lacking.items() if not late]
        first = min(agreed or lacking, key=lambda each: each.order)
        if lacking[first]:
            self._owed.setdefault(first, set()).update(lacking[first])
            while len(self._owed) > OWING:
                del self._owed[next(iter(self._owed))]
        (batch, *_) = [self._feeds[at].skip() for at in sorted(there[first])]
        return batch

    def _to(self, some: set[int]) -> frozenset[int]:
        """Where an entry went that some have come to."""
        return self._feeds[min(some)].to


class _Feed:
    """One partition: its messages, and how far they are taken."""

    def __init__(self, messages: Iterable[pa.RecordBatch], everywhere: frozenset[int]) -> None:
        self._messages, self._everywhere = iter(messages), everywhere
        self._dealt = frozenset[int]()
        self._batch: pa.RecordBatch | None = None
        self._at = 0
        self._shared: list[tuple[int, Entry]] = []
        """Of the message: the row, and what is there; the next comes last."""
        self.shared: Entry | None = None
        """What is next, if others have it too."""

    def more(self) -> bool:
        """Come to the next entry; False: there is none."""
        while self._batch is None or self._at >= self._batch.num_rows:
            message = next(self._messages, None)
            if message is None:
                self._batch, self.shared = None, None
                return False
            self._take(message)
        at_shared = bool(self._shared) and self._shared[-1][0] == self._at
        self.shared = self._shared[-1][1] if at_shared else None
        return True

    @property
    def begins(self) -> float:
        """When the next entry was received."""
        return math.inf if self._batch is None else _known(self._batch.column("received")[self._at].as_py())

    @property
    def to(self) -> frozenset[int]:
        """Where the next entry went."""
        return self._dealt if self.shared is not None and self.shared.kind == Kind.DELIVERY else self._everywhere

    def run(self) -> pa.RecordBatch:
        """Take what is this partition's own, up to the message's end or what others have too."""
        return self._until(self._shared[-1][0] if self._shared else None)

    def skip(self) -> pa.RecordBatch:
        """Take one that others have too."""
        at, _ = self._shared.pop()
        self.shared = None
        return self._until(at + 1)

    def _until(self, end: int | None) -> pa.RecordBatch:
        if self._batch is None:
            raise RuntimeError("there is nothing more")
        start, self._at = self._at, self._batch.num_rows if end is None else end
        return self._batch.slice(start, self._at - start)

    def _take(self, message: pa.RecordBatch) -> None:
        self._dealt = self._everywhere.intersection(partitions_of(message))
        self._batch, self._at = message.replace_schema_metadata(None), 0
        kinds = message.column("kind").to_numpy()
        shared = _OF_TIME[kinds] if len(self._everywhere) > 1 else np.zeros(len(kinds), bool)
        if len(self._dealt) > 1:
            shared |= kinds == Kind.DELIVERY
        rows = np.flatnonzero(shared)
        some = self._batch.take(pa.array(rows))
        columns = (some.column(name).to_pylist() for name in Entry._fields)
        entries = (Entry(*values) for values in zip(*columns, strict=True))
        self._shared = list(zip(rows.tolist(), entries, strict=True))[::-1]


def _known(received: float) -> float:
    return -math.inf if math.isnan(received) else received
