"""journal_about: the stretch of a journal that may be about some subjects, without what is surely about others.

A subject stands as it is in a delivery's topic or payload, as its own name or its device's (docs/connectors), so that
looking for those letters finds all that is about it, and a few others, far sooner than decoding all of it would. A name
that JSON may write in another way is not looked for: then everything is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.entries import Kind
from pipeline.journal import JournalBatch
from pipeline.registers import Registers
from replay.replaying import Entries

_MOST = 40
"""Names; looking for more takes as long as decoding."""


class Stretch:
    """A journal up to a position, as `replay.surroundings` reads it. The entries that it leaves out are deliveries;
    where it leaves some out, positions behind them in a batch are no longer exact."""

    def __init__(self, reader: Entries, end: int, names: Iterable[str] | None = None) -> None:
        """names: of the subjects and their devices; None: everything."""
        self._reader, self._end = reader, end
        wanted = sorted(set(names)) if names is not None else []
        plain = all(name.isascii() and name.isprintable() and not set(name) & set('"\\/') for name in wanted)
        self._names = wanted if plain and all(wanted) and len(wanted) <= _MOST else []

    @property
    def first(self) -> int:
        """The position of the oldest entry."""
        return self._reader.first

    def read(self, start: int = 0, max_rows: int = 65_536) -> Iterator[JournalBatch]:
        """The entries from `start` on."""
        for piece in self._reader.read(start, max_rows):
            if piece.first >= self._end:
                return
            piece = piece.between(start, self._end)
            yield JournalBatch(piece.first, self._about(piece.batch)) if self._names else piece

    def _about(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        kept = pc.equal(batch.column("kind"), int(Kind.VERSION))
        topic, payload = batch.column("topic"), batch.column("payload")
        for name in self._names:
            named: Any = pc.match_substring(topic.dictionary, name)
            kept = pc.or_(kept, pc.fill_null(named.take(topic.indices), False))
            kept = pc.or_(kept, pc.match_substring(payload, name))
        return batch.filter(kept)


def names_of(subjects: Iterable[str], registers: Registers) -> set[str]:
    """What a delivery about one of them calls it: its own name, or that of a device that it ever had."""
    wanted = set(subjects)
    devices = registers.devices
    pairs = zip(devices.text("device"), devices.text("subject"), strict=True)
    return wanted | {device for device, subject in pairs if subject in wanted}
