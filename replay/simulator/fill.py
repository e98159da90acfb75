"""fill: how full a bin really is, and what of that is wrong.

A bin fills by the hour of the day, as its kind does, or along a curve while a spell says so (spells.py). From either
follows when it would be full if nobody came: that is what `bin-full-soon` is about, and it is known exactly. Reports
labels: full, soon full, not emptied for days; each from when it is so until the bin is emptied.
"""

from __future__ import annotations

import math

from replay.labels import Label
from replay.simulator import limits
from replay.simulator.spells import Curve
from replay.simulator.town import Bin

_LOCAL = 8 * 3600.0
"""the city's time is eight hours ahead of UTC"""
_BUSY = {
    "homes": (
        0.3, 0.2, 0.2, 0.2, 0.2, 0.5, 1.1, 1.6, 1.4, 1.0, 0.9, 0.9,
        1.1, 1.0, 0.8, 0.8, 0.9, 1.2, 1.6, 1.8, 1.6, 1.2, 0.8, 0.5,
    ),
    "market": (
        0.2, 0.2, 0.2, 0.3, 0.6, 1.2, 1.7, 1.8, 1.8, 1.7, 1.6, 1.4,
        1.1, 0.9, 0.9, 1.0, 1.3, 1.5, 1.3, 0.9, 0.5, 0.3, 0.2, 0.2,
    ),
    "offices": (
        0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.4, 0.8, 1.2, 1.2, 1.2, 1.6,
        1.8, 1.5, 1.1, 1.0, 1.0, 1.2, 1.0, 0.6, 0.4, 0.3, 0.2, 0.2,
    ),
}  # fmt: skip
"""how fast they fill in each hour of the day, as a share of their rate"""


_LASTS = limits.PLANNED_TO - limits.PLANNED_FROM
_CLEARLY = 3600.0
"""seconds"""
_HEARD = 3600.0
"""seconds after the day's start"""


def next_window(ts: float) -> tuple[float, float]:
    """The first window after a time in which planned bins are to be emptied: (start, end), UTC seconds."""
    days = (ts + _LOCAL - limits.PLANNED_FROM) / 86_400.0
    start = (math.floor(days) + 1) * 86_400.0 + limits.PLANNED_FROM - _LOCAL
    return start, start + _LASTS


class Fill:
    """How full one bin is."""

    def __init__(self, bin: Bin, level: float, start: float, foreseen: bool, planned: bool) -> None:
        """foreseen: whether someone wants to know beforehand when it will be full. planned: to be emptied each day."""
        self.bin, self.level, self.at, self.foreseen, self.planned = bin, level, start, foreseen, planned
        self.heard = start + _HEARD
        """from then on a window of its plan counts"""
        self.since = start
        """from when on something was in it to collect; the day's start stands for before"""
        self.labels: list[Label] = []
        self.open: list[int] = []
        """of `labels`, those that go on"""
        self.curve: Curve | None = None
        self._due: dict[str, float] = {}
        """what will be wrong if nothing changes: rule -> from when on"""
        self._foresee()

    def to(self, ts: float) -> float:
        """How full it is at a time, per cent; times only grow."""
        if self.curve is not None:
            self.level, self.at = self.curve.at(ts), ts
        else:
            self.level, self.at = self._usual(ts)
        for rule, when in list(self._due.items()):
            if when <= ts:
                self.open.append(len(self.labels))
                ends = next_window(when)[0] if rule == limits.NOT_EMPTIED_AS_PLANNED else math.inf
                self.labels.append(Label(when, rule, self.bin.id, ends))
                del self._due[rule]
                if ends < math.inf:
                    self._due[rule] = next_window(when)[1]
        return self.level

    def empty(self, ts: float, left: float) -> None:
        """Someone empties it; `left` per cent stays in it."""
        self.to(ts)
        for n in self.open:
            label = self.labels[n]
            self.labels[n] = Label(label.started, label.rule, label.subject, min(label.ended, ts))
        self.open.clear()
        self.level, self.curve = left, None
        self._foresee()

    def follow(self, curve: Curve | None, ts: float) -> None:
        """From now on it fills along a curve; none: as usual."""
        self.to(ts)
        self.curve = curve
        self._foresee()

    def _foresee(self) -> None:
        """When it will be full, when that is soon, and when it will have waited too long."""
        full = self._reaches(limits.FULL)
        if self.level < limits.NOTHING:
            self.since = self._reaches(limits.NOTHING)
        self._due = {
            limits.BIN_FULL: full,
            limits.BIN_FULL_SOON: max(full - limits.SOON, self.at) if self.foreseen else math.inf,
            limits.BIN_NOT_EMPTIED: self.since + limits.NOT_EMPTIED_AFTER,
        }
        for n in self.open:
            self._due.pop(self.labels[n].rule, None)
        if self.planned:
            # a window that began after something was in it to collect, and in which it is not emptied
            ends = next_window(max(self.since, self.heard))[1]
            self._due[limits.NOT_EMPTIED_AS_PLANNED] = ends if ends > self.at else next_window(self.at - _LASTS)[1]

    def is_due(self, ts: float) -> bool:
        """Whether its plan says that it is to be emptied now, and that has not been done."""
        start = next_window(ts)[0] - 86_400.0
        # since just after it began: a sensor might find that it was just before
        return self.planned and start <= ts < start + _LASTS and self.since < start + _CLEARLY

    def _usual(self, until: float) -> tuple[float, float]:
        """How full it is at a time if it fills as usual, and that time."""
        level, at = self.level, self.at
        while at < until:
            rate, ends = self._rate(at)
            to = min(until, ends)
            level, at = level + rate * (to - at), to
        return min(level, 100.0), at

    def _reaches(self, bound: float) -> float:
        """When it is so full, if nobody comes."""
        if self.curve is not None:
            return self.curve.reaches(bound)
        level, at = self.level, self.at
        while level < bound:
            rate, ends = self._rate(at)
            if level + rate * (ends - at) >= bound:
                return at + (bound - level) / rate
            level, at = level + rate * (ends - at), ends
        return at

    def _rate(self, ts: float) -> tuple[float, float]:
        """Per cent a second at a time, and until when."""
        hour = math.floor((ts + _LOCAL) / 3600)
        return self.bin.rate * _BUSY[self.bin.kind][hour % 24] / 3600, (hour + 1) * 3600 - _LOCAL
