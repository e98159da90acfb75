"""terminal: what a vehicle's box sends of its stretches: fixes as JSON, on time, late, twice or not at all.

    topic    fleet/T0017/gps
    payload  {"time":1700000000,"pos":{"lon":121.91,"lat":30.96},"v":43.2,"dir":88,"acc":3.3,
              "io":{"ign":1,"load":0.95,"lid":0,"body":0}}

It takes a fix each `interval` (each `parked` with the ignition off) and sends it within a second or so, in order. In
the dark it stores; out again, it uploads what it stored before it goes on, or goes on at once and uploads beside that,
in up to three bursts. Now and then a box is dead for 7 to 12 minutes, and what it would have said is lost.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import shapely

from replay.simulator import labels
from replay.simulator.conditions import ORDINARY, Conditions
from replay.simulator.labels import Label
from replay.simulator.noise import Receiver
from replay.simulator.streets import Floats, to_lonlat
from replay.simulator.town import DARK
from replay.simulator.transport import Message
from replay.simulator.trips import Lorry, Stretch

_UPLOAD_STEP = 0.02
"""seconds between two messages of an upload"""
_FIX = (
    '{"time":%d,"pos":{"lon":%.6f,"lat":%.6f},"v":%.1f,"dir":%.0f,"acc":%.1f,'
    '"io":{"ign":%d,"load":%.2f,"lid":%d,"body":%d}}'
)


@dataclass(slots=True)
class Terminal:
    """One vehicle's box."""

    device: str
    subject: str
    stretches: Iterator[Stretch]
    rng: np.random.Generator
    start: float
    interval: float
    parked: float
    dies: float
    """how often, a second"""
    lorry: Lorry | None = None
    """told when the box is dead, so that nothing is wrong meanwhile that nobody could see"""
    conditions: Conditions = ORDINARY
    live_first: bool = False
    """after the dark: go on, and upload beside that"""
    labels: list[Label] = field(default_factory=list)
    emptied: list[tuple[float, int]] = field(default_factory=list)
    """bins that this truck empties: (when, which); whoever reads them takes them out"""
    receiver: Receiver = field(init=False)
    _stretch: Stretch = field(init=False)
    _next: float = field(init=False)
    _last: float = -math.inf
    """ts of the last fix that was not lost"""
    _sent: float = -math.inf
    _stored: list[bytes] = field(default_factory=list)
    _dead: tuple[float, float] = (math.inf, math.inf)

    def __post_init__(self) -> None:
        self.receiver = Receiver(self.rng, self.conditions)
        self._next = math.ceil(self.start) + float(self.rng.integers(max(int(min(self.interval, self.parked)), 1)))
        self._enter(next(self.stretches))

    def messages(self, until: float) -> list[Message]:
        """Those of all fixes before `until` that were not taken yet; a few are sent later than that."""
        out: list[Message] = []
        while True:
            while self._stretch.end <= self._next:
                off = self._stretch.ignition == 0.0
                self._enter(next(self.stretches))
                if off:  # whoever turns the key wakes the box
                    self._next = min(self._next, math.ceil(self._stretch.start))
            if self._next >= until:
                return out
            every = self.interval if self._stretch.ignition else self.parked
            t = np.arange(self._next, min(until, self._stretch.end), every)
            self._next = float(t[-1]) + every
            self._send(t, out)

    def _enter(self, stretch: Stretch) -> None:
        self._stretch = stretch
        self.labels += stretch.labels
        self.emptied += stretch.emptied
        seconds = stretch.end - stretch.start
        alive = stretch.start > self._dead[1] or self._dead[0] == math.inf
        if alive and not stretch.labels and self.rng.random() < self.dies * seconds and not self._gets_dark():
            begins = max(stretch.start, self.start + 60) + self.rng.uniform(0, seconds)
            self._dead = (begins, begins + self.rng.uniform(420, 720))
            if self.lorry:
                # a minute of peace after it, so that no episode spans the dead time's end
                self.lorry.quiet_until = self._dead[1] + 60

    def _gets_dark(self) -> bool:
        course = self._stretch.course
        return course is not None and bool(shapely.contains_xy(DARK, course.x, course.y).any())

    def _send(self, t: Floats, out: list[Message]) -> None:
        stretch, n = self._stretch, len(t)
        x, y, speed, heading = stretch.place(t)
        dark = shapely.contains_xy(DARK, x, y) & self.conditions.dark
        steady = np.zeros(n, bool)
        for label in stretch.labels:
            steady |= (t > label.started - 60) & (t < label.ended + 60)
        fixes = self.receiver.fixes(t, x, y, speed, heading, steady)
        lonlat = to_lonlat(np.stack([fixes.x, fixes.y], axis=1))
        share = (t - stretch.start) / max(stretch.end - stretch.start, 1.0)
        load = stretch.load[0] + (stretch.load[1] - stretch.load[0]) * share
        rows = zip(
            t.tolist(), *lonlat.T.tolist(), fixes.speed.tolist(), fixes.heading.tolist(), fixes.accuracy.tolist(),
            load.tolist(), strict=True,
        )  # fmt: skip
        delay = self.rng.uniform(0.15, 1.2, n).tolist()
        for i, (ts, lon, lat, v, direction, accuracy, loaded) in enumerate(rows):
            body = (stretch.ignition, loaded, stretch.lid, stretch.body)
            payload = (_FIX % (ts, lon, lat, v, direction % 360, accuracy, *body)).encode()
            if self._is_dead(ts):
                continue
            self._last = ts
            if dark[i]:
                self._stored.append(payload)
                continue
            self._deliver(payload, ts + delay[i], out)

    def _is_dead(self, ts: float) -> bool:
        begins, ends = self._dead
        if ts < begins:
            return False
        if ts < ends:
            started = self._last + labels.SILENT_AFTER
            if not self.labels or self.labels[-1].rule != labels.SILENT or self.labels[-1].started != started:
                self.labels.append(Label(started, labels.SILENT, self.subject, math.inf))
            return True
        for i, label in enumerate(self.labels):
            if label.rule == labels.SILENT and label.ended == math.inf:
                self.labels[i] = replace(label, ended=ts)
        self._dead = (math.inf, ends)
        return False

    def _deliver(self, payload: bytes, at: float, out: list[Message]) -> None:
        topic = f"fleet/{self.device}/gps"
        if self._stored and not self.live_first:
            at = max(at, self._sent + _UPLOAD_STEP)
            out += [Message(at + n * _UPLOAD_STEP, topic, stored) for n, stored in enumerate(self._stored)]
            at += len(self._stored) * _UPLOAD_STEP
            self._stored.clear()
        at = self._sent = max(at, self._sent + 0.001)  # one connection: nothing overtakes
        out.append(Message(at, topic, payload))
        if self._stored:
            begins = at + self.rng.uniform(3, 8)
            for burst in np.array_split(np.arange(len(self._stored)), int(self.rng.integers(1, 4))):
                out += [
                    Message(begins + n * _UPLOAD_STEP, topic, self._stored[i]) for n, i in enumerate(burst.tolist())
                ]
                begins += len(burst) * _UPLOAD_STEP + self.rng.uniform(5, 20)
            self._stored.clear()
