"""bins: how full they are, hour by hour, and what their sensors say.

    topic    bins/B-0042/state
    payload  {"t":"2024-01-01T00:00:00Z","fill":61.3,"temp":18.4,"bat":87.2}

Homes fill their bins in the morning and the evening, markets before noon, offices at lunch. They fill in hours, not
in a day as real ones do, so that something happens while one watches. A refuse truck that comes by empties what is
over 45 %. What is wrong: a bin that the trucks pass by, filled up by a fly-tipper within minutes, until a truck takes
it after all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from replay.simulator import labels
from replay.simulator.labels import Label
from replay.simulator.town import Bin
from replay.simulator.transport import Message

_WORTH = 45.0
"""per cent: below that a truck drives on"""
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


@dataclass(slots=True)
class _State:
    bin: Bin
    level: float
    at: float
    """when it had that level"""
    next: float
    battery: float
    surge: float = 0.0
    """per cent a second, while someone fills it up"""
    passed_until: float = -math.inf
    """trucks pass it by until then"""


@dataclass(slots=True)
class Bins:
    """All bins of the city with their sensors."""

    bins: list[Bin]
    rng: np.random.Generator
    start: float
    interval: float
    how_often: float
    """overflows a second, in all of the city"""
    opening: tuple[tuple[float, float], ...] = ()
    """overflows that open the day: (seconds after the start, seconds that the rest takes to fill)"""
    labels: list[Label] = field(default_factory=list)
    _states: list[_State] = field(default_factory=list)
    _next_surge: float = math.inf

    def __post_init__(self) -> None:
        for b in self.bins:
            phase = self.start + self.rng.uniform(0, self.interval)
            self._states.append(_State(b, self.rng.uniform(3, 45), self.start, phase, self.rng.uniform(40, 100)))
        for n, (after, lasts) in enumerate(self.opening[: len(self.bins)]):
            state = self._states[(n * 37 + 11) % len(self.bins)]
            state.level, state.passed_until = 88.0, self.start + self.rng.uniform(900, 1_500)
            state.surge, state.at = (labels.FULL + 0.5 - 88.0) / lasts, self.start + after
        if self.bins and self.how_often > 0:
            self._next_surge = self.start + self.rng.exponential(1 / self.how_often)

    def messages(self, until: float, emptied: list[tuple[float, int]]) -> list[Message]:
        """The readings before `until` that were not taken yet, given when trucks came by (when, which), in order."""
        visits: dict[int, list[float]] = {}
        for when, which in sorted(emptied):
            visits.setdefault(which, []).append(when)
        while self._next_surge < until:
            self._begin_surge(self._next_surge)
            self._next_surge += self.rng.exponential(1 / self.how_often)
        out: list[Message] = []
        for number, state in enumerate(self._states):
            coming = visits.get(number, [])
            while state.next < until:
                while coming and coming[0] <= state.next:
                    self._visit(state, coming.pop(0))
                self._fill(state, state.next)
                out.append(self._read(state))
                state.next += self.interval
            for when in coming:
                self._visit(state, when)
        return out

    def _begin_surge(self, when: float) -> None:
        state = self._states[int(self.rng.integers(len(self._states)))]
        if state.surge == 0.0 and state.level < 80.0:
            self._fill(state, when)
            seconds = self.rng.uniform(180, 420)
            state.surge = (97.0 - state.level) / seconds
            state.passed_until = when + seconds + self.rng.uniform(480, 900)

    def _fill(self, state: _State, until: float) -> None:
        """From when its level was known to `until`; notes when it becomes too full."""
        while state.at < until:
            local = state.at + _LOCAL
            hour_ends = (math.floor(local / 3600) + 1) * 3600 - _LOCAL
            to = min(until, hour_ends)
            rate = state.surge or state.bin.rate * _BUSY[state.bin.kind][int(local // 3600) % 24] / 3600
            level = state.level + rate * (to - state.at)
            if state.level < labels.FULL <= level:
                crossed = state.at + (labels.FULL - state.level) / rate
                self.labels.append(Label(crossed, labels.BIN_FULL, state.bin.id, math.inf))
            state.level, state.at = min(level, 100.0), to
            if state.level >= 97.0 and state.surge:
                state.surge = 1e-4  # it goes on heaping up, hardly any more fits in

    def _visit(self, state: _State, when: float) -> None:
        self._fill(state, when)
        if when < state.passed_until or state.level < _WORTH:
            return
        state.level, state.surge, state.passed_until = self.rng.uniform(0, 4), 0.0, -math.inf
        for n, label in enumerate(self.labels):
            if label.subject == state.bin.id and label.ended == math.inf:
                self.labels[n] = replace(label, ended=when)

    def _read(self, state: _State) -> Message:
        ts = state.next
        state.battery = max(state.battery - self.interval * 2e-6, 0.0)
        shown = min(max(state.level + self.rng.normal(0, 0.4), 0.0), 100.0)
        warm = 16.0 + 7.0 * math.sin((ts + _LOCAL - 9 * 3600) / 86_400 * 2 * math.pi) + self.rng.normal(0, 0.3)
        at = datetime.fromtimestamp(ts, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        payload = b'{"t":"%s","fill":%.1f,"temp":%.1f,"bat":%.1f}' % (at.encode(), shown, warm, state.battery)
        return Message(ts + self.rng.uniform(0.1, 0.9), f"bins/{state.bin.id}/state", payload)
