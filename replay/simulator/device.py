"""device: what all sensors of things that stand have in common: when they report, and when they do not.

A device reports each `interval`. What it notices itself (a fire, a fall, water) it reports at once and then each 90 s
until it is over, as most makes do. One spell after the other comes upon it (spells.py). Dice are thrown device
by device, so that neither the number of devices nor the length of a run changes what happens to one.
"""

from __future__ import annotations

import heapq
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from replay.labels import Label
from replay.simulator.limits import SILENT_AFTER, STUCK_AFTER
from replay.simulator.spells import Coming, Fate, How, Spell
from replay.simulator.transport import Message

ALARM = 90.0
"""seconds between reports while it notices something"""
_COMES_BY = (2_700.0, 4_500.0)
"""seconds between two visits, where no refuse trucks drive"""
_BLOCK = 256


def iso(ts: float) -> str:
    """As payloads write it: 2024-01-01T00:00:00.000Z."""
    return datetime.fromtimestamp(ts, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Device(ABC):
    """One device; a kind of device says what it reads and what can happen to it."""

    silent_rule: str
    stuck_rule: str

    def __init__(self, subject: str, rng: np.random.Generator, start: float, interval: float, fate: Fate) -> None:
        self.subject, self.rng, self.start, self.interval, self.fate = subject, rng, start, interval, fate
        self.labels: list[Label] = []
        self.report = start + rng.uniform(0, interval)
        """when it reports next"""
        self.last = -math.inf
        """when it reported last"""
        self.comes_by = math.inf
        """when someone looks after it next, where nobody else does"""
        self.fix = math.inf
        """when it says next where it is"""
        self.spell: Spell | None = None
        self.turn = math.inf
        """when the next spell begins, or this one ends"""
        self._coming: Coming | None = None
        self._normals: Iterator[float] = iter(())
        self._shares: Iterator[float] = iter(())
        self._look_ahead(start, rested=False)

    # ---- what a kind of device says

    @abstractmethod
    def make(self, rule: str, how: How, at: float) -> Spell | None:
        """A spell that begins now; None where it would not fit now."""

    @abstractmethod
    def read(self, ts: float) -> bytes:
        """The payload of a report."""

    @property
    @abstractmethod
    def topic(self) -> str:
        """Where it reports to."""

    @abstractmethod
    def changed(self, ts: float) -> None:
        """A spell has just begun or ended."""

    @property
    def all_labels(self) -> list[Label]:
        """What is wrong with it; some lies in the future."""
        return self.labels

    def visit(self, when: float) -> None:  # noqa: B027 most are never visited
        """Whoever looks after it comes by."""

    def locate(self, now: float, out: list[Message]) -> None:  # noqa: B027 most do not know
        """It says where it is, and when it will do so next."""

    # ---- its day

    def messages(self, until: float, visits: Sequence[float], out: list[Message]) -> None:
        """What it reports before `until`. visits: when it is visited before that, in order."""
        coming = iter(visits)
        visit = next(coming, math.inf)
        while True:
            now = min(self.turn, visit, self.comes_by, self.report, self.fix)
            if now >= until:
                return
            if now == self.turn:
                self._turn(now)
            elif now == visit:
                self.visit(now)
                visit = next(coming, math.inf)
            elif now == self.comes_by:
                self.visit(now)
                self.comes_by += self.rng.uniform(*_COMES_BY)
            elif now == self.report:
                self._report(now, out)
            else:
                self.locate(now, out)

    @property
    def due(self) -> float:
        """When something is to be done about it next."""
        return min(self.turn, self.comes_by, self.report, self.fix)

    def look_after(self) -> None:
        """From the start on someone comes by about each hour."""
        self.comes_by = self.start + self.rng.uniform(0, _COMES_BY[1])

    def over(self, at: float) -> None:
        """The spell ends."""
        self.spell = None
        self._look_ahead(at)
        self.changed(at)

    def _report(self, now: float, out: list[Message]) -> None:
        out.append(Message(now + 0.1 + 0.8 * self.share(), self.topic, self.read(now)))
        self.last = now
        self.report = now + self._every

    @property
    def _every(self) -> float:
        return min(self.interval, ALARM) if self.spell is not None and self.spell.alarm else self.interval

    def _turn(self, now: float) -> None:
        if self.spell is not None:
            self.over(now)
            return
        spell = self.make(self._coming.rule, self._coming.how, now) if self._coming is not None else None
        if spell is None:
            self._look_ahead(now)
            return
        self.spell, self.turn = spell, spell.ends
        if spell.silent:
            self.report = spell.ends
            self.fix = max(self.fix, spell.ends) if self.fix < math.inf else math.inf
        elif spell.alarm:
            self.report = min(self.report, now + self.rng.uniform(1, 5))
        self.changed(now)

    def _look_ahead(self, at: float, rested: bool = True) -> None:
        self._coming = self.fate.next(at, rested)
        self.turn = math.inf if self._coming is None else self._coming.when

    # ---- what all kinds can suffer

    def silence(self, how: How, at: float) -> Spell | None:
        """It reports nothing for a while: counted from its last report."""
        share = {How.WRONG: (1.3, 3.0), How.NEAR: (0.6, 0.85), How.EDGE: (0.93, 0.98)}[how]
        ends = self.last + self.rng.uniform(*share) * SILENT_AFTER
        if not at < ends:
            return None
        if how is How.WRONG:
            self.labels.append(Label(self.last + SILENT_AFTER, self.silent_rule, self.subject, ends))
        return Spell(self.silent_rule, how, at, ends, alarm=False, silent=True, emptied=True)

    def stick(self, how: How, at: float) -> Spell | None:
        """Its sensor repeats what it showed last, for longer than a day, or nearly a day."""
        share = {How.WRONG: (1.2, 2.0), How.NEAR: (0.7, 0.9), How.EDGE: (0.95, 0.98)}[how]
        lasts = self.rng.uniform(*share) * STUCK_AFTER - (0 if how is How.WRONG else 2 * self.interval)
        if lasts <= 0 or self.last == -math.inf:
            return None
        if how is How.WRONG:
            self.labels.append(Label(self.last + STUCK_AFTER, self.stuck_rule, self.subject, at + lasts))
        return Spell(self.stuck_rule, how, at, at + lasts, alarm=False, stuck=True, emptied=True)

    def lasting(self, shortest: float, longest: float, alarm: bool = True) -> float:
        """How long something goes on that must show in a few reports, seconds."""
        every = min(self.interval, ALARM) if alarm else self.interval
        return max(self.rng.uniform(shortest, longest), 4.2 * every)

    # ---- dice, in blocks: one at a time they would be the city's main work

    def normal(self) -> float:
        """A standard normal number."""
        for number in self._normals:
            return number
        self._normals = iter(self.rng.standard_normal(_BLOCK).tolist())
        return next(self._normals)

    def share(self) -> float:
        """A number from 0 to 1."""
        for number in self._shares:
            return number
        self._shares = iter(self.rng.random(_BLOCK).tolist())
        return next(self._shares)


class Devices:
    """Many devices, of which a few have something to do at a time."""

    def __init__(self, devices: Sequence[Device]) -> None:
        self.devices = devices
        self._due = [(device.due, n) for n, device in enumerate(devices)]
        heapq.heapify(self._due)

    @property
    def labels(self) -> list[Label]:
        """What is wrong with any of them; some lies in the future."""
        return [label for device in self.devices for label in device.all_labels]

    def messages(self, until: float, visits: Mapping[int, Sequence[float]] | None = None) -> list[Message]:
        """What they report before `until` and have not yet. visits: which is visited when before that, in order."""
        left, out = dict(visits or {}), list[Message]()
        while self._due and self._due[0][0] < until:
            number = self._due[0][1]
            self.devices[number].messages(until, left.pop(number, ()), out)
            heapq.heapreplace(self._due, (self.devices[number].due, number))
        for number, when in left.items():
            self.devices[number].messages(until, when, out)
        return out
