"""fold: the one ordered log: what became known, was said or was told, however the journal was read (TIME, rule 19).

Holds episode changes, steps and reports until the ticks of every connected source have passed the tick after which they
were known, and gives them out in the order of (that tick, confirmed, id); a later change of an episode never before an
earlier one. What it holds is part of a snapshot, so that a restart forgets nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pyarrow as pa

from cases.making import Known
from cases.stamping import CITY, Logged, Place, Stamper, Stamps

__all__ = ["CITY", "Fold", "Logged", "Place"]


class _Dump(msgspec.Struct):
    held: list[Logged]
    clocks: list[tuple[str, float, dict[str, float]]]
    passed: float
    version: str


class Fold:
    """What is known and not yet in the store."""

    def __init__(self) -> None:
        self._held: list[Logged] = []
        self._stamper = Stamper()

    def __len__(self) -> int:
        return len(self._held)

    @property
    def version(self) -> str:
        """The payload of the version that is in force at the end of what was read; '' before any."""
        return self._stamper.version

    @property
    def passed(self) -> float:
        """The tick that every connected source has reached, UTC seconds; -inf before any."""
        return self._stamper.passed

    @property
    def damaged(self) -> int:
        """Entries that were no step or report after all; the journal has them."""
        return self._stamper.damaged

    # ---- in

    def take(self, batch: pa.RecordBatch, first: int, known: Iterable[Known] = ()) -> None:
        """Entries of the journal from position `first` on, and what the engine found in them, in its order."""
        self._held += self._stamper.stamp(batch, first, known)

    def begin_after(self, place: Place, version: str) -> None:
        """What comes from now on stands after `place` and is of `version`: for a start without the log up to there."""
        self._stamper.begin_after(place, version)

    # ---- out

    def due(self, *, everything: bool = False) -> list[Logged]:
        """What may go into the store, in its order; it stays held until `drop`. everything: at the end of a replay."""
        ready = self._held if everything else [held for held in self._held if held.stamp < self.passed]
        return sorted(ready, key=lambda held: held.place)

    def drop(self) -> None:
        """What was due is in the store."""
        self._held = [held for held in self._held if not held.stamp < self.passed]
        self._stamper.forget()

    def through(self, position: int) -> int:
        """The position up to which everything is out once what is due is; -1 for none. position: the engine's."""
        waiting = (held.position for held in self._held if not held.stamp < self.passed)
        return min(waiting, default=position) - 1

    def ids(self) -> set[str]:
        """Of the episodes of which something is held."""
        return {held.id for held in self._held if held.known is not None}

    # ---- snapshots

    def dump(self) -> bytes:
        """For a snapshot."""
        stamps = self._stamper.stamps()
        return msgspec.msgpack.encode(_Dump(self._held, stamps.clocks, stamps.passed, stamps.version))

    @classmethod
    def load(cls, data: bytes) -> Fold:
        """What `dump` gave. Raises msgspec.MsgspecError where it is something else."""
        dumped = msgspec.msgpack.decode(data, type=_Dump)
        known: dict[str, float] = {}
        for held in dumped.held:
            if held.known is not None:
                known[held.id] = max(held.stamp, known.get(held.id, held.stamp))
        fold = cls()
        fold._held = dumped.held
        fold._stamper = Stamper.of(Stamps(dumped.clocks, dumped.passed, dumped.version, known))
        return fold
