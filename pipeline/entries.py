"""entries: what a journal holds, and a Kafka partition too.

An entry is (kind, source, topic, received, payload). Its position is its place in the log, counted from 0. The schema
is fixed and versioned: `FORMAT` names it in every segment.
"""

from __future__ import annotations

from enum import IntEnum

import pyarrow as pa

FORMAT = 1


class Kind(IntEnum):
    """What an entry is."""

    DELIVERY = 0
    """What a source received, raw: `topic` where from, `payload` the bytes."""
    TICK = 1
    """A source's word that time has passed: `received` is the tick's time, `topic` the member's name ('' if it is one).
    """
    VERSION = 2
    """A configuration and world are current from here on: `payload` is JSON with their content hashes."""
    JOIN = 3
    """A member of a source has connected: `topic` is the member's name."""
    LEAVE = 4
    """A member of a source has gone."""
    REPORT = 5
    """Somebody tells something: `payload` is JSON (cases/words.py)."""
    STEP = 6
    """Somebody does something to a case, likewise."""
    CLOCK = 7
    """The city's own word that time has passed, at `received`: by it deadlines come, whatever sources there are."""


SCHEMA = pa.schema(
    [
        pa.field("kind", pa.uint8(), nullable=False),
        pa.field("source", pa.dictionary(pa.int32(), pa.utf8()), nullable=False),
        pa.field("topic", pa.dictionary(pa.int32(), pa.utf8()), nullable=False),
        pa.field("received", pa.float64(), nullable=False),
        pa.field("payload", pa.binary(), nullable=False),
    ]
)


class EntryBuffer:
    """Entries on their way into a journal: plain lists, made into one Arrow batch at the commit."""

    __slots__ = ("kinds", "nbytes", "payloads", "received", "sources", "topics")

    def __init__(self) -> None:
        self.kinds: list[int] = []
        self.sources: list[str] = []
        self.topics: list[str] = []
        self.received: list[float] = []
        self.payloads: list[bytes] = []
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self.kinds)

    def add(self, kind: Kind, source: str, topic: str, received: float, payload: bytes = b"") -> None:
        """One more entry. received: UTC seconds."""
        self.kinds.append(kind)
        self.sources.append(source)
        self.topics.append(topic)
        self.received.append(received)
        self.payloads.append(payload)
        self.nbytes += len(payload)

    def batch(self) -> pa.RecordBatch:
        """All of them, in order, as one batch of SCHEMA."""
        return pa.record_batch(
            [
                pa.array(self.kinds, pa.uint8()),
                pa.array(self.sources, pa.utf8()).dictionary_encode(),
                pa.array(self.topics, pa.utf8()).dictionary_encode(),
                pa.array(self.received, pa.float64()),
                pa.array(self.payloads, pa.binary()),
            ],
            schema=SCHEMA,
        )
