"""terminal: what a vehicle's box sends of its stretches: fixes as JSON, on time, late or not at all.

    topic    fleet/T0017/gps
    payload  {"time":1700000000,"pos":{"lon":121.91,"lat":30.96},"v":43.2,"dir":88,"acc":4.5,
              "io":{"ign":1,"load":0.95,"lid":0,"body":0}}

It takes a fix each `interval` (each `parked` with the ignition off) and sends it within a second or so, in order. In
the dark it stores; out again, it uploads what it stored before it goes on, or goes on at once and uploads beside that,
in up to three bursts. While a box is dead, what it would have said is lost. What it knows of the body depends on the
vehicle: on some muck trucks another device says that (bodies.py), a sweeper's says whether its brushes are down.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import shapely

from replay.labels import Label
from replay.simulator.bodies import BodyDevice
from replay.simulator.conditions import ORDINARY, Conditions
from replay.simulator.noise import Receiver
from replay.simulator.streets import Floats, to_lonlat
from replay.simulator.stretches import Stretch
from replay.simulator.town import DARK
from replay.simulator.transport import Message

ALL, BRUSHES, NONE = ("ign", "load", "lid", "body"), ("ign", "brush"), ("ign",)
"""what a box is wired to"""
_COLUMN = {"ign": "ignition"}
_AT_A_TIME = 600.0
"""Seconds that are made at a time, so that a day is made in few large steps, and a demo starts at once."""
_UPLOAD_STEP = 0.02
"""seconds between two messages of an upload"""
_PEACE = 60.0
"""Seconds before and after what is wrong in which a receiver does not freeze."""
_FIX = '{"time":%d,"pos":{"lon":%.6f,"lat":%.6f},"v":%.1f,"dir":%.0f,"acc":%.1f,"io":{'


@dataclass(slots=True)
class Terminal:
    """One vehicle's box."""

    device: str
    stretches: Iterator[Stretch]
    rng: np.random.Generator
    start: float
    interval: float
    parked: float
    conditions: Conditions = ORDINARY
    live_first: bool = False
    """after the dark: go on, and upload beside that"""
    wired: tuple[str, ...] = ALL
    body: BodyDevice | None = None
    labels: list[Label] = field(default_factory=list)
    emptied: list[tuple[float, int]] = field(default_factory=list)
    """bins that this truck empties: (when, which); whoever reads them takes them out"""
    receiver: Receiver = field(init=False)
    _format: str = field(init=False)
    _stretch: Stretch = field(init=False)
    _next: float = field(init=False)
    _sent: float = -math.inf
    _stored: list[bytes] = field(default_factory=list)
    _recent: list[Label] = field(default_factory=list)
    """what is wrong in this stretch, before or after it"""

    def __post_init__(self) -> None:
        self.receiver = Receiver(self.rng, self.conditions)
        self._format = _FIX + ",".join(f'"{w}":%.2f' if w == "load" else f'"{w}":%d' for w in self.wired) + "}}"
        self._next = math.ceil(self.start) + float(self.rng.integers(max(int(min(self.interval, self.parked)), 1)))
        self._enter(next(self.stretches))

    def messages(self, until: float) -> list[Message]:
        """Those of all fixes before `until` that were not taken yet, and maybe of some after it."""
        out: list[Message] = []
        while True:
            while self._stretch.end <= self._next:
                off = not self._stretch.ignition
                if self.body:
                    self.body.report(self._stretch, self._stretch.end, out)
                self._enter(next(self.stretches))
                if off:  # whoever turns the key wakes the box
                    self._next = min(self._next, math.ceil(self._stretch.start))
            if self.body:
                self.body.report(self._stretch, self._next, out)
            if self._next >= until:
                return out
            every = self.interval if self._stretch.ignition else self.parked
            t = np.arange(self._next, min(self._next + _AT_A_TIME, self._stretch.end), every)
            self._next = float(t[-1]) + every
            self._send(t, out)

    def _enter(self, stretch: Stretch) -> None:
        self._stretch = stretch
        self.labels += stretch.labels
        self.emptied += stretch.emptied
        self._recent = [label for label in self._recent if label.ended > stretch.start - _PEACE]
        self._recent += stretch.labels

    def _send(self, t: Floats, out: list[Message]) -> None:
        stretch = self._stretch
        x, y, speed, heading = stretch.place(t)
        dark = shapely.contains_xy(DARK, x, y) & self.conditions.dark
        steady, dead = np.zeros(len(t), bool), np.zeros(len(t), bool)
        for label in self._recent:
            steady |= (t > label.started - _PEACE) & (t < label.ended + _PEACE)
        for a, b in stretch.dead:
            dead |= (t >= a) & (t < b)
        fixes = self.receiver.fixes(t, x, y, speed, heading, steady)
        if stretch.leg.jump:
            a, b, east, north = stretch.leg.jump
            off = (t >= stretch.start + a) & (t < stretch.start + b)
            fixes.x[off] += east
            fixes.y[off] += north
        lon, lat = to_lonlat(np.stack([fixes.x, fixes.y], axis=1)).T
        io = [stretch.shown(_COLUMN.get(wire, wire), t) for wire in self.wired]
        io = [column if wire == "load" else np.round(column) for wire, column in zip(self.wired, io, strict=True)]
        columns = (t, lon, lat, fixes.speed, fixes.heading % 360, fixes.accuracy, *io)
        sent = t + self.rng.uniform(0.15, 1.2, len(t))
        heard = ~dead
        rows = zip(*(column[heard].tolist() for column in columns), strict=True)
        for row, at, is_dark in zip(rows, sent[heard].tolist(), dark[heard].tolist(), strict=True):
            payload = (self._format % row).encode()
            if is_dark:
                self._stored.append(payload)
            else:
                self._deliver(payload, at, out)

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
