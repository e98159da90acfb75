"""fold: in which order cases are made known, however the journal was read (docs/concepts/time.md, rule 19).

Holds what became known until the ticks of every connected source have passed it, and gives it out in the order of
(tick after which it was known, confirmed, id); a later change of an episode never before an earlier one. What it holds
is part of a snapshot, so that a restart forgets nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np

from cases.making import Known
from pipeline.engine import Engine


class _Held(msgspec.Struct):
    known: float
    """As it counts for the order: never before an earlier change of the same episode that is still held."""
    number: int
    what: Known

    @property
    def order(self) -> tuple[float, float, str, int]:
        return self.known, self.what.case.confirmed, self.what.case.id, self.number


class Fold:
    """What is known and not yet in the store."""

    def __init__(self) -> None:
        self._held: list[_Held] = []
        self._known: dict[str, float] = {}
        self._number = 0

    def __len__(self) -> int:
        return len(self._held)

    def add(self, known: Iterable[Known]) -> None:
        """What became known, in the engine's order."""
        for each in known:
            id = each.case.id
            when = self._known[id] = max(each.known, self._known.get(id, -np.inf))
            self._number += 1
            self._held.append(_Held(when, self._number, each))

    def due(self, passed: float) -> list[Known]:
        """What may go into the store, in its order; it stays held until `drop`. passed: see `ticks_passed`."""
        ready = [held for held in self._held if held.known < passed]
        return [held.what for held in sorted(ready, key=lambda held: held.order)]

    def drop(self, passed: float) -> None:
        """What was due is in the store."""
        self._held = [held for held in self._held if not held.known < passed]
        self._known = {held.what.case.id: held.known for held in self._held}

    def through(self, position: int, passed: float = -np.inf) -> int:
        """The position up to which everything is out once what is due is; -1 for none. position: the engine's."""
        waiting = (held.what.case.position for held in self._held if not held.known < passed)
        return min(waiting, default=position) - 1

    def ids(self) -> set[str]:
        """Of the cases of which something is held."""
        return set(self._known)

    def dump(self) -> bytes:
        """For a snapshot."""
        return msgspec.msgpack.encode(self._held)

    @classmethod
    def load(cls, data: bytes) -> Fold:
        """What `dump` gave. Raises msgspec.MsgspecError where it is something else."""
        fold = cls()
        fold._held = msgspec.msgpack.decode(data, type=list[_Held])
        fold._number = max((held.number for held in fold._held), default=0)
        for held in fold._held:
            fold._known[held.what.case.id] = max(held.known, fold._known.get(held.what.case.id, -np.inf))
        return fold


def ticks_passed(engine: Engine) -> float:
    """The tick that every connected source has reached, UTC seconds; inf where none is connected.

    A source that has not ticked yet holds nothing back, as in rule 2.
    """
    clocks = engine.clocks.by_name.values()
    return min((clock.effective for clock in clocks if clock.members and clock.effective > -np.inf), default=np.inf)
