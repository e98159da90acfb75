"""merging: what all partitions found, as the one ordered log (TIME, rule 19).

Holds what is known, said and told until every partition's ticks have passed it. What a partition says again (its judge
was killed, or two had it for a moment) is known by its positions and left out. No clock and no store: it can be made
anew from any message on, as long as nothing that is not in the store lies before that one.
"""

from __future__ import annotations

import math

from cases.stamping import Logged
from pipeline.runtime.cluster.messages import Found


class Merger:
    """Of one city."""

    def __init__(self, partitions: int) -> None:
        self._passed = [-math.inf] * partitions
        self._next = [0] * partitions
        """The position after the last that was taken, of each partition."""
        self._held: list[tuple[int, Logged]] = []
        self._worst: dict[str, float] = {}
        self.version = ""
        """The payload of the version in force, as was said last; '' before any."""

    def __len__(self) -> int:
        return len(self._held)

    @property
    def passed(self) -> float:
        """The tick that all sources have passed on all partitions, UTC seconds; -inf before."""
        return min(self._passed)

    @property
    def slowest(self) -> tuple[int, float]:
        """The partition that holds the others up, and how many seconds it is behind the first; infinite where nothing
        has been heard of it."""
        least = self.passed
        return self._passed.index(least), max(self._passed) - least if least < max(self._passed) else 0.0

    def take(self, found: Found, offset: int) -> list[Logged]:
        """One message, which has this offset; what of it is new, in the order in which it became known."""
        at, new = found.partition, list[Logged]()
        if found.end > self._next[at]:
            new = [each for each in found.logged if each.position >= self._next[at]]
            self._held += [(offset, each) for each in new]
            self._next[at] = found.end
            self.version = found.version or self.version
        self._passed[at] = max(self._passed[at], found.passed)
        self._worst |= found.worst
        return new

    def due(self, *, everything: bool = False) -> list[Logged]:
        """What may go into the store, in its order; it stays held until `drop`. everything: at the end of a replay."""
        passed = self.passed
        ready = [each for _, each in self._held if everything or each.stamp < passed]
        return sorted(ready, key=lambda each: each.place)

    def drop(self) -> None:
        """What was due is in the store."""
        passed = self.passed
        self._held = [held for held in self._held if not held[1].stamp < passed]

    def through(self, offset: int) -> int:
        """The offset up to which everything is out once what is due is. offset: of the message that was taken last."""
        passed = self.passed
        waiting = (at for at, each in self._held if not each.stamp < passed)
        return min(waiting, default=offset + 1) - 1

    def take_worst(self) -> dict[str, float]:
        """Episode id -> the worst measure so far, of those that are not held; what is held waits for its opening."""
        held = {each.id for _, each in self._held}
        ready = {id: value for id, value in self._worst.items() if id not in held}
        self._worst = {id: value for id, value in self._worst.items() if id in held}
        return ready
