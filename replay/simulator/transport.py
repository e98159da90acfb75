"""transport: what happens to messages on their way: repeated, held up, lost, or stamped by a clock that is wrong.

Reads messages in the order in which they are sent, whichever device sends them; reports them in the order in which
they arrive. A wrong clock belongs to the device, for all of a run: it changes the time in the payload, not that of
sending. By seed, and the same for a longer run.
"""

from __future__ import annotations

import heapq
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from replay.simulator.conditions import Conditions

_DRAWN = 4_096
"""Messages that dice are thrown for at a time."""
_TWICE_AFTER = (0.5, 5.0)
"""seconds"""
_TIME = re.compile(rb'("(?:time|t|ts)":)(?:([0-9.]+)|"([^"]+)")')


class Message(NamedTuple):
    """What a device sends, and when (UTC seconds)."""

    ts_sent: float
    topic: str
    payload: bytes


class Transport:
    """The network between one run's devices and whoever listens."""

    def __init__(self, conditions: Conditions, seed: int) -> None:
        self.conditions = conditions
        self._seed = seed
        self._rng = np.random.default_rng([seed, 7])
        self._skews: dict[str, float] = {}
        """topic -> seconds"""

    def carry(self, messages: Iterable[Message]) -> Iterator[Message]:
        """The messages as they arrive; `ts_sent` is then when that is."""
        c = self.conditions
        if not (c.repeats or c.held or c.lost or (c.skew and c.skewed)):
            yield from messages
            return
        waiting: list[Message] = []
        for message, (lost, held, for_, twice, after) in zip(messages, self._dice(), strict=False):
            while waiting and waiting[0].ts_sent <= message.ts_sent:
                yield heapq.heappop(waiting)
            if lost < c.lost:
                continue
            if skew := self._skew(message.topic):
                message = message._replace(payload=restamped(message.payload, skew))
            if held < c.held:
                heapq.heappush(waiting, message._replace(ts_sent=message.ts_sent + for_ * c.held_for))
            else:
                yield message
            if twice < c.repeats:
                first, last = _TWICE_AFTER
                heapq.heappush(waiting, message._replace(ts_sent=message.ts_sent + first + after * (last - first)))
        while waiting:
            yield heapq.heappop(waiting)

    def _dice(self) -> Iterator[list[float]]:
        while True:
            yield from self._rng.random((_DRAWN, 5)).tolist()

    def _skew(self, topic: str) -> float:
        """Of the device that sends to a topic (its second level), seconds."""
        if topic not in self._skews:
            device = topic.split("/")[1]
            share = zlib.crc32(f"{self._seed}/{device}".encode()) / 2**32
            self._skews[topic] = self.conditions.skew if share < self.conditions.skewed else 0.0
        return self._skews[topic]


def restamped(payload: bytes, seconds: float) -> bytes:
    """The same with its time moved: `"time"`, `"ts"` or `"t"`, UTC seconds or ISO 8601."""

    def moved(found: re.Match[bytes]) -> bytes:
        name, number, text = found.groups()
        if number is not None:
            return b"%s%.*f" % (name, len(number.partition(b".")[2]), float(number) + seconds)
        at = datetime.fromisoformat(text.decode()) + timedelta(seconds=seconds)
        return name + b'"' + at.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode() + b'"'

    changed, count = _TIME.subn(moved, payload, count=1)
    if not count:
        raise ValueError(f"expected a payload with a time to move, got {payload[:80]!r}")
    return changed
