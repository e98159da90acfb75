"""bodies: the second device of some muck trucks, which knows lid, load and body, and nothing of places.

    topic    fleet/D0002/body
    payload  {"time":1700000000,"lid":0,"load":0.95,"body":0}

It reports at once what changes (the load by steps of five per cent), and each minute that it is there. Its network is
the terminal's: none in the dark, and when it is out again it sends what it has stored before anything else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import shapely

from replay.simulator.conditions import ORDINARY, Conditions
from replay.simulator.streets import Floats
from replay.simulator.stretches import Stretch
from replay.simulator.town import DARK
from replay.simulator.transport import Message

_EACH = 60.0
"""seconds"""
_STEP = 0.05
"""of full"""
_COLUMNS = ("lid", "load", "body")
_SAYS = '{"time":%d,"lid":%d,"load":%.2f,"body":%d}'


@dataclass(slots=True)
class BodyDevice:
    """One truck's."""

    device: str
    rng: np.random.Generator
    until: float
    """up to when it has reported, UTC seconds"""
    conditions: Conditions = ORDINARY
    _said: tuple[float, float, float] = (math.nan,) * 3
    _when: float = -math.inf
    _was_dark: bool = False
    _stored: list[bytes] = field(default_factory=list)

    def report(self, stretch: Stretch, end: float, out: list[Message]) -> None:
        """Its messages of a stretch up to then (UTC seconds), from where it had come to."""
        if end <= self.until:
            return
        t = np.arange(math.ceil(max(self.until, stretch.start)), math.ceil(end), 1.0)
        self.until = end
        lid, load, body = (stretch.shown(name, t) for name in _COLUMNS)
        x, y, _, _ = stretch.place(t)
        dark = shapely.contains_xy(DARK, x, y) & self.conditions.dark
        out_again = np.flatnonzero(np.diff(dark, prepend=self._was_dark) & ~dark).tolist()
        self._was_dark = bool(dark[-1]) if len(t) else self._was_dark
        at = sorted({*self._worth_saying(t, np.round(lid), load, np.round(body)), *out_again})
        delays = self.rng.uniform(0.01, 0.1, len(at))
        for i, is_dark, delay in zip(at, dark[at].tolist(), delays.tolist(), strict=True):
            payload = (_SAYS % (t[i], round(lid[i]), load[i], round(body[i]))).encode()
            if is_dark:
                self._stored.append(payload)
                continue
            topic, sent = f"fleet/{self.device}/body", float(t[i]) + delay
            out += [Message(sent + n * 1e-3, topic, stored) for n, stored in enumerate(self._stored)]
            out.append(Message(sent + len(self._stored) * 1e-3, topic, payload))
            self._stored.clear()

    def _worth_saying(self, t: Floats, lid: Floats, load: Floats, body: Floats) -> list[int]:
        """At which of these seconds it says something."""
        changes = np.flatnonzero((np.diff(lid) != 0) | (np.diff(load) != 0) | (np.diff(body) != 0)) + 1
        candidates = sorted({0, *changes.tolist()}) if len(t) else []
        said: list[int] = []
        for n, i in enumerate(candidates):
            if self._differs(lid[i], load[i], body[i]):
                self._say(i, t, lid, load, body, said)
            until = t[candidates[n + 1]] if n + 1 < len(candidates) else t[-1] + 1
            while self._when + _EACH < until:
                self._say(int(self._when + _EACH - t[0]), t, lid, load, body, said)
        return said

    def _differs(self, lid: float, load: float, body: float) -> bool:
        before = self._said
        return not (before[0] == lid and abs(before[1] - load) < _STEP - 1e-9 and before[2] == body)

    def _say(self, i: int, t: Floats, lid: Floats, load: Floats, body: Floats, said: list[int]) -> None:
        i = max(i, 0)
        self._said, self._when = (float(lid[i]), float(load[i]), float(body[i])), float(t[i])
        said.append(i)
