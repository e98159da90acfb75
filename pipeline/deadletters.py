"""deadletters: what was set aside, kept so that somebody can look at it.

A journal of its own beside the main one, bounded by size: the oldest go first. An entry is of kind DELIVERY with the
source, topic and time of the delivery that it is about; its payload is JSON, see `Letter`. Written before the snapshot
that passes the delivery, so a restart may set the same things aside again: what is held already is not written twice.

64 MB hold some hundred thousand letters: enough to see what a fleet got wrong in a bad night, and no disk is filled by
it.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import msgspec
import pyarrow as pa

from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Journal, JournalBatch, JournalReader
from pipeline.version import Aside

FOLDER = "deadletters"
"""Its folder's name in a city's data."""
MAX_BYTES = 64 << 20
MAX_PAYLOAD = 4096
"""So much of a delivery is kept: enough to see what it is."""
_PARTS = 8
"""The oldest letters go in parts of about 1/8 of all."""


class Letter(msgspec.Struct, frozen=True):
    """The JSON payload of an entry."""

    reason: str
    """undecodable, unmatched, unknown, future, too old, repeated, disordered"""
    where: str
    """The stream, with the topic or the field."""
    message: str
    """expected …; got …"""
    position: int
    """The delivery's position in the main journal, where all of it is while that is kept."""
    payload: str | None
    """The first 4,096 bytes of it, base64; null where it was delivered long before it was set aside."""

    @property
    def content(self) -> bytes:
        """`payload` as bytes."""
        return base64.b64decode(self.payload or "")


class DeadLetter(msgspec.Struct, frozen=True):
    """A letter and its entry."""

    source: str
    topic: str
    received: float
    """UTC seconds."""
    letter: Letter


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Letter).decode


def read_letters(journal: JournalReader) -> Iterator[DeadLetter]:
    """All that are held, oldest first. Raises JournalDamaged."""
    for piece in journal.read(journal.first):
        yield from decode_letters(piece)


def decode_letters(piece: JournalBatch) -> Iterator[DeadLetter]:
    """Those of a part of their journal."""
    columns = [piece.batch.column(name).to_pylist() for name in ("source", "topic", "received", "payload")]
    for source, topic, received, payload in zip(*columns, strict=True):
        yield DeadLetter(source, topic, received, _decode(payload))


def letters_of(asides: Iterable[Aside], batch: pa.RecordBatch, first: int) -> list[DeadLetter]:
    """What was set aside while `batch` was judged, whose first entry is at position `first`: see `DeadLetters.add`."""
    return [
        DeadLetter(source, topic, received, letter)
        for letter, source, topic, received in (_letter(aside, batch, first) for aside in asides)
    ]


class DeadLetters:
    """The writer. `journal` is its own; give it to nobody else."""

    def __init__(self, journal: Journal, max_bytes: int = MAX_BYTES) -> None:
        self.journal = journal
        self.max_bytes = max_bytes
        self._part = max_bytes // _PARTS
        # How often each is held: two rows of one delivery can be set aside with the same words.
        self._held = Counter(_identity(held.letter) for held in read_letters(journal))
        self._unsealed = 0
        self._tidy()

    @classmethod
    def open(cls, folder: Path, max_bytes: int = MAX_BYTES) -> Self:
        """The letters of the data folder `folder`, made where there are none. Raises what Journal.open raises."""
        journal = Journal.open(folder / FOLDER, segment_bytes=max_bytes // _PARTS)
        try:
            return cls(journal, max_bytes)
        except BaseException:
            journal.close()
            raise

    def add(self, asides: Iterable[Aside], batch: pa.RecordBatch, first: int) -> int:
        """Keep what was set aside while `batch` was judged; durable when it returns. Returns how many were new.

        batch: the journal's entries, the first at position `first`. A row that waited for its elders may have come in
        an older one: its letter has the time of this batch's last entry, and no payload. Raises JournalFull or
        JournalFailed: the same call may be tried again.
        """
        buffer, skipped, kept = EntryBuffer(), Counter[int](), Counter[int]()
        adding: list[int] = []
        try:
            for aside in asides:
                letter, source, topic, received = _letter(aside, batch, first)
                identity = _identity(letter)
                if skipped[identity] < self._held[identity]:
                    skipped[identity] += 1
                    continue
                adding.append(identity)
                buffer.add(Kind.DELIVERY, source, topic, received, _encode(letter))
                if buffer.nbytes > self._part:  # many at once must not push each other out
                    self._commit(buffer)
                    kept.update(adding)
                    buffer, adding = EntryBuffer(), []
            self._commit(buffer)
        except BaseException:
            self._held += kept
            raise
        self._held -= skipped
        return kept.total() + len(adding)

    def close(self) -> None:
        """Let go of the files."""
        self.journal.close()

    def _commit(self, buffer: EntryBuffer) -> None:
        if len(buffer):
            self.journal.commit(buffer)
            self._unsealed += buffer.nbytes
            if self._unsealed > self._part:
                self._tidy()

    def _tidy(self) -> None:
        self.journal.seal_rolled()
        self.journal.retain(keep_from=self.journal.head, max_bytes=self.max_bytes)
        self._unsealed = 0


def _identity(letter: Letter) -> int:
    return hash((letter.position, letter.reason, letter.where, letter.message))


def _letter(aside: Aside, batch: pa.RecordBatch, first: int) -> tuple[Letter, str, str, float]:
    row = aside.position - first
    here = 0 <= row < batch.num_rows
    payload = source = topic = None
    if here:
        source, topic, payload = (batch.column(name)[row].as_py() for name in ("source", "topic", "payload"))
    received = batch.column("received")[row if here else batch.num_rows - 1].as_py()
    content = None if payload is None else base64.b64encode(payload[:MAX_PAYLOAD]).decode()
    letter = Letter(aside.reason, aside.where, aside.message, aside.position, content)
    return letter, source or "", topic or "", received
