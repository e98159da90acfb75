"""seen: what somebody who reads a city's topics along knows of it: where everything is, who ticks, who holds whom up.

Fed by one thread (`following`), asked by any. Nothing here has any part in what is judged, and nothing is kept: a start
knows the last minute. A delivery that went to several partitions is looked at once, where its first part is.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.clock_watch import ClockWatch
from pipeline.deadletters import DeadLetter
from pipeline.entries import Kind
from pipeline.latest import Latest
from pipeline.names import Names
from pipeline.rows import Flags, Rows
from pipeline.runtime.cluster.messages import (
    Unreadable,
    decode_entries,
    decode_found,
    decode_letters,
    partitions_of,
)
from pipeline.runtime.cluster.names import Topics
from pipeline.runtime.cluster.routing import FIRST, MOST_NAMES
from pipeline.version import Version

CITY = ""
"""The city's own clock, beside those of its sources."""
_MARKS, _DELAYS, _MEMBERS = 4_096, 4_096, 1_000
_SOME = 64
"""Rows of a block whose delay is looked at."""


@dataclass(slots=True)
class SeenSource:
    """Of one source, or of the city's own clock."""

    members: dict[str, float] = field(default_factory=dict)
    """Connected members -> their newest tick, UTC seconds; -inf: has joined and not ticked yet."""
    deliveries: int = 0
    """Since the start."""
    received: float | None = None
    """When the newest of them was, UTC seconds."""
    delays: deque[tuple[float, float, int]] = field(default_factory=lambda: deque(maxlen=_DELAYS))
    """Of some rows: received, seconds from event to receipt, code of the subject."""

    @property
    def tick(self) -> float:
        """The least of its connected members'; -inf: none has ticked."""
        return min((at for at in self.members.values() if at > -math.inf), default=-math.inf)


@dataclass(slots=True)
class SeenPartition:
    """Of one partition of the journal."""

    count: int = 0
    """Entries since the start."""
    marks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=_MARKS))
    """When the newest entry of each message was received, and what `count` was then."""
    passed: float = -math.inf
    """What its judge has passed, UTC seconds; -inf: nothing has been heard of it."""
    moved: float = -math.inf
    """When that was last heard to move, UTC seconds."""

    @property
    def waiting(self) -> int:
        """Entries that came after what has been passed, as far as was seen."""
        judged = next((count for at, count in reversed(self.marks) if at <= self.passed), None)
        return self.count - (judged or 0)


class Seen:
    """`take` is for one thread."""

    def __init__(
        self,
        topics: Topics,
        latest: Latest | None,
        *,
        letter: Callable[[DeadLetter], object] = lambda _: None,
        in_force: Callable[[bytes], object] = lambda _: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """letter: is given what was set aside. in_force: the payload of each version that comes into force."""
        self._now = now
        self._topics, self._latest, self._letter, self._in_force = topics, latest, letter, in_force
        self._lock = threading.Lock()
        self._sources: dict[str, SeenSource] = {}
        self._partitions: dict[int, SeenPartition] = {}
        self._version: Version | None = None
        self._next: Callable[[Names], Version] | None = None
        self._names = Names()
        self.clock_watch = ClockWatch()
        """What terminals' clocks say; from any thread."""
        self.rows = 0
        """Since the start."""
        self.unreadable = 0
        """Messages that were none of ours."""
        self.version = ""
        """The payload of the version that judging goes by; '': not known."""

    @property
    def decoding(self) -> Version | None:
        """What rows are decoded by; None: by nothing yet."""
        return self._version

    def use(self, version: Callable[[Names], Version]) -> None:
        """Decode by another from the next message on. version: makes it for names of ours. From any thread."""
        self._next = version

    def take(self, topic: str, partition: int, value: bytes) -> None:
        """One message."""
        make, self._next = self._next, None
        if make is not None:
            self._version = make(self._names)
        try:
            if topic == self._topics.entries:
                self._entries(partition, decode_entries(value))
            elif topic == self._topics.known:
                self._found(value)
            else:
                for each in decode_letters(value):
                    self._letter(each)
        except Unreadable:
            self.unreadable += 1

    def sources(self) -> Mapping[str, SeenSource]:
        """Copies, by name."""
        with self._lock:
            return {
                name: SeenSource(dict(each.members), each.deliveries, each.received, each.delays.copy())
                for name, each in self._sources.items()
            }

    def partitions(self) -> Mapping[int, SeenPartition]:
        """Copies."""
        with self._lock:
            return {
                at: SeenPartition(each.count, each.marks.copy(), each.passed, each.moved)
                for at, each in self._partitions.items()
            }

    @property
    def waiting(self) -> int:
        """Entries that came and are not judged yet, as far as was seen."""
        return sum(each.waiting for each in self.partitions().values() if each.passed > -math.inf)

    # ---- the one thread

    def _found(self, value: bytes) -> None:
        found = decode_found(value)
        with self._lock:
            state = self._partitions.setdefault(found.partition, SeenPartition())
            if found.passed > state.passed:
                state.passed, state.moved = found.passed, self._now()
            self.version = found.version or self.version

    def _entries(self, partition: int, batch: pa.RecordBatch) -> None:
        if not batch.num_rows:
            return
        kinds, received = batch.column("kind").to_numpy(), batch.column("received").to_numpy()
        newest = received[np.isfinite(received)].max(initial=-np.inf)
        with self._lock:
            state = self._partitions.setdefault(partition, SeenPartition())
            state.count += batch.num_rows
            state.marks.append((float(newest), state.count))
            if partition == FIRST:
                self._times(batch, kinds)
        deliveries = kinds == Kind.DELIVERY
        to = partitions_of(batch)
        if deliveries.any() and (len(to) < 2 or partition == to[0]):
            self._deliveries(batch, deliveries)
        if partition == FIRST:
            for at in np.flatnonzero(kinds == Kind.VERSION).tolist():
                self._in_force(batch.column("payload")[at].as_py())

    def _times(self, batch: pa.RecordBatch, kinds: NDArray[np.uint8]) -> None:
        """Who is there, and since when."""
        some = batch.take(pa.array(np.flatnonzero(np.isin(kinds, (Kind.TICK, Kind.JOIN, Kind.LEAVE, Kind.CLOCK)))))
        columns = (some.column(name).to_pylist() for name in ("kind", "source", "topic", "received"))
        for kind, source, member, at in zip(*columns, strict=True):
            if kind == Kind.CLOCK:
                source = member = CITY
            members = self._source(source).members
            if kind == Kind.LEAVE:
                members.pop(member, None)
            elif len(members) < _MEMBERS or member in members:
                ticked = at if kind in (Kind.TICK, Kind.CLOCK) and math.isfinite(at) else -math.inf
                members[member] = max(members.get(member, -math.inf), ticked)

    def _deliveries(self, batch: pa.RecordBatch, deliveries: Flags) -> None:
        index = np.flatnonzero(deliveries)
        source = batch.column("source")
        names, codes = source.dictionary.to_pylist(), source.indices.to_numpy()[index]
        received = batch.column("received").to_numpy()[index]
        with self._lock:
            for code in np.unique(codes).tolist():
                of, mine = self._source(names[code]), codes == code
                of.deliveries += int(mine.sum())
                of.received = max(of.received or -math.inf, float(received[mine].max()))
        version = self._version
        if version is None or len(self._names) > MOST_NAMES:
            return  # where everything is, nobody knows then; cases do not depend on it
        decoded = version.decode(batch, 0, self._names)
        blocks = decoded.rows
        self.clock_watch.take(self._names, decoded.said)
        self.rows += sum(map(len, blocks))
        if self._latest is not None:
            self._latest.take(self._names, blocks, version.ahead)
        with self._lock:
            for rows in blocks:
                if len(rows):
                    self._late(version, rows)

    def _late(self, version: Version, rows: Rows) -> None:
        """From event to receipt; of some, since all of a block are of one stream."""
        delays = self._source(version.streams[int(rows.stream[0])].source).delays
        columns = rows.received[:_SOME], (rows.received - rows.ts)[:_SOME], rows.subject[:_SOME]
        delays.extend(zip(*(each.tolist() for each in columns), strict=True))

    def _source(self, name: str) -> SeenSource:
        return self._sources.setdefault(name, SeenSource())
