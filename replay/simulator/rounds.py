"""rounds: what a refuse truck does all day: from bin to bin, and back to the yard to tip, never through the dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from replay.simulator.motion import Pace, drive
from replay.simulator.streets import streets
from replay.simulator.stretches import Leg, Stretch, level, ramp
from replay.simulator.town import RefuseTruck, Town


@dataclass(slots=True)
class Rounds:
    """One refuse truck's."""

    truck: RefuseTruck
    town: Town
    rng: np.random.Generator
    _ways: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def stretches(self, start: float) -> Iterator[Stretch]:
        """For ever, from `start` on; the first round begins at a bin of its own choice."""
        yard = self.town.depots[-1].node
        stops = list(self.truck.round)
        skip = int(self.rng.integers(len(stops))) if stops else 0
        here, load, now = self.town.bins[stops[skip]].node if stops else yard, 0.0, start
        todo = stops[skip:]
        while True:
            for number in todo:
                node = self.town.bins[number].node
                if node != here:
                    yield (stretch := self._drive(here, node, now, load))
                    now, here = stretch.end, node
                seconds = float(self.rng.uniform(35, 75))
                fuller = min(load + 0.9 / max(len(stops), 1), 1.0)
                yield self._stop(node, now, seconds, load, fuller, 0.0, ((now + seconds / 2, number),))
                now, load = now + seconds, fuller
            if here != yard:
                yield (stretch := self._drive(here, yard, now, load))
                now, here = stretch.end, yard
            seconds = float(self.rng.uniform(120, 240))
            yield self._stop(yard, now, seconds, load, 0.0, 1.0, ())
            now, load, todo = now + seconds, 0.0, stops

    @staticmethod
    def _stop(
        node: int,
        start: float,
        seconds: float,
        load: float,
        after: float,
        body: float,
        emptied: tuple[tuple[float, int], ...],
    ) -> Stretch:
        x, y = streets().nodes[node].tolist()
        signals = {"load": ramp(load, after, 0.0, seconds), "lid": level(1.0), "body": level(body)}
        return Stretch(start, start + seconds, Leg("stop", seconds, None, (x, y), signals), emptied=emptied)

    def _drive(self, a: int, b: int, start: float, load: float) -> Stretch:
        net = streets()
        if (a, b) not in self._ways:
            self._ways[a, b] = net.way(a, b, self.town.dark)
        course = drive(net, self._ways[a, b], Pace(slow=self.town.slow, dark=self.town.dark), self.rng)
        end = (float(course.x[-1]), float(course.y[-1]))
        leg = Leg("drive", course.seconds, course, end, {"load": level(load)})
        return Stretch(start, start + course.seconds, leg)
