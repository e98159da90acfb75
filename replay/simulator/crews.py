"""crews: what sweepers and patrols do all day: their beat in each window, or not.

In each window a crew leaves its depot, goes to its beat, works along it and comes home; between windows it waits with
the ignition off. What is wrong is that the work is not done when the window ends: the crew stays in, goes home half
way, or drives along with the brushes up. The city begins with its run: windows that had begun before are nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely

from replay.labels import Label
from replay.simulator import labels
from replay.simulator.beats import STARTS, WINDOW, Beat
from replay.simulator.motion import Pace, drive
from replay.simulator.rates import Rates
from replay.simulator.streets import streets
from replay.simulator.stretches import Leg, Signal, Stretch, level, pulse, timed
from replay.simulator.timetable import LOCAL
from replay.simulator.town import Town

_TRIES = 8
_SURELY, _HARDLY = 0.2, 0.03
"""Of the work: how much less than must be done is clearly too little, how much more is clearly enough."""
_HOUR = 3600.0


@dataclass(slots=True)
class Crew:
    """One crew's days."""

    beat: Beat
    town: Town
    rng: np.random.Generator
    rates: Rates
    near: Rates
    edge: Rates
    _ways: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """By which it is judged."""
        return labels.NOT_SWEPT if self.beat.sweeps else labels.NOT_PATROLLED

    def stretches(self, start: float) -> Iterator[Stretch]:
        """For ever, from `start` on."""
        offset = LOCAL - self.beat.minute * 60
        first = np.ceil((start + STARTS + offset) / _HOUR) * _HOUR - offset
        window, now = float(first), start
        while True:
            turn = self._window(window, now)
            yield from turn
            now, window = turn[-1].end, window + _HOUR

    def _window(self, window: float, now: float) -> list[Stretch]:
        """One window and what is left of the time before."""
        wrong = self.rng.random() < self.rates.of(self.rule)
        near = not wrong and self.rng.random() < self.near.of(self.rule)
        late = not wrong and not near and self.rng.random() < self.edge.of(self.rule)
        ends = window + WINDOW * 60
        for n in range(_TRIES):
            wrong, near = wrong and n < _TRIES - 1, near and n < _TRIES - 1
            legs = self._legs(wrong, near)
            leaves = window + float(self.rng.uniform(30, 120))
            worked = leaves + sum(leg.seconds for leg in legs[:2]) if legs else 0.0
            if late and legs:  # the last piece a minute or so before it is due
                leaves += max(ends - 75.0 - worked, 0.0)
            turn = timed([self._rest(leaves - now), *legs], now)
            share = self._done(turn)
            if wrong and share <= self.beat.share - _SURELY:
                label = Label(ends, self.rule, self.beat.id, window + _HOUR)
                return [replace(turn[0], labels=(label,)), *turn[1:]]
            if not wrong and share >= self.beat.share + _HARDLY:
                break
        return turn

    def _legs(self, wrong: bool, near: bool) -> list[Leg]:
        beat, rng = self.beat, self.rng
        die = rng.random()
        if wrong and die < 0.3:
            return []
        way, brush = list(beat.way), level(1.0)
        if wrong and (die < 0.65 or not beat.sweeps):
            way = way[: max(2, int(len(way) * rng.uniform(0.2, 0.5)))]
        there = self._drive(beat.depot.node, way[0])
        work = self._along(way, Pace(highest=14.0 if beat.sweeps else 18.0, slow=self.town.slow), {"brush": brush})
        if wrong and len(way) == len(beat.way):
            work = replace(work, signals={"brush": level(0.0)})
        elif near and beat.sweeps:
            begins = rng.uniform(0.2, 0.7) * work.seconds
            brush = pulse(1.0, 0.0, begins, begins + 0.08 * work.seconds)
            work = replace(work, signals={"brush": brush})
        elif near:
            way = way[: max(2, int(len(way) * 0.94))]
            work = self._along(way, Pace(highest=18.0, slow=self.town.slow), {"brush": brush})
        return [there, work, self._drive(way[-1], beat.depot.node)]

    def _done(self, turn: Sequence[Stretch]) -> float:
        """How much of the beat was worked at."""
        lines = []
        for stretch in turn:
            if stretch.course is not None:
                t = np.arange(stretch.start, stretch.end, 2.0)
                x, y, _, _ = stretch.place(t)
                works = stretch.true("brush", t) > 0.5 if self.beat.sweeps else np.ones(len(t), bool)
                track = np.column_stack([x, y])[works]
                if len(track) > 1:
                    lines.append(track)
        if not lines:
            return 0.0
        tracks = shapely.MultiLineString(lines)
        shapely.prepare(tracks)
        # a bit less than its radius: noise takes as much from what is passed as it gives
        return float(shapely.dwithin(tracks, self.beat.points, 0.9 * self.beat.radius).mean())

    def _rest(self, seconds: float) -> Leg:
        x, y = streets().nodes[self.beat.depot.node].tolist()
        return Leg("rest", max(seconds, 1.0), None, (x, y), {"ignition": level(0.0)})

    def _drive(self, a: int, b: int) -> Leg:
        if (a, b) not in self._ways:
            self._ways[a, b] = streets().way(a, b, self.town.dark)
        return self._along(self._ways[a, b], Pace(slow=self.town.slow), {})

    def _along(self, way: list[int], pace: Pace, signals: dict[str, Signal]) -> Leg:
        course = drive(streets(), way, pace, self.rng)
        return Leg("work", course.seconds, course, (float(course.x[-1]), float(course.y[-1])), signals, way=way)
