"""blocks: entries on their way from a recording, with what faults ask about each.

Reads a recording and decodes its deliveries where some fault asks whose they are; reports blocks of entries with an
identity, a subject and how long each may be put off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.engine import LoadVersion
from pipeline.entries import Kind
from pipeline.journal import JournalBatch
from pipeline.names import Names
from pipeline.rows import Flags, Floats, Longs
from pipeline.version import Version
from replay.faults.dice import NameWords, Words, bits, mixed, payload_words, text_words

Skew = Callable[[Words], Floats]
"""Subjects' words -> seconds by which their clocks are off."""


@dataclass(slots=True)
class Block:
    """Some entries in order; columns of shape (n,)."""

    batch: pa.RecordBatch
    id: Words
    """What the entry is: its source, topic, received and payload. A repetition has another."""
    source: Words
    subject: Words
    """Of the first row that a delivery holds; 0: of none."""
    alone: Flags
    """No other subject has rows in it."""
    until: Floats
    """Until its source ticks that, all its rows wait for their elders, by their streams' `lateness`, which it never
    exceeds; -inf: some go at once."""

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    @property
    def kind(self) -> Longs:
        """Of each entry (pipeline.entries.Kind)."""
        kinds: Longs = self.batch.column("kind").to_numpy()
        return kinds

    @property
    def received(self) -> Floats:
        """UTC seconds"""
        received: Floats = self.batch.column("received").to_numpy()
        return received

    def take(self, index: Longs | Flags) -> Block:
        """The entries at `index` (positions or a mask), in that order."""
        at = np.flatnonzero(index) if index.dtype == np.bool_ else index
        if len(at) == len(self) and (at == np.arange(len(at))).all():
            return self
        columns: dict[str, Any] = {name: getattr(self, name)[at] for name in _COLUMNS}
        return Block(self.batch.take(pa.array(at)), **columns)

    def again(self) -> Block:
        """The same entries a second time, for which other dice are thrown."""
        return replace(self, id=mixed(self.id, self.id))

    def at(self, received: Floats) -> Block:
        """The same, received then."""
        place = self.batch.schema.get_field_index("received")
        batch = self.batch.set_column(place, self.batch.schema.field(place), pa.array(received, pa.float64()))
        return replace(self, batch=batch)

    @classmethod
    def concat(cls, parts: list[Block]) -> Block:
        """Several as one; at least one."""
        parts = [part for part in parts if len(part)] or parts[:1]
        if len(parts) == 1:
            return parts[0]
        columns: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
        return cls(pa.concat_batches([part.batch for part in parts]), **columns)


_COLUMNS = ("id", "source", "subject", "alone", "until")


def blocks(journal: Iterator[JournalBatch]) -> Iterator[Block]:
    """Entries of which nobody asks whose they are."""
    for piece in journal:
        batch = piece.batch
        n, source = batch.num_rows, text_words(batch.column("source"))
        received = bits(batch.column("received").to_numpy())
        id = mixed(
            mixed(mixed(source, text_words(batch.column("topic"))), received), payload_words(batch.column("payload"))
        )
        yield Block(batch, id, source, np.zeros(n, np.uint64), np.ones(n, bool), np.full(n, -np.inf))


class Asking:
    """Finds out whose deliveries are, by the versions in force."""

    def __init__(self, load: LoadVersion, current: bytes | None, skew: Skew | None) -> None:
        self._load, self._skew = load, skew
        self._names, self._words = Names(), NameWords()
        self._version: Version | None = None if current is None else load(current, self._names)

    def __call__(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """The same blocks, with subjects and how long they may be put off."""
        for block in blocks:
            versions = np.flatnonzero(block.kind == Kind.VERSION).tolist()
            for start, end in pairwise(sorted({0, *versions, len(block)})):
                if start in versions:
                    self._version = self._load(block.batch.column("payload")[start].as_py(), self._names)
                if self._version is not None:
                    self._ask(self._version, block, start, end)
            yield block

    def _ask(self, version: Version, block: Block, start: int, end: int) -> None:
        """Entries from `start` up to `end`, which one version decodes."""
        decoded = version.decode(block.batch.slice(start, end - start), start, self._names)
        found = [rows for rows in decoded.rows if len(rows)]
        if not found:
            return
        at = np.concatenate([rows.position for rows in found])
        subject = np.concatenate([self._words.of(self._names, rows.subject) for rows in found])
        stream = np.concatenate([rows.stream for rows in found])
        ts = np.concatenate([rows.ts for rows in found])
        if self._skew is not None:
            ts = ts + self._skew(subject)
        block.subject[at[::-1]] = subject[::-1]  # the first row's is written last
        block.alone[at[subject != block.subject[at]]] = False
        names = [version.streams[code] for code in range(len(version.streams))]
        wait = np.array([one.lateness for one in names])[stream]
        sources = text_words(pa.array([one.source for one in names]).dictionary_encode())[stream]
        # a row from the future waits for longer; nothing is held back for that
        oldest = np.minimum(ts, block.received[at]) + wait
        until = np.where((wait > 0) & (sources == block.source[at]), oldest, -np.inf)
        block.until[at] = np.inf
        np.minimum.at(block.until, at, until)
