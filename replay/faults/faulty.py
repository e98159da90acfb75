"""faulty: a recording and its versions with faults: what `replay.replaying.replay` reads instead of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.engine import LoadVersion
from pipeline.journal import JournalBatch
from replay.faults.blocks import Asking, blocks
from replay.faults.carriage import WHOSE, stages
from replay.faults.grammar import Fault, read
from replay.faults.values import clocks, faulty
from replay.replaying import BATCH, Entries


def parse(text: str) -> Faults:
    """Faults as people write them: 'drop=5%, upload=10min@20%, jitter=10m'; '' is none.

    Raises ValueError, which says what was expected.
    """
    return Faults(tuple(read(text)))


@dataclass(frozen=True, slots=True)
class Faults:
    """Some faults. Both halves need the same seed."""

    faults: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        """As they may be written again, with what was left out."""
        return ", ".join(map(str, self.faults))

    @property
    def skew(self) -> float:
        """By how much clocks may be wrong, seconds: what scoring allows for."""
        return self._most("skew")

    @property
    def late(self) -> float:
        """How much later deliveries may come, seconds: likewise."""
        return self._most("upload") + self._most("reorder")

    def _most(self, name: str) -> float:
        return sum(fault.amount or 0.0 for fault in self.faults if fault.name == name and fault.share > 0)

    def entries(self, journal: Entries, load: LoadVersion, seed: int, current: bytes | None = None) -> Entries:
        """The recording's entries, with what happens to deliveries.

        load: as for the replay, but one of its own where it keeps the versions that it makes: names have other codes
        here. current: the payload of a version that is in force before the first entry, as for the replay.
        """
        if not stages(self.faults, seed):
            return journal
        return _Faulty(self.faults, journal, load, seed, current)

    def version(self, load: LoadVersion, seed: int) -> LoadVersion:
        """The versions, with what happens to rows. For one replay, which it follows in order."""
        return faulty(self.faults, load, seed)


@dataclass(frozen=True, slots=True)
class _Faulty:
    """Reads like a journal; positions are new, from the journal's first on."""

    faults: tuple[Fault, ...]
    journal: Entries
    load: LoadVersion
    seed: int
    current: bytes | None

    @property
    def first(self) -> int:
        return self.journal.first

    def read(self, start: int = 0, max_rows: int = BATCH) -> Iterator[JournalBatch]:
        """The entries in order, in batches of at most `max_rows`. Raises ValueError for a later `start`."""
        position = self.first
        if start not in (0, position):
            raise ValueError(
                f"expected to read from the beginning ({position}), as what was before matters; got {start}"
            )
        piled = blocks(self.journal.read(position, max_rows))
        if any(fault.name in WHOSE for fault in self.faults):
            piled = Asking(self.load, self.current, clocks(self.faults, self.seed))(piled)
        for stage in stages(self.faults, self.seed):
            piled = stage(piled)
        for block in piled:
            for begin in range(0, len(block), max_rows):
                batch = block.batch.slice(begin, max_rows)
                yield JournalBatch(position, batch)
                position += batch.num_rows
