"""clock_watch: whose clock is wrong, by the rows that come: for each terminal and stream the envelope of its times.

Fed with what was decoded (`pipeline.version.Said`), before anything is corrected or set aside; asked from any thread.
Nothing here has any part in what is judged, and nothing is kept: after a start it takes ten minutes to say something
again. Of a terminal whose times are right it remembers when, 8 bytes; of another one at most `STRETCHES` stretches of
time, which grow from a minute to about an hour, so that two days are seen at most; of `MOST` such terminals.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.clock_estimate import OFF, Estimate, estimate
from pipeline.names import NOBODY, Names
from pipeline.rows import Floats, Longs
from pipeline.version import Said

STRETCHES = 48
NARROW, WIDE = 60.0, 64 * 60.0
"""How long a stretch is, seconds, at first and at most."""
MOST = 4096
"""Terminals with wrong times that are watched at once, 10 MB; those for which there was no room are counted."""
WINDOW = STRETCHES * WIDE
"""Seconds after which a terminal that was not heard of is forgotten."""


@dataclass(slots=True)
class _Stretches:
    """Of one terminal in one stream: the rows that are off, oldest first."""

    width: float = NARROW
    number: list[int] = field(default_factory=list)
    """Receipt over `width`."""
    at: list[float] = field(default_factory=list)
    top: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    """As `estimate` takes them."""
    rows: int = 0
    last: float = -np.inf

    def add(self, at: float, top: float, low: float, rows: int) -> None:
        """Rows of a minute. at: receipt of the least delayed."""
        self.rows, self.last = self.rows + rows, max(self.last, at)
        self._put(int(at // self.width), at, top, low)
        if len(self.at) <= STRETCHES:
            return
        if self.width >= WIDE:
            for column in (self.number, self.at, self.top, self.low):
                del column[0]
            return
        old = zip(self.at, self.top, self.low, strict=True)
        self.width *= 2
        self.number, self.at, self.top, self.low = [], [], [], []
        for each in old:
            self._put(int(each[0] // self.width), *each)

    def _put(self, number: int, at: float, top: float, low: float) -> None:
        if not self.number or number > self.number[-1]:
            for column, value in ((self.at, at), (self.top, top), (self.low, low)):
                column.append(value)
            self.number.append(number)
            return
        self.low[-1] = min(self.low[-1], low)
        if top > self.top[-1]:
            self.top[-1], self.at[-1] = top, max(at, self.at[-1])


@dataclass(frozen=True, slots=True)
class Wrong:
    """A terminal whose clock is wrong."""

    terminal: str
    stream: str
    estimate: Estimate
    rows: int
    """Of it that were off."""
    last: float
    """Receipt of the newest of them, UTC seconds."""


class ClockWatch:
    """See above."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._names = Names()
        self._right: dict[str, Floats] = {}
        """Stream -> by a terminal's code: when its newest right row was received; -inf: never."""
        self._off: dict[tuple[str, str], _Stretches] = {}
        """(terminal, stream) -> what was off."""
        self._newest = -np.inf
        self._looked = False
        """Whether somebody could be forgotten has been looked at, for what is being taken."""
        self.left_out = 0
        """Stretches of terminals for which there was no room."""

    def take(self, names: Names, said: Sequence[Said]) -> None:
        """What was decoded, in journal order; codes are of `names`."""
        with self._lock:
            self._looked = False
            if names is not self._names:
                self._names, self._right = names, {}
            for some in said:
                if len(some.terminal):
                    self._take(some)

    def wrong(self) -> list[Wrong]:
        """Whose clock is wrong as far as is known, by terminal and stream."""
        with self._lock:
            self._forget()
            found = []
            for (terminal, stream), each in sorted(self._off.items()):
                said = estimate(
                    np.array(each.at), np.array(each.top), np.array(each.low), right=self._last_right(terminal, stream)
                )
                if said is not None:
                    found.append(Wrong(terminal, stream, said, each.rows, each.last))
            return found

    def right_since(self, terminal: str, stream: str) -> float | None:
        """When its newest right row was received, UTC seconds, where it has said no other time since; else None.
        stream: '': any."""
        with self._lock:
            streams = [stream] if stream else list(self._right)
            last = max((self._last_right(terminal, each) for each in streams), default=-np.inf)
            off = [self._off[terminal, each].last for each in streams if (terminal, each) in self._off]
            return last if last > max(off, default=-np.inf) else None

    def right_streams(self, terminal: str) -> set[str]:
        """Where its newest row was right."""
        with self._lock:
            streams = list(self._right)
        return {stream for stream in streams if stream and self.right_since(terminal, stream) is not None}

    def _last_right(self, terminal: str, stream: str) -> float:
        code, right = self._names.find(terminal), self._right.get(stream)
        return float(right[code]) if right is not None and code != NOBODY and code < len(right) else -np.inf

    def _take(self, some: Said) -> None:
        ahead = some.ts - some.received
        known = (some.terminal != NOBODY) & np.isfinite(ahead)
        off = np.abs(ahead) > OFF
        right = self._right.get(some.stream)
        if right is None or len(right) < len(self._names):
            grown = np.full(len(self._names) * 5 // 4 + 16, -np.inf)
            grown[: 0 if right is None else len(right)] = () if right is None else right
            right = self._right[some.stream] = grown
        near = known & ~off
        right[some.terminal[near]] = some.received[near]
        self._newest = max(self._newest, float(some.received[-1]))
        far = np.flatnonzero(known & off)
        if len(far):
            self._far(some.stream, some.terminal[far].astype(np.int64), some.received[far], ahead[far])

    def _far(self, stream: str, terminal: Longs, received: Floats, ahead: Floats) -> None:
        """Rows that are off, as minutes of terminals."""
        minute = np.floor(received / NARROW)
        order = np.lexsort((ahead, minute, terminal))
        terminal, minute, received, ahead = terminal[order], minute[order], received[order], ahead[order]
        new = np.flatnonzero((terminal[1:] != terminal[:-1]) | (minute[1:] != minute[:-1])) + 1
        first, last = np.append(0, new), np.append(new, len(terminal)) - 1
        columns = (terminal[first], received[last], ahead[last], ahead[first], last - first + 1)
        for code, at, top, low, rows in zip(*(column.tolist() for column in columns), strict=True):
            stretches = self._room(self._names[code], stream)
            if stretches is not None:
                stretches.add(at, top, low, rows)

    def _room(self, terminal: str, stream: str) -> _Stretches | None:
        found = self._off.get((terminal, stream))
        if found is None:
            if len(self._off) >= self._most and not self._looked:
                self._forget()
                self._looked = True
            if len(self._off) >= self._most:
                self.left_out += 1
                return None
            found = self._off[terminal, stream] = _Stretches()
        return found

    def _forget(self) -> None:
        """Those that were not heard of for long, and those that are right again."""
        gone = [
            key
            for key, each in self._off.items()
            if each.last < self._newest - WINDOW or self._last_right(*key) > each.last
        ]
        for key in gone:
            del self._off[key]
