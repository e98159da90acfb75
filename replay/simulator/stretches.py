"""stretches: a drive or a stop of one vehicle, with what is true of its body and what its sensors say of it.

A stretch lies in UTC seconds; a leg is one that has no time yet, as a day is planned in. What changes on the way (a
load that grows, a lid that opens) is a `Signal`: knots between which it changes evenly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from replay.labels import Label
from replay.simulator.motion import Course
from replay.simulator.streets import Floats

COLUMNS = ("ignition", "load", "lid", "body", "brush")
"""What a vehicle's sensors know, by the names of pipeline/rows.py; brush: 1 while a sweeper's are down."""
_AT_ONCE = 0.5
"""seconds in which a lid opens or an ignition goes off"""


@dataclass(frozen=True, slots=True)
class Signal:
    """A number over time. Both of shape (k,)."""

    t: tuple[float, ...]
    """seconds after the stretch's start, rising"""
    v: tuple[float, ...]

    def at(self, t: Floats) -> Floats:
        """Its value at seconds after the start."""
        return np.full(len(t), self.v[0]) if len(self.v) == 1 else np.interp(t, self.t, self.v)

    @property
    def constant(self) -> bool:
        """Whether it never changes."""
        return min(self.v) == max(self.v)


def level(value: float) -> Signal:
    """Always the same."""
    return Signal((0.0,), (value,))


def ramp(before: float, after: float, start: float, end: float) -> Signal:
    """Evenly from one value to another."""
    return Signal((start, end), (before, after))


def pulse(usual: float, other: float, start: float, end: float) -> Signal:
    """Another value from `start` to `end`."""
    return Signal((start - _AT_ONCE, start, end, end + _AT_ONCE), (usual, other, other, usual))


def drop(before: float, after: float, at: float) -> Signal:
    """From one value to another at once."""
    return Signal((at, at + _AT_ONCE), (before, after))


NOTHING: Mapping[str, Signal] = {}


@dataclass(frozen=True, slots=True)
class Leg:
    """A drive or a stop that is planned."""

    kind: str
    """rest, fetch, wait, load, haul, tip, return, home …"""
    seconds: float
    course: Course | None
    """None: it stands still"""
    at: tuple[float, float]
    """where it stands, or where the drive ends, on the plane"""
    signals: Mapping[str, Signal] = field(default_factory=dict)
    """What is true, by column; a column that is not named is 0, the ignition on."""
    shown: Mapping[str, Signal] = field(default_factory=dict)
    """What a faulty sensor says instead."""
    dead: tuple[float, float] | None = None
    """from and to, in seconds after the start: the box says nothing; it may go on beyond the end"""
    jump: tuple[float, float, float, float] | None = None
    """from, to; metres east and north that the receiver is off meanwhile"""
    way: Sequence[int] = ()
    """the nodes of the drive"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A leg in its time."""

    start: float
    end: float
    """UTC seconds"""
    leg: Leg
    labels: tuple[Label, ...] = ()
    """What is wrong from here on: in it, or in what follows before the next stretch that has labels."""
    emptied: tuple[tuple[float, int], ...] = ()
    """a refuse truck's: (when, which bin)"""
    dead: tuple[tuple[float, float], ...] = ()
    """UTC seconds in which the box says nothing"""

    @property
    def course(self) -> Course | None:
        """None: it stands still."""
        return self.leg.course

    @property
    def ignition(self) -> bool:
        """Whether the engine is running, whatever the sensor says."""
        return self.leg.signals.get("ignition", _ON).v[0] > 0

    def place(self, t: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """x, y, speed (km/h) and heading at UTC seconds."""
        if self.leg.course is not None:
            return self.leg.course.at(t - self.start)
        still = np.zeros(len(t))
        return still + self.leg.at[0], still + self.leg.at[1], still, still

    def true(self, column: str, t: Floats) -> Floats:
        """What is true at UTC seconds."""
        return self.leg.signals.get(column, _ON if column == "ignition" else _NONE).at(t - self.start)

    def shown(self, column: str, t: Floats) -> Floats:
        """What the sensor says at UTC seconds."""
        faulty = self.leg.shown.get(column)
        return self.true(column, t) if faulty is None else faulty.at(t - self.start)


_ON, _NONE = level(1.0), level(0.0)


def timed(legs: Sequence[Leg], start: float) -> list[Stretch]:
    """The legs one after the other, from UTC seconds on; a box that is dead stays so in the legs that follow."""
    stretches = []
    for leg in legs:
        stretches.append(Stretch(start, start + leg.seconds, leg))
        start += leg.seconds
    dead = tuple((s.start + s.leg.dead[0], s.start + s.leg.dead[1]) for s in stretches if s.leg.dead)
    return [replace(s, dead=tuple(d for d in dead if d[0] < s.end and d[1] > s.start)) for s in stretches]
