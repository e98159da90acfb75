"""clocks: what a source's ticks say about time: its effective ticks, and when it was down (docs/concepts/time.md, 1, 2,
12).

Scalar on purpose: two ticks a second and source are few, and joining, leaving and stepping back are easiest to read so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from pipeline.rows import Floats, Longs


@dataclass(slots=True)
class Ticks:
    """The effective ticks of one source inside one block of the journal, both columns increasing, shape (m,)."""

    times: Floats
    positions: Longs
    before: float
    """The last effective tick before the block, -inf for none."""
    up_since: float
    """The first tick after the source was last down, -inf for never."""

    @property
    def last(self) -> float:
        """The newest effective tick."""
        return float(self.times[-1]) if len(self.times) else self.before

    def at(self, positions: Longs, *, inclusive: bool = False) -> Floats:
        """The tick current at each journal position (with `inclusive`, one at the very position counts)."""
        if not len(self.times):
            return np.full(len(positions), self.before)
        count = np.searchsorted(self.positions, positions, side="right" if inclusive else "left")
        return np.concatenate(([self.before], self.times))[count]

    def between(self, since: int, until: int) -> Ticks:
        """The ticks at journal positions in [since, until)."""
        low, high = np.searchsorted(self.positions, (since, until)).tolist()
        before = float(self.times[low - 1]) if low else self.before
        return Ticks(self.times[low:high], self.positions[low:high], before, self.up_since)

    def first(self, due: Floats, turn: Longs, *, beyond: bool) -> Longs:
        """The index of the first tick from each turn on that reaches (`beyond`: exceeds) `due`; len(times) for none."""
        by_time = np.searchsorted(self.times, due, side="right" if beyond else "left")
        return np.maximum(by_time, np.searchsorted(self.positions, turn, side="left"))


@dataclass(slots=True)
class Down:
    """A source was down, or may still be: `until` is NaN until it ticks again."""

    source: str
    since: float
    until: float
    known: float
    position: int
    told: bool = False
    """It has been opened before."""
    withdrawn: bool = False
    removed: bool = False
    """It ends because no version watches the source any more."""


@dataclass(slots=True)
class Clock:
    """One source's members and what follows from their ticks."""

    name: str
    down_after: float
    effective: float = -np.inf
    """The source's own tick: the least of its connected members'."""
    newest: float = -np.inf
    """The greatest tick of any member: a stretch without ticks begins here."""
    down_open: bool = False
    """A case about the source is open."""
    members: dict[str, float] = field(default_factory=dict)
    """Connected members -> their newest tick; -inf: has joined and not ticked yet."""
    unwatched: bool = False
    """A version did not have it: its next tick begins anew."""

    def join(self, member: str) -> float | None:
        """A member has connected; the effective tick, where that moves it."""
        self.members[member] = -np.inf
        return self._advance()

    def leave(self, member: str) -> float | None:
        """A member has gone; likewise."""
        self.members.pop(member, None)
        return self._advance()

    def tick(self, member: str, time: float) -> float | None:
        """A member's tick; likewise."""
        self.members[member] = max(time, self.members.get(member, -np.inf))
        return self._advance()

    def _advance(self) -> float | None:
        ticked = [time for time in self.members.values() if time > -np.inf]
        least = min(ticked) if ticked else -np.inf
        if not least > self.effective:
            return None
        self.effective = least
        return least


class Clocks:
    """All sources' clocks."""

    def __init__(self) -> None:
        self.by_name: dict[str, Clock] = {}

    def clock(self, name: str, down: float) -> Clock:
        """The clock of a source, made if new."""
        clock = self.by_name.get(name)
        if clock is None:
            clock = self.by_name[name] = Clock(name, down)
        return clock

    def dump(self) -> list[list[object]]:
        """Plain values for a snapshot."""
        return [[getattr(clock, f.name) for f in fields(Clock)] for clock in self.by_name.values()]

    @classmethod
    def load(cls, dumped: list[list[Any]]) -> Clocks:
        """The clocks of `dump`."""
        clocks = cls()
        for values in dumped:
            clock = Clock(*values)
            clocks.by_name[clock.name] = clock
        return clocks
